// Package device is the contract between tensors and the hardware that does
// the arithmetic: a Backend owns buffers and computes on strided views of them.
//
// Everything above works on whole tensors and asks for results only when a
// person wants to see them. An operation may therefore return before it is
// done; a backend keeps the order of operations, and Download waits. That is
// what lets a GPU stand behind the same calls.
package device

// MaxRank is the greatest number of axes of a view.
const MaxRank = 8

// DType is the type of a buffer's elements.
type DType uint8

const (
	Float DType = iota // the backend's own real number: float32 on cpu, float64 on ref
	Byte               // uint8: pixels
	Int                // int32: labels and indices
)

func (t DType) String() string { return [...]string{"float", "byte", "int"}[t] }

// Buffer is memory on a device: Len elements of one type, opaque to the host.
type Buffer interface {
	Len() int
	Type() DType
}

// View is a strided window on a buffer: element (i, j, ...) lies at
// Offset + i*Strides[0] + j*Strides[1] + ... A stride of 0 repeats an axis,
// which is how a broadcast looks from here. Strides count elements, and are
// never negative.
type View struct {
	Buf     Buffer
	Offset  int
	Rank    int
	Dims    [MaxRank]int
	Strides [MaxRank]int
}

// Shape returns the sizes of the view's axes.
func (v *View) Shape() []int { return v.Dims[:v.Rank] }

// Len is the number of elements that the view shows: the product of its axes.
func (v *View) Len() int {
	n := 1
	for _, d := range v.Dims[:v.Rank] {
		n *= d
	}
	return n
}

// Contiguous reports whether the view's elements lie one after another in
// row-major order.
func (v *View) Contiguous() bool {
	step := 1
	for i := v.Rank - 1; i >= 0; i-- {
		if v.Dims[i] != 1 && v.Strides[i] != step {
			return false
		}
		step *= v.Dims[i]
	}
	return true
}

// Unary names a function of one number.
type Unary uint8

const (
	Copy Unary = iota // also converts: a Byte or Int view may be copied into a Float one
	Neg
	Abs
	Square
	Sqrt
	Exp
	Log
	Sigmoid // 1 / (1 + exp(-x)), without overflow at either end
	Tanh
	ReLU // max(x, 0)
	Sign // -1, 0 or 1; NaN stays NaN
	Reciprocal
	unaryCount
)

// Unaries is the number of unary operations: Unary(0) to Unary(Unaries-1).
const Unaries = int(unaryCount)

func (u Unary) String() string {
	return [...]string{"copy", "neg", "abs", "square", "sqrt", "exp", "log", "sigmoid", "tanh", "relu", "sign", "reciprocal"}[u]
}

// Binary names a function of two numbers.
type Binary uint8

const (
	Add Binary = iota
	Sub
	Mul
	Div
	Max
	Min
	Equal       // 1 where x = y, else 0
	Greater     // 1 where x > y, else 0
	SigmoidGrad // y(1-y)dy, of (y, dy) where y = sigmoid(x)
	TanhGrad    // (1-y²)dy, of (y, dy) where y = tanh(x)
	ReLUGrad    // dy where y > 0, else 0, of (y, dy) where y = relu(x)
	binaryCount
)

// Binaries is the number of binary operations.
const Binaries = int(binaryCount)

func (b Binary) String() string {
	return [...]string{"add", "sub", "mul", "div", "max", "min", "equal", "greater", "sigmoid-grad", "tanh-grad", "relu-grad"}[b]
}

// Reduction names a way to fold many numbers into one.
type Reduction uint8

const (
	Sum Reduction = iota
	Mean
	Maximum
	Minimum
	reductionCount
)

// Reductions is the number of reductions.
const Reductions = int(reductionCount)

func (r Reduction) String() string { return [...]string{"sum", "mean", "max", "min"}[r] }

// Backend computes. Unless an operation says otherwise:
//   - dst and operands are Float views of the same shape (broadcasting is done
//     above, by strides of 0), and dst has no stride of 0 on an axis longer than 1;
//   - in Unary, Affine, Binary, Softmax, SoftmaxGrad and CrossEntropyGrad dst may
//     be one of the operands (the same view exactly); otherwise they do not overlap;
//   - NaN in an operand gives NaN: a maximum, a minimum or a relu does not lose it;
//   - an index or a label out of range panics with a sentence that names it;
//   - views come checked from package tensor: a backend may trust their shapes.
//
// Results must be the same bits whatever the number of workers.
type Backend interface {
	// Name is what a person calls the device: "cpu", "ref".
	Name() string
	// Describe is one line on what it runs on: instruction set, workers.
	Describe() string

	// Alloc returns a buffer of n elements with undefined contents.
	Alloc(t DType, n int) Buffer
	// Upload copies a host slice into the start of the buffer and leaves the rest: []float32 or
	// []float64 into Float, []uint8 into Byte, []int32 into Int.
	Upload(dst Buffer, src any)
	// Download waits for src and copies elements off, off+1, ... of it into a
	// host slice: []float32 or []float64 from Float, []uint8 from Byte, []int32 from Int.
	Download(dst any, src Buffer, off int)
	// Sync returns when every operation so far is done.
	Sync()

	// Fill sets every element of dst to v.
	Fill(dst View, v float64)
	// Unary computes dst = op(x).
	Unary(op Unary, dst, x View)
	// Affine computes dst = scale*x + shift.
	Affine(dst, x View, scale, shift float64)
	// Binary computes dst = op(x, y).
	Binary(op Binary, dst, x, y View)
	// AddScaled computes dst = dst + scale*x.
	AddScaled(dst, x View, scale float64)
	// Reduce folds x into dst, which has x's rank, and size 1 on the axes folded.
	Reduce(op Reduction, dst, x View)
	// ArgMax sets dst (Int, x's shape without its last axis) to the index of the
	// first greatest element along x's last axis; NaN counts as greatest.
	ArgMax(dst, x View)

	// MatMul computes dst = x·y on the last two axes: (..., m, k) x (..., k, n)
	// -> (..., m, n). Axes before them are a batch and have equal sizes.
	// bias is either the zero View or (n), added to every row.
	MatMul(dst, x, y, bias View)

	// Softmax computes dst = exp(x) / sum exp(x) along the last axis, or its
	// logarithm, safe for any finite x.
	Softmax(dst, x View, log bool)
	// SoftmaxGrad computes dst, the gradient at x, from y = Softmax(x, log) and dy.
	SoftmaxGrad(dst, y, dy View, log bool)
	// CrossEntropy computes loss (n) and probs (n, c) from logits (n, c) and
	// labels (Int, n): probs = softmax(logits), loss = -log probs[label].
	CrossEntropy(loss, probs, logits, labels View)
	// CrossEntropyGrad computes dst (n, c) = (probs - onehot(labels)) * dloss, with dloss (n).
	CrossEntropyGrad(dst, probs, labels, dloss View)

	// OneHot sets dst (..., c) to 1 where the last index equals labels (Int, ...), else 0.
	OneHot(dst, labels View)
	// Gather copies rows: dst[i, ...] = src[index[i], ...] * scale. index is Int (n); src is
	// Float or Byte where dst is Float, and with scale 1 dst may also have src's own type.
	Gather(dst, src, index View, scale float64)
	// Soon says which rows of src a Gather will ask for next, so that they can be
	// fetched meanwhile. It is a hint: a backend may do nothing.
	Soon(src, index View)
	// ScatterAdd adds rows: dst[index[i], ...] += src[i, ...], in the order of i.
	ScatterAdd(dst, src, index View)
}
