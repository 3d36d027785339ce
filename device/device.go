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

// Window is how a kernel slides over maps: down, then across.
type Window struct {
	Size     [2]int // taps of the kernel
	Stride   [2]int // from one place to the next, at least 1
	Pad      [2]int // how far the first place reaches beyond the map's top and left
	Dilation [2]int // from one tap to the next, at least 1
	Groups   int    // of a convolution: each group of outputs sees its own group of inputs
	Direct   bool   // of a convolution: each tap is multiplied as it stands, and no sums of taps instead
}

// At is where tap t of the kernel's place i lies along axis 0 (down) or 1
// (across) of the map; outside of it where that is less than 0 or too great.
func (w *Window) At(axis, i, t int) int {
	return i*w.Stride[axis] - w.Pad[axis] + t*w.Dilation[axis]
}

// AdamStep is what one step of Adam multiplies with.
type AdamStep struct {
	Beta1, Beta2             float64 // how much the averages keep
	Rate                     float64
	Eps                      float64 // added to the root
	Decay                    float64 // p is first multiplied by 1 - Rate*Decay
	Correction1, Correction2 float64 // what the averages are divided by: 1 - beta^t
}

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
	// Freeze is a promise that the buffer's contents will not change any more: those
	// of a model that is only asked for answers. A backend may keep beside it what it
	// would otherwise compute from it each time.
	Freeze(b Buffer)

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

	// Conv2D slides filters w (o, c/groups, kh, kw) over maps x (n, c, h, v):
	//	dst[n, o, i, j] = sum over c, a, b of w[o, c, a, b] * x[n, c, g.At(0, i, a), g.At(1, j, b)]
	// A tap outside the map counts for nothing, whatever w holds there. dst is
	// (n, o, h', v'), of any size. bias is the zero View or (o).
	Conv2D(dst, x, w, bias View, g Window)
	// Conv2DInputGrad computes dst, the gradient at x, from dy at Conv2D's dst.
	Conv2DInputGrad(dst, dy, w View, g Window)
	// Conv2DFilterGrad computes dst, the gradient at w, from dy at Conv2D's dst.
	Conv2DFilterGrad(dst, x, dy View, g Window)

	// MaxPool sets dst (n, c, h', v') to the greatest element of x (n, c, h, v) under each
	// place of the window, and index (Int, dst's shape) to its tap, row by row: the first
	// of equal ones; NaN counts as greatest. Taps outside the map do not count; each place
	// has one inside. g.Groups has no meaning here.
	MaxPool(dst, index, x View, g Window)
	// MaxPoolGrad computes dst, the gradient at x: each element of dy joins the
	// element that MaxPool took.
	MaxPoolGrad(dst, dy, index View, g Window)
	// AvgPool sets dst to the sum under each place of the window, divided by the
	// number of taps, those outside the map included.
	AvgPool(dst, x View, g Window)
	// AvgPoolGrad computes dst, the gradient at x.
	AvgPoolGrad(dst, dy View, g Window)

	// Moments sets mean and variance (c) to those of x (n, c, ...) over all axes
	// but the second; the variance is the mean squared distance to the mean.
	Moments(mean, variance, x View)
	// ChannelAffine computes dst = x*scale[c] + shift[c] + skip, for x (n, c, ...), then the
	// greater of that and 0 where relu is set. skip is the zero View or has x's shape;
	// dst may be x or skip.
	ChannelAffine(dst, x, scale, shift, skip View, relu bool)
	// BatchNormGrad is the way back through dst = relu(scale[c]*(x - mean[c])*rstd[c] + shift[c] + skip),
	// where mean and rstd = 1/sqrt(variance + eps) are x's own Moments. From dy it computes dx, dscale (c)
	// and dshift (c). y is that dst, and dy counts only where y > 0; the zero View where there was no
	// relu. dskip (x's shape) receives what is left of dy, unless it is the zero View. dx may be dy.
	BatchNormGrad(dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale View)

	// Adam changes p, m and v, of g's shape, in one pass (Kingma and Ba, 2015; the decay is
	// Loshchilov and Hutter's, 2019):
	//	p = p - rate*decay*p;  m = beta1*m + (1-beta1)*g;  v = beta2*v + (1-beta2)*g*g
	//	p = p - rate * (m/correction1) / (sqrt(v/correction2) + eps)
	Adam(p, m, v, g View, s AdamStep)
}
