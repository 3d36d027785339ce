package train_test

import (
	"context"
	"slices"
	"testing"

	"inkling/data"
	"inkling/data/synth"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// The estimate of a step is what a real one takes, and making it changes nothing.
func TestMemoryOfAStep(t *testing.T) {
	set := synth.Generate(200, 0, 1).Train
	for _, name := range []string{"linear", "network", "cnn", "resnet-small"} {
		m := build(t, name, tensor.CPU)
		taken := int64(0)
		trainer := &train.Trainer{
			Model: m, Loss: nn.CrossEntropy, Optimizer: optim.NewAdam(m.Params(), 0.003), Epochs: 1,
			Train: data.NewLoader(tensor.CPU, set, 64), Valid: data.NewLoader(tensor.CPU, set, 100),
			Hooks: []any{afterStep(func(s *train.Step) error { taken = s.Tape.Memory().Bytes(); return nil })},
		}
		var before []float32
		for _, p := range nn.State(m) {
			before = append(before, p.Value.Float32s()...)
		}
		got := trainer.Memory()
		var after []float32
		for _, p := range nn.State(m) {
			after = append(after, p.Value.Float32s()...)
		}
		if !slices.Equal(before, after) {
			t.Errorf("%s: the estimate changed the model", name)
		}
		if err := trainer.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if ratio := float64(got.Step) / float64(taken); ratio < 0.8 || ratio > 1.25 {
			t.Errorf("%s: a step takes %d bytes, and the estimate is %d", name, taken, got.Step)
		}
		if bytes := int64(4 * len(before)); got.Model < 4*bytes || got.Model > 8*bytes || got.Evaluation <= 0 || got.Total() <= got.Step {
			t.Errorf("%s: a model of %d bytes, and an estimate of %+v", name, bytes, got)
		}
	}
	// A batch of a million images takes a million times as much, and not less by overflow.
	m := build(t, "cnn", tensor.CPU)
	huge := &train.Trainer{Model: m, Loss: nn.CrossEntropy, Optimizer: optim.NewSGD(m.Params(), 1), Train: data.NewLoader(tensor.CPU, set, 1<<40)}
	huge.Train.Set = &data.Set{Labels: make([]int32, 1<<20), Channels: 1, Height: 28, Width: 28, Classes: set.Classes}
	if got := huge.Memory(); got.Step < 1<<36 || got.Total() < got.Step {
		t.Errorf("a million images take %+v", got)
	}
}
