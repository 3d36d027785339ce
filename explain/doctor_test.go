package explain_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/data"
	"inkling/data/synth"
	"inkling/device"
	"inkling/device/cpu"
	"inkling/device/ref"
	"inkling/explain"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

var spec = models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}

func fanIn(seed uint64) nn.Init {
	return nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(seed, 0)))
}

// batch returns n drawn digits and their labels.
func batch(n int) (x, y *tensor.Tensor) {
	set := synth.Generate(n, 0, 1).Train
	for x, y := range data.NewLoader(tensor.CPU, set, n).Epoch(nil) {
		return x, y
	}
	panic("no batch")
}

// look returns what the doctor says under one check; an empty Finding if nothing.
func look(findings []explain.Finding, check string) explain.Finding {
	i := slices.IndexFunc(findings, func(f explain.Finding) bool { return f.Check == check })
	if i < 0 {
		return explain.Finding{}
	}
	return findings[i]
}

// finds fails unless the doctor complains under the check, in these words.
func finds(t *testing.T, findings []explain.Finding, check, words string) {
	t.Helper()
	if f := look(findings, check); f.Fine || !strings.Contains(f.Sentence, words) {
		t.Errorf("check %s says %q, want a complaint with %q; all findings: %+v", check, f.Sentence, words, findings)
	}
}

// allFine fails if the doctor complains at all.
func allFine(t *testing.T, findings []explain.Finding) {
	t.Helper()
	for _, f := range findings {
		if !f.Fine {
			t.Errorf("check %s: %s", f.Check, f.Sentence)
		}
		if f.Sentence == "" || !strings.HasSuffix(f.Sentence, ".") && !strings.HasSuffix(f.Sentence, ")") {
			t.Errorf("check %s says no sentence: %q", f.Check, f.Sentence)
		}
	}
}

func TestAHealthyModelIsFine(t *testing.T) {
	x, y := batch(256)
	for _, c := range []struct {
		model, loss string
		rate        float64
		init        nn.Init
	}{
		{"linear", "cross-entropy", 0.1, fanIn(1)},
		{"linear", "softmax-mse", 1, fanIn(1)},
		{"linear", "sigmoid-mse", 1, fanIn(1)},
		{"network", "cross-entropy", 0.5, fanIn(1)},
		{"network", "sigmoid-mse", 1, fanIn(1)},
		{"cnn", "cross-entropy", 0.1, models.Init("cnn", tensor.CPU, rand.New(rand.NewPCG(1, 0)))},
		{"resnet-small", "cross-entropy", 0.1, fanIn(1)}, // batch norm trains and infers here
	} {
		m, err := models.New(c.model, spec, c.init)
		if err != nil {
			t.Fatal(err)
		}
		var before [][]float32
		for _, p := range nn.State(m) {
			before = append(before, p.Value.Float32s())
		}
		t.Run(c.model+" "+c.loss, func(t *testing.T) {
			findings := slices.Collect(explain.ExamineModel(m, nn.Losses[c.loss], c.loss, c.rate, x, y))
			allFine(t, findings)
			for _, check := range []string{"probabilities", "repeat", "first-loss", "shuffle", "slope", "by-heart"} {
				if look(findings, check).Sentence == "" {
					t.Errorf("nothing is said under %s", check)
				}
			}
			for i, p := range nn.State(m) {
				if !slices.Equal(p.Value.Float32s(), before[i]) {
					t.Errorf("the examination changed %s", p.Name)
				}
			}
		})
	}
}

