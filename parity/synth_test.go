package parity

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"

	"inkling/data"
	"inkling/data/synth"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// What is learned from drawn digits alone must read real handwriting.
func TestSynthReadsRealHandwriting(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("skipped: an acceptance run; set INKLING_ACCEPTANCE=1")
	}
	mnist := MNIST(t)
	drawn := synth.Generate(synth.Train, synth.Test, 0)
	mean := 0.0
	const seeds = 3
	for seed := range uint64(seeds) {
		model, err := models.New("network", spec, nn.StandardNormal(tensor.CPU, rand.New(rand.NewPCG(seed, 0))))
		if err != nil {
			t.Fatal(err)
		}
		trainer := &train.Trainer{
			Model: model, Loss: nn.CrossEntropy, Optimizer: optim.NewSGD(model.Params(), 1),
			Train: data.NewLoader(tensor.CPU, drawn.Train, 256), Epochs: 41, Seed: seed,
		}
		if err := trainer.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		real := train.Evaluate(model, nil, data.NewLoader(tensor.CPU, mnist.Test, 1000))
		own := train.Evaluate(model, nil, data.NewLoader(tensor.CPU, drawn.Test, 1000))
		t.Logf("network trained on drawn digits, seed %d: %.2f %% of MNIST's test images, %.2f %% of drawn ones", seed, 100*real.Accuracy, 100*own.Accuracy)
		mean += real.Accuracy / seeds
	}
	t.Logf("mean over %d seeds: %.2f %%", seeds, 100*mean)
	if mean < 0.85 {
		t.Errorf("a network trained on drawn digits reads %.2f %% of real ones; want 85 %% or more", 100*mean)
	}
}
