package kernel

import "sync/atomic"

// rows are rows of a matrix of bytes that will be gathered soon.
type rows struct {
	bytes []uint8
	width int
	index []int32
	next  atomic.Int64
}

var soon atomic.Pointer[rows]

// Soon says which rows of width bytes will be gathered next. Products, which
// leave the memory idle, ask for some of them after each tile, so that they have
// come when they are wanted. It changes nothing but time; the last call counts.
func Soon(bytes []uint8, width int, index []int32) {
	soon.Store(&rows{bytes: bytes, width: width, index: index})
}

// fetchSoon asks for the next two rows.
func (l *routines) fetchSoon() {
	r := soon.Load()
	if r == nil {
		return
	}
	const few = 2
	from := int(r.next.Add(few)) - few
	if from >= len(r.index) {
		soon.CompareAndSwap(r, nil)
		return
	}
	for _, i := range r.index[from:min(from+few, len(r.index))] {
		if at := int(i) * r.width; at >= 0 && at+r.width <= len(r.bytes) {
			l.prefetchFar(r.bytes[at : at+r.width])
		}
	}
}
