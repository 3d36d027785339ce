package cpu

import (
	"sync"

	"inkling/device"
)

// order is how the axes of a shape lie in memory, packed: the strides that a
// view without gaps has. Views of one shape and one order are the same walk
// through consecutive memory.
type order [device.MaxRank]int

// dense reports whether v's elements fill a block of memory without gaps, and
// repeat none. With channels, the second axis must be the innermost.
func dense(v *device.View, channels bool) bool {
	step, done := 1, [device.MaxRank]bool{}
	take := func(axis int) {
		done[axis] = true
		step *= v.Dims[axis]
	}
	if channels {
		if v.Dims[1] != 1 && v.Strides[1] != 1 {
			return false
		}
		take(1)
	}
	for range v.Rank {
		for axis := range v.Rank {
			if !done[axis] && (v.Dims[axis] == 1 || v.Strides[axis] == step) {
				take(axis)
			}
		}
	}
	for axis := range v.Rank {
		if !done[axis] {
			return false
		}
	}
	return true
}

// byPosition is the order of maps (n, c, ...) with a matrix (n, c) at each position.
func byPosition(v *device.View) (o order) {
	o[1], o[0] = 1, v.Dims[1]
	step := v.Dims[0] * v.Dims[1]
	for axis := v.Rank - 1; axis >= 2; axis-- {
		o[axis] = step
		step *= v.Dims[axis]
	}
	return o
}

// channelOrder is the order in which to walk maps (n, c, ...), rows of c elements
// side by side: that of the first view that has one, else byPosition. Views
// without a buffer do not count.
func channelOrder(views ...*device.View) order {
	for _, v := range views {
		if v.Buf != nil && dense(v, true) {
			return order(v.Strides)
		}
	}
	return byPosition(views[0])
}

func (o *order) of(v *device.View) bool {
	for axis := range v.Rank {
		if v.Dims[axis] != 1 && v.Strides[axis] != o[axis] {
			return false
		}
	}
	return true
}

// room is where to write v in the given order: v itself, or scratch memory,
// whose contents deliver then copies to v.
func (b *Backend) room(v *device.View, o *order) device.View {
	if o.of(v) {
		return *v
	}
	tmp := b.scratchView(v)
	tmp.Strides = *o
	return tmp
}

// ordered is v in the given order: v itself, or a copy in scratch memory, which
// free gives back.
func (b *Backend) ordered(v *device.View, o *order) device.View {
	tmp := b.room(v, o)
	if tmp.Buf != v.Buf {
		b.Unary(device.Copy, tmp, *v)
	}
	return tmp
}

func free(v, from *device.View) {
	if from.Buf != v.Buf {
		release(from)
	}
}

// flat is the n elements of a view without gaps; nil for no view.
func flat(v *device.View, n int) []float32 {
	if v.Buf == nil {
		return nil
	}
	return floats(v)[v.Offset : v.Offset+n]
}

// numbers returns n floats from scratch; release gives them back.
func (b *Backend) numbers(n int) ([]float32, device.View) {
	v := device.View{Rank: 1}
	v.Dims[0], v.Strides[0] = n, 1
	v = b.scratchView(&v)
	return floats(&v)[:n], v
}

var scratchInts sync.Pool // of *buffer

// intsLike returns contiguous scratch memory of v's shape for Ints.
func intsLike(v *device.View, o *order) device.View {
	tmp, n := device.View{Rank: v.Rank, Dims: v.Dims, Strides: *o}, v.Len()
	m, _ := scratchInts.Get().(*buffer)
	if m == nil || cap(m.ints) < n {
		m = &buffer{ints: make([]int32, n)}
	}
	m.ints = m.ints[:n]
	tmp.Buf = m
	return tmp
}
