package tensor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// ShapeError says which operation was asked of which shapes, why that cannot
// be, and what was probably meant.
type ShapeError struct {
	Op      string
	Shapes  [][]int
	Problem string
	Hint    string // the likely mend; may be empty
}

// Error is one sentence: [matmul] (256, 784) x (10, 784): inner sizes 784 and
// 10 differ; did you mean the transpose (784, 10)?
func (e *ShapeError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s] ", e.Op)
	for i, s := range e.Shapes {
		if i > 0 {
			b.WriteString(" x ")
		}
		b.WriteString(formatShape(s))
	}
	b.WriteString(": " + e.Problem)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

func shapeError(op, problem, hint string, xs ...*Tensor) *ShapeError {
	e := &ShapeError{Op: op, Problem: problem, Hint: hint}
	for _, x := range xs {
		e.Shapes = append(e.Shapes, slices.Clone(x.Shape()))
	}
	return e
}

func wantError(x *Tensor, dims []any) *ShapeError {
	names := make([]string, len(dims))
	for i, d := range dims { // nothing of dims may escape, or each call of Want would allocate
		switch d := d.(type) {
		case int:
			names[i] = strconv.Itoa(d)
		case string:
			names[i] = strings.Clone(d)
		}
	}
	e := shapeError("want", "wanted ("+strings.Join(names, ", ")+")", "", x)
	if len(dims) != x.Rank() {
		e.Hint = fmt.Sprintf("that is %d axes, not %d", len(dims), x.Rank())
	}
	return e
}

// formatShape writes a shape as people do: (256, 784), (10,), ().
func formatShape(shape []int) string {
	parts := make([]string, len(shape))
	for i, n := range shape {
		parts[i] = strconv.Itoa(n)
	}
	if len(parts) == 1 {
		return "(" + parts[0] + ",)"
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// strict is called with each broadcast that adds an axis, where strict mode is on.
var strict atomic.Pointer[func(*ShapeError)]

// Strict turns strict mode on: report is called for every broadcast that adds an
// axis to an operand, the silent step behind many a wrong result. Nil turns it off.
func Strict(report func(*ShapeError)) {
	if report == nil {
		strict.Store(nil)
		return
	}
	strict.Store(&report)
}

// broadcast returns x and y as views of their common shape: aligned at the last
// axis, each pair of sizes equal or one of them 1 (NumPy's rule).
func broadcast(op string, x, y *Tensor) (*Tensor, *Tensor) {
	if slices.Equal(x.Shape(), y.Shape()) {
		return x, y
	}
	var dims [8]int
	rank := max(x.Rank(), y.Rank())
	for i := 1; i <= rank; i++ {
		a, b := 1, 1
		if i <= x.Rank() {
			a = x.view.Dims[x.Rank()-i]
		}
		if i <= y.Rank() {
			b = y.view.Dims[y.Rank()-i]
		}
		if a != b && a != 1 && b != 1 {
			panic(shapeError(op, fmt.Sprintf("sizes %d and %d do not broadcast", a, b), broadcastHint(x, y), x, y))
		}
		if a == 1 {
			a = b
		}
		dims[rank-i] = a
	}
	if report := strict.Load(); report != nil && x.Rank() != y.Rank() {
		(*report)(shapeError(op, "the broadcast adds an axis", "say so with Reshape, or Unsqueeze, if it is meant", x, y))
	}
	return x.expand(dims[:rank]), y.expand(dims[:rank])
}

// broadcastHint finds what would have fitted: a transpose, or a trailing axis of 1.
func broadcastHint(x, y *Tensor) string {
	if x.Rank() == 2 && y.Rank() == 2 && x.Dim(0) == y.Dim(1) && x.Dim(1) == y.Dim(0) {
		return fmt.Sprintf("did you mean the transpose %s?", formatShape(y.T().Shape()))
	}
	if x.Rank() > y.Rank() && y.Rank() == 1 && x.Dim(0) == y.Dim(0) {
		return fmt.Sprintf("axes are aligned at the last one; did you mean %s?", formatShape([]int{y.Dim(0), 1}))
	}
	return ""
}

// expand is BroadcastTo for a shape known to fit.
func (x *Tensor) expand(shape []int) *Tensor {
	if slices.Equal(x.Shape(), shape) {
		return x
	}
	out := x.mem.Enter(x)
	out.view.Rank = len(shape)
	lead := len(shape) - x.Rank()
	for i, n := range shape {
		out.view.Dims[i] = n
		out.view.Strides[i] = 0
		if i >= lead && x.view.Dims[i-lead] == n {
			out.view.Strides[i] = x.view.Strides[i-lead]
		}
	}
	return out
}

// BroadcastTo returns x repeated to the given shape without a copy.
func (x *Tensor) BroadcastTo(shape ...int) *Tensor {
	lead := len(shape) - x.Rank()
	fits := lead >= 0
	for i := 0; fits && i < x.Rank(); i++ {
		fits = x.view.Dims[i] == shape[lead+i] || x.view.Dims[i] == 1
	}
	if !fits {
		panic(&ShapeError{Op: "broadcast", Shapes: [][]int{slices.Clone(x.Shape()), slices.Clone(shape)}, Problem: "the first does not broadcast to the second"})
	}
	return x.expand(shape)
}
