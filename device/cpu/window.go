package cpu

import (
	"sync"

	"inkling/device"
	"inkling/internal/kernel"
)

// Pooling takes maps position by position: at each lies a matrix (n, c) without
// gaps, nc numbers that are all treated alike.

// MaxPool implements device.Backend.
func (b *Backend) MaxPool(dst, index, x device.View, g device.Window) {
	if dst.Len() == 0 {
		return
	}
	in, out := b.matrices(&x), b.roomForMatrices(&dst)
	which := index
	if !hasMatrices(&index) {
		o := byPosition(&index)
		which = intsLike(&index, &o)
	}
	xs, to, taps := floats(&in), floats(&out), ints(&which)
	b.places(&dst, g.Size[0]*g.Size[1], func(l *lists, i, j, from, end int) {
		l.under(&in, &g, i, j, from)
		at, tap := place(&out, i, j), place(&which, i, j)
		kernel.MaxOfParts(to[at+from:at+end], taps[tap+from:tap+end], xs, l.offsets, l.taps)
	})
	free(&x, &in)
	b.deliver(&dst, &out)
	if which.Buf != index.Buf {
		b.Unary(device.Copy, index, which)
		scratchInts.Put(which.Buf)
	}
}

// MaxPoolGrad implements device.Backend.
func (b *Backend) MaxPoolGrad(dst, dy, index device.View, g device.Window) {
	if dst.Len() == 0 {
		return
	}
	// dy and index are read at the same places.
	grad, which := dy, index
	o := order(dy.Strides)
	if !hasMatrices(&dy) || !o.of(&index) {
		o = byPosition(&dy)
		grad, which = b.scratchView(&dy), intsLike(&index, &o)
		grad.Strides = o
		b.Unary(device.Copy, grad, dy)
		b.Unary(device.Copy, which, index)
	}
	out := b.roomForMatrices(&dst)
	ds, taps, to := floats(&grad)[grad.Offset:], ints(&which)[which.Offset:], floats(&out)
	grad.Offset = 0
	b.places(&dst, overlap(&g, &dy), func(l *lists, i, j, from, end int) {
		l.over(&grad, &g, i, j, from)
		at := place(&out, i, j)
		kernel.SumTaken(to[at+from:at+end], ds, taps, l.offsets, l.taps)
	})
	b.deliver(&dst, &out)
	free(&dy, &grad)
	if which.Buf != index.Buf {
		scratchInts.Put(which.Buf)
	}
}

// AvgPool implements device.Backend.
func (b *Backend) AvgPool(dst, x device.View, g device.Window) {
	b.sums(dst, x, &g, g.Size[0]*g.Size[1], (*lists).under)
}

// AvgPoolGrad implements device.Backend.
func (b *Backend) AvgPoolGrad(dst, dy device.View, g device.Window) {
	b.sums(dst, dy, &g, overlap(&g, &dy), (*lists).over)
}

// sums sets each position of dst to the sum of the positions of x that find lists,
// at most reads of them, divided by the number of taps.
func (b *Backend) sums(dst, x device.View, g *device.Window, reads int, find func(l *lists, x *device.View, g *device.Window, i, j, from int)) {
	if dst.Len() == 0 {
		return
	}
	in, out := b.matrices(&x), b.roomForMatrices(&dst)
	xs, to, share := floats(&in), floats(&out), 1/float32(g.Size[0]*g.Size[1])
	b.places(&dst, reads, func(l *lists, i, j, from, end int) {
		find(l, &in, g, i, j, from)
		at := place(&out, i, j)
		kernel.SumOfParts(to[at+from:at+end], xs, l.offsets, share)
	})
	free(&x, &in)
	b.deliver(&dst, &out)
}

// hasMatrices reports whether maps (n, c, h, w) have, at each position, a matrix
// (n, c) without gaps.
func hasMatrices(v *device.View) bool {
	return (v.Dims[1] == 1 || v.Strides[1] == 1) && (v.Dims[0] == 1 || v.Strides[0] == v.Dims[1])
}

