package tensor_test

import (
	"slices"
	"testing"

	"inkling/tensor"
)

// A view shows the same memory: what is written to one is read from the other.
func TestViewsShareMemory(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		for _, c := range []struct {
			name  string
			view  func(x *tensor.Tensor) *tensor.Tensor
			shape []int
			shows []float64
		}{
			{"reshape", func(x *tensor.Tensor) *tensor.Tensor { return x.Reshape(4, -1) }, []int{4, 6}, nil},
			{"reshape to a vector", func(x *tensor.Tensor) *tensor.Tensor { return x.Reshape(-1) }, []int{24}, nil},
			{"transpose", func(x *tensor.Tensor) *tensor.Tensor { return x.Transpose() }, []int{4, 3, 2}, []float64{0, 12, 4, 16, 8, 20, 1}},
			{"transpose, an order", func(x *tensor.Tensor) *tensor.Tensor { return x.Transpose(1, -1, 0) }, []int{3, 4, 2}, []float64{0, 12, 1, 13}},
			{"slice", func(x *tensor.Tensor) *tensor.Tensor { return x.Slice(1, 1, 3) }, []int{2, 2, 4}, []float64{4, 5, 6, 7, 8, 9, 10, 11, 16}},
			{"slice of the last axis", func(x *tensor.Tensor) *tensor.Tensor { return x.Slice(-1, 0, 2) }, []int{2, 3, 2}, []float64{0, 1, 4, 5, 8, 9, 12}},
			{"index", func(x *tensor.Tensor) *tensor.Tensor { return x.Index(1, 2) }, []int{2, 4}, []float64{8, 9, 10, 11, 20, 21, 22, 23}},
			{"squeeze", func(x *tensor.Tensor) *tensor.Tensor { return x.Slice(0, 1, 2).Squeeze(0) }, []int{3, 4}, []float64{12}},
			{"unsqueeze", func(x *tensor.Tensor) *tensor.Tensor { return x.Unsqueeze(1) }, []int{2, 1, 3, 4}, nil},
			{"unsqueeze at the end", func(x *tensor.Tensor) *tensor.Tensor { return x.Unsqueeze(-1) }, []int{2, 3, 4, 1}, nil},
			{"broadcast", func(x *tensor.Tensor) *tensor.Tensor { return x.BroadcastTo(5, 2, 3, 4) }, []int{5, 2, 3, 4}, nil},
			// Strides can show these, though x is not contiguous.
			{"reshape of columns", func(x *tensor.Tensor) *tensor.Tensor { return x.Slice(2, 0, 2).Reshape(6, 2) }, []int{6, 2}, []float64{0, 1, 4, 5, 8, 9, 12}},
			{"reshape that splits", func(x *tensor.Tensor) *tensor.Tensor { return x.Transpose(2, 0, 1).Reshape(2, 2, 2, 3) }, []int{2, 2, 2, 3}, []float64{0, 4, 8, 12, 16, 20, 1}},
			{"reshape that joins", func(x *tensor.Tensor) *tensor.Tensor { return x.Transpose(2, 0, 1).Reshape(4, 6) }, []int{4, 6}, []float64{0, 4, 8, 12, 16, 20, 1}},
			{"reshape with ones", func(x *tensor.Tensor) *tensor.Tensor { return x.Transpose(2, 1, 0).Reshape(1, 4, 3, 1, 2, 1) }, []int{1, 4, 3, 1, 2, 1}, []float64{0, 12, 4, 16}},
			{"reshape of a broadcast", func(x *tensor.Tensor) *tensor.Tensor { return x.Unsqueeze(0).BroadcastTo(4, 2, 3, 4).Reshape(2, 2, 24) }, []int{2, 2, 24}, nil},
		} {
			t.Run(c.name, func(t *testing.T) {
				x := count(mem, 2, 3, 4)
				v := c.view(x)
				want(t, v, c.shape, c.shows...)
				before := v.Float64s()
				x.AddScaled(mem.Scalar(1), 100)
				for i, now := range v.Float64s() {
					if now != before[i]+100 {
						t.Fatalf("the view shows %v where the changed original has %v: it is a copy", now, before[i]+100)
					}
				}
			})
		}
	})
}

