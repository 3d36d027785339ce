package cpu

import (
	"math"

	"inkling/device"
	"inkling/internal/kernel"
)

// Reduce implements device.Backend. Sums are taken in pieces of fixed size whose
// results are then summed, which bounds the rounding error and gives the
// workers something to share.
func (b *Backend) Reduce(op device.Reduction, dst, x device.View) {
	if op == device.Mean {
		b.Reduce(device.Sum, dst, x)
		n := float64(x.Len()) / float64(max(dst.Len(), 1))
		b.Affine(dst, dst, 1/n, 0)
		return
	}
	if x.Len() == 0 {
		b.Fill(dst, identity(op))
		return
	}
	wide := dst // dst as a view of x's shape: folded axes do not step
	for i := range x.Rank {
		wide.Dims[i] = x.Dims[i]
		if dst.Dims[i] == 1 {
			wide.Strides[i] = 0
		}
	}
	l := newLoop(&x, &wide)
	switch {
	case l.rank == 0 && l.step[0] == 1 && l.step[1] == 0:
		floats(&dst)[dst.Offset] = b.foldAll(op, floats(&x)[x.Offset:x.Offset+l.n])
	case op == device.Sum && l.rank == 1 && l.step[0] == 1 && l.step[1] == 1 && l.strides[1][0] == 0 && l.strides[0][0] == l.n:
		b.columnSums(floats(&dst)[dst.Offset:dst.Offset+l.n], floats(&x)[x.Offset:x.Offset+x.Len()], l.rows, l.n)
	default:
		b.Fill(dst, identity(op))
		b.foldRows(op, &l, floats(&x), floats(&dst))
	}
}

func identity(op device.Reduction) float64 {
	switch op {
	case device.Maximum:
		return math.Inf(-1)
	case device.Minimum:
		return math.Inf(1)
	}
	return 0
}

// fold reduces consecutive elements to one number.
func fold(op device.Reduction, x []float32) float32 {
	switch op {
	case device.Maximum:
		return kernel.MaxValue(x)
	case device.Minimum:
		return kernel.MinValue(x)
	}
	return kernel.Sum(x)
}

// foldAll reduces all of x: each piece to one number, then those.
func (b *Backend) foldAll(op device.Reduction, x []float32) float32 {
	n := (len(x) + piece - 1) / piece
	if n == 1 {
		return fold(op, x)
	}
	parts := make([]float32, n)
	b.pool.run(n, func(i int) { parts[i] = fold(op, x[i*piece:min((i+1)*piece, len(x))]) })
	return b.foldAll(op, parts)
}

// columnRows is how many rows are added up before their sum joins the others.
const columnRows = 256

// columnSums sets dst (cols) to the sums over the rows of x (rows, cols).
func (b *Backend) columnSums(dst, x []float32, rows, cols int) {
	if rows <= columnRows {
		kernel.ColumnSums(dst, x, rows, cols)
		return
	}
	n := (rows + columnRows - 1) / columnRows
	parts := make([]float32, n*cols)
	b.pool.run(n, func(i int) {
		from, to := i*columnRows, min((i+1)*columnRows, rows)
		kernel.ColumnSums(parts[i*cols:(i+1)*cols], x[from*cols:to*cols], to-from, cols)
	})
	b.columnSums(dst, parts, n, cols)
}

// foldRows reduces any other arrangement, row by row of x in memory order. Where
// the row's axis is folded its result joins one element of dst; else the row
// joins a row of dst element by element. Pieces run one after another, because
// two of them may meet in the same element.
func (b *Backend) foldRows(op device.Reduction, l *loop, x, dst []float32) {
	join := strip{kind: binary, binary: joins(op), step: [3]int{l.step[1], l.step[1], l.step[0]}}
	join.d, join.x, join.y = &buffer{floats: dst}, &buffer{floats: dst}, &buffer{floats: x}
	one := make([]float32, l.n)
	for i := range l.pieces() {
		l.rowsOf(i, func(at [3]int, n int) {
			if l.step[1] != 0 {
				join.row([3]int{at[1], at[1], at[0]}, n)
				return
			}
			row := one[:n]
			load(row, &buffer{floats: x}, at[0], l.step[0])
			part := [2]float32{dst[at[1]], fold(op, row)}
			dst[at[1]] = fold(op, part[:])
		})
	}
}

func joins(op device.Reduction) device.Binary {
	switch op {
	case device.Maximum:
		return device.Max
	case device.Minimum:
		return device.Min
	}
	return device.Add
}

// ArgMax implements device.Backend.
func (b *Backend) ArgMax(dst, x device.View) {
	last := x.Rank - 1
	n, step := x.Dims[last], x.Strides[last]
	outer := x
	outer.Rank = last
	l := newLoop(&dst, &outer)
	from, to := floats(&x), ints(&dst)
	for i := range l.pieces() {
		l.rowsOf(i, func(at [3]int, rows int) {
			for r := range rows {
				to[at[0]+r*l.step[0]] = argMax(from[at[1]+r*l.step[1]:], n, step)
			}
		})
	}
}

// argMax is the index of the first greatest of n elements; NaN counts as greatest.
func argMax(x []float32, n, step int) int32 {
	best := 0
	for i := range n {
		v, top := x[i*step], x[best*step]
		if v > top || v != v && top == top {
			best = i
		}
	}
	return int32(best)
}
