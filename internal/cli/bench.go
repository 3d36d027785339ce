package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"inkling/data"
	"inkling/device/cpu"
	"inkling/internal/cli/bench"
	"inkling/recipe"

	"github.com/spf13/cobra"
)

// benchesWith lists the benchmarks that a flag is for.
var benchesWith = map[string][]string{
	"model":  {"step", "epoch", "predict"},
	"batch":  {"conv", "step", "epoch", "predict"},
	"data":   {"step", "epoch", "decode", "predict"},
	"direct": {"step", "epoch"},
}

func (a *app) benchCommand() *cobra.Command {
	var batch int
	b := &bench.Bench{WriteTree: writeTree}
	c := &cobra.Command{
		Use:   "bench [" + strings.Join(bench.Names, "|") + "]...",
		Short: "Measure how fast this machine computes, trains and reads images",
		Long: `Measure how fast this machine computes, trains and reads images. Each figure is
taken several times; the best and the median are printed.

  kernels  multiply-adds in registers of one thread (peak), matrix products and
           their share of that peak times the threads, and loops over 16,384 numbers: exp, sigmoid,
           axpy (y + a x), sum, and widen (bytes to numbers from 0 to 1)
  conv     the convolutions of ResNet-18, forward and backward; padding is not
           counted as work
  step     one training step: gather a batch, forward, backward, update, by
           gradient descent for linear and network, by AdamW for the others
  epoch    all training images once, shuffled
  decode   images from files, decoded anew (decode) and from the cache of
           decoded images (cached)
  predict  answers of a model without training it, for 1 and for 64 images`,
		Example:   "  inkling bench epoch --model linear --threads 1",
		ValidArgs: bench.Names,
		Args:      oneOf("benchmark", bench.Names),
		RunE: func(c *cobra.Command, args []string) error {
			if b.Rounds < 1 || batch < 1 {
				return usagef("--rounds and --batch are at least 1")
			}
			for _, model := range b.Models {
				if err := learns(model); err != nil {
					return err
				}
			}
			if len(b.Models) == 0 {
				return usagef("--model names none; choose %s", strings.Join(recipe.Models(), " or "))
			}
			if len(args) == 0 {
				args = bench.Names
			}
			for _, flag := range []string{"model", "batch", "data", "direct"} {
				if c.Flags().Changed(flag) && !slices.ContainsFunc(args, func(name string) bool { return slices.Contains(benchesWith[flag], name) }) {
					return usagef("--%s is for %s, and nothing of that is asked for", flag, strings.Join(benchesWith[flag], ", "))
				}
			}
			if c.Flags().Changed("batch") {
				b.Batch = batch
			}
			tell := benchTable{app: a, rounds: b.Rounds}
			b.Show, b.ShowLayers = tell.row, tell.layers
			for _, name := range args {
				err := b.Run(c.Context(), name)
				if unfit := (bench.ModelError{}); errors.As(err, &unfit) {
					return usageError{err}
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().IntVar(&b.Rounds, "rounds", 5, "how often each figure is taken")
	c.Flags().IntVar(&batch, "batch", 256, "images in a batch, for step and epoch; for conv 64 and for predict 1 and 64, unless given")
	c.Flags().StringSliceVar(&b.Models, "model", []string{"linear", "network"}, "models, for step, epoch and predict: "+strings.Join(recipe.Models(), ", "))
	c.Flags().StringVar(&b.Data, "data", "synth", "images, for step, epoch, decode and predict: a name or a path")
	c.Flags().BoolVar(&b.Direct, "direct", false, "for step and epoch: convolutions multiply each tap, as train --direct does")
	return c
}

// benchTable prints figures as they come.
type benchTable struct {
	*app
	rounds, shown int
}

func (b *benchTable) row(r bench.Row) {
	if b.json {
		emit(b.out, r)
		return
	}
	if b.shown++; b.shown == 1 {
		fmt.Fprintf(b.out, "%s, %s; the share is that of the peak of all threads\n\n", count(b.rounds, "round"), count(cpu.Default().Workers(), "thread"))
		fmt.Fprintf(b.out, "%-7s %-27s %9s %9s %18s %5s\n", "what", "", "best", "median", "rate", "share")
	}
	what := strings.TrimSpace(r.Model + " " + r.Shape)
	if r.Batch > 0 {
		what += fmt.Sprintf(", batch %d", r.Batch)
	}
	if r.Direct {
		what += ", direct"
	}
	rate, share := "", ""
	if r.Rate > 0 {
		rate = rounded(r.Rate) + " " + r.Unit
	}
	if r.Share > 0 {
		share = fmt.Sprintf("%.0f %%", 100*r.Share)
	}
	line := fmt.Sprintf("%-7s %-27s %9s %9s %18s %5s", r.Name, what, seconds(r.Best), seconds(r.Median), rate, share)
	fmt.Fprintf(b.out, "%s\n", strings.TrimRight(line, " "))
}

// rounded writes a figure with four digits, and what is large in thousands.
func rounded(v float64) string {
	if v < 1000 {
		return fmt.Sprintf("%.4g", v)
	}
	step := math.Pow(10, math.Floor(math.Log10(v))-2)
	return data.Thousands(int(math.Round(v/step) * step))
}

func seconds(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.1f us", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.2f ms", s*1e3)
	}
	return fmt.Sprintf("%.2f s", s)
}

// layers prints a line with the figures of up to three directions; one that was not
// measured stays empty. The head comes first.
func (b *benchTable) layers(name string, batch int, rows []bench.Row) {
	if len(rows) == 0 {
		if b.json {
			return
		}
		fmt.Fprintf(b.out, `
The convolutions of ResNet-18, batch %d: the median time, GFLOP/s (GF/s) and
their share of the peak of all threads. Padding is not counted as work. Where
3x3 filters go by squares (Winograd), fewer products are done than are counted:
the share may be above 100 %%.

`, batch)
		fmt.Fprintf(b.out, "%-21s %18s %18s %18s\n", "", "forward", "to the input", "to the filters")
		fmt.Fprintf(b.out, "%-21s%[2]s%[2]s%[2]s\n", "", fmt.Sprintf(" %7s %4s %5s", "time", "GF/s", "share"))
		return
	}
	line := fmt.Sprintf("%-21s", name)
	for _, r := range rows {
		switch {
		case b.json && r.Event != "":
			emit(b.out, r)
		case r.Event != "":
			line += fmt.Sprintf(" %7s %4.0f %4.0f%%", threeDigits(r.Median), r.Rate, 100*r.Share)
		default:
			line += fmt.Sprintf(" %18s", "")
		}
	}
	if !b.json {
		fmt.Fprintln(b.out, strings.TrimRight(line, " "))
	}
}

// threeDigits is seconds in a narrow column.
func threeDigits(s float64) string {
	switch {
	case s < 0.9995e-3:
		return fmt.Sprintf("%.3g us", s*1e6)
	case s < 0.9995:
		return fmt.Sprintf("%.3g ms", s*1e3)
	}
	return fmt.Sprintf("%.3g s", s)
}
