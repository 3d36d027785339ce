package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"inkling/device"
)

// edge is how many elements of a long axis are printed at each end.
const edge = 3

// String prints the tensor as a person reads one: nested brackets, columns
// aligned, the middle of long axes left out, the shape at the end.
func (x *Tensor) String() string {
	var b strings.Builder
	show := x.shown()
	format := columns(show)
	b.WriteString("tensor(")
	write(&b, x, format, len("tensor("))
	fmt.Fprintf(&b, ", shape %s", formatShape(x.Shape()))
	if x.typ != device.Float {
		fmt.Fprintf(&b, ", %v", x.typ)
	}
	b.WriteString(")")
	return b.String()
}

// shown returns the values that String prints.
func (x *Tensor) shown() []float64 {
	if x.Len() == 0 {
		return nil
	}
	if x.Rank() == 0 {
		return x.Float64s()
	}
	var out []float64
	for _, i := range ends(x.Dim(0)) {
		if i >= 0 {
			out = append(out, x.Index(0, i).shown()...)
		}
	}
	return out
}

// ends lists the indices of an axis that are printed; -1 stands for a gap.
func ends(n int) []int {
	var out []int
	for i := range n {
		if n > 4*edge && i == edge {
			out = append(out, -1)
		}
		if n <= 4*edge || i < edge || i >= n-edge {
			out = append(out, i)
		}
	}
	return out
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

func write(b *strings.Builder, x *Tensor, format func(float64) string, indent int) {
	if x.Rank() == 0 {
		b.WriteString(format(x.Float64s()[0]))
		return
	}
	between := ", "
	if x.Rank() > 1 {
		between = ",\n" + strings.Repeat("\n", min(x.Rank()-2, 1)) + strings.Repeat(" ", indent+1)
	}
	b.WriteString("[")
	for k, i := range ends(x.Dim(0)) {
		if k > 0 {
			b.WriteString(between)
		}
		if i < 0 {
			b.WriteString("...")
			continue
		}
		write(b, x.Index(0, i), format, indent+1)
	}
	b.WriteString("]")
}
