package classifier_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/classifier"
	"inkling/data"
	"inkling/data/augment"
	"inkling/data/synth"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// A model that learned images of another look than they have in their files asks
// for that look when it is used: what is evaluated in training is what the saved
// and loaded model answers.
func TestTheFileKnowsWhatIsDoneToImages(t *testing.T) {
	set := synth.Generate(300, 0, 1).Train
	for _, text := range []string{"standardize", "crop=24", "crop=90%,rotate=10,normalize", "shift=2,normalize"} {
		r, err := augment.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		c := untrained(t, "linear")
		trainer := &train.Trainer{
			Model: c.Net, Loss: nn.CrossEntropy, Optimizer: optim.NewSGD(c.Net.Params(), 0.1), Epochs: 1,
			Train: data.NewLoader(tensor.CPU, set, 50), Valid: data.NewLoader(tensor.CPU, set, 100),
		}
		if trainer.Train.Augment, err = set.Measure(r); err != nil {
			t.Fatal(err)
		}
		trainer.Valid.Augment = trainer.Train.Augment.Test()
		if err := trainer.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		c.Input = trainer.Valid.Augment.String()
		loaded, err := classifier.Load(saved(t, c))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want := train.Evaluate(c.Net, nil, trainer.Valid).Logits
		got := loaded.Logits(set.Images)
		if !slices.EqualFunc(got, want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-4 }) {
			t.Errorf("%s: the loaded model answers otherwise than the one that was evaluated", text)
		}
		c.Input = ""
		if plain := c.Logits(set.Images); slices.EqualFunc(plain, want, func(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-4 }) {
			t.Errorf("%s: it makes no difference", text)
		}
	}
}

func TestAnInputThatCannotBe(t *testing.T) {
	for input, want := range map[string]string{
		"rotate=10": "at random",
		"twist=3":   "twist",
		"centre=40": "28",
	} {
		c := untrained(t, "linear")
		c.Input = input
		if err := c.Save(t.TempDir()+"/model.safetensors", samples); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: saving says %v, want %q", input, err, want)
		}
	}
	c := untrained(t, "linear")
	c.Input, c.Scale = "standardize", 1
	if err := c.Save(t.TempDir()+"/model.safetensors", samples); err == nil || !strings.Contains(err.Error(), "wants 1/255") {
		t.Errorf("another scale: %v", err)
	}
}
