package tensor

import (
	"fmt"
	"slices"

	"inkling/device"
)

// Views: other shapes on the same data. None of them copies, but Reshape where
// strides leave it no choice.

// Reshape returns the elements in a new shape of the same length; one size may
// be -1, which is worked out. It copies only if x's strides cannot show the new
// shape (a transposed matrix, flattened).
func (x *Tensor) Reshape(shape ...int) *Tensor {
	var dims [8]int
	if len(shape) > len(dims) {
		panic(shapeError("reshape", fmt.Sprintf("%d axes are too many", len(shape)), "", x))
	}
	n, unknown := 1, -1
	for i, d := range shape {
		dims[i] = d
		if d == -1 && unknown < 0 {
			unknown = i
		} else {
			n *= d
		}
	}
	if unknown >= 0 && n > 0 {
		dims[unknown] = x.Len() / n
		n *= dims[unknown]
	}
	if n != x.Len() || slices.Min(dims[:]) < 0 {
		panic(shapeError("reshape", fmt.Sprintf("%d elements do not fill %s", x.Len(), formatShape(shape)), "", x))
	}
	out := x.mem.Enter(x)
	out.view.Rank, out.view.Dims = len(shape), dims
	if !restride(&out.view, &x.view) {
		x = x.Clone()
		out.view.Buf, out.view.Offset = x.view.Buf, 0
		restride(&out.view, &x.view)
	}
	return out
}

// restride sets the strides with which to, of another shape and the same length,
// shows the elements of from in order; false if no strides can.
func restride(to, from *device.View) bool {
	if from.Len() == 0 {
		step := 1
		for i := to.Rank - 1; i >= 0; i-- {
			to.Strides[i] = step
			step *= to.Dims[i]
		}
		return true
	}
	var dims, strides [device.MaxRank]int // from's axes, joined where they lie in memory as one
	k := -1
	for i, d := range from.Shape() {
		switch {
		case d == 1:
		case k >= 0 && strides[k] == from.Strides[i]*d:
			dims[k] *= d
			strides[k] = from.Strides[i]
		default:
			k++
			dims[k], strides[k] = d, from.Strides[i]
		}
	}
	left, step := 1, 1
	if k >= 0 {
		left, step = dims[k], strides[k]
	}
	for i := to.Rank - 1; i >= 0; i-- { // each axis of to is cut off the end of one of those
		d := to.Dims[i]
		if d > 1 && left == 1 {
			k--
			left, step = dims[k], strides[k]
		}
		if left%d != 0 {
			return false
		}
		to.Strides[i] = step
		step *= d
		left /= d
	}
	return true
}

// Transpose returns x with its axes in the given order: axis i of the result is
// axis order[i] of x. Without arguments the order is reversed.
func (x *Tensor) Transpose(order ...int) *Tensor {
	if len(order) != 0 && len(order) != x.Rank() {
		panic(shapeError("transpose", fmt.Sprintf("%d axes named, %d there", len(order), x.Rank()), "", x))
	}
	out := x.mem.Enter(x)
	var seen [8]bool
	for i := range x.Rank() {
		from := x.Rank() - 1 - i
		if len(order) > 0 {
			from = x.axis("transpose", order[i])
		}
		if seen[from] {
			panic(shapeError("transpose", fmt.Sprintf("axis %d is named twice", from), "", x))
		}
		seen[from] = true
		out.view.Dims[i], out.view.Strides[i] = x.view.Dims[from], x.view.Strides[from]
	}
	return out
}

// T is the transpose of a matrix: (m, n) -> (n, m).
func (x *Tensor) T() *Tensor {
	if x.Rank() != 2 {
		panic(shapeError("t", "wants a matrix", "Transpose takes any rank", x))
	}
	return x.Transpose()
}

// swapLast moves an axis to the end by exchanging it with the last one; doing it
// twice gives the original order.
func (x *Tensor) swapLast(axis int) *Tensor {
	last := x.Rank() - 1
	if axis == last {
		return x
	}
	out := x.mem.Enter(x)
	v := &out.view
	v.Dims[axis], v.Dims[last] = v.Dims[last], v.Dims[axis]
	v.Strides[axis], v.Strides[last] = v.Strides[last], v.Strides[axis]
	return out
}

// Slice returns elements from, from+1, ..., to-1 of one axis.
func (x *Tensor) Slice(axis, from, to int) *Tensor {
	axis = x.axis("slice", axis)
	if from < 0 || to > x.view.Dims[axis] || from > to {
		panic(shapeError("slice", fmt.Sprintf("axis %d has no elements %d to %d", axis, from, to), "", x))
	}
	out := x.mem.Enter(x)
	if from < to { // an empty slice must not point past the buffer's end
		out.view.Offset += from * x.view.Strides[axis]
	}
	out.view.Dims[axis] = to - from
	return out
}

// Index returns element i of one axis, which disappears: image 5 of a stack.
func (x *Tensor) Index(axis, i int) *Tensor {
	axis = x.axis("index", axis)
	if i < 0 || i >= x.view.Dims[axis] {
		panic(shapeError("index", fmt.Sprintf("axis %d has no element %d", axis, i), "", x))
	}
	return x.Slice(axis, i, i+1).Squeeze(axis)
}

// Squeeze removes an axis of size 1.
func (x *Tensor) Squeeze(axis int) *Tensor {
	axis = x.axis("squeeze", axis)
	if x.view.Dims[axis] != 1 {
		panic(shapeError("squeeze", fmt.Sprintf("axis %d has size %d, not 1", axis, x.view.Dims[axis]), "", x))
	}
	out := x.mem.Enter(x)
	v := &out.view
	copy(v.Dims[axis:], x.view.Dims[axis+1:x.Rank()])
	copy(v.Strides[axis:], x.view.Strides[axis+1:x.Rank()])
	v.Rank--
	return out
}

// Unsqueeze inserts an axis of size 1 before the given one; -1 appends it.
func (x *Tensor) Unsqueeze(axis int) *Tensor {
	if axis < 0 {
		axis += x.Rank() + 1
	}
	if axis < 0 || axis > x.Rank() || x.Rank() == len(x.view.Dims) {
		panic(shapeError("unsqueeze", fmt.Sprintf("no place for an axis at %d", axis), "", x))
	}
	out := x.mem.Enter(x)
	v := &out.view
	copy(v.Dims[axis+1:], x.view.Dims[axis:x.Rank()])
	copy(v.Strides[axis+1:], x.view.Strides[axis:x.Rank()])
	v.Dims[axis], v.Strides[axis] = 1, 0
	v.Rank++
	return out
}
