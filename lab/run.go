package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"inkling/classifier"
	"inkling/data"
	"inkling/explain"
	"inkling/models"
	"inkling/train"
)

// Run is one training of the lab: seeded, so that its settings repeat it bit for bit.
type Run struct {
	ID      string
	lab     *Lab
	program []phase
	parent  string          // the run that this one was forked from, or learns on from
	from    int             // the step of the fork
	begun   int             // the step that its own training begins at
	begin   []float32       // weights to begin with, instead of those drawn from the seed
	images  *data.Set       // to learn from, instead of the data's own
	at      *train.Position // of the parent, to go on from; nil for the beginning
	enough  *enough         // ends a correction; nil for other runs
	forced  []int           // steps whose weights are kept for certain

	mu      sync.Mutex
	changed sync.Cond // the wish, for the training that waits
	cancel  context.CancelFunc
	ended   chan struct{}

	state   string // one of the words below
	wish    wish
	credit  int // steps to make although paused
	problem string
	spec    models.Spec
	typical *classifier.Typical // what its images look like
	classes []string
	input   string
	batches int // of an epoch
	steps   int // of the whole run
	step    int // updates made so far
	losses  []float32
	epochs  []EpochPoint
	history history
	// positions are where it can be taken up; replayed is the latest step that was.
	positions positions
	replayed  *Snapshot
	doctor    []explain.Finding
	seconds   float64 // of training, without pauses
	watched   float64 // of those, in the lab's own hook
	inside    bool    // it has one of the lab's slots; of the training's goroutine alone
	replays   sync.Mutex
}

// States of a run.
const (
	waiting  = "waiting" // for its turn
	running  = "running"
	paused   = "paused"
	done     = "done"
	stopped  = "stopped" // by the visitor
	diverged = "diverged"
	failed   = "failed"
)

// phase is the settings from a step on. A run has one, and one more for each fork
// on the way to it.
type phase struct {
	From     int      `json:"from"`
	Settings Settings `json:"settings"`
}

// wish is what the visitor wants of a training on its way.
type wish int

const (
	goOn wish = iota
	pause
	stop
)

// Summary is a run in a list.
type Summary struct {
	ID       string            `json:"run"`
	State    string            `json:"state"` // waiting, running, paused, done, stopped, diverged or failed
	Problem  string            `json:"problem,omitempty"`
	Settings Settings          `json:"settings"`
	Program  []phase           `json:"program"` // the settings from each fork on
	Parent   string            `json:"parent,omitempty"`
	Fork     int               `json:"fork,omitempty"` // the step at which it left its parent
	Step     int               `json:"step"`           // updates made so far
	Steps    int               `json:"steps"`          // of the whole run; 0 until it has begun
	Batches  int               `json:"batches"`        // of an epoch
	Loss     *float64          `json:"loss,omitempty"` // of the last batch
	Epochs   []EpochPoint      `json:"epochs"`
	Doctor   []explain.Finding `json:"doctor,omitempty"` // what was ill, where a fault was asked for
	Seconds  float64           `json:"seconds"`          // of training, without pauses
	Watched  float64           `json:"watched"`          // of those, spent on showing it
}

// EpochPoint is how a run did at the end of an epoch.
type EpochPoint struct {
	Epoch     int      `json:"epoch"` // from 0
	Step      int      `json:"step"`  // updates made by then
	TrainLoss float64  `json:"train_loss"`
	ValidLoss *float64 `json:"valid_loss,omitempty"`
	Accuracy  *float64 `json:"accuracy,omitempty"` // on the validation images
	Confusion [][]int  `json:"confusion,omitempty"`
}

// Start begins a run; paused, it waits before its first step.
func (l *Lab) Start(s Settings, paused bool) (*Run, error) {
	return l.start(&Run{program: []phase{{0, s}}}, paused)
}

