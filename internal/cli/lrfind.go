package cli

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"inkling/data/source"
	"inkling/recipe"
	"inkling/report"
	"inkling/train"

	"github.com/guptarohit/asciigraph"
	"github.com/spf13/cobra"
)

// rateTried and rateFound are what lrfind prints as JSON.
type (
	rateTried struct {
		Event string  `json:"event"` // "rate"
		Rate  float64 `json:"lr"`
		Loss  float64 `json:"loss"` // smoothed
	}
	rateFound struct {
		Event     string  `json:"event"` // "done"
		Model     string  `json:"model"`
		Optimizer string  `json:"optimizer"`
		Batch     int     `json:"batch"`
		Valley    float64 `json:"valley"`
		Steepest  float64 `json:"steepest"`
		Suggested float64 `json:"suggested"`        // what inkling train would take
		Doubt     string  `json:"doubt,omitempty"`  // why that is not the valley
		Figure    string  `json:"figure,omitempty"` // the file, if one was asked for
	}
)

func (a *app) lrfindCommand() *cobra.Command {
	var seed uint64
	var out string
	c := &cobra.Command{
		Use:   "lrfind DATA",
		Short: "Find a learning rate: train a few batches at rising rates and look where the loss falls",
		Long: `Find a learning rate: train for up to 100 batches while the rate rises from 1e-7
to 10, and stop where the loss explodes. The rate that is suggested lies two
thirds through the longest stretch over which the smoothed loss falls.`,
		Example: `  inkling lrfind mnist --model network
  inkling lrfind path/to/images --optimizer momentum --out rates.svg`,
		Args: oneArg("DATA"), ValidArgsFunction: completeData,
	}
	settle := recipeFlags(c, "recipe", "model", "loss", "batch", "optimizer", "augment")
	c.Flags().Uint64Var(&seed, "seed", 0, "of the initial weights and the order of the images (default 0)")
	c.Flags().StringVar(&out, "out", "", "an SVG file for the curve")
	c.RunE = func(c *cobra.Command, args []string) error {
		r, err := settle()
		if err != nil {
			return err
		}
		if c.Flags().Changed("out") {
			if out == "" {
				return usagef("--out names no file")
			}
			if !strings.EqualFold(filepath.Ext(out), ".svg") {
				return usagef("--out %s: the curve is an SVG file, and its name ends in .svg", quote(out))
			}
			if err := outFile(out); err != nil {
				return fmt.Errorf("--out: %w", err)
			}
		}
		return tooSmall(c, r.Augment, a.findRate(c.Context(), r, args[0], seed, out))
	}
	return c
}

func (a *app) findRate(ctx context.Context, r recipe.Recipe, name string, seed uint64, out string) error {
	opened, err := a.openOwn(ctx, name, source.Options{})
	if err != nil {
		return err
	}
	a.warnings(opened)
	trainer, err := r.Trainer(opened.Train, nil, seed)
	if err != nil {
		return err
	}
	if err := trainer.Check(); err != nil {
		return err
	}
	s := newScreen(a.out)
	live := newTable(s, "", false)
	if !a.json {
		s.sentence("", "%s: %s", quote(opened.Name), opened.From)
		s.sentence("", "%s by %s, in batches of %d, at rates from 1e-7 to 10\n", r.Model, r.Optimizer, r.Batch)
	}
	found, err := train.FindRate(ctx, trainer, func(step, steps int) {
		if !a.json {
			live.progress(r.Model, step, steps)
		}
	})
	live.endBar()
	if err != nil {
		return err
	}
	if found.Valley == 0 {
		return fmt.Errorf("the loss falls at no rate from %.0e to %.2g: nothing can be suggested; inkling doctor %s --model %s may know why", found.Rates[0], found.Rates[len(found.Rates)-1], quote(name), r.Model)
	}
	if out != "" {
		if err := report.SaveRates(out, r.Model+" on "+opened.Name, found); err != nil {
			return fmt.Errorf("%s: %w", quote(out), cause(err))
		}
	}
	rate, reason, doubtful := r.Suggested(found)
	if a.json {
		doubt := ""
		if doubtful {
			doubt = reason
		}
		for i, rate := range found.Rates {
			emit(a.out, rateTried{"rate", rate, found.Losses[i]})
		}
		return emit(a.out, rateFound{"done", r.Model, r.Optimizer, r.Batch, found.Valley, found.Steepest, rate, doubt, out})
	}
	s.printf("%s\n\n", s.rates(found))
	suggested := s.accent(fmt.Sprintf("--lr %g", rate))
	if doubtful {
		s.sentence("", "Suggested: %s, %s. %s", suggested, reason, s.warn("The curve is too noisy or too flat to go by; inkling train keeps to the same limits."))
	} else {
		s.sentence("", "Suggested: %s, two thirds through the longest fall.", suggested)
	}
	if len(found.Rates) < 100 {
		s.sentence("", "It explodes at %.2g.", found.Rates[len(found.Rates)-1])
	}
	if out != "" {
		s.sentence("", "The curve is in %s.", s.accent(quote(display(out))))
	}
	return nil
}

// rates draws the loss over the learning rate, whose axis is logarithmic, and
// points at the suggestion: at most 12 rows.
func (s *screen) rates(c *train.RateCurve) string {
	width := max(min(s.width, 72)-12, 20)
	losses := c.Drawn()
	graph := asciigraph.Plot(losses, asciigraph.Width(width), asciigraph.Height(8), asciigraph.Precision(digitsOf(losses, 8)), asciigraph.Offset(3))
	lines := strings.Split(strings.TrimRight(graph, "\n"), "\n")
	origin := max(strings.Index(lines[0], "┤"), strings.Index(lines[0], "┼")) + 1 // the curve's first column; what stands before is ASCII
	from, to := math.Log10(c.Rates[0]), math.Log10(c.Rates[len(c.Rates)-1])
	column := func(rate float64) int {
		return origin + int(math.Round((math.Log10(rate)-from)/max(to-from, 1e-9)*float64(width-1)))
	}
	var axis, pointer strings.Builder
	put := func(line *strings.Builder, at int, text string) { // where there is room
		if gap := at - line.Len(); gap > 0 {
			line.WriteString(strings.Repeat(" ", gap) + text)
		}
	}
	for d := math.Ceil(from - 1e-9); d <= to+1e-9; d++ {
		label := fmt.Sprintf("|1e%.0f", d)
		if d >= 0 {
			label = fmt.Sprintf("|%.0f", math.Pow(10, d))
		}
		put(&axis, column(math.Pow(10, d)), label)
	}
	put(&pointer, column(c.Valley), fmt.Sprintf("^ %.2g", c.Valley))
	return strings.Join(append(lines, pointer.String(), axis.String(), strings.Repeat(" ", origin)+"smoothed loss over the learning rate"), "\n")
}

// digitsOf is how many decimals tell the labels of an axis of so many rows apart: two
// at least.
func digitsOf(values []float64, rows int) uint {
	step := (slices.Max(values) - slices.Min(values)) / float64(rows)
	if !(step > 0) {
		return 2
	}
	return uint(min(max(math.Ceil(-math.Log10(step)), 2), 8))
}
