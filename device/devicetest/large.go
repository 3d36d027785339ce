package devicetest

import (
	"fmt"
	"math"
	"testing"

	"inkling/device"
)

// larges are operations large enough to be cut into pieces. Their sizes are no
// multiples of anything, so that the pieces are uneven.
func larges(s *suite) {
	float := func(l layout, shape ...int) operand { return floats(l, s.normal(1), shape...) }

	s.group("elementwise", func() {
		for _, l := range []layout{contiguous, transposed, sliced} {
			for op := range device.Unary(device.Unaries) {
				from := domain(s, op)
				s.try(trial{
					name:  op.String() + ", " + l.name,
					args:  []operand{float(contiguous, 317, 331), floats(l, from, 317, 331)},
					exact: exactUnary(op),
					do:    func(b device.Backend, v []device.View) { b.Unary(op, v[0], v[1]) },
				})
			}
			for _, op := range []device.Binary{device.Add, device.Max, device.SigmoidGrad} {
				x, y := operandsOf(s, op)
				s.try(trial{
					name:  op.String() + ", " + l.name,
					args:  []operand{float(contiguous, 317, 331), floats(l, x, 317, 331), floats(repeatedFirst, y, 317, 331)},
					exact: exactBinary(op),
					do:    func(b device.Backend, v []device.View) { b.Binary(op, v[0], v[1], v[2]) },
				})
			}
			s.try(trial{
				name: "fill, " + l.name,
				args: []operand{float(l, 317, 331)},
				do:   func(b device.Backend, v []device.View) { b.Fill(v[0], 0.1) },
			})
			scaled := trial{
				name: "add-scaled, " + l.name,
				args: []operand{float(contiguous, 317, 331), float(l, 317, 331)},
				do:   func(b device.Backend, v []device.View) { b.AddScaled(v[0], v[1], 0.01) },
			}
			scaled.terms = scaled.do
			s.try(scaled)
		}
	})

	s.group("reduce", func() {
		for op := range device.Reduction(device.Reductions) {
			for _, c := range []struct{ from, to []int }{
				{[]int{200_003}, []int{1}},
				{[]int{317, 331}, []int{1, 331}},
				{[]int{317, 331}, []int{317, 1}},
				{[]int{317, 331}, []int{1, 1}},
				{[]int{17, 16, 29, 31}, []int{1, 16, 1, 1}},
				{[]int{3, 70_001}, []int{3, 1}},
				{[]int{70_001, 3}, []int{1, 3}},
			} {
				for _, l := range []layout{contiguous, swapped, transposed} {
					t := trial{
						name: fmt.Sprintf("%v to %s, %s", op, tuple(c.to), l.name),
						args: []operand{float(contiguous, c.to...), float(l, c.from...)},
						do:   func(b device.Backend, v []device.View) { b.Reduce(op, v[0], v[1]) },
					}
					if op == device.Maximum || op == device.Minimum {
						t.exact = true
					} else {
						t.terms = t.do
					}
					s.try(t)
				}
			}
		}
		s.try(trial{
			name:  "argmax",
			args:  []operand{ints(contiguous, s.index(9), 20_011), float(contiguous, 20_011, 10)},
			exact: true,
			do:    func(b device.Backend, v []device.View) { b.ArgMax(v[0], v[1]) },
		})
	})

	s.group("matmul", func() {
		for _, lay := range matrices[:4] {
			s.product(lay.name, float(contiguous, 256, 10), float(lay.x, 256, 784), float(lay.y, 784, 10))
			s.product(lay.name, float(contiguous, 784, 10), float(lay.x, 784, 256), float(lay.y, 256, 10))
			s.product(lay.name, float(contiguous, 19, 16, 196), float(lay.x, 19, 16, 27), float(lay.y, 19, 27, 196))
		}
		s.product("bias", float(contiguous, 301, 203), float(contiguous, 301, 111), float(contiguous, 111, 203), float(contiguous, 203))
		s.product("few results of long sums", float(contiguous, 3, 5), float(contiguous, 3, 30_011), float(contiguous, 30_011, 5))
		s.product("one matrix for all", float(contiguous, 19, 32, 196), float(oneForAll, 19, 32, 27), float(contiguous, 19, 27, 196))
	})

	s.group("rows", func() {
		const n, c = 5003, 37
		for _, log := range []bool{false, true} {
			scale := probability
			y := s.between(0, 1)
			if log {
				scale, y = logarithm, s.between(-8, 0)
			}
			s.try(trial{
				name:  softmaxName(log),
				args:  []operand{float(contiguous, n, c), float(contiguous, n, c)},
				do:    func(b device.Backend, v []device.View) { b.Softmax(v[0], v[1], log) },
				scale: func(_ int, want float64) float64 { return scale(want) },
			})
			s.try(trial{
				name:  softmaxName(log) + "-grad",
				args:  []operand{float(contiguous, n, c), floats(contiguous, y, n, c), float(contiguous, n, c)},
				do:    func(b device.Backend, v []device.View) { b.SoftmaxGrad(v[0], v[1], v[2], log) },
				terms: func(b device.Backend, v []device.View) { softmaxGradTerms(b, v[0], v[1], v[2], log) },
			})
		}
		labels := ints(contiguous, s.index(c), n)
		s.try(trial{
			name: "cross-entropy",
			args: []operand{float(contiguous, n), float(contiguous, n, c), float(contiguous, n, c), labels},
			outs: 2,
			do:   func(b device.Backend, v []device.View) { b.CrossEntropy(v[0], v[1], v[2], v[3]) },
			scale: func(out int, want float64) float64 {
				return [...]func(float64) float64{logarithm, probability}[out](want)
			},
		})
		s.try(trial{
			name:  "cross-entropy-grad",
			args:  []operand{float(contiguous, n, c), floats(contiguous, s.between(0, 1), n, c), labels, float(repeatedAll, n)},
			do:    func(b device.Backend, v []device.View) { b.CrossEntropyGrad(v[0], v[1], v[2], v[3]) },
			terms: crossEntropyGradTerms,
		})
		s.try(trial{
			name:  "one-hot",
			args:  []operand{float(contiguous, n, c), labels},
			exact: true,
			do:    func(b device.Backend, v []device.View) { b.OneHot(v[0], v[1]) },
		})
		s.try(trial{
			name: "gather of pixels",
			args: []operand{float(contiguous, 256, 784), bytes(contiguous, s.index(256), 1000, 784), ints(contiguous, s.index(1000), 256)},
			do:   func(b device.Backend, v []device.View) { b.Gather(v[0], v[1], v[2], 1.0/255) },
		})
		scatter := trial{
			name: "scatter-add to few rows",
			args: []operand{float(contiguous, 10, c), float(contiguous, n, c), ints(contiguous, s.index(10), n)},
			do:   func(b device.Backend, v []device.View) { b.ScatterAdd(v[0], v[1], v[2]) },
		}
		scatter.terms = scatter.do
		s.try(scatter)
	})

	s.group("convolutions", func() { largeConvs(s) })
	s.group("maps", func() { largeMaps(s) })
}

