package models_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/autograd"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
)

// Every model learns from the smallest images and the most classes that the commands
// take: a step lowers the loss, and leaves no number that is none.
func TestModelsLearnAtTheEnds(t *testing.T) {
	for _, s := range []models.Spec{
		{Channels: 1, Height: 8, Width: 8, Classes: 2}, {Channels: 3, Height: 8, Width: 12, Classes: 1000}, {Channels: 3, Height: 40, Width: 8, Classes: 3},
	} {
		for _, name := range models.Names() {
			if name == "average-mae" || name == "average-mse" {
				continue
			}
			rng := rand.New(rand.NewPCG(1, 0))
			m, err := models.New(name, s, models.Init(name, tensor.CPU, rng))
			if err != nil {
				t.Fatal(err)
			}
			x := tensor.CPU.Uniform(rng, 0, 1, 4, s.Channels, s.Height, s.Width)
			y := tensor.Of(tensor.CPU, []int32{0, int32(s.Classes - 1), 1, 0}, 4)
			opt := optim.NewAdam(m.Params(), 1e-3)
			tape := autograd.NewTape()
			var losses []float64
			for range 6 {
				tape.Seed(1, 0) // the same is dropped at each step
				loss := nn.CrossEntropy(m.Forward(tape.Input(x)), y)
				losses = append(losses, loss.Value().Item())
				opt.Step(loss.Backward())
				tape.Reset()
			}
			if least := slices.Min(losses[1:]); !(least < losses[0]) {
				t.Errorf("%s for %+v: losses %.3v", name, s, losses)
			}
			if got := m.Forward(autograd.Const(x)).Shape(); !slices.Equal(got, []int{4, s.Classes}) {
				t.Errorf("%s for %+v: logits %v", name, s, got)
			}
		}
	}
}

// Every model can be built for images of 512 pixels a side; its first numbers are made
// only where memory for them is asked for.
func TestModelsOfLargeImages(t *testing.T) {
	for _, name := range models.Names() {
		if _, err := models.New(name, models.Spec{Channels: 3, Height: 512, Width: 512, Classes: 1000}, func(_ int, shape ...int) *tensor.Tensor {
			return tensor.CPU.Scalar(0).BroadcastTo(shape...)
		}); err != nil {
			t.Error(err)
		}
	}
}
