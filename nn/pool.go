package nn

import (
	"inkling/autograd"
	"inkling/tensor"
)

// MaxPool keeps the greatest number under each place of a window:
// (n, c, h, w) -> (n, c, h', w').
func MaxPool(g tensor.Window) Layer {
	return Func(func(x *autograd.Var) *autograd.Var { return x.MaxPool(g) })
}

// AvgPool keeps the mean under each place of a window; padding counts as zeros.
func AvgPool(g tensor.Window) Layer {
	return Func(func(x *autograd.Var) *autograd.Var { return x.AvgPool(g) })
}

// Pools over whole maps, of any size: one number for each channel, or two.
var (
	GlobalMaxPool Layer = Func(func(x *autograd.Var) *autograd.Var { return x.GlobalMaxPool().Flatten() }) // (n, c, h, w) -> (n, c)
	GlobalAvgPool Layer = Func(func(x *autograd.Var) *autograd.Var { return x.GlobalAvgPool().Flatten() }) // (n, c, h, w) -> (n, c)
	// ConcatPool is the greatest numbers, then the means: (n, c, h, w) -> (n, 2c).
	ConcatPool Layer = Func(func(x *autograd.Var) *autograd.Var {
		return x.GlobalMaxPool().Flatten().Concat(x.GlobalAvgPool().Flatten(), 1)
	})
)

// Dropout is the probability with which each number is set to 0 while the tape
// trains; the others are divided by 1-p. Elsewhere nothing changes (Srivastava et
// al., 2014). What is dropped follows from the seed of the tape's step.
type Dropout float64

// Forward implements Layer.
func (p Dropout) Forward(x *autograd.Var) *autograd.Var { return x.Dropout(float64(p)) }

// Params implements Layer; there are none.
func (Dropout) Params() []*autograd.Param { return nil }
