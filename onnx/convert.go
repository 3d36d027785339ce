package onnx

import (
	"fmt"
	"math"

	"inkling/device"
	"inkling/tensor"
)

// exact is where sums, products and quotients of integers are still right as float32: the
// operands and the result are below it.
const exact = 1 << 23

// exactly are integers as floats.
func exactly(x *tensor.Tensor) (*tensor.Tensor, error) {
	if x.DType() == device.Int {
		for _, v := range x.Ints() {
			if v <= -exact || v >= exact {
				return nil, fmt.Errorf("the integer %d; operators compute with integers below 2^23", v)
			}
		}
	}
	return x.Float(), nil
}

// hold brings what an operator computed with floats to the type that the format gives to
// it. Of a quotient of integers that is its whole part; what is too large for them goes
// around.
func (t Type) hold(x *tensor.Tensor) (*tensor.Tensor, error) {
	switch {
	case x.DType() != device.Float || t == Float32 || t == Double:
		return x, nil
	case !t.integer():
		v := x.Float64s()
		for i := range v {
			v[i] = t.round(v[i])
		}
		return tensor.Of(tensor.CPU, v, x.Shape()...), nil
	}
	whole := make([]int64, 0, x.Len())
	for _, v := range x.Float64s() {
		if !(math.Abs(v) < exact) {
			return nil, fmt.Errorf("gives the integer %.3g; operators compute with integers below 2^23, and divide by none that is 0", v)
		}
		whole = append(whole, t.wrap(int64(v)))
	}
	return t.keep(whole, x.Shape())
}

// cast rounds to the nearest number of a type with 16 bits, and towards 0 to an integer.
// Integers keep their last bits, as the format wants it; a real number that the type has
// not is refused, where the format leaves open what it becomes.
func cast(c call) (*tensor.Tensor, error) {
	x, to := c.in[0], Type(c.int("to", 0))
	if to == Float32 || to == Double {
		return x.Float(), nil
	}
	var v []float64
	switch x.DType() {
	case device.Int: // which float32 has not all of
		for _, n := range x.Ints() {
			v = append(v, float64(n))
		}
	default:
		v = x.Float64s()
	}
	if !to.integer() {
		for i := range v {
			v[i] = to.round(v[i])
		}
		return tensor.Of(tensor.CPU, v, x.Shape()...), nil
	}
	whole := make([]int64, len(v))
	for i, r := range v {
		whole[i] = to.wrap(int64(r))
		if x.DType() == device.Float && (float64(whole[i]) != math.Trunc(r) || whole[i] < 0 && to.kind().unsigned) {
			return nil, fmt.Errorf("the number %v to type %v, which does not have it", r, to)
		}
	}
	return to.keep(whole, x.Shape())
}

// infer says what types a node gives: that of its first input, but for a cast and the
// places that a pool chose.
func (s *Session) infer(n *Node) error {
	op := operators[n.Op]
	typ := s.types[n.Inputs[0]]
	for i, name := range n.Inputs {
		switch t := s.types[name]; {
		case name == "" || op.takes(i):
		case t != typ:
			return fmt.Errorf("input %d is of type %v, and input 0 of type %v", i, t, typ)
		case t.integer() && op.integers == refused:
			return fmt.Errorf("input %d is of type %v; wanted real numbers", i, t)
		}
	}
	if n.Op == "Cast" {
		for _, a := range n.Attributes {
			typ = Type(a.Int)
		}
		if !typ.read() {
			return fmt.Errorf("to type %v, which is not read", typ)
		}
	}
	for i, name := range n.Outputs {
		if s.types[name] = typ; i > 0 {
			s.types[name] = Int64
		}
	}
	return nil
}
