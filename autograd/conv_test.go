package autograd_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/tensor"
)

func TestGradientsOfMaps(t *testing.T) {
	type w = tensor.Window
	pair := func(a, b int) [2]int { return [2]int{a, b} }
	conv := func(g w) func(x v, y, z p) v {
		return func(x v, y, z p) v {
			if z == nil {
				return x.Conv2D(y, nil, g)
			}
			return x.Conv2D(y, z, g)
		}
	}
	norm := func(skip, relu bool) func(x v, y, z p) v {
		return func(x v, y, z p) v {
			var s v
			if skip {
				s = x.Sigmoid()
			}
			out, _, _ := x.BatchNorm(y, z, s, 1e-5, relu)
			return out
		}
	}
	affine := func(skip, relu bool) func(x v, y, z p) v {
		return func(x v, y, z p) v {
			var s v
			if skip {
				s = x.Sigmoid().Neg()
			}
			return x.Affine(1, -1).ChannelAffine(y, z, s, relu)
		}
	}
	checkGradients(t, []differentiable{
		{"conv2d", [][]int{{2, 3, 4, 5}, {2, 3, 3, 3}}, conv(w{})},
		{"conv2d with bias", [][]int{{2, 3, 4, 5}, {2, 3, 3, 3}, {2}}, conv(w{})},
		{"conv2d, padded", [][]int{{2, 2, 4, 3}, {3, 2, 3, 3}, {3}}, conv(tensor.Square(3, 1, 1))},
		{"conv2d, padded beyond the map", [][]int{{2, 2, 1, 2}, {3, 2, 3, 3}}, conv(tensor.Square(3, 1, 3))},
		{"conv2d, strides", [][]int{{1, 2, 5, 6}, {2, 2, 3, 3}}, conv(w{Stride: pair(2, 3), Pad: pair(1, 0)})},
		{"conv2d, taps that stride over rows", [][]int{{2, 2, 5, 5}, {3, 2, 1, 1}}, conv(tensor.Square(1, 2, 0))},
		{"conv2d, dilation", [][]int{{1, 2, 6, 5}, {2, 2, 3, 2}}, conv(w{Dilation: pair(2, 3), Pad: pair(1, 1)})},
		{"conv2d, groups", [][]int{{2, 4, 3, 3}, {6, 2, 2, 2}, {6}}, conv(w{Groups: 2, Pad: pair(1, 1)})},
		{"conv2d, one group a channel", [][]int{{2, 3, 4, 4}, {3, 1, 3, 3}}, conv(w{Groups: 3, Stride: pair(2, 1)})},
		{"conv2d, a grey image as three channels", [][]int{{2, 1, 4, 4}, {2, 3, 3, 3}}, func(x v, y, _ p) v {
			return x.BroadcastTo(2, 3, 4, 4).Conv2D(y, nil, w{})
		}},
		{"conv2d, then relu, then a skip", [][]int{{2, 2, 3, 3}, {2, 2, 3, 3}}, func(x v, y, _ p) v {
			return x.Affine(1, -1).Conv2D(y, nil, tensor.Square(3, 1, 1)).ReLU().Add(x)
		}},
		{"max-pool", [][]int{{2, 2, 4, 6}}, func(x v, _, _ p) v { return x.MaxPool(tensor.Square(2, 2, 0)) }},
		{"max-pool, overlapping and padded", [][]int{{2, 2, 5, 6}}, func(x v, _, _ p) v { return x.MaxPool(tensor.Square(3, 2, 1)) }},
		{"max-pool, rounded up", [][]int{{2, 2, 3, 5}}, func(x v, _, _ p) v {
			return x.MaxPool(w{Size: pair(2, 2), Stride: pair(2, 2), Ceil: true})
		}},
		{"max-pool, dilation", [][]int{{1, 2, 5, 5}}, func(x v, _, _ p) v { return x.MaxPool(w{Size: pair(2, 2), Dilation: pair(2, 3)}) }},
		{"avg-pool", [][]int{{2, 2, 4, 6}}, func(x v, _, _ p) v { return x.AvgPool(tensor.Square(2, 2, 0)) }},
		{"avg-pool, overlapping and padded", [][]int{{2, 2, 5, 6}}, func(x v, _, _ p) v { return x.AvgPool(tensor.Square(3, 2, 1)) }},
		{"global-max-pool", [][]int{{2, 3, 2, 4}}, func(x v, _, _ p) v { return x.GlobalMaxPool() }},
		{"global-avg-pool", [][]int{{2, 3, 2, 4}}, func(x v, _, _ p) v { return x.GlobalAvgPool() }},
		{"batch-norm", [][]int{{3, 2, 2, 3}, {2}, {2}}, norm(false, false)},
		{"batch-norm of vectors", [][]int{{4, 3}, {3}, {3}}, norm(false, false)},
		{"batch-norm of sequences", [][]int{{3, 2, 4}, {2}, {2}}, norm(true, false)},
		{"batch-norm, relu", [][]int{{3, 2, 2, 3}, {2}, {2}}, norm(false, true)},
		{"batch-norm, skip", [][]int{{3, 2, 2, 3}, {2}, {2}}, norm(true, false)},
		{"batch-norm, skip, relu", [][]int{{3, 2, 2, 3}, {2}, {2}}, norm(true, true)},
		{"channel-affine", [][]int{{3, 2, 2, 3}, {2}, {2}}, affine(false, false)},
		{"channel-affine of vectors", [][]int{{4, 3}, {3}, {3}}, affine(false, true)},
		{"channel-affine, relu", [][]int{{3, 2, 2, 3}, {2}, {2}}, affine(false, true)},
		{"channel-affine, skip", [][]int{{3, 2, 2, 3}, {2}, {2}}, affine(true, false)},
		{"channel-affine, skip, relu", [][]int{{3, 2, 2, 3}, {2}, {2}}, affine(true, true)},
		{"concat", [][]int{{2, 3, 2}, {2, 2, 2}}, func(x v, y, _ p) v { return x.Concat(y, 1) }},
		{"concat, last axis", [][]int{{2, 3}, {2, 1}}, func(x v, y, _ p) v { return x.Concat(y, -1) }},
		{"pad", [][]int{{2, 3, 2}}, func(x v, _, _ p) v { return x.Pad(7, pair(1, 2), pair(0, 3)) }},
		{"broadcast", [][]int{{2, 1, 3}}, func(x v, _, _ p) v { return x.BroadcastTo(4, 2, 2, 3) }},
		{"dropout", [][]int{{5, 8}}, func(x v, _, _ p) v { return x.Dropout(0.3) }},
	})
}

