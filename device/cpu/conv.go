package cpu

import (
	"inkling/device"
	"inkling/internal/kernel"
)

// A batch of maps lies in memory position by position, in the order (h, w, n, c):
// at each place the batch is one n x c matrix without gaps. A convolution is then,
// for each place of the kernel, the sum over the taps that meet the map of such a
// matrix times the tap's c x o filters: products of what lies there already, no
// copy of the map for each tap, and no multiplying of padding. The gradient at the
// maps is the same with the filters transposed; that at a tap's filters is the sum
// over the places of (c x n) times (n x o).

// few is a number of channels that is too short a sum for one tap: the taps of
// the kernel's row, which lie side by side, then make one sum.
const few = 8

// Conv2D implements device.Backend.
func (b *Backend) Conv2D(dst, x, w, bias device.View, g device.Window) {
	switch {
	case dst.Len() == 0:
		return
	case x.Dims[1] == 0:
		b.Fill(dst, 0)
		if bias.Buf != nil {
			wide := dst // the bias as a view of dst's shape
			wide.Buf, wide.Offset, wide.Strides = bias.Buf, bias.Offset, [device.MaxRank]int{1: bias.Strides[0]}
			b.AddScaled(dst, wide, 1)
		}
		return
	}
	if g.Groups > 1 {
		for k := range g.Groups {
			part := bias
			if bias.Buf != nil {
				part = channels(bias, 0, k, g.Groups)
			}
			b.Conv2D(channels(dst, 1, k, g.Groups), channels(x, 1, k, g.Groups), channels(w, 0, k, g.Groups), part, alone(g))
		}
		return
	}
	if dst.Strides[1] != 1 && dst.Dims[1] > 1 {
		tmp := b.scratchMaps(&dst, 0)
		b.Conv2D(tmp, x, w, bias, g)
		b.Unary(device.Copy, dst, tmp)
		release(&tmp)
		return
	}
	if x.Dims[1] > 1 && x.Strides[1] == 0 { // a grey image seen as several channels costs what it costs as one
		tmp := b.scratchFilters(&w, 1)
		b.Reduce(device.Sum, tmp, w)
		b.Conv2D(dst, oneChannel(x), tmp, bias, g)
		release(&tmp)
		return
	}
	if c := x.Dims[1]; c > 1 && (x.Strides[1] != 1 || c < few) && !sideBySide(&x, g) {
		tmp := b.scratchMaps(&x, few)
		b.Unary(device.Copy, tmp, x)
		defer release(&tmp)
		x = tmp
	}
	c, o := x.Dims[1], dst.Dims[1]
	var added []float32
	if bias.Buf != nil {
		elements, done := b.packed(&bias)
		defer done()
		added = elements
	}
	if filterOrder(&w) && winogradPays(&x, &w, &dst, g) {
		b.winograd(&dst, &x, &w, added, g.Pad, false)
		return
	}
	rows := dst.Dims[0] * dst.Dims[2] * dst.Dims[3]
	inPlace := w.Strides[1] > 0 && (o == 1 || w.Strides[0] == 1) && w.Strides[3] == c*w.Strides[1] &&
		w.Strides[2] == w.Dims[3]*w.Strides[3] && kernel.ReadsInPlace(rows, o, w.Strides[1])
	plan := planOf(convKey{forward, kernel.Level(), x, w, dst, g, !inPlace}, func(p *convPlan) { p.cutForward(&x, &w, &dst, g, !inPlace) })
	chains := kernel.Chains{
		N: o, A: floats(&x)[x.Offset:], ARow: plan.aRow, ACol: plan.aCol,
		C: floats(&dst)[dst.Offset:], CRow: plan.cRow, Groups: plan.groups, Bias: added,
	}
	if inPlace {
		chains.B, chains.BRow = floats(&w)[w.Offset:], w.Strides[1]
		b.chains(&chains)
		return
	}
	panels, done := b.filters(&w, plan, 1, 0)
	defer done()
	chains.Packed = panels
	b.chains(&chains)
}

// Conv2DInputGrad implements device.Backend.
func (b *Backend) Conv2DInputGrad(dst, dy, w device.View, g device.Window) {
	switch {
	case dst.Len() == 0:
		return
	case dy.Len() == 0:
		b.Fill(dst, 0)
		return
	}
	if g.Groups > 1 {
		for k := range g.Groups {
			b.Conv2DInputGrad(channels(dst, 1, k, g.Groups), channels(dy, 1, k, g.Groups), channels(w, 0, k, g.Groups), alone(g))
		}
		return
	}
	if dst.Strides[1] != 1 && dst.Dims[1] > 1 {
		tmp := b.scratchMaps(&dst, 0)
		b.Conv2DInputGrad(tmp, dy, w, g)
		b.Unary(device.Copy, dst, tmp)
		release(&tmp)
		return
	}
	if filterOrder(&w) && winogradPays(&dy, &w, &dst, turned(g)) {
		b.winograd(&dst, &dy, &w, nil, turned(g).Pad, true)
		return
	}
	plan := planOf(convKey{inputGrad, kernel.Level(), dst, w, dy, g, true}, func(p *convPlan) { p.cutInputGrad(&dst, &w, &dy, g) })
	panels, done := b.filters(&w, plan, 0, 1)
	defer done()
	b.chains(&kernel.Chains{
		N: dst.Dims[1], A: floats(&dy)[dy.Offset:], ARow: plan.aRow, ACol: plan.aCol, Packed: panels,
		C: floats(&dst)[dst.Offset:], CRow: plan.cRow, Groups: plan.groups,
	})
}

