package optim_test

import (
	"slices"
	"testing"

	"inkling/autograd"
	"inkling/optim"
	"inkling/tensor"
)

func TestSGD(t *testing.T) {
	w := autograd.NewParam("w", tensor.FromFloats([]float32{1, 2}, 2))
	idle := autograd.NewParam("idle", tensor.Ones(2))
	var opt optim.Optimizer = optim.NewSGD([]*autograd.Param{w, idle}, 0.25)
	tape := autograd.NewTape()
	step := func() {
		opt.Step(tape.Input(tensor.FromFloats([]float32{4, -8}, 2)).Mul(w).Sum().Backward()) // dw = (4, -8)
		tape.Reset()
	}
	step()
	if got := w.Value.Float32s(); !slices.Equal(got, []float32{0, 4}) {
		t.Errorf("after a step at 0.25: %v, want [0 4]", got)
	}
	opt.SetRate(0.5)
	step()
	if got := w.Value.Float32s(); !slices.Equal(got, []float32{-2, 8}) {
		t.Errorf("after a step at 0.5: %v, want [-2 8]", got)
	}
	if got := idle.Value.Float32s(); !slices.Equal(got, []float32{1, 1}) {
		t.Errorf("a parameter without a gradient became %v", got)
	}
}
