package optim

import (
	"fmt"
	"math"
)

// Schedule says what a learning rate or a momentum is at fraction p of a run: 0 at
// the first step, toward 1 at the last.
type Schedule func(p float64) float64

// Constant is v all the time.
func Constant(v float64) Schedule { return func(float64) float64 { return v } }

// Linear goes from one value to another in a straight line.
func Linear(from, to float64) Schedule {
	return func(p float64) float64 { return from + (to-from)*p }
}

// Cosine goes from one value to another along half a wave, slowly at both ends
// (Loshchilov and Hutter, SGDR, 2017).
func Cosine(from, to float64) Schedule {
	return func(p float64) float64 { return to + (from-to)*(1+math.Cos(math.Pi*p))/2 }
}

// Exponential goes from one value to another, both positive, by the same factor
// in the same time.
func Exponential(from, to float64) Schedule {
	return func(p float64) float64 { return from * math.Pow(to/from, p) }
}

// Steps begins at v and multiplies it with factor at each of the given fractions.
func Steps(v, factor float64, at ...float64) Schedule {
	return func(p float64) float64 {
		out := v
		for _, a := range at {
			if p >= a {
				out *= factor
			}
		}
		return out
	}
}

// Chain follows one schedule up to fraction at of the run and another from there,
// each from its beginning to its end. It panics unless 0 < at < 1.
func Chain(at float64, first, second Schedule) Schedule {
	if !(at > 0 && at < 1) {
		panic(fmt.Sprintf("optim: a chain of schedules at %v; want a fraction between 0 and 1", at))
	}
	return func(p float64) float64 {
		if p < at {
			return first(p / at)
		}
		return second((p - at) / (1 - at))
	}
}

// OneCycle is the rate and the momentum of the one-cycle policy (Smith, A
// Disciplined Approach to Neural Network Hyper-Parameters, 2018) as fastai has it:
// the rate rises from a 25th of its peak during the first quarter and then falls to
// a hundred-thousandth, while the momentum falls from 0.95 to 0.85 and rises again.
func OneCycle(peak float64) (rate, momentum Schedule) {
	const warm = 0.25
	rate = Chain(warm, Cosine(peak/25, peak), Cosine(peak, peak/1e5))
	momentum = Chain(warm, Cosine(0.95, 0.85), Cosine(0.85, 0.95))
	return rate, momentum
}
