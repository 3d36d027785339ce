package explain_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/explain"
	"inkling/train"

	"pgregory.net/rapid"
)

// answers are the logarithms of the given probabilities as logits: the softmax gives
// the probabilities back.
func answers(labels []int32, probabilities ...[]float64) *explain.Answers {
	var logits []float32
	for _, row := range probabilities {
		for _, p := range row {
			logits = append(logits, float32(math.Log(p)))
		}
	}
	return &explain.Answers{Evaluation: train.Tally(logits, labels, len(logits)/len(labels)), Labels: labels}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-6) {
		t.Errorf("%s is %.9g, want %.9g", what, got, want)
	}
}

func TestWilson(t *testing.T) {
	const z = 1.959963984540054
	for _, c := range []struct {
		right, n  int
		low, high float64
	}{
		{0, 10, 0, z * z / (10 + z*z)}, {10, 10, 10 / (10 + z*z), 1}, {1, 1, 1 / (1 + z*z), 1}, {0, 0, 0, 1},
		{5, 10, 0.2365930905, 0.7634069095},
	} {
		low, high := explain.Wilson(c.right, c.n)
		near(t, "the lower end", low, c.low)
		near(t, "the upper end", high, c.high)
	}
	// The definition: were an end the true share, the observed one would lie 1.96
	// standard errors away from it.
	low, high := explain.Wilson(9941, 10000)
	for _, p := range []float64{low, high} {
		near(t, "the distance from an end", math.Abs(0.9941-p)/math.Sqrt(p*(1-p)/10000), z)
	}
}

func TestScoresByHand(t *testing.T) {
	// Class 0: three images, two right. Class 1: one image, right. Class 2: none, answered once. Class 3: nothing.
	e := train.Tally([]float32{
		9, 0, 0, 0,
		9, 0, 0, 0,
		0, 0, 9, 0,
		0, 9, 0, 0,
	}, []int32{0, 0, 0, 1}, 4)
	a := &explain.Answers{Evaluation: e, Labels: []int32{0, 0, 0, 1}}
	s := a.Scores()
	if want := []explain.ClassScore{{3, 2, 2}, {1, 1, 1}, {0, 1, 0}, {0, 0, 0}}; !slices.Equal(s, want) {
		t.Fatalf("scores %v, want %v", s, want)
	}
	recall, _ := s[0].Recall()
	precision, _ := s[0].Precision()
	f1, _ := s[0].F1()
	near(t, "recall", recall, 2.0/3)
	near(t, "precision", precision, 1)
	near(t, "F1", f1, 2*1*(2.0/3)/(1+2.0/3))
	if _, ok := s[2].Recall(); ok {
		t.Error("a class without images has a recall")
	}
	if p, ok := s[2].Precision(); p != 0 || !ok {
		t.Errorf("a class that was answered wrongly has precision %v, %v", p, ok)
	}
	if _, ok := s[3].F1(); ok {
		t.Error("a class that did not occur has an F1")
	}
	near(t, "the mean F1", explain.MeanF1(s), (0.8+1)/2)
	if c := a.Confusions(5); len(c) != 1 || c[0] != (explain.Confused{Label: 0, Answer: 2, Images: 1}) {
		t.Errorf("confusions %v", c)
	}
}

func TestCalibrationByHand(t *testing.T) {
	a := answers([]int32{0, 0, 1, 1}, []float64{0.9, 0.1}, []float64{0.9, 0.1}, []float64{0.92, 0.08}, []float64{0.3, 0.7})
	c := a.Calibration()
	// Of 15 bins the 14th, (13/15, 14/15], holds the first three, right in two; the 11th, (10/15, 11/15], the last.
	b := c.Bins[13]
	if b.Images != 3 || c.Bins[10].Images != 1 {
		t.Fatalf("bins %+v", c.Bins)
	}
	near(t, "the confidence", b.Confidence, (0.9+0.9+0.92)/3)
	near(t, "the accuracy", b.Accuracy, 2.0/3)
	near(t, "the error", c.Error, (math.Abs(2.72-2)+0.3)/4)
	near(t, "the log loss", c.LogLoss, -(2*math.Log(0.9)+math.Log(0.08)+math.Log(0.7))/4)

	a.Temperature = 2 // the square roots of the probabilities, made to add up to 1
	near(t, "a probability at temperature 2", a.Probabilities(0)[0], 3.0/4)
	near(t, "the log loss at temperature 2", a.Calibration().LogLoss, -(2*math.Log(0.75)+math.Log(math.Sqrt(0.08)/(math.Sqrt(0.08)+math.Sqrt(0.92)))+math.Log(math.Sqrt(0.7)/(math.Sqrt(0.3)+math.Sqrt(0.7))))/4)

	far := &explain.Answers{Evaluation: train.Tally([]float32{0, 1e4}, []int32{0}, 2), Labels: []int32{0}}
	near(t, "the log loss of an impossible class", far.Calibration().LogLoss, 1e4)
}

