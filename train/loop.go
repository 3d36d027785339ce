// Package train fits models to data: the loop and its hooks, and the metrics.
package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"inkling/autograd"
	"inkling/data"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
)

// Trainer fits a model for a number of epochs.
type Trainer struct {
	Model     nn.Layer
	Loss      nn.Loss
	Optimizer optim.Optimizer
	Train     *data.Loader
	Valid     *data.Loader // evaluated after each epoch; may be nil
	Epochs    int
	Seed      uint64 // of the order of the images, of their augmentation, and of dropout's masks
	Direct    bool   // convolutions multiply each tap while they learn: slower, and more exact than sums of taps
	Hooks     []any  // each implements some of StepHook, EpochHook and SaveHook

	// From is where an earlier training stopped, for Run to go on from; nil for the beginning.
	From *Position

	// Rate and Momentum set the optimiser's before each batch, by the share of the
	// run's batches that lie behind it; where nil, the optimiser keeps its own.
	Rate, Momentum optim.Schedule
	// ClipNorm and ClipValue are limits for the gradients, as in package optim; 0 is none.
	ClipNorm, ClipValue float64
	// EMA, if set, is the model's averages: they stand in the model while it is
	// evaluated, while hooks see an epoch, and when Run returns.
	EMA *optim.EMA
}

// Step is one batch on its way through the model, shown to hooks after the
// backward pass and before the optimiser changes anything.
type Step struct {
	Epoch, Batch int // from 0
	Loss         float64
	Labels       *tensor.Tensor
	Logits       *autograd.Var
	Grads        autograd.Grads
	Tape         *autograd.Tape
}

// StepHook is called for every batch. An error ends the training.
type StepHook interface{ Step(s *Step) error }

// Epoch is what one pass over the training images came to.
type Epoch struct {
	Epoch     int     // from 0
	TrainLoss float64 // mean over the images, each measured before its own step
	Rate      float64 // the learning rate of the last step
	Valid     *Evaluation
	Seconds   float64 // of training: shuffling, gathering, forward, backward, step
}

// EpochHook is called after every epoch. An error ends the training.
type EpochHook interface{ Epoch(e *Epoch) error }

// Diverged is the error of a training whose loss, or whose model, no longer
// consists of finite numbers. The model has been put back to the end of its last
// good epoch; to its first weights, if there is none.
type Diverged struct {
	Epoch, Batch int    // from 0; the message counts from 1
	Where        string // the first operation, or parameter, with such a number
}

func (d *Diverged) Error() string {
	back := "its last good epoch"
	if d.Epoch == 0 {
		back = "its first weights"
	}
	return fmt.Sprintf("the loss is no longer a finite number in epoch %d, batch %d (%s); the model is back at %s; try a lower learning rate", d.Epoch+1, d.Batch+1, d.Where, back)
}

