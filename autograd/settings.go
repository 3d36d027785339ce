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

// Axes are what a sum, a maximum, a softmax or a concatenation goes along, counted
// from 0 and in order; of a transpose, the operand's axes as they come to stand.
// They are nil where v is the result of anything else.
func (v *Var) Axes() []int {
	from0 := func(axis, rank int) []int { return []int{(axis + rank) % rank} }
	switch n := v.node.(type) {
	case *sum:
		axes := []int{}
		for i, over := range n.over {
			if over {
				axes = append(axes, i)
			}
		}
		return axes
	case *maximum:
		return from0(n.axis, n.x.value.Rank())
	case *softmax:
		return from0(n.axis, n.x.value.Rank())
	case *concat:
		return from0(n.axis, n.x.value.Rank())
	case *transpose:
		axes := make([]int, n.x.value.Rank())
		for from, to := range n.undo[:len(axes)] {
			axes[to] = from
		}
		return axes
	}
	return nil
}
