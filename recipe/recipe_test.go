package recipe_test

import (
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/classifier"
	"inkling/data/augment"
	"inkling/data/synth"
	"inkling/models"
	"inkling/optim"
	"inkling/recipe"
	"inkling/train"
)

// Every preset is possible, described, and can be had by its name.
func TestPresets(t *testing.T) {
	for _, name := range recipe.Names() {
		r, err := recipe.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if recipe.Describe(name) == "" {
			t.Errorf("%s is not described", name)
		}
		set := synth.Generate(40, 0, 1).Train
		if _, err := r.Trainer(set, nil, 0); err != nil {
			t.Errorf("%s on digits: %v", name, err)
		}
	}
	for _, s := range recipe.Schedules() {
		if recipe.DescribeSchedule(s) == "" {
			t.Errorf("schedule %s is not described", s)
		}
	}
	if _, err := recipe.ByName("magic"); err == nil || !strings.Contains(err.Error(), `there is no recipe "magic"; choose plain`) {
		t.Errorf("an unknown recipe: %v", err)
	}
	if recipe.Describe("magic")+recipe.DescribeSchedule("magic") != "" {
		t.Error("what is not there is described")
	}
}

// plain is the first preset, made small.
func plain(t *testing.T) recipe.Recipe {
	r, err := recipe.ByName("plain")
	if err != nil {
		t.Fatal(err)
	}
	r.Model, r.Epochs, r.Batch = "linear", 2, 50
	return r
}

func TestWhatIsNotPossibleIsSaid(t *testing.T) {
	for want, change := range map[string]func(r *recipe.Recipe){
		`there is no model "oracle"; choose linear`:              func(r *recipe.Recipe) { r.Model = "oracle" },
		"nothing is learned there by gradient descent; choose":   func(r *recipe.Recipe) { r.Model = "average-mse" },
		`there is no loss "hinge"`:                               func(r *recipe.Recipe) { r.Loss = "hinge" },
		`there is no optimizer "lion"; choose sgd, momentum`:     func(r *recipe.Recipe) { r.Optimizer = "lion" },
		`there is no schedule "zigzag"; choose constant`:         func(r *recipe.Recipe) { r.Schedule = "zigzag" },
		"0 epochs: at least 1":                                   func(r *recipe.Recipe) { r.Epochs = 0 },
		"a batch of 0 images":                                    func(r *recipe.Recipe) { r.Batch = 0 },
		"a learning rate of 0":                                   func(r *recipe.Recipe) { r.Rate = 0 },
		"a learning rate of NaN":                                 func(r *recipe.Recipe) { r.Rate = math.NaN() },
		"a learning rate of +Inf":                                func(r *recipe.Recipe) { r.Rate = math.Inf(1) },
		"a momentum of 1":                                        func(r *recipe.Recipe) { r.Momentum = 1 },
		"a beta2 of -0.1":                                        func(r *recipe.Recipe) { r.Beta2 = -0.1 },
		"an eps of 0":                                            func(r *recipe.Recipe) { r.Eps = 0 },
		"a weight decay of -1":                                   func(r *recipe.Recipe) { r.Decay = -1 },
		"biases at -1 times":                                     func(r *recipe.Recipe) { r.BiasRate = -1 },
		"gradients clipped to NaN":                               func(r *recipe.Recipe) { r.Clip = math.NaN() },
		"averages that keep 1":                                   func(r *recipe.Recipe) { r.EMA = 1 },
		"labels smoothed by 1":                                   func(r *recipe.Recipe) { r.Smoothing = 1 },
		"smoothed labels go with cross-entropy, and not with so": func(r *recipe.Recipe) { r.Smoothing, r.Loss = 0.1, "softmax-mse" },
		"twist": func(r *recipe.Recipe) { r.Augment = "twist=3" },
	} {
		r := plain(t)
		change(&r)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("said %v, want %q", err, want)
		}
	}
	set := synth.Generate(40, 0, 1).Train
	one := *set
	one.Classes, one.Labels = []string{"0"}, make([]int32, 40)
	if _, err := plain(t).Trainer(&one, nil, 0); err == nil || !strings.Contains(err.Error(), "only one class") {
		t.Errorf("a single class: %v", err)
	}
	r := plain(t)
	r.Augment = "crop=40"
	if _, err := r.Trainer(set, nil, 0); err == nil {
		t.Error("a crop of 40 pixels from images of 28 is possible")
	}
}