// The faults of the museum, one at a time.
func TestTheDoctorFindsModelFaults(t *testing.T) {
	x, y := batch(128)
	linear := func() nn.Sequential { return models.NewLinear(spec, fanIn(1)) }
	examine := func(m nn.Layer, rate float64) []explain.Finding {
		return slices.Collect(explain.ExamineModel(m, nn.CrossEntropy, "cross-entropy", rate, x, y))
	}
	t.Run("probabilities into a cross-entropy", func(t *testing.T) {
		softmax := nn.Func(func(x *autograd.Var) *autograd.Var { return x.Softmax(1) })
		finds(t, examine(nn.Sequential{linear(), softmax}, 0.1), "probabilities", "already probabilities, and cross-entropy turns them into probabilities again")
	})
	t.Run("a softmax over the batch", func(t *testing.T) {
		softmax := nn.Func(func(x *autograd.Var) *autograd.Var { return x.Softmax(0) })
		finds(t, examine(nn.Sequential{linear(), softmax}, 0.1), "probabilities", "a softmax runs over the wrong axis")
	})
	t.Run("evaluating with randomness", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		drop := nn.Func(func(x *autograd.Var) *autograd.Var {
			mask := tensor.CPU.Uniform(rng, 0, 2, x.Shape()...).Greater(tensor.CPU.Scalar(1))
			return x.Mul(autograd.Const(mask))
		})
		finds(t, examine(nn.Sequential{nn.Flatten, drop, linear()}, 0.1), "repeat", "two different answers")
	})
	t.Run("an unshuffled batch", func(t *testing.T) {
		ones := tensor.FromInts(slices.Repeat([]int32{1}, 128), 128)
		finds(t, slices.Collect(explain.ExamineModel(linear(), nn.CrossEntropy, "cross-entropy", 0.1, x, ones)), "shuffle", "All 128 images of the first batch are of one class")
	})
	t.Run("a parameter that nothing reaches", func(t *testing.T) {
		idle := autograd.NewParam("idle.weight", tensor.Ones(3))
		findings := examine(extra{linear(), idle}, 0.1)
		finds(t, findings, "unused", "No gradient reaches idle.weight")
		finds(t, findings, "frozen", "did not change idle.weight at all")
	})
	t.Run("a wrong gradient", func(t *testing.T) {
		// A fifth of what comes in is hidden from the tape, and so of the gradient.
		hides := nn.Func(func(x *autograd.Var) *autograd.Var {
			return x.Scale(0.8).Add(autograd.Const(x.Value().Scale(0.2)))
		})
		finds(t, examine(nn.Sequential{linear(), hides}, 0.1), "slope", "The gradient of linear.weight says that the loss rises by")
	})
	t.Run("a bias at the kink of a ReLU", func(t *testing.T) {
		// Without biases a blank image stands exactly where the ReLU bends: no step is
		// too small to cross it.
		m := nn.Sequential{nn.Flatten, nn.NewLinear("hidden", 784, 32, fanIn(1)), nn.ReLU, nn.NewLinear("output", 32, 10, fanIn(2))}
		m.Params()[1].Value.Fill(0)
		x := x.Clone()
		x.Slice(0, 0, 100).Fill(0)
		y := tensor.FromInts(append(make([]int32, 100), y.Ints()[100:]...), 128) // and all of them are a 0
		examine := func(m nn.Layer, rate float64) []explain.Finding {
			return slices.Collect(explain.ExamineModel(m, nn.CrossEntropy, "cross-entropy", rate, x, y))
		}
		if f := look(examine(m, 0.1), "slope"); !f.Fine || f.Sentence != "Every parameter's gradient agrees with the measured slope of the loss." {
			t.Errorf("kinks count as a wrong backward pass: %s", f.Sentence)
		}
		// But a fault behind such kinks is one.
		hides := nn.Func(func(x *autograd.Var) *autograd.Var {
			return x.Scale(0.5).Add(autograd.Const(x.Value().Scale(0.5)))
		})
		finds(t, examine(nn.Sequential{m, hides}, 0.1), "slope", "the backward pass is wrong")
	})
	t.Run("a gradient of the wrong sign", func(t *testing.T) {
		hides := nn.Func(func(x *autograd.Var) *autograd.Var { return x.Neg().Add(autograd.Const(x.Value().Scale(2))) })
		findings := examine(nn.Sequential{linear(), hides}, 0.1)
		finds(t, findings, "slope", "the backward pass is wrong")
		finds(t, findings, "by-heart", "rate 0.1 is too")
	})
	t.Run("a rate that is too high", func(t *testing.T) {
		finds(t, examine(linear(), 100), "by-heart", "the rate 100 is too high")
		finds(t, examine(linear(), 1e39), "by-heart", "the rate 1e+39 is too high")
	})
	t.Run("a rate that is too low", func(t *testing.T) {
		finds(t, examine(linear(), 1e-6), "by-heart", "hardly moves")
	})
	t.Run("first weights that are too large", func(t *testing.T) {
		m := models.NewLinear(spec, nn.StandardNormal(tensor.CPU, rand.New(rand.NewPCG(1, 0))))
		findings := examine(m, 0.1)
		finds(t, findings, "first-loss", "a model that knows nothing and says so would start at 2.30 = ln 10")
		if f := look(findings, "slope"); !f.Fine {
			t.Errorf("large weights make the gradient look wrong: %s", f.Sentence)
		}
	})
	t.Run("weights that are no numbers", func(t *testing.T) {
		m := linear()
		m.Params()[1].Value.Fill(math.NaN())
		findings := examine(m, 0.1)
		finds(t, findings, "first-loss", "The first loss is NaN")
		if f := look(findings, "repeat"); !f.Fine {
			t.Errorf("NaN twice counts as two answers: %s", f.Sentence)
		}
	})
	t.Run("hidden units that are dead", func(t *testing.T) {
		m := models.NewNetwork(spec, 64, fanIn(1))
		m.Params()[1].Value.Fill(-40)
		finds(t, examine(m, 0.1), "dead-units", "64 of the 64 hidden units after hidden.weight give the same answer whatever the image")
	})
	t.Run("filters that are dead", func(t *testing.T) {
		m := models.NewCNN(spec, fanIn(1))
		m.Params()[1].Value.Fill(-40)
		finds(t, examine(m, 0.1), "dead-units", "hidden units after "+m.Params()[0].Name+" give the same answer")
	})
	t.Run("layers that do not fit together", func(t *testing.T) {
		m := nn.Sequential{nn.Flatten, nn.NewLinear("hidden", 784, 32, fanIn(1)), nn.ReLU, nn.NewLinear("output", 64, 10, fanIn(2))}
		finds(t, examine(m, 0.1), "shapes", "Images of shape [128 1 28 28] do not go through the model: [output] (128, 32) x (64, 10): the layer wants (n, 64)")
		m = nn.Sequential{nn.NewLinear("output", 784, 10, fanIn(2))}
		finds(t, examine(m, 0.1), "shapes", "flatten each image first, with Flatten")
	})
	t.Run("a single output", func(t *testing.T) {
		m := models.NewLinear(models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 1}, fanIn(1))
		finds(t, examine(m, 0.1), "outputs", "shape [128 1] for 128 images")
	})
}

