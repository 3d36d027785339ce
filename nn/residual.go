package nn

import (
	"slices"

	"inkling/autograd"
	"inkling/tensor"
)

// Residual adds what a layer makes of x to x itself: Body(x) + Skip(x), then a ReLU
// if that is wanted. The layer then has only to learn what to change, and
// gradients find a way past it (He et al., Deep Residual Learning, 2015).
//
// Where Body is a Sequential that ends with a BatchNorm, the sum and the ReLU
// are computed in the same pass as that.
type Residual struct {
	Body Layer
	Skip Layer // nil: x as it is
	ReLU bool
}

// Forward implements Layer. It panics with a *tensor.ShapeError unless both ways
// give the same shape.
func (r *Residual) Forward(x *autograd.Var) *autograd.Var {
	skip := x
	if r.Skip != nil {
		skip = r.Skip.Forward(x)
	}
	body, ok := r.Body.(Sequential)
	if last := len(body) - 1; ok && last >= 0 {
		if norm, ok := body[last].(*BatchNorm); ok {
			y := body[:last].Forward(x)
			r.check(y, skip)
			return norm.ForwardAdd(y, skip, r.ReLU)
		}
	}
	y := r.Body.Forward(x)
	r.check(y, skip)
	if y = y.Add(skip); r.ReLU {
		y = y.ReLU()
	}
	return y
}

func (r *Residual) check(y, skip *autograd.Var) {
	if !slices.Equal(y.Shape(), skip.Shape()) {
		panic(&tensor.ShapeError{
			Op: "residual", Shapes: [][]int{slices.Clone(y.Shape()), slices.Clone(skip.Shape())},
			Problem: "the body's result and what skips it differ in shape",
			Hint:    "a Skip of a 1x1 convolution, with the body's stride, brings x to that shape",
		})
	}
}

// Params implements Layer: those of Body, then those of Skip.
func (r *Residual) Params() []*autograd.Param {
	if r.Skip == nil {
		return r.Body.Params()
	}
	return slices.Concat(r.Body.Params(), r.Skip.Params())
}

// Buffers implements Buffered.
func (r *Residual) Buffers() []*autograd.Param {
	if r.Skip == nil {
		return Buffers(r.Body)
	}
	return slices.Concat(Buffers(r.Body), Buffers(r.Skip))
}
