package lab

import (
	"context"

	"inkling/data"
	"inkling/explain"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
	"inkling/train"
)

// trainer builds the training from the run's settings: what recipe.Trainer makes of
// them, with the hook that follows the forks, and the fault if there is one.
func (r *Run) trainer(ctx context.Context) (*train.Trainer, error) {
	first := r.program[0].Settings
	ds, err := r.lab.Dataset(ctx, first.Data)
	if err != nil {
		return nil, err
	}
	d, err := r.lab.divide(ds, first)
	if err != nil {
		return nil, err
	}
	t, err := r.on(d.train, d.valid)
	if err != nil {
		return nil, err
	}
	if err := t.Check(); err != nil {
		return nil, err
	}
	set := t.Train.Set
	spec := models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)}
	typical, err := d.looks(spec)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spec, r.typical = spec, typical
	r.classes, r.batches, r.steps = set.Classes, t.Train.Batches(), t.Train.Batches()*t.Epochs
	if r.input, err = inputOf(first.Recipe, set); err != nil {
		return nil, err
	}
	numbers := 0
	for _, p := range nn.State(t.Model) {
		numbers += p.Value.Len()
	}
	r.history.plan(r.steps, numbers)
	if r.steps > maxSteps {
		return nil, invalid("%d epochs of %d batches are %d steps; the lab makes %d at most: fewer epochs, or larger batches", t.Epochs, r.batches, r.steps, maxSteps)
	}
	return t, nil
}

// on builds the training on a division of the images.
func (r *Run) on(set, valid *data.Set) (*train.Trainer, error) {
	first := r.program[0].Settings
	if r.images != nil {
		set = r.images
	}
	t, err := first.Recipe.Trainer(set, valid, first.Seed)
	if err != nil {
		return nil, err
	}
	if r.begin != nil {
		setState(t.Model, r.begin)
	}
	if first.Fault != "" {
		f, err := faultByName(first.Fault)
		if err != nil {
			return nil, err
		}
		f.apply(t)
	}
	r.goFrom(t, r.at)
	return t, nil
}

// goFrom lets a training go on from a position of this run, or of the one that it was
// forked from; from its beginning if that is nil.
func (r *Run) goFrom(t *train.Trainer, p *train.Position) {
	at := 0
	if p != nil {
		t.From = p
		at = p.Epoch*t.Train.Batches() + p.Batch
	}
	ahead := r.program[1:]
	for ; len(ahead) > 0 && ahead[0].From < at; ahead = ahead[1:] {
		ahead[0].Settings.Recipe.Switch(t)
		ahead[0].Settings.Recipe.SwitchLoss(t)
	}
	if len(ahead) == 0 {
		return
	}
	if ahead[0].From == at {
		ahead[0].Settings.Recipe.SwitchLoss(t)
	}
	t.Hooks = append(t.Hooks, &forks{ahead, t})
}

// forks changes a training on its way: the loss from the batch of the fork on, which
// the hook of the batch before sees to, and the rule for that batch's update.
type forks struct {
	ahead   []phase
	trainer *train.Trainer
}

// Step implements train.StepHook.
func (f *forks) Step(s *train.Step) error {
	t := f.trainer
	at := s.Epoch*t.Train.Batches() + s.Batch
	if len(f.ahead) > 0 && f.ahead[0].From == at {
		f.ahead[0].Settings.Recipe.Switch(t)
		p := float64(at) / float64(t.Epochs*t.Train.Batches())
		t.Optimizer.SetRate(t.Rate(p))
		if t.Momentum != nil {
			t.Optimizer.SetMomentum(t.Momentum(p))
		}
		f.ahead = f.ahead[1:]
	}
	if len(f.ahead) > 0 && f.ahead[0].From == at+1 {
		f.ahead[0].Settings.Recipe.SwitchLoss(t)
	}
	return nil
}

// examine asks the doctor about a run with a fault, on its first batch.
func (r *Run) examine(t *train.Trainer) error {
	first := r.program[0].Settings
	if first.Fault == "" {
		return nil
	}
	f, err := faultByName(first.Fault)
	if err != nil {
		return err
	}
	ill, err := diagnose(t, first, f.firstBatch)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.doctor = ill
	r.mu.Unlock()
	return nil
}

// diagnose returns what the doctor finds ill about a training before its first step,
// on some images.
func diagnose(t *train.Trainer, s Settings, images func(*data.Loader) []int32) ([]explain.Finding, error) {
	ill := []explain.Finding{}
	batch := *t.Train
	batch.Batch = doctorImages
	batch.Prefetch = 0
	for x, y := range batch.Of(images(&batch)) {
		for found := range explain.ExamineModel(t.Model, t.Loss, s.Recipe.Loss, s.Recipe.Rate, x, y) {
			if !found.Fine {
				ill = append(ill, found)
			}
		}
		break
	}
	return ill, batch.Err()
}

// state flattens a model's parameters and buffers into one list, in their order.
func state(model nn.Layer) []float32 {
	numbers := 0
	for _, p := range nn.State(model) {
		numbers += p.Value.Len()
	}
	all := make([]float32, 0, numbers)
	for _, p := range nn.State(model) {
		all = append(all, p.Value.Float32s()...)
	}
	return all
}

// setState is the way back.
func setState(model nn.Layer, weights []float32) {
	for _, p := range nn.State(model) {
		n := p.Value.Len()
		tensor.Set(p.Value, weights[:n])
		weights = weights[n:]
	}
}
