package lab

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"inkling/classifier"
	"inkling/data/ink"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

// Subject is what a question is about: a model file, or a run at a step.
type Subject struct {
	Model string `json:"model,omitempty"`
	Run   string `json:"run,omitempty"`
	Step  int    `json:"step"` // Latest for the newest weights; of a run only
}

// Net is a subject ready to be asked: its weights do not change any more, and any
// number of goroutines may ask it.
type Net struct {
	*classifier.Model
	Subject  Subject // with the step that Latest stands for
	Loss     string  // its name
	Settings Settings
	lossOf   nn.Loss
	last     bool // of a run that has ended
}

// netCache keeps the nets that were asked last.
type netCache struct {
	mu   sync.Mutex
	nets []*Net // the latest first
}

// cachedNumbers is how many numbers the kept nets have together; one is kept
// whatever it has.
const cachedNumbers, cachedNets = 24 << 20, 32

func (c *netCache) get(s Subject) *Net {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, n := range c.nets {
		if n.Subject == s {
			c.nets = slices.Insert(slices.Delete(c.nets, i, i+1), 0, n)
			return n
		}
	}
	return nil
}

func (c *netCache) put(n *Net) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nets = slices.Insert(c.nets, 0, n)
	sum := 0
	for i, n := range c.nets {
		for _, p := range nn.State(n.Net) {
			sum += p.Value.Len()
		}
		if i > 0 && (sum > cachedNumbers || i >= cachedNets) {
			c.nets = slices.Delete(c.nets, i, len(c.nets))
			return
		}
	}
}

// Net returns what can be asked about a subject. Without a name it is the newest run
// that has weights, and without runs the first model.
func (l *Lab) Net(ctx context.Context, s Subject) (*Net, error) {
	if s.Model == "" && s.Run == "" {
		var err error
		if s, err = l.usualSubject(); err != nil {
			return nil, err
		}
	}
	if s.Model != "" {
		m, err := l.Model(s.Model)
		if err != nil {
			return nil, err
		}
		loss, _ := m.Training["loss"].(string)
		if nn.Losses[loss] == nil { // a file that does not say: the usual one
			loss = "cross-entropy"
		}
		return &Net{Model: m.Model, Subject: Subject{Model: s.Model, Step: Latest}, Loss: loss, lossOf: nn.Losses[loss]}, nil
	}
	r, err := l.Run(s.Run)
	if err != nil {
		return nil, err
	}
	if n := l.nets.get(s); n != nil && r.current(n, s.Step) { // it need not be kept any more, nor replayed
		return n, nil
	}
	snap, err := r.At(ctx, s.Step)
	if err != nil {
		return nil, err
	}
	s.Step = snap.Step
	if n := l.nets.get(s); n != nil && r.current(n, s.Step) {
		return n, nil
	}
	n, err := r.net(s, snap)
	if err != nil {
		return nil, err
	}
	l.nets.put(n)
	return n, nil
}

// current reports whether a net that is cached is still the one of its step: at the end
// of a run it is measured, and its weights may be averages (EMA), which the same step
// did not have before.
func (r *Run) current(n *Net, step int) bool {
	r.mu.Lock()
	last := r.over() && step == r.step
	r.mu.Unlock()
	return n.last || !last
}

func (l *Lab) usualSubject() (Subject, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range slices.Backward(l.runs) {
		if _, ok := r.snapshot(Latest); ok {
			return Subject{Run: r.ID, Step: Latest}, nil
		}
	}
	if len(l.models) > 0 {
		return Subject{Model: l.models[0].ID, Step: Latest}, nil
	}
	return Subject{}, unknown("nothing has been trained yet")
}

// net builds the model that a run has at a snapshot.
func (r *Run) net(s Subject, snap *Snapshot) (*Net, error) {
	r.mu.Lock()
	spec, classes, input, typical := r.spec, r.classes, r.input, r.typical
	last := r.over() && snap.Step == r.step
	r.mu.Unlock()
	at := r.program[0]
	for _, p := range r.program[1:] {
		if p.From <= snap.Step {
			at = p
		}
	}
	architecture := at.Settings.Recipe.Model
	layer, err := models.New(architecture, spec, func(_ int, shape ...int) *tensor.Tensor { return tensor.Zeros(shape...) })
	if err != nil {
		return nil, err
	}
	setState(layer, snap.weights)
	if at.Settings.Fault != "" {
		f, err := faultByName(at.Settings.Fault)
		if err != nil {
			return nil, err
		}
		if f.model != nil {
			layer = f.model(layer, at.Settings.Seed)
		}
	}
	if len(nn.State(layer)) == 0 {
		return nil, fmt.Errorf("the model %s has no parameters", architecture)
	}
	loss := at.Settings.Recipe.Loss
	n := &Net{
		Model:   &classifier.Model{Info: classifier.Info{Architecture: architecture, Spec: spec, Classes: classes, Scale: 1.0 / 255, Input: input}, Net: layer},
		Subject: s, Loss: loss, Settings: at.Settings, lossOf: nn.Losses[loss],
	}
	// How much a net finds in its training images is measured when it has learned: it
	// takes hundreds of answers. Until then nothing is said about it.
	known := *typical
	known.Energy = ink.Range{Low: -math.MaxFloat32, High: math.MaxFloat32}
	n.Typical, n.last = &known, last
	if last {
		if err := n.Measure(typical); err != nil {
			n.Typical = &known // it has diverged, and Predict says so
		}
	}
	return n, nil
}
