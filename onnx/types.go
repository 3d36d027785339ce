package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"inkling/device"
	"inkling/tensor"
)

// Type is the type of a tensor's elements, by the format's numbers.
type Type int32

// The types of elements that are read; of the others only the name is known. Export
// writes Float32, Uint8 and Int64.
const (
	Float32  Type = 1
	Uint8    Type = 2
	Int8     Type = 3
	Uint16   Type = 4
	Int16    Type = 5
	Int32    Type = 6
	Int64    Type = 7
	Float16  Type = 10
	Double   Type = 11
	Uint32   Type = 12
	Uint64   Type = 13
	BFloat16 Type = 16
)

// kind is what is known of a type: the bytes of an element, 0 where it is not read, and
// what a tensor has them as. unsigned is of integers.
type kind struct {
	name     string
	size     int
	as       device.DType
	unsigned bool
}

var kinds = [...]kind{
	{name: "undefined"},
	{"float", 4, device.Float, false},
	{"uint8", 1, device.Byte, true},
	{"int8", 1, device.Int, false},
	{"uint16", 2, device.Int, true},
	{"int16", 2, device.Int, false},
	{"int32", 4, device.Int, false},
	{"int64", 8, device.Int, false},
	{name: "string"},
	{name: "bool"},
	{"float16", 2, device.Float, false},
	{"double", 8, device.Float, false},
	{"uint32", 4, device.Int, true},
	{"uint64", 8, device.Int, true},
	{name: "complex64"},
	{name: "complex128"},
	{"bfloat16", 2, device.Float, false},
}

func (t Type) kind() kind {
	if t >= 0 && int(t) < len(kinds) {
		return kinds[t]
	}
	return kind{name: fmt.Sprintf("type %d", int32(t))}
}

func (t Type) String() string { return t.kind().name }

func (t Type) read() bool { return t.kind().size > 0 }

func (t Type) integer() bool { return t.read() && t.kind().as != device.Float }

// wrap is v as the type's bits hold it: the last ones, with a sign or without.
func (t Type) wrap(v int64) int64 {
	k := t.kind()
	past := 64 - 8*k.size
	if k.unsigned && past > 0 {
		return int64(uint64(v) << past >> past)
	}
	return v << past >> past
}

// round is the number of the type that is nearest to v, the even one of two: a type of 16
// bits has 11 or 8 digits, fewer where the exponent would be below its least, and none
// above the greatest.
func (t Type) round(v float64) float64 {
	digits, least, greatest := 11, -14, 65504.0
	switch t {
	case Float16:
	case BFloat16:
		digits, least, greatest = 8, -126, 0x1.fep127
	default:
		return v
	}
	_, e := math.Frexp(v) // |v| is in [2^(e-1), 2^e)
	step := math.Ldexp(1, max(e-1, least)-digits+1)
	if r := math.RoundToEven(v/step) * step; math.Abs(r) <= greatest {
		return r
	}
	return v * math.Inf(1) // beyond the greatest, and NaN
}

// half is the number that the bits of a float16 stand for.
func half(bits uint16) float64 {
	sign, e, digits := 1-2*float64(bits>>15), int(bits>>10&31), float64(bits&1023)
	switch {
	case e == 31 && digits > 0:
		return math.NaN()
	case e == 31:
		return math.Inf(int(sign))
	case e == 0:
		return sign * digits * 0x1p-24
	}
	return sign * math.Ldexp(1024+digits, e-25)
}

// tensor brings a weight onto the default device, as Run describes.
func (t *Tensor) tensor() (*tensor.Tensor, error) {
	if len(t.Dims) > device.MaxRank {
		return nil, fmt.Errorf("the tensor %q has %d axes; %d are read", t.Name, len(t.Dims), device.MaxRank)
	}
	shape := make([]int, len(t.Dims))
	for i, d := range t.Dims {
		shape[i] = int(d)
	}
	size := t.Type.kind().size
	if size == 0 {
		return nil, fmt.Errorf("the tensor %q is of type %v, which is not read", t.Name, t.Type)
	}
	if t.Type.integer() {
		whole := make([]int64, 0, len(t.Data)/size)
		for one := range slices.Chunk(t.Data, size) {
			var eight [8]byte
			copy(eight[:], one)
			whole = append(whole, t.Type.wrap(int64(binary.LittleEndian.Uint64(eight[:]))))
		}
		x, err := t.Type.keep(whole, shape)
		if err != nil {
			return nil, fmt.Errorf("the tensor %q has %w", t.Name, err)
		}
		return x, nil
	}
	v := make([]float32, 0, len(t.Data)/size)
	for one := range slices.Chunk(t.Data, size) {
		switch t.Type {
		case Float32:
			v = append(v, math.Float32frombits(binary.LittleEndian.Uint32(one)))
		case Float16:
			v = append(v, float32(half(binary.LittleEndian.Uint16(one))))
		case BFloat16: // the upper half of a float32
			v = append(v, math.Float32frombits(uint32(binary.LittleEndian.Uint16(one))<<16))
		case Double:
			d := math.Float64frombits(binary.LittleEndian.Uint64(one))
			if math.Abs(d) > math.MaxFloat32 && !math.IsInf(d, 0) {
				return nil, fmt.Errorf("the tensor %q has the number %v; double is read as a float of 32 bits", t.Name, d)
			}
			v = append(v, float32(d))
		}
	}
	return tensor.FromFloats(v, shape...), nil
}

// keep makes a tensor of integers that the type has.
func (t Type) keep(v []int64, shape []int) (*tensor.Tensor, error) {
	if t == Uint8 {
		b := make([]uint8, len(v))
		for i, x := range v {
			b[i] = uint8(x)
		}
		return tensor.FromBytes(b, shape...), nil
	}
	short := make([]int32, len(v))
	for i, x := range v {
		if short[i] = int32(x); int64(short[i]) != x || x < 0 && t.kind().unsigned {
			return nil, fmt.Errorf("the number %d; integers of 32 bits are read", x)
		}
	}
	return tensor.FromInts(short, shape...), nil
}

// has reports whether the type has all numbers of x, which is of the DType for it.
func (t Type) has(x *tensor.Tensor) bool {
	switch t {
	case Float32, Double, Uint8, Int32, Int64: // as many as their DType, or more
		return true
	case Float16, BFloat16:
		return !slices.ContainsFunc(x.Float64s(), func(v float64) bool { return t.round(v) != v && !math.IsNaN(v) })
	}
	return !slices.ContainsFunc(x.Ints(), func(v int32) bool { return t.wrap(int64(v)) != int64(v) })
}
