// Package tensor is n-dimensional arrays: shape, strides, views without a copy,
// NumPy broadcasting, reductions and products. It knows nothing of gradients;
// package autograd builds those on top.
//
// A tensor is a window on a buffer of some device. Operations never change
// their operands and return new tensors; the few that write in place say so in
// their names (Fill, CopyFrom, AddScaled, ScaleInPlace).
//
// A programmer's mistake panics: with a *ShapeError where shapes do not fit.
package tensor

import (
	"fmt"

	"inkling/device"
)

// Tensor is an n-dimensional array of floats, bytes (pixels) or ints (labels).
type Tensor struct {
	view device.View
	mem  *Memory
	gen  uint32 // the arena's generation when this tensor was made
	typ  device.DType
}

// Shape returns the sizes of the axes; a scalar has none. The slice is the
// tensor's own: read it, do not write to it.
func (x *Tensor) Shape() []int { return x.view.Dims[:x.view.Rank:x.view.Rank] }

// Strides returns, per axis, how many elements apart two neighbours lie in memory.
func (x *Tensor) Strides() []int { return x.view.Strides[:x.view.Rank:x.view.Rank] }

// Rank is the number of axes: 0 for a scalar, 2 for a matrix, 3 for a stack of images.
func (x *Tensor) Rank() int { return x.view.Rank }

// Dim is the size of one axis; negative axes count from the end.
func (x *Tensor) Dim(axis int) int { return x.view.Dims[x.axis("dim", axis)] }

// Len is the number of elements: the product of the shape.
func (x *Tensor) Len() int { return x.view.Len() }

// DType is the type of the elements.
func (x *Tensor) DType() device.DType { return x.typ }

// Memory is where the tensor lives.
func (x *Tensor) Memory() *Memory { return x.mem }

// Backend is the device that computes on the tensor.
func (x *Tensor) Backend() device.Backend { return x.mem.backend }

// View is the tensor as its device sees it.
func (x *Tensor) View() device.View {
	x.alive()
	return x.view
}

// Contiguous returns x itself when its elements lie in row-major order without
// gaps, else a copy of which that is true.
func (x *Tensor) Contiguous() *Tensor {
	if x.view.Contiguous() {
		return x
	}
	return x.Clone()
}

// Clone returns a row-major copy in the same memory.
func (x *Tensor) Clone() *Tensor { return x.CopyTo(x.mem) }

// CopyTo returns a row-major copy in another memory: out of an arena, so that
// it survives the arena's Reset, or onto another device.
func (x *Tensor) CopyTo(mem *Memory) *Tensor {
	x.alive()
	out := mem.New(x.typ, x.Shape()...)
	if mem.backend == x.mem.backend {
		mem.backend.Unary(device.Copy, out.view, x.view)
		return out
	}
	switch x.typ {
	case device.Byte:
		mem.backend.Upload(out.view.Buf, x.Bytes())
	case device.Int:
		mem.backend.Upload(out.view.Buf, x.Ints())
	default:
		mem.backend.Upload(out.view.Buf, x.Float64s())
	}
	return out
}

// Freeze is a promise that x and all other views of its elements will not be
// written to any more. Its device may then keep what it computes from them, such
// as packed filters. It returns x.
func (x *Tensor) Freeze() *Tensor {
	x.alive()
	x.mem.backend.Freeze(x.view.Buf)
	return x
}

// Float returns the tensor's elements as floats: x itself if it holds floats.
func (x *Tensor) Float() *Tensor {
	if x.typ == device.Float {
		return x
	}
	x.alive()
	out := x.mem.like(device.Float, x)
	x.mem.backend.Unary(device.Copy, out.view, x.view)
	return out
}

// CopyFrom overwrites x with y, which is broadcast to x's shape and, where x
// holds floats, may hold bytes or ints.
func (x *Tensor) CopyFrom(y *Tensor) {
	x.meets("copy-from", y)
	if x.typ != y.typ && x.typ != device.Float {
		panic(fmt.Sprintf("tensor: [copy-from] %v into %v: only floats take another type", y.typ, x.typ))
	}
	x.writable("copy-from")
	x.mem.backend.Unary(device.Copy, x.view, x.source(y).view)
}

// Fill overwrites every element of x, which holds floats, with v.
func (x *Tensor) Fill(v float64) {
	x.floats("fill", x)
	x.writable("fill")
	x.mem.backend.Fill(x.view, v)
}

// AddScaled changes x in place: x += scale*y, with y broadcast to x's shape.
func (x *Tensor) AddScaled(y *Tensor, scale float64) {
	x.floats("add-scaled", y)
	x.writable("add-scaled")
	x.mem.backend.AddScaled(x.view, x.source(y).view, scale)
}

// ScaleInPlace changes x in place: x *= a.
func (x *Tensor) ScaleInPlace(a float64) {
	x.floats("scale-in-place", x)
	x.writable("scale-in-place")
	x.mem.backend.Affine(x.view, x.view, a, 0)
}

