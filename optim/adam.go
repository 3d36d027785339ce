package optim

import (
	"math"

	"inkling/autograd"
	"inkling/device"
)

// Adam divides each step by the size that gradients have had at its place
// (Kingma and Ba, Adam, 2015). Decay is decoupled from the gradient, which makes
// it AdamW (Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019).
// For each parameter p with gradient dp, at step t, counted from 1:
//
//	p = p - rate*decay*p
//	m = beta1*m + (1-beta1)*dp
//	v = beta2*v + (1-beta2)*dp*dp
//	p = p - rate * (m/(1-beta1^t)) / (sqrt(v/(1-beta2^t)) + eps)
//
// Where a schedule moves the momentum, beta1 is that of the moment in both
// places, as in fastai.
type Adam struct {
	Groups       []Group
	Rate         float64
	Beta1, Beta2 float64
	Eps          float64

	steps   int
	moments slots
}

// NewAdam returns Adam without decay and with PyTorch's defaults: betas of 0.9 and
// 0.999, eps 1e-8. Groups, betas and eps may be set before the first step.
func NewAdam(params []*autograd.Param, rate float64) *Adam {
	return &Adam{
		Groups: []Group{{Params: params, Rate: 1}}, Rate: rate, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8,
		moments: slots{kinds: []string{"mean", "square"}},
	}
}

// NewAdamW returns Adam with weight decay on weights, and none on the parameters
// of norm layers and on biases: see Groups.
func NewAdamW(params []*autograd.Param, rate, decay float64) *Adam {
	o := NewAdam(params, rate)
	o.Groups = Groups(params, decay, 1)
	return o
}

// Step implements Optimizer.
func (o *Adam) Step(grads autograd.Grads) {
	o.steps++
	if o.moments.of == nil {
		o.moments.make(o.Groups)
	}
	t := float64(o.steps)
	for _, group := range o.Groups {
		step := device.AdamStep{
			Beta1: o.Beta1, Beta2: o.Beta2, Rate: o.Rate * group.Rate, Eps: o.Eps, Decay: group.Decay,
			Correction1: 1 - math.Pow(o.Beta1, t), Correction2: 1 - math.Pow(o.Beta2, t),
		}
		for _, p := range group.Params {
			if dp := grads.Of(p); dp != nil {
				m, v := o.moments.of[p][0], o.moments.of[p][1]
				p.Value.Backend().Adam(p.Value.View(), m.View(), v.View(), dp.View(), step)
			}
		}
	}
}

// SetRate implements Optimizer.
func (o *Adam) SetRate(rate float64) { o.Rate = rate }

// SetMomentum implements Optimizer: it sets Beta1.
func (o *Adam) SetMomentum(momentum float64) { o.Beta1 = momentum }

// State implements Optimizer.
func (o *Adam) State() State {
	return State{o.Rate, o.Beta1, o.steps, o.moments.tensors(o.Groups)}
}

// SetState implements Optimizer.
func (o *Adam) SetState(s State) error {
	if err := o.moments.set(o.Groups, s.Tensors); err != nil {
		return err
	}
	o.Rate, o.Beta1, o.steps = s.Rate, s.Momentum, s.Steps
	return nil
}
