package autograd

import (
	"fmt"
	"math"

	"inkling/tensor"
)

// Check compares the gradients of f, a function that builds a single number on
// a tape, with central differences (f(p+h) - f(p-h)) / 2h for every element of
// every parameter. It returns an error that names the parameter, the element and
// both figures where they differ by more than tolerance relative to the greater
// of 1 and the gradient. The parameters must lie on the memory given; in double
// precision, on the reference device, a tolerance of 1e-6 holds.
func Check(mem *tensor.Memory, tolerance float64, f func(t *Tape) *Var, params ...*Param) error {
	const h = 1e-5
	tape := NewTapeOn(mem)
	at := func() float64 {
		defer tape.Reset()
		return f(tape).Value().Item()
	}
	for _, p := range params {
		tape.Reset()
		var grad []float64
		if g := f(tape).Backward().Of(p); g != nil {
			grad = g.Float64s()
		} else {
			grad = make([]float64, p.Value.Len())
		}
		tape.Reset()
		values := p.Value.Float64s()
		for i, v := range values {
			values[i] = v + h
			tensor.Set(p.Value, values)
			above := at()
			values[i] = v - h
			tensor.Set(p.Value, values)
			below := at()
			values[i] = v
			tensor.Set(p.Value, values)
			slope := (above - below) / (2 * h)
			if diff := math.Abs(slope - grad[i]); !(diff <= tolerance*max(1, math.Abs(slope))) {
				return fmt.Errorf("the gradient of %s at element %d is %g, but the function's slope there is %g", p.Name, i, grad[i], slope)
			}
		}
	}
	return nil
}
