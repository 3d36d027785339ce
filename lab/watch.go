package lab

import (
	"context"
	"math"
	"time"

	"inkling/train"
)

// A training is followed at a bounded cost. Every loss is kept, four bytes. Ten times
// a second at first, when most changes, and later twice, an event goes out, and a copy
// of the weights is put where visitors can ask them; a large net is copied more seldom,
// so that this takes no more than a twentieth of the time. A page draws what it is told,
// in a browser that may have to share the training's cores. Snapshots come at fixed steps (see history), whatever the
// clock says. Nothing is evaluated here but what the trainer evaluates itself at the
// end of an epoch; what a visitor asks about a snapshot is worked out when asked.
const (
	tellFirst  = 100 * time.Millisecond
	tellLater  = 500 * time.Millisecond
	tellShare  = 0.25 // of what has gone by
	watchShare = 0.05
)

// watch is the hook that shows a training to the lab, and holds it where it waits.
type watch struct {
	run     *Run
	ctx     context.Context
	trainer *train.Trainer
	start   time.Time
	away    time.Duration // waited
	spent   time.Duration // in this hook
	told    time.Time
	sum     float64 // of the losses since then
	count   int
	at      int // updates made
}

// Step implements train.StepHook: it is called between the backward pass and the
// update, so that the weights are those after at updates.
func (w *watch) Step(s *train.Step) error {
	begun := time.Now()
	r := w.run
	w.at = s.Epoch*w.trainer.Train.Batches() + s.Batch
	w.sum += s.Loss
	w.count++
	r.mu.Lock()
	r.step = w.at
	r.losses = append(r.losses, float32(s.Loss))
	hold := r.wish != goOn && r.credit == 0
	first := r.state == waiting
	keep := first || r.history.wants(w.at) || r.forces(w.at)
	r.mu.Unlock()
	if keep {
		r.keep(w.at, state(w.trainer.Model))
	}
	if first { // nobody hears of a run that goes on before it has weights to show
		r.publish(w.at, state(w.trainer.Model))
		r.mu.Lock()
		r.state = running
		r.mu.Unlock()
		r.lab.tell(runEvent{"run", r.Summary()})
	}
	every := min(max(tellFirst, time.Duration(tellShare*float64(begun.Sub(w.start)))), tellLater)
	if begun.Sub(w.told) >= every || hold {
		w.tell(s, hold)
	}
	w.spent += time.Since(begun)
	return w.gate()
}

// tell sends what has come out since the last time.
func (w *watch) tell(s *train.Step, hold bool) {
	r := w.run
	total := time.Since(w.start) - w.away
	if hold || float64(w.spent) < watchShare*float64(total) {
		r.publish(w.at, state(w.trainer.Model))
	}
	right, labels := 0, s.Labels.Ints()
	for i, answer := range s.Logits.Value().ArgMax(1).Ints() {
		if answer == labels[i] {
			right++
		}
	}
	r.mu.Lock()
	r.seconds, r.watched = total.Seconds(), w.spent.Seconds()
	e := stepsEvent{
		"steps", r.ID, w.at - w.count + 1, w.at, r.steps, w.sum / float64(w.count), float64(right) / float64(len(labels)),
		w.trainer.Optimizer.State().Rate, r.seconds, r.history.latestStep(),
	}
	r.mu.Unlock()
	w.told, w.sum, w.count = time.Now(), 0, 0
	r.lab.tell(e)
}

// gate holds the training as long as the visitor wishes.
func (w *watch) gate() error {
	r := w.run
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wish == pause && r.credit == 0 && w.ctx.Err() == nil {
		begun := time.Now()
		r.state = paused
		r.mu.Unlock()
		r.lab.tell(runEvent{"run", r.Summary()})
		r.leave()
		r.mu.Lock()
		for r.wish == pause && r.credit == 0 && w.ctx.Err() == nil {
			r.changed.Wait()
		}
		r.mu.Unlock()
		err := r.enter(w.ctx)
		r.mu.Lock()
		w.away += time.Since(begun)
		r.state = running
		if err != nil {
			return err
		}
		if r.credit == 0 {
			r.mu.Unlock()
			r.lab.tell(runEvent{"run", r.Summary()})
			r.mu.Lock()
		}
	}
	if r.wish == stop {
		return errStop
	}
	if r.credit > 0 {
		r.credit--
	}
	return w.ctx.Err()
}

// Epoch implements train.EpochHook.
func (w *watch) Epoch(e *train.Epoch) error {
	r := w.run
	w.at = (e.Epoch + 1) * w.trainer.Train.Batches()
	p := EpochPoint{Epoch: e.Epoch, Step: w.at, TrainLoss: e.TrainLoss}
	if e.Valid != nil {
		p.ValidLoss, p.Accuracy, p.Confusion = finite(e.Valid.Loss), &e.Valid.Accuracy, e.Valid.Confusion
	}
	r.mu.Lock()
	r.step = w.at
	r.epochs = append(r.epochs, p)
	r.mu.Unlock()
	r.lab.tell(epochEvent{"epoch", r.ID, p})
	return nil
}

// end keeps the weights that the training has ended with.
func (w *watch) end(err error) {
	r := w.run
	if d, ok := err.(*train.Diverged); ok { // the model has gone back to the end of an epoch
		w.at = d.Epoch * w.trainer.Train.Batches()
	}
	weights := state(w.trainer.Model)
	r.keep(w.at, weights)
	r.publish(w.at, weights)
	r.mu.Lock()
	r.step = w.at
	r.seconds, r.watched = (time.Since(w.start) - w.away).Seconds(), w.spent.Seconds()
	r.mu.Unlock()
}

// finite is v, or nil where JSON has no way to say it.
func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
