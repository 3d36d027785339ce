package data_test

import (
	"fmt"
	"math/rand/v2"

	"inkling/data"
	"inkling/data/synth"
	"inkling/tensor"
)

// A set is split by classes, and dealt out in batches.
func Example() {
	set := synth.Generate(1000, 0, 1).Train
	rest, valid := set.Split(0.1, rand.New(rand.NewPCG(1, 0)))
	fmt.Println(rest.Len(), valid.Counts())

	loader := data.NewLoader(tensor.CPU, rest, 256)
	for x, y := range loader.Epoch(rand.New(rand.NewPCG(2, 0))) {
		fmt.Println(x.Shape(), y.Shape())
	}
	// Output:
	// 900 [10 10 10 10 10 10 10 10 10 10]
	// [256 1 28 28] [256]
	// [256 1 28 28] [256]
	// [256 1 28 28] [256]
	// [132 1 28 28] [132]
}