// A model that says 0.9 and is right in three of four: the temperature that makes it
// say 0.75 is log 9 / log 3 = 2.
func TestFitTemperatureByHand(t *testing.T) {
	sure := []float64{0.9, 0.1}
	a := answers([]int32{0, 0, 0, 1}, sure, sure, sure, sure)
	got, err := explain.FitTemperature(a.Evaluation, a.Labels)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "the temperature", got, 2)
	a.Temperature = got
	near(t, "the error after the fit", a.Calibration().Error, 0)
	for _, c := range []struct {
		what   string
		labels []int32
	}{{"always right", []int32{0, 0, 0, 0}}, {"no better than chance", []int32{0, 0, 1, 1}}, {"mostly wrong", []int32{1, 1, 1, 0}}} {
		b := answers(c.labels, sure, sure, sure, sure)
		if got, err := explain.FitTemperature(b.Evaluation, b.Labels); !errors.Is(err, explain.ErrTemperature) {
			t.Errorf("%s: temperature %v, %v", c.what, got, err)
		}
	}
}

// Answers that are drawn from their own probabilities, made too sure by a known
// factor: the fit finds the factor again.
func TestFitTemperatureFindsAKnownOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n, classes, factor = 20_000, 5, 2.5
	var logits []float32
	var labels []int32
	for range n {
		row := make([]float32, classes)
		for k := range row {
			row[k] = float32(2 * rng.NormFloat64())
		}
		u, label := rng.Float64(), 0
		for p := explain.Softmax(row); label < classes-1 && u > p[label]; label++ {
			u -= p[label]
		}
		labels = append(labels, int32(label))
		for _, z := range row {
			logits = append(logits, factor*z)
		}
	}
	e := train.Tally(logits, labels, classes)
	got, err := explain.FitTemperature(e, labels)
	if err != nil || math.Abs(got-factor) > 0.1 {
		t.Errorf("temperature %v, %v, want about %v", got, err, factor)
	}
	before, after := &explain.Answers{Evaluation: e, Labels: labels}, &explain.Answers{Evaluation: e, Labels: labels, Temperature: got}
	b, c := before.Calibration(), after.Calibration()
	if c.Error > 0.02 || b.Error < 5*c.Error || c.LogLoss >= b.LogLoss {
		t.Errorf("error %v -> %v, log loss %v -> %v", b.Error, c.Error, b.LogLoss, c.LogLoss)
	}
}

func TestLabelErrorsByHand(t *testing.T) {
	a := answers([]int32{0, 0, 0, 1, 1, 1},
		[]float64{0.9, 0.1}, []float64{0.8, 0.2}, []float64{0.02, 0.98}, // the third looks like class 1
		[]float64{0.1, 0.9}, []float64{0.3, 0.7}, []float64{0.48, 0.52}, // thresholds: 0.573 and 0.707
	)
	worst, all := a.LabelErrors(5)
	if all != 1 || worst[0].Index != 2 || worst[0].Label != 0 || worst[0].Likely != 1 {
		t.Fatalf("%d suspects: %+v", all, worst)
	}
	near(t, "the difference", worst[0].Difference, 0.96)
	// A mistake of which the model is not sure enough is no label error.
	b := answers([]int32{0, 0, 1, 1}, []float64{0.9, 0.1}, []float64{0.45, 0.55}, []float64{0.1, 0.9}, []float64{0.1, 0.9})
	if worst, all := b.LabelErrors(5); all != 0 || len(worst) != 0 {
		t.Errorf("suspects among unsure mistakes: %+v", worst)
	}
}

