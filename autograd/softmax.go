package autograd

import "inkling/tensor"

// z = exp(x) / sum exp(x)        dx = z * (dz - sum(z * dz))
// or its logarithm               dx = dz - exp(z) * sum(dz)

type softmax struct {
	x    *Var
	z    *tensor.Tensor
	axis int
	log  bool
}

// Softmax turns the numbers along an axis into probabilities.
func (x *Var) Softmax(axis int) *Var {
	x.alive()
	z := x.value.Softmax(axis)
	return push(x.tape, z, softmax{x, z, axis, false})
}

// LogSoftmax returns the logarithm of Softmax.
func (x *Var) LogSoftmax(axis int) *Var {
	x.alive()
	z := x.value.LogSoftmax(axis)
	return push(x.tape, z, softmax{x, z, axis, true})
}

func (n *softmax) name() string {
	if n.log {
		return "log-softmax"
	}
	return "softmax"
}
func (n *softmax) operands() operands { return operands{n.x} }
func (n *softmax) backward(dz *tensor.Tensor) {
	n.x.give(n.z.SoftmaxGrad(dz, n.axis, n.log))
}

// z[i] = -log softmax(x[i])[label[i]]        dx[i] = (softmax(x[i]) - onehot(label[i])) * dz[i]

type crossEntropy struct {
	x             *Var
	probs, labels *tensor.Tensor
}

// CrossEntropy returns one loss an image (n), from logits (n, classes) and
// labels (int, n): the fused form of LogSoftmax, a look-up and Neg, which cannot
// overflow.
func (x *Var) CrossEntropy(labels *tensor.Tensor) *Var {
	x.alive()
	losses, probs := x.value.CrossEntropy(labels)
	return push(x.tape, losses, crossEntropy{x, probs, labels})
}

func (n *crossEntropy) name() string       { return "cross-entropy" }
func (n *crossEntropy) operands() operands { return operands{n.x} }
func (n *crossEntropy) backward(dz *tensor.Tensor) {
	n.x.give(n.probs.CrossEntropyGrad(n.labels, dz))
}