// largeMaps are operations of a residual network on maps as it keeps them, and
// on maps as images come.
func largeMaps(s *suite) {
	const n, c = 11, 37
	pool := slide{n, c, 15, 13, square(3, 2, 1, 1)}
	at, place := pool.maps(), pool.results(c)
	for _, l := range []layout{maps, contiguous} {
		float := func(shape ...int) operand { return floats(l, s.normal(1), shape...) }
		perChannel := func() operand { return floats(contiguous, s.normal(1), c) }
		s.try(trial{
			name:  "max-pool, " + l.name,
			args:  []operand{float(place...), ints(l, s.oneOf(0), place...), float(at...)},
			outs:  2,
			exact: true,
			do:    func(b device.Backend, v []device.View) { b.MaxPool(v[0], v[1], v[2], pool.g) },
		})
		for _, t := range []trial{
			{
				name: "max-pool-grad",
				args: []operand{float(at...), float(place...), taken(s, pool, l)},
				do:   func(b device.Backend, v []device.View) { b.MaxPoolGrad(v[0], v[1], v[2], pool.g) },
			},
			{
				name: "avg-pool",
				args: []operand{float(place...), float(at...)},
				do:   func(b device.Backend, v []device.View) { b.AvgPool(v[0], v[1], pool.g) },
			},
			{
				name: "avg-pool-grad",
				args: []operand{float(at...), float(place...)},
				do:   func(b device.Backend, v []device.View) { b.AvgPoolGrad(v[0], v[1], pool.g) },
			},
			{
				name: "channel-affine",
				args: []operand{float(at...), float(at...), perChannel(), perChannel(), float(at...)},
				do:   func(b device.Backend, v []device.View) { b.ChannelAffine(v[0], v[1], v[2], v[3], v[4], true) },
			},
		} {
			t.name += ", " + l.name
			t.terms = t.do
			s.try(t)
		}
		s.try(momentsTrial("large, "+l.name, float(at...), contiguous))
		norm := batchNorm{name: "large, " + l.name, shape: at, dx: l, dskip: l, dy: l, y: l, x: l, channel: contiguous, spread: 1}
		norm.gradients, norm.outs = s.normal(1), func() float64 { return max(0, s.normal(1)()) }
		s.try(norm.trial(s))
		norm.relu, norm.skip = true, true
		s.try(norm.trial(s))
	}
	for _, l := range []layout{contiguous, filters} {
		for _, decay := range []float64{0, 0.01} {
			s.try(adamTrial("large, "+l.name, adamStep(3, decay), floats(l, s.normal(1), 61, 53, 3, 3), floats(l, s.normal(0.1), 61, 53, 3, 3),
				floats(l, s.between(0, 0.1), 61, 53, 3, 3), floats(l, s.normal(1), 61, 53, 3, 3)))
		}
	}
}

// RunDeterminism demands that operations large enough to be cut into pieces
// give the same bits with 1, 2 and 3 workers, each time that they run.
func RunDeterminism(t *testing.T, makeBackend func(workers int) device.Backend) {
	counts := []int{1, 2, 3}
	var backends []device.Backend
	for _, workers := range counts {
		backends = append(backends, makeBackend(workers))
	}
	runFamilies(t, []family{{"large", larges}}, sameBits(counts, backends))
}

// sameBits demands of a trial what the first of the backends makes of it.
func sameBits(workers []int, backends []device.Backend) func(trial) error {
	return func(t trial) error {
		want := t.run(backends[0], t.args, t.do)
		for i, b := range backends {
			for arg, values := range t.run(b, t.args, t.do) {
				for p, got := range values {
					if w := want[arg][p]; math.Float64bits(got) != math.Float64bits(w) {
						return fmt.Errorf("[%s] on %s: element %d of operand %d's buffer is %v with %d workers, but %v with %d%s",
							t.name, b.Name(), p, arg, got, workers[i], w, workers[0], t.operands())
					}
				}
			}
		}
		return nil
	}
}