// The running statistics of a batch norm that has seen nothing are no reason to complain
// of the first loss: a first step does not use them.
func TestTheFirstLossIsThatOfAStep(t *testing.T) {
	x, y := batch(32)
	m, err := models.New("resnet8", spec, models.Init("resnet8", tensor.CPU, rand.New(rand.NewPCG(0, 0))))
	if err != nil {
		t.Fatal(err)
	}
	if untouched := nn.CrossEntropy(m.Forward(autograd.Const(x)), y).Value().Item(); untouched < 4 {
		t.Fatalf("the loss with untouched statistics is %.2f: this test shows nothing", untouched)
	}
	for f := range explain.ExamineModel(m, nn.CrossEntropy, "cross-entropy", 0.1, x, y) {
		if f.Check == "first-loss" {
			if !f.Fine {
				t.Error(f.Sentence)
			}
			return
		}
	}
	t.Error("nothing is said of the first loss")
}

// extra is a layer with one parameter more than it uses.
type extra struct {
	nn.Layer
	idle *autograd.Param
}

func (e extra) Params() []*autograd.Param { return append(e.Layer.Params(), e.idle) }

func TestExamineUnits(t *testing.T) {
	live := tensor.CPU.Uniform(rand.New(rand.NewPCG(1, 2)), 0, 1, 20, 10)
	if f := explain.ExamineUnits(live); !f.Fine || f.Sentence != "All 10 hidden units respond to the image." {
		t.Error(f.Sentence)
	}
	live.Index(1, 9).Fill(0)
	if f := explain.ExamineUnits(live); !f.Fine || f.Sentence != "All but 1 of the 10 hidden units respond to the image." {
		t.Error(f.Sentence)
	}
	live.Slice(1, 3, 5).CopyFrom(tensor.Zeros(1))
	if f := explain.ExamineUnits(live); f.Fine || !strings.Contains(f.Sentence, "3 of the 10 hidden units give the same answer whatever the image") {
		t.Errorf("three of ten units are dead: %s", f.Sentence)
	}
	maps := tensor.CPU.Uniform(rand.New(rand.NewPCG(1, 2)), 0, 1, 5, 4, 3, 2) // channels are the units
	maps.Slice(1, 1, 2).Fill(0)
	maps.Slice(1, 2, 3).Fill(0)
	tensor.Set(maps.Index(0, 4).Index(0, 2).Index(0, 2), []float32{0, 1}) // one pixel of one image
	if f := explain.ExamineUnits(maps); f.Fine || !strings.HasPrefix(f.Sentence, "1 of the 4 hidden units") {
		t.Errorf("one of four channels is dead: %s", f.Sentence)
	}
	if f := explain.ExamineUnits(tensor.Zeros(1, 10)); !f.Fine {
		t.Errorf("one image: %s", f.Sentence)
	}
}

func TestHealthyDataAreFine(t *testing.T) {
	findings := explain.ExamineData(synth.Generate(500, 200, 1))
	allFine(t, findings)
	if got := look(findings, "balance").Sentence; got != "Each of the 10 classes has 50 training images." {
		t.Errorf("said %q", got)
	}
	if got := look(explain.ExamineData(synth.Generate(505, 200, 1)), "balance").Sentence; got != "Each of the 10 classes has between 50 and 51 training images." {
		t.Errorf("said %q", got)
	}
}

