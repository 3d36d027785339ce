package tensor_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/device/ref"
	"inkling/tensor"
)

var plain = tensor.On(ref.New())

// counted returns 0, 1, 2, ... in a shape, on the reference device.
func counted(shape ...int) *tensor.Tensor { return count(plain, shape...) }

func TestConv2D(t *testing.T) {
	x := counted(1, 1, 3, 3)
	w := tensor.Of(plain, []float32{1, 0, 0, 10}, 1, 1, 2, 2)
	if got := x.Conv2D(w, nil, tensor.Window{}).Float32s(); !slices.Equal(got, []float32{40, 51, 73, 84}) {
		t.Errorf("x[i, j] + 10 x[i+1, j+1] is %v", got)
	}
	b := tensor.Of(plain, []float32{0.5}, 1)
	got := x.Conv2D(w, b, tensor.Square(2, 2, 1))
	if want := []float32{0.5, 20.5, 60.5, 84.5}; !slices.Equal(got.Float32s(), want) || !slices.Equal(got.Shape(), []int{1, 1, 2, 2}) {
		t.Errorf("padded, with stride 2 and bias: %v, want %v", got, want)
	}
	if s := counted(2, 3, 28, 28).Conv2D(counted(4, 3, 7, 7), nil, tensor.Square(7, 2, 3)).Shape(); !slices.Equal(s, []int{2, 4, 14, 14}) {
		t.Errorf("7x7/2 with padding 3 on 28 x 28: %v", s)
	}
}

// The number of places, rounded down and up, as PyTorch counts them.
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ n, size, stride, pad, dilation, floor, ceil int }{
		{28, 2, 2, 0, 1, 14, 14},
		{7, 2, 2, 0, 1, 3, 4},
		{3, 2, 2, 0, 1, 1, 2},
		{1, 2, 2, 0, 1, 0, 1},
		{7, 3, 2, 1, 1, 4, 4},
		{5, 2, 2, 1, 1, 3, 3}, // a fourth place would start in the right padding
		{6, 3, 2, 1, 1, 3, 4},
		{9, 3, 2, 0, 2, 3, 3},
		{10, 3, 2, 0, 2, 3, 4},
		{4, 1, 3, 0, 1, 2, 2}, // a place that starts at 6 would see nothing
	} {
		g := tensor.Window{Size: [2]int{c.size, 1}, Stride: [2]int{c.stride, 1}, Pad: [2]int{c.pad, 0}, Dilation: [2]int{c.dilation, 1}}
		x := counted(1, 1, c.n, 1)
		if c.floor > 0 {
			if y, _ := x.MaxPool(g); y.Dim(2) != c.floor {
				t.Errorf("%+v: %d places, want %d", c, y.Dim(2), c.floor)
			}
		}
		g.Ceil = true
		if y, _ := x.MaxPool(g); y.Dim(2) != c.ceil {
			t.Errorf("%+v: rounded up %d places, want %d", c, y.Dim(2), c.ceil)
		}
	}
}

func TestPools(t *testing.T) {
	x := counted(1, 2, 3, 3)
	y, index := x.MaxPool(tensor.Window{Size: [2]int{2, 2}, Stride: [2]int{2, 2}, Ceil: true})
	if !slices.Equal(y.Float32s(), []float32{4, 5, 7, 8, 13, 14, 16, 17}) || !slices.Equal(index.Ints(), []int32{3, 2, 1, 0, 3, 2, 1, 0}) {
		t.Errorf("the greatest are %v at taps %v", y, index)
	}
	back := y.MaxPoolGrad(index, x.Shape(), tensor.Window{Size: [2]int{2, 2}, Stride: [2]int{2, 2}, Ceil: true})
	if want := []float32{0, 0, 0, 0, 4, 5, 0, 7, 8, 0, 0, 0, 0, 13, 14, 0, 16, 17}; !slices.Equal(back.Float32s(), want) {
		t.Errorf("the way back gives %v, want %v", back, want)
	}
	if got := x.AvgPool(tensor.Square(2, 2, 1)).Float32s(); !slices.Equal(got, []float32{0, 0.75, 2.25, 6, 2.25, 5.25, 6.75, 15}) {
		t.Errorf("means, with zeros around: %v", got)
	}
}

