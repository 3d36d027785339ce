package devicetest

import (
	"fmt"
	"math"

	"inkling/device"
)

// square is a window of the same size, stride, padding and dilation on both axes.
func square(size, stride, pad, dilation int) device.Window {
	both := func(n int) [2]int { return [2]int{n, n} }
	return device.Window{Size: both(size), Stride: both(stride), Pad: both(pad), Dilation: both(dilation), Groups: 1}
}

// oblong differs on its axes in everything.
var oblong = device.Window{Size: [2]int{2, 3}, Stride: [2]int{1, 2}, Pad: [2]int{0, 1}, Dilation: [2]int{2, 1}, Groups: 1}

// places is how many places a window has on an axis of a map.
func places(g device.Window, axis, size int) int {
	room := size + 2*g.Pad[axis] - g.Dilation[axis]*(g.Size[axis]-1) - 1
	if room < 0 {
		return 0
	}
	return room/g.Stride[axis] + 1
}

// inside is the taps of a place on an axis that lie in the map.
func inside(g device.Window, axis, place, size int) []int {
	var taps []int
	for t := range g.Size[axis] {
		if at := g.At(axis, place, t); 0 <= at && at < size {
			taps = append(taps, t)
		}
	}
	return taps
}

// slide is maps (n, c, h, v) and a window on them.
type slide struct {
	n, c, h, v int
	g          device.Window
}

func (w slide) maps() []int { return []int{w.n, w.c, w.h, w.v} }

// results is the shape that the window makes of the maps, with so many channels.
func (w slide) results(channels int) []int {
	return []int{w.n, channels, places(w.g, 0, w.h), places(w.g, 1, w.v)}
}

// covered reports whether the window has places, and each has a tap inside the map.
func (w slide) covered() bool {
	for axis, size := range []int{w.h, w.v} {
		n := places(w.g, axis, size)
		for i := range n {
			if len(inside(w.g, axis, i, size)) == 0 {
				return false
			}
		}
		if n == 0 {
			return false
		}
	}
	return true
}

func (w slide) String() string {
	return fmt.Sprintf("%dx%d stride %v pad %v dilation %v on %s", w.g.Size[0], w.g.Size[1], w.g.Stride, w.g.Pad, w.g.Dilation, tuple(w.maps()))
}

// mapSizes are of maps, from a single position on.
var mapSizes = [][2]int{{1, 1}, {2, 2}, {1, 4}, {3, 2}, {5, 4}, {6, 6}, {7, 9}}

var windows = []device.Window{
	square(1, 1, 0, 1), square(1, 2, 0, 1), square(2, 2, 0, 1), square(2, 1, 1, 1), square(3, 1, 1, 1),
	square(3, 2, 1, 1), square(3, 2, 0, 1), square(2, 1, 0, 2), square(3, 1, 2, 2), square(5, 1, 2, 1),
	square(7, 2, 3, 1), oblong,
}

// channelCounts are around the lengths of vectors.
var channelCounts = []int{1, 2, 3, 10, 16, 17, 33, 64}

// poolings calls for windows, sizes and layouts: that of the operand at the
// maps, and those of the two at the window's places.
func poolings(s *suite, call func(name string, w slide, at, place, other layout)) {
	s.group("windows", func() {
		for _, size := range mapSizes {
			for _, g := range windows {
				if w := (slide{2, 3, size[0], size[1], g}); w.covered() {
					call("contiguous", w, contiguous, contiguous, contiguous)
					call("by position", w, maps, maps, maps)
				}
			}
			all := square(1, 1, 0, 1)
			all.Size = size
			call("the whole map", slide{2, 3, size[0], size[1], all}, maps, maps, maps)
		}
	})
	s.group("channels", func() {
		for _, c := range channelCounts {
			for _, n := range []int{0, 1, 2, 7} {
				call("contiguous", slide{n, c, 5, 4, square(3, 2, 1, 1)}, contiguous, contiguous, contiguous)
				call("by position", slide{n, c, 5, 4, square(3, 2, 1, 1)}, maps, maps, maps)
			}
		}
		call("no channel", slide{2, 0, 5, 4, square(3, 2, 1, 1)}, maps, maps, maps)
	})
	s.group("layouts", func() {
		for _, w := range []slide{{2, 3, 5, 4, square(3, 2, 1, 1)}, {3, 17, 2, 2, square(2, 1, 0, 1)}, {1, 4, 4, 5, oblong}} {
			for _, at := range mapTargets {
				for _, place := range mapTargets {
					call(at.name+" and "+place.name, w, at, place, place)
				}
				call(at.name+" and others", w, at, maps, contiguous)
				call(at.name+" and others", w, at, contiguous, maps)
			}
		}
	})
}

