package cli

import (
	"context"
	"strings"
	"time"

	"inkling/recipe"
)

// trainChoice is a setting that nobody gave.
type trainChoice struct {
	Event string `json:"event"` // "choice"
	recipe.Choice
}

// choose sets what neither a flag nor a recipe that is named sets to what suits the
// training images, and tells it. The learning rate comes last, from the rate finder,
// which wants all the rest.
func (t *training) choose(ctx context.Context) error {
	given := t.command.Flags().Changed
	if given("recipe") {
		return t.prepare()
	}
	traits, err := recipe.Examine(t.split.train)
	if err != nil {
		return err
	}
	r, made := t.recipe.Choose(traits, func(setting string) bool {
		return given(setting) || setting == "model" && t.past != nil
	})
	if t.patience > 0 && !given("schedule") {
		r.Schedule = "constant"
		made = append(made, recipe.Choice{Setting: "schedule", Value: r.Schedule, Reason: "with --patience nobody knows where the end is, toward which others come down"})
	}
	t.recipe = r
	if err := t.prepare(); err != nil {
		return err
	}
	for i := range made {
		if c := &made[i]; c.Setting == "augment" && t.past != nil && t.past.Input != "" {
			c.Value = t.recipe.Augment
			c.Reason += "; normalised as the net expects it"
		}
	}
	if err := t.recipe.Check(); err != nil {
		return usageError{err}
	}
	if !given("lr") {
		trainer, err := t.makeTrainer()
		if err != nil {
			return err
		}
		live := t.newFinding()
		found, c, err := t.recipe.ChooseRate(ctx, trainer, live.progress)
		live.endBar()
		if err != nil {
			return err
		}
		t.recipe, made = found, append(made, c)
	}
	for _, c := range made {
		t.tell(trainChoice{"choice", c})
	}
	return nil
}

// finding shows how far the rate finder has come: a live line on a terminal; elsewhere
// one line, where it is not soon over.
type finding struct {
	*table
	start       time.Time
	told, quiet bool
}

func (a *app) newFinding() *finding {
	return &finding{table: newTable(newScreen(a.out), "", false), start: time.Now(), quiet: a.json}
}

func (f *finding) progress(step, steps int) {
	switch taken := time.Since(f.start); {
	case f.quiet:
	case f.terminal != nil:
		f.table.progress("rate finder", step, steps)
	case !f.told && step > 0 && step < steps && taken >= soonOver:
		f.told = true
		f.printf("The rate finder tries learning rates in up to %d steps, about %s in all.\n", steps, span(taken.Seconds()/float64(step)*float64(steps)))
	}
}

// choice prints a setting and why it is so; before the first of them, what they are.
func (t *trainText) choice(c trainChoice) {
	const indent, column = 12, 16 // of the values, and how wide a short one is
	if !t.chose {
		t.printf("\n")
		t.sentence("", "Chosen for these images; a flag of that name sets another:")
		t.chose = true
	}
	t.printf("  %-9s ", c.Setting)
	if n := columns(c.Value); n < column && t.width >= 60 {
		t.printf("%s%s", t.accent(c.Value), strings.Repeat(" ", column-n))
		t.sentence(strings.Repeat(" ", indent+column), "%s", c.Reason)
		return
	}
	t.printf("%s\n%s", t.accent(c.Value), strings.Repeat(" ", indent))
	t.sentence(strings.Repeat(" ", indent), "%s", c.Reason)
}
