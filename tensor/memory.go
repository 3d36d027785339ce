package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"inkling/device"
	"inkling/device/cpu"
)

// Memory is where tensors live: a device, and a way to get space on it. The
// garbage collector looks after the tensors of ordinary memory. An arena keeps
// its buffers instead and hands them out again after Reset, so that a training
// step in steady state makes no garbage worth mentioning.
//
// The result of an operation lives where its operands live; if one of them is
// in an arena, so is the result.
type Memory struct {
	backend device.Backend
	arena   bool
	gen     uint32
	free    map[space][]device.Buffer
	used    []device.Buffer
	slab    []Tensor // room for the next tensors of this generation
	made    int      // tensors made in this generation
}

type space struct {
	typ device.DType
	n   int
}

// CPU is the ordinary memory of the default device.
var CPU = On(cpu.Default())

// On returns ordinary memory on a device.
func On(b device.Backend) *Memory { return &Memory{backend: b} }

// Arena returns a new arena on the same device. It belongs to one goroutine at a time.
func (m *Memory) Arena() *Memory {
	return &Memory{backend: m.backend, arena: true, free: map[space][]device.Buffer{}}
}

// Backend is the device of this memory.
func (m *Memory) Backend() device.Backend { return m.backend }

// Reset takes back every buffer of an arena. Tensors made in it before panic
// when they are used again.
func (m *Memory) Reset() {
	if !m.arena {
		panic("tensor: Reset of memory that is no arena")
	}
	for i, b := range m.used {
		key := space{b.Type(), b.Len()}
		m.free[key] = append(m.free[key], b)
		m.used[i] = nil
	}
	m.used = m.used[:0]
	m.gen++
	// Headers are not reused, so that a stale one can be told from a live one;
	// one slab as large as the last generation's is the step's only garbage.
	m.slab, m.made = make([]Tensor, 0, m.made), 0
}

// Held is the number of buffers that an arena owns, in use or free.
func (m *Memory) Held() int {
	n := len(m.used)
	for _, b := range m.free {
		n += len(b)
	}
	return n
}

// Bytes is how much an arena's buffers take, in use or free, where a float is 32 bits.
func (m *Memory) Bytes() int64 {
	sum := int64(0)
	add := func(t device.DType, n int) {
		if t != device.Byte {
			n *= 4
		}
		sum += int64(n)
	}
	for _, b := range m.used {
		add(b.Type(), b.Len())
	}
	for key, list := range m.free {
		add(key.typ, key.n*len(list))
	}
	return sum
}

// header returns an empty tensor of this memory.
func (m *Memory) header() *Tensor {
	if !m.arena {
		return &Tensor{mem: m}
	}
	if len(m.slab) == cap(m.slab) {
		m.slab = make([]Tensor, 0, 32)
	}
	m.made++
	m.slab = append(m.slab, Tensor{mem: m, gen: m.gen})
	return &m.slab[len(m.slab)-1]
}

// New returns a tensor with undefined contents.
func (m *Memory) New(t device.DType, shape ...int) *Tensor {
	if len(shape) > device.MaxRank {
		panic(newError(shape, fmt.Sprintf("%d axes; at most %d are possible", len(shape), device.MaxRank)))
	}
	x := m.header()
	x.typ = t
	x.view.Rank = copy(x.view.Dims[:], shape)
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] < 0 {
			panic(newError(shape, "a negative size"))
		}
		if shape[i] > 0 && n > math.MaxInt/shape[i] {
			panic(newError(shape, "more elements than can be counted"))
		}
		x.view.Strides[i] = n
		n *= shape[i]
	}
	x.view.Buf = m.buffer(t, n)
	return x
}

func newError(shape []int, problem string) *ShapeError {
	return &ShapeError{Op: "new", Shapes: [][]int{slices.Clone(shape)}, Problem: problem}
}

