package train_test

import (
	"fmt"
	"math/rand/v2"

	"inkling/autograd"
	"inkling/data"
	"inkling/data/synth"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// The heart of it, by hand: a linear classifier learns to read digits that are
// drawn by program.
func Example() {
	digits := synth.Generate(6000, 1000, 1)
	rng := rand.New(rand.NewPCG(1, 0))
	spec := models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}
	net := models.NewLinear(spec, nn.FanIn(tensor.CPU, rng)) // 784 x 10 weights, 10 biases
	opt := optim.NewSGD(net.Params(), 0.1)
	loader := data.NewLoader(tensor.CPU, digits.Train, 64)

	tape := autograd.NewTape()
	for range 5 {
		for x, y := range loader.Epoch(rng) { // (64, 1, 28, 28) and (64)
			loss := nn.CrossEntropy(net.Forward(tape.Input(x)), y)
			opt.Step(loss.Backward()) // gradients keyed by *Param; nothing to zero
			tape.Reset()              // the step's buffers go back to its arena: no garbage
		}
	}

	test := train.Evaluate(net, nn.CrossEntropy, data.NewLoader(tensor.CPU, digits.Test, 500))
	fmt.Printf("reads more than four of five test images: %v\n", test.Accuracy > 0.8)
	// Output: reads more than four of five test images: true
}
