// Command beautiful_mnist trains a small convolutional net for an epoch, and exits
// with status 1 unless it reads 98 % of the test images.
//
//	go run ./examples/beautiful_mnist
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"

	"inkling/autograd"
	"inkling/data"
	"inkling/data/source"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

func main() {
	log.SetFlags(0)
	name := flag.String("data", "mnist", "a data set of 28 x 28 grey images in ten classes, by name or path")
	least := flag.Float64("least", 0.98, "the accuracy that it must reach")
	flag.Parse()
	images, err := source.Open(context.Background(), *name, source.Options{})
	if err != nil {
		log.Fatal(err)
	}

	rng := rand.New(rand.NewPCG(0, 0))
	net := models.NewCNN(models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}, nn.KaimingNormal(tensor.CPU, rng))
	opt := optim.NewAdam(net.Params(), 0.002)
	tape := autograd.NewTape()
	for x, y := range data.NewLoader(tensor.CPU, images.Train, 64).Epoch(rng) { // (64, 1, 28, 28) and (64)
		loss := nn.CrossEntropy(net.Forward(tape.Input(x)), y)
		opt.Step(loss.Backward())
		tape.Reset()
	}

	e := train.Evaluate(net, nn.CrossEntropy, data.NewLoader(tensor.CPU, images.Test, 500))
	fmt.Printf("%.2f %% of %d test images\n", 100*e.Accuracy, e.Images)
	if e.Accuracy < *least {
		log.Fatalf("wanted %.2f %%", 100**least)
	}
}
