package train_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/data"
	"inkling/data/synth"
	"inkling/device/cpu"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// finding is a trainer of a linear model on digits, with momentum.
func finding(t *testing.T, mem *tensor.Memory) (*train.Trainer, *optim.SGD) {
	model := build(t, "linear", mem)
	opt := optim.NewSGD(model.Params(), 0.01)
	opt.Momentum = 0.9
	return &train.Trainer{
		Model: model, Loss: nn.CrossEntropy, Optimizer: opt, Epochs: 1, Seed: 3,
		Train: data.NewLoader(mem, synth.Generate(1000, 0, 1).Train, 32), // 32 batches: the search needs several epochs
	}, opt
}

func TestFindRate(t *testing.T) {
	trainer, opt := finding(t, tensor.On(cpu.New(1)))
	trainer.Hooks = []any{afterStep(func(*train.Step) error { return errors.New("hooks take no part") })}
	trainer.Rate = optim.Constant(100)
	before := weights(trainer.Model)
	var steps []int
	c, err := train.FindRate(context.Background(), trainer, func(step, of int) {
		if of != 100 {
			t.Errorf("step %d of %d", step, of)
		}
		steps = append(steps, step)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(weights(trainer.Model), before) || opt.Rate != 0.01 || opt.Momentum != 0.9 || opt.State().Steps != 0 || len(opt.State().Tensors) != 0 {
		t.Error("the model or the optimiser is not where it was before")
	}
	n := len(c.Rates)
	if n != len(c.Losses) || n != len(steps) || steps[n-1] != n || n < 50 {
		t.Errorf("%d rates, %d losses, %d calls of progress", n, len(c.Losses), len(steps))
	}
	if math.Abs(c.Rates[0]-1e-7) > 1e-20 || math.Abs(c.Rates[25]/c.Rates[0]-100) > 1e-9 {
		t.Errorf("rates begin %v and rise by %v in 25 steps, want 1e-7 and 100", c.Rates[0], c.Rates[25]/c.Rates[0])
	}
	last, best := c.Losses[n-1], slices.Min(c.Losses)
	if n < 100 && last <= 4*best {
		t.Errorf("stopped after %d steps at a loss of %v; the best was %v", n, last, best)
	}
	if slices.IndexFunc(c.Losses[:n-1], func(l float64) bool { return l > 4*best }) >= 0 && slices.Index(c.Losses, best) < n-2 {
		t.Error("it went on after the loss was four times its best")
	}

	// The suggestions are rates to train with: three epochs at one learn more than
	// at a thousandth of it, and more than at the rate that the search ended with.
	learned := func(rate float64) float64 {
		trainer, opt := finding(t, tensor.On(cpu.New(1)))
		opt.Rate = rate
		trainer.Epochs = 3
		if err := trainer.Run(context.Background()); err != nil {
			return 0
		}
		return train.Evaluate(trainer.Model, nil, trainer.Train).Accuracy
	}
	for name, rate := range map[string]float64{"valley": c.Valley, "steepest": c.Steepest} {
		at, less, more := learned(rate), learned(rate/1000), learned(c.Rates[n-1])
		t.Logf("%s, %.3g: %.3f; at a thousandth %.3f, at the end %.3f", name, rate, at, less, more)
		if at <= less || at <= more || at < 0.7 {
			t.Errorf("%s: at %.3g it learns to %.3f, at a thousandth to %.3f, at %.3g to %.3f", name, rate, at, less, c.Rates[n-1], more)
		}
	}
}

// The same search twice gives the same curve: nothing of the first is left behind.
func TestFindRateLeavesNothingBehind(t *testing.T) {
	trainer, opt := finding(t, tensor.On(cpu.New(2)))
	trainer.Epochs = 1
	if err := trainer.Run(context.Background()); err != nil { // so that there is momentum to keep
		t.Fatal(err)
	}
	velocity := opt.State().Clone()
	first, err := train.FindRate(context.Background(), trainer, nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := train.FindRate(context.Background(), trainer, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(first.Losses, second.Losses) || first.Valley != second.Valley {
		t.Error("two searches on the same model differ")
	}
	for i, v := range opt.State().Tensors {
		if !slices.Equal(v.Value.Float32s(), velocity.Tensors[i].Value.Float32s()) {
			t.Errorf("%s is not what it was", v.Name)
		}
	}
}

func TestFindRateWithoutAnAnswer(t *testing.T) {
	trainer, _ := finding(t, tensor.CPU)
	trainer.Model.Params()[0].Value.Fill(math.NaN())
	if _, err := train.FindRate(context.Background(), trainer, nil); err == nil || !strings.Contains(err.Error(), "exploded at step 1") {
		t.Errorf("a model of NaN: %v", err)
	}
	trainer, _ = finding(t, tensor.CPU)
	ctx, cancel := context.WithCancel(context.Background())
	before := weights(trainer.Model)
	if _, err := train.FindRate(ctx, trainer, func(step, _ int) {
		if step == 70 {
			cancel()
		}
	}); !errors.Is(err, context.Canceled) || !slices.Equal(weights(trainer.Model), before) {
		t.Errorf("cancelled: %v, or the model has changed", err)
	}
}

// The explosion does not set the axis of a chart.
func TestDrawnRates(t *testing.T) {
	c := &train.RateCurve{Losses: []float64{2, 1, 15}}
	if got := c.Drawn(); !slices.Equal(got, []float64{2, 1, 3}) || c.Losses[2] != 15 {
		t.Errorf("%v are drawn as %v", c.Losses, got)
	}
}
