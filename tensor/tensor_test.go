package tensor_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/device"
	"inkling/device/ref"
	"inkling/tensor"
)

// onBoth runs a test on the default device and on the reference.
func onBoth(t *testing.T, f func(t *testing.T, mem *tensor.Memory)) {
	t.Run("cpu", func(t *testing.T) { f(t, tensor.CPU) })
	t.Run("ref", func(t *testing.T) { f(t, tensor.On(ref.New())) })
}

// count returns a tensor with the elements 0, 1, 2, ...
func count(mem *tensor.Memory, shape ...int) *tensor.Tensor {
	x := mem.New(device.Float, shape...)
	values := make([]float64, x.Len())
	for i := range values {
		values[i] = float64(i)
	}
	return tensor.Of(mem, values, shape...)
}

func of(mem *tensor.Memory, values ...float64) *tensor.Tensor {
	return tensor.Of(mem, values, len(values))
}

// want compares shape and elements; NaN equals NaN.
func want(t *testing.T, x *tensor.Tensor, shape []int, values ...float64) {
	t.Helper()
	if !slices.Equal(x.Shape(), shape) {
		t.Errorf("shape %v, want %v", x.Shape(), shape)
		return
	}
	got := x.Float64s()
	for i, v := range values {
		if i >= len(got) || math.Abs(got[i]-v) > 1e-6*max(1, math.Abs(v)) || math.IsNaN(got[i]) != math.IsNaN(v) {
			t.Errorf("elements %v, want %v", got, values)
			return
		}
	}
}

// said returns what f panics with, as text; "" if it does not.
func said(f func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(r)
		}
	}()
	f()
	return ""
}

// shapeSaid is said for a panic that must be a *tensor.ShapeError.
func shapeSaid(t *testing.T, f func()) (text string) {
	t.Helper()
	defer func() {
		r := recover()
		e, ok := r.(*tensor.ShapeError)
		if !ok {
			t.Errorf("got %v, want a panic with a *tensor.ShapeError", r)
			return
		}
		text = e.Error()
	}()
	f()
	return ""
}

func TestSetItemAt(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		x := mem.Full(0, 2, 3)
		tensor.Set(x, []float32{1, 2, 3, 4, 5, 6})
		want(t, x, []int{2, 3}, 1, 2, 3, 4, 5, 6)
		tensor.Set(x.T(), []float64{1, 2, 3, 4, 5, 6})
		want(t, x, []int{2, 3}, 1, 3, 5, 2, 4, 6)
		if got := x.At(1, 2); got != 6 {
			t.Errorf("At(1, 2) is %v, want 6", got)
		}
		if got := x.T().At(2, 0); got != 5 {
			t.Errorf("At(2, 0) of the transpose is %v, want 5", got)
		}
		if got := mem.Scalar(0.5).At(); got != 0.5 {
			t.Errorf("At() of a scalar is %v", got)
		}
		if got := mem.Full(7, 1, 1, 1).Item(); got != 7 {
			t.Errorf("Item of (1, 1, 1) is %v", got)
		}
	})
	x := tensor.Zeros(2, 3)
	for text, f := range map[string]func(){
		"[item] (2, 3): wants exactly one element; reduce it first, with Sum or Mean": func() { x.Item() },
		"[at] (2, 3): 1 indices for 2 axes":                                           func() { x.At(1) },
		"[index] (2, 3): axis 0 has no element 2":                                     func() { x.At(2, 0) },
		"[index] (3,): axis 0 has no element -1":                                      func() { x.At(1, -1) },
		"[set] (2, 3): 2 elements came":                                               func() { tensor.Set(x, []float32{1, 2}) },
		"[dim] (2, 3): has no axis 2; axes run from -2 to 1":                          func() { x.Dim(2) },
		"[of] (2, 3): wants 6 elements, but 1 came":                                   func() { tensor.FromFloats([]float32{1}, 2, 3) },
		"[new] (2, -1): a negative size":                                              func() { tensor.Zeros(2, -1) },
		"[new] (4294967296, 4294967296): more elements than can be counted":           func() { tensor.Zeros(1<<32, 1<<32) },
		"[new] (1, 1, 1, 1, 1, 1, 1, 1, 1): 9 axes; at most 8 are possible":           func() { tensor.Zeros(1, 1, 1, 1, 1, 1, 1, 1, 1) },
	} {
		if got := shapeSaid(t, f); got != text {
			t.Errorf("said\n%s\nwant\n%s", got, text)
		}
	}
}

func TestTypesDoNotMixInSilence(t *testing.T) {
	floats, bytes, ints := tensor.Ones(2), tensor.FromBytes([]uint8{7, 255}, 2), tensor.FromInts([]int32{-3, 4}, 2)
	want(t, bytes.Float(), []int{2}, 7, 255)
	want(t, ints.Float(), []int{2}, -3, 4)
	want(t, bytes, []int{2}, 7, 255)
	if floats.Float() != floats {
		t.Error("Float of floats is a copy")
	}
	if got := bytes.Reshape(2, 1).T().Bytes(); !slices.Equal(got, []uint8{7, 255}) {
		t.Errorf("Bytes are %v", got)
	}
	if got := tensor.FromInts([]int32{1, 2, 3, 4}, 2, 2).T().Ints(); !slices.Equal(got, []int32{1, 3, 2, 4}) {
		t.Errorf("Ints of a transpose are %v", got)
	}
	if got := tensor.FromBytes([]uint8{1, 2, 3, 4}, 2, 2).T().Bytes(); !slices.Equal(got, []uint8{1, 3, 2, 4}) {
		t.Errorf("Bytes of a transpose are %v", got)
	}
	for text, f := range map[string]func(){
		"arithmetic wants floats; convert with Float()": func() { floats.Add(bytes) },
		"[fill] of byte":                                   func() { bytes.Fill(1) },
		"[bytes] of a tensor of type float":                func() { floats.Bytes() },
		"[ints] of a tensor of type byte":                  func() { bytes.Ints() },
		"[copy-from] float into byte":                      func() { bytes.CopyFrom(floats) },
		"[gather] of ints into floats":                     func() { ints.GatherFloat(ints, 1) },
		"on another (float64, plain loops, one goroutine)": func() { floats.Add(tensor.On(ref.New()).Full(1, 2)) },
		"cannot enter memory of another (float64":          func() { tensor.On(ref.New()).Enter(floats) },
	} {
		if got := said(f); !strings.Contains(got, text) {
			t.Errorf("said %q, want something with %q", got, text)
		}
	}
}

