package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Integer is a type of whole numbers that the format has.
type Integer interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
}

// ShapeError is the panic of a call with a shape that does not fit the values.
type ShapeError struct {
	Name   string
	Shape  []int
	Values int
}

func (e *ShapeError) Error() string {
	return fmt.Sprintf("safetensors: tensor %s: %d values do not fill the shape %s", quote(e.Name), e.Values, list(e.Shape))
}

// FromFloat32s returns an F32 tensor with a copy of v. It panics with a
// *ShapeError if shape does not hold exactly that many values.
func FromFloat32s(name string, shape []int, v []float32) Tensor {
	return encode(name, "F32", shape, v)
}

// FromInts returns a tensor of the matching type (I32 for int32) with a copy
// of v. It panics with a *ShapeError if shape does not hold that many values.
func FromInts[T Integer](name string, shape []int, v []T) Tensor {
	var zero T
	dtype := map[string]string{
		"int8": "I8", "int16": "I16", "int32": "I32", "int64": "I64",
		"uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64",
	}[fmt.Sprintf("%T", zero)]
	return encode(name, dtype, shape, v)
}

func encode[T Integer | float32](name, dtype string, shape []int, v []T) Tensor {
	t := Tensor{Name: name, DType: dtype, Shape: append([]int{}, shape...)}
	d, want, err := t.layout()
	if err != nil || want != int64(len(v))*int64(d.size) {
		panic(&ShapeError{name, t.Shape, len(v)})
	}
	t.Data, err = binary.Append(make([]byte, 0, want), binary.LittleEndian, v)
	if err != nil {
		panic(err) // not for these types
	}
	return t
}

func decode[T Integer | float32 | float64](t Tensor) ([]T, error) {
	d, err := t.check()
	if err != nil {
		return nil, err
	}
	v := make([]T, len(t.Data)/d.size)
	if _, err := binary.Decode(t.Data, binary.LittleEndian, v); err != nil {
		return nil, fmt.Errorf("tensor %s: %w", quote(t.Name), err)
	}
	return v, nil
}

// Float32s returns the numbers of an F32, F16, BF16 or F64 tensor, the last
// rounded. NaN and infinities pass, see CheckFinite; an F64 that only becomes
// infinite by rounding is an error.
func Float32s(t Tensor) ([]float32, error) {
	switch t.DType {
	case "F32":
		return decode[float32](t)
	case "F16":
		return widen(t, fromF16)
	case "BF16":
		return widen(t, func(h uint16) float32 { return math.Float32frombits(uint32(h) << 16) })
	case "F64":
		wide, err := decode[float64](t)
		if err != nil {
			return nil, err
		}
		v := make([]float32, len(wide))
		for i, x := range wide {
			v[i] = float32(x)
			if math.IsInf(float64(v[i]), 0) && !math.IsInf(x, 0) {
				return nil, fmt.Errorf("tensor %s: element %s is %g, which a float32 cannot hold", quote(t.Name), list(position(i, t.Shape)), x)
			}
		}
		return v, nil
	}
	return nil, fmt.Errorf("tensor %s: is of type %s, wanted F32, F16, BF16 or F64", quote(t.Name), quote(t.DType))
}

func widen(t Tensor, convert func(uint16) float32) ([]float32, error) {
	halves, err := decode[uint16](t)
	if err != nil {
		return nil, err
	}
	v := make([]float32, len(halves))
	for i, h := range halves {
		v[i] = convert(h)
	}
	return v, nil
}

// fromF16 reads an IEEE 754 half: 1 bit of sign, 5 of exponent, 10 of
// fraction. Every one is a float32 exactly.
func fromF16(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0: // zero or subnormal: fraction x 2^-24
		return math.Float32frombits(math.Float32bits(float32(fraction)*0x1p-24) | sign)
	case 0x1f: // NaN or infinite
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	default: // the bias grows from 15 to 127
		return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
	}
}

// Ints returns the numbers of a tensor of any integer type, or an error that
// names the first one that T cannot hold.
func Ints[T Integer](t Tensor) ([]T, error) {
	switch t.DType {
	case "I8":
		return narrow[T, int8](t)
	case "I16":
		return narrow[T, int16](t)
	case "I32":
		return narrow[T, int32](t)
	case "I64":
		return narrow[T, int64](t)
	case "U8":
		return narrow[T, uint8](t)
	case "U16":
		return narrow[T, uint16](t)
	case "U32":
		return narrow[T, uint32](t)
	case "U64":
		return narrow[T, uint64](t)
	}
	return nil, fmt.Errorf("tensor %s: is of type %s, wanted integers", quote(t.Name), quote(t.DType))
}

func narrow[T, S Integer](t Tensor) ([]T, error) {
	stored, err := decode[S](t)
	if err != nil {
		return nil, err
	}
	v := make([]T, len(stored))
	for i, s := range stored {
		v[i] = T(s)
		if S(v[i]) != s || (v[i] < 0) != (s < 0) {
			return nil, fmt.Errorf("tensor %s: element %s is %d, which %T cannot hold", quote(t.Name), list(position(i, t.Shape)), s, v[i])
		}
	}
	return v, nil
}
