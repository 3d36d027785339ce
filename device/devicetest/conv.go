package devicetest

import (
	"fmt"

	"inkling/device"
)

// direction is one of the three operations of a convolution.
type direction uint8

const (
	forward    direction = iota // y from x and w
	inputGrad                   // x's gradient from y's and w
	filterGrad                  // w's gradient from x and y's
)

func (d direction) String() string {
	return [...]string{"conv2d", "conv2d-input-grad", "conv2d-filter-grad"}[d]
}

// convolution is a trial in the making.
type convolution struct {
	name    string
	slide   // the maps x and the window
	o       int
	x, w, y layout
	bias    bool
	fromX   source // normal where nil
	fromW   source
	mixed   bool  // neighbouring results may have been computed together
	y2      []int // the size of maps y; nil for what the window makes of x
}

func (c convolution) trial(s *suite, d direction) trial {
	normal := s.normal(1)
	source := func(from source) source {
		if from == nil {
			return normal
		}
		return from
	}
	size := c.results(c.o)
	if c.y2 != nil {
		copy(size[2:], c.y2)
	}
	x := floats(c.x, source(c.fromX), c.maps()...)
	w := floats(c.w, source(c.fromW), c.o, c.c/c.g.Groups, c.g.Size[0], c.g.Size[1])
	y := floats(c.y, normal, size...)
	t := trial{name: fmt.Sprintf("%v to %d channels, groups %d: %v, %s", d, c.o, c.g.Groups, c.slide, c.name)}
	switch d {
	case forward:
		t.args = []operand{y, x, w}
		if c.bias {
			t.args = append(t.args, floats(contiguous, normal, c.o))
		}
		t.do = func(b device.Backend, v []device.View) {
			bias := device.View{}
			if c.bias {
				bias = v[3]
			}
			b.Conv2D(v[0], v[1], v[2], bias, c.g)
		}
	case inputGrad:
		t.args = []operand{x, y, w}
		t.do = func(b device.Backend, v []device.View) { b.Conv2DInputGrad(v[0], v[1], v[2], c.g) }
	case filterGrad:
		t.args = []operand{w, x, y}
		t.do = func(b device.Backend, v []device.View) { b.Conv2DFilterGrad(v[0], v[1], v[2], c.g) }
	}
	for _, p := range elements(t.args[0].view) {
		t.args[0].values[p] = nan // what it held does not matter
	}
	t.terms = t.do
	if c.mixed && d != filterGrad { // the rounding is then in proportion to the largest of them
		t.terms = func(b device.Backend, v []device.View) {
			t.do(b, v)
			if v[0].Len() == 0 {
				return
			}
			most := scratch(b, v[0])
			most.Dims[2], most.Dims[3] = 1, 1
			b.Reduce(device.Maximum, most, v[0])
			most.Strides[2], most.Strides[3] = 0, 0
			copy(most.Dims[2:], v[0].Shape()[2:])
			b.Unary(device.Copy, v[0], most)
		}
	}
	return t
}

