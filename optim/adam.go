package optim

import (
	"math"

	"inkling/autograd"
	"inkling/device"
	"inkling/tensor"
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
	blocks  map[*autograd.Param]block
}

// block is the part of a parameter that gradients have been seen at; outside of
// it both moments are zero.
type block struct {
	shape [4]int
	from  [2]int
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
			o.update(p, grads, step)
		}
	}
}

func (o *Adam) update(p *autograd.Param, grads autograd.Grads, step device.AdamStep) {
	x, m, v := p.Value, o.moments.of[p][0], o.moments.of[p][1]
	dp, from := grads.Block(p)
	switch {
	case dp == nil:
		return
	case o.only(p, dp, from):
		// Outside of the block the gradient and the moments are zero: the
		// parameter decays there, and nothing else.
		if step.Decay != 0 {
			outside(x, dp.Shape(), from, func(part *tensor.Tensor) {
				part.Backend().Affine(part.View(), part.View(), 1-step.Rate*step.Decay, 0)
			})
		}
		x, m, v = autograd.BlockOf(x, dp.Shape(), from), autograd.BlockOf(m, dp.Shape(), from), autograd.BlockOf(v, dp.Shape(), from)
	default:
		dp = grads.Of(p)
	}
	x.Backend().Adam(x.View(), m.View(), v.View(), dp.View(), step)
}

// only reports whether dp is a block of p's gradient outside of which the
// moments are zero, because gradients have always been of this block.
func (o *Adam) only(p *autograd.Param, dp *tensor.Tensor, from [2]int) bool {
	known, seen := o.blocks[p]
	part := dp.Len() < p.Value.Len()
	if !part && !seen {
		return false
	}
	var b block // of no size: anything may have come
	if part {
		b.from = from
		copy(b.shape[:], dp.Shape())
	}
	if !seen {
		for _, moment := range o.moments.of[p] { // whole gradients may have come before, or SetState
			outside(moment, dp.Shape(), from, func(x *tensor.Tensor) {
				if x.Abs().Max().Item() != 0 {
					b = block{}
				}
			})
		}
	} else if b != known {
		b = block{}
	}
	if !seen || b != known {
		if o.blocks == nil {
			o.blocks = map[*autograd.Param]block{}
		}
		o.blocks[p] = b
	}
	return b != block{}
}

// outside calls f for the parts of x, of the last two axes, that lie outside of
// a block: above, below, left and right of it.
func outside(x *tensor.Tensor, shape []int, from [2]int, f func(part *tensor.Tensor)) {
	h, w := x.Rank()-2, x.Rank()-1
	to := [2]int{from[0] + shape[h], from[1] + shape[w]}
	rows := x.Slice(h, from[0], to[0])
	for _, part := range []*tensor.Tensor{
		x.Slice(h, 0, from[0]), x.Slice(h, to[0], x.Dim(h)),
		rows.Slice(w, 0, from[1]), rows.Slice(w, to[1], x.Dim(w)),
	} {
		if part.Len() > 0 {
			f(part)
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
	o.blocks = nil
	o.Rate, o.Beta1, o.steps = s.Rate, s.Momentum, s.Steps
	return nil
}
