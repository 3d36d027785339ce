package onnx

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/device"
	"inkling/tensor"
)

// Every number that 16 bits can stand for stays what it is, and of two neighbours the middle
// goes to the one with the even last digit, what lies beside it to the nearer one.
func TestRound(t *testing.T) {
	for typ, number := range map[Type]func(bits uint16) float64{
		Float16:  half,
		BFloat16: func(bits uint16) float64 { return float64(math.Float32frombits(uint32(bits) << 16)) },
	} {
		for bits := range uint16(1 << 15) {
			v, next := number(bits), number(bits+1)
			for _, sign := range []float64{1, -1} {
				if got := typ.round(sign * v); got != sign*v && !(math.IsNaN(got) && math.IsNaN(v)) {
					t.Fatalf("%v: %v becomes %v", typ, sign*v, got)
				}
			}
			if math.IsInf(next, 0) || !(v < next) {
				continue
			}
			middle, even := (v+next)/2, v
			if bits%2 == 1 {
				even = next
			}
			if below, at, above := typ.round(math.Nextafter(middle, 0)), typ.round(middle), typ.round(math.Nextafter(middle, next)); below != v || at != even || above != next {
				t.Fatalf("%v: about the middle of %v and %v come %v, %v and %v", typ, v, next, below, at, above)
			}
		}
	}
	for _, c := range []struct {
		typ         Type
		v, becoming float64
	}{
		{Float16, 65519, 65504}, {Float16, 65520, math.Inf(1)}, {Float16, -1e30, math.Inf(-1)}, {Float16, 0x1p-24, 0x1p-24}, {Float16, 0x1p-25, 0},
		{BFloat16, 3.3962e38, math.Inf(1)}, {BFloat16, 3.3952e38, 0x1.fep127}, {BFloat16, math.Inf(-1), math.Inf(-1)},
		{Float32, 1e-300, 1e-300},
	} {
		if got := c.typ.round(c.v); got != c.becoming {
			t.Errorf("%v: %v becomes %v, wanted %v", c.typ, c.v, got, c.becoming)
		}
	}
}

// of is a row of numbers as a graph's weight.
func of(name string, typ Type, v ...float64) Tensor {
	data := []byte{}
	for _, x := range v {
		switch {
		case typ == Float32:
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(x)))
		case typ == Double:
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(x))
		default:
			data = append(data, little([]int64{int64(x)}, typ.kind().size)...)
		}
	}
	return Tensor{name, typ, []int64{int64(len(v))}, data}
}

// computed is one operator's answer for given values, the first of which is called "x".
func computed(t *testing.T, op string, gives Type, attributes []Attribute, in ...Tensor) (*tensor.Tensor, error) {
	t.Helper()
	m := graph(op, attributes, in[1:]...)
	m.Graph.Inputs, m.Graph.Weights = nil, in
	m.Graph.Outputs[0].Type = gives
	m, err := Decode(m.bytes())
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSession(m)
	if err != nil {
		return nil, err
	}
	out, err := s.Run(nil)
	return out["y"], err
}

