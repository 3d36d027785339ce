package autograd_test

import (
	"slices"
	"testing"

	"inkling/autograd"
	"inkling/tensor"
)

// What an operation was asked for can be read off the tape.
func TestSettings(t *testing.T) {
	tape := autograd.NewTape()
	x := tape.Input(tensor.Zeros(1, 2, 6, 6))
	w := autograd.NewParam("w", tensor.Zeros(3, 2, 3, 3))
	g, pool := tensor.Square(3, 2, 1), tensor.Square(2, 2, 0)
	for name, c := range map[string]struct {
		v    *autograd.Var
		want tensor.Window
	}{
		"conv2d": {x.Conv2D(w, nil, g), g}, "max-pool": {x.MaxPool(pool), pool}, "avg-pool": {x.AvgPool(pool), pool}, "relu": {x.ReLU(), tensor.Window{}},
	} {
		if got := c.v.Window(); got != c.want || c.v.Op() != name {
			t.Errorf("%s says %+v, want %+v", c.v.Op(), got, c.want)
		}
	}
	if scale, shift, ok := x.Affine(2, -3).Factors(); scale != 2 || shift != -3 || !ok {
		t.Errorf("2x - 3 says %v, %v, %v", scale, shift, ok)
	}
	if _, _, ok := x.ReLU().Factors(); ok {
		t.Error("a relu has factors")
	}
	if _, _, ok := x.Factors(); ok {
		t.Error("an input has factors")
	}
	for name, c := range map[string]struct {
		v    *autograd.Var
		want []int
	}{
		"sum of all": {x.Sum(), []int{0, 1, 2, 3}}, "sum": {x.Sum(-1, 0), []int{0, 3}}, "sum, kept": {x.SumKeep(2, -1), []int{2, 3}},
		"max": {x.Max(-2), []int{2}}, "softmax": {x.Softmax(-1), []int{3}}, "log-softmax": {x.LogSoftmax(1), []int{1}},
		"concat": {x.Concat(x, -3), []int{1}}, "transpose": {x.Transpose(0, 2, 3, 1), []int{0, 2, 3, 1}}, "turned": {x.Transpose(), []int{3, 2, 1, 0}},
		"relu": {x.ReLU(), nil},
	} {
		if got := c.v.Axes(); !slices.Equal(got, c.want) {
			t.Errorf("%s goes along %v, want %v", name, got, c.want)
		}
	}
}
