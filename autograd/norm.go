package autograd

import "inkling/tensor"

// z = relu(u * (x - mean[c]) * r[c] + v[c] + skip)        with u, v the scale and shift, and for m elements a channel
//     mean = sum(x) / m        r = 1 / sqrt(sum((x - mean)²) / m + eps)
//
// g = dz where z > 0 (all of dz without the relu)        n = (x - mean) * r
// dskip = g        dv = sum(g)        du = sum(g * n)        dx = u * r * (g - dv/m - n * du/m)

type batchNorm struct {
	x, scale, shift, skip *Var
	z, mean, rstd         *tensor.Tensor
	relu                  bool
}

// BatchNorm is the training form of batch norm (Ioffe and Szegedy, 2015): each
// channel of x (n, c, ...) is brought to mean 0 and variance 1 over the batch,
// then scaled and shifted by parameters (c). skip, which may be nil, is added,
// and where relu is set the result is cut off below 0, in the same pass. It also
// returns the mean and the variance (c) that x had, which live as long as the step.
//
// The inference form, with known statistics, is BatchNormInference.
func (x *Var) BatchNorm(scale, shift Operand, skip *Var, eps float64, relu bool) (z *Var, mean, variance *tensor.Tensor) {
	n, value := withSkip(x, scale, shift, skip)
	mean, variance = n.x.value.Moments()
	rstd := variance.Affine(1, eps).Sqrt().Reciprocal()
	a := n.scale.value.Mul(rstd)
	out := n.x.value.ChannelAffine(a, n.shift.value.Sub(mean.Mul(a)), value, relu)
	return push(n.tape, out, batchNorm{n.x, n.scale, n.shift, n.skip, out, mean, rstd, relu}), mean, variance
}

func (n *batchNorm) name() string       { return fused("batch-norm", n.skip, n.relu) }
func (n *batchNorm) operands() operands { return operands{n.x, n.scale, n.shift, n.skip} }
func (n *batchNorm) backward(dz *tensor.Tensor) {
	z := n.z
	if !n.relu {
		z = nil
	}
	toSkip := n.skip != nil && n.skip.needs
	dx, dscale, dshift, dskip := dz.BatchNormGrad(z, n.x.value, n.mean, n.rstd, n.scale.value, toSkip && n.relu)
	if n.x.needs {
		n.x.give(dx)
	}
	if n.scale.needs {
		n.scale.give(dscale)
	}
	if n.shift.needs {
		n.shift.give(dshift)
	}
	if toSkip && n.relu {
		n.skip.give(dskip)
	} else if toSkip {
		n.skip.give(dz)
	}
}

// z = relu(x * a[c] + b[c] + skip)        g = dz where z > 0 (all of dz without the relu)
// dx = g * a[c]        da = sum(g * x)        db = sum(g)        dskip = g

type channelAffine struct {
	x, scale, shift, skip *Var
	z                     *tensor.Tensor
	relu                  bool
}

// ChannelAffine returns x*scale[c] + shift[c] + skip for x (n, c, ...), cut off
// below 0 where relu is set. skip may be nil.
func (x *Var) ChannelAffine(scale, shift Operand, skip *Var, relu bool) *Var {
	n, value := withSkip(x, scale, shift, skip)
	z := n.x.value.ChannelAffine(n.scale.value, n.shift.value, value, relu)
	return push(n.tape, z, channelAffine{n.x, n.scale, n.shift, n.skip, z, relu})
}

func (n *channelAffine) name() string       { return fused("channel-affine", n.skip, n.relu) }
func (n *channelAffine) operands() operands { return operands{n.x, n.scale, n.shift, n.skip} }
func (n *channelAffine) backward(dz *tensor.Tensor) {
	g := dz
	if n.relu {
		g = n.z.ReLUGrad(dz)
	}
	if n.x.needs {
		zero := n.shift.value.Scale(0)
		n.x.give(g.ChannelAffine(n.scale.value, zero, nil, false))
	}
	if n.scale.needs {
		n.scale.give(sumChannels(g.Mul(n.x.value)))
	}
	if n.shift.needs {
		n.shift.give(sumChannels(g))
	}
	if n.skip != nil && n.skip.needs {
		n.skip.give(g)
	}
}

// BatchNormInference is batch norm with statistics (c) that were known before:
//
//	a = scale / sqrt(variance + eps)        b = shift - mean * a        z = relu(x * a[c] + b[c] + skip)
//
// It is composed, and differentiable: the gradient at x of a trained model shows
// which pixels matter. skip may be nil.
func (x *Var) BatchNormInference(mean, variance *tensor.Tensor, scale, shift Operand, skip *Var, eps float64, relu bool) *Var {
	n, _ := withSkip(x, scale, shift, skip)
	a := n.scale.Mul(Const(variance.Affine(1, eps).Sqrt().Reciprocal()))
	return n.x.ChannelAffine(a, n.shift.Sub(a.Mul(Const(mean))), n.skip, relu)
}

// channelwise is the operands of the two operations above, on one tape.
type channelwise struct {
	tape                  *Tape
	x, scale, shift, skip *Var
}

// withSkip brings the operands together; skip and its value may be nil.
func withSkip(x *Var, scale, shift Operand, skip *Var) (channelwise, *tensor.Tensor) {
	t := x.tape
	if t == nil && skip != nil {
		t = skip.tape
	}
	n := channelwise{tape: t, x: x.on(t), scale: scale.on(t), shift: shift.on(t)}
	if skip == nil {
		return n, nil
	}
	n.skip = skip.on(t)
	return n, skip.value
}

// fused names an operation after all that it does in one pass.
func fused(name string, skip *Var, relu bool) string {
	switch {
	case skip != nil && relu:
		return name + "-add-relu"
	case skip != nil:
		return name + "-add"
	case relu:
		return name + "-relu"
	}
	return name
}
