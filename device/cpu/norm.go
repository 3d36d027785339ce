package cpu

import (
	"math"

	"inkling/device"
	"inkling/internal/kernel"
)

// What belongs to channels sees maps (n, c, ...) as a matrix (rows, c), one row
// for each place of each map. Sums over its rows are taken in chunks of fixed
// size, and those of the chunks then added up in float64.

// chunkRows is how many rows of c elements a chunk has: few enough to stay in
// the cache, and for float32 to add up.
func chunkRows(c int) int { return min(max(piece/c, 1), columnRows) }

// chunks runs f for each chunk: its number, and its rows from..to-1.
func (b *Backend) chunks(rows, c int, f func(chunk, from, to int)) {
	per := chunkRows(c)
	n := (rows + per - 1) / per
	together := max(piece/(per*c), 1)
	b.pool.run((n+together-1)/together, func(task int) {
		for i := task * together; i < min((task+1)*together, n); i++ {
			f(i, i*per, min((i+1)*per, rows))
		}
	})
}

// Moments implements device.Backend. A chunk's squares are taken around its own
// mean, while it is in the cache; chunks join by the formula of Chan, Golub and
// LeVeque (1979).
func (b *Backend) Moments(mean, variance, x device.View) {
	c := x.Dims[1]
	if x.Len() == 0 {
		b.Fill(mean, math.NaN())
		b.Fill(variance, math.NaN())
		return
	}
	o := channelOrder(&x)
	in := b.ordered(&x, &o)
	defer free(&x, &in)
	elements, rows := flat(&in, x.Len()), x.Len()/c
	per := chunkRows(c)
	n := (rows + per - 1) / per
	parts, memory := b.numbers(n * 2 * c) // of each chunk its means, then its squares
	defer release(&memory)
	b.chunks(rows, c, func(i, from, to int) {
		chunk, center, squares := elements[from*c:to*c], parts[2*i*c:][:c], parts[(2*i+1)*c:][:c]
		kernel.ColumnSums(center, chunk, to-from, c)
		kernel.DivScalar(center, center, float32(to-from))
		kernel.ColumnSquares(squares, chunk, center, to-from, c)
	})
	means, variances := floats(&mean), floats(&variance)
	for j := range c {
		m, s := float64(parts[j]), float64(parts[c+j])
		for i := 1; i < n; i++ {
			before, here := float64(i*per), float64(min((i+1)*per, rows)-i*per)
			far := float64(parts[2*i*c+j]) - m
			m += far * here / (before + here)
			s += float64(parts[(2*i+1)*c+j]) + far*far*before*here/(before+here)
		}
		means[mean.Offset+j*mean.Strides[0]] = float32(m)
		variances[variance.Offset+j*variance.Strides[0]] = float32(s / float64(rows))
	}
}

// ChannelAffine implements device.Backend.
func (b *Backend) ChannelAffine(dst, x, scale, shift, skip device.View, relu bool) {
	size, c := x.Len(), x.Dims[1]
	if size == 0 {
		return
	}
	o := channelOrder(&dst, &x, &skip)
	in, other, out := b.ordered(&x, &o), skip, b.room(&dst, &o)
	defer free(&x, &in)
	if skip.Buf != nil {
		other = b.ordered(&skip, &o)
		defer free(&skip, &other)
	}
	factors, done := b.packed(&scale)
	defer done()
	terms, done := b.packed(&shift)
	defer done()
	to, xs, skips := flat(&out, size), flat(&in, size), flat(&other, size)
	step := max(piece/c, 1) * c
	b.pool.run((size+step-1)/step, func(i int) {
		from, end := i*step, min((i+1)*step, size)
		kernel.ChannelAffine(to[from:end], xs[from:end], factors, terms, part(skips, from, end), (end-from)/c, c, relu)
	})
	b.deliver(&dst, &out)
}

// part is x[from:to], or nil of nil.
func part(x []float32, from, to int) []float32 {
	if x == nil {
		return nil
	}
	return x[from:to]
}

// BatchNormGrad implements device.Backend, in two passes over the maps: sums of g
// and of g*(x-mean), with g = dy where y > 0; then
//
//	dx = scale*rstd * (g - dshift/rows - (x-mean)*rstd * dscale/rows)
func (b *Backend) BatchNormGrad(dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale device.View) {
	size, c := x.Len(), x.Dims[1]
	if size == 0 {
		b.Fill(dscale, 0)
		b.Fill(dshift, 0)
		return
	}
	o := channelOrder(&x, &dy, &dx)
	in, grad, out, kept, result := b.ordered(&x, &o), b.ordered(&dy, &o), y, dskip, b.room(&dx, &o)
	defer free(&x, &in)
	defer free(&dy, &grad)
	if y.Buf != nil {
		out = b.ordered(&y, &o)
		defer free(&y, &out)
	}
	if dskip.Buf != nil {
		kept = b.room(&dskip, &o)
	}
	means, done := b.packed(&mean)
	defer done()
	xs, ds, ys, ks := flat(&in, size), flat(&grad, size), flat(&out, size), flat(&kept, size)
	rows, per := size/c, chunkRows(c)
	n := (rows + per - 1) / per
	parts, memory := b.numbers((2*n + 3) * c) // of each chunk its sums, then its products'
	defer release(&memory)
	b.chunks(rows, c, func(i, from, to int) {
		from, to = from*c, to*c
		kernel.BatchNormSums(parts[2*i*c:][:c], parts[(2*i+1)*c:][:c], part(ks, from, to),
			ds[from:to], part(ys, from, to), xs[from:to], means, (to-from)/c, c)
	})

	factors := parts[2*n*c:] // of g, of x - mean, and of 1
	scales, rstds, scaleGrads, shiftGrads := floats(&scale), floats(&rstd), floats(&dscale), floats(&dshift)
	for j := range c {
		sum, product := 0.0, 0.0
		for i := range n {
			sum += float64(parts[2*i*c+j])
			product += float64(parts[(2*i+1)*c+j])
		}
		r := float64(rstds[rstd.Offset+j*rstd.Strides[0]])
		a := float64(scales[scale.Offset+j*scale.Strides[0]]) * r
		shiftGrads[dshift.Offset+j*dshift.Strides[0]] = float32(sum)
		scaleGrads[dscale.Offset+j*dscale.Strides[0]] = float32(r * product)
		factors[j] = float32(a)
		factors[c+j] = float32(-a * r * r * product / float64(rows))
		factors[2*c+j] = float32(-a * sum / float64(rows))
	}

	if ks != nil { // g, with nothing left for a relu to close
		ds, ys = ks, nil
	}
	to := flat(&result, size)
	step := max(piece/c, 1) * c
	b.pool.run((size+step-1)/step, func(i int) {
		from, end := i*step, min((i+1)*step, size)
		kernel.BatchNormGrad(to[from:end], ds[from:end], part(ys, from, end), xs[from:end], means,
			factors, factors[c:], factors[2*c:], (end-from)/c, c)
	})
	b.deliver(&dx, &result)
	if dskip.Buf != nil {
		b.deliver(&dskip, &kept)
	}
}
