package tensor

import "inkling/device"

// A tensor's shape says what its axes mean, its strides in which order they lie
// in memory. A new tensor is row-major: the last axis lies closest. Two kinds
// have an order of their own, which convolutions compute fastest:
//
//	maps    (n, c, h, w) in the order h, w, n, c: at each place of the map lies
//	        one matrix, images x channels, without gaps
//	filters (o, c, h, w) in the order h, w, c, o: for each tap one matrix,
//	        channels x outputs
//
// Elementwise operations keep the order of their operand, so that a network of
// convolutions stays in it. Clone, Contiguous and what is read out are row-major.

var (
	mapsOrder    = []int{2, 3, 0, 1}
	filtersOrder = []int{2, 3, 1, 0}
)

// Maps returns floats (n, c, h, w) in the order of maps, with undefined contents.
func (m *Memory) Maps(n, c, h, w int) *Tensor { return m.maps(device.Float, n, c, h, w) }

func (m *Memory) maps(t device.DType, n, c, h, w int) *Tensor {
	x := m.New(t, n, c, h, w)
	x.lay(mapsOrder)
	return x
}

// Filters returns floats (o, c, h, w) in the order of filters, with undefined contents.
func (m *Memory) Filters(o, c, h, w int) *Tensor {
	x := m.New(device.Float, o, c, h, w)
	x.lay(filtersOrder)
	return x
}

// Like returns a tensor of x's shape, type and order in memory, with undefined
// contents: room for an optimiser's averages, or for a copy.
func (m *Memory) Like(x *Tensor) *Tensor { return m.like(x.typ, x) }

// like is Like for another type.
func (m *Memory) like(t device.DType, x *Tensor) *Tensor {
	out := m.New(t, x.Shape()...)
	if x.view.Contiguous() || x.repeats() {
		return out
	}
	var order [device.MaxRank]int
	x.order(&order)
	if x.dense(&order) {
		out.view.Strides = x.view.Strides // those of axes of size 1 too
	} else {
		out.lay(order[:x.Rank()])
	}
	return out
}

// likeEither is like for the first of x and y that is no broadcast: two views of
// one shape.
func (m *Memory) likeEither(t device.DType, x, y *Tensor) *Tensor {
	if x.repeats() {
		x = y
	}
	return m.like(t, x)
}

// likeOrder returns a tensor of another shape whose axes lie in the order of x's.
func (m *Memory) likeOrder(x *Tensor, shape []int) *Tensor {
	out := m.New(x.typ, shape...)
	if !x.view.Contiguous() && !x.repeats() {
		var order [device.MaxRank]int
		x.order(&order)
		out.lay(order[:x.Rank()])
	}
	return out
}

// lay sets the strides of a tensor without gaps for axes in the given order, the
// outermost first.
func (x *Tensor) lay(order []int) {
	step := 1
	for i := len(order) - 1; i >= 0; i-- {
		x.view.Strides[order[i]] = step
		step *= x.view.Dims[order[i]]
	}
}

// order sets to to the axes of x, the greatest stride first; axes of one stride
// stay as they come.
func (x *Tensor) order(to *[device.MaxRank]int) {
	for i := range x.Rank() {
		at := i
		for at > 0 && x.view.Strides[to[at-1]] < x.view.Strides[i] {
			to[at] = to[at-1]
			at--
		}
		to[at] = i
	}
}

// dense reports whether x's elements lie without gaps, in that order of axes.
func (x *Tensor) dense(order *[device.MaxRank]int) bool {
	step := 1
	for i := x.Rank() - 1; i >= 0; i-- {
		a := order[i]
		if d := x.view.Dims[a]; d != 1 {
			if x.view.Strides[a] != step {
				return false
			}
			step *= d
		}
	}
	return true
}

// repeats reports whether one element of memory stands for several of x.
func (x *Tensor) repeats() bool {
	for i, n := range x.Shape() {
		if n > 1 && x.view.Strides[i] == 0 {
			return true
		}
	}
	return false
}

// InFilterOrder returns x (o, c, h, w) in the order of filters: itself if it lies
// so or repeats one element of memory, else a copy.
func (x *Tensor) InFilterOrder() *Tensor {
	x.floats("in-filter-order", x)
	if x.Rank() != 4 {
		panic(shapeError("in-filter-order", "filters are (outputs, channels, h, w)", "", x))
	}
	s := x.Shape()
	if x.repeats() {
		return x
	}
	var order [device.MaxRank]int
	copy(order[:], filtersOrder)
	if x.dense(&order) {
		return x
	}
	out := x.mem.Filters(s[0], s[1], s[2], s[3])
	out.CopyFrom(x)
	return out
}