// conv2Ds gives the trials of one direction.
func conv2Ds(d direction) func(*suite) {
	return func(s *suite) {
		try := func(c convolution) {
			if d == forward || !c.bias {
				s.try(c.trial(s, d))
			}
		}
		plain := func(name string, w slide, o int) convolution {
			return convolution{name: name, slide: w, o: o, x: contiguous, w: contiguous, y: contiguous}
		}
		engine := func(name string, w slide, o int) convolution {
			return convolution{name: name, slide: w, o: o, x: maps, w: filters, y: maps}
		}
		// both tries it row by row and by position, with and without bias by turns.
		turn := 0
		together := func(w slide, o int) {
			c := engine("by position", w, o)
			c.mixed = true
			try(c)
			c.name, c.mixed, c.g.Direct = "direct, by position", false, true
			try(c)
			if c.name, c.fromX = "direct, with some NaN", s.seldom(nan, 1000); d != inputGrad { // they reach no more places than they must
				try(c)
			}
		}
		both := func(w slide, o int) {
			for i, c := range []convolution{plain("contiguous", w, o), engine("by position", w, o)} {
				c.bias = d == forward && (turn+i)%2 == 0
				try(c)
			}
			turn++
		}

		s.group("windows", func() {
			for _, size := range mapSizes {
				for _, g := range append(windows, square(3, 2, 1, 2), square(3, 3, 2, 1)) {
					both(slide{2, 3, size[0], size[1], g}, 4)
				}
			}
			both(slide{2, 3, 6, 7, square(3, 1, 4, 1)}, 4) // places that see nothing of the map
		})
		s.group("channels", func() {
			for i, c := range channelCounts {
				for k, o := range channelCounts {
					try(engine("by position", slide{2, c, 2, 1, square(3, 1, 1, 1)}, o))
					if (i+k)%3 == 0 {
						both(slide{1, c, 2, 2, square(3, 1, 1, 1)}, o)
					} else {
						both(slide{1, c, 3, 2, square(1, 1, 0, 1)}, o)
					}
				}
			}
			for _, c := range [][2]int{{1, 64}, {3, 16}, {16, 17}, {33, 10}, {64, 9}} {
				both(slide{2, c[0], 5, 4, square(3, 2, 1, 1)}, c[1])
			}
		})
		s.group("batches", func() {
			for _, n := range []int{0, 1, 2, 3, 7, 33, 70} {
				for _, g := range []device.Window{square(3, 1, 1, 1), square(1, 2, 0, 1), square(3, 2, 1, 1)} {
					both(slide{n, 5, 3, 3, g}, 6)
					both(slide{n, 17, 1, 1, g}, 16)
				}
			}
			both(slide{2, 0, 3, 3, square(3, 1, 1, 1)}, 4) // no channels
			both(slide{2, 3, 3, 3, square(3, 1, 1, 1)}, 0)
		})
		s.group("many channels and images", func() { // where other algorithms than the sum itself may pay
			together(slide{8, 32, 4, 9, square(3, 1, 1, 1)}, 80)
			together(slide{17, 48, 4, 4, square(3, 1, 1, 1)}, 32)
			together(slide{8, 32, 7, 7, square(3, 1, 1, 1)}, 32)
			together(slide{8, 32, 5, 9, square(3, 1, 0, 1)}, 32)
			together(slide{8, 32, 6, 6, square(3, 1, 2, 1)}, 32)
			together(slide{8, 32, 3, 5, square(3, 1, 1, 1)}, 32) // too small to pay
		})
		s.group("groups", func() {
			for _, c := range [][3]int{{2, 2, 2}, {4, 6, 2}, {6, 6, 3}, {3, 3, 3}, {16, 16, 16}, {17, 34, 17}, {32, 32, 4}, {64, 64, 64}, {33, 33, 3}} {
				for _, g := range []device.Window{square(3, 1, 1, 1), square(3, 2, 1, 1), square(1, 1, 0, 1), oblong} {
					g.Groups = c[2]
					both(slide{2, c[0], 5, 4, g}, c[1])
				}
			}
		})
		s.group("layouts", func() {
			for _, w := range []slide{{2, 3, 4, 5, square(3, 2, 1, 1)}, {3, 17, 2, 2, square(3, 1, 1, 1)}, {1, 4, 3, 3, square(1, 1, 0, 1)}} {
				for _, l := range mapTargets {
					for _, f := range append(targets, filters, maps) {
						try(convolution{name: l.name + " by " + f.name, slide: w, o: 5, x: l, y: l, w: f, bias: true})
						try(convolution{name: l.name + " by " + f.name, slide: w, o: 5, x: l, y: l, w: f})
					}
					try(convolution{name: "x " + l.name, slide: w, o: 5, x: l, y: maps, w: filters})
					try(convolution{name: "y " + l.name, slide: w, o: 5, x: maps, y: l, w: filters})
				}
				for _, l := range mapSources { // what is not written may be repeated
					c := convolution{slide: w, o: 5, x: maps, y: maps, w: filters}
					if d != inputGrad {
						c.x, c.name = l, "x "+l.name
						try(c)
						c.x, c.w = l, contiguous
						try(c)
						c.x, c.w = maps, filters
					}
					if d != forward {
						c.y, c.name = l, "dy "+l.name
						try(c)
						c.y = maps
					}
					if d != filterGrad {
						c.w, c.name = l, "w "+l.name
						try(c)
					}
				}
				grouped := w
				grouped.c, grouped.g.Groups = 4, 2
				for _, l := range mapTargets {
					try(convolution{name: l.name, slide: grouped, o: 6, x: l, y: l, w: filters})
				}
			}
		})
		s.group("a residual network", func() {
			stem := slide{2, 3, 14, 14, square(7, 2, 3, 1)}
			for _, x := range []layout{maps, greyMaps, grey} {
				if d != inputGrad {
					try(convolution{name: "stem, x " + x.name, slide: stem, o: 16, x: x, y: maps, w: filters})
				}
			}
			try(engine("a block", slide{5, 64, 2, 2, square(3, 1, 1, 1)}, 64))
			try(engine("a block on single positions", slide{17, 64, 1, 1, square(3, 1, 1, 1)}, 64))
			try(engine("half the size", slide{5, 32, 4, 4, square(3, 2, 1, 1)}, 64))
			try(engine("half the size of the shortcut", slide{16, 32, 4, 4, square(1, 2, 0, 1)}, 64))
		})
		s.group("any size of result", func() {
			for _, size := range [][]int{{1, 1}, {2, 5}, {7, 1}, {9, 8}} {
				for _, g := range []device.Window{square(3, 1, 1, 1), square(3, 2, 1, 1), square(2, 1, 0, 2)} {
					for _, c := range []convolution{plain("", slide{2, 3, 4, 5, g}, 4), engine("", slide{2, 3, 4, 5, g}, 4)} {
						c.y2, c.name = size, fmt.Sprint("to ", size)
						try(c)
						c.bias = true
						try(c)
					}
				}
			}
		})
		s.group("edges", func() {
			// No zero may hide a NaN or an infinity that it is multiplied with.
			for _, odd := range []float64{nan, inf, -inf} {
				for _, c := range []convolution{
					plain(fmt.Sprint(odd), slide{2, 3, 4, 5, square(3, 1, 1, 1)}, 4),
					engine(fmt.Sprint(odd), slide{2, 3, 4, 5, square(3, 1, 1, 1)}, 4),
					engine(fmt.Sprint(odd), slide{3, 17, 2, 2, square(3, 2, 1, 1)}, 33),
				} {
					c.fromX = s.oneOf(odd, 0, 0, 1, -1, 1, -1, 0, 1, -1)
					try(c)
					c.fromX, c.fromW = nil, s.oneOf(odd, 0, 0, 1, -1, 1, -1, 0, 1, -1)
					try(c)
				}
			}
			s.group("a tap outside the map counts for nothing", func() {
				for _, w := range []slide{{2, 3, 1, 1, square(3, 1, 1, 1)}, {2, 17, 1, 1, square(3, 2, 1, 1)}, {3, 16, 2, 2, square(5, 1, 1, 2)}, {2, 4, 2, 1, square(7, 1, 3, 1)}} {
					for _, c := range []convolution{plain("", w, 5), engine("", w, 5)} {
						t := c.trial(s, d)
						if d != filterGrad {
							spoilUnseen(c, &t.args[2])
						}
						t.name += "a tap outside the map counts for nothing"
						s.try(t)
					}
				}
			})
		})
	}
}

