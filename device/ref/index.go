package ref

import (
	"fmt"

	"inkling/device"
)

// within is the element of an Int array at an index, as a number that must
// point into an axis of the given size.
func (a *array) within(op string, size int, index ...int) int {
	v := int(a.get(index...))
	if v < 0 || v >= size {
		panic(fmt.Sprintf("[%s] index %d at %v points outside an axis of size %d (0 to %d)", op, v, index, size, size-1))
	}
	return v
}

// dst[i, j] = 1 where j = labels[i], else 0
func (backend) OneHot(dst, labels device.View) {
	d, target := open(dst), open(labels)
	for i := range indices(target.shape) {
		row := d.at(i...)
		label := target.within("one-hot", row.shape[0], i...)
		for j := range row.shape[0] {
			row.set(number(j == label), j)
		}
	}
}

// dst[i, ...] = src[index[i], ...] * scale
func (backend) Gather(dst, src, index device.View, scale float64) {
	d, a, which := open(dst), open(src), open(index)
	if from, to := a.nums.Type(), d.nums.Type(); from != to && to != device.Float || to != device.Float && scale != 1 {
		panic(fmt.Sprintf("[gather] rows of %v, times %g, cannot become rows of %v", from, scale, to))
	}
	for i := range d.shape[0] {
		from, to := a.at(which.within("gather", a.shape[0], i)), d.at(i)
		for j := range indices(to.shape) {
			to.set(from.get(j...)*scale, j...)
		}
	}
}

// Soon does nothing: the reference never hurries.
func (backend) Soon(src, index device.View) {}

// dst[index[i], ...] += src[i, ...], for i = 0, 1, ...
func (backend) ScatterAdd(dst, src, index device.View) {
	d, a, which := open(dst), open(src), open(index)
	for i := range a.shape[0] {
		from, to := a.at(i), d.at(which.within("scatter-add", d.shape[0], i))
		for j := range indices(from.shape) {
			to.set(to.get(j...)+from.get(j...), j...)
		}
	}
}
