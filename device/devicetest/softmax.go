package devicetest

import (
	"fmt"
	"math"

	"inkling/device"
)

// logits are kinds of rows: near each other, far apart, as far as numbers go.
func logits(s *suite) []namedSource {
	return []namedSource{
		{"ordinary", s.normal(2)},
		{"spread", s.normal(30)},
		{"large", s.normal(1e4)},
		{"±1e4", s.oneOf(1e4, -1e4, 0, 1e4-1)},
		{"equal", s.oneOf(3)},
		{"far from zero", func() float64 { return 1e4 + s.normal(1)() }},
		{"±greatest", s.oneOf(math.MaxFloat32, -math.MaxFloat32, 0)},
	}
}

type namedSource struct {
	name string
	from source
}

// probability is the scale of a probability: the error of its logarithm, which
// is a difference of logits, is relative to the logarithm.
func probability(p float64) float64 {
	if p == 0 {
		return 0
	}
	return p * (1 + math.Abs(math.Log(p)))
}

// logarithm is the scale of the logarithm of a probability.
func logarithm(v float64) float64 { return 1 + math.Abs(v) }

func softmaxes(s *suite) {
	bothLogs(s, func(log bool) {
		call := func(name string, args []operand, dst, x int) {
			s.try(trial{
				name: softmaxName(log) + ", " + name,
				args: args,
				do:   func(b device.Backend, v []device.View) { b.Softmax(v[dst], v[x], log) },
				scale: func(_ int, want float64) float64 {
					if log {
						return logarithm(want)
					}
					return probability(want)
				},
			})
		}
		for _, kind := range logits(s) {
			s.group(kind.name+" logits", func() {
				for _, c := range widths() {
					for _, rows := range []int{1, 3, 33} {
						call("rows", []operand{floats(contiguous, s.normal(1), rows, c), floats(contiguous, kind.from, rows, c)}, 0, 1)
					}
					call("in place", []operand{floats(contiguous, kind.from, 4, c)}, 0, 0)
				}
			})
		}
		s.group("NaN", func() {
			for c := 1; c <= 40; c++ {
				x := floats(contiguous, s.normal(1), 3, c)
				x.values[c+c/2] = nan
				call("a NaN in the second row of three", []operand{floats(contiguous, s.normal(1), 3, c), x}, 0, 1)
			}
		})
		s.group("layouts", func() {
			for _, shape := range [][]int{{10}, {7, 10}, {2, 3, 10}, {5, 1}, {2, 1, 3, 2, 1, 2, 2, 3}, {0, 10}} {
				for _, to := range targets {
					for _, from := range sources {
						call(from.name+" to "+to.name, []operand{floats(to, s.normal(1), shape...), floats(from, s.normal(3), shape...)}, 0, 1)
					}
					call("in place, "+to.name, []operand{floats(to, s.normal(3), shape...)}, 0, 0)
				}
			}
		})
	})
}

// widths are the numbers of classes tried.
func widths() []int {
	var all []int
	for c := 1; c <= 40; c++ {
		all = append(all, c)
	}
	return append(all, 1000)
}

func bothLogs(s *suite, body func(log bool)) {
	for _, log := range []bool{false, true} {
		s.group(softmaxName(log), func() { body(log) })
	}
}

func softmaxName(log bool) string {
	if log {
		return "log-softmax"
	}
	return "softmax"
}

func softmaxGrads(s *suite) {
	bothLogs(s, func(log bool) {
		call := func(name string, args []operand, dst, y, dy int) {
			s.try(trial{
				name:  softmaxName(log) + "-grad, " + name,
				args:  args,
				do:    func(b device.Backend, v []device.View) { b.SoftmaxGrad(v[dst], v[y], v[dy], log) },
				terms: func(b device.Backend, v []device.View) { softmaxGradTerms(b, v[dst], v[y], v[dy], log) },
			})
		}
		// y is whatever a softmax might have given; its rows need not add up to 1.
		y := func(l layout, shape ...int) operand {
			if log {
				return floats(l, s.between(-8, 0), shape...)
			}
			return floats(l, s.between(0, 1), shape...)
		}
		dy := func(l layout, shape ...int) operand { return floats(l, s.normal(1), shape...) }

		s.group("widths", func() {
			for _, c := range widths() {
				for _, rows := range []int{1, 3, 33} {
					call("rows", []operand{dy(contiguous, rows, c), y(contiguous, rows, c), dy(contiguous, rows, c)}, 0, 1, 2)
				}
				call("dst is dy", []operand{dy(contiguous, 4, c), y(contiguous, 4, c)}, 0, 1, 0)
				call("dst is y", []operand{y(contiguous, 4, c), dy(contiguous, 4, c)}, 0, 0, 1)
			}
		})
		s.group("certain rows", func() { // a softmax that has saturated
			certain := s.oneOf(0, 0, 0, 1)
			if log {
				certain = s.oneOf(-2e4, -1e4, -1e4, 0)
			}
			for _, c := range widths() {
				call("rows", []operand{dy(contiguous, 3, c), floats(contiguous, certain, 3, c), dy(contiguous, 3, c)}, 0, 1, 2)
			}
		})
		s.group("layouts", func() {
			for _, shape := range [][]int{{10}, {7, 10}, {2, 3, 10}, {5, 1}, {2, 1, 3, 2, 1, 2, 2, 3}, {0, 10}} {
				for _, l := range binaryLayouts {
					call(l[1].name+" and "+l[2].name+" to "+l[0].name, []operand{dy(l[0], shape...), y(l[1], shape...), dy(l[2], shape...)}, 0, 1, 2)
				}
			}
		})
	})
}

