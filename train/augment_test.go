package train_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/data/augment"
	"inkling/train"
)

// A training with augmentation is its seed's alone: the same weights, also with a
// loader that has dealt epochs before, and with batches made ahead.
func TestAugmentedTrainingIsTheSameEveryTime(t *testing.T) {
	recipe, err := augment.Parse("rotate=20,shift=1")
	if err != nil {
		t.Fatal(err)
	}
	run := func(seed uint64, augmented bool, prefetch int, before func(*train.Trainer)) []float32 {
		trainer := small(t, 1)
		trainer.Seed, trainer.Train.Prefetch = seed, prefetch
		if augmented {
			trainer.Train.Augment = recipe
		}
		if before != nil {
			before(trainer)
		}
		if err := trainer.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		return weights(trainer.Model)
	}
	want := run(1, true, 0, nil)
	used := func(trainer *train.Trainer) {
		for range trainer.Train.Epoch(rand.New(rand.NewPCG(9, 9))) {
		}
	}
	if !slices.Equal(run(1, true, 2, used), want) {
		t.Error("the same seed trained to other weights")
	}
	if slices.Equal(run(2, true, 0, nil), want) || slices.Equal(run(1, false, 0, nil), want) {
		t.Error("seed or augmentation makes no difference")
	}
}
