package lab

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"

	"inkling/data"
	"inkling/data/augment"
	"inkling/nn"
	"inkling/recipe"
	"inkling/train"
)

// Example is an image with the label that it should get.
type Example struct {
	Image []byte `json:"image"` // channels x height x width
	Label int    `json:"label"`
}

// A correction is a short training from a subject's weights, on the examples and on
// training images from before, so that what was known is not forgotten. Each example
// comes several times an epoch, but all together no more than a quarter of the images:
// a few classes seen too often would drive out the others. It ends when an epoch ends
// with all examples read rightly, or after the last of so many.
const (
	correctionImages = 960 // from before
	correctionEpochs = 25
	mostRepeats      = 24 // of an example in an epoch
	maxExamples      = 200
)

// Correct begins a run that learns examples. It takes seconds.
func (l *Lab) Correct(ctx context.Context, s Subject, examples []Example, seed uint64) (*Run, error) {
	n, err := l.Net(ctx, s)
	if err != nil {
		return nil, err
	}
	if len(examples) == 0 || len(examples) > maxExamples {
		return nil, invalid("%d examples: from 1 to %d", len(examples), maxExamples)
	}
	for i, e := range examples {
		if len(e.Image) != n.Spec.Pixels() || e.Label < 0 || e.Label >= n.Spec.Classes {
			return nil, invalid("example %d has %d bytes and label %d; the model wants images of %d bytes and has %d classes", i+1, len(e.Image), e.Label, n.Spec.Pixels(), n.Spec.Classes)
		}
	}
	if !slices.Contains(recipe.Models(), n.Architecture) {
		return nil, invalid("the model %s does not learn by gradient descent", n.Architecture)
	}
	settings := l.Usual()
	if n.Subject.Run != "" {
		settings.Data, settings.Fault = n.Settings.Data, n.Settings.Fault
		settings.Recipe = n.Settings.Recipe
	}
	settings.Seed = seed
	r := settings.Recipe.With("adam")
	r.Model, r.Schedule, r.Rate, r.Epochs, r.Batch = n.Architecture, "constant", 5e-4, correctionEpochs, 64
	if n.Subject.Run == "" {
		r.Augment = n.Model.Input
	}
	settings.Recipe = r
	if _, _, err := l.unseen(ctx, n); err != nil { // its images are of another kind
		return nil, err
	}
	ds, err := l.Dataset(ctx, settings.Data)
	if err != nil {
		return nil, err
	}
	d, err := l.divide(ds, settings)
	if err != nil {
		return nil, err
	}
	run := &Run{
		program: []phase{{0, settings}}, parent: n.Subject.Run, from: max(n.Subject.Step, 0), begin: state(n.Net),
		images: mixture(d.train, examples, seed), enough: &enough{examples: examples, net: n},
	}
	return l.start(run, false)
}

// mixture is examples, repeated, among images from before.
func mixture(set *data.Set, examples []Example, seed uint64) *data.Set {
	rng := rand.New(rand.NewPCG(seed, 5))
	chosen := rng.Perm(set.Len())[:min(correctionImages, set.Len())]
	mixed := set.Subset(chosen)
	if mixed.Streamed() {
		held, err := mixed.Held(1 << 30)
		if err != nil {
			panic(err) // the trainer names the image
		}
		mixed = held
	}
	mixed.Names = nil
	for range min(max(1, len(chosen)/3/len(examples)), mostRepeats) {
		for _, e := range examples {
			mixed.Images = append(mixed.Images, e.Image...)
			mixed.Labels = append(mixed.Labels, int32(e.Label))
		}
	}
	return mixed
}

// enough ends a correction when its examples are read rightly.
type enough struct {
	examples []Example
	net      *Net // that it began with
	model    nn.Layer
}

// errEnough is how it says so.
var errEnough = errors.New("all examples are read rightly")

// Epoch implements train.EpochHook.
func (e *enough) Epoch(*train.Epoch) error {
	now := *e.net.Model
	now.Net = e.model
	for _, x := range e.examples {
		if greatest(now.Logits(x.Image)) != x.Label {
			return nil
		}
	}
	return errEnough
}

// augmentation is what is done to every image before the model sees it.
func (n *Net) augmentation() (augment.Recipe, error) { return augment.Parse(n.Model.Input) }
