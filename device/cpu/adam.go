package cpu

import (
	"math"

	"inkling/device"
	"inkling/internal/kernel"
)

// Adam implements device.Backend. It reads and writes each number once, where
// the four views lie in the same order; others are brought into that of p.
func (b *Backend) Adam(p, m, v, g device.View, s device.AdamStep) {
	size := p.Len()
	if size == 0 {
		return
	}
	o := rowMajor(&p)
	if dense(&p, false) {
		o = order(p.Strides)
	}
	param, first, second, grad := b.ordered(&p, &o), b.ordered(&m, &o), b.ordered(&v, &o), b.ordered(&g, &o)
	defer free(&g, &grad)
	r := &kernel.AdamRates{
		Beta1: float32(s.Beta1), Gain1: float32(1 - s.Beta1),
		Beta2: float32(s.Beta2), Gain2: float32(1 - s.Beta2),
		Keep: float32(1 - s.Rate*s.Decay),
		Rate: float32(s.Rate / s.Correction1), Root: float32(1 / math.Sqrt(s.Correction2)), Eps: float32(s.Eps),
	}
	ps, ms, vs, gs := flat(&param, size), flat(&first, size), flat(&second, size), flat(&grad, size)
	b.pool.run((size+piece-1)/piece, func(i int) {
		from, to := i*piece, min((i+1)*piece, size)
		kernel.Adam(ps[from:to], ms[from:to], vs[from:to], gs[from:to], r)
	})
	b.deliver(&p, &param)
	b.deliver(&m, &first)
	b.deliver(&v, &second)
}
