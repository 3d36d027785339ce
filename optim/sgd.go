// Package optim is the rules by which gradients change parameters.
package optim

import "inkling/autograd"

// Optimizer changes parameters in the direction that lowers the loss.
type Optimizer interface {
	// Step applies one update from the gradients of one batch.
	Step(grads autograd.Grads)
	// SetRate sets the learning rate for the steps to come.
	SetRate(rate float64)
}

// SGD is plain stochastic gradient descent: p -= rate * dp
// (Robbins and Monro, A Stochastic Approximation Method, 1951).
type SGD struct {
	Params []*autograd.Param
	Rate   float64
}

// NewSGD returns stochastic gradient descent on the given parameters.
func NewSGD(params []*autograd.Param, rate float64) *SGD { return &SGD{params, rate} }

// Step implements Optimizer.
func (o *SGD) Step(grads autograd.Grads) {
	for _, p := range o.Params {
		if g := grads.Of(p); g != nil {
			p.Value.AddScaled(g, -o.Rate)
		}
	}
}

// SetRate implements Optimizer.
func (o *SGD) SetRate(rate float64) { o.Rate = rate }
