package tensor_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"inkling/device"
	"inkling/tensor"
)

// array is the naive tensor that the real one is held against: a shape, and the
// elements in row-major order.
type array struct {
	shape []int
	elems []float64
}

func (a array) at(index []int) float64 {
	p := 0
	for i, n := range a.shape {
		p = p*n + index[i]
	}
	return a.elems[p]
}

// build fills an array by a formula on the index.
func build(shape []int, f func(index []int) float64) array {
	a := array{shape: shape}
	index := make([]int, len(shape))
	for n := size(shape); len(a.elems) < n; {
		a.elems = append(a.elems, f(index))
		for i := len(shape) - 1; i >= 0; i-- {
			if index[i]++; index[i] < shape[i] {
				break
			}
			index[i] = 0
		}
	}
	return a
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func sameAs(t *rapid.T, what string, x *tensor.Tensor, a array) {
	if !slices.Equal(x.Shape(), a.shape) {
		t.Fatalf("%s: shape %v, want %v", what, x.Shape(), a.shape)
	}
	for i, v := range x.Float64s() {
		if math.Abs(v-a.elems[i]) > 1e-5*max(1, math.Abs(a.elems[i])) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, v, a.elems[i])
		}
	}
}

// anyView draws a tensor with random strides and the array that it shows: small
// whole numbers, cut out of a larger tensor, transposed, and perhaps repeated.
func anyView(t *rapid.T, name string, shape []int) (*tensor.Tensor, array) {
	rank := len(shape)
	order := rapid.Permutation(indices(rank)).Draw(t, name+" order")
	stored, from := make([]int, rank), make([]int, rank)
	repeated := make([]bool, rank)
	for k, axis := range order { // axis of the result that lies at place k in memory
		if repeated[k] = rapid.IntRange(0, 5).Draw(t, name+" repeat") == 0; repeated[k] {
			stored[k] = 1
			continue
		}
		from[k] = rapid.IntRange(0, 2).Draw(t, name+" from")
		stored[k] = from[k] + shape[axis] + rapid.IntRange(0, 2).Draw(t, name+" rest")
	}
	values := rapid.SliceOfN(rapid.IntRange(-9, 9), size(stored), size(stored)).Draw(t, name)
	x := tensor.CPU.New(device.Float, stored...)
	whole := array{stored, make([]float64, len(values))}
	for i, v := range values {
		whole.elems[i] = float64(v)
	}
	tensor.Set(x, whole.elems)
	back := make([]int, rank)
	for k, axis := range order {
		back[axis] = k
		if !repeated[k] {
			x = x.Slice(k, from[k], from[k]+shape[axis])
		}
	}
	x = x.Transpose(back...).BroadcastTo(shape...)
	if rank == 0 {
		return x, whole
	}
	return x, build(shape, func(index []int) float64 {
		at := make([]int, rank)
		for k, axis := range order {
			if !repeated[k] {
				at[k] = from[k] + index[axis]
			}
		}
		return whole.at(at)
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func anyShape(t *rapid.T, name string, least int) []int {
	return rapid.SliceOfN(rapid.IntRange(least, 5), 0, 4).Draw(t, name)
}

func TestRandomBinary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := anyShape(t, "shape", 0)
		cut := func(name string) []int { // a shape that broadcasts to it
			s := slices.Clone(shape[rapid.IntRange(0, len(shape)).Draw(t, name+" lead"):])
			for i := range s {
				if s[i] == 1 || rapid.Bool().Draw(t, name+" one") {
					s[i] = 1
				}
			}
			return s
		}
		x, a := anyView(t, "x", shape)
		y, b := anyView(t, "y", cut("y"))
		pick := func(index []int) (float64, float64) {
			at := slices.Clone(index[len(index)-len(b.shape):])
			for i, n := range b.shape {
				at[i] = min(at[i], n-1)
			}
			return a.at(index), b.at(at)
		}
		for name, op := range map[string]struct {
			do   func(x, y *tensor.Tensor) *tensor.Tensor
			want func(p, q float64) float64
		}{
			"add": {(*tensor.Tensor).Add, func(p, q float64) float64 { return p + q }},
			"sub": {(*tensor.Tensor).Sub, func(p, q float64) float64 { return p - q }},
			"mul": {(*tensor.Tensor).Mul, func(p, q float64) float64 { return p * q }},
			"max": {(*tensor.Tensor).Maximum, math.Max},
		} {
			sameAs(t, name, op.do(x, y), build(shape, func(i []int) float64 { p, q := pick(i); return op.want(p, q) }))
			sameAs(t, name+", turned", op.do(y, x), build(shape, func(i []int) float64 { p, q := pick(i); return op.want(q, p) }))
		}
	})
}