// Conv2DFilterGrad implements device.Backend.
func (b *Backend) Conv2DFilterGrad(dst, x, dy device.View, g device.Window) {
	if dst.Len() == 0 {
		return
	}
	if x.Len() == 0 || dy.Len() == 0 {
		b.Fill(dst, 0)
		return
	}
	if g.Groups > 1 {
		for k := range g.Groups {
			b.Conv2DFilterGrad(channels(dst, 0, k, g.Groups), channels(x, 1, k, g.Groups), channels(dy, 1, k, g.Groups), alone(g))
		}
		return
	}
	if dst.Strides[0] != 1 && dst.Dims[0] > 1 {
		tmp := b.scratchFilters(&dst, dst.Dims[1])
		b.Conv2DFilterGrad(tmp, x, dy, g)
		b.Unary(device.Copy, dst, tmp)
		release(&tmp)
		return
	}
	if x.Dims[1] > 1 && x.Strides[1] == 0 { // each of the equal channels has the same gradient
		tmp := b.scratchFilters(&dst, 1)
		b.Conv2DFilterGrad(tmp, oneChannel(x), dy, g)
		tmp.Dims[1], tmp.Strides[1] = dst.Dims[1], 0
		b.Unary(device.Copy, dst, tmp)
		release(&tmp)
		return
	}
	if n := dy.Strides[0]; (dy.Strides[1] != 1 && dy.Dims[1] > 1) || n == 0 || n < dy.Dims[1] || dy.Strides[2]%n != 0 || dy.Strides[3]%n != 0 {
		tmp := b.scratchMaps(&dy, 0)
		b.Unary(device.Copy, tmp, dy)
		defer release(&tmp)
		dy = tmp
	}
	if filterOrder(&dst) && winogradPays(&x, &dst, &dy, g) {
		b.winogradFilterGrad(&dst, &x, &dy, g.Pad)
		return
	}
	switch c := x.Dims[1]; {
	case c < few && dst.Dims[3] > 1 && (c == 1 || g.Dilation[1] == 1) && dst.Strides[3] == c*dst.Strides[1]:
		tmp := b.padded(&x, &dst, &dy, g)
		defer release(&tmp)
		x = tmp
		g.Pad = [2]int{}
	case x.Strides[1] != 1 && c > 1:
		tmp := b.scratchMaps(&x, 0)
		b.Unary(device.Copy, tmp, x)
		defer release(&tmp)
		x = tmp
	}
	plan := planOf(convKey{filterGrad, kernel.Level(), x, dst, dy, g, false}, func(p *convPlan) { p.cutFilterGrad(&x, &dst, &dy, g) })
	b.chains(&kernel.Chains{
		N: dst.Dims[0], A: floats(&x)[x.Offset:], ARow: plan.aRow, ACol: plan.aCol,
		B: floats(&dy)[dy.Offset:], BRow: plan.bRow,
		C: floats(&dst)[dst.Offset:], CRow: plan.cRow, Groups: plan.groups, Chunk: plan.chunk,
	})
}

func (b *Backend) chains(c *kernel.Chains) {
	b.pool.run(c.Cut(), c.Run)
	c.Release()
}

// channels is part k of an axis cut into n.
func channels(v device.View, axis, k, n int) device.View {
	v.Dims[axis] /= n
	v.Offset += k * v.Dims[axis] * v.Strides[axis]
	return v
}

// turned is the window of the way back through one of 3 x 3 taps that moves by one.
func turned(g device.Window) device.Window {
	g.Pad = [2]int{2 - g.Pad[0], 2 - g.Pad[1]}
	return g
}

func alone(g device.Window) device.Window {
	g.Groups = 1
	return g
}

func oneChannel(x device.View) device.View {
	x.Dims[1] = 1
	return x
}

// sideBySide reports whether the channels of the taps of a kernel's row lie
// evenly spaced in memory.
func sideBySide(x *device.View, g device.Window) bool {
	return x.Strides[3]*g.Dilation[1] == x.Dims[1]*x.Strides[1]
}

// scratchMaps returns scratch memory for maps of v's shape, in the order (h, w,
// n, c), but (h, w, c, n) for fewer than short channels.
func (b *Backend) scratchMaps(v *device.View, short int) device.View {
	tmp := b.scratchView(v)
	n, c, w := v.Dims[0], v.Dims[1], v.Dims[3]
	tmp.Strides[0], tmp.Strides[1] = c, 1
	if c < short {
		tmp.Strides[0], tmp.Strides[1] = 1, n
	}
	tmp.Strides[2], tmp.Strides[3] = w*n*c, n*c
	return tmp
}

// padded returns a copy of x in the order (h, w, c, n) with its padding written
// out, so that each place of dy meets all taps of w.
func (b *Backend) padded(x, w, dy *device.View, g device.Window) device.View {
	shape := *x
	for a := range 2 {
		shape.Dims[2+a] = max(g.Pad[a]+x.Dims[2+a], (dy.Dims[2+a]-1)*g.Stride[a]+(w.Dims[2+a]-1)*g.Dilation[a]+1)
	}
	tmp := b.scratchMaps(&shape, few)
	b.Fill(tmp, 0)
	inside := tmp
	for a := range 2 {
		inside.Dims[2+a] = x.Dims[2+a]
		inside.Offset += g.Pad[a] * tmp.Strides[2+a]
	}
	b.Unary(device.Copy, inside, *x)
	return tmp
}
