package tensor

import (
	"fmt"

	"inkling/device"
)

// Softmax returns exp(x) / sum exp(x) along an axis: positive, summing to one.
// The greatest element is subtracted first, so no finite x overflows.
func (x *Tensor) Softmax(axis int) *Tensor { return x.softmax(axis, false) }

// LogSoftmax returns the logarithm of Softmax, computed without taking one of a
// number that may have rounded to zero.
func (x *Tensor) LogSoftmax(axis int) *Tensor { return x.softmax(axis, true) }

func (x *Tensor) softmax(axis int, log bool) *Tensor {
	x.floats("softmax", x)
	axis = x.axis("softmax", axis)
	out := x.mem.New(device.Float, x.Shape()...)
	x.mem.backend.Softmax(out.swapLast(axis).view, x.swapLast(axis).view, log)
	return out
}

// SoftmaxGrad returns the gradient at the input of x = softmax(...) along an
// axis, from the gradient dy at its output; log says whether x is a LogSoftmax.
func (x *Tensor) SoftmaxGrad(dy *Tensor, axis int, log bool) *Tensor {
	x.floats("softmax-grad", dy)
	axis = x.axis("softmax-grad", axis)
	m := home(x, dy)
	out := m.New(device.Float, x.Shape()...)
	m.backend.SoftmaxGrad(out.swapLast(axis).view, x.swapLast(axis).view, dy.BroadcastTo(x.Shape()...).swapLast(axis).view, log)
	return out
}

// CrossEntropy returns, for logits (n, c) and labels (int, n), the losses
// -log softmax(logits)[label] (n) and the probabilities (n, c).
func (x *Tensor) CrossEntropy(labels *Tensor) (losses, probs *Tensor) {
	x.floats("cross-entropy", x)
	checkLabels("cross-entropy", x, labels)
	losses = x.mem.New(device.Float, x.Dim(0))
	probs = x.mem.New(device.Float, x.Shape()...)
	x.mem.backend.CrossEntropy(losses.view, probs.view, x.view, labels.view)
	return losses, probs
}

// CrossEntropyGrad returns (probs - onehot(labels)) * dloss for x = probs (n, c)
// and dloss (n).
func (x *Tensor) CrossEntropyGrad(labels, dloss *Tensor) *Tensor {
	x.floats("cross-entropy-grad", dloss)
	checkLabels("cross-entropy-grad", x, labels)
	if dloss.Rank() != 1 || dloss.Dim(0) != x.Dim(0) {
		panic(shapeError("cross-entropy-grad", fmt.Sprintf("wants one gradient an image, (%d,)", x.Dim(0)), "", x, dloss))
	}
	m := home(x, dloss)
	out := m.New(device.Float, x.Shape()...)
	m.backend.CrossEntropyGrad(out.view, x.view, labels.view, dloss.view)
	return out
}

// checkLabels panics unless logits (n, c) meet labels (int, n). A loss never
// broadcasts one against the other.
func checkLabels(op string, logits, labels *Tensor) {
	if labels.typ != device.Int {
		panic(fmt.Sprintf("tensor: [%s] labels are %v; they must be ints, one class index an image", op, labels.typ))
	}
	logits.meets(op, labels)
	if logits.Rank() != 2 || labels.Rank() != 1 || logits.Dim(0) != labels.Dim(0) {
		panic(shapeError(op, "wants predictions (n, classes) and labels (n,); a loss does not broadcast", "", logits, labels))
	}
}

// OneHot returns floats (..., classes) with a 1 at each label (int, ...).
func (x *Tensor) OneHot(classes int) *Tensor {
	if x.typ != device.Int {
		panic(fmt.Sprintf("tensor: [one-hot] of %v; labels are ints", x.typ))
	}
	x.alive()
	var dims [device.MaxRank + 1]int // New refuses one axis too many
	n := copy(dims[:], x.Shape())
	dims[n] = classes
	out := x.mem.New(device.Float, dims[:n+1]...)
	x.mem.backend.OneHot(out.view, x.view)
	return out
}

// Gather returns the rows of x named by index (int, n): result[i] = x[index[i]],
// of x's own type.
func (x *Tensor) Gather(index *Tensor) *Tensor { return x.gather(index, x.typ, 1) }

// GatherFloat is Gather into floats with a factor: how a batch of byte images
// becomes numbers from 0 to 1, with scale 1/255.
func (x *Tensor) GatherFloat(index *Tensor, scale float64) *Tensor {
	return x.gather(index, device.Float, scale)
}

// Soon says that the rows of x named by index (int, n) will be gathered next, so
// that the device can fetch them while it computes. It changes nothing but time.
func (x *Tensor) Soon(index *Tensor) {
	x.meets("soon", index)
	if x.Rank() > 0 && index.typ == device.Int && index.Rank() == 1 {
		x.mem.backend.Soon(x.view, index.view)
	}
}

func (x *Tensor) gather(index *Tensor, typ device.DType, scale float64) *Tensor {
	x.meets("gather", index)
	if typ != x.typ && x.typ == device.Int {
		panic("tensor: [gather] of ints into floats; convert with Float()")
	}
	if x.Rank() == 0 || index.typ != device.Int || index.Rank() != 1 {
		panic(shapeError("gather", "wants rows and a vector of int indices", "", x, index))
	}
	m := home(x, index)
	var dims [device.MaxRank]int
	rank := copy(dims[:], x.Shape())
	dims[0] = index.Dim(0)
	out := m.New(typ, dims[:rank]...)
	m.backend.Gather(out.view, x.view, index.view, scale)
	return out
}

// ScatterAdd returns zeros (rows, ...) to which row i of x has been added at
// index[i]: the gradient of Gather.
func (x *Tensor) ScatterAdd(index *Tensor, rows int) *Tensor {
	x.floats("scatter-add", x)
	x.meets("scatter-add", index)
	if x.Rank() == 0 || index.typ != device.Int || index.Rank() != 1 || index.Dim(0) != x.Dim(0) {
		panic(shapeError("scatter-add", "wants rows and an int index for each", "", x, index))
	}
	var dims [device.MaxRank]int
	rank := copy(dims[:], x.Shape())
	dims[0] = rows
	m := home(x, index)
	out := m.Full(0, dims[:rank]...)
	m.backend.ScatterAdd(out.view, x.view, index.view)
	return out
}
