package devicetest

import (
	"fmt"
	"math"

	"inkling/device"
)

// shapes are small enough to try with every layout: no axes, one, axes of
// size 0 and 1, the most axes there are, and a matrix longer than a vector.
var shapes = [][]int{{}, {1}, {5}, {3, 4}, {17, 33}, {2, 3, 4}, {4, 1, 3}, {2, 3, 2, 5}, {2, 1, 3, 2, 1, 2, 2, 3}, {0}, {3, 0, 2}}

func fills(s *suite) {
	for _, v := range []float64{0, 1, -2.5, 0.1, 1e-30, inf, nan} {
		s.group(fmt.Sprint(v), func() {
			for _, shape := range shapes {
				for _, l := range targets {
					s.try(trial{
						name: "fill of a view " + l.name,
						args: []operand{floats(l, s.normal(1), shape...)},
						do:   func(b device.Backend, x []device.View) { b.Fill(x[0], v) },
					})
				}
			}
			for n := 1; n <= 70; n++ {
				s.try(trial{
					name: "fill",
					args: []operand{floats(at(n%8), s.normal(1), n)},
					do:   func(b device.Backend, x []device.View) { b.Fill(x[0], v) },
				})
			}
		})
	}
}

func unaries(s *suite) {
	for op := range device.Unary(device.Unaries) {
		s.group(op.String(), func() {
			call := unaryCall{
				name:  op.String(),
				from:  domain(s, op),
				exact: exactUnary(op),
				do:    func(b device.Backend, dst, x device.View) { b.Unary(op, dst, x) },
			}
			call.trials(s)
			s.group("every magnitude", func() { call.numbers(s, magnitudes()) })
			s.group("fine steps", func() { call.numbers(s, steps(-110, 110, 4001)) })
			s.group("around zero", func() { call.numbers(s, steps(-1.1, 1.1, 2003)) })
			s.group("around one", func() { call.numbers(s, steps(0.99, 1.01, 2003)) })
		})
	}
	s.group("conversion", func() { conversions(s) })
}

// exactUnary reports whether op only moves or compares numbers.
func exactUnary(op device.Unary) bool {
	switch op {
	case device.Copy, device.Neg, device.Abs, device.ReLU, device.Sign:
		return true
	}
	return false
}

// domain gives ordinary operands of op.
func domain(s *suite, op device.Unary) source {
	switch op {
	case device.Sqrt, device.Log:
		return s.between(0.01, 50)
	case device.Exp, device.Sigmoid:
		return s.normal(10)
	}
	return s.normal(2)
}

func steps(low, high float64, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = low + (high-low)*float64(i)/float64(n-1)
	}
	return values
}

// unaryCall is an operation of one Float view on another of its shape.
type unaryCall struct {
	name  string
	from  source
	exact bool
	terms bool // judged by the magnitudes of its terms
	do    func(b device.Backend, dst, x device.View)
	// magnitude is do with constants made positive, where terms asks for it.
	magnitude func(b device.Backend, dst, x device.View)
}

func (c unaryCall) trial(name string, dst, x operand) trial {
	t := trial{
		name:  c.name + ", " + name,
		args:  []operand{dst, x},
		exact: c.exact,
		do:    func(b device.Backend, v []device.View) { c.do(b, v[0], v[1]) },
	}
	if c.terms {
		t.terms = func(b device.Backend, v []device.View) { c.magnitude(b, v[0], v[1]) }
	}
	return t
}

// inPlace is the call with one view for both.
func (c unaryCall) inPlace(x operand) trial {
	t := c.trial("in place", x, x)
	t.args = t.args[:1]
	t.do = func(b device.Backend, v []device.View) { c.do(b, v[0], v[0]) }
	if c.terms {
		t.terms = func(b device.Backend, v []device.View) { c.magnitude(b, v[0], v[0]) }
	}
	return t
}

