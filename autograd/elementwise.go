package autograd

import "inkling/tensor"

// z = exp(x)        dx = dz * z

type exp struct {
	x *Var
	z *tensor.Tensor
}

// Exp returns e to the power of x, element by element.
func (x *Var) Exp() *Var {
	x.alive()
	z := x.value.Exp()
	return push(x.tape, z, exp{x, z})
}

func (n *exp) name() string               { return "exp" }
func (n *exp) operands() operands         { return operands{n.x} }
func (n *exp) backward(dz *tensor.Tensor) { n.x.give(dz.Mul(n.z)) }

// z = log(x)        dx = dz / x

type log struct{ x *Var }

// Log returns the natural logarithm of x.
func (x *Var) Log() *Var {
	x.alive()
	return push(x.tape, x.value.Log(), log{x})
}

func (n *log) name() string               { return "log" }
func (n *log) operands() operands         { return operands{n.x} }
func (n *log) backward(dz *tensor.Tensor) { n.x.give(dz.Div(n.x.value)) }

// z = sqrt(x)        dx = dz / 2z

type sqrt struct {
	x *Var
	z *tensor.Tensor
}

// Sqrt returns the square root of x.
func (x *Var) Sqrt() *Var {
	x.alive()
	z := x.value.Sqrt()
	return push(x.tape, z, sqrt{x, z})
}

func (n *sqrt) name() string               { return "sqrt" }
func (n *sqrt) operands() operands         { return operands{n.x} }
func (n *sqrt) backward(dz *tensor.Tensor) { n.x.give(dz.Div(n.z.Scale(2))) }

// z = |x|        dx = dz * sign(x)

type abs struct{ x *Var }

// Abs returns the absolute value of x.
func (x *Var) Abs() *Var {
	x.alive()
	return push(x.tape, x.value.Abs(), abs{x})
}

func (n *abs) name() string               { return "abs" }
func (n *abs) operands() operands         { return operands{n.x} }
func (n *abs) backward(dz *tensor.Tensor) { n.x.give(dz.Mul(n.x.value.Sign())) }

// z = x²        dx = 2x * dz

type square struct{ x *Var }

// Square returns x times x.
func (x *Var) Square() *Var {
	x.alive()
	return push(x.tape, x.value.Square(), square{x})
}

func (n *square) name() string               { return "square" }
func (n *square) operands() operands         { return operands{n.x} }
func (n *square) backward(dz *tensor.Tensor) { n.x.give(dz.Mul(n.x.value.Scale(2))) }

// z = 1 / (1 + exp(-x))        dx = z(1-z) * dz

type sigmoid struct {
	x *Var
	z *tensor.Tensor
}

// Sigmoid returns 1 / (1 + exp(-x)), which squeezes every number into 0..1.
func (x *Var) Sigmoid() *Var {
	x.alive()
	z := x.value.Sigmoid()
	return push(x.tape, z, sigmoid{x, z})
}

func (n *sigmoid) name() string               { return "sigmoid" }
func (n *sigmoid) operands() operands         { return operands{n.x} }
func (n *sigmoid) backward(dz *tensor.Tensor) { n.x.give(n.z.SigmoidGrad(dz)) }

// z = tanh(x)        dx = (1-z²) * dz

type tanh struct {
	x *Var
	z *tensor.Tensor
}

// Tanh returns the hyperbolic tangent of x.
func (x *Var) Tanh() *Var {
	x.alive()
	z := x.value.Tanh()
	return push(x.tape, z, tanh{x, z})
}

func (n *tanh) name() string               { return "tanh" }
func (n *tanh) operands() operands         { return operands{n.x} }
func (n *tanh) backward(dz *tensor.Tensor) { n.x.give(n.z.TanhGrad(dz)) }

// z = max(x, 0)        dx = dz where z > 0, else 0

type relu struct {
	x *Var
	z *tensor.Tensor
}

// ReLU returns x where it is positive, else 0.
func (x *Var) ReLU() *Var {
	x.alive()
	z := x.value.ReLU()
	return push(x.tape, z, relu{x, z})
}

func (n *relu) name() string               { return "relu" }
func (n *relu) operands() operands         { return operands{n.x} }
func (n *relu) backward(dz *tensor.Tensor) { n.x.give(n.z.ReLUGrad(dz)) }
