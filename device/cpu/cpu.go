// Package cpu is the default device: float32 arithmetic with the vector
// kernels of internal/kernel, on a pool of workers.
package cpu

import (
	"fmt"
	"math/bits"
	"runtime"
	"sync"
	"unsafe"

	"inkling/device"
	"inkling/internal/kernel"
)

// Backend computes on the machine's cores. It may be used by several
// goroutines at once, but only one of them gets the workers at a time.
type Backend struct {
	pool *pool
}

var standard = sync.OnceValue(func() *Backend { return New(runtime.GOMAXPROCS(0)) })

// Default is the backend that uses every core.
func Default() *Backend { return standard() }

// New returns a backend with the given number of workers, at least one.
func New(workers int) *Backend { return &Backend{pool: newPool(workers)} }

// Workers is the number of goroutines that share one operation.
func (b *Backend) Workers() int { return b.pool.workers }

// SetWorkers changes the number of workers. It must come before the first operation.
func (b *Backend) SetWorkers(n int) { b.pool = newPool(n) }

// Name implements device.Backend.
func (b *Backend) Name() string { return "cpu" }

// Describe implements device.Backend.
func (b *Backend) Describe() string {
	return fmt.Sprintf("cpu: float32, %s kernels, %d workers", kernel.Level(), b.pool.workers)
}

// Sync implements device.Backend; every operation here is done when it returns.
func (b *Backend) Sync() {}

// buffer is one Go slice; the other two are nil.
type buffer struct {
	floats []float32
	bytes  []uint8
	ints   []int32

	mu       sync.Mutex
	frozen   bool
	prepared map[prepared]*kernel.Panels // of frozen filters
}

// Freeze implements device.Backend: filters are packed once.
func (b *Backend) Freeze(m device.Buffer) { m.(*buffer).frozen = true }

func (m *buffer) Len() int { return len(m.floats) + len(m.bytes) + len(m.ints) }

func (m *buffer) Type() device.DType {
	switch {
	case m.bytes != nil:
		return device.Byte
	case m.ints != nil:
		return device.Int
	}
	return device.Float
}

// Alloc implements device.Backend.
func (b *Backend) Alloc(t device.DType, n int) device.Buffer {
	m := &buffer{}
	switch t {
	case device.Byte:
		m.bytes = make([]uint8, n)
		hugePages(unsafe.Pointer(unsafe.SliceData(m.bytes)), n)
	case device.Int:
		m.ints = make([]int32, n)
	default:
		m.floats = make([]float32, n)
		hugePages(unsafe.Pointer(unsafe.SliceData(m.floats)), 4*n)
	}
	return m
}

// Upload implements device.Backend.
func (b *Backend) Upload(dst device.Buffer, src any) {
	to := dst.(*buffer)
	switch from := src.(type) {
	case []float32:
		copy(to.floats[:len(from)], from)
	case []float64:
		for i, v := range from {
			to.floats[i] = float32(v)
		}
	case []uint8:
		copy(to.bytes[:len(from)], from)
	case []int32:
		copy(to.ints[:len(from)], from)
	default:
		panic(fmt.Sprintf("cpu: cannot upload a %T", src))
	}
}

// Download implements device.Backend.
func (b *Backend) Download(dst any, src device.Buffer, off int) {
	from := src.(*buffer)
	switch to := dst.(type) {
	case []float32:
		copy(to, from.floats[off:off+len(to)])
	case []float64:
		for i := range to {
			to[i] = float64(from.floats[off+i])
		}
	case []uint8:
		copy(to, from.bytes[off:off+len(to)])
	case []int32:
		copy(to, from.ints[off:off+len(to)])
	default:
		panic(fmt.Sprintf("cpu: cannot download into a %T", dst))
	}
}

func floats(v *device.View) []float32 { return v.Buf.(*buffer).floats }
func ints(v *device.View) []int32     { return v.Buf.(*buffer).ints }

// packed returns the elements of a view as one contiguous slice: the view's own
// memory where it is contiguous, else a copy from scratch, which done gives back.
func (b *Backend) packed(v *device.View) (elements []float32, done func()) {
	n := v.Len()
	if v.Contiguous() {
		return floats(v)[v.Offset : v.Offset+n], func() {}
	}
	tmp := b.scratchView(v)
	b.Unary(device.Copy, tmp, *v)
	return floats(&tmp)[:n], func() { release(&tmp) }
}

// scratch is memory that operations borrow, by the binary logarithm of its length.
// A sync.Pool would forget it at each garbage collection.
var scratch struct {
	sync.Mutex
	free [48][]*buffer
}

// scratchView returns contiguous scratch memory of v's shape; release gives it back.
func (b *Backend) scratchView(v *device.View) device.View {
	tmp := device.View{Rank: v.Rank, Dims: v.Dims}
	n := 1
	for i := v.Rank - 1; i >= 0; i-- {
		tmp.Strides[i] = n
		n *= v.Dims[i]
	}
	class := bits.Len(uint(max(n, 1<<10) - 1))
	scratch.Lock()
	free := scratch.free[class]
	var m *buffer
	if last := len(free) - 1; last >= 0 {
		m, scratch.free[class] = free[last], free[:last]
	}
	scratch.Unlock()
	if m == nil {
		m = &buffer{floats: make([]float32, 1<<class)}
	}
	m.floats = m.floats[:n]
	tmp.Buf = m
	return tmp
}

func release(v *device.View) {
	m := v.Buf.(*buffer)
	class := bits.Len(uint(cap(m.floats) - 1))
	scratch.Lock()
	scratch.free[class] = append(scratch.free[class], m)
	scratch.Unlock()
}
