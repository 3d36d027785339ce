package tensor_test

import (
	"fmt"

	"inkling/tensor"
)

func Example() {
	x := tensor.FromFloats([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	y := tensor.FromFloats([]float32{10, 20, 30, 40, 50, 60}, 2, 3)
	fmt.Println(x.Add(y))
	fmt.Println(x.Sum(0), x.Sum(1), x.Mean())
	// Output:
	// tensor([[11, 22, 33],
	//         [44, 55, 66]], shape (2, 3))
	// tensor([5, 7, 9], shape (3,)) tensor([ 6, 15], shape (2,)) tensor(3.5000, shape ())
}

// Shapes are aligned at the last axis, and an axis of size 1 is repeated: here
// two images of three pixels meet three class averages, all against all.
func Example_broadcasting() {
	images := tensor.FromFloats([]float32{0, 1, 1, 1, 0, 0}, 2, 1, 3)
	means := tensor.FromFloats([]float32{0, 1, 0, 1, 1, 1, 1, 0, 0}, 3, 3)
	distances := images.Sub(means).Abs().Mean(-1) // (2, 1, 3) - (3, 3) -> (2, 3, 3) -> (2, 3)
	fmt.Println(distances)
	fmt.Println(distances.Neg().ArgMax(1))
	// Output:
	// tensor([[0.3333, 0.3333, 1.0000],
	//         [0.6667, 0.6667, 0.0000]], shape (2, 3))
	// tensor([0, 2], shape (2,), int)
}

// A mistake with shapes panics with a sentence that names the likely mend.
func ExampleShapeError() {
	defer func() { fmt.Println(recover()) }()
	images, weights := tensor.Zeros(256, 784), tensor.Zeros(10, 784)
	images.MatMul(weights)
	// Output: [matmul] (256, 784) x (10, 784): inner sizes 784 and 10 differ; did you mean the transpose (784, 10)?
}

func ExampleTensor_Want() {
	defer func() { fmt.Println(recover()) }()
	images := tensor.Zeros(256, 28, 28)
	images.Want("batch", 784)
	// Output: [want] (256, 28, 28): wanted (batch, 784); that is 2 axes, not 3
}