func TestNorms(t *testing.T) {
	x := counted(2, 2, 1, 2) // channel 0: 0 1 4 5, channel 1: 2 3 6 7
	mean, variance := x.Moments()
	if !slices.Equal(mean.Float32s(), []float32{2.5, 4.5}) || !slices.Equal(variance.Float32s(), []float32{4.25, 4.25}) {
		t.Errorf("means %v, variances %v", mean, variance)
	}
	scale, shift := tensor.Of(plain, []float32{1, -1}, 2), tensor.Of(plain, []float32{0, 1}, 2)
	if got := x.ChannelAffine(scale, shift, x, true).Float32s(); !slices.Equal(got, []float32{0, 2, 1, 1, 8, 10, 1, 1}) {
		t.Errorf("relu(x*scale + shift + x) is %v", got)
	}
	one := counted(1, 3, 1, 1)
	if mean, variance := one.Moments(); !slices.Equal(mean.Float32s(), []float32{0, 1, 2}) || variance.Max().Item() != 0 {
		t.Errorf("of one element: means %v, variances %v", mean, variance)
	}
}

func TestConcatAndPad(t *testing.T) {
	a, b := counted(2, 1, 2), counted(2, 2, 2).Scale(10)
	got := tensor.Concat(1, a, b, a)
	if want := []float32{0, 1, 0, 10, 20, 30, 0, 1, 2, 3, 40, 50, 60, 70, 2, 3}; !slices.Equal(got.Float32s(), want) || !slices.Equal(got.Shape(), []int{2, 4, 2}) {
		t.Errorf("concat: %v, want %v", got, want)
	}
	if got := tensor.Concat(-1, tensor.FromInts([]int32{1, 2}, 2), tensor.FromInts([]int32{3}, 1)).Ints(); !slices.Equal(got, []int32{1, 2, 3}) {
		t.Errorf("concat of ints: %v", got)
	}
	p := counted(1, 2, 2).Pad(9, [2]int{1, 0}, [2]int{0, 2})
	if want := []float32{9, 9, 9, 9, 0, 1, 9, 9, 2, 3, 9, 9}; !slices.Equal(p.Float32s(), want) || !slices.Equal(p.Shape(), []int{1, 3, 4}) {
		t.Errorf("pad: %v, want %v", p, want)
	}
	x := counted(3)
	if same := x.Pad(0); same == x || !slices.Equal(same.Float32s(), x.Float32s()) {
		t.Error("a padding by nothing is no copy")
	}
}

// maps returns numbers (2, 3, 4, 5) in the order of maps.
func maps(m *tensor.Memory) *tensor.Tensor {
	x := m.Maps(2, 3, 4, 5)
	x.CopyFrom(m.Normal(rand.New(rand.NewPCG(1, 2)), 1, 2, 3, 4, 5))
	return x
}

// Elementwise results lie as their operand does, and are the same numbers.
func TestResultsKeepTheOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		x := maps(mem)
		flat := x.Clone()
		if !slices.Equal(x.Strides(), []int{3, 1, 30, 6}) || !slices.Equal(flat.Strides(), []int{60, 20, 5, 1}) {
			t.Fatalf("maps have strides %v, their clone %v", x.Strides(), flat.Strides())
		}
		bias, wide := mem.Full(2, 3, 1, 1), mem.Full(2, 2, 1, 1, 1).BroadcastTo(2, 3, 4, 5)
		for name, c := range map[string][2]*tensor.Tensor{
			"unary":               {x.Exp(), flat.Exp()},
			"affine":              {x.Scale(3), flat.Scale(3)},
			"binary":              {x.Mul(x), flat.Mul(flat)},
			"broadcast right":     {x.Add(bias), flat.Add(bias)},
			"broadcast left":      {bias.Sub(x), bias.Sub(flat)},
			"repeated left":       {wide.Sub(x), wide.Sub(flat)},
			"other order right":   {x.Mul(flat), flat.Mul(x)},
			"relu gradient":       {x.ReLU().ReLUGrad(x), flat.ReLU().ReLUGrad(flat)},
			"like":                {filled(mem.Like(x)), filled(mem.Like(flat))},
			"a repeated gradient": {x.ReLU().ReLUGrad(wide), flat.ReLU().ReLUGrad(wide)},
		} {
			if !slices.Equal(c[0].Strides(), x.Strides()) {
				t.Errorf("%s: strides %v, want those of maps %v", name, c[0].Strides(), x.Strides())
			}
			if !slices.Equal(c[0].Float32s(), c[1].Float32s()) {
				t.Errorf("%s: other numbers than in rows", name)
			}
		}
		crop := x.Slice(2, 1, 3).Slice(3, 1, 4)
		if got := crop.Neg(); !slices.Equal(got.Strides(), []int{3, 1, 18, 6}) || !slices.Equal(got.Float32s(), flat.Slice(2, 1, 3).Slice(3, 1, 4).Neg().Float32s()) {
			t.Errorf("a part of maps gives strides %v", got.Strides())
		}
		if got := x.Pad(1, [2]int{1, 1}, [2]int{2, 0}); !slices.Equal(got.Strides(), []int{3, 1, 42, 6}) || !slices.Equal(got.Float32s(), flat.Pad(1, [2]int{1, 1}, [2]int{2, 0}).Float32s()) {
			t.Errorf("padded maps have strides %v", got.Strides())
		}
		if got := tensor.Concat(1, x, flat); !slices.Equal(got.Strides(), []int{6, 1, 60, 12}) || !slices.Equal(got.Float32s(), tensor.Concat(1, flat, x).Float32s()) {
			t.Errorf("joined maps have strides %v", got.Strides())
		}
		if got := x.Reshape(2, 60); !slices.Equal(got.Float32s(), flat.Float32s()) {
			t.Error("flattened maps are in another order")
		}
		if got := wide.Neg(); !slices.Equal(got.Strides(), flat.Strides()) {
			t.Errorf("of a broadcast: strides %v", got.Strides())
		}
		w := flat.InFilterOrder()
		if !slices.Equal(w.Strides(), []int{1, 2, 30, 6}) || !slices.Equal(w.Float32s(), flat.Float32s()) || w.InFilterOrder() != w {
			t.Errorf("filters have strides %v", w.Strides())
		}
		one := mem.Full(1, 1, 1, 1, 1).BroadcastTo(2, 3, 4, 5)
		if one.InFilterOrder() != one {
			t.Error("one number, repeated, was copied")
		}
	})
}