func TestInPlace(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		x := count(mem, 2, 3)
		x.AddScaled(of(mem, 1, 10, 100), -2)
		want(t, x, []int{2, 3}, -2, -19, -198, 1, -16, -195)
		x.Index(0, 1).Fill(5)
		want(t, x, []int{2, 3}, -2, -19, -198, 5, 5, 5)
		x.CopyFrom(mem.Scalar(1))
		want(t, x, []int{2, 3}, 1, 1, 1, 1, 1, 1)
		x.CopyFrom(tensor.Of(mem, []uint8{1, 2, 3}, 3))
		want(t, x, []int{2, 3}, 1, 2, 3, 1, 2, 3)

		// A source that is another view of the target is read as it was before.
		s := count(mem, 3, 3)
		s.AddScaled(s.T(), 1)
		want(t, s, []int{3, 3}, 0, 4, 8, 4, 8, 12, 8, 12, 16)
		s = count(mem, 2, 2)
		s.CopyFrom(s.T())
		want(t, s, []int{2, 2}, 0, 2, 1, 3)

		wide := mem.Full(0, 3).BroadcastTo(2, 3)
		for _, f := range []func(){func() { wide.Fill(1) }, func() { wide.AddScaled(x, 1) }, func() { wide.CopyFrom(x) }} {
			if got := shapeSaid(t, f); !strings.Contains(got, "(2, 3): axis 0 only repeats one element, and cannot be written to; Clone it first") {
				t.Errorf("writing to a broadcast said %q", got)
			}
		}
	})
}

func TestCopyToAnotherDevice(t *testing.T) {
	there := tensor.On(ref.New())
	want(t, count(tensor.CPU, 2, 3).T().CopyTo(there).Add(there.Scalar(1)), []int{3, 2}, 1, 4, 2, 5, 3, 6)
	if got := tensor.FromInts([]int32{1, 2}, 2).CopyTo(there).Ints(); !slices.Equal(got, []int32{1, 2}) {
		t.Errorf("ints became %v", got)
	}
	if got := tensor.FromBytes([]uint8{1, 2}, 2).CopyTo(there).Bytes(); !slices.Equal(got, []uint8{1, 2}) {
		t.Errorf("bytes became %v", got)
	}
	want(t, tensor.Zeros(0, 2).CopyTo(there), []int{0, 2})
}

// The elementwise functions, at values that matter.
func TestElementwise(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		x, y := of(mem, -2, 0, 0.5, 3), of(mem, 1, 0, 0.5, -4)
		for _, c := range []struct {
			name string
			got  *tensor.Tensor
			want []float64
		}{
			{"add", x.Add(y), []float64{-1, 0, 1, -1}},
			{"sub", x.Sub(y), []float64{-3, 0, 0, 7}},
			{"mul", x.Mul(y), []float64{-2, 0, 0.25, -12}},
			{"div", x.Div(y), []float64{-2, nan, 1, -0.75}},
			{"maximum", x.Maximum(y), []float64{1, 0, 0.5, 3}},
			{"minimum", x.Minimum(y), []float64{-2, 0, 0.5, -4}},
			{"equal", x.Equal(y), []float64{0, 1, 1, 0}},
			{"greater", x.Greater(y), []float64{0, 0, 0, 1}},
			{"affine", x.Affine(2, 1), []float64{-3, 1, 2, 7}},
			{"neg", x.Neg(), []float64{2, 0, -0.5, -3}},
			{"abs", x.Abs(), []float64{2, 0, 0.5, 3}},
			{"square", x.Square(), []float64{4, 0, 0.25, 9}},
			{"sqrt", of(mem, 4, 0, 2, -1).Sqrt(), []float64{2, 0, math.Sqrt2, nan}},
			{"exp", x.Exp(), []float64{math.Exp(-2), 1, math.Exp(0.5), math.Exp(3)}},
			{"log", of(mem, 1, math.E, 0.5, nan).Log(), []float64{0, 1, math.Log(0.5), nan}},
			{"sigmoid", of(mem, 0, 1e4, -1e4, nan).Sigmoid(), []float64{0.5, 1, 0, nan}},
			{"tanh", of(mem, 0, 1e4, -1e4, 1).Tanh(), []float64{0, 1, -1, math.Tanh(1)}},
			{"relu", of(mem, -1, 0, 2, nan).ReLU(), []float64{0, 0, 2, nan}},
			{"sign", of(mem, -inf, 0, 2, nan).Sign(), []float64{-1, 0, 1, nan}},
		} {
			t.Run(c.name, func(t *testing.T) { want(t, c.got, []int{4}, c.want...) })
		}
		if got := of(mem, 0).Log().Item(); got != -inf {
			t.Errorf("log 0 is %v", got)
		}
		if got := of(mem, 1000).Exp().Item(); mem == tensor.CPU && got != inf {
			t.Errorf("exp 1000 is %v", got)
		}
	})
}
