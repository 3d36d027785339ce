package optim_test

import (
	"fmt"

	"inkling/autograd"
	"inkling/optim"
	"inkling/tensor"
)

// Gradient descent with momentum down (w - 3)², at a rate that falls.
func Example() {
	const steps = 100
	w := autograd.NewParam("w", tensor.FromFloats([]float32{10}, 1))
	opt := optim.NewSGD([]*autograd.Param{w}, 0.1)
	opt.SetMomentum(0.5)
	rate := optim.Cosine(0.1, 0.001)
	tape := autograd.NewTape()
	for i := range steps {
		opt.SetRate(rate(float64(i) / steps))
		loss := tape.Input(tensor.Ones(1)).Mul(w).Affine(1, -3).Square().Sum()
		opt.Step(loss.Backward())
		tape.Reset()
	}
	fmt.Printf("%.3f\n", w.Value.Item())
	// Output: 3.000
}
