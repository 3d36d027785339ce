// Package nn is layers, activations, losses and initial values. A Layer maps a
// Var to a Var and lists its parameters; a model is a Layer made of layers.
package nn

import (
	"fmt"
	"strings"

	"inkling/autograd"
	"inkling/tensor"
)

// Layer is a step of a model.
type Layer interface {
	// Forward computes the layer's output; its documentation gives the shapes.
	Forward(x *autograd.Var) *autograd.Var
	// Params lists what training changes, in a stable order.
	Params() []*autograd.Param
}

// Linear computes x·Weight + Bias: (n, in) -> (n, out).
type Linear struct {
	Weight *autograd.Param // (in, out)
	Bias   *autograd.Param // (out), or nil
}

// NewLinear returns a Linear layer with initial values drawn by init; its
// parameters are called name.weight and name.bias.
func NewLinear(name string, in, out int, init Init) *Linear {
	return &Linear{
		Weight: autograd.NewParam(name+".weight", init(in, in, out)),
		Bias:   autograd.NewParam(name+".bias", init(in, out)),
	}
}

// NewLinearNoBias is NewLinear without a bias: before a batch norm, which would
// take it away again.
func NewLinearNoBias(name string, in, out int, init Init) *Linear {
	return &Linear{Weight: autograd.NewParam(name+".weight", init(in, in, out))}
}

// Forward implements Layer. It panics with a *tensor.ShapeError that names the
// layer unless x is (n, in).
func (l *Linear) Forward(x *autograd.Var) *autograd.Var {
	if in := l.Weight.Value.Dim(0); len(x.Shape()) != 2 || x.Shape()[1] != in {
		panic(&tensor.ShapeError{
			Op:      strings.TrimSuffix(l.Weight.Name, ".weight"),
			Shapes:  [][]int{append([]int(nil), x.Shape()...), l.Weight.Value.Shape()},
			Problem: fmt.Sprintf("the layer wants (n, %d)", in),
			Hint:    flattenHint(x.Shape(), in),
		})
	}
	if l.Bias == nil {
		return x.MatMul(l.Weight) // (n, in) x (in, out) -> (n, out)
	}
	return x.MatMulAdd(l.Weight, l.Bias) // (n, in) x (in, out) + (out) -> (n, out)
}

func flattenHint(shape []int, in int) string {
	n := 1
	for _, d := range shape[min(1, len(shape)):] {
		n *= d
	}
	switch {
	case len(shape) > 2 && n == in:
		return "flatten each image first, with Flatten"
	case len(shape) == 1 && shape[0] == in:
		return fmt.Sprintf("one image is a batch of one: Reshape(1, %d)", in)
	}
	return ""
}

// Params implements Layer.
func (l *Linear) Params() []*autograd.Param { return weightAndBias(l.Weight, l.Bias) }

func weightAndBias(weight, bias *autograd.Param) []*autograd.Param {
	if bias == nil {
		return []*autograd.Param{weight}
	}
	return []*autograd.Param{weight, bias}
}

// Func is a layer without parameters: an activation, a change of shape.
type Func func(x *autograd.Var) *autograd.Var

// Forward implements Layer.
func (f Func) Forward(x *autograd.Var) *autograd.Var { return f(x) }

// Params implements Layer; there are none.
func (f Func) Params() []*autograd.Param { return nil }

// Activations and changes of shape as layers.
var (
	Sigmoid Layer = Func((*autograd.Var).Sigmoid)
	Tanh    Layer = Func((*autograd.Var).Tanh)
	ReLU    Layer = relu{}
	Flatten Layer = Func((*autograd.Var).Flatten)
)

// relu is a type of its own so that a layer before it can tell that it follows.
type relu struct{}

func (relu) Forward(x *autograd.Var) *autograd.Var { return x.ReLU() }
func (relu) Params() []*autograd.Param             { return nil }

// Sequential applies layers one after another. A BatchNorm and the ReLU after it
// are computed in one pass.
type Sequential []Layer

// Forward implements Layer.
func (s Sequential) Forward(x *autograd.Var) *autograd.Var {
	for i := 0; i < len(s); i++ {
		norm, ok := s[i].(*BatchNorm)
		if ok && i+1 < len(s) && s[i+1] == ReLU {
			x = norm.ForwardAdd(x, nil, true)
			i++
			continue
		}
		x = s[i].Forward(x)
	}
	return x
}

// Params implements Layer.
func (s Sequential) Params() []*autograd.Param {
	var all []*autograd.Param
	for _, l := range s {
		all = append(all, l.Params()...)
	}
	return all
}

// Buffers implements Buffered.
func (s Sequential) Buffers() []*autograd.Param {
	var all []*autograd.Param
	for _, l := range s {
		all = append(all, Buffers(l)...)
	}
	return all
}
