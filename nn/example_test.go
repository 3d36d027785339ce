package nn_test

import (
	"fmt"
	"math/rand/v2"

	"inkling/autograd"
	"inkling/nn"
	"inkling/tensor"
)

// A model is a layer made of layers; what does not fit is said by the layer's name.
func Example() {
	init := nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0)))
	net := nn.Sequential{
		nn.Flatten,                            // (n, 1, 28, 28) -> (n, 784)
		nn.NewLinear("hidden", 784, 64, init), // -> (n, 64)
		nn.ReLU,
		nn.NewLinear("output", 64, 10, init), // -> (n, 10)
	}
	images := autograd.Const(tensor.Zeros(5, 1, 28, 28))
	fmt.Println(net.Forward(images).Shape())

	defer func() { fmt.Println(recover()) }()
	net[1].Forward(images)
	// Output:
	// [5 10]
	// [hidden] (5, 1, 28, 28) x (784, 64): the layer wants (n, 784); flatten each image first, with Flatten
}
