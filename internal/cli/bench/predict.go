package bench

import (
	"context"
	"math/rand/v2"

	"inkling/autograd"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

// predictions measures a model that is only asked for answers, as it is loaded
// for that: batch norm folded into convolutions, filters packed once.
func (b *Bench) predictions(ctx context.Context) error {
	set, err := b.open(ctx)
	if err != nil {
		return err
	}
	batches := []int{1, 64}
	if b.Batch > 0 {
		batches = []int{b.Batch}
	}
	for _, name := range b.Models {
		spec := models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)}
		model, err := models.New(name, spec, models.Init(name, tensor.CPU, rand.New(rand.NewPCG(1, 0))))
		if err != nil {
			return ModelError{err}
		}
		model = nn.Fold(model)
		for _, n := range batches {
			n = min(n, set.Len())
			arena := tensor.CPU.Arena()
			images := tensor.FromBytes(set.Images[:n*spec.Pixels()], n, spec.Channels, spec.Height, spec.Width).Float().Scale(1.0 / 255)
			inner := max(200/n, 5)
			row := b.measure(ctx, Row{Name: "predict", Model: name, Batch: n, Unit: "images/s"}, inner, float64(n), func() {
				arena.Reset()
				model.Forward(autograd.Const(arena.Enter(images)))
			})
			if err := ctx.Err(); err != nil {
				return err
			}
			b.Show(row)
		}
	}
	return nil
}
