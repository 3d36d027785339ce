package web

import (
	"strings"
	"testing"
)

// The page says how long a model was trained, not how long it was to be.
func TestThePageSaysWhatWasTrained(t *testing.T) {
	for _, c := range []struct {
		training map[string]any
		want     string
	}{
		{map[string]any{"epochs": 78.0}, "<dd>78</dd>"},
		{map[string]any{"epochs": 78.0, "stopped": "after 3 batches of 12 in epoch 47 of 78"}, "<dd>stopped after 3 batches of 12 in epoch 47 of 78</dd>"},
		{map[string]any{"epochs": 78.0, "best": "after epoch 5 of 78"}, "<dd>after epoch 5 of 78, the best until then</dd>"},
	} {
		m, _ := drawn(t, "linear", digits, 1)
		m.Training = c.training
		p, err := NewPage(m)
		if err != nil {
			t.Fatal(err)
		}
		page := written(t, p)
		if !strings.Contains(page, c.want) || len(c.training) > 1 && strings.Contains(page, "<dd>78</dd>") {
			t.Errorf("%v: the page does not say %q, or says more", c.training, c.want)
		}
	}
}
