package cpu

import (
	"sync"

	"inkling/device"
	"inkling/internal/kernel"
)

// strip is an elementwise operation on rows: which function, on which memory.
// It is passed by value where closures would cost an allocation each.
type strip struct {
	kind    kind
	unary   device.Unary
	binary  device.Binary
	d, x, y *buffer
	step    [3]int
	a, b    float32
}

type kind uint8

const (
	fill kind = iota
	unary
	affine
	binary
	addScaled
	convert // between types, or of bytes and ints
)

// each applies the strip to all rows of the loop, in parallel where that pays.
func (b *Backend) each(l *loop, s *strip) {
	s.step = l.step
	n := l.pieces()
	if n == 1 || b.pool.workers == 1 {
		for i := range n {
			l.run(i, s)
		}
		return
	}
	loop, strip := *l, *s
	b.pool.run(n, func(i int) { loop.run(i, &strip) })
}

// block is the number of elements that are brought together when a row does
// not lie in consecutive memory.
const block = 512

var blocks = sync.Pool{New: func() any { return new([3][block]float32) }}

// row computes n elements that start at the given places.
func (s *strip) row(at [3]int, n int) {
	if s.kind == convert {
		s.convert(at, n)
		return
	}
	if s.step[0] == 1 && s.inPlaceable() {
		s.apply(s.d.floats[at[0]:at[0]+n], operand(s.x, at[1], n), operand(s.y, at[2], n))
		return
	}
	tmp := blocks.Get().(*[3][block]float32)
	defer blocks.Put(tmp)
	for from := 0; from < n; from += block {
		m := min(block, n-from)
		d := tmp[0][:m]
		if s.kind == addScaled {
			load(d, s.d, at[0]+from*s.step[0], s.step[0])
		}
		x, y := tmp[1][:0], tmp[2][:0]
		if s.x != nil {
			x = tmp[1][:m]
			load(x, s.x, at[1]+from*s.step[1], s.step[1])
		}
		if s.y != nil {
			y = tmp[2][:m]
			load(y, s.y, at[2]+from*s.step[2], s.step[2])
		}
		s.apply(d, x, y)
		for i, v := range d {
			s.d.floats[at[0]+(from+i)*s.step[0]] = v
		}
	}
}

// inPlaceable reports whether the operands can be read where they lie.
func (s *strip) inPlaceable() bool {
	if s.y != nil && s.step[2] == 0 && s.step[1] == 1 {
		switch s.binary {
		case device.Add, device.Sub, device.Mul, device.Div, device.Max, device.Min:
			return true
		}
	}
	return (s.x == nil || s.step[1] == 1) && (s.y == nil || s.step[2] == 1)
}

func operand(m *buffer, at, n int) []float32 {
	if m == nil {
		return nil
	}
	return m.floats[at:min(at+n, len(m.floats))]
}

func load(dst []float32, src *buffer, at, step int) {
	switch step {
	case 0:
		kernel.Fill(dst, src.floats[at])
	case 1:
		copy(dst, src.floats[at:])
	default:
		for i := range dst {
			dst[i] = src.floats[at+i*step]
		}
	}
}

// apply computes d from x and y; where y does not step, its first element
// stands for all.
func (s *strip) apply(d, x, y []float32) {
	switch s.kind {
	case fill:
		kernel.Fill(d, s.a)
	case affine:
		kernel.Affine(d, x, s.a, s.b)
	case addScaled:
		kernel.AXPY(d, x, s.a)
	case unary:
		applyUnary(s.unary, d, x)
	case binary:
		if s.step[2] == 0 && s.step[0] == 1 && s.step[1] == 1 && applyScalar(s.binary, d, x, y[0]) {
			return
		}
		applyBinary(s.binary, d, x, y)
	}
}

func applyUnary(op device.Unary, d, x []float32) {
	switch op {
	case device.Copy:
		copy(d, x)
	case device.Neg:
		kernel.Neg(d, x)
	case device.Abs:
		kernel.Abs(d, x)
	case device.Square:
		kernel.Square(d, x)
	case device.Sqrt:
		kernel.Sqrt(d, x)
	case device.Exp:
		kernel.Exp(d, x)
	case device.Log:
		kernel.Log(d, x)
	case device.Sigmoid:
		kernel.Sigmoid(d, x)
	case device.Tanh:
		kernel.Tanh(d, x)
	case device.ReLU:
		kernel.ReLU(d, x)
	case device.Sign:
		kernel.Sign(d, x)
	case device.Reciprocal:
		kernel.Reciprocal(d, x)
	}
}