// Reshape copies where no strides can show the new shape, and only there.
func TestReshapeCopiesOnlyWhereItMust(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		x := count(mem, 2, 3)
		flat := x.T().Reshape(6)
		want(t, flat, []int{6}, 0, 3, 1, 4, 2, 5)
		x.Fill(9)
		want(t, flat, []int{6}, 0, 3, 1, 4, 2, 5)

		cols := count(mem, 4, 6).Slice(1, 1, 5).Reshape(2, 8)
		want(t, cols, []int{2, 8}, 1, 2, 3, 4, 7, 8, 9, 10, 13, 14, 15, 16, 19, 20, 21, 22)
		want(t, mem.Full(0, 2, 0, 3).Reshape(0, 7), []int{0, 7})
		want(t, mem.Full(2, 1, 1).Reshape(), []int{}, 2)
		want(t, mem.Scalar(2).Reshape(1, 1), []int{1, 1}, 2)
	})
}

func TestEmptyViews(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		x := count(mem, 2, 3)
		want(t, x.Slice(0, 2, 2), []int{0, 3})
		want(t, x.Slice(1, 3, 3).Add(mem.Scalar(1)), []int{2, 0})
		want(t, x.Slice(0, 1, 1).T().Clone(), []int{3, 0})
		if got := x.Slice(0, 1, 1).Float32s(); len(got) != 0 {
			t.Errorf("an empty slice has elements %v", got)
		}
	})
}

func TestContiguous(t *testing.T) {
	x := count(tensor.CPU, 2, 3)
	if x.Contiguous() != x {
		t.Error("Contiguous of a row-major tensor is a copy")
	}
	c := x.T().Contiguous()
	if !slices.Equal(c.Strides(), []int{2, 1}) {
		t.Errorf("strides %v", c.Strides())
	}
	want(t, c, []int{3, 2}, 0, 3, 1, 4, 2, 5)
	if got := x.T().Strides(); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("strides of a transpose %v", got)
	}
	if got := tensor.Zeros(3).BroadcastTo(2, 3).Strides(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("strides of a broadcast %v", got)
	}
}

func TestViewErrors(t *testing.T) {
	x := tensor.Zeros(2, 3)
	for text, f := range map[string]func(){
		"[reshape] (2, 3): 6 elements do not fill (4, -1)":                        func() { x.Reshape(4, -1) },
		"[reshape] (2, 3): 6 elements do not fill (-2, -3)":                       func() { x.Reshape(-2, -3) },
		"[reshape] (2, 3): 6 elements do not fill (-1, -1)":                       func() { x.Reshape(-1, -1) },
		"[reshape] (2, 3): 6 elements do not fill (5,)":                           func() { x.Reshape(5) },
		"[reshape] (2, 3): 9 axes are too many":                                   func() { x.Reshape(6, 1, 1, 1, 1, 1, 1, 1, 1) },
		"[transpose] (2, 3): axis 1 is named twice":                               func() { x.Transpose(1, -1) },
		"[transpose] (2, 3): 1 axes named, 2 there":                               func() { x.Transpose(0) },
		"[t] (2,): wants a matrix; Transpose takes any rank":                      func() { x.Index(1, 0).T() },
		"[slice] (2, 3): axis 1 has no elements 2 to 4":                           func() { x.Slice(1, 2, 4) },
		"[slice] (2, 3): axis 1 has no elements 2 to 1":                           func() { x.Slice(1, 2, 1) },
		"[squeeze] (2, 3): axis 1 has size 3, not 1":                              func() { x.Squeeze(-1) },
		"[unsqueeze] (2, 3): no place for an axis at 3":                           func() { x.Unsqueeze(3) },
		"[unsqueeze] (1, 1, 1, 1, 1, 1, 1, 1): no place for an axis at 0":         func() { tensor.Zeros(1, 1, 1, 1, 1, 1, 1, 1).Unsqueeze(0) },
		"[index] (2, 3): has no axis -3; axes run from -2 to 1":                   func() { x.Index(-3, 0) },
		"[broadcast] (2, 3) x (2, 4): the first does not broadcast to the second": func() { x.BroadcastTo(2, 4) },
		"[broadcast] (2, 3) x (3,): the first does not broadcast to the second":   func() { x.BroadcastTo(3) },
	} {
		if got := shapeSaid(t, f); got != text {
			t.Errorf("said\n%s\nwant\n%s", got, text)
		}
	}
}
