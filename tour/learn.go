package tour

import (
	"context"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"time"

	"inkling/autograd"
	"inkling/classifier"
	"inkling/explain"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/report"
	"inkling/tensor"
	"inkling/train"
)

// learn trains the model of a chapter and collects what the page shows of it.
func (g *guide) learn(ctx context.Context, c chapter) error {
	init := nn.StandardNormal(tensor.CPU, g.rng(0))
	model, err := models.New(c.model, g.spec, init)
	if err != nil {
		return err
	}
	loss := nn.Losses[c.loss]
	t := &report.Trained{
		Chapter: c.name, Model: c.model, Loss: c.loss, Rate: rate, Batch: batch, Post: g.post.curve(c.name),
		Start: report.Point{TestLoss: math.NaN(), Accuracy: math.NaN()}, // not measured yet
	}
	for _, p := range model.Params() {
		t.Weights += p.Value.Len()
	}
	file := filepath.Join(g.Out, c.name+".safetensors")
	save := func(more map[string]any) error {
		training := map[string]any{"loss": c.loss, "rate": rate, "batch": batch, "epochs": epochs, "seed": g.Seed, "data": g.Data.Name}
		maps.Copy(training, more)
		return g.saveModel(file, c.model, model, "", training)
	}
	w := &watcher{guide: g, model: model, into: t, batches: g.train.Batches(), epochs: epochs, every: 16}
	g.examine(c, model, loss)
	if err := ctx.Err(); err != nil {
		return g.rescue(err, w, file, save)
	}
	before := train.Evaluate(model, loss, g.test)
	t.Start = report.Point{TestLoss: before.Loss, Accuracy: before.Accuracy}
	for _, p := range explain.Pushes(model, c.loss, g.test) {
		t.Push = append(t.Push, report.Push(p))
	}
	w.start = time.Now()
	w.snapshot(0)
	first := model.Params()[0].Value.T().Float32s() // (classes or hidden, pixels)
	trainer := &train.Trainer{
		Model: model, Loss: loss, Optimizer: optim.NewSGD(model.Params(), rate),
		Train: g.train, Valid: g.test, Epochs: epochs, Seed: g.Seed, Hooks: []any{w},
	}
	if err := trainer.Run(ctx); err != nil {
		return g.rescue(err, w, file, save)
	}
	t.Worst = g.worst(t.Final)
	g.collect(c, model, rows(first, g.spec.Pixels()), t)
	if err := save(nil); err != nil {
		return err
	}
	g.end(t, file)
	return nil
}

// end adds a trained chapter to the story and sums it up; its model is in a file.
func (g *guide) end(t *report.Trained, file string) {
	g.story.Trained = append(g.story.Trained, t)
	e := ChapterEnds{Event: "chapter_end", Chapter: t.Chapter, Run: t.Run, Accuracy: t.Final.Accuracy, Seconds: t.Seconds, Model: file, Images: t.Final.Images, Post: t.Post, Others: t.Others}
	for _, p := range t.Curve {
		e.Curve = append(e.Curve, p.Accuracy)
	}
	g.Tell(e)
}

// worst are the surest mistakes, for the page.
func (g *guide) worst(e *train.Evaluation) []report.Mistake {
	var list []report.Mistake
	for _, m := range explain.Worst(e, g.Data.Test.Labels, 12) {
		list = append(list, report.Mistake{Picture: picture(g.Data.Test, m.Index, "test"), Answer: m.Answer, Probs: m.Probs})
	}
	return list
}

// examine lets the doctor look at the chapter's model, and the first time also
// at the data. What is fine goes to the page only.
func (g *guide) examine(c chapter, model nn.Layer, loss nn.Loss) {
	var findings []explain.Finding
	if len(g.story.Trained) == 0 {
		findings = append(explain.ExamineData(g.Data), explain.ExamineSteps(g.Data.Train.Len(), batch, epochs, false))
	}
	for x, y := range g.train.Epoch(g.rng(2)) {
		findings = slices.AppendSeq(findings, explain.ExamineModel(model, loss, c.loss, rate, x, y))
		break
	}
	for _, f := range findings {
		g.Tell(Doctor{"doctor", c.name, f})
		g.story.Doctor = append(g.story.Doctor, c.name+": "+f.Sentence)
	}
}

// collect takes the trained model apart for the page; before is its first
// layer's weights at the start, a row for each unit.
func (g *guide) collect(c chapter, model nn.Layer, before [][]float32, t *report.Trained) {
	params := model.Params()
	if c.model == "network" {
		in, out := params[0].Value, params[2].Value // (pixels, hidden), (hidden, classes)
		hidden := in.Dim(1)
		looks := rows(in.T().Float32s(), g.spec.Pixels())
		says := rows(out.Float32s(), g.spec.Classes)
		for u := range hidden {
			t.Hidden = append(t.Hidden, report.Unit{Before: before[u], In: looks[u], Out: says[u]})
		}
		g.examineUnits(c, params)
	} else {
		t.Unfolded = g.unfold(t.Final, params)
	}
}

