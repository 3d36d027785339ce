package report

import (
	"fmt"
	"math"
	"math/rand/v2"

	"inkling/data"
	"inkling/data/synth"
	"inkling/train"
)

// synthetic tells a whole story of drawn digits. The pictures and averages are
// real; what would take training is made up, the same every time.
func synthetic() *Story {
	set := synth.Generate(200, 100, 1)
	rng := rand.New(rand.NewPCG(1, 2))
	s := &Story{
		Version: "0.0-test", Date: "2026-11-23", Device: "cpu: float32, 2 workers", Command: "inkling tour --seed 1", Seed: 1,
		Data: Data{
			Name: "synth", From: "drawn by program", BuiltIn: true, Train: 200, Test: 100,
			Height: 28, Width: 28, Classes: set.Train.Classes,
		},
		Doctor: []string{"linear: The same images get the same answers twice.", "No test image is also a training image."},
	}
	s.Pixels = &Pixels{Samples: make([][]Picture, 10), One: picture(set.Train, 0)}
	for i := range 120 {
		pic := picture(set.Train, i)
		s.Pixels.Samples[pic.Label] = append(s.Pixels.Samples[pic.Label], pic)
	}
	s.Average = averages(set)
	for _, c := range []struct{ chapter, model, loss string }{
		{"linear", "linear", "sigmoid-mse"}, {"softmax", "linear", "softmax-mse"},
		{"cross-entropy", "linear", "cross-entropy"}, {"network", "network", "cross-entropy"},
	} {
		s.Trained = append(s.Trained, trained(c.chapter, c.model, c.loss, set.Test, rng))
	}
	changed := byRecipe("resnet", set.Test, rng)
	changed.Run, changed.Change, changed.Others.PyTorch, changed.Stopped = "smoothed", "The labels are smoothed by 0.1.", nil, "after epoch 4 of 8"
	beyond := byRecipe("beyond", set.Test, rng)
	beyond.Others, beyond.Ablation = nil, &Ablation{Recipe: "best", Machine: "on two cores", Variants: []Variant{
		{Seeds: []uint64{0, 1}, Accuracies: []float64{0.9973, 0.9971}, Seconds: []float64{600, 640}},
		{LeftOut: "augmentation", Seeds: []uint64{0, 1}, Accuracies: []float64{0.9951, 0.9953}, Seconds: []float64{500, 510}},
		{LeftOut: "elastic", Seeds: []uint64{0}, Accuracies: []float64{0.9969}, Seconds: []float64{550}},
	}}
	s.Trained = append(s.Trained, byRecipe("resnet", set.Test, rng), changed, beyond)
	return s
}

// byRecipe is a chapter that trained a network of convolutions by a recipe.
func byRecipe(chapter string, test *data.Set, rng *rand.Rand) *Trained {
	t := trained(chapter, "resnet18", "cross-entropy", test, rng)
	t.Curve, t.Post, t.Push, t.Snapshots, t.Unfolded = t.Curve[:4], nil, nil, nil, nil
	for i := range t.Curve {
		t.Curve[i].Accuracy = []float64{0.951, 0.979, 0.9885, 0.9938}[i]
	}
	t.Final.Accuracy = 0.9938
	t.Start = Point{TestLoss: math.NaN(), Accuracy: math.NaN()}
	t.Others = &Others{Post: 0.994, PyTorch: []OtherRun{{0, []float64{0.945, 0.976, 0.983, 0.9935}}, {1, []float64{0.863, 0.964, 0.989, 0.9935}}}}
	t.Plan = &Plan{Epochs: 4, Batch: 64, Batches: 937, Step: 0.045, Settings: []Setting{{"model", "resnet18: the residual network of 18 layers"}, {"rate", "0.1 at most; one-cycle"}}}
	for i := range 121 {
		t.Plan.Rates = append(t.Plan.Rates, 0.1*math.Sin(math.Pi*float64(i)/120))
		t.Plan.Momenta = append(t.Plan.Momenta, 0.95-t.Plan.Rates[i])
	}
	pic := picture(test, 0)
	c := &Convolution{Picture: pic, Row: 14, Column: 14, Filter: []float64{-1, -1, -1, 0, 0, 0, 1, 1, 1}}
	for k, w := range c.Filter {
		x := float64(pic.Pixels[(13+k/3)*28+13+k%3]) / 255
		c.Pixels, c.Products, c.Sum = append(c.Pixels, x), append(c.Products, w*x), c.Sum+w*x
	}
	for _, v := range noise(rng, 784) {
		c.Map = append(c.Map, float64(v))
	}
	t.Convolution, t.Looked = c, pic
	t.Filters = &Filters{Height: 7, Width: 7}
	for range 8 {
		t.Filters.Weights = append(t.Filters.Weights, noise(rng, 49))
	}
	for i, side := range []int{14, 7, 4, 2, 1} {
		m := Maps{Name: fmt.Sprintf("stage %d", i), Count: 64, Height: side, Width: side}
		for range 4 {
			one := noise(rng, side*side)
			for k := range one {
				if i != 2 { // the maps of one stage have numbers below zero
					one[k] = max(one[k], 0)
				}
			}
			m.Shown = append(m.Shown, one)
		}
		t.Maps = append(t.Maps, m)
	}
	return t
}

