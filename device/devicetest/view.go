package devicetest

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"inkling/device"
)

// layout is a way to put a shape into a buffer.
type layout struct {
	name  string
	view  func(shape []int) device.View // without a buffer
	spare int                           // elements behind the view's last one
}

var (
	contiguous = layout{"contiguous", rowMajor, 0}

	// A part of a longer buffer, not at its start.
	offset = layout{"offset", func(shape []int) device.View {
		v := rowMajor(shape)
		v.Offset = 3
		return v
	}, 5}

	// All axes reversed in memory.
	transposed = layout{"transposed", func(shape []int) device.View {
		backwards := slices.Clone(shape)
		slices.Reverse(backwards)
		v := rowMajor(backwards)
		slices.Reverse(v.Dims[:v.Rank])
		slices.Reverse(v.Strides[:v.Rank])
		return v
	}, 1}

	// The last two axes swapped in memory: a batch of transposed matrices.
	swapped = layout{"swapped", func(shape []int) device.View {
		other, n := slices.Clone(shape), len(shape)
		if n < 2 {
			return rowMajor(shape)
		}
		other[n-2], other[n-1] = other[n-1], other[n-2]
		v := rowMajor(other)
		v.Dims[n-2], v.Dims[n-1] = v.Dims[n-1], v.Dims[n-2]
		v.Strides[n-2], v.Strides[n-1] = v.Strides[n-1], v.Strides[n-2]
		return v
	}, 1}

	// A part of something that is longer by one on every axis.
	sliced = layout{"sliced", func(shape []int) device.View {
		box := slices.Clone(shape)
		for axis := range box {
			box[axis]++
		}
		v := rowMajor(box)
		for axis, size := range shape {
			v.Dims[axis] = size
			v.Offset += v.Strides[axis]
		}
		return v
	}, 7}

	// Every second element.
	stepped = layout{"stepped", func(shape []int) device.View {
		v := rowMajor(shape)
		for axis := range shape {
			v.Strides[axis] *= 2
		}
		v.Offset = 1
		return v
	}, 2}

	// Broadcasts: of a row, of a column, of a number.
	repeatedFirst = layout{"repeated on the first axis", repeat(func(axis, rank int) bool { return axis == 0 }), 0}
	repeatedLast  = layout{"repeated on the last axis", repeat(func(axis, rank int) bool { return axis == rank-1 }), 0}
	repeatedAll   = layout{"repeated on every axis", repeat(func(axis, rank int) bool { return true }), 0}

	targets = []layout{contiguous, offset, transposed, swapped, sliced, stepped}
	sources = append(slices.Clip(targets), repeatedFirst, repeatedLast, repeatedAll)
)

// What convolutions want: of maps (n, c, h, v) the matrix (n, c) at each position,
// of filters (o, c, kh, kw) the matrix (c, o) at each tap.
var (
	maps       = reordered("by position", contiguous, func(rank int) []int { return append(inner(rank), 0, 1) })
	filters    = reordered("by tap", contiguous, func(rank int) []int { return append(inner(rank), 1, 0) })
	slicedMaps = reordered("by position, sliced", sliced, func(rank int) []int { return append(inner(rank), 0, 1) })
	nhwc       = reordered("channels last", contiguous, func(rank int) []int { return append(append([]int{0}, inner(rank)...), 1) })

	// A grey image seen as one of several channels.
	grey       = layout{"repeated on the channels", repeat(func(axis, rank int) bool { return axis == 1 }), 0}
	greyMaps   = reordered("by position, repeated on the channels", repeatedLast, func(rank int) []int { return append(inner(rank), 0, 1) })
	mapTargets = append(slices.Clip(targets), maps, slicedMaps, nhwc)
	mapSources = append(slices.Clip(mapTargets), grey, greyMaps, repeatedAll)
)

// inner are the axes behind the second.
func inner(rank int) []int {
	var axes []int
	for axis := 2; axis < rank; axis++ {
		axes = append(axes, axis)
	}
	return axes
}

