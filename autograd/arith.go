package autograd

import "inkling/tensor"

// z = x + y        dx = dz        dy = dz        (each summed over what was broadcast)

type add struct{ x, y *Var }

// Add returns x + y, broadcast.
func (x *Var) Add(y Operand) *Var {
	t, a, b := meet(x, y)
	return push(t, a.value.Add(b.value), add{a, b})
}

func (n *add) name() string       { return "add" }
func (n *add) operands() operands { return operands{n.x, n.y} }
func (n *add) backward(dz *tensor.Tensor) {
	if n.x.needs {
		n.x.give(dz.SumTo(n.x.Shape()...))
	}
	if n.y.needs {
		n.y.give(dz.SumTo(n.y.Shape()...))
	}
}

// Sub returns x - y: an addition of the negative.
func (x *Var) Sub(y Operand) *Var {
	_, a, b := meet(x, y)
	return a.Add(b.Neg())
}

// z = x * y        dx = dz * y        dy = dz * x

type mul struct{ x, y *Var }

// Mul returns x * y, element by element, broadcast.
func (x *Var) Mul(y Operand) *Var {
	t, a, b := meet(x, y)
	return push(t, a.value.Mul(b.value), mul{a, b})
}

func (n *mul) name() string       { return "mul" }
func (n *mul) operands() operands { return operands{n.x, n.y} }
func (n *mul) backward(dz *tensor.Tensor) {
	if n.x.needs {
		n.x.give(dz.Mul(n.y.value).SumTo(n.x.Shape()...))
	}
	if n.y.needs {
		n.y.give(dz.Mul(n.x.value).SumTo(n.y.Shape()...))
	}
}

// z = x / y        dx = dz / y        dy = -dz * z / y

type div struct {
	x, y *Var
	z    *tensor.Tensor
}

// Div returns x / y, element by element, broadcast.
func (x *Var) Div(y Operand) *Var {
	t, a, b := meet(x, y)
	z := a.value.Div(b.value)
	return push(t, z, div{a, b, z})
}

func (n *div) name() string       { return "div" }
func (n *div) operands() operands { return operands{n.x, n.y} }
func (n *div) backward(dz *tensor.Tensor) {
	q := dz.Div(n.y.value)
	if n.x.needs {
		n.x.give(q.SumTo(n.x.Shape()...))
	}
	if n.y.needs {
		n.y.give(q.Mul(n.z).Neg().SumTo(n.y.Shape()...))
	}
}

// z = scale*x + shift        dx = scale * dz

type affine struct {
	x            *Var
	scale, shift float64
}

// Affine returns scale*x + shift.
func (x *Var) Affine(scale, shift float64) *Var {
	x.alive()
	return push(x.tape, x.value.Affine(scale, shift), affine{x, scale, shift})
}

// Neg returns -x.
func (x *Var) Neg() *Var { return x.Affine(-1, 0) }

// Scale returns a*x.
func (x *Var) Scale(a float64) *Var { return x.Affine(a, 0) }

func (n *affine) name() string               { return "affine" }
func (n *affine) operands() operands         { return operands{n.x} }
func (n *affine) backward(dz *tensor.Tensor) { n.x.give(dz.Scale(n.scale)) }
