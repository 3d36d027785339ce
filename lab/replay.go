package lab

import (
	"context"
	"errors"
	"slices"

	"inkling/autograd"
	"inkling/train"
)

// Beside its snapshots a run keeps some positions of its training, with all that the
// optimiser carries: from the one before a step, that step is replayed, bit for bit.
const (
	positionBytes = 32 << 20 // of a run; one position is kept whatever it takes
	positionMost  = 16
	longestReplay = 5.0 // seconds, by the pace at which the run went
)

// positions are where a run can be taken up.
type positions struct {
	every int
	kept  []position
}

type position struct {
	step int
	*train.Position
}

// wants reports whether the position after so many steps is kept.
func (p *positions) wants(step int) bool { return step%max(p.every, 32) == 0 }

// add keeps a position, whose tensors are the training's own, and thins out.
func (p *positions) add(step int, of *train.Position) {
	own, numbers := *of, 0
	clone := func(from []*autograd.Param) []*autograd.Param {
		var to []*autograd.Param
		for _, q := range from {
			c := q.Value.Memory().Like(q.Value)
			c.CopyFrom(q.Value)
			to = append(to, autograd.NewParam(q.Name, c))
			numbers += c.Len()
		}
		return to
	}
	own.Order = slices.Clone(of.Order)
	own.Model, own.Good = clone(of.Model), clone(of.Good)
	own.Optimizer.Tensors = clone(of.Optimizer.Tensors)
	if of.Averages != nil {
		averages := *of.Averages
		averages.Tensors = clone(averages.Tensors)
		own.Averages = &averages
	}
	p.kept = append(p.kept, position{step, &own})
	for most := min(max(positionBytes/(4*max(numbers, 1)), 1), positionMost); len(p.kept) > most; {
		p.every = 2 * max(p.every, 32)
		p.kept = slices.DeleteFunc(p.kept, func(q position) bool { return q.step%p.every != 0 })
		if len(p.kept) > most && most == 1 {
			p.kept = p.kept[len(p.kept)-1:]
		}
	}
}

// before returns the last position that is not after a step; nil for the beginning.
func (p *positions) before(step int) (found *train.Position, at int) {
	for _, q := range p.kept {
		if q.step <= step {
			found, at = q.Position, q.step
		}
	}
	return found, at
}

// Due implements train.SaveHook.
func (w *watch) Due(ended bool) bool {
	r := w.run
	step := w.at
	if !ended {
		if step++; step%r.batches == 0 {
			return false // the epoch is about to end
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.positions.wants(step)
}

// Save implements train.SaveHook.
func (w *watch) Save(p *train.Position) error {
	r := w.run
	step := p.Epoch*r.batches + p.Batch
	if n := len(r.positions.kept); n > 0 && r.positions.kept[n-1].step == step || p.Batch == r.batches {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.positions.add(step, p)
	return nil
}

// At returns the weights after so many steps: those that are kept, or else replayed
// from what is, where that takes no longer than a few seconds.
func (r *Run) At(ctx context.Context, step int) (*Snapshot, error) {
	if s, ok := r.snapshot(step); ok {
		return s, nil
	}
	if step == Latest {
		return nil, busy("run %s has not begun yet", r.ID)
	}
	r.replays.Lock()
	defer r.replays.Unlock()
	if s, ok := r.snapshot(step); ok { // another visitor asked for the same
		return s, nil
	}
	r.mu.Lock()
	made, pace := r.step, r.seconds/float64(max(r.step-r.from, 1))
	from, at := r.positions.before(step)
	r.mu.Unlock()
	switch {
	case step < 0:
		return nil, invalid("step %d", step)
	case step > made:
		return nil, unknown("run %s has made %d steps, and not %d", r.ID, made, step)
	case float64(step-at)*pace > longestReplay:
		return nil, busy("step %d would take %.0f s to replay; kept are the steps %v", step, float64(step-at)*pace, r.Steps())
	}
	return r.replay(ctx, from, step)
}

// errReplayed ends a replay at its step.
var errReplayed = errors.New("replayed")

// replay trains again from a position, on the data as they were divided.
func (r *Run) replay(ctx context.Context, from *train.Position, step int) (*Snapshot, error) {
	if err := r.lab.enter(ctx); err != nil {
		return nil, err
	}
	defer func() { <-r.lab.slots }()
	first := r.program[0].Settings
	ds, err := r.lab.Dataset(ctx, first.Data)
	if err != nil {
		return nil, err
	}
	d, err := r.lab.divide(ds, first)
	if err != nil {
		return nil, err
	}
	again := &Run{lab: r.lab, program: r.program, begin: r.begin, images: r.images, at: from}
	if again.at == nil {
		again.at = r.at
	}
	t, err := again.on(d.train, nil)
	if err != nil {
		return nil, err
	}
	var found *Snapshot
	t.Hooks = append(t.Hooks, until(func(s *train.Step) error {
		if s.Epoch*t.Train.Batches()+s.Batch < step {
			return nil
		}
		found = &Snapshot{step, state(t.Model)}
		return errReplayed
	}))
	if err := t.Run(ctx); err != nil && !errors.Is(err, errReplayed) {
		return nil, err
	}
	if found == nil { // the last step of all
		found = &Snapshot{step, state(t.Model)}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.replayed = found
	return found, nil
}

// until is a StepHook that is a function.
type until func(s *train.Step) error

// Step implements train.StepHook.
func (f until) Step(s *train.Step) error { return f(s) }