// reordered is a layout of the axes in another order: the first of them outermost.
// Shapes of fewer than two axes stay as they are.
func reordered(name string, l layout, order func(rank int) []int) layout {
	return layout{name, func(shape []int) device.View {
		if len(shape) < 2 {
			return l.view(shape)
		}
		axes := order(len(shape))
		other := make([]int, len(shape))
		for i, axis := range axes {
			other[i] = shape[axis]
		}
		from := l.view(other)
		v := from
		for i, axis := range axes {
			v.Dims[axis], v.Strides[axis] = from.Dims[i], from.Strides[i]
		}
		return v
	}, l.spare}
}

// at puts a contiguous view at an offset: another alignment for vectors.
func at(off int) layout {
	return layout{fmt.Sprint("at ", off), func(shape []int) device.View {
		v := rowMajor(shape)
		v.Offset = off
		return v
	}, 9}
}

// rowMajor takes an axis of size 0 for one of size 1, lest strides become 0.
func rowMajor(shape []int) device.View {
	v := device.View{Rank: len(shape)}
	step := 1
	for axis := len(shape) - 1; axis >= 0; axis-- {
		v.Dims[axis], v.Strides[axis] = shape[axis], step
		step *= max(shape[axis], 1)
	}
	return v
}

func repeat(repeated func(axis, rank int) bool) func(shape []int) device.View {
	return func(shape []int) device.View {
		kept := slices.Clone(shape)
		for axis := range kept {
			if repeated(axis, len(kept)) {
				kept[axis] = 1
			}
		}
		v := rowMajor(kept)
		for axis, size := range shape {
			v.Dims[axis] = size
			if repeated(axis, len(kept)) {
				v.Strides[axis] = 0
			}
		}
		return v
	}
}

// operand is one view of a trial, and all that its buffer holds.
type operand struct {
	dtype  device.DType
	view   device.View // without a buffer: each backend gives its own
	values []float64
}

// floats is a Float operand, with numbers that float32 can hold.
func floats(l layout, from source, shape ...int) operand {
	o := place(device.Float, l, from, shape)
	for i, v := range o.values {
		o.values[i] = float64(float32(v))
	}
	return o
}

func bytes(l layout, from source, shape ...int) operand {
	return place(device.Byte, l, from, shape)
}

func ints(l layout, from source, shape ...int) operand {
	return place(device.Int, l, from, shape)
}

func place(t device.DType, l layout, from source, shape []int) operand {
	o := operand{dtype: t, view: l.view(shape)}
	size := o.view.Offset + l.spare
	if o.view.Len() > 0 {
		size++
		for axis, n := range shape {
			size += (n - 1) * o.view.Strides[axis]
		}
	}
	o.values = make([]float64, size)
	for i := range o.values {
		o.values[i] = from()
	}
	return o
}

func (o operand) String() string {
	text := fmt.Sprintf("%v %s", o.dtype, tuple(o.view.Shape()))
	if !o.view.Contiguous() {
		text += " strides " + tuple(o.view.Strides[:o.view.Rank])
	}
	if o.view.Offset != 0 {
		text += fmt.Sprint(" offset ", o.view.Offset)
	}
	return text
}

func tuple(sizes []int) string {
	return "(" + strings.Trim(strings.ReplaceAll(fmt.Sprint(sizes), " ", ", "), "[]") + ")"
}

// elements yields each index of a view, and where its element lies.
func elements(v device.View) iter.Seq2[[]int, int] {
	return func(yield func([]int, int) bool) {
		index := make([]int, v.Rank)
		for n := range v.Len() {
			p := v.Offset
			for axis := v.Rank - 1; axis >= 0; axis-- {
				index[axis] = n % v.Dims[axis]
				n /= v.Dims[axis]
				p += index[axis] * v.Strides[axis]
			}
			if !yield(index, p) {
				return
			}
		}
	}
}
