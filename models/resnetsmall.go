package models

import (
	"fmt"

	"inkling/nn"
	"inkling/tensor"
)

// NewResNetSmall returns a residual network of some 41,000 numbers, from the
// seventh lesson of fast.ai's course of 2019. Five convolutions of 3 x 3 halve the
// maps each, 28 -> 14 -> 7 -> 4 -> 2 -> 1, with 8, 16, 32, 16 and as many channels
// as there are classes; each of the first four is followed by a residual block of
// two more. The order is always convolution, ReLU, batch norm.
func NewResNetSmall(s Spec, init nn.Init) nn.Sequential {
	var net nn.Sequential
	in := s.Channels
	for i, out := range []int{8, 16, 32, 16} {
		name := fmt.Sprintf("stage%d", i+1)
		net = append(net, convReLUNorm(name, in, out, 2, init), // (n, in, h, w) -> (n, out, h/2, w/2)
			&nn.Residual{Body: append(convReLUNorm(name+".res1", out, out, 1, init), convReLUNorm(name+".res2", out, out, 1, init)...)})
		in = out
	}
	return append(net, convReLUNorm("stage5", in, s.Classes, 2, init), nn.GlobalAvgPool) // -> (n, classes)
}

func convReLUNorm(name string, in, out, stride int, init nn.Init) nn.Sequential {
	return nn.Sequential{
		nn.NewConv2DNoBias(name+".conv", in, out, tensor.Square(3, stride, 1), init),
		nn.ReLU,
		nn.NewBatchNorm(name+".bn", out, init),
	}
}