// The images of a good model give thresholds of 0.99; a mistake at 0.95 is a suspect all the same.
func TestLabelErrorsOfAGoodModel(t *testing.T) {
	good := []float64{0.995, 0.005}
	a := answers([]int32{0, 0, 0, 1, 0, 0}, good, good, good, []float64{0.005, 0.995}, []float64{0.05, 0.95}, []float64{0.12, 0.88})
	if worst, all := a.LabelErrors(5); all != 1 || worst[0].Index != 4 {
		t.Errorf("%d suspects: %+v", all, worst)
	}
}

// Labels that were exchanged on purpose are found, and the others left alone.
func TestLabelErrorsFindExchangedLabels(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n, classes = 3000, 6
	var logits []float32
	labels, exchanged := make([]int32, n), map[int]bool{}
	for i := range n {
		right := rng.IntN(classes)
		for k := range classes {
			z := rng.NormFloat64()
			if k == right {
				z += 8
			}
			logits = append(logits, float32(z))
		}
		if labels[i] = int32(right); i%50 == 0 {
			labels[i], exchanged[i] = int32((right+1+rng.IntN(classes-1))%classes), true
		}
	}
	a := &explain.Answers{Evaluation: train.Tally(logits, labels, classes), Labels: labels}
	worst, all := a.LabelErrors(1000)
	found := 0
	for _, s := range worst {
		if exchanged[s.Index] {
			found++
		}
	}
	if found < 58 || all > 61 { // of 60
		t.Errorf("%d suspects, %d of the 60 exchanged labels among them", all, found)
	}
}

// Whatever the logits: every figure is a number within its bounds.
func TestFiguresAreNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes, n := rapid.IntRange(1, 12).Draw(t, "classes"), rapid.IntRange(0, 40).Draw(t, "images")
		scale := rapid.SampledFrom([]float32{0, 1e-6, 1, 100, 1e6, 1e30}).Draw(t, "scale")
		logits, labels := make([]float32, n*classes), make([]int32, n)
		for i := range logits {
			logits[i] = scale * float32(rapid.IntRange(-5, 5).Draw(t, "logit"))
		}
		for i := range labels {
			labels[i] = int32(rapid.IntRange(0, classes-1).Draw(t, "label"))
		}
		e := train.Tally(logits, labels, classes)
		temperature, err := explain.FitTemperature(e, labels)
		if err == nil && !(temperature >= 0.04 && temperature <= 21) || err != nil && !errors.Is(err, explain.ErrTemperature) {
			t.Fatalf("temperature %v, %v", temperature, err)
		}
		a := &explain.Answers{Evaluation: e, Labels: labels, Temperature: temperature}
		share := func(what string, v float64) {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("%s is %v", what, v)
			}
		}
		c := a.Calibration()
		share("the error", c.Error)
		if !(c.LogLoss >= 0) || math.IsInf(c.LogLoss, 0) {
			t.Fatalf("log loss %v", c.LogLoss)
		}
		images := 0
		for _, b := range c.Bins {
			images += b.Images
			share("a confidence", b.Confidence)
			share("an accuracy", b.Accuracy)
		}
		if images != n {
			t.Fatalf("%d of %d images in the bins", images, n)
		}
		right := 0
		for _, s := range a.Scores() {
			right += s.Right
			for _, f := range []func() (float64, bool){s.Recall, s.Precision, s.F1} {
				v, _ := f()
				share("a score", v)
			}
		}
		low, high := explain.Wilson(right, n)
		share("the mean F1", explain.MeanF1(a.Scores()))
		if !(0 <= low && low <= e.Accuracy && (e.Accuracy <= high || n == 0) && high <= 1) {
			t.Fatalf("%d of %d: %v to %v", right, n, low, high)
		}
		if wrong := a.Worst(1000); len(wrong) != n-right {
			t.Fatalf("%d mistakes, want %d", len(wrong), n-right)
		}
		suspects, all := a.LabelErrors(3)
		if len(suspects) != min(all, 3) {
			t.Fatalf("%d of %d suspects", len(suspects), all)
		}
	})
}
