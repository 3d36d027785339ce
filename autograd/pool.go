package autograd

import "inkling/tensor"

// z = the greatest x under the window        dx = dz at that place, summed over the windows that took it

type maxPool struct {
	x      *Var
	index  *tensor.Tensor
	window tensor.Window
}

// MaxPool returns the greatest element of maps x (n, c, h, w) under each place of
// the window: (n, c, h', w').
func (x *Var) MaxPool(g tensor.Window) *Var {
	x.alive()
	z, index := x.value.MaxPool(g)
	return push(x.tape, z, maxPool{x, index, g})
}

// GlobalMaxPool returns the greatest element of each map: (n, c, h, w) -> (n, c, 1, 1).
func (x *Var) GlobalMaxPool() *Var {
	x.Want("images", "channels", "height", "width")
	return x.MaxPool(tensor.Window{Size: [2]int{x.Shape()[2], x.Shape()[3]}})
}

func (n *maxPool) name() string       { return "max-pool" }
func (n *maxPool) operands() operands { return operands{n.x} }
func (n *maxPool) backward(dz *tensor.Tensor) {
	n.x.give(dz.MaxPoolGrad(n.index, n.x.Shape(), n.window))
}

// z = the mean of x under the window        dx = dz / taps, summed over the windows above

type avgPool struct {
	x      *Var
	window tensor.Window
}

// AvgPool returns the mean of maps x (n, c, h, w) under each place of the window,
// (n, c, h', w'); padding counts as zeros.
func (x *Var) AvgPool(g tensor.Window) *Var {
	x.alive()
	return push(x.tape, x.value.AvgPool(g), avgPool{x, g})
}

// GlobalAvgPool returns the mean of each map: (n, c, h, w) -> (n, c, 1, 1).
func (x *Var) GlobalAvgPool() *Var {
	x.Want("images", "channels", "height", "width")
	return x.MeanKeep(2, 3)
}

func (n *avgPool) name() string       { return "avg-pool" }
func (n *avgPool) operands() operands { return operands{n.x} }
func (n *avgPool) backward(dz *tensor.Tensor) {
	n.x.give(dz.AvgPoolGrad(n.x.Shape(), n.window))
}
