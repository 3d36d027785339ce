package ref

import "inkling/device"

// mean[c]     = sum over n, ... of x[n, c, ...] / count
// variance[c] = sum over n, ... of (x[n, c, ...] - mean[c])² / count
//
// Of nothing both are NaN.
func (backend) Moments(mean, variance, x device.View) {
	m, v, a := open(mean), open(variance), open(x)
	count := perChannel(a)
	m.clear()
	for i := range indices(a.shape) {
		m.join(a.get(i...), i[1])
	}
	for c := range m.shape[0] {
		m.set(m.get(c)/count, c)
	}
	v.clear()
	for i := range indices(a.shape) {
		far := a.get(i...) - m.get(i[1])
		v.join(far*far, i[1])
	}
	for c := range v.shape[0] {
		v.set(v.get(c)/count, c)
	}
}

// perChannel is how many elements of a (n, c, ...) belong to one channel.
func perChannel(a array) float64 {
	count := 1
	for axis, size := range a.shape {
		if axis != 1 {
			count *= size
		}
	}
	return float64(count)
}

// dst[n, c, ...] = relu(x[n, c, ...]*scale[c] + shift[c] + skip[n, c, ...])
func (backend) ChannelAffine(dst, x, scale, shift, skip device.View, relu bool) {
	d, a, s, t := open(dst), open(x), open(scale), open(shift)
	for i := range indices(d.shape) {
		y := a.get(i...)*s.get(i[1]) + t.get(i[1])
		if skip.Buf != nil {
			other := open(skip)
			y += other.get(i...)
		}
		if relu {
			y = max(y, 0)
		}
		d.set(y, i...)
	}
}

// With g = dy where y > 0, else 0, xhat = (x - mean[c]) * rstd[c], and sums and count over channel c:
//
//	dskip  = g
//	dshift = sum g
//	dscale = sum g*xhat
//	dx     = scale[c] * rstd[c] * (g - dshift/count - xhat*dscale/count)
//
// The last is Ioffe and Szegedy's (2015), with mean and rstd themselves functions of x.
func (backend) BatchNormGrad(dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale device.View) {
	e, a, mu, r, s := open(dy), open(x), open(mean), open(rstd), open(scale)
	grad := func(i []int) float64 {
		if y.Buf != nil {
			out := open(y)
			if !(out.get(i...) > 0) {
				return 0
			}
		}
		return e.get(i...)
	}
	normal := func(i []int) float64 { return (a.get(i...) - mu.get(i[1])) * r.get(i[1]) }

	toScale, toShift := open(dscale), open(dshift)
	toScale.clear()
	toShift.clear()
	for i := range indices(a.shape) {
		toScale.join(grad(i)*normal(i), i[1])
		toShift.join(grad(i), i[1])
	}
	d, count := open(dx), perChannel(a)
	for i := range indices(a.shape) {
		c, g := i[1], grad(i)
		if dskip.Buf != nil {
			toSkip := open(dskip)
			toSkip.set(g, i...)
		}
		d.set(s.get(c)*r.get(c)*(g-toShift.get(c)/count-normal(i)*toScale.get(c)/count), i...)
	}
}
