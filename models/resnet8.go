package models

import (
	"fmt"

	"inkling/nn"
	"inkling/tensor"
)

// NewResNet8 returns the net of the recipe `best`: maps of three sizes, at each
// of them residual steps of batch norm and one convolution, and a linear layer on
// the mean of the smallest. The narrowest maps have width channels.
func NewResNet8(s Spec, width int, init nn.Init) nn.Sequential {
	halve := tensor.Square(2, 2, 0)
	ceil := halve
	ceil.Ceil = true
	var net nn.Sequential
	conv := func(name string, in, out, size int) {
		net = append(net, nn.NewConv2D(name, in, out, tensor.Square(size, 1, size/2), init), nn.ReLU)
	}
	step := func(name string, c int) {
		net = append(net, nn.NewBatchNorm(name+".bn", c, init), &nn.Residual{
			Body: nn.Sequential{nn.NewConv2D(name+".conv", c, c, tensor.Square(3, 1, 1), init), nn.ReLU},
		})
	}
	conv("conv1", s.Channels, width, 5) // (n, 1, 28, 28) -> (n, w, 28, 28)
	step("res1", width)
	net = append(net, nn.MaxPool(halve)) // -> (n, w, 14, 14)
	step("res2", width)
	for i, out := range []int{2 * width, 4 * width} {
		net = append(net, nn.NewBatchNorm(fmt.Sprintf("bn%d", i+2), out/2, init))
		conv(fmt.Sprintf("conv%d", i+2), out/2, out, 3) // -> (n, 2w, 14, 14) -> (n, 4w, 7, 7)
		net = append(net, nn.MaxPool(ceil))             // -> (n, 2w, 7, 7) -> (n, 4w, 4, 4)
		step(fmt.Sprintf("res%d", i+3), out)
	}
	return append(net,
		nn.NewBatchNorm("bn4", 4*width, init), nn.GlobalAvgPool, // -> (n, 4w)
		nn.NewLinear("linear", 4*width, s.Classes, init), // -> (n, classes)
	)
}
