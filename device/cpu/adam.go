package cpu

import (
	"math"

	"inkling/device"
	"inkling/internal/kernel"
)

// Adam implements device.Backend. It reads and writes each number once, where
// the four views lie in the same order; others are brought into that of p. A
// view with gaps, such as some taps of filters, is taken apart into views without.
func (b *Backend) Adam(p, m, v, g device.View, s device.AdamStep) {
	size := p.Len()
	if size == 0 {
		return
	}
	if !dense(&p, false) {
		for outer := outermost(&p); p.Dims[outer] > 0; {
			b.Adam(first(&p, outer), first(&m, outer), first(&v, outer), first(&g, outer), s)
		}
		return
	}
	o := order(p.Strides)
	param, mean, square, grad := b.ordered(&p, &o), b.ordered(&m, &o), b.ordered(&v, &o), b.ordered(&g, &o)
	defer free(&g, &grad)
	r := &kernel.AdamRates{
		Beta1: float32(s.Beta1), Gain1: float32(1 - s.Beta1),
		Beta2: float32(s.Beta2), Gain2: float32(1 - s.Beta2),
		Keep: float32(1 - s.Rate*s.Decay),
		Rate: float32(s.Rate / s.Correction1), Root: float32(1 / math.Sqrt(s.Correction2)), Eps: float32(s.Eps),
	}
	ps, ms, vs, gs := flat(&param, size), flat(&mean, size), flat(&square, size), flat(&grad, size)
	b.pool.run((size+piece-1)/piece, func(i int) {
		from, to := i*piece, min((i+1)*piece, size)
		kernel.Adam(ps[from:to], ms[from:to], vs[from:to], gs[from:to], r)
	})
	b.deliver(&p, &param)
	b.deliver(&m, &mean)
	b.deliver(&v, &square)
}

// outermost is the axis with the greatest stride, of those longer than one.
func outermost(v *device.View) int {
	outer := 0
	for axis := range v.Rank {
		if v.Dims[axis] > 1 && (v.Dims[outer] == 1 || v.Strides[axis] > v.Strides[outer]) {
			outer = axis
		}
	}
	return outer
}

// first cuts the first element of an axis off v and returns it.
func first(v *device.View, axis int) device.View {
	cut := *v
	cut.Dims[axis] = 1
	v.Dims[axis]--
	v.Offset += v.Strides[axis]
	return cut
}
