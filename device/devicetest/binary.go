package devicetest

import (
	"math"

	"inkling/device"
)

// binaryLayouts are those of dst, x and y.
var binaryLayouts = [][3]layout{
	{contiguous, contiguous, contiguous},
	{contiguous, offset, contiguous},
	{contiguous, contiguous, offset},
	{offset, offset, offset},
	{transposed, transposed, transposed},
	{contiguous, transposed, contiguous},
	{contiguous, contiguous, transposed},
	{transposed, contiguous, contiguous},
	{swapped, contiguous, swapped},
	{sliced, contiguous, sliced},
	{contiguous, sliced, stepped},
	{stepped, stepped, contiguous},
	{contiguous, contiguous, repeatedFirst},
	{contiguous, repeatedFirst, contiguous},
	{contiguous, contiguous, repeatedLast},
	{contiguous, repeatedLast, contiguous},
	{contiguous, contiguous, repeatedAll},
	{contiguous, repeatedAll, contiguous},
	{contiguous, repeatedLast, repeatedFirst},
	{contiguous, repeatedAll, repeatedAll},
	{sliced, transposed, repeatedFirst},
	{transposed, repeatedLast, sliced},
}

func binaries(s *suite) {
	for op := range device.Binary(device.Binaries) {
		s.group(op.String(), func() {
			binaryTrials(s, op)
		})
	}
}

func binaryTrials(s *suite, op device.Binary) {
	fromX, fromY := operandsOf(s, op)
	call := func(name string, args []operand, dst, x, y int) {
		t := trial{
			name:  op.String() + ", " + name,
			args:  args,
			exact: exactBinary(op),
			do:    func(b device.Backend, v []device.View) { b.Binary(op, v[dst], v[x], v[y]) },
		}
		if op == device.TanhGrad { // dy + y²dy: 1-y² is a difference
			t.terms = func(b device.Backend, v []device.View) {
				terms := scratch(b, v[dst])
				b.Unary(device.Square, terms, v[x])
				b.Affine(terms, terms, 1, 1)
				b.Binary(device.Mul, v[dst], terms, v[y])
			}
		}
		s.try(t)
	}
	x := func(l layout, shape ...int) operand { return floats(l, fromX, shape...) }
	y := func(l layout, shape ...int) operand { return floats(l, fromY, shape...) }

	s.group("lengths", func() {
		for n := 1; n <= 70; n++ {
			call("contiguous", []operand{x(contiguous, n), x(contiguous, n), y(contiguous, n)}, 0, 1, 2)
			call("unaligned", []operand{x(at(n%5), n), x(at(n%8), n), y(at(n%7), n)}, 0, 1, 2)
			call("with one number", []operand{x(contiguous, n), x(contiguous, n), y(repeatedAll, n)}, 0, 1, 2)
			call("of one number", []operand{x(contiguous, n), x(repeatedAll, n), y(contiguous, n)}, 0, 1, 2)
		}
	})
	s.group("layouts", func() {
		for _, shape := range shapes {
			for _, l := range binaryLayouts {
				call(l[1].name+" and "+l[2].name+" to "+l[0].name,
					[]operand{x(l[0], shape...), x(l[1], shape...), y(l[2], shape...)}, 0, 1, 2)
			}
			call("padded strides", []operand{x(contiguous, shape...), oddStrides(x(contiguous, shape...)), y(contiguous, shape...)}, 0, 1, 2)
		}
	})
	s.group("in place", func() {
		for _, shape := range shapes {
			for _, l := range targets {
				call("dst is x, "+l.name, []operand{x(l, shape...), y(contiguous, shape...)}, 0, 0, 1)
				call("dst is y, "+l.name, []operand{y(l, shape...), x(contiguous, shape...)}, 0, 1, 0)
				call("dst is x and y, "+l.name, []operand{x(l, shape...)}, 0, 0, 0)
				call("x is y, "+l.name, []operand{x(l, shape...), x(l, shape...)}, 0, 1, 1)
			}
		}
	})
	s.group("edges", func() {
		ex := edgesOf(op)
		var xs, ys []float64 // every pair
		for _, a := range ex {
			for _, b := range edges {
				xs, ys = append(xs, a), append(ys, b)
			}
		}
		n := len(xs)
		call("every pair", []operand{x(contiguous, n),
			floats(contiguous, cycle(xs, 0), n), floats(contiguous, cycle(ys, 0), n)}, 0, 1, 2)
		call("every pair, one by one", []operand{x(stepped, n),
			floats(contiguous, cycle(xs, 0), n), floats(contiguous, cycle(ys, 0), n)}, 0, 1, 2)
		for turn := range 16 {
			call("edges", []operand{x(at(turn), 23),
				floats(contiguous, cycle(ex, turn), 23), floats(contiguous, cycle(edges, 3*turn), 23)}, 0, 1, 2)
		}
		for _, one := range edges {
			call("edges with one number", []operand{x(contiguous, 67),
				floats(contiguous, cycle(ex, 0), 67), floats(repeatedAll, cycle([]float64{one}, 0), 67)}, 0, 1, 2)
		}
		for _, one := range ex {
			call("edges of one number", []operand{x(contiguous, 67),
				floats(repeatedAll, cycle([]float64{one}, 0), 67), floats(contiguous, cycle(edges, 0), 67)}, 0, 1, 2)
		}
	})
}

// exactBinary reports whether op only chooses or compares numbers.
func exactBinary(op device.Binary) bool {
	switch op {
	case device.Max, device.Min, device.Equal, device.Greater, device.ReLUGrad:
		return true
	}
	return false
}

// operandsOf gives ordinary operands of op.
func operandsOf(s *suite, op device.Binary) (x, y source) {
	switch op {
	case device.Equal, device.Greater, device.Max, device.Min:
		few := s.oneOf(-1, 0, 1, 2)
		return few, few // often the same
	case device.SigmoidGrad:
		return s.between(0, 1), s.normal(1)
	case device.TanhGrad:
		return s.between(-1, 1), s.normal(1)
	case device.ReLUGrad:
		return func() float64 { return max(0, s.normal(1)()) }, s.normal(1)
	}
	return s.normal(2), s.normal(2)
}

// edgesOf are the edge values of op's first operand.
func edgesOf(op device.Binary) []float64 {
	switch op {
	case device.SigmoidGrad:
		return []float64{0, 0x1p-149, 1e-30, 0.5, 1 - 0x1p-24, 1, nan}
	case device.TanhGrad:
		return []float64{-1, -1 + 0x1p-24, -0.5, -0x1p-149, 0, 1e-30, 0.5, 1 - 0x1p-24, 1, nan}
	case device.ReLUGrad:
		return []float64{0, math.Copysign(0, -1), 0x1p-149, 0x1p-126, 1, 1e30, inf, nan}
	}
	return edges
}
