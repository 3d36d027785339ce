package devicetest

import (
	"fmt"

	"inkling/device"
)

// product tries dst = x·y, + bias where one is given.
func (s *suite) product(name string, dst, x, y operand, bias ...operand) {
	t := trial{
		name: fmt.Sprintf("matmul %s x %s, %s", tuple(x.view.Shape()), tuple(y.view.Shape()), name),
		args: append([]operand{dst, x, y}, bias...),
		do: func(b device.Backend, v []device.View) {
			if len(v) == 3 {
				b.MatMul(v[0], v[1], v[2], device.View{})
			} else {
				b.MatMul(v[0], v[1], v[2], v[3])
			}
		},
	}
	t.terms = t.do
	s.try(t)
}

// matrices are ways to lay out x and y.
var matrices = []struct {
	name string
	x, y layout
}{
	{"both contiguous", contiguous, contiguous},
	{"x transposed", swapped, contiguous},
	{"y transposed", contiguous, swapped},
	{"both transposed", swapped, swapped},
	{"x sliced", sliced, contiguous},
	{"y sliced", contiguous, sliced},
	{"stepped", stepped, stepped},
	{"unaligned", offset, at(5)},
}

func matMuls(s *suite) {
	float := func(l layout, shape ...int) operand { return floats(l, s.normal(1), shape...) }

	s.group("every size", func() { matMulSizes(s) })
	s.group("layouts", func() {
		for _, size := range [][3]int{{1, 1, 1}, {2, 3, 4}, {17, 33, 10}, {10, 64, 17}, {33, 7, 65}, {1, 64, 10}, {64, 10, 1}} {
			m, k, n := size[0], size[1], size[2]
			for _, to := range targets {
				for _, lay := range matrices {
					s.product(lay.name+" to "+to.name, float(to, m, n), float(lay.x, m, k), float(lay.y, k, n))
					s.product(lay.name+" to "+to.name+", bias", float(to, m, n), float(lay.x, m, k), float(lay.y, k, n), float(contiguous, n))
				}
			}
			for _, l := range sources {
				s.product("x "+l.name, float(contiguous, m, n), float(l, m, k), float(contiguous, k, n))
				s.product("y "+l.name, float(contiguous, m, n), float(contiguous, m, k), float(l, k, n))
				s.product("bias "+l.name, float(contiguous, m, n), float(contiguous, m, k), float(contiguous, k, n), float(l, n))
			}
			s.product("x times itself, transposed", float(contiguous, m, m), float(contiguous, m, k), float(swapped, k, m))
		}
	})
	s.group("batches", func() { matMulBatches(s) })
	s.group("a linear layer on digits", func() {
		images, weights, wrong := float(contiguous, 256, 784), float(contiguous, 784, 10), float(contiguous, 256, 10)
		s.product("forward", float(contiguous, 256, 10), images, weights)
		s.product("forward, bias", float(contiguous, 256, 10), images, weights, float(contiguous, 10))
		s.product("gradient at the weights", float(contiguous, 784, 10), float(swapped, 784, 256), wrong)
		s.product("gradient at the images", float(contiguous, 256, 784), wrong, float(swapped, 10, 784))
		s.product("one image", float(contiguous, 1, 10), float(contiguous, 1, 784), weights, float(contiguous, 10))
	})
	s.group("edges", func() {
		// No zero may hide a NaN or an infinity that it is multiplied with.
		for _, odd := range []float64{nan, inf, -inf} {
			for _, size := range [][3]int{{3, 4, 5}, {17, 33, 19}, {1, 10, 40}, {40, 10, 1}} {
				m, k, n := size[0], size[1], size[2]
				for _, lay := range matrices[:4] {
					x := floats(lay.x, s.oneOf(0, 0, 1, -1), m, k)
					y := float(lay.y, k, n)
					y.values[len(y.values)/2] = odd
					s.product(fmt.Sprint(odd, " in y, ", lay.name), float(contiguous, m, n), x, y)
					x.values[len(x.values)/3] = odd
					s.product(fmt.Sprint(odd, " in both, ", lay.name), float(contiguous, m, n), x, y, float(contiguous, n))
				}
			}
		}
		s.product("what dst held does not matter", floats(contiguous, s.oneOf(nan, inf), 20, 20), float(contiguous, 20, 20), float(contiguous, 20, 20))
		s.product("large and small numbers", float(contiguous, 9, 9), floats(contiguous, s.normal(1e15), 9, 50), floats(contiguous, s.normal(1e-15), 50, 9))
	})
}

