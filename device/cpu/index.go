package cpu

import (
	"inkling/device"
	"inkling/internal/kernel"
)

// OneHot implements device.Backend.
func (b *Backend) OneHot(dst, labels device.View) {
	b.Fill(dst, 0)
	last := dst.Rank - 1
	c, step := dst.Dims[last], dst.Strides[last]
	outer := dst
	outer.Rank = last
	l := newLoop(&outer, &labels)
	to, from := floats(&dst), ints(&labels)
	for i := range l.pieces() {
		l.rowsOf(i, func(at [3]int, n int) {
			for r := range n {
				label := from[at[1]+r*l.step[1]]
				checkIndices("one-hot", []int32{label}, c)
				to[at[0]+r*l.step[0]+int(label)*step] = 1
			}
		})
	}
}

// Gather implements device.Backend. Each row is copied or widened where it
// lies; a batch of byte images reads a quarter of what floats would.
func (b *Backend) Gather(dst, src, index device.View, scale float64) {
	n := index.Dims[0]
	at := ints(&index)[index.Offset:]
	step := index.Strides[0]
	if step == 1 {
		checkIndices("gather", at[:n], src.Dims[0])
	} else {
		for i := range n {
			checkIndices("gather", at[i*step:i*step+1], src.Dims[0])
		}
	}
	width := 1
	for _, d := range src.Dims[1:src.Rank] {
		width *= d
	}
	if n == 0 || width == 0 {
		return
	}
	if to, from := dst.Buf.(*buffer).ints, src.Buf.(*buffer).ints; to != nil && src.Rank == 1 { // labels
		for i := range n {
			to[dst.Offset+i*dst.Strides[0]] = from[src.Offset+int(at[i*step])*src.Strides[0]]
		}
		return
	}
	per := max(piece/width, 1)
	if n <= per || b.pool.workers == 1 {
		gatherRows(&dst, &src, &index, width, float32(scale), 0, n)
		return
	}
	b.gatherPieces(dst, src, index, width, float32(scale), per)
}

func (b *Backend) gatherPieces(dst, src, index device.View, width int, scale float32, per int) {
	n := index.Dims[0]
	b.pool.run((n+per-1)/per, func(p int) {
		gatherRows(&dst, &src, &index, width, scale, p*per, min((p+1)*per, n))
	})
}

// gatherRows copies rows from..to-1, of width elements each.
func gatherRows(dst, src, index *device.View, width int, scale float32, from, to int) {
	d, s := row(dst), row(src)
	at := func(i int) int {
		return src.Offset + int(ints(index)[index.Offset+i*index.Strides[0]])*src.Strides[0]
	}
	bytes, floats := src.Buf.(*buffer).bytes, dst.Buf.(*buffer).floats
	if bytes == nil || floats == nil || !d.Contiguous() || !s.Contiguous() {
		for i := from; i < to; i++ {
			d.Offset = dst.Offset + i*dst.Strides[0]
			s.Offset = at(i)
			gatherRow(&d, &s, width, scale)
		}
		return
	}
	// A shuffled batch of images lies all over the memory: waiting for each row
	// would cost more than its arithmetic, so rows are asked for before their turn.
	const ahead = 6
	for i := from - ahead; i < to; i++ {
		if next := i + ahead; next < to {
			kernel.Prefetch(bytes[at(next):][:width])
		}
		if i >= from {
			row := dst.Offset + i*dst.Strides[0]
			kernel.Widen(floats[row:row+width], bytes[at(i):][:width], scale)
		}
	}
}

// row is the view of the first row of v.
func row(v *device.View) device.View {
	r := *v
	r.Rank--
	copy(r.Dims[:], v.Dims[1:])
	copy(r.Strides[:], v.Strides[1:])
	return r
}

func gatherRow(d, s *device.View, width int, scale float32) {
	from, to := s.Buf.(*buffer), d.Buf.(*buffer)
	plain := d.Contiguous() && s.Contiguous()
	switch {
	case plain && from.bytes != nil && to.bytes != nil:
		copy(to.bytes[d.Offset:d.Offset+width], from.bytes[s.Offset:])
	case plain && from.floats != nil && scale == 1:
		copy(to.floats[d.Offset:d.Offset+width], from.floats[s.Offset:])
	case plain && from.floats != nil:
		kernel.MulScalar(to.floats[d.Offset:d.Offset+width], from.floats[s.Offset:s.Offset+width], scale)
	default:
		l := newLoop(d, s)
		t := strip{kind: convert, d: to, x: from, step: l.step}
		if from.floats != nil {
			t.kind = unary // Copy
		}
		for i := range l.pieces() {
			l.run(i, &t)
		}
		if to.floats != nil && scale != 1 {
			l := newLoop(d, d)
			t := strip{kind: affine, d: to, x: to, step: l.step, a: scale}
			for i := range l.pieces() {
				l.run(i, &t)
			}
		}
	}
}

// Soon implements device.Backend for rows of bytes that lie one after another.
func (b *Backend) Soon(src, index device.View) {
	bytes := src.Buf.(*buffer).bytes
	if bytes == nil || src.Rank == 0 || index.Strides[0] != 1 || !src.Contiguous() {
		return
	}
	width := src.Len() / max(src.Dims[0], 1)
	kernel.Soon(bytes[src.Offset:], width, ints(&index)[index.Offset:][:index.Dims[0]])
}

// ScatterAdd implements device.Backend.
func (b *Backend) ScatterAdd(dst, src, index device.View) {
	at := ints(&index)
	rowD, rowS := row(&dst), row(&src)
	for i := range index.Dims[0] {
		k := at[index.Offset+i*index.Strides[0]]
		checkIndices("scatter-add", []int32{k}, dst.Dims[0])
		d, s := rowD, rowS
		d.Offset += int(k) * dst.Strides[0]
		s.Offset += i * src.Strides[0]
		b.AddScaled(d, s, 1)
	}
}
