package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a message as it lies in the file.
type field struct {
	number protowire.Number
	wire   protowire.Type
	value  uint64 // of a number
	bytes  []byte // of anything else
}

// fields calls each with the fields of a message, one after another. No field reaches
// beyond the message that it is in.
func fields(b []byte, each func(field) error) error {
	for len(b) > 0 {
		number, wire, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		f := field{number: number, wire: wire}
		switch wire {
		case protowire.VarintType:
			f.value, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.value = uint64(v)
		case protowire.Fixed64Type:
			f.value, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default: // groups nest, and the format has none
			return fmt.Errorf("field %d is of wire type %d", number, wire)
		}
		if n < 0 {
			return fmt.Errorf("field %d: %w", number, protowire.ParseError(n))
		}
		b = b[n:]
		if err := each(f); err != nil {
			return err
		}
	}
	return nil
}

// named puts a place before an error.
func named(err error, what string, number protowire.Number) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s, field %d: %w", what, number, err)
}

var errWire = errors.New("is not of the type that it should be")

func (f field) int() (int64, error) {
	if f.wire != protowire.VarintType {
		return 0, errWire
	}
	return int64(f.value), nil
}

func (f field) fixed32() (uint32, error) {
	if f.wire != protowire.Fixed32Type {
		return 0, errWire
	}
	return uint32(f.value), nil
}

func (f field) raw() ([]byte, error) {
	if f.wire != protowire.BytesType {
		return nil, errWire
	}
	return f.bytes, nil
}

func (f field) text() (string, error) {
	b, err := f.raw()
	if err == nil && !utf8.Valid(b) {
		err = errors.New("is not UTF-8")
	}
	return string(b), err
}

func (f field) message(each func(field) error) error {
	b, err := f.raw()
	if err != nil {
		return err
	}
	return fields(b, each)
}

// entry reads a key and a value.
func (f field) entry() (key, value string, err error) {
	err = f.message(func(f field) (err error) {
		switch f.number {
		case 1:
			key, err = f.text()
		case 2:
			value, err = f.text()
		}
		return err
	})
	return key, value, err
}

// ints appends the numbers of a repeated field, one alone or packed.
func (f field) ints(to *[]int64) error {
	if f.wire == protowire.VarintType {
		*to = append(*to, int64(f.value))
		return nil
	}
	b, err := f.raw()
	for len(b) > 0 && err == nil {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		*to, b = append(*to, int64(v)), b[n:]
	}
	return err
}

func (f field) floats(to *[]float32) error {
	if f.wire == protowire.Fixed32Type {
		*to = append(*to, math.Float32frombits(uint32(f.value)))
		return nil
	}
	b, err := f.raw()
	for len(b) > 0 && err == nil {
		v, n := protowire.ConsumeFixed32(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		*to, b = append(*to, math.Float32frombits(v)), b[n:]
	}
	return err
}

// doubles appends the bytes of a repeated field, which lie as they are kept.
func (f field) doubles(to *[]byte) error {
	if f.wire == protowire.Fixed64Type {
		*to = binary.LittleEndian.AppendUint64(*to, f.value)
		return nil
	}
	b, err := f.raw()
	*to = append(*to, b...)
	return err
}