// source returns y in x's shape, as a copy where writing x would change it on
// the way: another view of the same elements, such as x's own transpose.
func (x *Tensor) source(y *Tensor) *Tensor {
	y = y.BroadcastTo(x.Shape()...)
	if y.view.Buf == x.view.Buf {
		return y.Clone()
	}
	return y
}

// writable panics where one element of memory stands for several of x: a
// broadcast may be read, but what would writing to it mean?
func (x *Tensor) writable(op string) {
	for i, n := range x.Shape() {
		if n > 1 && x.view.Strides[i] == 0 && x.Len() > 0 {
			panic(shapeError(op, fmt.Sprintf("axis %d only repeats one element, and cannot be written to", i), "Clone it first", x))
		}
	}
}

// Float32s waits for the elements and returns them in row-major order, as a copy.
func (x *Tensor) Float32s() []float32 { return download[float32](x.Float()) }

// Float64s is Float32s in double precision: exact on the reference device.
func (x *Tensor) Float64s() []float64 { return download[float64](x.Float()) }

// Bytes returns the elements of a byte tensor in row-major order, as a copy.
func (x *Tensor) Bytes() []uint8 {
	x.holds(device.Byte, "bytes")
	return download[uint8](x)
}

// Ints returns the elements of an int tensor in row-major order, as a copy.
func (x *Tensor) Ints() []int32 {
	x.holds(device.Int, "ints")
	return download[int32](x)
}

func (x *Tensor) holds(t device.DType, op string) {
	if x.typ != t {
		panic(fmt.Sprintf("tensor: [%s] of a tensor of type %v", op, x.typ))
	}
}

func download[T any](x *Tensor) []T {
	x.alive()
	out := make([]T, x.Len())
	if len(out) > 0 {
		c := x.Contiguous()
		c.mem.backend.Download(out, c.view.Buf, c.view.Offset)
	}
	return out
}

// Item returns the one element of a tensor of length 1: a loss, an accuracy.
func (x *Tensor) Item() float64 {
	if x.Len() != 1 {
		panic(shapeError("item", "wants exactly one element", "reduce it first, with Sum or Mean", x))
	}
	return x.Float64s()[0]
}

// At returns one element.
func (x *Tensor) At(index ...int) float64 {
	if len(index) != x.Rank() {
		panic(shapeError("at", fmt.Sprintf("%d indices for %d axes", len(index), x.Rank()), "", x))
	}
	e := x
	for _, i := range index {
		e = e.Index(0, i)
	}
	return e.Item()
}

// Want panics with a *ShapeError unless the shape is as given: an int is a size
// that must match, a string names an axis of any size.
//
//	x.Want("batch", 784)
func (x *Tensor) Want(dims ...any) *Tensor {
	ok := len(dims) == x.Rank()
	for i := 0; ok && i < len(dims); i++ {
		switch want := dims[i].(type) {
		case int:
			ok = want == x.view.Dims[i]
		case string:
		default:
			panic("tensor: Want takes an int for a size and a string for the name of an axis")
		}
	}
	if !ok {
		panic(wantError(x, dims))
	}
	return x
}

// axis turns a negative axis into its position from the front, and panics if
// there is no such axis.
func (x *Tensor) axis(op string, a int) int {
	if a < -x.Rank() || a >= x.Rank() {
		panic(shapeError(op, fmt.Sprintf("has no axis %d", a), fmt.Sprintf("axes run from %d to %d", -x.Rank(), x.Rank()-1), x))
	}
	if a < 0 {
		a += x.Rank()
	}
	return a
}

// alive panics if the tensor's arena has been reset since it was made.
func (x *Tensor) alive() {
	if x.gen != x.mem.gen {
		panic("tensor: used after its arena was reset; copy what must outlive a step with CopyTo")
	}
}

// floats panics unless both operands hold floats on the same device.
func (x *Tensor) floats(op string, y *Tensor) {
	if x.typ != device.Float || y.typ != device.Float {
		panic(fmt.Sprintf("tensor: [%s] of %v and %v: arithmetic wants floats; convert with Float()", op, x.typ, y.typ))
	}
	x.meets(op, y)
}

// meets panics unless both operands are alive and on the same device.
func (x *Tensor) meets(op string, y *Tensor) {
	x.alive()
	y.alive()
	if x.mem.backend != y.mem.backend {
		panic(fmt.Sprintf("tensor: [%s] of a tensor on one device (%s) and a tensor on another (%s); move one with CopyTo", op, x.mem.backend.Describe(), y.mem.backend.Describe()))
	}
}

// Set overwrites all elements of x, in row-major order.
func Set[T float32 | float64](x *Tensor, elements []T) {
	x.alive()
	if len(elements) != x.Len() {
		panic(shapeError("set", fmt.Sprintf("%d elements came", len(elements)), "", x))
	}
	x.CopyFrom(Of(x.mem, elements, x.Shape()...))
}
