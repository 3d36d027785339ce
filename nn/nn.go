// Package nn is layers, activations, losses and initial values. A Layer maps a
// Var to a Var and lists its parameters; a model is a Layer made of layers.
package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
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
	Bias   *autograd.Param // (out)
}

// NewLinear returns a Linear layer with initial values drawn by init; its
// parameters are called name.weight and name.bias.
func NewLinear(name string, in, out int, init Init) *Linear {
	return &Linear{
		Weight: autograd.NewParam(name+".weight", init(in, in, out)),
		Bias:   autograd.NewParam(name+".bias", init(in, out)),
	}
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
func (l *Linear) Params() []*autograd.Param { return []*autograd.Param{l.Weight, l.Bias} }

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
	ReLU    Layer = Func((*autograd.Var).ReLU)
	Flatten Layer = Func((*autograd.Var).Flatten)
)

// Sequential applies layers one after another.
type Sequential []Layer

// Forward implements Layer.
func (s Sequential) Forward(x *autograd.Var) *autograd.Var {
	for _, l := range s {
		x = l.Forward(x)
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

// Init draws the initial values of a parameter of the given shape, for a layer
// with fanIn inputs to each of its units.
type Init func(fanIn int, shape ...int) *tensor.Tensor

// StandardNormal draws from N(0, 1), as the story's models do.
func StandardNormal(mem *tensor.Memory, rng *rand.Rand) Init {
	return func(_ int, shape ...int) *tensor.Tensor { return mem.Normal(rng, 1, shape...) }
}

// FanIn draws evenly from ±1/sqrt(fanIn), PyTorch's default for linear layers
// (LeCun et al., Efficient BackProp, 1998).
func FanIn(mem *tensor.Memory, rng *rand.Rand) Init {
	return func(fanIn int, shape ...int) *tensor.Tensor {
		bound := 1 / math.Sqrt(float64(fanIn))
		return mem.Uniform(rng, -bound, bound, shape...)
	}
}
