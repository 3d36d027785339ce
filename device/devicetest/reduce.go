package devicetest

import (
	"fmt"
	"math"
	"slices"

	"inkling/device"
)

func reductions(s *suite) {
	for op := range device.Reduction(device.Reductions) {
		s.group(op.String(), func() { reduceTrials(s, op) })
	}
}

func reduceTrials(s *suite, op device.Reduction) {
	extreme := op == device.Maximum || op == device.Minimum
	call := func(name string, to layout, x operand, axes ...int) {
		shape := slices.Clone(x.view.Shape())
		for _, axis := range axes {
			shape[axis] = 1
		}
		t := trial{
			name:  fmt.Sprintf("%v over axes %v, %s", op, axes, name),
			args:  []operand{floats(to, s.normal(1), shape...), x},
			exact: extreme,
			do:    func(b device.Backend, v []device.View) { b.Reduce(op, v[0], v[1]) },
		}
		if !extreme {
			t.terms = t.do
		}
		s.try(t)
	}

	s.group("subsets of axes", func() {
		for rank := range 5 {
			shape := []int{2, 5, 3, 19}[4-rank:]
			for _, axes := range subsets(rank) {
				for _, from := range sources {
					call(from.name+" to contiguous", contiguous, floats(from, s.normal(1), shape...), axes...)
				}
				for _, to := range targets {
					call("contiguous to "+to.name, to, floats(contiguous, s.normal(1), shape...), axes...)
				}
			}
		}
	})
	s.group("rank 8", func() {
		for _, axes := range [][]int{{0}, {7}, {0, 2, 4, 6}, {1, 3, 5, 7}, {5, 6, 7}, {0, 1, 2, 3, 4, 5, 6, 7}} {
			for _, from := range []layout{contiguous, transposed, sliced, repeatedFirst} {
				call(from.name, contiguous, floats(from, s.normal(1), 2, 1, 3, 2, 2, 1, 2, 3), axes...)
			}
		}
	})
	s.group("lengths", func() {
		for n := 1; n <= 70; n++ {
			call("a vector", contiguous, floats(at(n%8), s.normal(1), n), 0)
			call("rows", contiguous, floats(contiguous, s.normal(1), 3, n), 1)
			call("columns", contiguous, floats(contiguous, s.normal(1), n, 3), 0)
			call("into a row", contiguous, floats(contiguous, s.normal(1), 3, n), 0)
			call("every second number", contiguous, floats(stepped, s.normal(1), n), 0)
		}
	})
	s.group("axes of size 0", func() {
		call("nothing left", contiguous, floats(contiguous, s.normal(1), 4, 0), 0)
		call("nothing left", contiguous, floats(contiguous, s.normal(1), 0, 4), 1)
		call("nothing left", contiguous, floats(contiguous, s.normal(1), 0, 4))
		if op == device.Sum {
			call("of nothing", contiguous, floats(contiguous, s.normal(1), 0), 0)
			call("of nothing", contiguous, floats(contiguous, s.normal(1), 0, 4), 0)
			call("of nothing", contiguous, floats(contiguous, s.normal(1), 3, 0, 4), 0, 1)
		}
	})
	s.group("edges", func() {
		for _, odd := range []float64{nan, inf, -inf, 0, 0x1p100, -0x1p100} {
			for n := 1; n <= 40; n++ {
				for _, where := range []int{0, n / 2, n - 1} {
					x := floats(contiguous, s.normal(1), n)
					x.values[where] = odd
					call(fmt.Sprintf("%v at %d", odd, where), contiguous, x, 0)
				}
				rows := floats(contiguous, s.normal(1), 3, n)
				rows.values[2*n-1], rows.values[2*n] = odd, odd
				call(fmt.Sprintf("%v in columns", odd), contiguous, rows, 0)
				call(fmt.Sprintf("%v in rows", odd), contiguous, rows, 1)
			}
		}
		call("NaN and infinities", contiguous, floats(contiguous, s.oneOf(nan, inf, -inf, 1), 100, 3), 1)
		call("one number repeated", contiguous, floats(repeatedAll, s.normal(1), 100), 0)
		call("only negative numbers", contiguous, floats(contiguous, s.between(-9, -5), 37), 0)
		call("only positive numbers", contiguous, floats(contiguous, s.between(5, 9), 37), 0)
	})
	s.group("image channels", func() {
		for _, to := range targets {
			call("channels first", to, floats(contiguous, s.normal(1), 3, 8, 9, 5), 0, 2, 3)
			call("channels last in memory", to, channelsLast(floats(contiguous, s.normal(1), 3, 9, 5, 8)), 0, 2, 3)
		}
		call("positive numbers, whose sum grows", contiguous, floats(contiguous, s.between(0, 1), 100_003), 0)
	})
}

// channelsLast shows memory of (n, h, w, c) as (n, c, h, w).
func channelsLast(o operand) operand {
	d, st := o.view.Dims, o.view.Strides
	for axis, from := range []int{0, 3, 1, 2} {
		o.view.Dims[axis], o.view.Strides[axis] = d[from], st[from]
	}
	return o
}

// subsets are all sets of axes below rank, the empty one among them.
func subsets(rank int) [][]int {
	all := make([][]int, 1<<rank)
	for set := range all {
		for axis := range rank {
			if set>>axis&1 == 1 {
				all[set] = append(all[set], axis)
			}
		}
	}
	return all
}

func argMaxes(s *suite) {
	call := func(name string, to layout, x operand) {
		shape := x.view.Shape()
		s.try(trial{
			name:  "argmax, " + name,
			args:  []operand{ints(to, s.index(1000), shape[:len(shape)-1]...), x},
			exact: true,
			do:    func(b device.Backend, v []device.View) { b.ArgMax(v[0], v[1]) },
		})
	}
	s.group("lengths", func() {
		for n := 1; n <= 70; n++ {
			call("a vector", contiguous, floats(at(n%8), s.normal(1), n))
			call("rows", contiguous, floats(contiguous, s.normal(1), 5, n))
			call("rows of a transpose", contiguous, floats(transposed, s.normal(1), 5, n))
		}
	})
	s.group("layouts", func() {
		for _, shape := range [][]int{{10}, {4, 10}, {3, 4, 10}, {2, 1, 3, 2, 1, 2, 2, 3}, {0, 10}, {1000, 10}} {
			for _, from := range sources {
				for _, to := range targets {
					call(from.name+" to "+to.name, to, floats(from, s.normal(1), shape...))
				}
			}
		}
	})
	s.group("ties", func() { // the first wins
		for n := 1; n <= 70; n++ {
			call("few different numbers", contiguous, floats(contiguous, s.oneOf(-1, 0, math.Copysign(0, -1), 2), 7, n))
			call("all the same", contiguous, floats(contiguous, s.oneOf(-3), 2, n))
			call("all -Inf", contiguous, floats(contiguous, s.oneOf(-inf), 2, n))
		}
	})
	s.group("NaN", func() { // the first NaN wins
		for n := 1; n <= 70; n++ {
			call("some NaN", contiguous, floats(contiguous, s.oneOf(-1, 5, inf, -inf, nan), 7, n))
			call("some NaN in a transpose", contiguous, floats(transposed, s.oneOf(-1, 5, inf, nan), 7, n))
			call("all NaN", contiguous, floats(contiguous, s.oneOf(nan), 2, n))
			one := floats(contiguous, s.normal(1), n)
			one.values[n*2/3] = nan
			call("one NaN", contiguous, one)
		}
	})
}
