package devicetest

import (
	"fmt"
	"math"

	"inkling/device"
)

// adamStep is what the t-th step of a training multiplies with.
func adamStep(t, decay float64) device.AdamStep {
	const beta1, beta2 = 0.9, 0.999
	return device.AdamStep{Beta1: beta1, Beta2: beta2, Rate: 0.003, Eps: 1e-8, Decay: decay,
		Correction1: 1 - math.Pow(beta1, t), Correction2: 1 - math.Pow(beta2, t)}
}

func adamTrial(name string, a device.AdamStep, p, m, v, g operand) trial {
	return trial{
		name: fmt.Sprintf("adam, decay %v, %s", a.Decay, name),
		args: []operand{p, m, v, g},
		outs: 3,
		do:   func(b device.Backend, x []device.View) { b.Adam(x[0], x[1], x[2], x[3], a) },
		terms: func(b device.Backend, x []device.View) {
			up := a
			up.Rate = -a.Rate // what is taken away is added
			b.Adam(x[0], x[1], x[2], x[3], up)
		},
	}
}

func adams(s *suite) {
	try := func(name string, a device.AdamStep, p, m, v, g operand) { s.try(adamTrial(name, a, p, m, v, g)) }
	call := func(name string, a device.AdamStep, shape []int, p, m, v, g layout) {
		try(name, a, floats(p, s.normal(1), shape...), floats(m, s.normal(0.1), shape...),
			floats(v, s.between(0, 0.1), shape...), floats(g, s.normal(1), shape...))
	}
	settings := []device.AdamStep{adamStep(1, 0), adamStep(1, 0.01), adamStep(100, 0), adamStep(1000, 0.5)}
	settings = append(settings, device.AdamStep{Beta1: 0, Beta2: 0.5, Rate: 1, Eps: 0.1, Decay: 0.1, Correction1: 1, Correction2: 0.5})

	s.group("lengths", func() {
		for n := range 71 {
			for _, a := range settings {
				call("contiguous", a, []int{n}, contiguous, contiguous, contiguous, contiguous)
				call("unaligned", a, []int{n}, at(n%5), at(n%3), at(n%7), at(n%8))
			}
		}
	})
	s.group("layouts", func() {
		for _, a := range settings[:2] {
			for _, shape := range append(shapes, []int{10, 3, 3, 3}, []int{16, 17, 1, 1}, []int{4, 33, 2, 3}) {
				for _, l := range append(targets, filters, maps) {
					call(l.name, a, shape, l, l, l, l)
					call(l.name+", averages contiguous", a, shape, l, contiguous, contiguous, l)
					call(l.name+", gradient contiguous", a, shape, l, l, l, contiguous)
					call(l.name+" alone", a, shape, contiguous, contiguous, l, contiguous)
				}
				for _, l := range sources {
					call("gradient "+l.name, a, shape, contiguous, contiguous, contiguous, l)
				}
			}
		}
	})
	s.group("nothing to learn", func() { // where a tap never meets a map
		for _, a := range settings {
			for _, n := range []int{1, 15, 16, 17, 64, 100, 1000} {
				zero := s.oneOf(0)
				still := func(l layout) operand { return floats(l, zero, n) }
				try("all zero", a, floats(contiguous, s.normal(1), n), still(contiguous), still(contiguous), still(contiguous))
				try("all zero but the averages", a, floats(contiguous, s.normal(1), n), floats(contiguous, s.normal(0.1), n), floats(contiguous, s.between(0, 0.1), n), still(contiguous))
				try("all zero but m", a, floats(contiguous, s.normal(1), n), floats(contiguous, s.normal(0.1), n), still(contiguous), still(contiguous))
				try("all zero but v", a, floats(contiguous, s.normal(1), n), still(contiguous), floats(contiguous, s.between(0, 0.1), n), still(contiguous))
				try("all zero but g", a, floats(contiguous, s.normal(1), n), still(contiguous), still(contiguous), floats(contiguous, s.normal(1), n))
				p, m, v, g := floats(contiguous, s.normal(1), n), still(contiguous), still(contiguous), still(contiguous)
				m.values[n/2], v.values[n-1], g.values[n/3] = 1, 1, 1
				try("all zero but a few", a, p, m, v, g)
			}
		}
	})
	s.group("edges", func() {
		for _, a := range settings[:2] {
			for _, odd := range []source{s.oneOf(nan, 1), s.oneOf(1e-30, -1e-25, 1e-15), s.oneOf(1e15, -1e10)} {
				call := func(p, m, g source) {
					try("edges", a, floats(contiguous, p, 67), floats(contiguous, m, 67), floats(contiguous, s.between(0, 1), 67), floats(contiguous, g, 67))
				}
				call(odd, s.normal(1), s.normal(1))
				call(s.normal(1), odd, s.normal(1))
				call(s.normal(1), s.normal(1), odd)
				call(odd, s.oneOf(0), s.oneOf(0))
			}
		}
	})
}
