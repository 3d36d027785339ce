// Package recipe is everything that a training is set by, under the names that
// the command line and model files use, with presets.
package recipe

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/data"
	"inkling/data/augment"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// Recipe sets a training. Its zero value is none: begin with a preset.
type Recipe struct {
	Model string `json:"model"` // a name in package models
	Loss  string `json:"loss"`  // a name in package nn
	// Smoothing is the share of a label that all classes have together; with cross-entropy only.
	Smoothing float64 `json:"smoothing"`

	Epochs   int  `json:"epochs"`
	Batch    int  `json:"batch"`     // images in a batch
	DropLast bool `json:"drop_last"` // leave the short last batch of an epoch out

	Optimizer string  `json:"optimizer"` // one of Optimizers
	Rate      float64 `json:"lr"`        // the learning rate; the highest one where the schedule moves it
	Schedule  string  `json:"schedule"`  // one of Schedules
	Momentum  float64 `json:"momentum"`  // 0 for none; of adam its beta1
	Beta2     float64 `json:"beta2"`     // of adam
	Eps       float64 `json:"eps"`       // of adam
	Decay     float64 `json:"decay"`     // weight decay, of weights only: see optim.Groups
	BiasRate  float64 `json:"bias_rate"` // times the rate, for biases
	Clip      float64 `json:"clip"`      // the greatest norm of a step's gradients; 0 for no limit
	Augment   string  `json:"augment"`   // as package augment reads it; "" for none
	// Direct is for convolutions that multiply each tap, also where sums of taps need fewer
	// products (Winograd): slower, and more exact.
	Direct bool    `json:"direct,omitempty"`
	EMA    float64 `json:"ema"` // how much an average of the weights keeps at each step; 0 for none
	// BodyRate is times the rate for all but the model's head, where a training begins with
	// what another has learned; 0 where it does not.
	BodyRate float64 `json:"body_rate,omitempty"`
}

// ByName returns a preset, or an error that lists them.
func ByName(name string) (Recipe, error) {
	for _, p := range presets {
		if p.name == name {
			return p.recipe, nil
		}
	}
	return Recipe{}, fmt.Errorf("there is no recipe %q; choose %s", name, list(Names()))
}

// Names lists the presets; the first is what is used where none is named.
func Names() []string {
	var names []string
	for _, p := range presets {
		names = append(names, p.name)
	}
	return names
}

// Describe says in a few words what a preset is for.
func Describe(name string) string {
	for _, p := range presets {
		if p.name == name {
			return p.what
		}
	}
	return ""
}

// Optimizers lists the optimisers.
var Optimizers = []string{"sgd", "momentum", "nesterov", "adam", "adamw"}

// With returns the recipe with another optimiser and what is usual for it: the
// rate of one is of no use to another.
func (r Recipe) With(optimizer string) Recipe {
	r.Optimizer = optimizer
	r.Momentum, r.Beta2, r.Eps, r.Decay = 0.9, 0.999, 1e-8, 0
	switch optimizer {
	case "sgd":
		r.Rate, r.Momentum = 0.5, 0
	case "momentum", "nesterov":
		r.Rate = 0.05
	case "adam":
		r.Rate = 0.003
	case "adamw":
		r.Rate, r.Decay = 0.003, 0.01
	}
	return r
}

// schedule makes the rate and the momentum over a run from the rate at its
// highest. Where momentum is nil it stays as it is.
type schedule struct {
	name, what string
	of         func(peak float64) (rate, momentum optim.Schedule)
}

var schedules = []schedule{
	{"constant", "the same rate all the time", rateOnly(optim.Constant)},
	{"step", "a tenth of the rate from the middle of the run, a hundredth from three quarters", rateOnly(func(r float64) optim.Schedule {
		return optim.Steps(r, 0.1, 0.5, 0.75)
	})},
	{"linear", "down to zero in a straight line", rateOnly(func(r float64) optim.Schedule { return optim.Linear(r, 0) })},
	{"cosine", "down to zero along half a wave", rateOnly(func(r float64) optim.Schedule { return optim.Cosine(r, 0) })},
	{"exponential", "down to a tenth by equal factors; in the last eleventh along half a wave to a thousandth of that", rateOnly(func(r float64) optim.Schedule {
		return optim.Chain(10.0/11, optim.Exponential(r, r/10), optim.Cosine(r/10, r/1e4))
	})},
	{"one-cycle", "up during the first quarter, then down to nearly nothing; the momentum the other way round", optim.OneCycle},
}

