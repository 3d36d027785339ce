package models

import (
	"inkling/nn"
	"inkling/tensor"
)

// NewCNN returns a small convolutional network. A filter of 3 x 3 weights slides
// over the image and answers where it finds its pattern, wherever that is: the
// first 16 find strokes, the next 32 find arrangements of strokes. A pool keeps
// the strongest answer of each 2 x 2, so that the maps shrink and a shift by a
// pixel matters less. Two dense layers weigh what was found.
func NewCNN(s Spec, init nn.Init) nn.Sequential {
	look := tensor.Square(3, 1, 1) // 3 x 3, one step at a time, one pixel of padding: the size stays
	half := tensor.Square(2, 2, 0) // 2 x 2 side by side: the size halves,
	half.Ceil = true               // and an odd row or column at the end counts too
	h, w := (s.Height+3)/4, (s.Width+3)/4
	return nn.Sequential{
		nn.NewConv2D("conv1", s.Channels, 16, look, init), nn.ReLU, nn.MaxPool(half), // (n, c, 28, 28) -> (n, 16, 14, 14)
		nn.NewConv2D("conv2", 16, 32, look, init), nn.ReLU, nn.MaxPool(half), //         -> (n, 32, 7, 7)
		nn.Flatten, //                                                                   -> (n, 1568)
		nn.NewLinear("hidden", 32*h*w, 128, init), nn.ReLU, //                           -> (n, 128)
		nn.NewLinear("output", 128, s.Classes, init), //                                 -> (n, classes)
	}
}
