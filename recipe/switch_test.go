package recipe_test

import (
	"context"
	"slices"
	"testing"

	"inkling/data/synth"
	"inkling/recipe"
	"inkling/train"
)

// atStep calls f with the training at one of its steps.
type atStep struct {
	step int
	f    func()
}

func (a *atStep) Step(s *train.Step) error {
	if a.step == 0 {
		a.f()
	}
	a.step--
	return nil
}

// trained is the weights of a short training that f has a say in at its step 7.
func trained(t *testing.T, r recipe.Recipe, f func(*train.Trainer)) []float32 {
	t.Helper()
	trainer, err := r.Trainer(synth.Generate(300, 10, 0).Train, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	if f != nil {
		trainer.Hooks = []any{&atStep{7, func() { f(trainer) }}}
	}
	if err := trainer.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	var all []float32
	for _, p := range trainer.Model.Params() {
		all = append(all, p.Value.Float32s()...)
	}
	return all
}

func TestSwitch(t *testing.T) {
	r, err := recipe.ByName("plain")
	if err != nil {
		t.Fatal(err)
	}
	r.Model, r.Epochs, r.Batch, r.Schedule = "linear", 1, 20, "constant"
	for _, optimizer := range recipe.Optimizers {
		r := r.With(optimizer)
		want := trained(t, r, nil)
		if got := trained(t, r, func(t *train.Trainer) { r.Switch(t); r.SwitchLoss(t) }); !slices.Equal(got, want) {
			t.Errorf("%s: a switch to the same recipe changes the training", optimizer)
		}
		other := r
		other.Rate /= 10
		if got := trained(t, r, func(t *train.Trainer) { other.Switch(t) }); slices.Equal(got, want) {
			t.Errorf("%s: a switch to a tenth of the rate changes nothing", optimizer)
		}
	}
	// What SGD carried is of no use to Adam, not even the number of its steps: the
	// first update of a new Adam is as long as its rate.
	var before, after float64
	first := r.With("sgd")
	trained(t, first, func(t *train.Trainer) {
		r.With("adam").Switch(t)
		before = t.Optimizer.State().Rate
		after = float64(t.Optimizer.State().Steps)
	})
	if before != 0.003 || after != 0 {
		t.Errorf("Adam after SGD begins with rate %g and %g steps", before, after)
	}
}
