// Package ref is the truth that other devices are held against: every
// operation of the contract in float64, as the plain loop that its formula
// reads like. It is slow on purpose. Gradient checks run on it too.
package ref

import (
	"fmt"

	"inkling/device"
)

type backend struct{}

// New returns the reference backend. It has no state and no workers: an
// operation is done when its call returns.
func New() device.Backend { return backend{} }

func (backend) Name() string     { return "ref" }
func (backend) Describe() string { return "float64, plain loops, one goroutine" }
func (backend) Sync()            {}

// Freeze implements device.Backend; there is nothing to keep.
func (backend) Freeze(device.Buffer) {}

// numbers is what the loops of this package see of a buffer: float64s,
// whatever its type. Bytes and ints come and go without loss.
type numbers interface {
	device.Buffer
	get(i int) float64
	set(i int, v float64)
}

type element interface{ float64 | uint8 | int32 }

type memory[E element] struct {
	dtype device.DType
	elems []E
}

func (m *memory[E]) Len() int             { return len(m.elems) }
func (m *memory[E]) Type() device.DType   { return m.dtype }
func (m *memory[E]) get(i int) float64    { return float64(m.elems[i]) }
func (m *memory[E]) set(i int, v float64) { m.elems[i] = E(v) }

// Alloc returns a buffer of zeros, though a caller may not count on that.
func (backend) Alloc(t device.DType, n int) device.Buffer {
	switch t {
	case device.Float:
		return &memory[float64]{t, make([]float64, n)}
	case device.Byte:
		return &memory[uint8]{t, make([]uint8, n)}
	case device.Int:
		return &memory[int32]{t, make([]int32, n)}
	}
	panic(fmt.Sprintf("[ref] alloc: no such element type: %d", t))
}

func (backend) Upload(dst device.Buffer, src any) {
	switch buf := dst.(type) {
	case *memory[float64]:
		switch host := src.(type) {
		case []float64:
			transfer(buf.elems, host)
			return
		case []float32:
			transfer(buf.elems, host)
			return
		}
	case *memory[uint8]:
		if host, ok := src.([]uint8); ok {
			transfer(buf.elems, host)
			return
		}
	case *memory[int32]:
		if host, ok := src.([]int32); ok {
			transfer(buf.elems, host)
			return
		}
	}
	panic(fmt.Sprintf("[ref] upload: a %T does not go into a buffer of %v", src, dst.Type()))
}

func (backend) Download(dst any, src device.Buffer, off int) {
	switch buf := src.(type) {
	case *memory[float64]:
		switch host := dst.(type) {
		case []float64:
			transfer(host, buf.elems[off:off+len(host)])
			return
		case []float32:
			transfer(host, buf.elems[off:off+len(host)])
			return
		}
	case *memory[uint8]:
		if host, ok := dst.([]uint8); ok {
			transfer(host, buf.elems[off:off+len(host)])
			return
		}
	case *memory[int32]:
		if host, ok := dst.([]int32); ok {
			transfer(host, buf.elems[off:off+len(host)])
			return
		}
	}
	panic(fmt.Sprintf("[ref] download: a buffer of %v does not go into a %T", src.Type(), dst))
}

// transfer copies src to the start of dst, which must have room for it.
func transfer[D, S float32 | float64 | uint8 | int32](dst []D, src []S) {
	for i, v := range src {
		dst[i] = D(v)
	}
}