func (l *Lab) start(r *Run, paused bool) (*Run, error) {
	for _, p := range r.program {
		if err := p.Settings.check(); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(l.opt.Data, r.last().Data) {
		return nil, unknown("there is no data set %q here; choose one of %q", r.last().Data, l.opt.Data)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.ctx.Err(); err != nil {
		return nil, busy("the lab is closing")
	}
	if len(l.runs) >= maxRuns {
		return nil, busy("%d runs are there, and that is as many as the lab keeps; delete one", maxRuns)
	}
	l.made++
	r.ID, r.lab, r.state, r.ended = fmt.Sprintf("r%d", l.made), l, waiting, make(chan struct{})
	r.changed.L = &r.mu
	if paused {
		r.wish = pause
	}
	ctx, cancel := context.WithCancel(l.ctx)
	r.cancel = cancel
	l.runs = append(l.runs, r)
	l.tell(runEvent{"run", r.Summary()}) // before what the training itself tells
	l.wait.Go(func() {
		defer cancel()
		defer close(r.ended)
		r.live(ctx)
	})
	return r, nil
}

// last is the settings at the end of the run.
func (r *Run) last() Settings { return r.program[len(r.program)-1].Settings }

// Summary returns how far the run has come.
func (r *Run) Summary() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Summary{
		ID: r.ID, State: r.state, Problem: r.problem, Settings: r.last(), Program: r.program, Parent: r.parent, Fork: r.from, Step: r.step, Steps: r.steps, Batches: r.batches,
		Epochs: slices.Clone(r.epochs), Doctor: r.doctor, Seconds: r.seconds, Watched: r.watched,
	}
	if s.Epochs == nil {
		s.Epochs = []EpochPoint{}
	}
	if n := len(r.losses); n > 0 {
		s.Loss = finite(float64(r.losses[n-1]))
	}
	return s
}

// Losses returns the loss of every batch from step from on.
func (r *Run) Losses(from int) []float32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.losses[min(max(from, 0), len(r.losses)):])
}

// Pause lets the training wait before its next update.
func (r *Run) Pause() error { return r.want(pause, 0) }

// Resume lets a paused training go on.
func (r *Run) Resume() error { return r.want(goOn, 0) }

// Advance makes n updates and waits again.
func (r *Run) Advance(n int) error {
	if n < 1 || n > maxSteps {
		return invalid("%d steps", n)
	}
	return r.want(pause, n)
}

// Stop ends the training where it is. What it has learned by then is kept.
func (r *Run) Stop() error { return r.want(stop, 0) }

// over reports whether the run has ended; its lock is held.
func (r *Run) over() bool {
	return r.state == done || r.state == stopped || r.state == diverged || r.state == failed
}

func (r *Run) want(w wish, credit int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over() {
		return busy("run %s has ended", r.ID)
	}
	r.wish = w
	if w == pause {
		r.credit += credit
	} else {
		r.credit = 0
	}
	r.changed.Broadcast()
	return nil
}

// Wait returns when the training has ended, or with the context's error.
func (r *Run) Wait(ctx context.Context) error {
	select {
	case <-r.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Delete stops a run and forgets it.
func (l *Lab) Delete(id string) error {
	r, err := l.Run(id)
	if err != nil {
		return err
	}
	r.cancel()
	l.mu.Lock()
	l.runs = slices.DeleteFunc(l.runs, func(x *Run) bool { return x == r })
	l.mu.Unlock()
	l.tell(goneEvent{"gone", id})
	return nil
}

// errStop ends a training as the visitor wishes.
var errStop = errors.New("stopped")

// live is the training, from its first step to its last.
func (r *Run) live(ctx context.Context) {
	stopWaking := context.AfterFunc(ctx, func() {
		r.mu.Lock()
		r.changed.Broadcast()
		r.mu.Unlock()
	})
	defer stopWaking()
	err := r.attempt(ctx)
	r.mu.Lock()
	var d *train.Diverged
	switch {
	case err == nil, errors.Is(err, errEnough):
		r.state = done
	case errors.Is(err, errStop), errors.Is(err, context.Canceled):
		r.state = stopped
	case errors.As(err, &d):
		r.state, r.problem = diverged, err.Error()
	default:
		r.state, r.problem = failed, err.Error()
	}
	r.mu.Unlock()
	r.lab.tell(runEvent{"run", r.Summary()})
}

// attempt prepares the training and runs it. A panic in it, which is a fault of the
// program, is the run's error and not the end of the lab.
func (r *Run) attempt(ctx context.Context) (err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("a fault of the program: %v", failure)
		}
	}()
	if err := r.enter(ctx); err != nil {
		return err
	}
	defer r.leave()
	t, err := r.trainer(ctx)
	if err != nil {
		return err
	}
	if err := r.examine(t); err != nil {
		return err
	}
	w := &watch{run: r, ctx: ctx, trainer: t, start: time.Now()}
	if r.at != nil {
		w.at = r.at.Epoch*r.batches + r.at.Batch
	}
	t.Hooks = append(t.Hooks, w)
	if r.enough != nil {
		r.enough.model = t.Model
		t.Hooks = append(t.Hooks, r.enough)
	}
	err = t.Run(ctx)
	w.end(err)
	return err
}

// enter waits until there is room for one more training to compute.
func (r *Run) enter(ctx context.Context) error {
	err := r.lab.enter(ctx)
	r.inside = err == nil
	return err
}

func (r *Run) leave() {
	if r.inside {
		r.inside = false
		<-r.lab.slots
	}
}

func (l *Lab) enter(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
