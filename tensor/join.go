package tensor

import (
	"fmt"
	"slices"

	"inkling/device"
)

// Concat joins tensors end to end along an axis; their other axes agree:
// (n, 3, h, w) and (n, 5, h, w) along axis 1 make (n, 8, h, w).
func Concat(axis int, xs ...*Tensor) *Tensor {
	if len(xs) == 0 {
		panic("tensor: [concat] of no tensors")
	}
	first := xs[0]
	axis = first.axis("concat", axis)
	var shape [device.MaxRank]int
	rank := copy(shape[:], first.Shape())
	shape[axis] = 0
	for _, x := range xs {
		first.meets("concat", x)
		fits := x.Rank() == rank && x.typ == first.typ
		for i := 0; fits && i < rank; i++ {
			fits = i == axis || x.view.Dims[i] == shape[i]
		}
		if !fits {
			panic(shapeError("concat", fmt.Sprintf("wants one type, and one size on every axis but %d", axis), "", first, x))
		}
		shape[axis] += x.view.Dims[axis]
	}
	out := home(first, xs[1:]...).likeOrder(first, shape[:rank])
	at := 0
	for _, x := range xs {
		out.Slice(axis, at, at+x.view.Dims[axis]).CopyFrom(x)
		at += x.view.Dims[axis]
	}
	return out
}

// Pad returns floats x with value around it: sides holds, for each of the last
// axes, how many elements come before and after. Pad(0, [2]int{3, 3}, [2]int{3, 3})
// puts a frame of three zeros around each image of a batch.
func (x *Tensor) Pad(value float64, sides ...[2]int) *Tensor {
	x.floats("pad", x)
	if len(sides) > x.Rank() {
		panic(shapeError("pad", fmt.Sprintf("%d axes are to be padded", len(sides)), "", x))
	}
	var shape [device.MaxRank]int
	rank := copy(shape[:], x.Shape())
	lead := rank - len(sides)
	for i, s := range sides {
		if s[0] < 0 || s[1] < 0 {
			panic(shapeError("pad", fmt.Sprintf("a negative padding: %v", s), "Slice takes elements away", x))
		}
		shape[lead+i] += s[0] + s[1]
	}
	out := x.mem.likeOrder(x, shape[:rank])
	if slices.Equal(out.Shape(), x.Shape()) {
		out.CopyFrom(x)
		return out
	}
	out.Fill(value)
	inside := out
	for i, s := range sides {
		inside = inside.Slice(lead+i, s[0], s[0]+x.view.Dims[lead+i])
	}
	inside.CopyFrom(x)
	return out
}
