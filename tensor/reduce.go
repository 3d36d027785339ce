package tensor

import (
	"fmt"
	"slices"

	"inkling/device"
)

// Reductions fold axes away: Sum(0) of (256, 10) is (10). Without axes they fold
// everything into a scalar. The Keep forms leave the folded axes with size 1, so
// that the result broadcasts against what it came from.

func (x *Tensor) reduce(op device.Reduction, keep bool, axes []int) *Tensor {
	x.floats(op.String(), x)
	var folded [device.MaxRank]bool
	for _, a := range axes {
		a = x.axis(op.String(), a)
		if folded[a] {
			panic(shapeError(op.String(), fmt.Sprintf("axis %d is named twice", a), "", x))
		}
		folded[a] = true
	}
	var kept, left [device.MaxRank]int
	n := 0
	for i, d := range x.Shape() {
		kept[i] = d
		if folded[i] || len(axes) == 0 {
			if d == 0 && op != device.Sum {
				panic(shapeError(op.String(), "of no elements", "", x))
			}
			kept[i] = 1
		} else {
			left[n] = d
			n++
		}
	}
	out := x.mem.New(device.Float, kept[:x.Rank()]...)
	x.mem.backend.Reduce(op, out.view, x.view)
	if keep {
		return out
	}
	return out.Reshape(left[:n]...)
}

// Sum adds the elements along the axes.
func (x *Tensor) Sum(axes ...int) *Tensor { return x.reduce(device.Sum, false, axes) }

// SumKeep is Sum with the axes kept at size 1.
func (x *Tensor) SumKeep(axes ...int) *Tensor { return x.reduce(device.Sum, true, axes) }

// Mean averages the elements along the axes.
func (x *Tensor) Mean(axes ...int) *Tensor { return x.reduce(device.Mean, false, axes) }

// MeanKeep is Mean with the axes kept at size 1.
func (x *Tensor) MeanKeep(axes ...int) *Tensor { return x.reduce(device.Mean, true, axes) }

// Max returns the greatest element along the axes.
func (x *Tensor) Max(axes ...int) *Tensor { return x.reduce(device.Maximum, false, axes) }

// MaxKeep is Max with the axes kept at size 1.
func (x *Tensor) MaxKeep(axes ...int) *Tensor { return x.reduce(device.Maximum, true, axes) }

// Min returns the least element along the axes.
func (x *Tensor) Min(axes ...int) *Tensor { return x.reduce(device.Minimum, false, axes) }

// SumTo sums x down to a shape that broadcasts to x's: the inverse of a
// broadcast, which is what its gradient needs.
func (x *Tensor) SumTo(shape ...int) *Tensor {
	lead := x.Rank() - len(shape)
	if lead < 0 {
		panic(&ShapeError{Op: "sum-to", Shapes: [][]int{slices.Clone(x.Shape()), slices.Clone(shape)}, Problem: "the second does not broadcast to the first"})
	}
	var axes [device.MaxRank]int
	n := 0
	for i, d := range x.Shape() {
		if i < lead || shape[i-lead] != d {
			axes[n] = i
			n++
		}
	}
	if n == 0 {
		return x
	}
	return x.SumKeep(axes[:n]...).Reshape(shape...)
}

// ArgMax returns the index (int) of the first greatest element along an axis,
// which disappears.
func (x *Tensor) ArgMax(axis int) *Tensor {
	x.floats("argmax", x)
	axis = x.axis("argmax", axis)
	if x.view.Dims[axis] == 0 {
		panic(shapeError("argmax", "of no elements", "", x))
	}
	v := x.moveLast(axis)
	out := x.mem.New(device.Int, v.Shape()[:v.Rank()-1]...)
	x.mem.backend.ArgMax(out.view, v.view)
	return out
}

// moveLast returns a view with one axis moved to the end and the others in order.
func (x *Tensor) moveLast(axis int) *Tensor {
	out := x.mem.Enter(x)
	v := &out.view
	copy(v.Dims[axis:], x.view.Dims[axis+1:x.Rank()])
	copy(v.Strides[axis:], x.view.Strides[axis+1:x.Rank()])
	v.Dims[x.Rank()-1], v.Strides[x.Rank()-1] = x.view.Dims[axis], x.view.Strides[axis]
	return out
}
