// Package optim is the rules by which gradients change parameters, and what goes
// with them: schedules of the learning rate, clipping, averages of the weights.
package optim

import (
	"fmt"
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/tensor"
)

// Optimizer changes parameters in the direction that lowers the loss.
type Optimizer interface {
	// Step applies one update from the gradients of one batch. A parameter without
	// a gradient stays as it is.
	Step(grads autograd.Grads)
	// SetRate sets the learning rate for the steps to come.
	SetRate(rate float64)
	// SetMomentum sets how much of the earlier gradients the steps to come keep.
	SetMomentum(momentum float64)
	// State is all that the optimiser carries from step to step.
	State() State
	// SetState goes back to a state. It returns an error, and changes nothing, if
	// the state belongs to other parameters or to another rule.
	SetState(s State) error
}

// Group is parameters that are treated alike.
type Group struct {
	Params []*autograd.Param
	Rate   float64 // times the optimiser's rate: 1 for most, 0 to leave the parameters alone
	Decay  float64 // weight decay; the optimiser says how it is applied
}

// Groups sorts parameters the usual way. Weights (of two axes or more) decay;
// the scales of norm layers and all biases (of one axis) do not, since they are
// few and small values are no virtue there. Biases learn biasRate times as fast.
func Groups(params []*autograd.Param, decay, biasRate float64) []Group {
	weights, scales, biases := Group{Rate: 1, Decay: decay}, Group{Rate: 1}, Group{Rate: biasRate}
	for _, p := range params {
		g := &weights
		if p.Value.Rank() < 2 {
			g = &scales
			if strings.HasSuffix(p.Name, "bias") {
				g = &biases
			}
		}
		g.Params = append(g.Params, p)
	}
	return slices.DeleteFunc([]Group{weights, scales, biases}, func(g Group) bool { return len(g.Params) == 0 })
}

// State is what an optimiser carries from step to step: with it, and with the
// parameters, a training goes on bit for bit as if it had not been interrupted.
// The tensors are the optimiser's own; Clone what must outlive the next step.
type State struct {
	Rate, Momentum float64
	Steps          int
	Tensors        []*autograd.Param // "hidden.weight.velocity"; none before the first step
}

// Clone copies the tensors too.
func (s State) Clone() State {
	own := s.Tensors
	s.Tensors = nil
	for _, t := range own {
		c := zerosLike(t.Value)
		c.CopyFrom(t.Value)
		s.Tensors = append(s.Tensors, autograd.NewParam(t.Name, c))
	}
	return s
}

// slots are what an optimiser keeps beside each parameter: tensors of some kinds,
// zero at first, with the parameter's shape and layout. They are made when the
// first step asks for them.
type slots struct {
	kinds []string
	of    map[*autograd.Param][]*tensor.Tensor
}

func (s *slots) make(groups []Group) {
	s.of = map[*autograd.Param][]*tensor.Tensor{}
	for _, g := range groups {
		for _, p := range g.Params {
			for range s.kinds {
				s.of[p] = append(s.of[p], zerosLike(p.Value))
			}
		}
	}
}

// tensors lists the slots by name.
func (s *slots) tensors(groups []Group) []*autograd.Param {
	var all []*autograd.Param
	if s.of == nil {
		return nil
	}
	for _, g := range groups {
		for _, p := range g.Params {
			for i, kind := range s.kinds {
				all = append(all, autograd.NewParam(p.Name+"."+kind, s.of[p][i]))
			}
		}
	}
	return all
}

// set overwrites the slots with tensors of the same names; none stand for those
// before the first step.
func (s *slots) set(groups []Group, from []*autograd.Param) error {
	if len(from) == 0 {
		s.of = nil
		return nil
	}
	fresh := slots{kinds: s.kinds}
	fresh.make(groups)
	if err := copyByName(fresh.tensors(groups), from); err != nil {
		return err
	}
	s.of = fresh.of
	return nil
}

// copyByName overwrites tensors with those of the same names and shapes. Where
// the two lists do not fit it returns an error and copies nothing.
func copyByName(to, from []*autograd.Param) error {
	have := map[string]*tensor.Tensor{}
	for _, t := range from {
		have[t.Name] = t.Value
	}
	var wrong []string
	for _, t := range to {
		switch x := have[t.Name]; {
		case x == nil:
			wrong = append(wrong, t.Name+" is missing")
		case !slices.Equal(x.Shape(), t.Value.Shape()):
			wrong = append(wrong, fmt.Sprintf("%s has shape %v instead of %v", t.Name, x.Shape(), t.Value.Shape()))
		}
		delete(have, t.Name)
	}
	for _, t := range from {
		if have[t.Name] != nil {
			wrong = append(wrong, t.Name+" belongs to nothing here")
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("the state does not fit: %s", strings.Join(wrong, "; "))
	}
	for _, t := range to {
		x := from[slices.IndexFunc(from, func(f *autograd.Param) bool { return f.Name == t.Name })].Value
		if x.Backend() != t.Value.Backend() {
			x = x.CopyTo(t.Value.Memory())
		}
		t.Value.CopyFrom(x)
	}
	return nil
}

// zerosLike returns zeros with the shape of x, in x's order in memory, so that both
// are walked alike.
func zerosLike(x *tensor.Tensor) *tensor.Tensor {
	z := x.Memory().Like(x)
	z.Fill(0)
	return z
}
