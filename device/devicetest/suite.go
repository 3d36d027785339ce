// Package devicetest is the conformance suite of package device: whatever
// passes it can stand behind a tensor.
//
// Every operation runs on the backend and on device/ref with the same numbers,
// rounded to float32 first. A result may differ from the truth by
//
//	tol * max(|want|, scale) + 1e-37
//
// where scale is the sum of the magnitudes of the terms that the result is a
// sum of (|a||b| for a dot product of a and b), p(1+|ln p|) for a probability,
// 1+|v| for the logarithm of one, and nothing more than |want| for a function
// of one number. Operations that only choose, compare or move numbers must
// give exactly the truth. Zero has no sign here; NaN equals NaN; a result
// beyond float32 may be infinite; and numbers below float32's normal ones may
// be taken for zero. What lies in a buffer outside the view that an operation
// writes must not change, nor may an operand.
//
// The suite asks nothing where the contract promises nothing: labels out of
// range, overlapping views, the greatest of no numbers, softmax of infinities.
package devicetest

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"inkling/device"
	"inkling/device/ref"
)

// suite is what a family of trials needs: numbers, a way to name what is
// coming, and somebody who takes the trials one by one.
type suite struct {
	rng   *rand.Rand
	group func(name string, body func())
	try   func(trial)
}

type family struct {
	name   string
	trials func(*suite)
}

// families are the trials, in the order of the contract.
var families = []family{
	{"fill", fills},
	{"unary", unaries},
	{"affine", affines},
	{"binary", binaries},
	{"add-scaled", addScaleds},
	{"reduce", reductions},
	{"argmax", argMaxes},
	{"matmul", matMuls},
	{"softmax", softmaxes},
	{"softmax-grad", softmaxGrads},
	{"cross-entropy", crossEntropies},
	{"cross-entropy-grad", crossEntropyGrads},
	{"one-hot", oneHots},
	{"gather", gathers},
	{"scatter-add", scatterAdds},
	{"conv2d", conv2Ds(forward)},
	{"conv2d-input-grad", conv2Ds(inputGrad)},
	{"conv2d-filter-grad", conv2Ds(filterGrad)},
	{"max-pool", maxPools},
	{"max-pool-grad", maxPoolGrads},
	{"avg-pool", avgPools},
	{"avg-pool-grad", avgPoolGrads},
	{"moments", moments},
	{"channel-affine", channelAffines},
	{"batch-norm-grad", batchNormGrads},
	{"adam", adams},
	{"large", larges},
}

// Run tests that b fulfils the contract within tol, which is about 1e-6 for a
// backend of float32. Subtests are named family/operation/kind.
func Run(t *testing.T, b device.Backend, tol float64) {
	RunVariants(t, tol, Variant{Name: b.Name(), Backend: b})
}

// Variant is one way in which a backend computes, as with one instruction set.
type Variant struct {
	Name    string
	Backend device.Backend
	Use     func() (restore func()) // switches to it; nil where there is nothing to switch
}

// RunVariants tests that each of the variants fulfils the contract, and works
// the truth out once for all of them.
func RunVariants(t *testing.T, tol float64, variants ...Variant) {
	for i := range variants {
		if variants[i].Use == nil {
			variants[i].Use = func() func() { return func() {} }
		}
	}
	for _, v := range variants {
		t.Run("memory/"+v.Name, func(t *testing.T) {
			defer v.Use()()
			memory(t, v.Backend)
		})
	}
	truth := ref.New()
	runFamilies(t, families, func(tr trial) error {
		var errs []error
		e := tr.expect(truth)
		for _, v := range variants {
			restore := v.Use()
			errs = append(errs, e.check(v.Name, v.Backend, tol))
			restore()
		}
		return errors.Join(errs...)
	})
}

// shown is how many failures one subtest prints; the rest it counts.
const shown = 4

func runFamilies(t *testing.T, families []family, check func(trial) error) {
	s := &suite{}
	failures := 0
	s.group = func(name string, body func()) {
		outer, before := t, failures
		outer.Run(name, func(inner *testing.T) {
			t, failures = inner, 0
			s.rng = newRand() // the same numbers, whichever subtests run
			body()
			if failures > shown {
				inner.Errorf("and %d more trials of this kind failed", failures-shown)
			}
		})
		t, failures = outer, before
	}
	s.try = func(tr trial) {
		if err := check(tr); err != nil {
			if failures++; failures <= shown {
				t.Error(err)
			}
		}
	}
	for _, f := range families {
		s.group(f.name, func() { f.trials(s) })
	}
}

func newRand() *rand.Rand { return rand.New(rand.NewPCG(2026, 28)) }

// source gives the numbers of an operand, one after another.
type source func() float64

func (s *suite) normal(spread float64) source {
	return func() float64 { return spread * s.rng.NormFloat64() }
}

func (s *suite) between(low, high float64) source {
	return func() float64 { return low + (high-low)*s.rng.Float64() }
}

// index gives whole numbers from 0 to n-1.
func (s *suite) index(n int) source {
	return func() float64 { return float64(s.rng.IntN(n)) }
}

// oneOf gives any of the values.
func (s *suite) oneOf(values ...float64) source {
	return func() float64 { return values[s.rng.IntN(len(values))] }
}

// seldom gives normal numbers and, about once in so many, another.
func (s *suite) seldom(odd float64, in int) source {
	return func() float64 {
		if s.rng.IntN(in) == 0 {
			return odd
		}
		return s.rng.NormFloat64()
	}
}

// cycle gives the values in turn, over and over, from the given place on.
func cycle(values []float64, from int) source {
	i := from - 1
	return func() float64 {
		i++
		return values[i%len(values)]
	}
}

var (
	inf = math.Inf(1)
	nan = math.NaN()
)

// edges are the numbers at which arithmetic goes wrong first: zeros of both
// signs, the least denormal and normal numbers, one's neighbours, the ends of
// what exp can take in float32, the greatest number and the infinities.
var edges = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.5, -0.5,
	0x1p-149, -0x1p-149, 1e-40, -1e-40, 0x1p-126, -0x1p-126, 1e-30, -1e-30,
	1 - 0x1p-24, 1 + 0x1p-23, -1 - 0x1p-23, 2, -3,
	16, 17, -17, 87, 88, 88.5, 89, -87, -88, -89, -103, -104, -105, 200, -200,
	1e4, -1e4, 1 << 24, 1e30, -1e30, math.MaxFloat32, -math.MaxFloat32,
	inf, -inf, nan,
}

// magnitudes are numbers of both signs from the least normal to the greatest,
// evenly spaced in their logarithm.
func magnitudes() []float64 {
	var all []float64
	for e := -126.0; e < 128; e += 0.13 {
		all = append(all, math.Exp2(e), -math.Exp2(e))
	}
	return all
}