func maxPools(s *suite) {
	numbers := s.normal(1)
	call := func(name string, w slide, x, dst, index layout) {
		s.try(trial{
			name:  fmt.Sprintf("max-pool %v, %s", w, name),
			args:  []operand{floats(dst, s.normal(1), w.results(w.c)...), ints(index, s.index(99), w.results(w.c)...), floats(x, numbers, w.maps()...)},
			outs:  2,
			exact: true,
			do:    func(b device.Backend, v []device.View) { b.MaxPool(v[0], v[1], v[2], w.g) },
		})
	}
	poolings(s, call)
	s.group("repeated", func() {
		for _, x := range mapSources {
			call(x.name, slide{3, 5, 5, 4, square(3, 2, 1, 1)}, x, maps, maps)
		}
	})
	for _, kind := range []struct {
		name   string
		values []float64
	}{
		{"ties", []float64{-1, 0, math.Copysign(0, -1), 2}},
		{"all the same", []float64{-7}},
		{"NaN", []float64{nan, inf, 1, -inf}},
		{"NaN alone", []float64{nan}},
		{"-Inf alone", []float64{-inf}},
		{"edges", edges},
	} {
		s.group(kind.name, func() {
			numbers = s.oneOf(kind.values...)
			for _, c := range channelCounts {
				for _, g := range []device.Window{square(2, 2, 0, 1), square(3, 2, 1, 1), square(3, 1, 1, 1)} {
					call(kind.name, slide{3, c, 5, 4, g}, contiguous, contiguous, contiguous)
					call(kind.name, slide{3, c, 5, 4, g}, maps, maps, maps)
				}
			}
		})
	}
}

func maxPoolGrads(s *suite) {
	poolings(s, func(name string, w slide, dst, dy, index layout) {
		t := trial{
			name: fmt.Sprintf("max-pool-grad %v, %s", w, name),
			// NaN in dst: it is overwritten
			args: []operand{floats(dst, s.oneOf(nan, 1), w.maps()...), floats(dy, s.normal(1), w.results(w.c)...), taken(s, w, index)},
			do:   func(b device.Backend, v []device.View) { b.MaxPoolGrad(v[0], v[1], v[2], w.g) },
		}
		t.terms = t.do
		s.try(t)
	})
}

// taken is an index as MaxPool could have made it: of each place any tap inside the map.
func taken(s *suite, w slide, l layout) operand {
	o := ints(l, s.oneOf(0), w.results(w.c)...)
	for index, p := range elements(o.view) {
		down, across := inside(w.g, 0, index[2], w.h), inside(w.g, 1, index[3], w.v)
		o.values[p] = float64(down[s.rng.IntN(len(down))]*w.g.Size[1] + across[s.rng.IntN(len(across))])
	}
	return o
}

func avgPools(s *suite) {
	poolings(s, func(name string, w slide, x, dst, _ layout) {
		t := trial{
			name: fmt.Sprintf("avg-pool %v, %s", w, name),
			args: []operand{floats(dst, s.oneOf(nan, 1), w.results(w.c)...), floats(x, s.normal(1), w.maps()...)},
			do:   func(b device.Backend, v []device.View) { b.AvgPool(v[0], v[1], w.g) },
		}
		t.terms = t.do
		s.try(t)
	})
}

func avgPoolGrads(s *suite) {
	poolings(s, func(name string, w slide, dst, dy, _ layout) {
		t := trial{
			name: fmt.Sprintf("avg-pool-grad %v, %s", w, name),
			args: []operand{floats(dst, s.oneOf(nan, 1), w.maps()...), floats(dy, s.normal(1), w.results(w.c)...)},
			do:   func(b device.Backend, v []device.View) { b.AvgPoolGrad(v[0], v[1], w.g) },
		}
		t.terms = t.do
		s.try(t)
	})
}
