package tensor

import (
	"fmt"

	"inkling/device"
)

// MatMul is the matrix product: (m, k) x (k, n) -> (m, n). Axes before the last
// two are a batch and broadcast. A vector on the right counts as a column,
// (m, k) x (k) -> (m), one on the left as a row, (k) x (k, n) -> (n).
// Transposed operands are read where they lie.
func (x *Tensor) MatMul(y *Tensor) *Tensor { return matmul(x, y, nil) }

// MatMulAdd is x·y + bias, with a bias (n) added to every row as it is written.
func (x *Tensor) MatMulAdd(y, bias *Tensor) *Tensor { return matmul(x, y, bias) }

func matmul(x, y, bias *Tensor) *Tensor {
	x.floats("matmul", y)
	if x.Rank() == 0 || y.Rank() == 0 {
		panic(shapeError("matmul", "a scalar has no rows or columns", "did you mean Mul?", x, y))
	}
	m := home(x, y, bias)
	a, b := x, y
	if x.Rank() == 1 {
		a = x.Unsqueeze(0)
	}
	if y.Rank() == 1 {
		b = y.Unsqueeze(1)
	}
	rows, inner, cols := a.Dim(-2), a.Dim(-1), b.Dim(-1)
	if inner != b.Dim(-2) {
		panic(shapeError("matmul", fmt.Sprintf("inner sizes %d and %d differ", inner, b.Dim(-2)), matmulHint(x, y), x, y))
	}
	a, b = batch(a, b, x, y)
	var dims [device.MaxRank]int
	rank := copy(dims[:], a.Shape())
	dims[rank-2], dims[rank-1] = rows, cols
	out := m.New(device.Float, dims[:rank]...)
	var add device.View
	if bias != nil {
		x.floats("matmul", bias)
		if bias.Rank() != 1 || bias.Dim(0) != cols {
			panic(shapeError("matmul", fmt.Sprintf("a bias for %d columns wants shape (%d,)", cols, cols), "", x, y, bias))
		}
		add = bias.view
	}
	m.backend.MatMul(out.view, a.view, b.view, add)
	if y.Rank() == 1 {
		out = out.Squeeze(-1)
	}
	if x.Rank() == 1 {
		axis := -2
		if y.Rank() == 1 {
			axis = -1
		}
		out = out.Squeeze(axis)
	}
	return out
}

// batch broadcasts the axes before the last two of a and b to a common shape.
func batch(a, b, x, y *Tensor) (*Tensor, *Tensor) {
	rank := max(a.Rank(), b.Rank())
	if rank == 2 {
		return a, b
	}
	var da, db [device.MaxRank]int
	for i := 3; i <= rank; i++ {
		p, q := 1, 1
		if i <= a.Rank() {
			p = a.Dim(-i)
		}
		if i <= b.Rank() {
			q = b.Dim(-i)
		}
		if p != q && p != 1 && q != 1 {
			panic(shapeError("matmul", fmt.Sprintf("batch sizes %d and %d do not broadcast", p, q), "", x, y))
		}
		if p == 1 {
			p = q
		}
		da[rank-i], db[rank-i] = p, p
	}
	da[rank-2], da[rank-1] = a.Dim(-2), a.Dim(-1)
	db[rank-2], db[rank-1] = b.Dim(-2), b.Dim(-1)
	return a.expand(da[:rank]), b.expand(db[:rank])
}

// matmulHint finds the transpose that would have made the inner sizes meet.
func matmulHint(x, y *Tensor) string {
	switch {
	case y.Rank() == 2 && y.Dim(1) == x.Dim(-1):
		return fmt.Sprintf("did you mean the transpose %s?", formatShape(y.T().Shape()))
	case x.Rank() == 2 && x.Dim(0) == y.Dim(max(-2, -y.Rank())):
		return fmt.Sprintf("did you mean the transpose %s of the first?", formatShape(x.T().Shape()))
	case x.Rank() > 2 && y.Rank() == 2 && x.Len()/max(x.Dim(0), 1) == y.Dim(0):
		return fmt.Sprintf("did you mean to flatten the first to (%d, %d)?", x.Dim(0), y.Dim(0))
	}
	return ""
}
