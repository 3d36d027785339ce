package ref

import (
	"iter"

	"inkling/device"
)

// dst[n, o, i, j] = bias[o] + sum over c, a, b of w[o, c, a, b] * x[n, group of o + c, y, v]
//
// where (y, v) is where tap (a, b) lies at place (i, j).
func (backend) Conv2D(dst, x, w, bias device.View, g device.Window) {
	d, a, f := open(dst), open(x), open(w)
	for i := range indices(d.shape) {
		shift := 0.0
		if bias.Buf != nil {
			b := open(bias) // (o)
			shift = b.get(i[1])
		}
		d.set(shift, i...)
	}
	for t := range terms(d, a, f, g) {
		d.nums.set(t.y, d.nums.get(t.y)+f.nums.get(t.w)*a.nums.get(t.x))
	}
}

// dst[n, c, y, v] = sum of w[o, c, a, b] * dy[n, o, i, j] over all that Conv2D multiplied x[n, c, y, v] with
func (backend) Conv2DInputGrad(dst, dy, w device.View, g device.Window) {
	d, e, f := open(dst), open(dy), open(w)
	d.clear()
	for t := range terms(e, d, f, g) {
		d.nums.set(t.x, d.nums.get(t.x)+f.nums.get(t.w)*e.nums.get(t.y))
	}
}

// dst[o, c, a, b] = sum of x[n, c, y, v] * dy[n, o, i, j] over all that Conv2D multiplied w[o, c, a, b] with
func (backend) Conv2DFilterGrad(dst, x, dy device.View, g device.Window) {
	d, a, e := open(dst), open(x), open(dy)
	d.clear()
	for t := range terms(e, a, d, g) {
		d.nums.set(t.w, d.nums.get(t.w)+a.nums.get(t.x)*e.nums.get(t.y))
	}
}

// term is one product of a convolution, y[n, o, i, j] += w[o, c, a, b] * x[n, c, h, v]:
// where the three lie.
type term struct{ y, x, w int }

// terms yields each product of a convolution from maps x (n, c, h, v) with
// filters w (o, c/groups, kh, kw) to maps y (n, o, h', v').
func terms(y, x, w array, g device.Window) iter.Seq[term] {
	return func(yield func(term) bool) {
		for out := range indices(y.shape) {
			n, o := out[0], out[1]
			first := o / (y.shape[1] / g.Groups) * w.shape[1] // channel of its group
			for tap, at := range taps(g, out[2], out[3], x.shape[2], x.shape[3]) {
				t := term{
					y: y.place(out),
					x: x.place([]int{n, first, at[0], at[1]}),
					w: w.place([]int{o, 0, tap[0], tap[1]}),
				}
				for range w.shape[1] {
					if !yield(t) {
						return
					}
					t.x += x.strides[1]
					t.w += w.strides[1]
				}
			}
		}
	}
}

// taps yields the taps of the window's place (i, j), row by row, that lie
// inside a map of h x v, and where in the map they lie.
func taps(g device.Window, i, j, h, v int) iter.Seq2[[2]int, [2]int] {
	return func(yield func(tap, at [2]int) bool) {
		for a := range g.Size[0] {
			for b := range g.Size[1] {
				y, x := g.At(0, i, a), g.At(1, j, b)
				inside := 0 <= y && y < h && 0 <= x && x < v
				if inside && !yield([2]int{a, b}, [2]int{y, x}) {
					return
				}
			}
		}
	}
}