// spoilUnseen makes NaN of the taps that no place of the window has inside the map.
func spoilUnseen(c convolution, w *operand) {
	size := c.results(c.o)
	seen := [2]map[int]bool{{}, {}}
	for axis, length := range []int{c.h, c.v} {
		for i := range size[2+axis] {
			for _, t := range inside(c.g, axis, i, length) {
				seen[axis][t] = true
			}
		}
	}
	for index, p := range elements(w.view) {
		if !seen[0][index[2]] || !seen[1][index[3]] {
			w.values[p] = nan
		}
	}
}

// largeConvs are convolutions large enough to be cut into pieces.
func largeConvs(s *suite) {
	strided, grouped := square(3, 2, 1, 1), square(3, 1, 1, 1)
	grouped.Groups = 3
	for d := forward; d <= filterGrad; d++ {
		for _, c := range []convolution{
			{slide: slide{13, 19, 9, 7, square(3, 1, 1, 1)}, o: 23},
			{slide: slide{7, 19, 9, 11, strided}, o: 43},
			{slide: slide{7, 33, 5, 5, grouped}, o: 27},
			{slide: slide{29, 19, 5, 5, square(1, 1, 0, 1)}, o: 31},
		} {
			c.name, c.x, c.w, c.y, c.bias = "by position", maps, filters, maps, d == forward
			s.try(c.trial(s, d))
		}
		c := convolution{name: "contiguous", slide: slide{7, 9, 9, 11, strided}, o: 13, x: contiguous, w: contiguous, y: contiguous}
		s.try(c.trial(s, d))
	}
}
