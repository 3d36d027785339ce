package cpu

import (
	"inkling/device"
	"inkling/internal/kernel"
)

// winogradPays says whether a convolution is one that squares of 4 x 4 outputs
// compute with far fewer products: 3 x 3 taps that move by one, over maps that
// fill the squares, with enough channels and images that products outweigh the
// transforms, and nobody asks for direct products. Tiny maps have no more taps to
// save; the kernels' own products are then the faster way.
func winogradPays(x, w, y *device.View, g device.Window) bool {
	c, o := x.Dims[1], y.Dims[1]
	if g.Direct || w.Dims[2] != 3 || w.Dims[3] != 3 || g.Stride != [2]int{1, 1} || g.Dilation != [2]int{1, 1} || g.Groups > 1 ||
		c%16 != 0 || o%16 != 0 || c < 32 || o < 32 || x.Dims[0] < 8 || !positions(x) || !positions(y) {
		return false
	}
	products := kernel.WinogradPoints // in all of the squares
	for a := range 2 {
		products *= (y.Dims[2+a] + 3) / 4
	}
	taps := 1 // that meet the map
	for a := range 2 {
		n := 0
		for i := range y.Dims[2+a] {
			from, to := meets(&g, a, i, 3, x.Dims[2+a])
			n += to - from
		}
		taps *= n
	}
	return taps >= 2*products
}

// positions reports whether at each position of maps the images' channels lie
// without gaps.
func positions(v *device.View) bool {
	return v.Strides[1] == 1 && v.Strides[0] == v.Dims[1]
}

// winograd computes y = conv(x, w), or, where back is set, the gradient y at the
// maps from that x at the result: the taps are then turned around, and inputs and
// outputs exchanged.
func (b *Backend) winograd(y, x, w *device.View, bias []float32, pad [2]int, back bool) {
	panels, done := b.winogradFilters(w, back)
	defer done()
	job := kernel.Winograd{
		Images: x.Dims[0], C: x.Dims[1], O: y.Dims[1],
		X: floats(x)[x.Offset:], XH: x.Strides[2], XW: x.Strides[3], H: x.Dims[2], W: x.Dims[3],
		Y: floats(y)[y.Offset:], YH: y.Strides[2], YW: y.Strides[3], OH: y.Dims[2], OW: y.Dims[3],
		Pad: pad, Filters: panels, Bias: bias,
	}
	b.pool.run(job.Cut(), job.Run)
}

// winogradFilters returns the transformed filters, packed; done gives them back.
func (b *Backend) winogradFilters(w *device.View, back bool) (panels *kernel.Panels, done func()) {
	return b.kept(w, prepared{winograd: true, back: back, offset: w.Offset, level: kernel.Level()}, func() *kernel.Panels {
		o, c := w.Dims[0], w.Dims[1]
		all, memory := b.numbers(kernel.WinogradPoints * c * o)
		defer release(&memory)
		var taps [9][]float32
		from := floats(w)[w.Offset:]
		for t := range taps {
			at := t
			if back {
				at = 8 - t
			}
			taps[t] = from[at/3*w.Strides[2]+at%3*w.Strides[3]:]
		}
		panels := freePanels.Get().(*kernel.Panels)
		rows, cols, row, col := c, o, o, 1
		if back {
			rows, cols, row, col = o, c, 1, o
		}
		panels.Take(kernel.WinogradPoints*rows, cols)
		const each = 1 << 10
		n := c * o
		b.pool.run((n+each-1)/each, func(i int) {
			kernel.WinogradFilters(all, &taps, i*each, min((i+1)*each, n), n)
		})
		b.pool.run(panels.Count(), func(q int) {
			for p := range kernel.WinogradPoints {
				panels.Pack(q, p*rows, all[p*n:], row, col, rows)
			}
		})
		return panels
	})
}

// winogradFilterGrad computes dst, the gradient at filters in their order, from x
// and dy.
func (b *Backend) winogradFilterGrad(dst, x, dy *device.View, pad [2]int) {
	n, c, o := x.Dims[0], x.Dims[1], dy.Dims[1]
	job := kernel.WinogradSquares{Winograd: kernel.Winograd{
		Images: n, C: c, O: o,
		X: floats(x)[x.Offset:], XH: x.Strides[2], XW: x.Strides[3], H: x.Dims[2], W: x.Dims[3],
		Y: floats(dy)[dy.Offset:], YH: dy.Strides[2], YW: dy.Strides[3], OH: dy.Dims[2], OW: dy.Dims[3],
		Pad: pad,
	}}
	// So many squares at a time as the caches hold, transformed: they are written
	// once and read once.
	const most = 2 << 20 // floats
	const points = kernel.WinogradPoints
	squares := job.Squares()
	each := min(squares, max(1, most/(points*n*(c+o))))
	// The points lie a little more than a power of two apart, as in kernel.Winograd.
	job.InPoint, job.OutPoint = each*n*c+16, (each*n+1)*o
	memory, view := b.numbers(points * (job.InPoint + job.OutPoint + c*o))
	defer release(&view)
	job.In, job.Out = memory[:points*job.InPoint], memory[points*job.InPoint:][:points*job.OutPoint]
	sums := memory[points*(job.InPoint+job.OutPoint):]
	var groups [points]kernel.Group
	var links [points]kernel.Link
	for job.From = 0; job.From < squares; job.From = job.To {
		job.To = min(job.From+each, squares)
		b.pool.run(job.Cut(), job.Run)
		for p := range groups {
			links[p] = kernel.Link{A: p * job.InPoint, B: p * (each*n + 1), K: job.Rows()}
			groups[p] = kernel.Group{Rows: c, C: p * c * o, Links: links[p : p+1]}
		}
		b.chains(&kernel.Chains{
			N: o, A: job.In, ARow: 1, ACol: c, B: job.Out, BRow: o, C: sums, CRow: o, Groups: groups[:], Add: job.From > 0,
		})
	}

	var taps [9][]float32
	to := floats(dst)[dst.Offset:]
	for t := range taps {
		taps[t] = to[t/3*dst.Strides[2]+t%3*dst.Strides[3]:]
	}
	const piece = 1 << 10
	b.pool.run((c*o+piece-1)/piece, func(i int) {
		kernel.WinogradFilterGrad(&taps, sums, i*piece, min((i+1)*piece, c*o), c*o)
	})
}
