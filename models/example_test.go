package models_test

import (
	"fmt"
	"math/rand/v2"

	"inkling/models"
	"inkling/tensor"
)

func Example() {
	spec := models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}
	for _, name := range []string{"linear", "network", "resnet18"} {
		init := models.Init(name, tensor.CPU, rand.New(rand.NewPCG(1, 0)))
		net, err := models.New(name, spec, init)
		if err != nil {
			panic(err)
		}
		numbers := 0
		for _, p := range net.Params() {
			numbers += p.Value.Len()
		}
		fmt.Println(name, numbers)
	}
	// Output:
	// linear 7850
	// network 50890
	// resnet18 11708992
}
