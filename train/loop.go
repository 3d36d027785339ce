// Package train fits models to data: the loop and its hooks, the metrics, and
// the files that trained models are kept in.
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
	Seed      uint64 // of the order of the images, and of dropout's masks
	Hooks     []any  // each implements StepHook, EpochHook or both
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
	Valid     *Evaluation
	Seconds   float64 // of training: shuffling, gathering, forward, backward, step
}

// EpochHook is called after every epoch. An error ends the training.
type EpochHook interface{ Epoch(e *Epoch) error }

// Diverged is the error of a training whose loss, or whose model, no longer
// consists of finite numbers. The model has been put back to the end of its last
// good epoch; to its first weights, if there is none.
type Diverged struct {
	Epoch, Batch int
	Where        string // the first operation, or parameter, with such a number
}

func (d *Diverged) Error() string {
	return fmt.Sprintf("the loss is no longer a finite number at epoch %d, step %d (%s); the model is back at its last good epoch; try a lower learning rate", d.Epoch, d.Batch, d.Where)
}

// Run trains. It ends early, with an error, when ctx is cancelled, a hook fails
// or the loss diverges.
func (t *Trainer) Run(ctx context.Context) error {
	params := t.Model.Params()
	switch {
	case len(params) == 0:
		return errors.New("the model has no parameters: there is nothing to train")
	case t.Train.Set.Len() == 0:
		return errors.New("there are no training images")
	}
	tape := autograd.NewTapeOn(params[0].Value.Memory())
	rng := rand.New(rand.NewPCG(t.Seed, 1))
	good := snapshot(params)
	steps := uint64(0)
	for epoch := range t.Epochs {
		start, total, batch := time.Now(), 0.0, 0
		for x, y := range t.Train.Epoch(rng) {
			if err := ctx.Err(); err != nil {
				return err
			}
			tape.Seed(t.Seed, steps)
			steps++
			loss, err := t.step(tape, x, y, epoch, batch)
			if err != nil {
				if _, diverged := err.(*Diverged); diverged {
					restore(params, good)
				}
				return err
			}
			total += loss * float64(y.Len())
			batch++
		}
		// The last step may have done it, and no loss has been computed since.
		if p := notFinite(params); p != nil {
			restore(params, good)
			return &Diverged{epoch, batch - 1, "in " + p.Name + " after the step"}
		}
		e := &Epoch{Epoch: epoch, TrainLoss: total / float64(t.Train.Set.Len()), Seconds: time.Since(start).Seconds()}
		if t.Valid != nil {
			e.Valid = Evaluate(t.Model, t.Loss, t.Valid)
			// Weights can be finite and yet too large for any answer.
			if t.Loss != nil && t.Valid.Set.Len() > 0 && (math.IsNaN(e.Valid.Loss) || math.IsInf(e.Valid.Loss, 0)) {
				restore(params, good)
				return &Diverged{epoch, batch - 1, "in the validation after the step"}
			}
		}
		for _, h := range t.Hooks {
			if h, ok := h.(EpochHook); ok {
				if err := h.Epoch(e); err != nil {
					return err
				}
			}
		}
		for i, p := range params {
			good[i].CopyFrom(p.Value)
		}
	}
	return nil
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
	t.Optimizer.Step(grads)
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

// notFinite returns the first parameter that holds a NaN or an infinity.
func notFinite(params []*autograd.Param) *autograd.Param {
	for _, p := range params {
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

func snapshot(params []*autograd.Param) []*tensor.Tensor {
	var copies []*tensor.Tensor
	for _, p := range params {
		copies = append(copies, p.Value.Clone())
	}
	return copies
}

func restore(params []*autograd.Param, copies []*tensor.Tensor) {
	for i, p := range params {
		p.Value.CopyFrom(copies[i])
	}
}
