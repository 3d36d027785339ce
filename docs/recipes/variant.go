package main

import (
	"fmt"
	"slices"
	"strings"

	"inkling/recipe"
)

// variant is a preset as it is, or with one ingredient left out.
type variant struct {
	preset   string
	leftOut  string        // "" for the whole recipe
	settings recipe.Recipe // what inkling train is to be set by
	flags    []string      // that bring it there, from the preset
}

// shorter is for how many epochs a recipe runs with and without its ingredients:
// all of best's at their full length would take a day. What an ingredient buys in
// a shorter run is not quite what it buys in a long one, and the table says which
// it was.
const shorter = 4

// whole is a preset as it is.
func whole(preset string) (variant, error) {
	r, err := recipe.ByName(preset)
	return variant{preset: preset, settings: r}, err
}

// variants returns a preset for at most shorter epochs, and then with each of its
// ingredients left out in turn: everything that it sets and a plain training would not.
func variants(preset string) ([]variant, error) {
	v, err := whole(preset)
	if err != nil {
		return nil, err
	}
	var flags []string
	if v.settings.Epochs > shorter {
		v.settings.Epochs = shorter
		flags = []string{"--epochs", fmt.Sprint(shorter)}
	}
	whole := v.settings
	v.flags = flags
	all := []variant{v}
	without := func(what, flag, value string, change func(r *recipe.Recipe)) {
		r := whole
		if change(&r); r != whole && r.Check() == nil {
			all = append(all, variant{preset, what, r, append(slices.Clone(flags), flag, value)})
		}
	}
	// Images that are standardized or normalized are so in the test too: that is no augmentation.
	parts := words(whole.Augment)
	fixed := slices.DeleteFunc(slices.Clone(parts), func(part string) bool {
		return !strings.HasPrefix(part, "standardize") && !strings.HasPrefix(part, "normalize")
	})
	leave := func(what string, rest []string) {
		text := strings.Join(rest, ",")
		without(what, "--augment", text, func(r *recipe.Recipe) { r.Augment = text })
	}
	if len(parts)-len(fixed) > 1 {
		leave("all augmentation", fixed)
	}
	for i, part := range parts {
		leave(part, slices.Delete(slices.Clone(parts), i, i+1))
	}
	without("label smoothing", "--smoothing", "0", func(r *recipe.Recipe) { r.Smoothing = 0 })
	without("average of the weights", "--ema", "0", func(r *recipe.Recipe) { r.EMA = 0 })
	without("weight decay", "--decay", "0", func(r *recipe.Recipe) { r.Decay = 0 })
	without("clipped gradients", "--clip", "0", func(r *recipe.Recipe) { r.Clip = 0 })
	without("another rate for biases", "--bias-lr", "1", func(r *recipe.Recipe) { r.BiasRate = 1 })
	without("schedule "+whole.Schedule, "--schedule", "constant", func(r *recipe.Recipe) { r.Schedule = "constant" })
	return all, nil
}

// chosen are the variants to run: presets as they are, and one with what is left
// out of it; only names some of those.
func chosen(presets []string, ablate string, only []string) ([]variant, error) {
	var runs []variant
	for _, name := range presets {
		v, err := whole(name)
		if err != nil {
			return nil, err
		}
		runs = append(runs, v)
	}
	if ablate != "" {
		all, err := variants(ablate)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, v := range all[1:] {
			names = append(names, v.leftOut)
		}
		for _, name := range only {
			if !slices.Contains(names, name) {
				return nil, fmt.Errorf("of %s can be left out: %s", ablate, strings.Join(names, "; "))
			}
		}
		for _, v := range all {
			if v.leftOut == "" || len(only) == 0 || slices.Contains(only, v.leftOut) {
				runs = append(runs, v)
			}
		}
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("nothing to run: -recipes or -ablate names presets; there are %s", strings.Join(recipe.Names(), ", "))
	}
	return runs, nil
}
