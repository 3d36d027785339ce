package explain

import (
	"math"
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/tensor"
)

// ExamineUnits looks at the activations that a sigmoid or ReLU layer gives on
// some images: (n, units), or (n, channels, h, w), where a channel is a unit.
func ExamineUnits(activations *tensor.Tensor) Finding {
	n, units := activations.Dim(0), activations.Dim(1)
	if n < 2 {
		return fine("dead-units", "Whether the %d hidden units respond to the image shows on two images or more.", units)
	}
	switch dead := deadUnits(activations); {
	case dead > units/10:
		return ill("dead-units", "%d of the %d hidden units give the same answer whatever the image: they are dead, and the network is smaller than it looks.", dead, units)
	case dead > 0:
		return fine("dead-units", "All but %d of the %d hidden units respond to the image.", dead, units)
	}
	return fine("dead-units", "All %d hidden units respond to the image.", units)
}

// deadUnits counts the units of (n, units, ...) that are the same for all images,
// everywhere on the image.
func deadUnits(activations *tensor.Tensor) int {
	n, units := activations.Dim(0), activations.Dim(1)
	values := activations.Float32s() // row-major
	places := len(values) / (n * units)
	alive := make([]bool, units)
	for i := 1; i < n; i++ {
		for u := range units {
			for k := u * places; k < (u+1)*places && !alive[u]; k++ {
				alive[u] = !(math.Abs(float64(values[i*units*places+k]-values[k])) < 1e-3)
			}
		}
	}
	dead := 0
	for _, a := range alive {
		if !a {
			dead++
		}
	}
	return dead
}

// examineHidden looks at every activation on the way to a model's outputs, which are
// on a tape; hidden is whether there is one. Each is called after the parameter before it.
func examineHidden(outputs *autograd.Var) (f Finding, hidden bool) {
	seen := map[*autograd.Var]bool{}
	all, layers := 0, 0
	var visit func(v *autograd.Var) *Finding
	visit = func(v *autograd.Var) *Finding {
		if seen[v] {
			return nil
		}
		seen[v] = true
		for _, x := range v.Operands() { // from the image on
			if found := visit(x); found != nil {
				return found
			}
		}
		if v == outputs || !activates(v.Op()) || v.Value().Rank() < 2 || v.Shape()[0] < 2 {
			return nil
		}
		units := v.Shape()[1]
		all, layers = all+units, layers+1
		if dead := deadUnits(v.Value()); dead > units/10 {
			found := ill("dead-units", "%d of the %d hidden units after %s give the same answer whatever the image: they are dead, and the network is smaller than it looks.", dead, units, nearest(v))
			return &found
		}
		return nil
	}
	if found := visit(outputs); found != nil {
		return *found, true
	}
	switch layers {
	case 0:
		return Finding{}, false
	case 1:
		return fine("dead-units", "The %d hidden units respond to the image.", all), true
	}
	return fine("dead-units", "The %d hidden units of %d layers respond to the image.", all, layers), true
}

// activates reports whether an operation is one whose slope can become zero.
func activates(op string) bool {
	return slices.Contains([]string{"relu", "sigmoid", "tanh"}, op) || strings.HasSuffix(op, "-relu")
}

// nearest is the name of the parameter that v was last computed with.
func nearest(v *autograd.Var) string {
	for at := []*autograd.Var{v}; len(at) > 0; {
		var before []*autograd.Var
		for _, x := range at {
			if p := x.Param(); p != nil {
				return p.Name
			}
			before = append(before, x.Operands()...)
		}
		at = before
	}
	return "the input"
}
