package ref_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/device"
	"inkling/device/devicetest"
	"inkling/device/ref"
)

var b = ref.New()

// TestConformance shows that the suite agrees with itself, and that this backend,
// which has no workers to disagree, gives the same numbers each time; the tables
// of this package, worked out by hand, are what ties both to the formulas.
func TestConformance(t *testing.T) { devicetest.Run(t, ref.New(), 0) }

// floats is a new contiguous view of the values; a nil slice asks for zeros.
func floats(values []float64, shape ...int) device.View {
	v := rowMajor(device.Float, shape...)
	if values != nil {
		b.Upload(v.Buf, values)
	}
	return v
}

func ints(values []int32, shape ...int) device.View {
	v := rowMajor(device.Int, shape...)
	b.Upload(v.Buf, values)
	return v
}

func rowMajor(t device.DType, shape ...int) device.View {
	v := device.View{Rank: len(shape)}
	n := 1
	for axis := len(shape) - 1; axis >= 0; axis-- {
		v.Dims[axis], v.Strides[axis] = shape[axis], n
		n *= shape[axis]
	}
	v.Buf = b.Alloc(t, n)
	return v
}

func transpose(v device.View) device.View {
	slices.Reverse(v.Dims[:v.Rank])
	slices.Reverse(v.Strides[:v.Rank])
	return v
}

// want compares a view's whole buffer with numbers worked out by hand.
func want(t *testing.T, op string, v device.View, values ...float64) {
	t.Helper()
	got := make([]float64, v.Buf.Len())
	b.Download(got, v.Buf, 0)
	for i := range values {
		same := got[i] == values[i] || math.IsNaN(got[i]) && math.IsNaN(values[i])
		if !same && !(math.Abs(got[i]-values[i]) <= 1e-14*math.Abs(values[i])) {
			t.Errorf("%s: got %v, want %v", op, got, values)
			return
		}
	}
}

func wantInts(t *testing.T, op string, v device.View, values ...int32) {
	t.Helper()
	got := make([]int32, v.Buf.Len())
	b.Download(got, v.Buf, 0)
	if !slices.Equal(got, values) {
		t.Errorf("%s: got %v, want %v", op, got, values)
	}
}

var inf, nan = math.Inf(1), math.NaN()

func TestUnary(t *testing.T) {
	for _, c := range []struct {
		op      device.Unary
		x, want []float64
	}{
		{device.Copy, []float64{-2, 0.5, nan}, []float64{-2, 0.5, nan}},
		{device.Neg, []float64{-2, 0.5, inf}, []float64{2, -0.5, -inf}},
		{device.Abs, []float64{-2, 0.5, -inf}, []float64{2, 0.5, inf}},
		{device.Square, []float64{-3, 0.5}, []float64{9, 0.25}},
		{device.Sqrt, []float64{9, 0.25, -1}, []float64{3, 0.5, nan}},
		{device.Exp, []float64{0, 1, -inf}, []float64{1, 2.718281828459045, 0}},
		{device.Log, []float64{1, 2, 0, -1}, []float64{0, 0.6931471805599453, -inf, nan}},
		{device.Sigmoid, []float64{0, math.Log(3), -math.Log(3), 1e4, -1e4, nan}, []float64{0.5, 0.75, 0.25, 1, 0, nan}},
		{device.Tanh, []float64{0, math.Log(2), 1e4, -1e4}, []float64{0, 0.6, 1, -1}},
		{device.ReLU, []float64{-2, 0, 3, nan}, []float64{0, 0, 3, nan}},
		{device.Sign, []float64{-2, 0, 3, -inf, nan}, []float64{-1, 0, 1, -1, nan}},
		{device.Reciprocal, []float64{-2, 4, 0, inf}, []float64{-0.5, 0.25, inf, 0}},
	} {
		dst := floats(nil, len(c.x))
		b.Unary(c.op, dst, floats(c.x, len(c.x)))
		want(t, c.op.String(), dst, c.want...)
	}
}

func TestBinary(t *testing.T) {
	for _, c := range []struct {
		op         device.Binary
		x, y, want []float64
	}{
		{device.Add, []float64{1, 2}, []float64{10, -2}, []float64{11, 0}},
		{device.Sub, []float64{1, 2}, []float64{10, -2}, []float64{-9, 4}},
		{device.Mul, []float64{1, 2}, []float64{10, -2}, []float64{10, -4}},
		{device.Div, []float64{1, 2, 1, 0}, []float64{10, -2, 0, 0}, []float64{0.1, -1, inf, nan}},
		{device.Max, []float64{1, 2, nan, inf}, []float64{10, -2, 1, nan}, []float64{10, 2, nan, nan}},
		{device.Min, []float64{1, 2, nan, -inf}, []float64{10, -2, 1, nan}, []float64{1, -2, nan, nan}},
		{device.Equal, []float64{1, 2, nan}, []float64{1, -2, nan}, []float64{1, 0, 0}},
		{device.Greater, []float64{1, 2, nan}, []float64{1, -2, 0}, []float64{0, 1, 0}},
		{device.SigmoidGrad, []float64{0.25, 1}, []float64{16, 5}, []float64{3, 0}},
		{device.TanhGrad, []float64{0.5, -1}, []float64{16, 5}, []float64{12, 0}},
		{device.ReLUGrad, []float64{0.5, 0, 0}, []float64{16, 5, nan}, []float64{16, 0, 0}},
	} {
		dst := floats(nil, len(c.x))
		b.Binary(c.op, dst, floats(c.x, len(c.x)), floats(c.y, len(c.y)))
		want(t, c.op.String(), dst, c.want...)
	}
}

