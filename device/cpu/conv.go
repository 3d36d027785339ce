package cpu

import (
	"sync"

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

// convKey is all that the cut of a convolution depends on.
type convKey struct {
	op      int // forward, inputGrad or filterGrad
	level   string
	x, w, y device.View
	g       device.Window
	packed  bool
}

const (
	forward = iota
	inputGrad
	filterGrad
)

// convPlan is a convolution as chains of products; offsets count from the views' own.
type convPlan struct {
	groups     []kernel.Group
	aRow, aCol int
	bRow, cRow int
	chunk      int
	taps       []int // the taps that meet the map anywhere, whose filters are packed
}

var convPlans struct {
	sync.Mutex
	made map[convKey]*convPlan
}

// planOf returns the plan for a key, made by build the first time.
func planOf(key convKey, build func(*convPlan)) *convPlan {
	for _, v := range []*device.View{&key.x, &key.w, &key.y} {
		v.Buf, v.Offset = nil, 0
	}
	const most = 512 // shapes; a program that keeps changing them forgets the old ones
	convPlans.Lock()
	defer convPlans.Unlock()
	if p := convPlans.made[key]; p != nil {
		return p
	}
	if convPlans.made == nil || len(convPlans.made) >= most {
		convPlans.made = map[convKey]*convPlan{}
	}
	p := new(convPlan)
	build(p)
	convPlans.made[key] = p
	return p
}

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

// prepared says which form of a frozen buffer's filters is meant.
type prepared struct {
	plan           *convPlan // whose taps are packed
	winograd, back bool      // or transformed
	level          string
	offset         int
}

// filters returns the packed filters of a plan; done gives them back.
func (b *Backend) filters(w *device.View, plan *convPlan, row, col int) (panels *kernel.Panels, done func()) {
	return b.kept(w, prepared{plan: plan, offset: w.Offset}, func() *kernel.Panels { return b.packFilters(w, plan.taps, row, col) })
}

// kept returns what pack makes of filters: from frozen memory what it made before.
func (b *Backend) kept(w *device.View, key prepared, pack func() *kernel.Panels) (panels *kernel.Panels, done func()) {
	m := w.Buf.(*buffer)
	if !m.frozen {
		panels = pack()
		return panels, func() {
			panels.Release()
			freePanels.Put(panels)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if panels = m.prepared[key]; panels == nil {
		const most = 4 // shapes of batches and maps that one model is asked about by turns
		if m.prepared == nil || len(m.prepared) >= most {
			m.prepared = map[prepared]*kernel.Panels{}
		}
		panels = pack()
		m.prepared[key] = panels
	}
	return panels, func() {}
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
	if filterOrder(&dst) && winogradPays(&x, &dst, &dy, g) && b.winogradFilterGrad(&dst, &x, &dy, g.Pad) {
		return
	}
	switch c := x.Dims[1]; {
	case c < few && dst.Dims[3] > 1 && (c == 1 || g.Dilation[1] == 1) && (dst.Dims[3] == 1 || dst.Strides[3] == c*dst.Strides[1]):
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

var freePanels = sync.Pool{New: func() any { return new(kernel.Panels) }}

// packFilters packs the filters of the taps, one after another: rows along axis
// row of w, columns along axis col.
func (b *Backend) packFilters(w *device.View, taps []int, row, col int) *kernel.Panels {
	panels := freePanels.Get().(*kernel.Panels)
	k := w.Dims[row]
	panels.Take(len(taps)*k, w.Dims[col])
	from := floats(w)
	const grain = 32 << 10 // elements that are worth a piece
	each := max(1, grain/max(1, len(taps)*k*32))
	n := panels.Count()
	b.pool.run((n+each-1)/each, func(i int) {
		for q := i * each; q < min((i+1)*each, n); q++ {
			for at, t := range taps {
				tap := w.Offset + t/w.Dims[3]*w.Strides[2] + t%w.Dims[3]*w.Strides[3]
				panels.Pack(q, at*k, from[tap:], w.Strides[row], w.Strides[col], k)
			}
		}
	})
	return panels
}

// channels is part k of an axis cut into n.
func channels(v device.View, axis, k, n int) device.View {
	v.Dims[axis] /= n
	v.Offset += k * v.Dims[axis] * v.Strides[axis]
	return v
}

// filterOrder reports whether filters (o, c, kh, kw) lie in the order (kh, kw, c, o).
func filterOrder(w *device.View) bool {
	o, c := w.Dims[0], w.Dims[1]
	return w.Strides[0] == 1 && w.Strides[1] == o && w.Strides[3] == c*o && w.Strides[2] == w.Dims[3]*c*o
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

// scratchFilters returns scratch memory for filters like v, with c channels, in
// the order (kh, kw, c, o).
func (b *Backend) scratchFilters(v *device.View, c int) device.View {
	shape := *v
	shape.Dims[1] = c
	tmp := b.scratchView(&shape)
	o := v.Dims[0]
	tmp.Strides[0], tmp.Strides[1], tmp.Strides[2], tmp.Strides[3] = 1, o, v.Dims[3]*c*o, c*o
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
