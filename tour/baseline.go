package tour

import (
	"context"
	"path/filepath"
	"slices"

	"inkling/models"
	"inkling/report"
	"inkling/tensor"
	"inkling/train"
)

// pixels collects sample images of each class.
func (g *guide) pixels() {
	const each = 12
	set := g.Data.Train
	p := &report.Pixels{Samples: make([][]report.Picture, len(set.Classes))}
	for i, label := range set.Labels {
		if len(p.Samples[label]) < each {
			p.Samples[label] = append(p.Samples[label], picture(set, i, "training"))
		}
	}
	p.One = picture(set, 0, "training")
	g.story.Pixels = p
}

// average measures the baseline with both distances.
func (g *guide) average(ctx context.Context) error {
	set := g.Data.Train
	images := tensor.FromBytes(set.Images, set.Len(), set.Pixels())
	chapter := &report.Average{}
	var logits [2][]float32
	var answers [2][]int32
	for i, d := range []struct {
		name     string
		distance models.Distance
		into     *report.Baseline
	}{{"mae", models.MeanAbsolute, &chapter.MAE}, {"mse", models.MeanSquared, &chapter.MSE}} {
		if err := ctx.Err(); err != nil {
			return err
		}
		model := models.NewAverage(g.spec, d.distance)
		model.Fit(images, 1.0/255, set.Labels)
		e := train.Evaluate(model, nil, g.test)
		mean := 0.0
		for _, a := range e.PerClass {
			mean += a / float64(len(e.PerClass))
		}
		*d.into = report.Baseline{PerClass: e.PerClass, MeanOfClasses: mean, Accuracy: e.Accuracy, Confusion: e.Confusion, Post: g.post.baseline(d.name)}
		b := Baseline{"baseline", d.name, e.PerClass, g.story.Data.Classes, mean, e.Accuracy, g.post.baseline(d.name)}
		g.base = append(g.base, b)
		g.Tell(b)
		logits[i], answers[i] = e.Logits, e.Answers
		if chapter.Means == nil {
			chapter.Means = rows(model.Means.Value.Float32s(), g.spec.Pixels())
		}
		file := filepath.Join(g.Out, "average-"+d.name+".safetensors")
		if err := g.saveModel(file, "average-"+d.name, model, "", nil); err != nil {
			return err
		}
	}
	test, c := g.Data.Test, g.spec.Classes
	for i, label := range test.Labels {
		mae, mse := answers[0][i] == label, answers[1][i] == label
		list := &chapter.BothMisled
		switch {
		case mae && mse:
			continue
		case mae:
			list = &chapter.OnlyMAE
		case mse:
			list = &chapter.OnlyMSE
		}
		const each = 6
		if len(*list) < each && !slices.ContainsFunc(*list, func(n report.Nearest) bool { return n.Picture.Label == int(label) }) {
			*list = append(*list, report.Nearest{Picture: picture(test, i, "test"), MAE: distances(logits[0][i*c : (i+1)*c]), MSE: distances(logits[1][i*c : (i+1)*c])})
		}
	}
	g.story.Average = chapter
	return nil
}

// distances turns a row of the baseline's logits back into what they are the
// negative of.
func distances(logits []float32) []float64 {
	out := make([]float64, len(logits))
	for i, z := range logits {
		out[i] = -float64(z)
	}
	return out
}

// rows cuts a matrix into its rows of n.
func rows(x []float32, n int) [][]float32 {
	var out [][]float32
	for ; len(x) > 0; x = x[n:] {
		out = append(out, x[:n:n])
	}
	return out
}
