package report

import "strconv"

// known4 writes an accuracy with the digits that it was given with, four at most.
func known4(v float64) string {
	if !finite(v) {
		return "–"
	}
	return strconv.FormatFloat(100*v, 'g', 4, 64) + thin + "%"
}

// spread is what the PyTorch runs came to, from the least to the greatest.
func (o *Others) spread() string {
	var r Range
	for i, run := range o.PyTorch {
		if n := len(run.Accuracy); n > 0 {
			last := run.Accuracy[n-1]
			if i == 0 {
				r.Min, r.Max = last, last
			}
			r.Min, r.Max = min(r.Min, last), max(r.Max, last)
		}
	}
	switch {
	case r.Max == 0:
		return ""
	case r.Min == r.Max:
		return known4(r.Min)
	}
	return known4(r.Min) + " to " + known4(r.Max)
}