func TestRandomReduce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := anyShape(t, "shape", 1)
		x, a := anyView(t, "x", shape)
		var axes []int
		kept := slices.Clone(shape)
		for i := range shape {
			if rapid.Bool().Draw(t, "fold") {
				axes = append(axes, i-len(shape)*rapid.IntRange(0, 1).Draw(t, "negative"))
				kept[i] = 1
			}
		}
		if len(axes) == 0 {
			for i := range kept {
				kept[i] = 1
			}
		}
		fold := func(start float64, f func(sum, v float64) float64) array {
			out := build(kept, func([]int) float64 { return start })
			build(shape, func(index []int) float64 {
				p := 0
				for i, n := range kept {
					p = p*n + min(index[i], n-1)
				}
				out.elems[p] = f(out.elems[p], a.at(index))
				return 0
			})
			return out
		}
		sum := fold(0, func(s, v float64) float64 { return s + v })
		sameAs(t, "sum", x.SumKeep(axes...), sum)
		sameAs(t, "max", x.MaxKeep(axes...), fold(math.Inf(-1), math.Max))
		n := float64(size(shape)) / float64(size(kept))
		for i := range sum.elems {
			sum.elems[i] /= n
		}
		sameAs(t, "mean", x.MeanKeep(axes...), sum)
	})
}

func TestRandomMatMul(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 20)
		m, k, n := size.Draw(t, "m"), size.Draw(t, "k"), size.Draw(t, "n")
		batch := rapid.IntRange(1, 3).Draw(t, "batch")
		x, a := anyView(t, "x", []int{batch, m, k})
		y, b := anyView(t, "y", []int{k, n})
		z, c := anyView(t, "bias", []int{n})
		product := build([]int{batch, m, n}, func(i []int) float64 {
			sum := 0.0
			for j := range k {
				sum += a.at([]int{i[0], i[1], j}) * b.at([]int{j, i[2]})
			}
			return sum
		})
		sameAs(t, "x·y", x.MatMul(y), product)
		sameAs(t, "x·y + z", x.MatMulAdd(y, z), build(product.shape, func(i []int) float64 { return product.at(i) + c.at(i[2:]) }))
	})
}

// Reshape, whatever the strides, shows the same elements in the same order.
func TestRandomReshape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := anyShape(t, "shape", 0)
		x, a := anyView(t, "x", shape)
		to := []int{}
		for left := size(shape); left > 1 && len(to) < 6; {
			d := rapid.IntRange(1, left).Filter(func(d int) bool { return left%d == 0 }).Draw(t, "size")
			to = append(to, d)
			if left /= d; left > 1 && len(to) == 6 {
				to = append(to, left)
			}
		}
		if len(shape) > 0 && size(shape) == 0 {
			to = []int{2, 0, 3}
		}
		if size(to) != size(shape) {
			to = append(to, -1)
		}
		y := x.Reshape(to...)
		sameAs(t, "reshape", y, array{y.Shape(), a.elems})
		sameAs(t, "and computed with", y.Neg().Neg(), array{y.Shape(), a.elems})
		sameAs(t, "and back", y.Reshape(shape...), a)
	})
}