func TestTheDoctorFindsDataFaults(t *testing.T) {
	// of returns a data set without the training or test images of which drop says so.
	of := func(drop func(test bool, label int32, i int) bool) *data.Dataset {
		ds := synth.Generate(1000, 500, 1)
		cut := func(s *data.Set, test bool) *data.Set {
			var keep []int
			for i, l := range s.Labels {
				if !drop(test, l, i) {
					keep = append(keep, i)
				}
			}
			return s.Subset(keep)
		}
		ds.Train, ds.Test = cut(ds.Train, false), cut(ds.Test, true)
		return ds
	}
	none := func(bool, int32, int) bool { return false }
	t.Run("leak", func(t *testing.T) {
		ds := of(none)
		copy(ds.Test.Image(7), ds.Train.Image(3))
		copy(ds.Test.Image(9), ds.Train.Image(4))
		finds(t, explain.ExamineData(ds), "leak", "2 of the 500 test images are also training images (the first is image 7)")
	})
	t.Run("another mix of classes", func(t *testing.T) {
		finds(t, explain.ExamineData(of(func(test bool, l int32, _ int) bool { return test && l < 5 })), "split", "Class 0 makes 10 % of the training images but 0 % of the test images")
	})
	t.Run("an empty class", func(t *testing.T) {
		finds(t, explain.ExamineData(of(func(test bool, l int32, _ int) bool { return l == 4 })), "classes", "Class 4 has no training images")
	})
	t.Run("imbalance", func(t *testing.T) {
		finds(t, explain.ExamineData(of(func(_ bool, l int32, i int) bool { return l == 4 && i >= 60 })), "balance", "Class 0 has 100 training images and class 4 only 6")
	})
	t.Run("a single class", func(t *testing.T) {
		ds := of(func(_ bool, l int32, _ int) bool { return l != 0 })
		ds.Train.Classes, ds.Test.Classes = ds.Train.Classes[:1], ds.Test.Classes[:1]
		finds(t, explain.ExamineData(ds), "classes", "There is only one class, 0")
	})
	t.Run("other classes", func(t *testing.T) {
		ds := of(func(test bool, l int32, _ int) bool { return test && l > 4 })
		ds.Test.Classes = ds.Test.Classes[:5]
		finds(t, explain.ExamineData(ds), "split", "Training images have 10 classes and test images 5")
	})
	t.Run("no test images", func(t *testing.T) {
		ds := of(none)
		ds.Test = nil
		for _, test := range []*data.Set{nil, ds.Train.Subset(nil)} {
			ds.Test = test
			if f := look(explain.ExamineData(ds), "split"); !f.Fine || !strings.HasPrefix(f.Sentence, "There are no test images: a training sets") {
				t.Errorf("%v %s: a training judges itself on images of its own", f.Fine, f.Sentence)
			}
		}
	})
	t.Run("nothing at all", func(t *testing.T) {
		empty := &data.Set{Channels: 1, Height: 1, Width: 1}
		finds(t, explain.ExamineData(&data.Dataset{Train: empty}), "classes", "only one class")
	})
}

// wrong is the cpu with one element of each product spoilt.
type wrong struct {
	device.Backend
	by float64
}

func (w *wrong) MatMul(dst, x, y, bias device.View) {
	w.Backend.MatMul(dst, x, y, bias)
	one := dst
	one.Rank = 0
	w.Fill(one, w.by)
}

func (*wrong) Describe() string { return "a broken machine" }

func TestExamineMachine(t *testing.T) {
	for _, b := range []device.Backend{cpu.Default(), cpu.New(1), cpu.New(3), ref.New()} {
		if f := explain.ExamineMachine(b); !f.Fine || !strings.Contains(f.Sentence, b.Describe()) {
			t.Errorf("%s: %s", b.Describe(), f.Sentence)
		}
	}
	for _, by := range []float64{1000, math.NaN()} {
		if f := explain.ExamineMachine(&wrong{cpu.Default(), by}); f.Fine || !strings.Contains(f.Sentence, "computes wrongly") || !strings.Contains(f.Sentence, "a broken machine") {
			t.Errorf("a machine with a wrong product: %s", f.Sentence)
		}
	}
}

func TestTheDoctorCountsSteps(t *testing.T) {
	for _, c := range []struct {
		images, batch, epochs int
		dropLast, fine        bool
		want                  string
	}{
		{160, 256, 41, false, false, "160 training images in batches of 256 make only 41 steps in 41 epochs, where the story's 60,000 make 9,635: "},
		{1999, 256, 41, false, false, "only 328 steps"},
		{2000, 256, 41, false, true, "2,000 training images in batches of 256 make 328 steps in 41 epochs."},
		{60000, 64, 4, true, true, "60,000 training images in batches of 64 make 3,748 steps in 4 epochs."},
		{100, 64, 4, true, false, "only 4 steps in 4 epochs, where the story's 60,000 make 3,748: "},
	} {
		if f := explain.ExamineSteps(c.images, c.batch, c.epochs, c.dropLast); f.Fine != c.fine || !strings.Contains(f.Sentence, c.want) {
			t.Errorf("%+v: %+v", c, f)
		}
	}
}
