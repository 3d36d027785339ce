package autograd

import "inkling/tensor"

// z = conv(x, w) + b        dx = each element of dz, spread by the filter back over the map
//                           dw = for each tap, x under it times dz, summed over images and places
//                           db = dz, summed over images and places

type conv2d struct {
	x, w, b *Var
	window  tensor.Window
}

// Conv2D slides filters w (o, c/groups, kh, kw) over maps x (n, c, h, v), giving
// (n, o, h', v'), and adds bias (o), which may be nil.
func (x *Var) Conv2D(w, bias Operand, g tensor.Window) *Var {
	t, a, f := meet(x, w)
	g.Direct = g.Direct || t != nil && t.direct
	if bias == nil {
		return push(t, a.value.Conv2D(f.value, nil, g), conv2d{a, f, nil, g})
	}
	b := bias.on(t)
	return push(t, a.value.Conv2D(f.value, b.value, g), conv2d{a, f, b, g})
}

func (n *conv2d) name() string       { return "conv2d" }
func (n *conv2d) operands() operands { return operands{n.x, n.w, n.b} }
func (n *conv2d) backward(dz *tensor.Tensor) {
	if n.x.needs {
		n.x.give(dz.Conv2DInputGrad(n.w.value, n.x.Shape(), n.window))
	}
	if n.w.needs {
		s := n.w.Shape()
		window, from, to := n.window.Reached(n.x.Shape(), s)
		taps := [4]int{s[0], s[1], to[0] - from[0], to[1] - from[1]}
		n.w.giveBlock(n.x.value.Conv2DFilterGrad(dz, taps[:], window), from)
	}
	if n.b != nil && n.b.needs {
		n.b.give(sumChannels(dz))
	}
}

// sumChannels sums (n, c, ...) over all axes but the channels: (c).
func sumChannels(x *tensor.Tensor) *tensor.Tensor {
	axes := [8]int{0}
	for i := 2; i < x.Rank(); i++ {
		axes[i-1] = i
	}
	return x.Sum(axes[:x.Rank()-1]...)
}
