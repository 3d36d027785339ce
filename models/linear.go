package models

import "inkling/nn"

// NewLinear returns a linear classifier: each class weighs every pixel and adds
// its bias, pixels x classes + classes numbers in all.
func NewLinear(s Spec, init nn.Init) nn.Sequential {
	return nn.Sequential{
		nn.Flatten, // (n, c, h, w) -> (n, p)
		nn.NewLinear("linear", s.Pixels(), s.Classes, init), // -> (n, classes)
	}
}
