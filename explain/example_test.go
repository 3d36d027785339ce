package explain_test

import (
	"fmt"
	"math/rand/v2"

	"inkling/data"
	"inkling/data/synth"
	"inkling/explain"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

// The doctor looks at a model before it is trained.
func Example() {
	set := synth.Generate(64, 0, 1).Train
	spec := models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}
	net := models.NewLinear(spec, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0))))
	for x, y := range data.NewLoader(tensor.CPU, set, 64).Epoch(nil) {
		for found := range explain.ExamineModel(net, nn.CrossEntropy, "cross-entropy", 1e-5, x, y) {
			if !found.Fine {
				fmt.Println(found.Check)
			}
		}
	}
	low, high := explain.Wilson(98, 100)
	fmt.Printf("98 of 100 right: %.1f to %.1f %%\n", 100*low, 100*high)
	// Output:
	// by-heart
	// 98 of 100 right: 93.0 to 99.4 %
}
