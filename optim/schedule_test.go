package optim_test

import (
	"math"
	"testing"

	"inkling/optim"
)

func TestSchedules(t *testing.T) {
	rate, momentum := optim.OneCycle(0.1)
	for name, c := range map[string]struct {
		s    optim.Schedule
		want map[float64]float64 // by hand; one-cycle by reference/torch_resnet18.py
	}{
		"constant":          {optim.Constant(0.3), map[float64]float64{0: 0.3, 0.7: 0.3, 1: 0.3}},
		"linear":            {optim.Linear(1, 0), map[float64]float64{0: 1, 0.25: 0.75, 1: 0}},
		"cosine":            {optim.Cosine(1, 0), map[float64]float64{0: 1, 0.5: 0.5, 1.0 / 3: 0.75, 2.0 / 3: 0.25, 1: 0}},
		"exponential":       {optim.Exponential(4e-4, 4e-5), map[float64]float64{0: 4e-4, 0.5: 4e-4 / math.Sqrt(10), 1: 4e-5}},
		"steps":             {optim.Steps(1, 0.1, 0.5, 0.75), map[float64]float64{0: 1, 0.49: 1, 0.5: 0.1, 0.74: 0.1, 0.75: 0.01, 1: 0.01}},
		"chain":             {optim.Chain(0.2, optim.Linear(0, 1), optim.Linear(1, 0)), map[float64]float64{0: 0, 0.1: 0.5, 0.2: 1, 0.6: 0.5, 1: 0}},
		"one-cycle rate":    {rate, map[float64]float64{0: 0.004, 0.1: 0.037167184270002526, 0.25: 0.1, 0.5: 0.07500025, 0.9: 0.004323683890598773, 0.999: 1.438644056634041e-06, 1: 1e-6}},
		"one-cycle moments": {momentum, map[float64]float64{0: 0.95, 0.1: 0.9154508497187474, 0.25: 0.85, 0.5: 0.875, 0.9: 0.94567727288213, 1: 0.95}},
	} {
		for p, want := range c.want {
			if got := c.s(p); math.Abs(got-want) > 1e-15+1e-12*math.Abs(want) {
				t.Errorf("%s at %v is %v, want %v", name, p, got, want)
			}
		}
	}
}

func TestAChainNeedsTwoParts(t *testing.T) {
	for _, at := range []float64{0, 1, -1, math.NaN()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a chain at %v did not panic", at)
				}
			}()
			optim.Chain(at, optim.Constant(1), optim.Constant(0))
		}()
	}
}
