package ref

import (
	"fmt"
	"math"

	"inkling/device"
)

// dst[i] = v
func (backend) Fill(dst device.View, v float64) {
	d := open(dst)
	for i := range indices(d.shape) {
		d.set(v, i...)
	}
}

// dst[i] = op(x[i])
func (backend) Unary(op device.Unary, dst, x device.View) {
	d, a := open(dst), open(x)
	if from, to := a.nums.Type(), d.nums.Type(); from != to && (op != device.Copy || to != device.Float) {
		panic(fmt.Sprintf("[%v] a view of %v cannot become one of %v", op, from, to))
	}
	for i := range indices(d.shape) {
		d.set(unary(op, a.get(i...)), i...)
	}
}

func unary(op device.Unary, x float64) float64 {
	switch op {
	case device.Copy:
		return x
	case device.Neg:
		return -x
	case device.Abs:
		return math.Abs(x)
	case device.Square:
		return x * x
	case device.Sqrt:
		return math.Sqrt(x)
	case device.Exp:
		return math.Exp(x)
	case device.Log:
		return math.Log(x)
	case device.Sigmoid:
		return sigmoid(x)
	case device.Tanh:
		return math.Tanh(x)
	case device.ReLU:
		return max(x, 0)
	case device.Sign:
		if math.IsNaN(x) {
			return x
		}
		return number(x > 0) - number(x < 0)
	case device.Reciprocal:
		return 1 / x
	}
	panic(fmt.Sprintf("[ref] no such unary operation: %d", op))
}

// 1 / (1 + exp(-x)), which for x < 0 is exp(x) / (1 + exp(x)): the exponential
// is never of a positive number, so it cannot overflow.
func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

// dst[i] = scale*x[i] + shift
func (backend) Affine(dst, x device.View, scale, shift float64) {
	d, a := open(dst), open(x)
	for i := range indices(d.shape) {
		d.set(scale*a.get(i...)+shift, i...)
	}
}

// dst[i] = op(x[i], y[i])
func (backend) Binary(op device.Binary, dst, x, y device.View) {
	d, a, b := open(dst), open(x), open(y)
	for i := range indices(d.shape) {
		d.set(binary(op, a.get(i...), b.get(i...)), i...)
	}
}

func binary(op device.Binary, x, y float64) float64 {
	switch op {
	case device.Add:
		return x + y
	case device.Sub:
		return x - y
	case device.Mul:
		return x * y
	case device.Div:
		return x / y
	case device.Max:
		return max(x, y)
	case device.Min:
		return min(x, y)
	case device.Equal:
		return number(x == y)
	case device.Greater:
		return number(x > y)
	case device.SigmoidGrad: // x is sigmoid's result, y the gradient at it
		return x * (1 - x) * y
	case device.TanhGrad: // x is tanh's result, y the gradient at it
		return (1 - x*x) * y
	case device.ReLUGrad: // x is relu's result, y the gradient at it
		if x > 0 {
			return y
		}
		return 0
	}
	panic(fmt.Sprintf("[ref] no such binary operation: %d", op))
}

// dst[i] = dst[i] + scale*x[i]
func (backend) AddScaled(dst, x device.View, scale float64) {
	d, a := open(dst), open(x)
	for i := range indices(d.shape) {
		d.set(d.get(i...)+scale*a.get(i...), i...)
	}
}

// number is 1 for a true statement, 0 for a false one.
func number(statement bool) float64 {
	if statement {
		return 1
	}
	return 0
}
