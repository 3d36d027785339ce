package safetensors

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func bytesOf(v any) []byte {
	b, err := binary.Append(nil, binary.LittleEndian, v)
	if err != nil {
		panic(err)
	}
	return b
}

// Every half, against the definition: (-1)^s x 2^(e-15) x 1.f, or 2^-14 x 0.f.
func TestEveryHalf(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		s, e, f := 1-2*float64(h>>15), int(h>>10&31), float64(h&1023)/1024
		want := s * math.Ldexp(1+f, e-15)
		switch {
		case e == 0:
			want = math.Copysign(math.Ldexp(f, -14), s)
		case e == 31 && f == 0:
			want = math.Inf(int(s))
		case e == 31:
			want = math.NaN()
		}
		got := float64(fromF16(h))
		if math.IsNaN(want) != math.IsNaN(got) || !math.IsNaN(want) && math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("half %#04x: got %g, wanted %g", h, got, want)
		}
	}
}

func TestFloat32s(t *testing.T) {
	inf := float32(math.Inf(1))
	want := []float32{1, -2.5, 0, inf}
	for dtype, data := range map[string]any{
		"F16":  []uint16{0x3c00, 0xc100, 0, 0x7c00},
		"BF16": []uint16{0x3f80, 0xc020, 0, 0x7f80},
		"F32":  want,
		"F64":  []float64{1, -2.5, 1e-300, math.Inf(1)},
	} {
		x := Tensor{"w", dtype, []int{2, 2}, bytesOf(data)}
		if got, err := Float32s(x); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, error %v", dtype, got, err)
		}
		x.Data = x.Data[1:]
		if _, err := Float32s(x); err == nil || !strings.Contains(err.Error(), "bytes of data") {
			t.Errorf("%s with a byte too few: error %v", dtype, err)
		}
	}
	for want, x := range map[string]Tensor{
		"element [0, 1] is 1e+300, which a float32 cannot hold": {"w", "F64", []int{1, 2}, bytesOf([]float64{1, 1e300})},
		`is of type "I32", wanted F32`:                          {"w", "I32", []int{1}, make([]byte, 4)},
	} {
		if _, err := Float32s(x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, wanted %q", err, want)
		}
	}
}

func TestInts(t *testing.T) {
	roundTrip[int8](t, "I8", math.MinInt8, math.MaxInt8)
	roundTrip[int16](t, "I16", math.MinInt16, math.MaxInt16)
	roundTrip[int32](t, "I32", math.MinInt32, math.MaxInt32)
	roundTrip[int64](t, "I64", math.MinInt64, math.MaxInt64)
	roundTrip[uint8](t, "U8", 0, math.MaxUint8)
	roundTrip[uint16](t, "U16", 0, math.MaxUint16)
	roundTrip[uint32](t, "U32", 0, math.MaxUint32)
	roundTrip[uint64](t, "U64", 0, math.MaxUint64)

	if got, err := Ints[int64](FromInts("x", []int{2}, []uint8{7, 255})); err != nil || !slices.Equal(got, []int64{7, 255}) {
		t.Errorf("U8 as int64: got %v, error %v", got, err)
	}
	_, err := Ints[uint8](FromInts("x", []int{2}, []int32{7, 256}))
	cannotHold(t, err, "element [1] is 256, which uint8 cannot hold")
	_, err = Ints[uint64](FromInts("x", []int{1}, []int64{-1}))
	cannotHold(t, err, "is -1, which uint64 cannot hold")
	_, err = Ints[int64](FromInts("x", []int{1}, []uint64{math.MaxUint64}))
	cannotHold(t, err, "is 18446744073709551615, which int64 cannot hold")
	_, err = Ints[int64](FromFloat32s("x", nil, []float32{1}))
	cannotHold(t, err, "wanted integers")
}

func roundTrip[T Integer](t *testing.T, dtype string, v ...T) {
	x := FromInts("x", []int{len(v)}, v)
	got, err := Ints[T](x)
	if x.DType != dtype || err != nil || !slices.Equal(got, v) {
		t.Errorf("%s of %s: got %v, error %v, wanted %v", x.DType, dtype, got, err, v)
	}
}