// softmax:     y * (|dy| + sum of y * |dy|)
// log-softmax: |dy| + exp(y) * sum of |dy|
//
// y comes as its absolute value; a logarithm of a probability was negative.
func softmaxGradTerms(b device.Backend, dst, y, dy device.View, log bool) {
	factor, terms := scratch(b, y), scratch(b, y)
	if log {
		b.Affine(factor, y, -1, 0)
		b.Unary(device.Exp, factor, factor)
		b.Unary(device.Copy, terms, dy)
	} else {
		b.Unary(device.Copy, factor, y)
		b.Binary(device.Mul, terms, factor, dy)
	}

	last := y.Rank - 1
	column := y
	column.Dims[last] = 1
	sum := scratch(b, column)
	b.Reduce(device.Sum, sum, terms)
	sum.Dims[last], sum.Strides[last] = y.Dims[last], 0

	if log {
		b.Binary(device.Mul, factor, factor, sum)
		b.Binary(device.Add, dst, factor, dy)
	} else {
		b.Binary(device.Add, terms, dy, sum)
		b.Binary(device.Mul, dst, factor, terms)
	}
}

func crossEntropies(s *suite) {
	call := func(name string, loss, probs, logits, labels operand) {
		s.try(trial{
			name: "cross-entropy, " + name,
			args: []operand{loss, probs, logits, labels},
			outs: 2,
			do:   func(b device.Backend, v []device.View) { b.CrossEntropy(v[0], v[1], v[2], v[3]) },
			scale: func(out int, want float64) float64 {
				if out == 0 {
					return logarithm(want)
				}
				return probability(want)
			},
		})
	}
	float := func(l layout, shape ...int) operand { return floats(l, s.normal(1), shape...) }
	for _, kind := range logits(s) {
		s.group(kind.name+" logits", func() {
			for _, c := range widths() {
				for _, n := range []int{1, 4, 33} {
					call("rows", float(contiguous, n), float(contiguous, n, c), floats(contiguous, kind.from, n, c), ints(contiguous, s.index(c), n))
				}
			}
			call("a batch of digits", float(contiguous, 256), float(contiguous, 256, 10), floats(contiguous, kind.from, 256, 10), ints(contiguous, s.index(10), 256))
			call("no rows", float(contiguous, 0), float(contiguous, 0, 10), floats(contiguous, kind.from, 0, 10), ints(contiguous, s.index(10), 0))
		})
	}
	s.group("layouts", func() {
		for _, to := range targets {
			for _, l := range sources {
				call("logits "+l.name+", probs "+to.name, float(contiguous, 7), float(to, 7, 10), float(l, 7, 10), ints(contiguous, s.index(10), 7))
				call("labels "+l.name+", loss "+to.name, float(to, 7), float(contiguous, 7, 10), float(contiguous, 7, 10), ints(l, s.index(10), 7))
			}
		}
	})
}

func crossEntropyGrads(s *suite) {
	call := func(name string, dst, probs, labels, dloss operand) {
		t := trial{
			name:  "cross-entropy-grad, " + name,
			args:  []operand{dst, probs, labels, dloss},
			do:    func(b device.Backend, v []device.View) { b.CrossEntropyGrad(v[0], v[1], v[2], v[3]) },
			terms: crossEntropyGradTerms,
		}
		s.try(t)
	}
	probs := func(l layout, shape ...int) operand { return floats(l, s.between(0, 1), shape...) }
	float := func(l layout, shape ...int) operand { return floats(l, s.normal(1), shape...) }
	s.group("widths", func() {
		for _, c := range widths() {
			for _, n := range []int{1, 4, 33} {
				labels := ints(contiguous, s.index(c), n)
				call("rows", float(contiguous, n, c), probs(contiguous, n, c), labels, float(contiguous, n))
				call("one dloss for all", float(contiguous, n, c), probs(contiguous, n, c), labels, float(repeatedAll, n))
				call("certain", float(contiguous, n, c), floats(contiguous, s.oneOf(0, 1), n, c), labels, float(repeatedAll, n))
			}
		}
		call("no rows", float(contiguous, 0, 10), probs(contiguous, 0, 10), ints(contiguous, s.index(10), 0), float(repeatedAll, 0))
	})
	s.group("layouts", func() {
		for _, to := range targets {
			for _, l := range sources {
				labels := ints(l, s.index(10), 7)
				call(fmt.Sprintf("dst %s, others %s", to.name, l.name), float(to, 7, 10), probs(l, 7, 10), labels, float(l, 7))
				call(fmt.Sprintf("dst %s, labels and dloss %s", to.name, l.name), float(to, 7, 10), probs(contiguous, 7, 10), labels, float(l, 7))
			}
		}
	})
	s.group("dst is probs", func() {
		for _, l := range targets {
			s.try(trial{
				name: "cross-entropy-grad in place, " + l.name,
				args: []operand{probs(l, 7, 10), ints(contiguous, s.index(10), 7), float(contiguous, 7)},
				do:   func(b device.Backend, v []device.View) { b.CrossEntropyGrad(v[0], v[0], v[1], v[2]) },
				terms: func(b device.Backend, v []device.View) {
					crossEntropyGradTerms(b, []device.View{v[0], v[0], v[1], v[2]})
				},
			})
		}
	})
}

// (probs + onehot(labels)) * |dloss|
func crossEntropyGradTerms(b device.Backend, v []device.View) {
	terms := scratch(b, v[0])
	b.OneHot(terms, v[2])
	b.AddScaled(terms, v[1], 1)
	dloss := v[3]
	dloss.Rank, dloss.Dims[1], dloss.Strides[1] = 2, terms.Dims[1], 0
	b.Binary(device.Mul, v[0], terms, dloss)
}
