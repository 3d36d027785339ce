package models

import "inkling/nn"

// NewNetwork returns a network with one hidden layer of sigmoid units. Each unit
// looks at all pixels, as a linear classifier does; the second layer weighs what
// the units say, so that the whole can bend where one plane cannot.
func NewNetwork(s Spec, hidden int, init nn.Init) nn.Sequential {
	return nn.Sequential{
		nn.Flatten, // (n, c, h, w) -> (n, p)
		nn.NewLinear("hidden", s.Pixels(), hidden, init), // -> (n, hidden)
		nn.Sigmoid,
		nn.NewLinear("output", hidden, s.Classes, init), // -> (n, classes)
	}
}