func filled(x *tensor.Tensor) *tensor.Tensor {
	x.Fill(4)
	return x
}

func TestMapErrors(t *testing.T) {
	w3, x := counted(4, 3, 3, 3), counted(2, 3, 8, 8)
	type win = tensor.Window
	for want, f := range map[string]func(){
		"[conv2d] (3, 8, 8) x (4, 3, 3, 3): wants images or maps (n, channels, h, w); one image is a batch of one: Reshape(1, 3, 8, 8)":                                    func() { counted(3, 8, 8).Conv2D(w3, nil, win{}) },
		"[conv2d] (2, 64) x (4, 3, 3, 3): wants images or maps (n, channels, h, w); Reshape(2, channels, height, width) makes images of rows of pixels":                    func() { counted(2, 64).Conv2D(w3, nil, win{}) },
		"[conv2d] (2, 3, 8, 8) x (3, 3): wants maps (n, channels, h, w) and filters (outputs, channels, h, w)":                                                             func() { x.Conv2D(counted(3, 3), nil, win{}) },
		"[conv2d] (2, 1, 8, 8) x (4, 3, 3, 3): the maps have 1 channels, but the filters see 3; BroadcastTo(2, 3, 8, 8) repeats the one channel without a copy":            func() { counted(2, 1, 8, 8).Conv2D(w3, nil, win{}) },
		"[conv2d] (2, 8, 8, 3) x (4, 3, 3, 3): the maps have 8 channels, but the filters see 3; the channels come second; did you mean Transpose(0, 3, 1, 2) of the maps?": func() { counted(2, 8, 8, 3).Conv2D(w3, nil, win{}) },
		"[conv2d] (2, 3, 8, 8) x (3, 4, 3, 3): the maps have 3 channels, but the filters see 4; filters are (outputs, channels, h, w); did you mean Transpose(1, 0, 2, 3) of the filters?": func() {
			x.Conv2D(counted(3, 4, 3, 3), nil, win{})
		},
		"[conv2d] (2, 3, 8, 8) x (4, 3, 3, 3): 2 groups do not divide 3 channels and 4 outputs evenly": func() { x.Conv2D(w3, nil, win{Groups: 2}) },
		"[conv2d] (2, 4, 8, 8) x (4, 4, 3, 3): the maps have 4 channels, but the filters see 8; of 2 groups each filter sees 2 channels: filters (4, 2, 3, 3)": func() {
			counted(2, 4, 8, 8).Conv2D(counted(4, 4, 3, 3), nil, win{Groups: 2})
		},
		"[conv2d] (2, 3, 2, 8) x (4, 3, 3, 3): a window that spans 3 does not fit into a map of height 2, padded by 0; a padding of 1 would do; or were there too many strides before?": func() {
			counted(2, 3, 2, 8).Conv2D(w3, nil, win{})
		},
		"[conv2d] (2, 3, 8, 4) x (4, 3, 3, 3): a window that spans 5 does not fit into a map of width 4, padded by 0; a padding of 1 would do; or were there too many strides before?": func() {
			counted(2, 3, 8, 4).Conv2D(w3, nil, win{Dilation: [2]int{1, 2}})
		},
		"[conv2d] (2, 3, 8, 8) x (4, 3, 3, 3) x (3,): a bias for 4 filters wants shape (4,)":                                               func() { x.Conv2D(w3, counted(3), win{}) },
		"[conv2d] (2, 3, 8, 8) x (4, 3, 3, 3): no window has size [3 3], stride [1 -1], padding [0 0], dilation [0 0], 1 groups":           func() { x.Conv2D(w3, nil, win{Stride: [2]int{1, -1}}) },
		"[conv2d-input-grad] (2, 4, 8, 8) x (4, 3, 3, 3): wants a gradient of shape (2, 4, 6, 6)":                                          func() { counted(2, 4, 8, 8).Conv2DInputGrad(w3, x.Shape(), win{}) },
		"[conv2d-filter-grad] (2, 4, 8, 8) x (2, 3, 8, 8): wants a gradient of shape (2, 4, 6, 6)":                                         func() { x.Conv2DFilterGrad(counted(2, 4, 8, 8), w3.Shape(), win{}) },
		"[max-pool] (2, 3, 8, 8): no window has size [0 0], stride [1 1], padding [0 0], dilation [1 1], 1 groups":                         func() { x.MaxPool(win{Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}}) },
		"[max-pool] (2, 3, 8, 8): place 0 of the window lies in the padding alone; pad by half the window's size at most":                  func() { x.MaxPool(tensor.Square(2, 2, 2)) },
		"[max-pool-grad] (2, 3, 8, 8) x (2, 3, 8, 8): wants a gradient and MaxPool's index of shape (2, 3, 4, 4)":                          func() { x.MaxPoolGrad(x, x.Shape(), tensor.Square(2, 2, 0)) },
		"[avg-pool] (2, 64): wants images or maps (n, channels, h, w); Reshape(2, channels, height, width) makes images of rows of pixels": func() { counted(2, 64).AvgPool(tensor.Square(2, 2, 0)) },
		"[avg-pool-grad] (2, 3, 8, 8): wants a gradient of shape (2, 3, 4, 4)":                                                             func() { x.AvgPoolGrad(x.Shape(), tensor.Square(2, 2, 0)) },
		"[moments] (3,): wants (n, channels, ...)":                                                                                         func() { counted(3).Moments() },
		"[moments] (0, 3): of no elements":                                                                        func() { counted(0, 3).Moments() },
		"[channel-affine] (2, 3, 8, 8) x (8,): wants one number for each of 3 channels, (3,)":                     func() { x.ChannelAffine(counted(3), counted(8), nil, false) },
		"[channel-affine] (2, 3, 8, 8) x (2, 3, 1, 1): wants two tensors of one shape; nothing is broadcast here": func() { x.ChannelAffine(counted(3), counted(3), counted(2, 3, 1, 1), false) },
		"[concat] (2, 3) x (3, 3): wants one type, and one size on every axis but 1":                              func() { tensor.Concat(1, counted(2, 3), counted(3, 3)) },
		"[pad] (3,): 2 axes are to be padded":                                                                     func() { counted(3).Pad(0, [2]int{}, [2]int{}) },
		"[pad] (3,): a negative padding: [-1 0]; Slice takes elements away":                                       func() { counted(3).Pad(0, [2]int{-1, 0}) },
	} {
		if got := shapeSaid(t, f); got != want {
			t.Errorf("said %s\nwant %s", got, want)
		}
	}
}