func rateOnly(f func(peak float64) optim.Schedule) func(float64) (optim.Schedule, optim.Schedule) {
	return func(peak float64) (optim.Schedule, optim.Schedule) { return f(peak), nil }
}

// Schedules lists the schedules.
func Schedules() []string {
	var names []string
	for _, s := range schedules {
		names = append(names, s.name)
	}
	return names
}

// DescribeSchedule says what a schedule does.
func DescribeSchedule(name string) string {
	if i := findSchedule(name); i >= 0 {
		return schedules[i].what
	}
	return ""
}

func findSchedule(name string) int {
	return slices.IndexFunc(schedules, func(s schedule) bool { return s.name == name })
}

// Check returns an error that says which setting is not possible, and what is.
func (r Recipe) Check() error {
	if _, err := nn.LossByName(r.Loss); err != nil {
		return err
	}
	if _, err := augment.Parse(r.Augment); err != nil {
		return err
	}
	within := func(v, low, high float64) bool { return v >= low && v < high }
	switch {
	case !slices.Contains(models.Names(), r.Model):
		return fmt.Errorf("there is no model %q; choose %s", r.Model, list(Models()))
	case !slices.Contains(Models(), r.Model):
		return fmt.Errorf("model %s: nothing is learned there by gradient descent; choose %s", r.Model, list(Models()))
	case !slices.Contains(Optimizers, r.Optimizer):
		return fmt.Errorf("there is no optimizer %q; choose %s", r.Optimizer, list(Optimizers))
	case findSchedule(r.Schedule) < 0:
		return fmt.Errorf("there is no schedule %q; choose %s", r.Schedule, list(Schedules()))
	case !within(r.Smoothing, 0, 1):
		return fmt.Errorf("labels smoothed by %g: want 0 or more, and less than 1", r.Smoothing)
	case r.Smoothing > 0 && r.Loss != "cross-entropy":
		return fmt.Errorf("smoothed labels go with cross-entropy, and not with %s", r.Loss)
	case r.Epochs < 1:
		return fmt.Errorf("%d epochs: at least 1", r.Epochs)
	case r.Batch < 1:
		return fmt.Errorf("a batch of %d images: at least 1", r.Batch)
	case !(r.Rate > 0) || math.IsInf(r.Rate, 0):
		return fmt.Errorf("a learning rate of %g: want a positive number", r.Rate)
	case !within(r.Momentum, 0, 1):
		return fmt.Errorf("a momentum of %g: want 0 or more, and less than 1", r.Momentum)
	case !within(r.Beta2, 0, 1):
		return fmt.Errorf("a beta2 of %g: want 0 or more, and less than 1", r.Beta2)
	case !(r.Eps > 0) || math.IsInf(r.Eps, 0):
		return fmt.Errorf("an eps of %g: want a positive number", r.Eps)
	case !within(r.Decay, 0, math.Inf(1)):
		return fmt.Errorf("a weight decay of %g: want 0 or more", r.Decay)
	case !within(r.BiasRate, 0, math.Inf(1)):
		return fmt.Errorf("biases at %g times the rate: want 0 or more", r.BiasRate)
	case !within(r.Clip, 0, math.Inf(1)):
		return fmt.Errorf("gradients clipped to %g: want 0 or more", r.Clip)
	case !within(r.BodyRate, 0, math.Inf(1)):
		return fmt.Errorf("the body at %g times the rate: want 0 or more", r.BodyRate)
	case !within(r.EMA, 0, 1):
		return fmt.Errorf("averages that keep %g: want 0 or more, and less than 1", r.EMA)
	}
	return nil
}

// Cycles reports whether the schedule moves the momentum itself, whatever Momentum
// says; only 0 still means that there is none.
func (r Recipe) Cycles() bool {
	i := findSchedule(r.Schedule)
	if i < 0 || r.Momentum == 0 {
		return false
	}
	_, momentum := schedules[i].of(1)
	return momentum != nil
}

// Adaptive reports whether the optimizer is one that Beta2 and Eps are for.
func (r Recipe) Adaptive() bool { return strings.HasPrefix(r.Optimizer, "adam") }

// fields is a Recipe without its methods.
type fields Recipe

