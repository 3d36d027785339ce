package bench

import (
	"context"
	"math/rand/v2"

	"inkling/data"
	"inkling/data/folder"
	"inkling/data/source"
	"inkling/data/synth"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

func (b *Bench) open(ctx context.Context) (*data.Set, error) {
	opened, err := source.Open(ctx, b.Data, source.Options{SynthTrain: synth.Train, SynthTest: 100})
	if err != nil {
		return nil, err
	}
	return opened.Train.Held(folder.HeldBytes) // a benchmark of files is that of the disk
}

// trainer builds a model, with initial values that suit it, and what trains it.
func (b *Bench) trainer(name string, set *data.Set, loader *data.Loader) (*train.Trainer, error) {
	spec := models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)}
	model, err := models.New(name, spec, models.Init(name, tensor.CPU, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		return nil, ModelError{err}
	}
	t := &train.Trainer{Model: model, Loss: nn.CrossEntropy, Train: loader, Epochs: 1, Seed: 1, Direct: b.Direct}
	if name == "linear" || name == "network" { // as the story trains them
		t.Optimizer = optim.NewSGD(model.Params(), 0.01)
	} else {
		t.Optimizer = optim.NewAdamW(model.Params(), 1e-3, 0.01)
	}
	return t, nil
}

// steps measures one training step: gather, forward, backward, update.
func (b *Bench) steps(ctx context.Context) error {
	set, err := b.open(ctx)
	if err != nil {
		return err
	}
	const batches = 50
	batch := b.batch(256)
	few := set.Subset(firstN(min(set.Len(), batches*batch)))
	loader := data.NewLoader(tensor.CPU, few, batch)
	for _, name := range b.Models {
		t, err := b.trainer(name, set, loader)
		if err != nil {
			return err
		}
		row := b.measure(ctx, Row{Name: "step", Model: name, Batch: min(batch, set.Len()), Unit: "images/s", Direct: b.Direct}, 1, float64(few.Len()), func() { err = t.Run(ctx) })
		if err != nil {
			return err
		}
		n := float64(loader.Batches())
		row.Best, row.Median = row.Best/n, row.Median/n
		b.Show(row)
	}
	return nil
}

func firstN(n int) []int {
	index := make([]int, n)
	for i := range index {
		index[i] = i
	}
	return index
}

// epochs measures a whole epoch: shuffling, gathering, forward, backward, step.
func (b *Bench) epochs(ctx context.Context) error {
	set, err := b.open(ctx)
	if err != nil {
		return err
	}
	batch := b.batch(256)
	loader := data.NewLoader(tensor.CPU, set, batch)
	for _, name := range b.Models {
		t, err := b.trainer(name, set, loader)
		if err != nil {
			return err
		}
		row := b.measure(ctx, Row{Name: "epoch", Model: name, Batch: min(batch, set.Len()), Unit: "images/s", Direct: b.Direct}, 1, float64(set.Len()), func() { err = t.Run(ctx) })
		if err != nil {
			return err
		}
		b.Show(row)
	}
	return nil
}
