package autograd

import "inkling/tensor"

// Window is how a convolution or a pool slides over its first operand; the zero
// Window where v is the result of anything else. With Op and Operands it lets a
// tape be written down in another form.
func (v *Var) Window() tensor.Window {
	switch n := v.node.(type) {
	case *conv2d:
		return n.window
	case *maxPool:
		return n.window
	case *avgPool:
		return n.window
	}
	return tensor.Window{}
}

// Factors are the numbers of an Affine, scale*x + shift; ok is false where v is
// the result of anything else.
func (v *Var) Factors() (scale, shift float64, ok bool) {
	if n, is := v.node.(*affine); is {
		return n.scale, n.shift, true
	}
	return 0, 0, false
}