func picture(set *data.Set, i int) Picture {
	return Picture{Pixels: set.Image(i), Label: int(set.Labels[i]), Name: fmt.Sprintf("image %d", i)}
}

func averages(set *data.Dataset) *Average {
	a := &Average{Means: make([][]float32, 10)}
	for c := range a.Means {
		a.Means[c] = make([]float32, 784)
	}
	for i, label := range set.Train.Labels {
		for k, v := range set.Train.Image(i) {
			a.Means[label][k] += float32(v) / 255 / 20
		}
	}
	post := &PostBaseline{PerClass: make([]float64, 10), MeanOfClasses: 0.8173, Accuracy: 0.8203}
	per := []float64{0.9, 0.96, 0.76, 0.81, 0.83, 0.69, 0.86, 0.83, 0.74, 0.81}
	copy(post.PerClass, per)
	a.MSE = Baseline{PerClass: per, MeanOfClasses: 0.819, Accuracy: 0.8203, Confusion: spread(per), Post: post}
	a.MAE = Baseline{PerClass: per, MeanOfClasses: 0.661, Accuracy: 0.6685, Confusion: spread(per)}
	for i := range 3 {
		near := Nearest{Picture: picture(set.Test, i)}
		for c := range a.Means {
			near.MAE = append(near.MAE, 0.1+float64((c+i)%10)/100)
			near.MSE = append(near.MSE, 0.05+float64((c+2*i+near.Picture.Label)%10)/100)
		}
		a.OnlyMAE, a.OnlyMSE, a.BothMisled = append(a.OnlyMAE, near), append(a.OnlyMSE, near), append(a.BothMisled, near)
	}
	return a
}

// spread makes a confusion matrix of ten images a class.
func spread(per []float64) [][]int {
	out := make([][]int, len(per))
	for i, v := range per {
		out[i] = make([]int, len(per))
		out[i][i] = int(math.Round(10 * v))
		out[i][(i+3)%len(per)] += 10 - out[i][i]
	}
	return out
}

func trained(chapter, model, loss string, test *data.Set, rng *rand.Rand) *Trained {
	t := &Trained{
		Chapter: chapter, Model: model, Loss: loss, Rate: 1, Batch: 256, Weights: 7850, Seconds: 12.5,
		Start: Point{TestLoss: 2.3, Accuracy: 0.1},
		Post:  &PostCurve{First: Range{0.83, 0.84, 0.85}, Last: Range{0.9, 0.91, 0.92}},
	}
	for e := 1; e <= 41; e++ {
		v := 0.93 - 0.1/float64(e)
		t.Curve = append(t.Curve, Point{Epoch: e, TrainLoss: 1 / float64(e), TestLoss: 1.1 / float64(e), Accuracy: v, Seconds: 0.3})
		t.Post.Mean = append(t.Post.Mean, v-0.01)
	}
	per := []float64{0.9, 1, 0.8, 0.9, 0.9, 0.7, 0.9, 0.9, 0.8, 0}
	t.Final = &train.Evaluation{Images: 100, Classes: 10, Accuracy: 0.93, PerClass: per, Confusion: spread(per)}
	for i := range 10 {
		t.Push = append(t.Push, Push{float64(i) / 10, float64(i+1) / 10, 10 * (i % 9), float64(10-i) / 10})
	}
	for i := range 4 {
		t.Worst = append(t.Worst, Mistake{Picture: picture(test, i), Answer: (int(test.Labels[i]) + 1) % 10, Probs: []float64{0.91, 0.02, 0.0001, 0.01, 0.02, 0, 0.01, 0.01, 0.01, 0.0099}})
	}
	if model == "network" {
		for range 20 {
			t.Hidden = append(t.Hidden, Unit{In: noise(rng, 784), Before: noise(rng, 784), Out: noise(rng, 10)})
		}
		return t
	}
	for _, e := range []int{0, 1, 10, 41} {
		snap := Snapshot{Epoch: e}
		for range 10 {
			snap.Weights = append(snap.Weights, noise(rng, 784))
		}
		t.Snapshots = append(t.Snapshots, snap)
	}
	t.Unfolded = unfolded(picture(test, 0), t.Snapshots[3].Weights)
	return t
}

