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
	"inkling/data/folder"
	"inkling/data/source"
	"inkling/device/cpu"
	"inkling/explain"
	"inkling/models"
	"inkling/nn"
	"inkling/recipe"
	"inkling/tensor"
	"inkling/train"

	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	var model, optimizer, loss, initial string
	var rate float64
	var seed uint64
	c := &cobra.Command{
		Use:   "doctor [DATA]",
		Short: "Examine this machine, a data set and a model before training, in sentences",
		Long: `Examine this machine, a data set and a model before training, and say in
sentences what is fine and what is not. Exit status 1 if something is not.

What no flag sets is as inkling train would choose it for these images: the
model, how images are normalised, and the rate.

DATA is a name (inkling data ls) or a path. Without it the doctor looks at MNIST
where that is on this machine, and else at digits drawn by program; it downloads
nothing unless DATA is a name.`,
		Args: oneArgAtMost("DATA"), ValidArgsFunction: completeData,
		RunE: func(c *cobra.Command, args []string) error {
			ctx := c.Context()
			if initial != "recipe" && initial != "normal" {
				return usagef("--init %s: choose recipe or normal", initial)
			}
			if _, err := nn.LossByName(loss); err != nil {
				return usageError{err}
			}
			if c.Flags().Changed("lr") && (!(rate > 0) || math.IsInf(rate, 0)) {
				return usagef("--lr %g: a learning rate is a positive number", rate)
			}
			if !slices.Contains(recipe.Optimizers, optimizer) {
				return usagef("there is no optimizer %q; choose %s", optimizer, strings.Join(recipe.Optimizers, ", "))
			}
			if model != "" {
				if err := learns(model); err != nil {
					return err
				}
			}
			opened, missing, err := a.doctorData(ctx, args)
			if err != nil {
				return err
			}
			a.warnings(opened)
			d := &diagnosis{app: a, screen: newScreen(a.out)}
			if !a.json {
				if missing {
					d.sentence("", "MNIST is not on this machine, so the doctor looks at digits drawn by program.")
				}
				d.sentence("", "%s: %s", quote(opened.Name), opened.From)
			}
			part, tooFew := divide(opened.Dataset, aside{usual: true, share: 0.1}, seed)
			if tooFew != nil {
				part = &split{train: opened.Train}
			}
			trainer, chosen, err := a.patient(ctx, part.train, asked{model, optimizer, loss, initial, rate, seed})
			if err != nil {
				return err
			}
			if !a.json {
				d.sentence("", "%s with %s, by %s at rate %g\n", chosen.Model, loss, chosen.Optimizer, chosen.Rate)
			}
			if err := d.tell(explain.ExamineMachine(cpu.Default())); err != nil {
				return err
			}
			if tooFew != nil {
				if err := d.tell(explain.Finding{Check: "validation", Sentence: tooFew.Error() + "."}); err != nil {
					return err
				}
			}
			for _, f := range append(explain.ExamineData(opened.Dataset), examineLabels(opened)) {
				if err := d.tell(f); err != nil {
					return err
				}
			}
			images := data.NewLoader(tensor.CPU, part.train, batchOf(trainer.Model, part.train.Pixels()))
			images.Augment = trainer.Train.Augment.Test()
			for x, y := range images.Epoch(rand.New(rand.NewPCG(seed, 0))) {
				for f := range explain.ExamineTraining(trainer.Model, trainer.Loss, loss, trainer.Optimizer, x, y) {
					if err := ctx.Err(); err != nil {
						return err
					}
					if err := d.tell(f); err != nil {
						return err
					}
				}
				break
			}
			if err := images.Err(); err != nil {
				return err
			}
			return d.end()
		},
	}
	c.Flags().StringVar(&model, "model", "", "the model to examine: "+strings.Join(recipe.Models(), " or ")+" (default: what train chooses)")
	c.Flags().StringVar(&optimizer, "optimizer", "adam", "what takes the steps: "+strings.Join(recipe.Optimizers, ", "))
	c.Flags().StringVar(&loss, "loss", "cross-entropy", "sigmoid-mse, softmax-mse or cross-entropy")
	c.Flags().StringVar(&initial, "init", "recipe", "initial values: recipe, those that suit the model, or normal as in the story")
	c.Flags().Float64Var(&rate, "lr", 0, "learning rate; 0 takes what the rate finder suggests (default 0)")
	c.Flags().Uint64Var(&seed, "seed", 0, "of the initial weights and the batch (default 0)")
	return c
}

// examineLabels looks for equal images in two classes.
func examineLabels(o *source.Opened) explain.Finding {
	f := explain.Finding{Check: "labels", Fine: true, Sentence: "No image is in two classes."}
	if o.Train.Streamed() {
		f.Sentence = "Whether an image is in two classes is not asked in passing; inkling data check compares them all."
	} else if found := folder.ReportOf(o.Dataset).Contradictions(); len(found) > 0 {
		first := found[0]
		f.Fine, f.Sentence = false, fmt.Sprintf("%s (the first: %s in class %s and %s in class %s).", contradicted(len(found)),
			quote(first.Of), quote(first.OfClass), quote(first.Name), quote(first.Class))
	}
	return f
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
func batchOf(m nn.Layer, pixels int) int {
	const large, many, few = 1_000_000, 256, 16
	numbers := 0
	for _, p := range m.Params() {
		numbers += p.Value.Len()
	}
	if numbers > large {
		return few
	}
	return min(many, max(many*1024/pixels, few))
}

// asked is what the doctor is asked to examine; "" and 0 are chosen for the images.
type asked struct {
	model, optimizer, loss, initial string
	rate                            float64
	seed                            uint64
}

// patient makes the training that the doctor examines, as inkling train would.
func (a *app) patient(ctx context.Context, set *data.Set, want asked) (*train.Trainer, recipe.Recipe, error) {
	r, err := recipe.ByName(recipe.Names()[0])
	if err != nil {
		return nil, r, err
	}
	r = r.With(want.optimizer)
	r.Loss = want.loss
	if want.model != "" {
		r.Model = want.model
	}
	if len(set.Classes) >= 2 {
		traits, err := recipe.Examine(set)
		if err != nil {
			return nil, r, err
		}
		r, _ = r.Choose(traits, func(setting string) bool { return setting == "model" && want.model != "" })
	}
	trainer, err := r.Trainer(set, nil, want.seed)
	if err != nil {
		return nil, r, err
	}
	if want.initial == "normal" {
		spec := models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)}
		if trainer.Model, err = models.New(r.Model, spec, nn.StandardNormal(tensor.CPU, rand.New(rand.NewPCG(want.seed, 0)))); err != nil {
			return nil, r, usageError{err}
		}
	}
	if r.Rate = want.rate; want.rate == 0 {
		trainer.Optimizer = nil
		r.Rate = 1 // the finder brings its own
		r.Switch(trainer)
		live := a.newFinding()
		r, _, err = r.ChooseRate(ctx, trainer, live.progress)
		live.endBar()
		if err != nil {
			return nil, r, err
		}
	}
	trainer.Optimizer = nil
	r.Switch(trainer)
	return trainer, r, nil
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
