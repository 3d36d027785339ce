package kernel

import "fmt"

// Add computes dst = x + y.
func Add(dst, x, y []float32) { same3(dst, x, y); active.add(dst, x, y) }

// Sub computes dst = x - y.
func Sub(dst, x, y []float32) { same3(dst, x, y); active.sub(dst, x, y) }

// Mul computes dst = x * y.
func Mul(dst, x, y []float32) { same3(dst, x, y); active.mul(dst, x, y) }

// Div computes dst = x / y.
func Div(dst, x, y []float32) { same3(dst, x, y); active.div(dst, x, y) }

// Max computes dst = max(x, y); NaN where either is NaN.
func Max(dst, x, y []float32) { same3(dst, x, y); active.max(dst, x, y) }

// Min computes dst = min(x, y); NaN where either is NaN.
func Min(dst, x, y []float32) { same3(dst, x, y); active.min(dst, x, y) }

// Equal computes dst = 1 where x = y, else 0.
func Equal(dst, x, y []float32) { same3(dst, x, y); equalGo(dst, x, y) }

// Greater computes dst = 1 where x > y, else 0.
func Greater(dst, x, y []float32) { same3(dst, x, y); greaterGo(dst, x, y) }

// SigmoidGrad computes dst = y(1-y)dy, where y = sigmoid(x).
func SigmoidGrad(dst, y, dy []float32) { same3(dst, y, dy); active.sigmoidGrad(dst, y, dy) }

// TanhGrad computes dst = (1-y²)dy, where y = tanh(x).
func TanhGrad(dst, y, dy []float32) { same3(dst, y, dy); active.tanhGrad(dst, y, dy) }

// ReLUGrad computes dst = dy where y > 0, else 0.
func ReLUGrad(dst, y, dy []float32) { same3(dst, y, dy); active.reluGrad(dst, y, dy) }

// Affine computes dst = a*x + b, rounded once or twice.
func Affine(dst, x []float32, a, b float32) { same2(dst, x); active.affine(dst, x, a, b) }

// AXPY computes dst += a*x, rounded once or twice.
func AXPY(dst, x []float32, a float32) { same2(dst, x); active.axpy(dst, x, a) }

// AddScalar computes dst = x + s. x - s is AddScalar with -s, and s - x is
// Affine with -1 and s.
func AddScalar(dst, x []float32, s float32) { same2(dst, x); active.affine(dst, x, 1, s) }

// MulScalar computes dst = x * s.
func MulScalar(dst, x []float32, s float32) { same2(dst, x); active.scale(dst, x, s) }

// DivScalar computes dst = x / s.
func DivScalar(dst, x []float32, s float32) { same2(dst, x); active.divScalar(dst, x, s) }

// ScalarDiv computes dst = s / x.
func ScalarDiv(dst []float32, s float32, x []float32) { same2(dst, x); active.scalarDiv(dst, x, s) }

// MaxScalar computes dst = max(x, s); NaN where either is NaN.
func MaxScalar(dst, x []float32, s float32) { same2(dst, x); maxScalarGo(dst, x, s) }

// MinScalar computes dst = min(x, s); NaN where either is NaN.
func MinScalar(dst, x []float32, s float32) { same2(dst, x); minScalarGo(dst, x, s) }

// Neg computes dst = -x.
func Neg(dst, x []float32) { same2(dst, x); active.scale(dst, x, -1) }

// Abs computes dst = |x|.
func Abs(dst, x []float32) { same2(dst, x); active.abs(dst, x) }

// Square computes dst = x².
func Square(dst, x []float32) { same2(dst, x); active.mul(dst, x, x) }

// Sqrt computes dst = √x; NaN where x < 0.
func Sqrt(dst, x []float32) { same2(dst, x); active.sqrt(dst, x) }

// Reciprocal computes dst = 1/x.
func Reciprocal(dst, x []float32) { same2(dst, x); active.scalarDiv(dst, x, 1) }

// ReLU computes dst = max(x, 0); NaN stays NaN.
func ReLU(dst, x []float32) { same2(dst, x); active.relu(dst, x) }

// Sign computes dst = -1, 0 or 1; NaN stays NaN.
func Sign(dst, x []float32) { same2(dst, x); signGo(dst, x) }

// Exp computes dst = eˣ to about one unit in the last place. Results below the
// smallest normal number may be flushed to zero.
func Exp(dst, x []float32) { same2(dst, x); active.exp(dst, x) }

// Log computes dst = ln x; -Inf at 0, NaN below it.
func Log(dst, x []float32) { same2(dst, x); active.log(dst, x) }

// Sigmoid computes dst = 1/(1+e⁻ˣ).
func Sigmoid(dst, x []float32) { same2(dst, x); active.sigmoid(dst, x) }

// Tanh computes dst = tanh x.
func Tanh(dst, x []float32) { same2(dst, x); active.tanh(dst, x) }

// Widen computes dst = src * scale: bytes to numbers.
func Widen(dst []float32, src []uint8, scale float32) {
	if len(dst) != len(src) {
		panic(fmt.Sprintf("[kernel.Widen] dst has %d elements, src %d", len(dst), len(src)))
	}
	active.widen(dst, src, scale)
}

// Prefetch asks for the memory of src and does not wait for it: a batch of
// images lies all over the memory, and its next rows can be on their way while
// this one is widened. It changes nothing but time.
func Prefetch(src []uint8) { active.prefetch(src) }

// Fill sets every element of dst to v.
func Fill(dst []float32, v float32) {
	for i := range dst {
		dst[i] = v
	}
}

// Sum returns the sum of x, in an order that depends on its length only.
func Sum(x []float32) float32 { return active.sum(x) }

// Dot returns the sum of x*y, in an order that depends on the length only.
func Dot(x, y []float32) float32 { same2(x, y); return active.dot(x, y) }

// MaxValue returns the greatest element of x: -Inf where there is none, NaN
// where one is NaN.
func MaxValue(x []float32) float32 { return active.maxValue(x) }

// MinValue returns the least element of x: +Inf where there is none, NaN where
// one is NaN.
func MinValue(x []float32) float32 { return minValueGo(x) }

func same2(dst, x []float32) {
	if len(dst) != len(x) {
		panicLengths(len(dst), len(x), len(x))
	}
}

func same3(dst, x, y []float32) {
	if len(dst) != len(x) || len(dst) != len(y) {
		panicLengths(len(dst), len(x), len(y))
	}
}

func panicLengths(dst, x, y int) {
	panic(fmt.Sprintf("[kernel] lengths differ: dst %d, operands %d and %d", dst, x, y))
}
