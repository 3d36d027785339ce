package optim

import "inkling/autograd"

// SGD is stochastic gradient descent (Robbins and Monro, A Stochastic
// Approximation Method, 1951), with PyTorch's definitions of the rest. For each
// parameter p with gradient dp:
//
//	dp = dp + decay*p
//	v  = momentum*v + dp           where there is momentum (Polyak, 1964)
//	dp = v                         or dp + momentum*v with Nesterov (Sutskever et al., 2013)
//	p  = p - rate*dp
type SGD struct {
	Groups   []Group
	Rate     float64
	Momentum float64
	Nesterov bool

	steps    int
	velocity slots
}

// NewSGD returns plain stochastic gradient descent on the given parameters;
// Groups, Momentum and Nesterov may be set before the first step.
func NewSGD(params []*autograd.Param, rate float64) *SGD {
	return &SGD{Groups: []Group{{Params: params, Rate: 1}}, Rate: rate, velocity: slots{kinds: []string{"velocity"}}}
}

// Step implements Optimizer.
func (o *SGD) Step(grads autograd.Grads) {
	o.steps++
	if o.Momentum != 0 && o.velocity.of == nil {
		o.velocity.make(o.Groups)
	}
	for _, group := range o.Groups {
		rate, decay := o.Rate*group.Rate, group.Decay
		for _, p := range group.Params {
			dp := grads.Of(p)
			if dp == nil {
				continue
			}
			if o.Momentum == 0 {
				if decay != 0 {
					p.Value.ScaleInPlace(1 - rate*decay)
				}
				p.Value.AddScaled(dp, -rate)
				continue
			}
			v := o.velocity.of[p][0]
			v.ScaleInPlace(o.Momentum)
			v.AddScaled(dp, 1)
			if decay != 0 {
				v.AddScaled(p.Value, decay)
			}
			if !o.Nesterov {
				p.Value.AddScaled(v, -rate)
				continue
			}
			if decay != 0 {
				p.Value.ScaleInPlace(1 - rate*decay)
			}
			p.Value.AddScaled(dp, -rate)
			p.Value.AddScaled(v, -rate*o.Momentum)
		}
	}
}

// SetRate implements Optimizer.
func (o *SGD) SetRate(rate float64) { o.Rate = rate }

// SetMomentum implements Optimizer.
func (o *SGD) SetMomentum(momentum float64) { o.Momentum = momentum }

// State implements Optimizer.
func (o *SGD) State() State {
	return State{o.Rate, o.Momentum, o.steps, o.velocity.tensors(o.Groups)}
}

// SetState implements Optimizer.
func (o *SGD) SetState(s State) error {
	if err := o.velocity.set(o.Groups, s.Tensors); err != nil {
		return err
	}
	o.Rate, o.Momentum, o.steps = s.Rate, s.Momentum, s.Steps
	return nil
}
