package models

import (
	"fmt"
	"math/rand/v2"

	"inkling/autograd"
	"inkling/nn"
	"inkling/tensor"
)

// NewResNet18 returns the residual network of 18 layers (He et al., Deep Residual
// Learning for Image Recognition, 2015), with the head that fastai puts on it:
// 11,708,992 parameters for ten classes. The parameters of the body have the names
// that torchvision gives them. Grey images are seen as three equal channels.
func NewResNet18(s Spec, init nn.Init) nn.Sequential {
	net, out := bodyResNet18(s, init)
	return append(net, fastHead("fc", out, s.Classes, init)...)
}

// NewResNet18Torchvision returns the same body with torchvision's own head, a linear
// layer on the mean of each map: 11,181,642 parameters for ten classes, of torchvision's
// names. A state that PyTorch saved fits it, and what it learns fits PyTorch's.
func NewResNet18Torchvision(s Spec, init nn.Init) nn.Sequential {
	net, out := bodyResNet18(s, init)
	return append(net, nn.GlobalAvgPool, // (n, 512, h, w) -> (n, 512)
		nn.NewLinear("fc", out, s.Classes, init)) // -> (n, classes)
}

// bodyResNet18 returns what finds 512 features in images, as maps, and how many there are.
func bodyResNet18(s Spec, init nn.Init) (net nn.Sequential, out int) {
	channels := s.Channels
	if channels == 1 {
		net, channels = append(net, nn.Func(colour)), 3
	}
	net = append(net,
		nn.NewConv2DNoBias("conv1", channels, 64, tensor.Square(7, 2, 3), init), // (n, 3, 28, 28) -> (n, 64, 14, 14)
		nn.NewBatchNorm("bn1", 64, init), nn.ReLU,
		nn.MaxPool(tensor.Square(3, 2, 1)), // -> (n, 64, 7, 7)
	)
	in := 64
	for i, out := range []int{64, 128, 256, 512} { // 7 x 7 -> 7 x 7 -> 4 x 4 -> 2 x 2 -> 1 x 1
		stage := fmt.Sprintf("layer%d", i+1)
		net = append(net, basicBlock(stage+".0", in, out, init), basicBlock(stage+".1", out, out, init))
		in = out
	}
	return net, in
}

// colour repeats the one channel of grey images: (n, 1, h, w) -> (n, 3, h, w), without a copy.
func colour(x *autograd.Var) *autograd.Var {
	x.Want("images", 1, "height", "width")
	s := x.Shape()
	return x.BroadcastTo(s[0], 3, s[2], s[3])
}

// basicBlock is two convolutions of 3 x 3 with a way past them. Where the channels
// change, the maps halve too, and a convolution of 1 x 1 does the same to what skips.
func basicBlock(name string, in, out int, init nn.Init) *nn.Residual {
	stride := 1
	if in != out {
		stride = 2
	}
	block := &nn.Residual{
		Body: nn.Sequential{
			nn.NewConv2DNoBias(name+".conv1", in, out, tensor.Square(3, stride, 1), init),
			nn.NewBatchNorm(name+".bn1", out, init), nn.ReLU,
			nn.NewConv2DNoBias(name+".conv2", out, out, tensor.Square(3, 1, 1), init),
			nn.NewBatchNorm(name+".bn2", out, init),
		},
		ReLU: true,
	}
	if in != out {
		block.Skip = nn.Sequential{
			nn.NewConv2DNoBias(name+".downsample.0", in, out, tensor.Square(1, stride, 0), init),
			nn.NewBatchNorm(name+".downsample.1", out, init),
		}
	}
	return block
}

// fastHead makes logits of maps of any size, as fastai's cnn_learner does.
func fastHead(name string, in, classes int, init nn.Init) nn.Sequential {
	norm1, norm2 := nn.NewBatchNorm(name+".bn1", 2*in, init), nn.NewBatchNorm(name+".bn2", 512, init)
	norm1.Shift.Value.Fill(1e-3)
	norm2.Shift.Value.Fill(1e-3)
	return nn.Sequential{
		nn.ConcatPool, // (n, 512, h, w) -> (n, 1024)
		norm1, nn.Dropout(0.25),
		nn.NewLinearNoBias(name+".linear1", 2*in, 512, init), nn.ReLU, // -> (n, 512)
		norm2, nn.Dropout(0.5),
		nn.NewLinearNoBias(name+".linear2", 512, classes, init), // -> (n, classes)
	}
}

// initResNet18 draws filters by their fan-out and the head's weights by their
// fan-in, as torchvision and fastai do.
func initResNet18(mem *tensor.Memory, rng *rand.Rand) nn.Init {
	return filtersAndRest(nn.KaimingNormalFanOut(mem, rng), nn.KaimingNormal(mem, rng))
}

// initResNet18Torchvision draws filters by their fan-out and all else as PyTorch's
// linear layers do.
func initResNet18Torchvision(mem *tensor.Memory, rng *rand.Rand) nn.Init {
	return filtersAndRest(nn.KaimingNormalFanOut(mem, rng), nn.FanIn(mem, rng))
}

func filtersAndRest(filters, rest nn.Init) nn.Init {
	return func(fanIn int, shape ...int) *tensor.Tensor {
		if len(shape) == 4 {
			return filters(fanIn, shape...)
		}
		return rest(fanIn, shape...)
	}
}
