package autograd

import "inkling/tensor"

// z = x·y + b        dx = dz·yᵀ        dy = xᵀ·dz        db = dz, summed over the rows

type matmul struct{ x, y, b *Var }

// MatMul returns the matrix product: (..., m, k) x (..., k, n) -> (..., m, n);
// a vector counts as a row on the left and as a column on the right.
func (x *Var) MatMul(y Operand) *Var {
	t, a, b := meet(x, y)
	return push(t, a.value.MatMul(b.value), matmul{x: a, y: b})
}

// MatMulAdd returns x·y + bias with the bias (n) added as the product is
// written: the fused form of MatMul and Add.
func (x *Var) MatMulAdd(y, bias Operand) *Var {
	t, a, b := meet(x, y)
	c := bias.on(t)
	return push(t, a.value.MatMulAdd(b.value, c.value), matmul{a, b, c})
}

func (n *matmul) name() string {
	if n.b != nil {
		return "matmul-add"
	}
	return "matmul"
}

func (n *matmul) operands() operands { return operands{n.x, n.y, n.b} }

func (n *matmul) backward(dz *tensor.Tensor) {
	x, y := n.x.value, n.y.value
	if n.b != nil && n.b.needs {
		n.b.give(dz.SumTo(n.b.Shape()...))
	}
	if x.Rank() == 1 { // a row
		x = x.Unsqueeze(0)
		dz = dz.Unsqueeze(-1 - min(y.Rank()-1, 1))
	}
	if y.Rank() == 1 { // a column
		y = y.Unsqueeze(1)
		dz = dz.Unsqueeze(-1)
	}
	if n.x.needs {
		n.x.give(sumBatch(dz.MatMul(swap(y)), x).Reshape(n.x.Shape()...)) // (m, n) x (n, k) -> (m, k)
	}
	if n.y.needs {
		n.y.give(sumBatch(swap(x).MatMul(dz), y).Reshape(n.y.Shape()...)) // (k, m) x (m, n) -> (k, n)
	}
}

// sumBatch sums a gradient over the batch axes along which x was broadcast.
func sumBatch(g, x *tensor.Tensor) *tensor.Tensor {
	if g.Rank() == 2 {
		return g
	}
	return g.SumTo(x.Shape()...)
}

// swap exchanges the last two axes.
func swap(x *tensor.Tensor) *tensor.Tensor {
	var order [8]int
	r := x.Rank()
	for i := range r {
		order[i] = i
	}
	order[r-2], order[r-1] = r-1, r-2
	return x.Transpose(order[:r]...)
}
