package devicetest

import (
	"fmt"

	"inkling/device"
)

func oneHots(s *suite) {
	call := func(name string, dst, labels operand) {
		s.try(trial{
			name:  "one-hot, " + name,
			args:  []operand{dst, labels},
			exact: true,
			do:    func(b device.Backend, v []device.View) { b.OneHot(v[0], v[1]) },
		})
	}
	s.group("classes", func() {
		for c := 1; c <= 40; c++ {
			for _, n := range []int{0, 1, 17} {
				call("a list of labels", floats(contiguous, s.normal(1), n, c), ints(contiguous, s.index(c), n))
			}
		}
	})
	s.group("layouts", func() {
		for _, shape := range [][]int{{10}, {6, 10}, {2, 3, 10}, {2, 1, 3, 1, 2, 1, 2, 4}, {2, 0, 4}} {
			c := shape[len(shape)-1]
			for _, to := range targets {
				for _, l := range sources {
					call(l.name+" to "+to.name, floats(to, s.normal(1), shape...), ints(l, s.index(c), shape[:len(shape)-1]...))
				}
			}
		}
	})
}

// rowShapes are the shapes of the rows that are gathered and scattered.
var rowShapes = [][]int{{}, {1}, {7}, {784}, {3, 5}, {2, 3, 4}, {2, 1, 3, 1, 2, 1, 2}, {0}}

func gathers(s *suite) {
	pixels := s.index(256)
	for _, c := range []struct {
		name     string
		dst, src func(l layout, from source, shape ...int) operand
		from     source
		scale    float64
	}{
		{"float", floats, floats, s.normal(1), 1},
		{"float, scaled", floats, floats, s.normal(1), -0.37},
		{"byte to float, 0 to 1", floats, bytes, pixels, 1.0 / 255},
		{"byte to float", floats, bytes, pixels, 1},
		{"byte", bytes, bytes, pixels, 1},
		{"int", ints, ints, s.index(1 << 30), 1},
	} {
		call := func(name string, dst, src, index operand) {
			s.try(trial{
				name:  fmt.Sprintf("gather %s, %s", c.name, name),
				args:  []operand{dst, src, index},
				exact: c.scale == 1,
				do:    func(b device.Backend, v []device.View) { b.Gather(v[0], v[1], v[2], c.scale) },
			})
		}
		s.group(c.name, func() {
			for _, row := range rowShapes {
				for _, n := range []int{0, 1, 2, 9, 40} { // of 6 rows, so that some come twice
					dst, src := append([]int{n}, row...), append([]int{6}, row...)
					call("rows", c.dst(contiguous, pixels, dst...), c.src(contiguous, c.from, src...), ints(contiguous, s.index(6), n))
				}
				call("the same row each time", c.dst(contiguous, pixels, append([]int{9}, row...)...),
					c.src(contiguous, c.from, append([]int{6}, row...)...), ints(contiguous, s.oneOf(5), 9))
				for _, to := range targets {
					for _, l := range sources {
						dst, src := append([]int{5}, row...), append([]int{6}, row...)
						call(l.name+" to "+to.name, c.dst(to, pixels, dst...), c.src(l, c.from, src...), ints(l, s.index(6), 5))
					}
				}
			}
			for n := 1; n <= 70; n++ {
				call("rows of each length", c.dst(contiguous, pixels, 3, n), c.src(at(n%16), c.from, 4, n), ints(contiguous, s.index(4), 3))
			}
		})
	}
}

func scatterAdds(s *suite) {
	call := func(name string, dst, src, index operand) {
		t := trial{
			name: "scatter-add, " + name,
			args: []operand{dst, src, index},
			do:   func(b device.Backend, v []device.View) { b.ScatterAdd(v[0], v[1], v[2]) },
		}
		t.terms = t.do
		s.try(t)
	}
	float := func(l layout, rows int, row ...int) operand {
		return floats(l, s.normal(1), append([]int{rows}, row...)...)
	}
	s.group("rows", func() {
		for _, row := range rowShapes {
			for _, n := range []int{0, 1, 2, 9, 40} {
				call("random rows", float(contiguous, 6, row...), float(contiguous, n, row...), ints(contiguous, s.index(6), n))
			}
			call("the same row each time", float(contiguous, 6, row...), float(contiguous, 30, row...), ints(contiguous, s.oneOf(5), 30))
		}
		for n := 1; n <= 70; n++ {
			call("rows of each length", float(contiguous, 4, n), float(at(n%8), 5, n), ints(contiguous, s.index(4), 5))
		}
	})
	s.group("layouts", func() {
		for _, row := range rowShapes {
			for _, to := range targets {
				for _, l := range sources {
					call(l.name+" to "+to.name, float(to, 6, row...), float(l, 9, row...), ints(l, s.index(6), 9))
				}
			}
		}
	})
}
