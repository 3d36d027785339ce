package optim

import (
	"inkling/autograd"
	"inkling/tensor"
)

// ClipNorm scales the gradients of all parameters together down to a Euclidean
// norm of at most limit, and returns the norm that they had (Pascanu et al., On
// the Difficulty of Training Recurrent Neural Networks, 2013).
func ClipNorm(grads autograd.Grads, params []*autograd.Param, limit float64) float64 {
	var sum *tensor.Tensor
	for _, p := range params {
		dp := grads.Of(p)
		switch {
		case dp == nil:
		case sum == nil:
			sum = dp.Square().Sum()
		default:
			sum = sum.Add(dp.Square().Sum())
		}
	}
	if sum == nil {
		return 0
	}
	norm := sum.Sqrt().Item()
	if norm > limit {
		for _, p := range params {
			if dp := grads.Of(p); dp != nil {
				grads.Replace(p, dp.Scale(limit/norm))
			}
		}
	}
	return norm
}

// ClipValue brings each number of each gradient into [-limit, limit].
func ClipValue(grads autograd.Grads, params []*autograd.Param, limit float64) {
	for _, p := range params {
		if dp := grads.Of(p); dp != nil {
			mem := dp.Memory()
			bound := func(v float64) *tensor.Tensor { return mem.Scalar(v).BroadcastTo(dp.Shape()...) }
			grads.Replace(p, dp.Minimum(bound(limit)).Maximum(bound(-limit)))
		}
	}
}
