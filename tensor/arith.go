package tensor

import "inkling/device"

// Elementwise arithmetic. Operations on two tensors broadcast them to a common
// shape. A result lies in memory in the order of its operand: of the first that
// is not a broadcast, where there are two.

func (x *Tensor) binary(op device.Binary, y *Tensor) *Tensor {
	x.floats(op.String(), y)
	m := home(x, y)
	a, b := broadcast(op.String(), x, y)
	out := m.likeEither(device.Float, a, b)
	m.backend.Binary(op, out.view, a.view, b.view)
	return out
}

func (x *Tensor) unary(op device.Unary) *Tensor {
	x.floats(op.String(), x)
	out := x.mem.like(device.Float, x)
	x.mem.backend.Unary(op, out.view, x.view)
	return out
}

// Add returns x + y.
func (x *Tensor) Add(y *Tensor) *Tensor { return x.binary(device.Add, y) }

// Sub returns x - y.
func (x *Tensor) Sub(y *Tensor) *Tensor { return x.binary(device.Sub, y) }

// Mul returns x * y, element by element.
func (x *Tensor) Mul(y *Tensor) *Tensor { return x.binary(device.Mul, y) }

// Div returns x / y.
func (x *Tensor) Div(y *Tensor) *Tensor { return x.binary(device.Div, y) }

// Maximum returns the greater of x and y at each place.
func (x *Tensor) Maximum(y *Tensor) *Tensor { return x.binary(device.Max, y) }

// Minimum returns the lesser of x and y at each place.
func (x *Tensor) Minimum(y *Tensor) *Tensor { return x.binary(device.Min, y) }

// Equal returns 1 where x = y, else 0.
func (x *Tensor) Equal(y *Tensor) *Tensor { return x.binary(device.Equal, y) }

// Greater returns 1 where x > y, else 0.
func (x *Tensor) Greater(y *Tensor) *Tensor { return x.binary(device.Greater, y) }

// SigmoidGrad returns x(1-x)dy, the gradient behind x = sigmoid(...).
func (x *Tensor) SigmoidGrad(dy *Tensor) *Tensor { return x.binary(device.SigmoidGrad, dy) }

// TanhGrad returns (1-x²)dy, the gradient behind x = tanh(...).
func (x *Tensor) TanhGrad(dy *Tensor) *Tensor { return x.binary(device.TanhGrad, dy) }

// ReLUGrad returns dy where x > 0, else 0: the gradient behind x = relu(...).
func (x *Tensor) ReLUGrad(dy *Tensor) *Tensor { return x.binary(device.ReLUGrad, dy) }

// Affine returns scale*x + shift.
func (x *Tensor) Affine(scale, shift float64) *Tensor {
	x.floats("affine", x)
	out := x.mem.like(device.Float, x)
	x.mem.backend.Affine(out.view, x.view, scale, shift)
	return out
}

// Scale returns a*x.
func (x *Tensor) Scale(a float64) *Tensor { return x.Affine(a, 0) }

// Neg returns -x.
func (x *Tensor) Neg() *Tensor { return x.unary(device.Neg) }

// Abs returns |x|.
func (x *Tensor) Abs() *Tensor { return x.unary(device.Abs) }

// Square returns x².
func (x *Tensor) Square() *Tensor { return x.unary(device.Square) }

// Sqrt returns the square root of x.
func (x *Tensor) Sqrt() *Tensor { return x.unary(device.Sqrt) }

// Exp returns e to the power of x.
func (x *Tensor) Exp() *Tensor { return x.unary(device.Exp) }

// Log returns the natural logarithm of x.
func (x *Tensor) Log() *Tensor { return x.unary(device.Log) }

// Sigmoid returns 1 / (1 + exp(-x)).
func (x *Tensor) Sigmoid() *Tensor { return x.unary(device.Sigmoid) }

// Tanh returns the hyperbolic tangent of x.
func (x *Tensor) Tanh() *Tensor { return x.unary(device.Tanh) }

// ReLU returns max(x, 0).
func (x *Tensor) ReLU() *Tensor { return x.unary(device.ReLU) }

// Reciprocal returns 1/x.
func (x *Tensor) Reciprocal() *Tensor { return x.unary(device.Reciprocal) }

// Sign returns -1, 0 or 1.
func (x *Tensor) Sign() *Tensor { return x.unary(device.Sign) }
