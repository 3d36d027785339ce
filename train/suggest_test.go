package train

import (
	"math"
	"slices"
	"testing"
)

// curveOf is a search with these losses after ten that do not count and before
// five that do not.
func curveOf(losses ...float64) *RateCurve {
	c := &RateCurve{Losses: slices.Concat(slices.Repeat([]float64{100}, 10), losses, slices.Repeat([]float64{0}, 5))}
	for i := range c.Losses {
		c.Rates = append(c.Rates, math.Pow(2, float64(i-10))) // rate 1 at the first that counts
	}
	return c
}

func TestSuggestions(t *testing.T) {
	for _, c := range []struct {
		name             string
		losses           []float64
		valley, steepest float64
	}{
		{"one fall of six steps", []float64{9, 8, 7, 6, 3, 2, 1}, 16, 8},
		{"a short fall, a rise and a long fall", []float64{5, 1, 9, 8, 7, 6, 5}, 1 << 4, 1},
		{"a fall with a bump on its way", []float64{9, 8, 8.5, 7, 6, 5.5, 7, 8}, 1 << 3, 4},
		{"level", []float64{3, 3, 3, 3}, 0, 0},
		{"only rising", []float64{1, 2, 3, 4}, 0, 0},
	} {
		got := curveOf(c.losses...)
		if err := got.suggest(); err != nil || got.Valley != c.valley || got.Steepest != c.steepest {
			t.Errorf("%s: valley %v, steepest %v, %v; want %v and %v", c.name, got.Valley, got.Steepest, err, c.valley, c.steepest)
		}
	}
}
