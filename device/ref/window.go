package ref

import (
	"math"

	"inkling/device"
)

// dst[n, c, i, j] = max over the taps t at place (i, j) of x[n, c, where t lies]
// index[n, c, i, j] = the first t of which that is true; a NaN beats any number
func (backend) MaxPool(dst, index, x device.View, g device.Window) {
	d, which, a := open(dst), open(index), open(x)
	for i := range indices(d.shape) {
		best, champion := -1, 0.0
		for tap, at := range taps(g, i[2], i[3], a.shape[2], a.shape[3]) {
			challenger := a.get(i[0], i[1], at[0], at[1])
			if best < 0 || challenger > champion || math.IsNaN(challenger) && !math.IsNaN(champion) {
				best, champion = tap[0]*g.Size[1]+tap[1], challenger
			}
		}
		d.set(champion, i...)
		which.set(float64(best), i...)
	}
}

// dst[n, c, where tap index[n, c, i, j] lies at place (i, j)] += dy[n, c, i, j], from dst = 0
func (backend) MaxPoolGrad(dst, dy, index device.View, g device.Window) {
	d, e, which := open(dst), open(dy), open(index)
	d.clear()
	for i := range indices(e.shape) {
		tap := int(which.get(i...))
		y, x := g.At(0, i[2], tap/g.Size[1]), g.At(1, i[3], tap%g.Size[1])
		d.join(e.get(i...), i[0], i[1], y, x)
	}
}

// dst[n, c, i, j] = sum over the taps t at place (i, j) of x[n, c, where t lies] / number of taps
func (backend) AvgPool(dst, x device.View, g device.Window) {
	d, a := open(dst), open(x)
	for i := range indices(d.shape) {
		sum := 0.0
		for _, at := range taps(g, i[2], i[3], a.shape[2], a.shape[3]) {
			sum += a.get(i[0], i[1], at[0], at[1])
		}
		d.set(sum/float64(g.Size[0]*g.Size[1]), i...)
	}
}

// dst[n, c, where t lies] += dy[n, c, i, j] / number of taps, for the taps t at place (i, j), from dst = 0
func (backend) AvgPoolGrad(dst, dy device.View, g device.Window) {
	d, e := open(dst), open(dy)
	d.clear()
	for i := range indices(e.shape) {
		for _, at := range taps(g, i[2], i[3], d.shape[2], d.shape[3]) {
			d.join(e.get(i...)/float64(g.Size[0]*g.Size[1]), i[0], i[1], at[0], at[1])
		}
	}
}
