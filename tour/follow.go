package tour

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"time"

	"inkling/explain"
	"inkling/recipe"
	"inkling/report"
	"inkling/train"
)

// follow trains what a chapter's recipes say, one run after another.
func (g *guide) follow(ctx context.Context, c chapter) error {
	first := c.runs[0].recipe
	findings := []explain.Finding{explain.ExamineSteps(g.Data.Train.Len(), first.Batch, first.Epochs, first.DropLast)}
	if len(g.story.Trained) == 0 {
		findings = append(explain.ExamineData(g.Data), findings...)
	}
	for _, f := range findings {
		g.Tell(Doctor{"doctor", c.name, f})
		g.story.Doctor = append(g.story.Doctor, c.name+": "+f.Sentence)
	}
	var unfolded *report.Convolution
	if c.name == "resnet" {
		unfolded = g.convolution(c)
	}
	var ablation *report.Ablation
	if c.name == "beyond" {
		if ablation = ablationOf(first); ablation != nil {
			g.Tell(Ablation{"ablation", c.name, ablation})
		}
	}
	for i, r := range c.runs {
		t := &report.Trained{
			Chapter: c.name, Run: r.name, Change: r.change, Model: r.recipe.Model, Loss: r.recipe.Loss, Rate: r.recipe.Rate, Batch: r.recipe.Batch,
			Others: g.post.others(c.name, i == 0),
		}
		if i == 0 {
			t.Convolution, t.Ablation = unfolded, ablation
		}
		if err := g.followRun(ctx, r, t); err != nil {
			return err
		}
	}
	return nil
}

// followRun trains one recipe and collects what the page shows of it. If it cannot
// come to its end, what there is is kept.
func (g *guide) followRun(ctx context.Context, r run, t *report.Trained) error {
	name := t.Chapter
	if t.Run != "" {
		name += "-" + t.Run
	}
	file := filepath.Join(g.Out, name+".safetensors")
	trainer, err := r.recipe.Trainer(g.Data.Train, g.Data.Test, g.Seed)
	if err != nil {
		return err
	}
	w := &watcher{guide: g, into: t, epochs: r.recipe.Epochs, every: 1}
	save := func(more map[string]any) error { return g.saveTrained(file, r.recipe, trainer, more) }
	if err := g.trainBy(ctx, r.recipe, trainer, w); err != nil {
		return g.rescue(err, w, file, save)
	}
	t.Worst = g.worst(t.Final)
	g.lookInside(trainer, t)
	if err := save(nil); err != nil {
		return err
	}
	g.end(t, file)
	return nil
}

// trainBy says what is going to be trained and how long it will take, and trains.
func (g *guide) trainBy(ctx context.Context, r recipe.Recipe, trainer *train.Trainer, w *watcher) error {
	t := w.into
	t.Start = report.Point{TestLoss: math.NaN(), Accuracy: math.NaN()} // not measured: that takes as long as many steps
	for _, p := range trainer.Model.Params() {
		t.Weights += p.Value.Len()
	}
	step, err := g.pace(ctx, r)
	if err != nil {
		return err
	}
	begins := RunBegins{
		Event: "run", Chapter: t.Chapter, Run: t.Run, Change: t.Change, Settings: r,
		Numbers: t.Weights, Batches: trainer.Train.Batches(), Test: g.Data.Test.Len(), Step: step,
	}
	// To evaluate an image is a third of a step's work on it: forward, without backward.
	tested := step / float64(r.Batch) / 3 * float64(begins.Test)
	begins.Seconds = float64(r.Epochs) * (step*float64(begins.Batches) + tested)
	const places = 121
	begins.Rates = sampled(trainer.Rate, places)
	if trainer.Momentum != nil {
		begins.Momenta = sampled(trainer.Momentum, places)
	}
	t.Plan = plan(begins)
	g.Tell(begins)
	w.model, w.batches, w.start = trainer.Model, begins.Batches, time.Now()
	trainer.Hooks = []any{w}
	return trainer.Run(ctx)
}

// sampled is a schedule at so many places at even distances.
func sampled(schedule func(p float64) float64, places int) []float64 {
	out := make([]float64, places)
	for i := range out {
		out[i] = schedule(float64(i) / float64(places-1))
	}
	return out
}

// pace measures how many seconds a step of a recipe takes, on a few steps of a
// model that is thrown away.
func (g *guide) pace(ctx context.Context, r recipe.Recipe) (float64, error) {
	const steps = 5
	var some []int
	for i := range min(steps*r.Batch, g.Data.Train.Len()) {
		some = append(some, i)
	}
	r.Epochs = 1
	trainer, err := r.Trainer(g.Data.Train.Subset(some), nil, g.Seed)
	if err != nil {
		return 0, err
	}
	var c clock
	trainer.Hooks = []any{&c}
	start := time.Now()
	var diverged *train.Diverged
	if err := trainer.Run(ctx); err != nil && !errors.As(err, &diverged) { // whether the real training does is another question
		return 0, err
	}
	if len(c) < 2 {
		return time.Since(start).Seconds(), nil
	}
	var each []float64
	for i := 1; i < len(c); i++ {
		each = append(each, c[i].Sub(c[i-1]).Seconds())
	}
	slices.Sort(each)
	return each[len(each)/2], nil
}

// clock is a hook that notes when each step comes by.
type clock []time.Time

// Step implements train.StepHook.
func (c *clock) Step(*train.Step) error { *c = append(*c, time.Now()); return nil }

// saveTrained writes the model file of a training by a recipe; more is said of the
// training in it.
func (g *guide) saveTrained(file string, r recipe.Recipe, trainer *train.Trainer, more map[string]any) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	training := map[string]any{}
	if err := json.Unmarshal(text, &training); err != nil {
		return err
	}
	maps.Copy(training, map[string]any{"seed": g.Seed, "data": g.Data.Name, "images": g.Data.Train.Len(), "validated_on": "test"})
	maps.Copy(training, more)
	return g.saveModel(file, r.Model, trainer.Model, trainer.Valid.Augment.String(), training)
}