// examineUnits asks the doctor about the hidden units of a trained network.
func (g *guide) examineUnits(c chapter, params []*autograd.Param) {
	for x := range g.test.Epoch(nil) {
		units := nn.Sequential{nn.Flatten, &nn.Linear{Weight: params[0], Bias: params[1]}, nn.Sigmoid}.Forward(autograd.Const(x))
		f := explain.ExamineUnits(units.Value())
		g.Tell(Doctor{"doctor", c.name, f})
		g.story.Doctor = append(g.story.Doctor, c.name+": "+f.Sentence)
		break
	}
}

// unfold takes one prediction of a linear model apart, down to pixel * weight:
// that of the first test image which the model reads correctly.
func (g *guide) unfold(e *train.Evaluation, params []*autograd.Param) *report.Unfolded {
	test := g.Data.Test
	at := 0
	for i, a := range e.Answers {
		if a == test.Labels[i] {
			at = i
			break
		}
	}
	image := make([]float64, 0, test.Pixels())
	for _, b := range test.Image(at) {
		image = append(image, float64(b)/255)
	}
	logits := e.Logits[at*e.Classes : (at+1)*e.Classes]
	probs, bias := explain.Softmax(logits), params[1].Value.Float64s()
	u := &report.Unfolded{Picture: picture(test, at, "test"), Answer: int(e.Answers[at])}
	for class := range e.Classes {
		products := explain.Products(image, params[0].Value, class)
		logit := bias[class]
		for _, p := range products {
			logit += p
		}
		u.Classes = append(u.Classes, report.UnfoldedClass{Class: class, Bias: bias[class], Products: products, Logit: logit, Probability: probs[class]})
	}
	return u
}

// saveModel writes a model file with three test images as its samples. input is
// what is done to images before the model sees them, as package augment writes it.
func (g *guide) saveModel(path, architecture string, model nn.Layer, input string, training map[string]any) error {
	c := &classifier.Model{
		Info: classifier.Info{
			Architecture: architecture, Spec: g.spec, Classes: g.Data.Train.Classes, Scale: 1.0 / 255, Input: input, Training: training,
		},
		Net: model,
	}
	if g.typical == nil {
		set := g.Data.Train
		typical, err := classifier.NewTypical(g.spec, set.Len(), func(i int) ([]byte, error) {
			image := make([]byte, set.Pixels())
			return image, set.Read(i, image)
		})
		if err != nil {
			return err
		}
		g.typical = typical
	}
	if err := c.Measure(g.typical); err != nil {
		return named(path, err)
	}
	var samples [][]byte
	for i := range min(3, g.Data.Test.Len()) {
		samples = append(samples, g.Data.Test.Image(i))
	}
	return named(path, c.Save(path, samples))
}

// watcher is the hook that turns a training into events and snapshots.
type watcher struct {
	*guide
	model           nn.Layer
	into            *report.Trained
	batches, epochs int
	every           int // steps between two signs of progress
	start           time.Time
	batch           int // batches of the epoch that has not ended
}

// Step implements train.StepHook.
func (w *watcher) Step(s *train.Step) error {
	w.batch = s.Batch + 1
	if s.Batch%w.every == 0 {
		w.Tell(Progress{w.into.Chapter, s.Epoch, w.epochs, s.Batch, w.batches})
	}
	return nil
}

// Epoch implements train.EpochHook.
func (w *watcher) Epoch(e *train.Epoch) error {
	t := w.into
	t.Curve = append(t.Curve, report.Point{Epoch: e.Epoch + 1, TrainLoss: e.TrainLoss, TestLoss: e.Valid.Loss, Accuracy: e.Valid.Accuracy, Seconds: e.Seconds})
	t.Seconds += e.Seconds
	t.Final = e.Valid
	w.batch = 0
	w.snapshot(e.Epoch + 1)
	event := EpochEnds{
		Event: "epoch", Chapter: t.Chapter, Run: t.Run, Model: t.Model, Loss: t.Loss, Epoch: e.Epoch, Epochs: w.epochs,
		TrainLoss: e.TrainLoss, TestLoss: e.Valid.Loss, Accuracy: e.Valid.Accuracy, Rate: e.Rate, Seconds: e.Seconds,
		Left: time.Since(w.start).Seconds() / float64(e.Epoch+1) * float64(w.epochs-e.Epoch-1),
	}
	w.epoch = append(w.epoch, event)
	w.Tell(event)
	return nil
}

// snapshot keeps a linear model's weights at the epochs that the page shows.
func (w *watcher) snapshot(epoch int) {
	if w.into.Model == "linear" && slices.Contains([]int{0, 1, 3, 10, 20, epochs}, epoch) {
		weights := w.model.Params()[0].Value.T() // (pixels, classes) -> (classes, pixels)
		w.into.Snapshots = append(w.into.Snapshots, report.Snapshot{Epoch: epoch, Weights: rows(weights.Float32s(), w.spec.Pixels())})
	}
}

var _ train.StepHook = (*watcher)(nil)
var _ train.EpochHook = (*watcher)(nil)
