package autograd_test

import (
	"fmt"

	"inkling/autograd"
	"inkling/tensor"
)

// The slope of (w x - 3)² at w = 2, x = 5: 2 (10 - 3) · 5.
func Example() {
	w := autograd.NewParam("w", tensor.FromFloats([]float32{2}, 1))
	tape := autograd.NewTape()
	x := tape.Input(tensor.FromFloats([]float32{5}, 1))
	loss := x.Mul(w).Affine(1, -3).Square().Sum()
	grads := loss.Backward()
	fmt.Println(loss.Value().Item(), grads.Of(w).Float32s())
	// Output: 49 [70]
}
