package cli

import (
	"testing"

	"inkling/checkpoint"
)

// Of epochs with the same accuracy the one of the lowest loss is the best.
func TestBestEpoch(t *testing.T) {
	run := &training{split: &split{called: "validation"}}
	for _, e := range [][2]float64{{0.9, 0.3}, {1, 0.041}, {1, 0.0004}, {1, 0.0004}, {0.95, 0.0001}} {
		run.keep.history = append(run.keep.history, checkpoint.Epoch{Accuracy: &e[0], ValidLoss: &e[1]})
	}
	if at, accuracy := run.bestEpoch(); at != 2 || accuracy != 1 {
		t.Errorf("the best epoch is %d with %g, want 2 with 1", at, accuracy)
	}
}

func TestQuoteBoth(t *testing.T) {
	for _, c := range [][4]string{{"red star", "circle", `"red star"`, `"circle"`}, {"star", "circle", "star", "circle"}} {
		if a, b := quoteBoth(c[0], c[1]); a != c[2] || b != c[3] {
			t.Errorf("%s, %s are written %s, %s", c[0], c[1], a, b)
		}
	}
}