// same fails unless two functions of x, scale and shift have equal values and
// equal gradients.
func same(t *testing.T, name string, shape []int, got, want func(x v, scale, shift p) v) {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	x := truth.Uniform(rng, -1, 3, shape...)
	scale := autograd.NewParam("scale", truth.Uniform(rng, 0.5, 1.5, shape[1]))
	shift := autograd.NewParam("shift", truth.Uniform(rng, -1, 1, shape[1]))
	weights := truth.Uniform(rng, -1, 1, shape...)
	var results [2][][]float64
	for i, f := range []func(x v, scale, shift p) v{got, want} {
		tape := autograd.NewTapeOn(truth)
		in := tape.Watch(x)
		z := f(in, scale, shift)
		g := z.Mul(tape.Input(weights)).Sum().Backward()
		results[i] = [][]float64{z.Value().Float64s(), g.At(in).Float64s(), g.Of(scale).Float64s(), g.Of(shift).Float64s()}
	}
	for i, part := range []string{"value", "gradient at x", "gradient at scale", "gradient at shift"} {
		near := func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }
		if !slices.EqualFunc(results[0][i], results[1][i], near) {
			t.Errorf("%s: %s\n%v, composed\n%v", name, part, results[0][i], results[1][i])
		}
	}
}

// Batch norm is what its formula says, and its fused forms what they are made of.
func TestBatchNormEqualsItsComposition(t *testing.T) {
	const eps = 1e-5
	norm := func(x v, scale, shift p, skip v, relu bool) v {
		z, _, _ := x.BatchNorm(scale, shift, skip, eps, relu)
		return z
	}
	byHand := func(x v, scale, shift p) v {
		away := x.Sub(x.MeanKeep(0, 2, 3))
		one := x.Sum().Affine(0, 1)
		n := away.Div(away.Square().MeanKeep(0, 2, 3).Affine(1, eps).Sqrt())
		return n.Mul(one.Mul(scale).Reshape(-1, 1, 1)).Add(one.Mul(shift).Reshape(-1, 1, 1))
	}
	shape := []int{3, 2, 4, 5}
	same(t, "by hand", shape, func(x v, a, b p) v { return norm(x, a, b, nil, false) }, byHand)
	same(t, "relu", shape, func(x v, a, b p) v { return norm(x, a, b, nil, true) }, func(x v, a, b p) v { return norm(x, a, b, nil, false).ReLU() })
	same(t, "skip", shape, func(x v, a, b p) v { return norm(x, a, b, x.Tanh(), false) }, func(x v, a, b p) v { return norm(x, a, b, nil, false).Add(x.Tanh()) })
	same(t, "skip and relu", shape, func(x v, a, b p) v { return norm(x, a, b, x.Tanh(), true) }, func(x v, a, b p) v { return norm(x, a, b, nil, false).Add(x.Tanh()).ReLU() })
	same(t, "affine", shape, func(x v, a, b p) v { return x.ChannelAffine(a, b, x.Tanh(), true) }, func(x v, a, b p) v { return x.ChannelAffine(a, b, nil, false).Add(x.Tanh()).ReLU() })
}