func TestIntegers(t *testing.T) {
	for _, c := range []struct {
		op         string
		typ        Type
		x, y, want []float64
	}{
		{"Add", Uint8, []float64{200, 3}, []float64{100, 4}, []float64{44, 7}},
		{"Sub", Uint8, []float64{3}, []float64{5}, []float64{254}},
		{"Mul", Int8, []float64{100, -11}, []float64{2, 11}, []float64{-56, -121}},
		{"Div", Int8, []float64{-7, 7, -128}, []float64{2, 2, -1}, []float64{-3, 3, -128}},
		{"Add", Int16, []float64{32767}, []float64{1}, []float64{-32768}},
		{"Sub", Uint16, []float64{0}, []float64{1}, []float64{65535}},
		{"Mul", Int64, []float64{-3000}, []float64{2000}, []float64{-6000000}},
		{"Div", Int32, []float64{8388607, -8388607}, []float64{8388606, 2}, []float64{1, -4194303}},
		{"Max", Uint64, []float64{1, 7}, []float64{2, 3}, []float64{2, 7}},
		{"Concat", Int8, []float64{-1}, []float64{5}, []float64{-1, 5}},
	} {
		var attributes []Attribute
		if c.op == "Concat" {
			attributes = []Attribute{number("axis", 0)}
		}
		y, err := computed(t, c.op, c.typ, attributes, of("x", c.typ, c.x...), of("y0", c.typ, c.y...))
		if err != nil {
			t.Errorf("%s of %v: %v", c.op, c.typ, err)
			continue
		}
		if got := y.Float64s(); !slices.Equal(got, c.want) {
			t.Errorf("%s of %v %v and %v is %v, wanted %v", c.op, c.typ, c.x, c.y, got, c.want)
		}
	}
	for want, of2 := range map[string][3]any{
		"below 2^23, and divide by none that is 0":                                   {"Div", of("x", Int32, 3), of("w", Int32, 0)},
		"gives the integer 1.6e+13":                                                  {"Mul", of("x", Int64, 4e6), of("w", Int64, 4e6)},
		"input 1: the integer 8388608; operators compute with integers below 2^23":   {"Add", of("x", Int32, 1), of("w", Int32, 1<<23)},
		"the number -2; integers of 32 bits are read":                                {"Sub", of("x", Uint64, 5), of("w", Uint64, 7)},
		"input 1 is of type int8, and input 0 of type int16":                         {"Add", of("x", Int16, 5), of("w", Int8, 7)},
		`the tensor "w" has the number 4294967295; integers of 32 bits are read`:     {"Add", of("x", Uint32, 5), of("w", Uint32, 1<<32-1)},
		`the tensor "w" has the number 1e+300; double is read as a float of 32 bits`: {"Add", of("x", Double, 5), of("w", Double, 1e300)},
		"is of type int8; wanted real numbers":                                       {"MatMul", of("x", Int8, 5), of("w", Int8, 5)},
	} {
		x, w := of2[1].(Tensor), of2[2].(Tensor)
		y, err := computed(t, of2[0].(string), x.Type, nil, x, w)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("gave %v and said %v, wanted %q", y, err, want)
		}
	}
}

func TestCast(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		from, to Type
		x, want  []float64 // want nil is refused
	}{
		{Int16, Uint8, []float64{300, -1}, []float64{44, 255}},
		{Int32, Int8, []float64{200}, []float64{-56}},
		{Float32, Int32, []float64{3.9, -3.9, 1e9}, []float64{3, -3, 1e9}},
		{Float32, Uint8, []float64{255.5, 0}, []float64{255, 0}},
		{Float32, Uint8, []float64{256}, nil},
		{Float32, Uint64, []float64{-1}, nil},
		{Float32, Int8, []float64{nan}, nil},
		{Float32, Int64, []float64{1e30}, nil},
		{Int32, Float16, []float64{2049, 2051, 70000}, []float64{2048, 2052, math.Inf(1)}},
		{Int32, BFloat16, []float64{1<<24 + 1<<16 + 1}, []float64{1<<24 + 1<<17}},
		{Uint8, Double, []float64{255}, []float64{255}},
		{Double, Float32, []float64{0.1}, []float64{float64(float32(0.1))}},
	} {
		y, err := computed(t, "Cast", c.to, []Attribute{number("to", int64(c.to))}, of("x", c.from, c.x...))
		if c.want == nil {
			if err == nil || !strings.Contains(err.Error(), "which does not have it") {
				t.Errorf("%v as %v is %v, %v", c.x, c.to, y, err)
			}
			continue
		}
		if err != nil || !slices.Equal(y.Float64s(), c.want) {
			t.Errorf("%v of %v as %v is %v, %v; wanted %v", c.from, c.x, c.to, y, err, c.want)
		}
	}
}

// A sum of halves is rounded as a half, and an input that no half can be is refused.
func TestHalves(t *testing.T) {
	m := graph("Add", nil, Tensor{"w", Float16, []int64{1}, []byte{0, 0x3c}}) // 1
	m.Graph.Inputs[0] = Value{"x", Float16, []Dim{{}}}
	m.Graph.Outputs[0].Type = Float16
	s, err := NewSession(m)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Run(map[string]*tensor.Tensor{"x": tensor.FromFloats([]float32{2048, 2050, 0x1p-12}, 3)})
	if err != nil || !slices.Equal(out["y"].Float64s(), []float64{2048, 2052, 1}) {
		t.Errorf("gave %v, %v", out["y"], err)
	}
	for _, x := range []*tensor.Tensor{tensor.FromFloats([]float32{2049}, 1), tensor.FromInts([]int32{1}, 1)} {
		if _, err := s.Run(map[string]*tensor.Tensor{"x": x}); err == nil || !strings.Contains(err.Error(), `"x" is of type float16, and got`) {
			t.Errorf("%v: %v", x, err)
		}
	}
	if x := tensor.FromInts([]int32{128}, 1); x.DType() != device.Int || Int8.has(x) || !Uint16.has(x) {
		t.Error("128 is an int8")
	}
}
