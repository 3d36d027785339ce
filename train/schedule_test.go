package train_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/data"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// settings is an optimiser that notes rate and momentum of each step.
type settings struct {
	*optim.SGD
	rates, momenta []float64
}

func (s *settings) Step(g autograd.Grads) {
	s.rates, s.momenta = append(s.rates, s.Rate), append(s.momenta, s.Momentum)
	s.SGD.Step(g)
}

func TestScheduleAtEveryBatch(t *testing.T) {
	var ends []float64
	trainer := small(t, 5, afterEpoch(func(e *train.Epoch) error { ends = append(ends, e.Rate); return nil }))
	opt := &settings{SGD: optim.NewSGD(trainer.Model.Params(), 5)}
	trainer.Optimizer = opt
	trainer.Train = data.NewLoader(tensor.CPU, halves(35), 10)
	trainer.Train.DropLast = true // three batches an epoch, 35 images make no fourth
	trainer.Epochs = 2
	trainer.Rate, trainer.Momentum = optim.Linear(0.6, 0), optim.Linear(0, 0.9)
	if err := trainer.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }
	if want := []float64{0.6, 0.5, 0.4, 0.3, 0.2, 0.1}; !slices.EqualFunc(opt.rates, want, near) {
		t.Errorf("rates %v, want %v", opt.rates, want)
	}
	if want := []float64{0, 0.15, 0.3, 0.45, 0.6, 0.75}; !slices.EqualFunc(opt.momenta, want, near) {
		t.Errorf("momenta %v, want %v", opt.momenta, want)
	}
	if want := []float64{0.4, 0.1}; !slices.EqualFunc(ends, want, near) {
		t.Errorf("epochs say rates %v, want %v", ends, want)
	}
}

// Without a schedule the optimiser's own rate stays, and an epoch says it.
func TestNoSchedule(t *testing.T) {
	trainer := small(t, 0.25, afterEpoch(func(e *train.Epoch) error {
		if e.Rate != 0.25 {
			t.Errorf("epoch %d says a rate of %v, want 0.25", e.Epoch, e.Rate)
		}
		return nil
	}))
	if err := trainer.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestDropLast(t *testing.T) {
	trainer := small(t, 0.5, afterStep(func(s *train.Step) error {
		if s.Labels.Len() != 10 {
			t.Errorf("a batch of %d images", s.Labels.Len())
		}
		return nil
	}))
	trainer.Train = data.NewLoader(tensor.CPU, halves(35), 10)
	trainer.Train.DropLast = true
	if err := trainer.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	// An evaluation leaves nothing out.
	if e := train.Evaluate(trainer.Model, nn.CrossEntropy, trainer.Train); len(e.Answers) != 35 || e.Accuracy != 1 {
		t.Errorf("%d of 35 images evaluated, accuracy %v", len(e.Answers), e.Accuracy)
	}
	trainer.Train.Batch = 36
	want := "35 training images do not fill one batch of 36, and the last short batch is dropped: nothing is left; choose a smaller batch"
	if err := trainer.Run(context.Background()); err == nil || err.Error() != want {
		t.Errorf("batches of 36: %v", err)
	}
}

// With clipping no step is longer than rate times limit.
func TestClipping(t *testing.T) {
	for _, byNorm := range []bool{true, false} {
		trainer := small(t, 1)
		before := weights(trainer.Model)
		const limit = 0.001
		most := func(after []float32) (norm, value float64) {
			for i := range after {
				d := math.Abs(float64(after[i] - before[i]))
				norm, value = norm+d*d, max(value, d)
			}
			return math.Sqrt(norm), value
		}
		trainer.Train = data.NewLoader(tensor.CPU, halves(10), 10)
		trainer.Epochs = 1
		if byNorm {
			trainer.ClipNorm = limit
		} else {
			trainer.ClipValue = limit
		}
		if err := trainer.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		norm, value := most(weights(trainer.Model))
		got := value
		if byNorm {
			got = norm
		}
		if math.Abs(got-limit) > 1e-6 {
			t.Errorf("by norm %v: a step of %v, want %v", byNorm, got, limit)
		}
	}
}

// The averages are what is evaluated, what hooks of an epoch see and what Run
// leaves in the model; the steps go on from the model's own values.
func TestAveragesAreEvaluated(t *testing.T) {
	plain := small(t, 0.5)
	if err := plain.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	own := weights(plain.Model)
	var trainer *train.Trainer
	var seen []float32
	var last *train.Epoch
	trainer = small(t, 0.5, afterEpoch(func(e *train.Epoch) error { seen, last = weights(trainer.Model), e; return nil }))
	trainer.EMA = optim.NewEMA(trainer.Model.Params(), 0.9)
	if err := trainer.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	averages := weights(trainer.Model)
	if !slices.Equal(averages, seen) {
		t.Error("what Run leaves is not what the last hook saw")
	}
	if slices.Equal(averages, own) {
		t.Error("the averages are the last step's values")
	}
	if again := train.Evaluate(trainer.Model, nn.CrossEntropy, trainer.Valid); again.Loss != last.Valid.Loss {
		t.Errorf("the model's loss is %v, the last epoch said %v", again.Loss, last.Valid.Loss)
	}
	trainer.EMA.Restore()
	if !slices.Equal(weights(trainer.Model), own) {
		t.Error("averaging has changed the steps")
	}
}

func TestAveragesForgetADivergence(t *testing.T) {
	var trainer *train.Trainer
	var good []float32
	trainer = small(t, 0.1, afterEpoch(func(e *train.Epoch) error {
		trainer.EMA.Restore()
		good = weights(trainer.Model)
		trainer.EMA.Apply()
		trainer.Optimizer.SetRate(1e39)
		return nil
	}))
	trainer.EMA = optim.NewEMA(trainer.Model.Params(), 0.9)
	var d *train.Diverged
	if err := trainer.Run(context.Background()); !errors.As(err, &d) || !strings.Contains(err.Error(), "epoch 2") {
		t.Fatalf("%v, want a divergence in the second epoch", err)
	}
	if !slices.Equal(weights(trainer.Model), good) {
		t.Error("the model is not back at the end of epoch 0")
	}
}