// applyScalar computes d = op(x, y) for one y; false where there is no such kernel.
func applyScalar(op device.Binary, d, x []float32, y float32) bool {
	switch op {
	case device.Add:
		kernel.AddScalar(d, x, y)
	case device.Sub:
		kernel.AddScalar(d, x, -y)
	case device.Mul:
		kernel.MulScalar(d, x, y)
	case device.Div:
		kernel.DivScalar(d, x, y)
	case device.Max:
		kernel.MaxScalar(d, x, y)
	case device.Min:
		kernel.MinScalar(d, x, y)
	default:
		return false
	}
	return true
}

func applyBinary(op device.Binary, d, x, y []float32) {
	switch op {
	case device.Add:
		kernel.Add(d, x, y)
	case device.Sub:
		kernel.Sub(d, x, y)
	case device.Mul:
		kernel.Mul(d, x, y)
	case device.Div:
		kernel.Div(d, x, y)
	case device.Max:
		kernel.Max(d, x, y)
	case device.Min:
		kernel.Min(d, x, y)
	case device.Equal:
		kernel.Equal(d, x, y)
	case device.Greater:
		kernel.Greater(d, x, y)
	case device.SigmoidGrad:
		kernel.SigmoidGrad(d, x, y)
	case device.TanhGrad:
		kernel.TanhGrad(d, x, y)
	case device.ReLUGrad:
		kernel.ReLUGrad(d, x, y)
	}
}

// convert copies between types, or bytes and ints as they are.
func (s *strip) convert(at [3]int, n int) {
	switch {
	case s.d.bytes != nil:
		copyRow(s.d.bytes[at[0]:], s.x.bytes[at[1]:], s.step, n)
	case s.d.ints != nil:
		copyRow(s.d.ints[at[0]:], s.x.ints[at[1]:], s.step, n)
	case s.x.bytes != nil && s.step[0] == 1 && s.step[1] == 1:
		kernel.Widen(s.d.floats[at[0]:at[0]+n], s.x.bytes[at[1]:at[1]+n], 1)
	case s.x.bytes != nil:
		for i := range n {
			s.d.floats[at[0]+i*s.step[0]] = float32(s.x.bytes[at[1]+i*s.step[1]])
		}
	default:
		for i := range n {
			s.d.floats[at[0]+i*s.step[0]] = float32(s.x.ints[at[1]+i*s.step[1]])
		}
	}
}

func copyRow[T any](d, x []T, step [3]int, n int) {
	for i := range n {
		d[i*step[0]] = x[i*step[1]]
	}
}

// Fill implements device.Backend.
func (b *Backend) Fill(dst device.View, v float64) {
	l := newLoop(&dst)
	b.each(&l, &strip{kind: fill, d: dst.Buf.(*buffer), a: float32(v)})
}

// Unary implements device.Backend.
func (b *Backend) Unary(op device.Unary, dst, x device.View) {
	l := newLoop(&dst, &x)
	s := strip{kind: unary, unary: op, d: dst.Buf.(*buffer), x: x.Buf.(*buffer)}
	if s.d.floats == nil || s.x.floats == nil {
		s.kind = convert
	}
	b.each(&l, &s)
}

// Affine implements device.Backend.
func (b *Backend) Affine(dst, x device.View, scale, shift float64) {
	l := newLoop(&dst, &x)
	b.each(&l, &strip{kind: affine, d: dst.Buf.(*buffer), x: x.Buf.(*buffer), a: float32(scale), b: float32(shift)})
}

// Binary implements device.Backend.
func (b *Backend) Binary(op device.Binary, dst, x, y device.View) {
	l := newLoop(&dst, &x, &y)
	b.each(&l, &strip{kind: binary, binary: op, d: dst.Buf.(*buffer), x: x.Buf.(*buffer), y: y.Buf.(*buffer)})
}

// AddScaled implements device.Backend.
func (b *Backend) AddScaled(dst, x device.View, scale float64) {
	l := newLoop(&dst, &x)
	b.each(&l, &strip{kind: addScaled, d: dst.Buf.(*buffer), x: x.Buf.(*buffer), a: float32(scale)})
}