func noise(rng *rand.Rand, n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rng.NormFloat64())
	}
	return out
}

func unfolded(pic Picture, weights [][]float32) *Unfolded {
	u := &Unfolded{Picture: pic, Answer: pic.Label}
	total := 0.0
	for c, w := range weights {
		one := UnfoldedClass{Class: c, Bias: float64(c) / 10}
		one.Logit = one.Bias
		for i, v := range pic.Pixels {
			product := float64(v) / 255 * float64(w[i])
			one.Products = append(one.Products, product)
			one.Logit += product
		}
		total += math.Exp(one.Logit)
		u.Classes = append(u.Classes, one)
	}
	for i := range u.Classes {
		u.Classes[i].Probability = math.Exp(u.Classes[i].Logit) / total
	}
	return u
}

// recast turns the synthetic story into one of 20 x 20 images with so many
// channels, light by the border, of two classes, with one epoch of training.
func recast(channels int, light bool) *Story {
	s := synthetic()
	s.Data.Channels, s.Data.Height, s.Data.Width = channels, 20, 20
	s.Data.Classes = []string{"blackberry", "strawberry"}
	s.Data.BuiltIn, s.Data.From = false, "synth: synth: two fruits"
	values := max(channels, 1) * 400
	rng := rand.New(rand.NewPCG(3, 4))
	image := func(label int) Picture {
		p := Picture{Pixels: make([]uint8, values), Label: label, Name: "a fruit"}
		for i := range p.Pixels {
			if light {
				p.Pixels[i] = uint8(150 + rng.IntN(60))
			}
		}
		for i := 150; i < 160; i++ { // a dark or a light patch in the middle
			p.Pixels[i] = 255 - p.Pixels[0]
		}
		return p
	}
	s.Pixels = &Pixels{Samples: [][]Picture{{image(0)}, {image(1)}}, One: image(0)}
	all := []float64{1, 1}
	a := Baseline{PerClass: all, MeanOfClasses: 1, Accuracy: 1, Confusion: [][]int{{1, 0}, {0, 1}}}
	s.Average = &Average{Means: [][]float32{make([]float32, values), make([]float32, values)}, MAE: a, MSE: a}
	for _, t := range s.Trained {
		t.Post, t.Curve, t.Seconds, t.Weights = nil, t.Curve[:1], 0.004, 2*values+2
		t.Final = &train.Evaluation{Images: 2, Classes: 2, Accuracy: 0.5, PerClass: []float64{1, 0}, Confusion: [][]int{{1, 0}, {1, 0}}}
		t.Worst = []Mistake{{Picture: image(1), Answer: 0, Probs: []float64{0.9, 0.1}}}
		for i := range t.Hidden {
			t.Hidden[i] = Unit{In: noise(rng, values), Before: noise(rng, values), Out: noise(rng, 2)}
		}
		if c := t.Convolution; c != nil {
			c.Picture, t.Looked, t.Others = image(0), image(1), nil
			c.Map = c.Map[:400]
		}
		if t.Model != "linear" {
			continue
		}
		t.Snapshots = nil
		for epoch := range 2 {
			t.Snapshots = append(t.Snapshots, Snapshot{Epoch: epoch, Weights: [][]float32{noise(rng, values), noise(rng, values)}})
		}
		t.Unfolded = unfolded(image(0), t.Snapshots[1].Weights)
	}
	return s
}