// Each setting arrives where it belongs.
func TestTrainer(t *testing.T) {
	set := synth.Generate(120, 0, 1).Train
	r := plain(t)
	r.DropLast, r.Decay, r.BiasRate, r.Clip, r.EMA, r.Augment, r.Direct = true, 0.01, 3, 7, 0.9, "crop=24,normalize", true
	got, err := r.Trainer(set, set, 5)
	if err != nil {
		t.Fatal(err)
	}
	adam := got.Optimizer.(*optim.Adam)
	if len(adam.Groups) != 2 || adam.Groups[0].Decay != 0.01 || adam.Groups[1].Decay != 0 || adam.Groups[1].Rate != 3 {
		t.Errorf("groups %+v", adam.Groups)
	}
	if !got.Train.DropLast || got.Train.Batches() != 2 || got.Epochs != 2 || got.Seed != 5 || got.ClipNorm != 7 || !got.Direct || got.EMA == nil || got.EMA.Decay != 0.9 {
		t.Errorf("trainer %+v", got)
	}
	if got.Rate(0.25) != r.Rate || got.Momentum(0) != 0.95 {
		t.Errorf("one-cycle is at a rate of %v and a momentum of %v", got.Rate(0.25), got.Momentum(0))
	}
	// The images to validate on are seen as the model learns them: the middle, and the
	// training images' own mean.
	test := got.Valid.Augment
	if test.Random() || test.Centre == (augment.Length{}) || test.Normalize.Std[0] == 0 || test.Normalize != got.Train.Augment.Normalize {
		t.Errorf("validation images are changed by %v", test)
	}
	if err := got.Run(context.Background()); err != nil {
		t.Error(err)
	}
}

