package autograd

import "inkling/tensor"

// z = x and y, end to end along an axis        dx, dy = their parts of dz

type concat struct {
	x, y *Var
	axis int
}

// Concat joins x and y along an axis: (n, 3, h, w) and (n, 5, h, w) along axis 1
// make (n, 8, h, w).
func (x *Var) Concat(y Operand, axis int) *Var {
	t, a, b := meet(x, y)
	return push(t, tensor.Concat(axis, a.value, b.value), concat{a, b, axis})
}

func (n *concat) name() string       { return "concat" }
func (n *concat) operands() operands { return operands{n.x, n.y} }
func (n *concat) backward(dz *tensor.Tensor) {
	from, to := n.x.value.Dim(n.axis), dz.Dim(n.axis)
	if n.x.needs {
		n.x.give(dz.Slice(n.axis, 0, from))
	}
	if n.y.needs {
		n.y.give(dz.Slice(n.axis, from, to))
	}
}

// z = x with a value around it        dx = the part of dz where x is

type pad struct {
	x     *Var
	sides [8][2]int
	axes  int
}

// Pad puts value around x: before and after it, on each of the last axes.
func (x *Var) Pad(value float64, sides ...[2]int) *Var {
	x.alive()
	n := pad{x: x, axes: len(sides)}
	copy(n.sides[:], sides)
	return push(x.tape, x.value.Pad(value, sides...), n)
}

func (n *pad) name() string       { return "pad" }
func (n *pad) operands() operands { return operands{n.x} }
func (n *pad) backward(dz *tensor.Tensor) {
	shape := n.x.Shape()
	lead := len(shape) - n.axes
	for i, s := range n.sides[:n.axes] {
		dz = dz.Slice(lead+i, s[0], s[0]+shape[lead+i])
	}
	n.x.give(dz)
}