func TestFillAffineAddScaled(t *testing.T) {
	dst := floats(nil, 2, 2)
	row := dst
	row.Offset, row.Rank, row.Dims[0], row.Strides[0] = 2, 1, 2, 1 // the second row
	b.Fill(row, 7)
	want(t, "fill", dst, 0, 0, 7, 7)
	b.Affine(dst, dst, 2, -1)
	want(t, "affine", dst, -1, -1, 13, 13)
	b.AddScaled(dst, floats([]float64{1, 2, 3, 4}, 2, 2), 10)
	want(t, "add-scaled", dst, 9, 19, 43, 53)
}

func TestViews(t *testing.T) {
	x := floats([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	dst := floats(nil, 3, 2)
	b.Unary(device.Copy, dst, transpose(x))
	want(t, "copy of a transpose", dst, 1, 4, 2, 5, 3, 6)

	row := floats([]float64{10, 20, 30}, 2, 3)
	row.Strides[0] = 0
	sum := floats(nil, 2, 3)
	b.Binary(device.Add, sum, x, row)
	want(t, "add of a broadcast row", sum, 11, 22, 33, 14, 25, 36)

	scalar := floats([]float64{3})
	b.Unary(device.Square, scalar, scalar)
	want(t, "square of a scalar, in place", scalar, 9)

	pixels := rowMajor(device.Byte, 3)
	b.Upload(pixels.Buf, []uint8{0, 7, 255})
	asFloat := floats(nil, 3)
	b.Unary(device.Copy, asFloat, pixels)
	want(t, "copy of bytes", asFloat, 0, 7, 255)
}

func TestReduce(t *testing.T) {
	x := floats([]float64{3, 1, 2, 4, 6, 5}, 2, 3)
	for _, c := range []struct {
		op    device.Reduction
		shape []int
		want  []float64
	}{
		{device.Sum, []int{1, 3}, []float64{7, 7, 7}},
		{device.Sum, []int{2, 1}, []float64{6, 15}},
		{device.Sum, []int{1, 1}, []float64{21}},
		{device.Sum, []int{2, 3}, []float64{3, 1, 2, 4, 6, 5}},
		{device.Mean, []int{2, 1}, []float64{2, 5}},
		{device.Mean, []int{1, 1}, []float64{3.5}},
		{device.Maximum, []int{1, 3}, []float64{4, 6, 5}},
		{device.Maximum, []int{2, 1}, []float64{3, 6}},
		{device.Minimum, []int{1, 3}, []float64{3, 1, 2}},
		{device.Minimum, []int{1, 1}, []float64{1}},
	} {
		dst := floats(nil, c.shape...)
		b.Reduce(c.op, dst, x)
		want(t, c.op.String(), dst, c.want...)
	}

	dst := floats(nil, 1)
	b.Reduce(device.Maximum, dst, floats([]float64{inf, nan, 1}, 3))
	want(t, "max with a NaN", dst, nan)
	b.Reduce(device.Sum, dst, floats(nil, 0))
	want(t, "sum of nothing", dst, 0)
}

func TestArgMax(t *testing.T) {
	dst := ints([]int32{0, 0, 0}, 3)
	b.ArgMax(dst, floats([]float64{1, 5, 5, 2, nan, nan, -3, -2, -1}, 3, 3))
	wantInts(t, "argmax", dst, 1, 1, 2)
}

func TestMatMul(t *testing.T) {
	x := floats([]float64{1, 2, 3, 4, 5, 6}, 2, 3)
	y := floats([]float64{7, 8, 9, 10, 11, 12}, 3, 2)
	dst := floats(nil, 2, 2)
	b.MatMul(dst, x, y, device.View{})
	want(t, "matmul", dst, 58, 64, 139, 154)
	b.MatMul(dst, x, y, floats([]float64{1, -1}, 2))
	want(t, "matmul with bias", dst, 59, 63, 140, 153)

	square := floats(nil, 3, 3)
	b.MatMul(square, transpose(x), x, device.View{}) // (3, 2) x (2, 3) -> (3, 3)
	want(t, "matmul of a transpose", square, 17, 22, 27, 22, 29, 36, 27, 36, 45)

	batch := floats([]float64{1, 2, 3, 4, 0, 1, 1, 0}, 2, 2, 2)
	same := floats([]float64{1, 1, 0, 2, 0, 0, 0, 0}, 2, 2, 2)
	same.Strides[0] = 0
	b.MatMul(batch, batch, same, device.View{})
	want(t, "batched matmul in place", batch, 1, 5, 3, 11, 0, 2, 1, 1)

	b.MatMul(dst, floats(nil, 2, 0), floats(nil, 0, 2), floats([]float64{1, -1}, 2))
	want(t, "matmul over an axis of size 0", dst, 1, -1, 1, -1)
}

func TestSoftmax(t *testing.T) {
	ln2, ln4 := math.Log(2), math.Log(4)
	x := floats([]float64{0, 0, ln2, 1e4, 1e4, 1e4 + ln2, -1e4, 0, 1e4}, 3, 3)
	dst := floats(nil, 3, 3)
	b.Softmax(dst, x, false)
	shifted := 1e4 + ln2 - 1e4 // ln 2, as far as a number near 10,000 can hold it
	e := math.Exp(shifted)
	want(t, "softmax", dst, 0.25, 0.25, 0.5, 1/(2+e), 1/(2+e), e/(2+e), 0, 0, 1)
	b.Softmax(dst, x, true)
	want(t, "log-softmax", dst, -ln4, -ln4, -ln2, -math.Log(2+e), -math.Log(2+e), shifted-math.Log(2+e), -2e4, -1e4, 0)

	y, dy := floats([]float64{0.25, 0.25, 0.5}, 3), floats([]float64{4, 8, 2}, 3)
	grad := floats(nil, 3)
	b.SoftmaxGrad(grad, y, dy, false) // the sum of y*dy is 1 + 2 + 1 = 4
	want(t, "softmax-grad", grad, 0, 1, -1)
	b.SoftmaxGrad(grad, floats([]float64{-ln4, -ln4, -ln2}, 3), dy, true) // the sum of dy is 14
	want(t, "log-softmax-grad", grad, 0.5, 4.5, -5)
}

func TestCrossEntropy(t *testing.T) {
	ln2 := math.Log(2)
	logits := floats([]float64{0, 0, ln2, 1e4, 0, -1e4, 1e4, 0, -1e4}, 3, 3)
	labels := ints([]int32{2, 0, 2}, 3)
	loss, probs := floats(nil, 3), floats(nil, 3, 3)
	b.CrossEntropy(loss, probs, logits, labels)
	want(t, "cross-entropy", loss, ln2, 0, 2e4)
	want(t, "cross-entropy's probabilities", probs, 0.25, 0.25, 0.5, 1, 0, 0, 1, 0, 0)

	dloss := floats([]float64{2, 2, 2}, 3)
	b.CrossEntropyGrad(probs, probs, labels, dloss)
	want(t, "cross-entropy-grad", probs, 0.5, 0.5, -1, 0, 0, 0, 2, 0, -2)
}

func TestOneHotGatherScatter(t *testing.T) {
	hot := floats([]float64{9, 9, 9, 9, 9, 9}, 2, 3)
	b.OneHot(hot, ints([]int32{2, 0}, 2))
	want(t, "one-hot", hot, 0, 0, 1, 1, 0, 0)

	src := floats([]float64{1, 2, 3, 4, 5, 6}, 3, 2)
	twice := ints([]int32{2, 0, 2}, 3)
	rows := floats(nil, 3, 2)
	b.Gather(rows, src, twice, 10)
	want(t, "gather", rows, 50, 60, 10, 20, 50, 60)
	b.ScatterAdd(src, rows, twice)
	want(t, "scatter-add", src, 11, 22, 3, 4, 105, 126)

	pixels := rowMajor(device.Byte, 2, 2)
	b.Upload(pixels.Buf, []uint8{0, 51, 102, 255})
	b.Gather(rows, pixels, ints([]int32{1, 1, 0}, 3), 1.0/255)
	want(t, "gather of bytes", rows, 0.4, 1, 0.4, 1, 0, 0.2)
}

func TestIndexOutsideItsAxis(t *testing.T) {
	x, five := floats(nil, 2, 3), ints([]int32{0, 5}, 2)
	for op, run := range map[string]func(){
		"cross-entropy":      func() { b.CrossEntropy(floats(nil, 2), floats(nil, 2, 3), x, five) },
		"cross-entropy-grad": func() { b.CrossEntropyGrad(floats(nil, 2, 3), x, five, floats(nil, 2)) },
		"one-hot":            func() { b.OneHot(x, five) },
		"gather":             func() { b.Gather(floats(nil, 2, 3), x, five, 1) },
		"scatter-add":        func() { b.ScatterAdd(x, floats(nil, 2, 3), five) },
	} {
		func() {
			defer func() {
				said, _ := recover().(string)
				if !strings.HasPrefix(said, "["+op+"] index 5 at [1] points outside an axis of size ") {
					t.Errorf("%s with label 5 of 3: panic says %q", op, said)
				}
			}()
			run()
		}()
	}
}