func (m *Memory) buffer(t device.DType, n int) device.Buffer {
	if !m.arena {
		return m.backend.Alloc(t, n)
	}
	key := space{t, n}
	var b device.Buffer
	if list := m.free[key]; len(list) > 0 {
		b, m.free[key] = list[len(list)-1], list[:len(list)-1]
	} else {
		b = m.backend.Alloc(t, n)
	}
	m.used = append(m.used, b)
	return b
}

// home is the memory for a result of x and others, which may be nil: an arena if
// one of them is in one.
func home(x *Tensor, others ...*Tensor) *Memory {
	m := x.mem
	for _, y := range others {
		if y != nil && y.mem.arena && !m.arena {
			m = y.mem
		}
	}
	return m
}

// Enter returns x as a tensor of arena m, sharing its data: results computed
// from it live in the arena. Both are on one device.
func (m *Memory) Enter(x *Tensor) *Tensor {
	x.alive()
	if m != x.mem && m.backend != x.mem.backend {
		panic(fmt.Sprintf("tensor: a tensor on one device (%s) cannot enter memory of another (%s); move it with CopyTo", x.mem.backend.Describe(), m.backend.Describe()))
	}
	out := m.header()
	out.typ, out.view = x.typ, x.view
	return out
}

// Of returns a tensor with the given elements in row-major order, which it
// copies: []float32 and []float64 make floats, []uint8 bytes, []int32 ints.
func Of[T float32 | float64 | uint8 | int32](m *Memory, elements []T, shape ...int) *Tensor {
	t := device.Float
	switch any(elements).(type) {
	case []uint8:
		t = device.Byte
	case []int32:
		t = device.Int
	}
	x := m.New(t, shape...)
	if x.Len() != len(elements) {
		panic(&ShapeError{Op: "of", Shapes: [][]int{slices.Clone(shape)}, Problem: fmt.Sprintf("wants %d elements, but %d came", x.Len(), len(elements))})
	}
	if len(elements) > 0 {
		m.backend.Upload(x.view.Buf, elements)
	}
	return x
}

// FromFloats returns a float tensor on the default device.
func FromFloats(elements []float32, shape ...int) *Tensor { return Of(CPU, elements, shape...) }

// FromBytes returns a byte tensor on the default device: images, before they are scaled.
func FromBytes(elements []uint8, shape ...int) *Tensor { return Of(CPU, elements, shape...) }

// FromInts returns an int tensor on the default device: labels, indices.
func FromInts(elements []int32, shape ...int) *Tensor { return Of(CPU, elements, shape...) }

// Full returns a float tensor with every element v.
func (m *Memory) Full(v float64, shape ...int) *Tensor {
	x := m.New(device.Float, shape...)
	x.Fill(v)
	return x
}

// Zeros returns a float tensor of zeros on the default device.
func Zeros(shape ...int) *Tensor { return CPU.Full(0, shape...) }

// Ones returns a float tensor of ones on the default device.
func Ones(shape ...int) *Tensor { return CPU.Full(1, shape...) }

// Scalar returns a float tensor of rank 0.
func (m *Memory) Scalar(v float64) *Tensor { return m.Full(v) }

// Normal returns floats drawn from a normal distribution with mean 0 and the
// given standard deviation. The same generator state gives the same numbers on
// every device.
func (m *Memory) Normal(rng *rand.Rand, std float64, shape ...int) *Tensor {
	return m.draw(func() float64 { return std * rng.NormFloat64() }, shape)
}

// Uniform returns floats drawn evenly from [low, high).
func (m *Memory) Uniform(rng *rand.Rand, low, high float64, shape ...int) *Tensor {
	return m.draw(func() float64 { return low + (high-low)*rng.Float64() }, shape)
}

func (m *Memory) draw(next func() float64, shape []int) *Tensor {
	x := m.New(device.Float, shape...)
	values := make([]float32, x.Len())
	for i := range values {
		values[i] = float32(next())
	}
	if len(values) > 0 {
		m.backend.Upload(x.view.Buf, values)
	}
	return x
}
