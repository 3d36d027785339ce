package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"inkling/data"
	"inkling/data/source"
	"inkling/device/cpu"
	"inkling/explain"
	"inkling/models"
	"inkling/nn"
	"inkling/recipe"
	"inkling/tensor"

	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	var model, loss, initial string
	var rate float64
	var seed uint64
	c := &cobra.Command{
		Use:   "doctor [DATA]",
		Short: "Examine this machine, a data set and a model before training, in sentences",
		Long: `Examine this machine, a data set and a model before training, and say in
sentences what is fine and what is not. Exit status 1 if something is not.

DATA is a name (inkling data ls) or a path. Without it the doctor looks at MNIST
where that is on this machine, and else at digits drawn by program; it downloads
nothing unless DATA is a name.`,
		Args: oneArgAtMost("DATA"), ValidArgsFunction: completeData,
		RunE: func(c *cobra.Command, args []string) error {
			ctx := c.Context()
			if initial != "recipe" && initial != "normal" {
				return usagef("--init %s: choose recipe or normal", initial)
			}
			lossFunc, err := nn.LossByName(loss)
			if err != nil {
				return usageError{err}
			}
			if !(rate > 0) || math.IsInf(rate, 0) {
				return usagef("--lr %g: a learning rate is a positive number", rate)
			}
			if err := learns(model); err != nil {
				return err
			}
			opened, missing, err := a.doctorData(ctx, args)
			if err != nil {
				return err
			}
			a.warnings(opened)
			set := opened.Train
			spec := models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)}
			rng := rand.New(rand.NewPCG(seed, 0))
			draw := models.Init(model, tensor.CPU, rng)
			if initial == "normal" {
				draw = nn.StandardNormal(tensor.CPU, rng)
			}
			m, err := models.New(model, spec, draw)
			if err != nil {
				return usageError{err}
			}
			if !a.json {
				s := newScreen(a.out)
				if missing {
					s.sentence("", "MNIST is not on this machine, so the doctor looks at digits drawn by program.")
				}
				s.sentence("", "%s: %s", quote(opened.Name), opened.From)
				s.sentence("", "%s with %s at rate %g\n", model, loss, rate)
			}
			d := &diagnosis{app: a, screen: newScreen(a.out)}
			if err := d.tell(explain.ExamineMachine(cpu.Default())); err != nil {
				return err
			}
			for _, f := range explain.ExamineData(opened.Dataset) {
				if err := d.tell(f); err != nil {
					return err
				}
			}
			for x, y := range data.NewLoader(tensor.CPU, set, batchOf(m)).Epoch(rng) {
				for f := range explain.ExamineModel(m, lossFunc, loss, rate, x, y) {
					if err := ctx.Err(); err != nil {
						return err
					}
					if err := d.tell(f); err != nil {
						return err
					}
				}
				break
			}
			return d.end()
		},
	}
	c.Flags().StringVar(&model, "model", "linear", "the model to examine: "+strings.Join(recipe.Models(), " or "))
	c.Flags().StringVar(&loss, "loss", "cross-entropy", "sigmoid-mse, softmax-mse or cross-entropy")
	c.Flags().StringVar(&initial, "init", "recipe", "initial values: recipe, those that suit the model, or normal as in the story")
	c.Flags().Float64Var(&rate, "lr", 0.1, "learning rate")
	c.Flags().Uint64Var(&seed, "seed", 0, "of the initial weights and the batch (default 0)")
	return c
}

// learns refuses a model that gradient descent does not train.
func learns(model string) error {
	choose := "choose " + strings.Join(recipe.Models(), " or ")
	switch {
	case slices.Contains(recipe.Models(), model):
		return nil
	case slices.Contains(models.Names(), model):
		return usagef("--model %s: nothing is learned there by gradient descent; %s", model, choose)
	}
	return usagef("there is no model %q; %s", model, choose)
}

// doctorData opens what the reader names, else MNIST, else, if that is missing,
// the built-in digits.
func (a *app) doctorData(ctx context.Context, args []string) (opened *source.Opened, missing bool, err error) {
	if len(args) == 1 {
		opened, err = a.openOwn(ctx, args[0], source.Options{})
		return opened, false, err
	}
	opened, err = source.Open(ctx, "mnist", source.Options{Offline: true})
	if !errors.Is(err, source.ErrUnavailable) {
		return opened, false, err
	}
	opened, err = source.Open(ctx, source.Synth, source.Options{})
	return opened, true, err
}

// batchOf is how many images a model is examined on: few where a step with many
// would take seconds, and the doctor takes hundreds.
func batchOf(m nn.Layer) int {
	const large, many, few = 1_000_000, 256, 16
	numbers := 0
	for _, p := range m.Params() {
		numbers += p.Value.Len()
	}
	if numbers > large {
		return few
	}
	return many
}

// diagnosis prints findings as they come, and counts them.
type diagnosis struct {
	*app
	*screen
	all, ill int
}

func (d *diagnosis) tell(f explain.Finding) error {
	if d.all++; !f.Fine {
		d.ill++
	}
	if d.json {
		return emit(d.app.out, struct {
			Event string `json:"event"`
			explain.Finding
		}{"doctor", f})
	}
	mark := "fine"
	if !f.Fine {
		mark = d.warn("LOOK")
	}
	d.printf("  %s  %s\n", mark, wrap(f.Sentence, d.measure(), "        "))
	return nil
}

// end is an error if something is not fine.
func (d *diagnosis) end() error {
	if d.ill > 0 {
		return fmt.Errorf("the doctor found %d of %d things to look at", d.ill, d.all)
	}
	return nil
}
