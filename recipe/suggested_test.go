package recipe

import (
	"fmt"
	"testing"

	"inkling/train"
)

// The rate that is chosen has two figures, whatever the arithmetic, and is doubtful
// where it is not the finder's.
func TestSuggested(t *testing.T) {
	r, err := ByName("plain")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		valley   float64
		rate     string
		doubtful bool
	}{{5.2e-5, "0.0003", true}, {0.3, "0.03", true}, {0.0034123, "0.0034", false}, {0, "0.003", true}} {
		rate, why, doubtful := r.Suggested(&train.RateCurve{Valley: c.valley})
		if fmt.Sprint(rate) != c.rate || doubtful != c.doubtful {
			t.Errorf("of a valley at %g comes %v (%s, doubtful %v), want %s, %v", c.valley, rate, why, doubtful, c.rate, c.doubtful)
		}
	}
}