// One-cycle moves the momentum of an optimiser that has one, and gives none to plain descent.
func TestMomentumOfSGD(t *testing.T) {
	set := synth.Generate(40, 0, 1).Train
	for name, want := range map[string]float64{"sgd": 0, "momentum": 0.9, "nesterov": 0.9} {
		r := plain(t).With(name)
		got, err := r.Trainer(set, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		o := got.Optimizer.(*optim.SGD)
		if o.Momentum != want || (got.Momentum == nil) != (want == 0) || o.Nesterov != (name == "nesterov") {
			t.Errorf("%s has momentum %v, Nesterov %v, a schedule for it: %v", name, o.Momentum, o.Nesterov, got.Momentum != nil)
		}
	}
}

// Every optimiser learns with what is usual for it, along every schedule.
func TestEveryOptimizerLearns(t *testing.T) {
	set := synth.Generate(600, 0, 1).Train
	for i, name := range recipe.Optimizers {
		r := plain(t).With(name)
		r.Epochs, r.Schedule = 4, recipe.Schedules()[i%len(recipe.Schedules())]
		got, err := r.Trainer(set, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if a := train.Evaluate(got.Model, nil, got.Train).Accuracy; a < 0.6 {
			t.Errorf("%s (%s) reads %.0f %% of its own training images", name, r.Schedule, 100*a)
		}
	}
}

// A model with batch norm, averaged, on images of another look: what is saved and
// loaded answers as what was evaluated.
func TestWhatIsSavedIsWhatWasMeasured(t *testing.T) {
	digits := synth.Generate(96, 40, 1)
	r, err := recipe.ByName("fast")
	if err != nil {
		t.Fatal(err)
	}
	r.Epochs, r.Batch, r.EMA, r.Augment = 2, 32, 0.8, "crop=25,standardize"
	got, err := r.Trainer(digits.Train, digits.Test, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kept keep
	got.Hooks = []any{&kept}
	if err := got.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := &classifier.Model{
		Info: classifier.Info{
			Architecture: r.Model, Spec: models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}, Classes: digits.Train.Classes,
			Scale: 1.0 / 255, Input: got.Valid.Augment.String(),
		},
		Net: got.Model,
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := c.Save(path, [][]byte{digits.Train.Image(0)}); err != nil {
		t.Fatal(err)
	}
	loaded, err := classifier.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range loaded.Logits(digits.Test.Images) {
		if w := kept.last.Valid.Logits[i]; math.Abs(float64(v-w)) > 1e-4*(1+math.Abs(float64(w))) {
			t.Fatalf("logit %d is %v after loading, and was %v when it was evaluated", i, v, w)
		}
	}
}

// keep is a hook that keeps the last epoch.
type keep struct{ last *train.Epoch }

func (k *keep) Epoch(e *train.Epoch) error {
	k.last = e
	return nil
}

// The schedules at the beginning, where they change, and near the end.
func TestSchedules(t *testing.T) {
	set := synth.Generate(40, 0, 1).Train
	for name, want := range map[string][]float64{ // at 0, 1/4, 1/2, 3/4, 1
		"constant":    {1, 1, 1, 1, 1},
		"step":        {1, 1, 0.1, 0.01, 0.01},
		"linear":      {1, 0.75, 0.5, 0.25, 0},
		"cosine":      {1, (2 + math.Sqrt2) / 4, 0.5, (2 - math.Sqrt2) / 4, 0},
		"exponential": {1, math.Pow(10, -0.275), math.Pow(10, -0.55), math.Pow(10, -0.825), 1e-4},
		"one-cycle":   {0.04, 1, (1-1e-5)*0.75 + 1e-5, (1-1e-5)*0.25 + 1e-5, 1e-5},
	} {
		r := plain(t)
		r.Rate, r.Schedule = 1, name
		got, err := r.Trainer(set, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if v := got.Rate(float64(i) / 4); math.Abs(v-w) > 1e-12 {
				t.Errorf("%s at %d/4 is %v, want %v", name, i, v, w)
			}
		}
	}
	if n := len(recipe.Schedules()); n != 6 {
		t.Errorf("%d schedules, of which 6 are tested", n)
	}
}

// A recipe in a model file reads as it was.
func TestJSON(t *testing.T) {
	r := plain(t)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back recipe.Recipe
	if err := json.Unmarshal(text, &back); err != nil || back != r {
		t.Errorf("%s reads as %+v, %v", text, back, err)
	}
	for _, c := range []struct {
		name, optimizer, schedule, without string
	}{
		{"one-cycle moves the momentum", "adam", "one-cycle", "momentum"},
		{"gradient descent has no beta2", "momentum", "cosine", "beta2,eps"},
		{"all is used", "adamw", "linear", ""},
	} {
		r := plain(t).With(c.optimizer)
		r.Schedule = c.schedule
		text, err := json.Marshal(r)
		var back recipe.Recipe
		var keys map[string]any
		if err != nil || json.Unmarshal(text, &back) != nil || json.Unmarshal(text, &keys) != nil || back != r {
			t.Errorf("%s: %s reads as %+v, %v", c.name, text, back, err)
		}
		for _, key := range []string{"momentum", "beta2", "eps"} {
			if _, there := keys[key]; there == strings.Contains(c.without, key) {
				t.Errorf("%s: %s", c.name, text)
			}
		}
	}
	if !slices.Contains(recipe.Losses(), "cross-entropy") {
		t.Errorf("losses %v", recipe.Losses())
	}
}
