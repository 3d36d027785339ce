package autograd

import "inkling/tensor"

// z = sum of x over axes        dx = dz, repeated along those axes

type sum struct {
	x    *Var
	kept [8]int  // z's shape with the summed axes kept at size 1
	over [8]bool // which axes those are
}

// Sum adds x up along the axes; without axes, all of it.
func (x *Var) Sum(axes ...int) *Var {
	x.alive()
	return x.reduced(x.value.SumKeep(axes...), false, axes)
}

// SumKeep is Sum with the axes kept at size 1.
func (x *Var) SumKeep(axes ...int) *Var {
	x.alive()
	return x.reduced(x.value.SumKeep(axes...), true, axes)
}

func (x *Var) reduced(kept *tensor.Tensor, keep bool, axes []int) *Var {
	n := sum{x: x}
	copy(n.kept[:], kept.Shape())
	for i := range kept.Rank() {
		n.over[i] = len(axes) == 0
	}
	for _, a := range axes {
		n.over[(a+kept.Rank())%kept.Rank()] = true
	}
	if !keep {
		kept = dropAxes(kept, axes)
	}
	return push(x.tape, kept, n)
}

// dropAxes removes axes of size 1; all of them where none is named.
func dropAxes(x *tensor.Tensor, axes []int) *tensor.Tensor {
	if len(axes) == 0 {
		return x.Reshape()
	}
	var drop [8]bool
	for _, a := range axes {
		drop[(a+x.Rank())%x.Rank()] = true
	}
	var left [8]int
	n := 0
	for i, d := range x.Shape() {
		if !drop[i] {
			left[n] = d
			n++
		}
	}
	return x.Reshape(left[:n]...)
}

func (n *sum) name() string       { return "sum" }
func (n *sum) operands() operands { return operands{n.x} }
func (n *sum) backward(dz *tensor.Tensor) {
	shape := n.x.Shape()
	n.x.give(dz.Reshape(n.kept[:len(shape)]...).BroadcastTo(shape...))
}

// Mean averages x along the axes; without axes, all of it: a sum, divided.
func (x *Var) Mean(axes ...int) *Var {
	s := x.Sum(axes...)
	return s.Scale(float64(len1(s)) / float64(max(x.value.Len(), 1)))
}

// MeanKeep is Mean with the axes kept at size 1.
func (x *Var) MeanKeep(axes ...int) *Var {
	s := x.SumKeep(axes...)
	return s.Scale(float64(len1(s)) / float64(max(x.value.Len(), 1)))
}

func len1(v *Var) int { return max(v.value.Len(), 1) }

// z = x[argmax] along an axis        dx = dz at that place, 0 elsewhere

type maximum struct {
	x    *Var
	axis int
	at   *tensor.Tensor // int, z's shape
}

// Max returns the greatest element along an axis, which disappears. Where
// several are equal the gradient goes to the first.
func (x *Var) Max(axis int) *Var {
	x.alive()
	if axis < 0 {
		axis += x.value.Rank()
	}
	return push(x.tape, x.value.Max(axis), maximum{x, axis, x.value.ArgMax(axis)})
}

func (n *maximum) name() string       { return "max" }
func (n *maximum) operands() operands { return operands{n.x} }
func (n *maximum) backward(dz *tensor.Tensor) {
	last := n.x.value.Rank() - 1
	hot := n.at.OneHot(n.x.value.Dim(n.axis)).Mul(dz.Unsqueeze(-1)) // the axis is at the end
	var order [8]int                                                // and goes back to its place
	for i := range last + 1 {
		switch {
		case i < n.axis:
			order[i] = i
		case i == n.axis:
			order[i] = last
		default:
			order[i] = i - 1
		}
	}
	n.x.give(hot.Transpose(order[:last+1]...))
}
