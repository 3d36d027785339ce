package autograd

import "inkling/tensor"

// z = x in another shape        dx = dz in x's shape

type reshape struct{ x *Var }

// Reshape returns the elements in a new shape; one size may be -1.
func (x *Var) Reshape(shape ...int) *Var {
	x.alive()
	return push(x.tape, x.value.Reshape(shape...), reshape{x})
}

// Flatten keeps the first axis and joins the others: (n, c, h, w) -> (n, c*h*w).
func (x *Var) Flatten() *Var { return x.Reshape(x.value.Dim(0), -1) }

func (n *reshape) name() string               { return "reshape" }
func (n *reshape) operands() operands         { return operands{n.x} }
func (n *reshape) backward(dz *tensor.Tensor) { n.x.give(dz.Reshape(n.x.Shape()...)) }

// z = x, repeated        dx = dz, summed over what was repeated

type broadcastTo struct{ x *Var }

// BroadcastTo returns x repeated to the given shape without a copy: a grey image
// (n, 1, h, w) as one of three channels (n, 3, h, w).
func (x *Var) BroadcastTo(shape ...int) *Var {
	x.alive()
	return push(x.tape, x.value.BroadcastTo(shape...), broadcastTo{x})
}

func (n *broadcastTo) name() string               { return "broadcast" }
func (n *broadcastTo) operands() operands         { return operands{n.x} }
func (n *broadcastTo) backward(dz *tensor.Tensor) { n.x.give(dz.SumTo(n.x.Shape()...)) }

// z = x with its axes in another order        dx = dz with that order undone

type transpose struct {
	x    *Var
	undo [8]int
}

// Transpose returns x with its axes in the given order; reversed without one.
func (x *Var) Transpose(order ...int) *Var {
	x.alive()
	n := transpose{x: x}
	r := x.value.Rank()
	for i := range r {
		from := r - 1 - i
		if len(order) > 0 {
			from = (order[i] + r) % r
		}
		n.undo[from] = i
	}
	return push(x.tape, x.value.Transpose(order...), n)
}

func (n *transpose) name() string       { return "transpose" }
func (n *transpose) operands() operands { return operands{n.x} }
func (n *transpose) backward(dz *tensor.Tensor) {
	n.x.give(dz.Transpose(n.undo[:n.x.value.Rank()]...))
}

// z[i] = x[index[i]]        dx[index[i]] += dz[i]

type gather struct {
	x     *Var
	index *tensor.Tensor
}

// Gather returns the rows of x named by index (int, n).
func (x *Var) Gather(index *tensor.Tensor) *Var {
	x.alive()
	return push(x.tape, x.value.Gather(index), gather{x, index})
}

func (n *gather) name() string       { return "gather" }
func (n *gather) operands() operands { return operands{n.x} }
func (n *gather) backward(dz *tensor.Tensor) {
	n.x.give(dz.ScatterAdd(n.index, n.x.value.Dim(0)))
}