// matrices is v so that it hasMatrices: itself, or a copy that free gives back.
func (b *Backend) matrices(v *device.View) device.View {
	tmp := b.roomForMatrices(v)
	if tmp.Buf != v.Buf {
		b.Unary(device.Copy, tmp, *v)
	}
	return tmp
}

// roomForMatrices is v where it hasMatrices, else scratch memory that deliver copies to v.
func (b *Backend) roomForMatrices(v *device.View) device.View {
	if hasMatrices(v) {
		return *v
	}
	tmp := b.scratchView(v)
	tmp.Strides = byPosition(v)
	return tmp
}

// place is where the matrix of position (i, j) begins.
func place(v *device.View, i, j int) int { return v.Offset + i*v.Strides[2] + j*v.Strides[3] }

// lists are the parts of maps that a position is computed from: where each
// begins, and by which tap it is met.
type lists struct {
	offsets []int
	taps    []int32
}

var freeLists = sync.Pool{New: func() any { return new(lists) }}

// places runs f for elements from..end-1 of each position (i, j) of maps v: all of
// them, or a part where a position alone is much work. reads is how many
// numbers one element may need.
func (b *Backend) places(v *device.View, reads int, f func(l *lists, i, j, from, end int)) {
	nc, wide, positions := v.Dims[0]*v.Dims[1], v.Dims[3], v.Dims[2]*v.Dims[3]
	work := max(piece/reads, 512) // elements of a piece
	parts := (nc + work - 1) / work
	each := (nc + parts - 1) / parts
	together := max(work/each, 1)
	tasks := positions * parts
	b.pool.run((tasks+together-1)/together, func(k int) {
		l := freeLists.Get().(*lists)
		for t := k * together; t < min((k+1)*together, tasks); t++ {
			p, from := t/parts, t%parts*each
			f(l, p/wide, p%wide, from, min(from+each, nc))
		}
		freeLists.Put(l)
	})
}

// under lists the positions of x below the window's place (i, j), from the
// from-th element on, in the order of the taps.
func (l *lists) under(x *device.View, g *device.Window, i, j, from int) {
	l.offsets, l.taps = l.offsets[:0], l.taps[:0]
	for a := range g.Size[0] {
		for b := range g.Size[1] {
			y, v := g.At(0, i, a), g.At(1, j, b)
			if 0 <= y && y < x.Dims[2] && 0 <= v && v < x.Dims[3] {
				l.offsets = append(l.offsets, place(x, y, v)+from)
				l.taps = append(l.taps, int32(a*g.Size[1]+b))
			}
		}
	}
}

// over lists the window's places, whose numbers dy holds, that lie above position
// (y, v) of the maps, with the tap that meets it there, from the from-th element on.
func (l *lists) over(dy *device.View, g *device.Window, y, v, from int) {
	l.offsets, l.taps = l.offsets[:0], l.taps[:0]
	top, bottom := reach(g, 0, y, dy.Dims[2])
	left, right := reach(g, 1, v, dy.Dims[3])
	for i := top; i <= bottom; i++ {
		for j := left; j <= right; j++ {
			down, across := y-g.At(0, i, 0), v-g.At(1, j, 0)
			if down%g.Dilation[0] == 0 && across%g.Dilation[1] == 0 {
				l.offsets = append(l.offsets, place(dy, i, j)+from)
				l.taps = append(l.taps, int32(down/g.Dilation[0]*g.Size[1]+across/g.Dilation[1]))
			}
		}
	}
}

// reach is the first and the last of n places of the window, on an axis, whose
// first tap lies at or before position y and whose last lies there or behind.
func reach(g *device.Window, axis, y, n int) (first, last int) {
	last = min((y+g.Pad[axis])/g.Stride[axis], n-1)
	if before := y - g.At(axis, 0, g.Size[axis]-1); before > 0 { // of the first place's last tap
		first = (before + g.Stride[axis] - 1) / g.Stride[axis]
	}
	return first, last
}

// overlap is how many of the places that y has may lie above one position, at least 1.
func overlap(g *device.Window, y *device.View) int {
	n := 1
	for axis, size := range g.Size {
		n *= max(min((size-1)*g.Dilation[axis]/g.Stride[axis]+1, y.Dims[2+axis]), 1)
	}
	return n
}
