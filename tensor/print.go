package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"inkling/device"
)

// How much of a long axis is printed: its first and last edge elements. Axes of
// up to four edges are printed whole, unless that would make a long read. Of the
// matrices in a stack one sees the first and the last.
const (
	edge     = 3
	longRead = 400 // numbers
)

// String prints the tensor as a person reads one: nested brackets, columns
// aligned, the middle of long axes left out, the shape at the end.
func (x *Tensor) String() string {
	var b strings.Builder
	var values []float64
	most := 4 * edge
	if x.Len() > longRead {
		most = 2 * edge
	}
	x.shown(most, &values)
	format := columns(values)
	b.WriteString("tensor(")
	x.write(&b, most, &values, format, len("tensor("))
	fmt.Fprintf(&b, ", shape %s", formatShape(x.Shape()))
	if x.typ != device.Float {
		fmt.Fprintf(&b, ", %v", x.typ)
	}
	b.WriteString(")")
	return b.String()
}

// ends returns how many elements of the first axis are printed at its begin and
// at its end; all of them, and none, where there is no gap between the two.
func (x *Tensor) ends(most int) (first, last int) {
	n := x.Dim(0)
	switch {
	case n <= most && (x.Rank() < 3 || x.Len() <= longRead):
		return n, 0
	case x.Rank() < 3:
		return edge, edge
	case n <= 2:
		return n, 0
	}
	return 1, 1
}

// shown appends the values that String prints, in order.
func (x *Tensor) shown(most int, values *[]float64) {
	if x.Len() == 0 {
		return
	}
	if x.Rank() == 0 {
		*values = append(*values, x.Item())
		return
	}
	n := x.Dim(0)
	first, last := x.ends(most)
	if x.Rank() == 1 {
		*values = append(*values, x.Slice(0, 0, first).Float64s()...)
		*values = append(*values, x.Slice(0, n-last, n).Float64s()...)
		return
	}
	for i := range first {
		x.Index(0, i).shown(most, values)
	}
	for i := n - last; i < n; i++ {
		x.Index(0, i).shown(most, values)
	}
}

// columns chooses one format for all values: whole numbers without a point,
// others with four decimals, very small or great ones in powers of ten.
func columns(values []float64) func(float64) string {
	whole, least, most := true, math.Inf(1), 0.0
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		whole = whole && v == math.Trunc(v) && math.Abs(v) < 1e7
		if v != 0 {
			least = min(least, math.Abs(v))
		}
		most = max(most, math.Abs(v))
	}
	verb, prec := byte('f'), 4
	switch {
	case whole:
		prec = 0
	case most >= 1e5 || most < 1e-2 && least < 1e-3:
		verb = 'e'
	}
	width := 0
	for _, v := range values {
		width = max(width, len(strconv.FormatFloat(v, verb, prec, 64)))
	}
	return func(v float64) string { return fmt.Sprintf("%*s", width, strconv.FormatFloat(v, verb, prec, 64)) }
}

// write prints x, whose values are the next ones, and takes them off.
func (x *Tensor) write(b *strings.Builder, most int, values *[]float64, format func(float64) string, indent int) {
	if x.Rank() == 0 {
		b.WriteString(format((*values)[0]))
		*values = (*values)[1:]
		return
	}
	if x.Len() == 0 { // its shape says the rest
		b.WriteString("[]")
		return
	}
	between := ", "
	if x.Rank() > 1 {
		between = ",\n" + strings.Repeat("\n", min(x.Rank()-2, 1)) + strings.Repeat(" ", indent+1)
	}
	n := x.Dim(0)
	first, last := x.ends(most)
	b.WriteString("[")
	for i := range first {
		if i > 0 {
			b.WriteString(between)
		}
		x.Index(0, i).write(b, most, values, format, indent+1)
	}
	if last > 0 {
		b.WriteString(between + "...")
	}
	for i := n - last; i < n; i++ {
		b.WriteString(between)
		x.Index(0, i).write(b, most, values, format, indent+1)
	}
	b.WriteString("]")
}
