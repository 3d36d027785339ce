package ref

import (
	"iter"

	"inkling/device"
)

// indices yields every index of a shape in row-major order: (0, 0), (0, 1),
// ... The slice is the same each time. A shape without axes has one index, the
// empty one; a shape with an axis of size 0 has none.
func indices(shape []int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for _, size := range shape {
			if size == 0 {
				return
			}
		}
		index := make([]int, len(shape))
		for yield(index) {
			axis := len(shape) - 1
			for axis >= 0 && index[axis] == shape[axis]-1 {
				index[axis] = 0
				axis--
			}
			if axis < 0 {
				return
			}
			index[axis]++
		}
	}
}

// array is a view with its numbers at hand.
type array struct {
	nums    numbers
	offset  int
	shape   []int
	strides []int
}

func open(v device.View) array {
	return array{v.Buf.(numbers), v.Offset, v.Dims[:v.Rank], v.Strides[:v.Rank]}
}

// place is where the element at index lies in the buffer.
func (a *array) place(index []int) int {
	p := a.offset
	for axis, i := range index {
		p += i * a.strides[axis]
	}
	return p
}

func (a *array) get(index ...int) float64    { return a.nums.get(a.place(index)) }
func (a *array) set(v float64, index ...int) { a.nums.set(a.place(index), v) }

// join adds v to the element at index.
func (a *array) join(v float64, index ...int) { a.set(a.get(index...)+v, index...) }

// clear sets every element to 0.
func (a *array) clear() {
	for i := range indices(a.shape) {
		a.set(0, i...)
	}
}

// values is every element in row-major order.
func (a *array) values() []float64 {
	var all []float64
	for i := range indices(a.shape) {
		all = append(all, a.get(i...))
	}
	return all
}

// at is the part of a that an index of its leading axes picks: a row of a
// matrix, a matrix of a batch.
func (a *array) at(lead ...int) array {
	return array{a.nums, a.place(lead), a.shape[len(lead):], a.strides[len(lead):]}
}

// lead is the shape without its last n axes.
func (a *array) lead(n int) []int { return a.shape[:len(a.shape)-n] }
