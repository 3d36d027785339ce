package models

import (
	"fmt"

	"inkling/nn"
	"inkling/tensor"
)

// NewResNetQuick returns the net of the recipe `fast`: three convolutions that
// halve the maps, 28 -> 14 -> 7 -> 4, with 16, 32 and 64 channels; the last two
// are followed by a residual step. Most of its arithmetic is on small maps, where
// the processor does nothing but products.
func NewResNetQuick(s Spec, init nn.Init) nn.Sequential {
	conv := func(name string, in, out, size, stride int) nn.Sequential {
		return nn.Sequential{
			nn.NewConv2DNoBias(name+".conv", in, out, tensor.Square(size, stride, size/2), init),
			nn.NewBatchNorm(name+".bn", out, init),
		}
	}
	net := append(conv("stem", s.Channels, 16, 5, 2), nn.ReLU) // (n, 1, 28, 28) -> (n, 16, 14, 14)
	in := 16
	for i, out := range []int{32, 64} { // -> (n, 32, 7, 7) -> (n, 64, 4, 4)
		name := fmt.Sprintf("stage%d", i+1)
		net = append(net, conv(name, in, out, 3, 2)...)
		net = append(net, nn.ReLU, &nn.Residual{Body: conv(name+".res", out, out, 3, 1), ReLU: true})
		in = out
	}
	return append(net, nn.ConcatPool, // -> (n, 128)
		nn.NewLinear("linear", 2*in, s.Classes, init)) // -> (n, classes)
}