func (c unaryCall) trials(s *suite) {
	s.group("lengths", func() {
		for n := 1; n <= 70; n++ {
			s.try(c.trial("contiguous", floats(contiguous, c.from, n), floats(contiguous, c.from, n)))
			s.try(c.trial("unaligned", floats(at(n%5), c.from, n), floats(at(n%8), c.from, n)))
			s.try(c.inPlace(floats(at(n%8), c.from, n)))
		}
	})
	s.group("layouts", func() {
		for _, shape := range shapes {
			for _, to := range targets {
				for _, from := range sources {
					s.try(c.trial(from.name+" to "+to.name, floats(to, c.from, shape...), floats(from, c.from, shape...)))
				}
				s.try(c.inPlace(floats(to, c.from, shape...)))
			}
			s.try(c.trial("padded strides", floats(contiguous, c.from, shape...), oddStrides(floats(contiguous, c.from, shape...))))
			s.try(c.trial("padded strides", oddStrides(floats(contiguous, c.from, shape...)), floats(contiguous, c.from, shape...)))
		}
	})
	s.group("edges", func() {
		for turn := range 16 {
			s.try(c.trial("edges", floats(at(turn), c.from, 23), floats(contiguous, cycle(edges, turn), 23)))
		}
		c.numbers(s, edges)
	})
}

// numbers tries each of the values, as a vector long enough and one by one.
func (c unaryCall) numbers(s *suite, values []float64) {
	s.try(c.trial("as a vector", floats(contiguous, c.from, len(values)), floats(contiguous, cycle(values, 0), len(values))))
	s.try(c.trial("one by one", floats(stepped, c.from, len(values)), floats(stepped, cycle(values, 0), len(values))))
}

// oddStrides gives axes of size 1 strides that mean nothing, since nothing
// ever multiplies them.
func oddStrides(o operand) operand {
	for axis, size := range o.view.Shape() {
		if size == 1 {
			o.view.Strides[axis] = 1000 * axis
		}
	}
	return o
}

// conversions copies between types, and within each.
func conversions(s *suite) {
	all := make([]float64, 256)
	for i := range all {
		all[i] = float64(i)
	}
	wide := func() float64 { return float64(int32(s.rng.Uint32())) }
	for _, c := range []struct {
		name     string
		dst, src func(l layout, from source, shape ...int) operand
		from     source
		exact    bool
	}{
		{"byte to float", floats, bytes, cycle(all, 0), true},
		{"byte to byte", bytes, bytes, cycle(all, 0), true},
		{"small int to float", floats, ints, func() float64 { return math.Round(s.normal(1e5)()) }, true},
		{"wide int to float", floats, ints, wide, false},
		{"int to int", ints, ints, wide, true},
	} {
		s.group(c.name, func() {
			copying := func(name string, dst, src operand) {
				s.try(trial{
					name:  "copy " + c.name + ", " + name,
					args:  []operand{dst, src},
					exact: c.exact,
					do:    func(b device.Backend, v []device.View) { b.Unary(device.Copy, v[0], v[1]) },
				})
			}
			for n := 1; n <= 70; n++ {
				copying("contiguous", c.dst(contiguous, cycle(all, 9), n), c.src(at(n%16), c.from, n))
			}
			copying("all 256 bytes", c.dst(contiguous, cycle(all, 9), 256), c.src(contiguous, cycle(all, 0), 256))
			for _, shape := range shapes {
				for _, to := range targets {
					for _, from := range sources {
						copying(from.name+" to "+to.name, c.dst(to, cycle(all, 9), shape...), c.src(from, c.from, shape...))
					}
				}
			}
		})
	}
}

func affines(s *suite) {
	for _, c := range []struct{ scale, shift float64 }{{1, 0}, {1, 3}, {-1, 1}, {1.0 / 255, -0.1307}, {2.5, 0}, {0, 7}, {1e-20, 1e20}} {
		s.group(fmt.Sprintf("%.4g x + %.4g", c.scale, c.shift), func() {
			unaryCall{
				name:  fmt.Sprintf("affine %.4g x + %.4g", c.scale, c.shift),
				from:  s.normal(2),
				terms: true,
				do:    func(b device.Backend, dst, x device.View) { b.Affine(dst, x, c.scale, c.shift) },
				magnitude: func(b device.Backend, dst, x device.View) {
					b.Affine(dst, x, math.Abs(c.scale), math.Abs(c.shift))
				},
			}.trials(s)
		})
	}
}

func addScaleds(s *suite) {
	for _, scale := range []float64{1, -0.5, 0.1, 1e10} {
		s.group(fmt.Sprint(scale), func() {
			unaryCall{
				name:      fmt.Sprintf("add-scaled by %v", scale),
				from:      s.normal(2),
				terms:     true,
				do:        func(b device.Backend, dst, x device.View) { b.AddScaled(dst, x, scale) },
				magnitude: func(b device.Backend, dst, x device.View) { b.AddScaled(dst, x, math.Abs(scale)) },
			}.trials(s)
		})
	}
}