// Run trains. It ends early, with an error, when ctx is cancelled, a hook fails,
// the loss diverges (*Diverged), or From belongs to another training (*PositionError).
func (t *Trainer) Run(ctx context.Context) error {
	if err := t.Check(); err != nil {
		return err
	}
	state := nn.State(t.Model)
	if t.EMA != nil {
		t.EMA.Restore()
		defer t.EMA.Apply()
	}
	r := &run{
		Trainer: t, tape: t.tape(state[0].Value.Memory()), source: rand.NewPCG(t.Seed, 1),
		steps: t.Epochs * t.Train.Batches(), state: state,
	}
	if t.From == nil {
		r.good, r.at.Order = snapshot(state), r.order()
	} else if err := r.goOn(t.From); err != nil {
		return &PositionError{err}
	}
	t.Train.Restart(t.Seed, r.at.Epoch)
	for r.at.Epoch < t.Epochs {
		err := r.epoch(ctx)
		if _, diverged := err.(*Diverged); diverged {
			r.back()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tape returns the tape that steps are made on.
func (t *Trainer) tape(mem *tensor.Memory) *autograd.Tape {
	tape := autograd.NewTapeOn(mem)
	tape.Direct(t.Direct)
	return tape
}

// Check returns an error where there is nothing to train, or nothing to train on.
func (t *Trainer) Check() error {
	switch n := t.Train.Set.Len(); {
	case len(t.Model.Params()) == 0:
		return errors.New("the model has no parameters: there is nothing to train")
	case n == 0:
		return errors.New("there are no training images")
	case t.Train.Batches() == 0:
		return fmt.Errorf("%d training images do not fill one batch of %d, and the last short batch is dropped: nothing is left; choose a smaller batch", n, t.Train.Batch)
	}
	return nil
}

// run is a training on its way.
type run struct {
	*Trainer
	tape   *autograd.Tape
	source *rand.PCG         // of the order of the images
	steps  int               // of all epochs together
	state  []*autograd.Param // what the steps change: parameters and running statistics
	good   []*tensor.Tensor  // the state at the end of the last good epoch
	at     Position          // how far it has come; the tensors are put in where it is saved
}

// epoch trains on all images once, or on those that are left of a position, evaluates
// and tells the hooks.
func (r *run) epoch(ctx context.Context) error {
	start, epoch := time.Now(), r.at.Epoch
	for x, y := range r.Train.EpochFrom(rand.New(r.source), r.at.Batch) {
		if err := ctx.Err(); err != nil {
			return r.stop(false, err)
		}
		step := epoch*r.Train.Batches() + r.at.Batch
		r.schedule(float64(step) / float64(r.steps))
		r.tape.Seed(r.Seed, uint64(step))
		loss, err := r.step(r.tape, x, y, epoch, r.at.Batch)
		if err != nil {
			return err
		}
		r.at.Loss += loss * float64(y.Len())
		r.at.Images += y.Len()
		r.at.Batch++
		if err := r.save(false, false); err != nil {
			return err
		}
	}
	if err := r.Train.Err(); err != nil { // an image of a streamed set has gone
		return r.stop(false, err)
	}
	// The last step may have done it, and no loss has been computed since.
	if p := notFinite(r.state); p != nil {
		return &Diverged{epoch, r.at.Batch - 1, "in " + p.Name + " after the step"}
	}
	e := &Epoch{Epoch: epoch, TrainLoss: r.at.Loss / float64(r.at.Images), Rate: r.Optimizer.State().Rate, Seconds: time.Since(start).Seconds()}
	stop, err := r.judge(ctx, e)
	if err != nil {
		return err
	}
	for i, p := range r.state {
		r.good[i].CopyFrom(p.Value)
	}
	r.at = Position{Epoch: epoch + 1, Order: r.order()}
	if stop != nil {
		return r.stop(true, stop)
	}
	return r.save(true, epoch+1 == r.Epochs)
}

// stop saves a training that ends with an error, and returns the error.
func (r *run) stop(ended bool, err error) error {
	if failed := r.save(ended, true); failed != nil {
		return fmt.Errorf("%w; and then: %w", err, failed)
	}
	return err
}

// judge evaluates the model at the end of an epoch and tells the hooks; stop is the
// error of one that ends the training. The averages stand in the model meanwhile.
func (r *run) judge(ctx context.Context, e *Epoch) (stop, err error) {
	if r.EMA != nil {
		r.EMA.Apply()
		defer r.EMA.Restore()
	}
	if r.Valid != nil {
		if e.Valid, err = evaluate(ctx, r.Model, r.Loss, r.Valid); err != nil {
			if r.EMA != nil {
				r.EMA.Restore()
			}
			return nil, r.stop(false, err)
		}
		// Weights can be finite and yet too large for any answer.
		if r.Loss != nil && r.Valid.Set.Len() > 0 && (math.IsNaN(e.Valid.Loss) || math.IsInf(e.Valid.Loss, 0)) {
			return nil, &Diverged{e.Epoch, r.at.Batch - 1, "in the validation after the step"}
		}
	}
	for _, h := range r.Hooks {
		if h, ok := h.(EpochHook); ok {
			if err := h.Epoch(e); err != nil {
				return err, nil
			}
		}
	}
	return nil, nil
}

// back puts the model back to the end of its last good epoch.
func (r *run) back() {
	restore(r.state, r.good)
	if r.EMA != nil { // its averages hold what went wrong
		r.EMA.Reset()
	}
}

// schedule sets the optimiser for the batch at fraction p of the run.
func (t *Trainer) schedule(p float64) {
	if t.Rate != nil {
		t.Optimizer.SetRate(t.Rate(p))
	}
	if t.Momentum != nil {
		t.Optimizer.SetMomentum(t.Momentum(p))
	}
}

// step is the heart of it: forward, loss, backward, update.
func (t *Trainer) step(tape *autograd.Tape, x, y *tensor.Tensor, epoch, batch int) (float64, error) {
	defer tape.Reset()
	logits := t.Model.Forward(tape.Input(x))
	loss := t.Loss(logits, y)
	grads := loss.Backward()
	value := loss.Value().Item()
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return value, &Diverged{epoch, batch, whereNotFinite(tape)}
	}
	for _, h := range t.Hooks {
		if h, ok := h.(StepHook); ok {
			if err := h.Step(&Step{epoch, batch, value, y, logits, grads, tape}); err != nil {
				return value, err
			}
		}
	}
	if t.ClipValue > 0 {
		optim.ClipValue(grads, t.Model.Params(), t.ClipValue)
	}
	if t.ClipNorm > 0 {
		optim.ClipNorm(grads, t.Model.Params(), t.ClipNorm)
	}
	t.Optimizer.Step(grads)
	if t.EMA != nil {
		t.EMA.Update()
	}
	return value, nil
}

// whereNotFinite names the first operation on the tape whose result holds a NaN
// or an infinity, and the parameter that it worked with, or that came last before it.
func whereNotFinite(tape *autograd.Tape) string {
	for _, v := range tape.Vars() {
		if finite(v.Value()) {
			continue
		}
		where := "first in " + v.Op()
		if p := nearest(v); p != nil && p != v.Param() {
			where += " with " + p.Name
		}
		return where
	}
	return "in the loss itself"
}

// nearest returns the parameter that is the fewest operations away from v.
func nearest(v *autograd.Var) *autograd.Param {
	for level := []*autograd.Var{v}; len(level) > 0; {
		var below []*autograd.Var
		for _, x := range level {
			if x.Param() != nil {
				return x.Param()
			}
			below = append(below, x.Operands()...)
		}
		level = below
	}
	return nil
}

// notFinite returns the first of a model's numbers that is a NaN or an infinity.
func notFinite(state []*autograd.Param) *autograd.Param {
	for _, p := range state {
		if !finite(p.Value) {
			return p
		}
	}
	return nil
}

// finite reports whether every element is a number: a maximum keeps NaN.
func finite(x *tensor.Tensor) bool {
	if x.Len() == 0 {
		return true
	}
	most := x.Float().Abs().Max().Item()
	return !math.IsNaN(most) && !math.IsInf(most, 0)
}

// snapshot copies a model's parameters and buffers, in their order in memory.
func snapshot(state []*autograd.Param) []*tensor.Tensor {
	var copies []*tensor.Tensor
	for _, p := range state {
		c := p.Value.Memory().Like(p.Value)
		c.CopyFrom(p.Value)
		copies = append(copies, c)
	}
	return copies
}

func restore(state []*autograd.Param, copies []*tensor.Tensor) {
	for i, p := range state {
		p.Value.CopyFrom(copies[i])
	}
}