// What comes out of a convolution lies in the order of maps, and stays in it, on
// the way forward and back.
func TestConvolutionsStayInTheOrderOfMaps(t *testing.T) {
	tape := autograd.NewTapeOn(truth)
	rng := rand.New(rand.NewPCG(1, 2))
	w := autograd.NewParam("w", truth.Normal(rng, 1, 4, 4, 3, 3).InFilterOrder())
	scale, shift := autograd.NewParam("scale", truth.Full(1, 4)), autograd.NewParam("shift", truth.Full(0, 4))
	x := tape.Watch(truth.Normal(rng, 1, 2, 4, 5, 6))
	g := tensor.Square(3, 1, 1)
	a := x.Conv2D(w, nil, g)
	b := a.ReLU().Add(a.Scale(2))
	c, _, _ := b.BatchNorm(scale, shift, a, 1e-5, true)
	d := c.Conv2D(w, nil, g).MaxPool(tensor.Square(2, 2, 0))
	grads := d.Square().Sum().Backward()
	want := func(what string, got *tensor.Tensor, s []int) {
		if !slices.Equal(got.Strides(), s) {
			t.Errorf("%s has shape %v and strides %v, want %v", what, got.Shape(), got.Strides(), s)
		}
	}
	maps := []int{4, 1, 48, 8} // of (2, 4, 5, 6): a column further are 2 x 4 numbers, a row further 6 columns
	for i, y := range []v{a, b, c} {
		want(fmt.Sprint("result ", i), y.Value(), maps)
		want(fmt.Sprint("gradient ", i), grads.At(y), maps)
	}
	want("the pooled map", d.Value(), []int{4, 1, 24, 8})
	want("the filters' gradient", grads.Of(w), w.Value.Strides())
}

func TestTrainingIsThePropertyOfTheTape(t *testing.T) {
	x := truth.Full(1, 8, 100)
	train, infer := autograd.NewTapeOn(truth), autograd.NewInferenceTapeOn(truth)
	if got := infer.Watch(x).Dropout(0.5); got.Op() != "input" || got.Training() || infer.Training() {
		t.Errorf("dropout dropped on a tape for inference: %s", got.Op())
	}
	if got := autograd.Const(x).Dropout(0.5); got.Training() || got.Value().Min().Item() != 1 {
		t.Error("dropout dropped off the tape")
	}
	if in := train.Input(x); in.Dropout(0) != in || !train.Training() {
		t.Error("dropout with probability 0 did something")
	}
	draw := func() []float64 { return train.Input(x).Dropout(0.25).Value().Float64s() }
	train.Seed(7, 1)
	first, next := draw(), draw()
	train.Reset()
	train.Seed(7, 1)
	again := draw()
	train.Seed(7, 2)
	other := draw()
	if !slices.Equal(first, again) || slices.Equal(first, next) || slices.Equal(first, other) {
		t.Error("the masks of a step do not depend on its seed alone")
	}
	dropped := 0
	for _, m := range first {
		if m == 0 {
			dropped++
		} else if m-4.0/3 > 1e-6 || 4.0/3-m > 1e-6 {
			t.Fatalf("what stays is multiplied by %v, want 4/3", m)
		}
	}
	if dropped < 150 || dropped > 250 { // of 800: 200 expected, with a deviation of 12
		t.Errorf("%d of 800 were dropped with probability 0.25", dropped)
	}
	for _, p := range []float64{-0.1, 1, 2} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(r.(string), "probability") {
					t.Errorf("dropout with probability %v: %v", p, r)
				}
			}()
			autograd.Const(x).Dropout(p)
		}()
	}
}
