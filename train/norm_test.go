package train_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/data"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// normed returns a trainer of a model with running statistics and dropout.
func normed(rate float64, seed uint64) *train.Trainer {
	init := nn.KaimingNormal(tensor.CPU, rand.New(rand.NewPCG(1, 0)))
	m := nn.Sequential{
		nn.NewConv2DNoBias("conv", 1, 6, tensor.Square(3, 1, 1), init), nn.NewBatchNorm("bn1", 6, init), nn.ReLU,
		nn.Flatten, nn.NewBatchNorm("bn2", 48, init), nn.Dropout(0.25), nn.NewLinear("fc", 48, 2, init),
	}
	return &train.Trainer{
		Model: m, Loss: nn.CrossEntropy, Optimizer: optim.NewSGD(m.Params(), rate),
		Train: data.NewLoader(tensor.CPU, halves(100), 10), Valid: data.NewLoader(tensor.CPU, halves(51), 20),
		Epochs: 3, Seed: seed,
	}
}

// state returns all that a model is made of, as one list.
func state(m nn.Layer) (all []float32) {
	for _, p := range nn.State(m) {
		all = append(all, p.Value.Float32s()...)
	}
	return all
}

func TestBatchNormAndDropoutInTraining(t *testing.T) {
	run := func(seed uint64) ([]float32, *train.Evaluation) {
		var last *train.Evaluation
		tr := normed(0.1, seed)
		tr.Hooks = []any{afterEpoch(func(e *train.Epoch) error { last = e.Valid; return nil })}
		if err := tr.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		// What it answers depends on no neighbour, and on no chance.
		again := train.Evaluate(tr.Model, nn.CrossEntropy, data.NewLoader(tensor.CPU, halves(51), 7))
		for i, v := range again.Logits {
			if d := v - last.Logits[i]; d > 1e-4 || d < -1e-4 {
				t.Fatalf("in batches of 7 logit %d is %v, in batches of 20 %v", i, v, last.Logits[i])
			}
		}
		return state(tr.Model), last
	}
	first, valid := run(1)
	again, _ := run(1)
	if !slices.Equal(first, again) {
		t.Error("the same seed gave other numbers")
	}
	if valid.Accuracy != 1 {
		t.Errorf("it reads %.0f %% of the images", 100*valid.Accuracy)
	}
}

// Dropout's masks follow the seed too, where everything else is equal.
func TestMasksFollowTheSeed(t *testing.T) {
	var all [][]float32
	for _, seed := range []uint64{1, 1, 2} {
		tr := normed(0.1, seed)
		tr.Train = data.NewLoader(tensor.CPU, halves(10), 10) // one batch: its order matters to rounding alone
		tr.Epochs, tr.Valid = 1, nil
		if err := tr.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		all = append(all, weights(tr.Model)[54:]) // after the filters
	}
	far := false
	for i := range all[0] {
		d := all[0][i] - all[2][i]
		far = far || d > 1e-3 || d < -1e-3
	}
	if !slices.Equal(all[0], all[1]) || !far {
		t.Error("two seeds drop the same, or one seed does not")
	}
}

// A model that diverges is put back with its running statistics.
func TestDivergenceRestoresRunningStatistics(t *testing.T) {
	tr := normed(1e30, 1)
	before := state(tr.Model)
	err := tr.Run(context.Background())
	var diverged *train.Diverged
	if !errors.As(err, &diverged) {
		t.Fatalf("a rate of 1e30 ends with %v", err)
	}
	if !slices.Equal(state(tr.Model), before) {
		t.Error("the running statistics, or the weights, are not what they were")
	}
	// Looking for a rate leaves no trace either.
	tr = normed(0.1, 1)
	before = state(tr.Model)
	if _, err := train.FindRate(context.Background(), tr, nil); err != nil {
		t.Logf("the search says %v", err)
	}
	if !slices.Equal(state(tr.Model), before) {
		t.Error("the search for a rate changed the model")
	}
}