func cannotHold(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, wanted %q in it", err, want)
	}
}

func TestFromFloat32sPanics(t *testing.T) {
	for _, shape := range [][]int{{3}, {}, {2, 0}, {-1, -2}, {math.MaxInt, math.MaxInt}} {
		func() {
			defer func() {
				err, _ := recover().(error)
				if want := (*ShapeError)(nil); !errors.As(err, &want) {
					t.Errorf("shape %v: panic %v, wanted a *ShapeError", shape, err)
				}
			}()
			FromFloat32s("w", shape, []float32{1, 2})
		}()
	}
}

func TestCheckFinite(t *testing.T) {
	for _, c := range []struct {
		dtype string
		data  []byte
		ok    bool
	}{
		{"F32", bytesOf([]float32{math.MaxFloat32, -math.MaxFloat32}), true},
		{"F32", bytesOf([]float32{0, float32(math.Inf(1))}), false},
		{"F32", bytesOf([]float32{0, float32(math.Inf(-1))}), false},
		{"F32", bytesOf([]float32{0, float32(math.NaN())}), false},
		{"F64", bytesOf([]float64{0, -math.MaxFloat64}), true},
		{"F64", bytesOf([]float64{0, math.NaN()}), false},
		{"F16", bytesOf([]uint16{0, 0x7bff}), true},
		{"F16", bytesOf([]uint16{0, 0xfc00}), false},
		{"BF16", bytesOf([]uint16{0, 0x7f7f}), true},
		{"BF16", bytesOf([]uint16{0, 0x7fc1}), false},
		{"C64", bytesOf([]float32{0, 0, 1, 1}), true},
		{"C64", bytesOf([]float32{0, 0, 1, float32(math.NaN())}), false},
		{"F8_E4M3", []byte{0, 0x7e}, true}, // 448, the largest
		{"F8_E4M3", []byte{0, 0xff}, false},
		{"F8_E5M2", []byte{0, 0x7b}, true},
		{"F8_E5M2", []byte{0, 0xfc}, false},
		{"F8_E8M0", []byte{0, 0xfe}, true},
		{"F8_E8M0", []byte{0, 0xff}, false},
		{"I32", bytesOf([]int32{0, -1}), true},
	} {
		f := &File{Tensors: []Tensor{{"conv.weight", c.dtype, []int{1, 2}, c.data}}, Path: "m.safetensors"}
		err := f.CheckFinite()
		if c.ok != (err == nil) {
			t.Errorf("%s %x: error %v", c.dtype, c.data, err)
		}
		if !c.ok && !strings.HasPrefix(err.Error(), `m.safetensors: tensor "conv.weight": element [0, 1] is NaN or infinite`) {
			t.Error(err)
		}
	}
}

func TestMatch(t *testing.T) {
	f := &File{Path: "m.safetensors", Tensors: []Tensor{
		FromFloat32s("fc.weight", []int{2, 1}, []float32{1, 2}),
		FromInts("step", nil, []int64{1}),
		FromInts("../../x", []int{1}, []uint8{1}),
	}}
	if err := f.Match([]Spec{{"../../x", "U8", []int{1}}, {"step", "", nil}, {"fc.weight", "F32", []int{2, 1}}}); err != nil {
		t.Error(err)
	}
	err := f.Match([]Spec{
		{"fc.weight", "F32", []int{1, 2}},
		{"fc.bias", "", []int{2}},
		{"step", "I32", nil},
	})
	want := `m.safetensors: the tensors are not those of the model, which has 3; was the file saved from another one? ` +
		`"fc.weight" is F32 [2, 1], wanted F32 [1, 2]; "fc.bias" is missing, wanted [2]; ` +
		`"step" is I64 [], wanted I32 []; "../../x" is extra, U8 [1]`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}

	f.Tensors = make([]Tensor, 1500)
	if err := f.Match(nil); !strings.HasSuffix(err.Error(), "; and 500 more") {
		t.Error("not limited")
	}
}