// The results of the operations on maps live in the arena if any operand does.
func TestResultsOfMapsLiveInTheArena(t *testing.T) {
	arena := plain.Arena()
	x, w, b := counted(1, 2, 4, 4), counted(2, 2, 3, 3), counted(2)
	in := func(t *tensor.Tensor) *tensor.Tensor { return arena.Enter(t) }
	g := tensor.Window{}
	y, index := in(x).MaxPool(tensor.Square(2, 2, 0))
	mean, variance := in(x).Moments()
	dz, dscale, _, dskip := x.BatchNormGrad(nil, x, mean, variance, b, true)
	for name, got := range map[string]*tensor.Tensor{
		"maps": in(x).Conv2D(w, b, g), "filters": x.Conv2D(in(w), b, g), "bias": x.Conv2D(w, in(b), g),
		"max": y, "index": index, "avg": in(x).AvgPool(tensor.Square(2, 2, 0)), "mean": mean,
		"affine": x.ChannelAffine(b, b, in(x), false), "dz": dz, "dscale": dscale, "dskip": dskip,
		"concat": tensor.Concat(0, x, x, in(x)), "pad": in(x).Pad(0, [2]int{1, 1}), "like": arena.Like(x),
	} {
		if got.Memory() != arena {
			t.Errorf("%s: the result lies outside the arena", name)
		}
	}
}
