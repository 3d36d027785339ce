package nn

import (
	"math"
	"math/rand/v2"

	"inkling/tensor"
)

// Init draws the initial values of a parameter of the given shape, for a layer
// with fanIn inputs to each of its units. Weights of linear layers are (in, out),
// filters of convolutions (out, in, h, w), biases (out).
type Init func(fanIn int, shape ...int) *tensor.Tensor

// memory is where an Init puts its numbers: it is asked for none of them.
func (init Init) memory() *tensor.Memory { return init(1, 0).Memory() }

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

// KaimingNormal draws weights from N(0, 2/fanIn), which keeps the size of what
// flows forward through layers with ReLU; biases are 0 (He et al., Delving Deep
// into Rectifiers, 2015).
func KaimingNormal(mem *tensor.Memory, rng *rand.Rand) Init {
	return func(fanIn int, shape ...int) *tensor.Tensor {
		if len(shape) < 2 {
			return mem.Full(0, shape...)
		}
		return mem.Normal(rng, math.Sqrt(2/float64(fanIn)), shape...)
	}
}

// KaimingNormalFanOut draws weights from N(0, 2/fanOut), which keeps the size of
// the gradients that flow back: fanOut is the units that an input reaches, of
// filters (out, in, h, w) out*h*w. Biases are 0.
func KaimingNormalFanOut(mem *tensor.Memory, rng *rand.Rand) Init {
	return func(_ int, shape ...int) *tensor.Tensor {
		fanOut := 0
		switch len(shape) {
		case 0, 1:
			return mem.Full(0, shape...)
		case 2:
			fanOut = shape[1]
		default:
			fanOut = shape[0]
			for _, d := range shape[2:] {
				fanOut *= d
			}
		}
		return mem.Normal(rng, math.Sqrt(2/float64(fanOut)), shape...)
	}
}

// Dirac makes filters pass images through: output i sees channel i alone, at the
// middle tap, with weight 1. Where there are more outputs than channels the others
// keep what rest draws, and so does everything that is no filter (Zagoruyko and
// Komodakis, DiracNets, 2017).
func Dirac(rest Init) Init {
	return func(fanIn int, shape ...int) *tensor.Tensor {
		w := rest(fanIn, shape...)
		if len(shape) != 4 {
			return w
		}
		for i := range min(shape[0], shape[1]) {
			filter := w.Index(0, i) // (in, h, w)
			filter.Fill(0)
			filter.Index(0, i).Slice(0, shape[2]/2, shape[2]/2+1).Slice(1, shape[3]/2, shape[3]/2+1).Fill(1)
		}
		return w
	}
}
