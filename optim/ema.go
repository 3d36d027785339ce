package optim

import "inkling/autograd"

// EMA keeps an exponential moving average of a model's parameters and buffers,
// which is often a better model than any single step's (Polyak and Juditsky,
// Acceleration of Stochastic Approximation by Averaging, 1992). After step t:
//
//	d = min(decay, (1+t)/(10+t));  average = d*average + (1-d)*value
//
// The smaller d of the first steps lets the initial values be forgotten.
type EMA struct {
	Decay float64

	model    []*autograd.Param
	averages []*autograd.Param // of the same names; while applied, the model's own values
	steps    int
	applied  bool
}

// NewEMA returns averages that begin as the values of today.
func NewEMA(model []*autograd.Param, decay float64) *EMA {
	e := &EMA{Decay: decay, model: model}
	for _, p := range model {
		e.averages = append(e.averages, autograd.NewParam(p.Name+".average", zerosLike(p.Value)))
	}
	e.Reset()
	return e
}

// Reset begins anew with the model's values.
func (e *EMA) Reset() {
	e.Restore()
	e.steps = 0
	for i, p := range e.model {
		e.averages[i].Value.CopyFrom(p.Value)
	}
}

// Update takes the model's values into the averages; call it after each step.
// It panics while the averages are applied.
func (e *EMA) Update() {
	if e.applied {
		panic("optim: Update of averages that stand in the model; Restore its own values first")
	}
	e.steps++
	t := float64(e.steps)
	d := min(e.Decay, (1+t)/(10+t))
	for i, p := range e.model {
		e.averages[i].Value.ScaleInPlace(d)
		e.averages[i].Value.AddScaled(p.Value, 1-d)
	}
}

// Apply puts the averages into the model, and keeps its own values for Restore.
// Nothing is copied: the two change places.
func (e *EMA) Apply() { e.swap(true) }

// Restore puts the model's own values back.
func (e *EMA) Restore() { e.swap(false) }

func (e *EMA) swap(applied bool) {
	if e.applied == applied {
		return
	}
	e.applied = applied
	for i, p := range e.model {
		p.Value, e.averages[i].Value = e.averages[i].Value, p.Value
	}
}

// State is the averages and the number of updates. It puts the model's own values
// back first.
func (e *EMA) State() State {
	e.Restore()
	return State{Steps: e.steps, Tensors: e.averages}
}

// SetState goes back to a state, or returns an error and changes nothing.
func (e *EMA) SetState(s State) error {
	e.Restore()
	if err := copyByName(e.averages, s.Tensors); err != nil {
		return err
	}
	e.steps = s.Steps
	return nil
}