func matMulSizes(s *suite) {
	sizes := []int{0, 1, 2, 3, 7, 10, 16, 17, 33, 64, 100}
	turn := 0
	for _, m := range sizes {
		s.group(fmt.Sprint("m = ", m), func() {
			for _, k := range sizes {
				for _, n := range sizes {
					// A size has one of the four layouts, with and without bias by turns.
					lay := matrices[turn%4]
					dst := floats(contiguous, s.normal(1), m, n)
					x := floats(lay.x, s.normal(1), m, k)
					y := floats(lay.y, s.normal(1), k, n)
					if turn/4%2 == 0 {
						s.product(lay.name, dst, x, y)
					} else {
						s.product(lay.name+", bias", dst, x, y, floats(contiguous, s.normal(1), n))
					}
					turn++
				}
			}
		})
	}
}

func matMulBatches(s *suite) {
	batched := func(batch []int, rows, columns int) []int {
		return append(append([]int(nil), batch...), rows, columns)
	}
	for _, batch := range [][]int{{1}, {5}, {2, 3}, {3, 1, 2}, {2, 1, 2, 1, 2, 3}, {0}, {2, 0}} {
		s.group(tuple(batch), func() {
			for _, size := range [][3]int{{1, 1, 1}, {3, 4, 5}, {17, 9, 33}} {
				m, k, n := size[0], size[1], size[2]
				float := func(l layout, rows, columns int) operand {
					return floats(l, s.normal(1), batched(batch, rows, columns)...)
				}
				bias := floats(contiguous, s.normal(1), n)
				for _, lay := range matrices {
					s.product(lay.name, float(contiguous, m, n), float(lay.x, m, k), float(lay.y, k, n))
					s.product(lay.name+", bias", float(contiguous, m, n), float(lay.x, m, k), float(lay.y, k, n), bias)
				}
				for _, to := range targets {
					s.product("to "+to.name, float(to, m, n), float(contiguous, m, k), float(contiguous, k, n), bias)
				}
				s.product("all axes reversed", float(transposed, m, n), float(transposed, m, k), float(transposed, k, n))
				// The same x or y for all of the batch, or along its first axis only.
				for _, l := range []layout{repeatedFirst, oneForAll} {
					s.product("y "+l.name, float(contiguous, m, n), float(contiguous, m, k), float(l, k, n))
					s.product("x "+l.name, float(contiguous, m, n), float(l, m, k), float(contiguous, k, n))
					s.product("both "+l.name, float(contiguous, m, n), float(l, m, k), float(l, k, n), bias)
				}
				s.product("y transposed and the same for all", float(contiguous, m, n), float(contiguous, m, k), float(oneForAllSwapped, k, n))
			}
		})
	}
}

var (
	// One matrix for every index of the axes before it.
	oneForAll        = layout{"one matrix for all", func(shape []int) device.View { return repeatMatrix(contiguous, shape) }, 0}
	oneForAllSwapped = layout{"one transposed matrix for all", func(shape []int) device.View { return repeatMatrix(swapped, shape) }, 0}
)

func repeatMatrix(l layout, shape []int) device.View {
	v := l.view(shape)
	for axis := range len(shape) - 2 {
		v.Strides[axis] = 0
	}
	return v
}
