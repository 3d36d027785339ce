package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"inkling/recipe"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// recipeFlags gives a command --recipe and a flag for each of a recipe's settings,
// or for those that are named. Once the command has been read, the returned
// function makes the recipe: the preset's settings, changed by the flags.
func recipeFlags(c *cobra.Command, only ...string) func() (recipe.Recipe, error) {
	r, err := recipe.ByName(recipe.Names()[0])
	if err != nil {
		panic(err)
	}
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	all.StringVar(&r.Model, "model", r.Model, "what to train: "+strings.Join(recipe.Models(), ", "))
	all.StringVar(&r.Loss, "loss", r.Loss, "what to make small: "+strings.Join(recipe.Losses(), ", "))
	all.Float64Var(&r.Smoothing, "smoothing", r.Smoothing, "share of a label that all classes have together, such as 0.1; with cross-entropy (default 0)")
	all.IntVar(&r.Epochs, "epochs", r.Epochs, "how often to see all images")
	all.IntVar(&r.Batch, "batch", r.Batch, "images in a batch")
	all.BoolVar(&r.DropLast, "drop-last", r.DropLast, "leave the short last batch of each epoch out")
	all.StringVar(&r.Optimizer, "optimizer", r.Optimizer, strings.Join(recipe.Optimizers, ", ")+"; another than the recipe's brings its own usual --lr, --momentum, --beta2, --eps and --decay")
	all.Float64Var(&r.Rate, "lr", r.Rate, "learning rate, at its highest")
	all.StringVar(&r.Schedule, "schedule", r.Schedule, "how the rate goes: "+strings.Join(recipe.Schedules(), ", "))
	all.Float64Var(&r.Momentum, "momentum", r.Momentum, "of sgd, or beta1 of adam; one-cycle moves it itself, and 0 is none")
	all.Float64Var(&r.Beta2, "beta2", r.Beta2, "of adam")
	all.Float64Var(&r.Eps, "eps", r.Eps, "of adam")
	all.Float64Var(&r.Decay, "decay", r.Decay, "weight decay; decoupled for adam (default 0)")
	all.Float64Var(&r.BiasRate, "bias-lr", r.BiasRate, "learning rate of biases, times --lr")
	all.Float64Var(&r.Clip, "clip", r.Clip, "greatest norm of a step's gradients; 0 is no limit (default 0)")
	all.BoolVar(&r.Direct, "direct", r.Direct, "let convolutions multiply each tap, also where sums of taps (Winograd) need fewer products: slower, more exact")
	all.Float64Var(&r.EMA, "ema", r.EMA, "evaluate and keep an average of the weights that keeps this share at each step, such as 0.999; 0 is none (default 0)")
	all.StringVar(&r.Augment, "augment", r.Augment, "how images are changed while they are learned from, such as shift=2,rotate=10; inkling data show draws it")
	name := recipe.Names()[0]
	var words []string
	for _, n := range recipe.Names() {
		words = append(words, n+" ("+recipe.Describe(n)+")")
	}
	all.StringVar(&name, "recipe", name, "a preset that the other flags change: "+strings.Join(words, ", "))
	all.VisitAll(func(f *pflag.Flag) {
		if len(only) == 0 || slices.Contains(only, f.Name) {
			c.Flags().AddFlag(f)
		}
	})
	complete := func(flag string, values []string) {
		if c.Flags().Lookup(flag) != nil {
			c.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				return values, cobra.ShellCompDirectiveNoFileComp
			})
		}
	}
	complete("model", recipe.Models())
	complete("loss", recipe.Losses())
	complete("optimizer", recipe.Optimizers)
	complete("schedule", recipe.Schedules())
	complete("recipe", recipe.Names())
	return func() (recipe.Recipe, error) {
		given := map[string]string{}
		c.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = f.Value.String() })
		preset, err := recipe.ByName(name)
		if err != nil {
			return r, usageError{err}
		}
		r = preset
		if optimizer, ok := given["optimizer"]; ok && optimizer != r.Optimizer {
			r = r.With(optimizer)
		}
		for flag, value := range given {
			if all.Lookup(flag) != nil {
				if err := all.Set(flag, value); err != nil {
					return r, fmt.Errorf("--%s %s: %w", flag, value, err)
				}
			}
		}
		if err := r.Check(); err != nil {
			return r, usageError{err}
		}
		if value, ok := given["momentum"]; ok && r.Cycles() {
			return r, usagef("--momentum %s: the schedule %s moves the momentum itself, from 0.95 to 0.85 and back; leave --momentum out, take 0 for none, or choose another --schedule", value, r.Schedule)
		}
		for _, flag := range []string{"beta2", "eps"} {
			if value, ok := given[flag]; ok && !r.Adaptive() {
				return r, usagef("--%s %s: %s is adam's and adamw's, and the optimizer is %s", flag, value, flag, r.Optimizer)
			}
		}
		if strings.TrimSpace(r.Augment) == "none" {
			r.Augment = ""
		}
		return r, nil
	}
}

// tooSmall says of images that are too small for an augmentation where it comes
// from, when it is the recipe's and not the flag's.
func tooSmall(c *cobra.Command, augment string, err error) error {
	var small *recipe.AugmentError
	if !errors.As(err, &small) {
		return err
	}
	if c.Flags().Changed("augment") {
		return fmt.Errorf("--augment: %w", err)
	}
	return fmt.Errorf("the recipe %s changes images by %s: %w; --augment takes another, or none", c.Flag("recipe").Value, augment, err)
}
