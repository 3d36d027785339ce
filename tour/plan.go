package tour

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"inkling/models"
	"inkling/recipe"
	"inkling/report"
)

// plan puts a run's settings into words for the page.
func plan(e RunBegins) *report.Plan {
	r := e.Settings
	p := &report.Plan{Epochs: r.Epochs, Batch: r.Batch, Batches: e.Batches, Rates: e.Rates, Momenta: e.Momenta, Step: e.Step}
	say := func(name, format string, args ...any) {
		p.Settings = append(p.Settings, report.Setting{Name: name, Value: fmt.Sprintf(format, args...)})
	}
	say("model", "%s: %s", r.Model, models.Describe(r.Model))
	dropped := ""
	if r.DropLast {
		dropped = "; a short last batch is dropped"
	}
	say("batches", "%d of %d images in each of %d epochs%s", e.Batches, r.Batch, r.Epochs, dropped)
	switch r.Optimizer {
	case "adam", "adamw":
		momentum := fmt.Sprintf("averages of gradients keep %g of themselves at each step", r.Momentum)
		if e.Momenta != nil {
			momentum = "averages of gradients keep what the schedule of the momentum says"
		}
		say("optimiser", "%s; %s, those of squares %g; eps is %g", r.Optimizer, momentum, r.Beta2, r.Eps)
	default:
		say("optimiser", "%s with momentum %g", r.Optimizer, r.Momentum)
	}
	say("rate", "%g at most; %s: %s", r.Rate, r.Schedule, recipe.DescribeSchedule(r.Schedule))
	say("weight decay", "%s", orNone(r.Decay))
	say("loss", "%s", r.Loss)
	if r.Smoothing > 0 {
		say("labels", "smoothed by %g", r.Smoothing)
	}
	if r.Augment == "" {
		say("augmentation", "none")
	} else {
		say("augmentation", "%s", r.Augment)
	}
	if r.Direct {
		say("convolutions", "direct: each tap is multiplied, none saved by sums of taps (Winograd)")
	}
	if r.BiasRate != 1 {
		say("biases", "%g times the rate", r.BiasRate)
	}
	if r.Clip > 0 {
		say("gradients", "clipped to a norm of %g", r.Clip)
	}
	if r.EMA > 0 {
		say("averages", "of the weights, keeping %g at each step", r.EMA)
	}
	return p
}

func orNone(v float64) string {
	if v == 0 {
		return "none"
	}
	return fmt.Sprint(v)
}

// beyondJSON is what each ingredient of the best recipe bought. The program
// docs/recipes measures it and writes it down.
//
//go:embed beyond.json
var beyondJSON []byte

// ablationOf returns what was measured of a recipe; nil where nothing was, or
// where it was another recipe then.
func ablationOf(r recipe.Recipe) *report.Ablation {
	var recorded struct {
		Settings recipe.Recipe `json:"settings"`
		report.Ablation
	}
	if err := json.Unmarshal(beyondJSON, &recorded); err != nil {
		panic(fmt.Sprintf("tour: the embedded beyond.json: %v", err))
	}
	if recorded.Settings != r || len(recorded.Variants) == 0 {
		return nil
	}
	return &recorded.Ablation
}