// MarshalJSON leaves out the settings that this recipe does not use.
func (r Recipe) MarshalJSON() ([]byte, error) {
	used := struct {
		fields
		Momentum *float64 `json:"momentum,omitempty"`
		Beta2    *float64 `json:"beta2,omitempty"`
		Eps      *float64 `json:"eps,omitempty"`
	}{fields: fields(r)}
	if !r.Cycles() {
		used.Momentum = &r.Momentum
	}
	if r.Adaptive() {
		used.Beta2, used.Eps = &r.Beta2, &r.Eps
	}
	return json.Marshal(used)
}

// UnmarshalJSON reads what MarshalJSON writes. A setting that is not there has its usual value.
func (r *Recipe) UnmarshalJSON(text []byte) error {
	read := fields(Recipe{}.With(""))
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*r = Recipe(read)
	return nil
}

// Losses lists the losses.
func Losses() []string { return slices.Sorted(maps.Keys(nn.Losses)) }

// Models lists the models that gradient descent trains.
func Models() []string {
	return slices.DeleteFunc(models.Names(), func(name string) bool { return strings.HasPrefix(name, "average-") })
}

// list writes a list of names with "or" before the last.
func list(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// AugmentError is the error of an augmentation that images are too small for.
type AugmentError struct{ Err error }

func (e *AugmentError) Error() string { return e.Err.Error() }
func (e *AugmentError) Unwrap() error { return e.Err }

// Trainer returns what trains the recipe's model, new from the seed, on a set of
// images; valid is evaluated after each epoch, and may be nil. It returns an error
// if the recipe is not possible, or not with these images.
func (r Recipe) Trainer(set, valid *data.Set, seed uint64) (*train.Trainer, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	mem := tensor.CPU
	spec := models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)}
	if spec.Classes < 2 {
		return nil, fmt.Errorf("there is only one class, %q: nothing can be told apart", set.Classes)
	}
	model, err := models.New(r.Model, spec, models.Init(r.Model, mem, rand.New(rand.NewPCG(seed, 0))))
	if err != nil {
		return nil, err
	}
	t := &train.Trainer{Model: model, Train: data.NewLoader(mem, set, r.Batch), Epochs: r.Epochs, Seed: seed, Direct: r.Direct}
	r.Switch(t)
	r.SwitchLoss(t)
	t.Train.DropLast = r.DropLast
	if valid != nil {
		t.Valid = data.NewLoader(mem, valid, judged(valid))
	}
	if r.Augment != "" {
		changes, err := augment.Parse(r.Augment)
		if err != nil {
			return nil, err
		}
		if changes, err = set.Measure(changes); err != nil {
			return nil, err
		}
		if err := changes.Fits(set.Channels, set.Height, set.Width); err != nil {
			return nil, &AugmentError{err}
		}
		t.Train.Augment, t.Train.Prefetch = changes, 2
		if valid != nil {
			t.Valid.Augment = t.Train.Augment.Test()
		}
	}
	if r.EMA > 0 {
		t.EMA = optim.NewEMA(nn.State(model), r.EMA)
	}
	return t, nil
}

// judged is how many images are evaluated at a time: 500, or fewer of large images,
// whose maps would else take gigabytes.
func judged(s *data.Set) int { return min(500, max(2_000_000/s.Pixels(), 16)) }

func (r Recipe) optimizer(model nn.Layer) optim.Optimizer {
	groups := r.groups(model)
	if r.Adaptive() {
		o := optim.NewAdam(nil, r.Rate)
		o.Groups, o.Beta1, o.Beta2, o.Eps = groups, r.Momentum, r.Beta2, r.Eps
		return o
	}
	o := optim.NewSGD(nil, r.Rate)
	o.Groups, o.Momentum, o.Nesterov = groups, r.Momentum, r.Optimizer == "nesterov"
	return o
}

// groups are a model's parameters as the recipe treats them.
func (r Recipe) groups(model nn.Layer) []optim.Group {
	if r.BodyRate == 0 {
		return optim.Groups(model.Params(), r.Decay, r.BiasRate)
	}
	var body, head []*autograd.Param
	of := models.HeadOf(model)
	for _, p := range model.Params() {
		if strings.HasPrefix(p.Name, of) {
			head = append(head, p)
		} else {
			body = append(body, p)
		}
	}
	slow := optim.Groups(body, r.Decay, r.BiasRate)
	for i := range slow {
		slow[i].Rate *= r.BodyRate
	}
	return append(slow, optim.Groups(head, r.Decay, r.BiasRate)...)
}
