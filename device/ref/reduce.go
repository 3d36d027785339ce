package ref

import (
	"fmt"
	"math"

	"inkling/device"
)

// dst[kept] = fold of x[kept + folded] over every index of the folded axes
//
// The fold of nothing is 0 for sum, NaN for mean, -Inf for max, +Inf for min.
func (backend) Reduce(op device.Reduction, dst, x device.View) {
	d, a := open(dst), open(x)

	// The axes that dst keeps have size 1 here, those that it folds their own.
	folded := make([]int, len(a.shape))
	for axis, size := range a.shape {
		folded[axis] = 1
		if d.shape[axis] == 1 {
			folded[axis] = size
		}
	}

	at := make([]int, len(a.shape))
	for kept := range indices(d.shape) {
		total, count := start(op), 0
		for i := range indices(folded) {
			for axis := range at {
				at[axis] = kept[axis] + i[axis]
			}
			total = fold(op, total, a.get(at...))
			count++
		}
		if op == device.Mean {
			total /= float64(count)
		}
		d.set(total, kept...)
	}
}

// start is the number that folding begins with: it changes nothing.
func start(op device.Reduction) float64 {
	switch op {
	case device.Sum, device.Mean:
		return 0
	case device.Maximum:
		return math.Inf(-1)
	case device.Minimum:
		return math.Inf(1)
	}
	panic(fmt.Sprintf("[ref] no such reduction: %d", op))
}

func fold(op device.Reduction, total, x float64) float64 {
	switch op {
	case device.Maximum:
		return max(total, x) // NaN where either is
	case device.Minimum:
		return min(total, x)
	}
	return total + x
}

// dst[i] = the least j with x[i, j] >= x[i, k] for all k; a NaN beats any number
func (backend) ArgMax(dst, x device.View) {
	d, a := open(dst), open(x)
	for i := range indices(d.shape) {
		row := a.at(i...)
		if row.shape[0] == 0 {
			panic("[argmax] the last axis has size 0: nothing in it is the greatest")
		}
		best := 0
		for j := range row.shape[0] {
			challenger, champion := row.get(j), row.get(best)
			if challenger > champion || math.IsNaN(challenger) && !math.IsNaN(champion) {
				best = j
			}
		}
		d.set(float64(best), i...)
	}
}
