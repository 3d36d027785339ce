package cpu

import (
	"sync"

	"inkling/device"
	"inkling/internal/kernel"
)

// Filters in the form that products read: packed into panels, or transformed.

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

// filterOrder reports whether filters (o, c, kh, kw) lie in the order (kh, kw, c, o).
func filterOrder(w *device.View) bool {
	o, c := w.Dims[0], w.Dims[1]
	return w.Strides[0] == 1 && w.Strides[1] == o && w.Strides[3] == c*o && w.Strides[2] == w.Dims[3]*c*o
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
