package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/data"
	"inkling/data/synth"
	"inkling/device/cpu"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

var digits = models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}

// build returns a model with its first weights on the given memory.
func build(t testing.TB, name string, mem *tensor.Memory) nn.Layer {
	t.Helper()
	m, err := models.New(name, digits, nn.FanIn(mem, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// afterStep and afterEpoch are hooks that call themselves.
type (
	afterStep  func(s *train.Step) error
	afterEpoch func(e *train.Epoch) error
)

func (f afterStep) Step(s *train.Step) error    { return f(s) }
func (f afterEpoch) Epoch(e *train.Epoch) error { return f(e) }

// halves returns n images of 2 x 4 pixels with noise, and ink on the left or on
// the right: two classes that a line separates.
func halves(n int) *data.Set {
	s := &data.Set{Channels: 1, Height: 2, Width: 4, Classes: []string{"left", "right"}}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		label := i % 2
		for p := range 8 {
			ink := rng.IntN(100)
			if p%4/2 == label {
				ink += 155
			}
			s.Images = append(s.Images, uint8(ink))
		}
		s.Labels = append(s.Labels, int32(label))
	}
	return s
}

// small returns a trainer of a linear model on halves: 10 batches an epoch.
func small(t testing.TB, rate float64, hooks ...any) *train.Trainer {
	set := halves(100)
	m, err := models.New("linear", models.Spec{Channels: 1, Height: 2, Width: 4, Classes: 2}, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	return &train.Trainer{
		Model: m, Loss: nn.CrossEntropy, Optimizer: optim.NewSGD(m.Params(), rate),
		Train: data.NewLoader(tensor.CPU, set, 10), Valid: data.NewLoader(tensor.CPU, halves(51), 20),
		Epochs: 5, Seed: 1, Hooks: hooks,
	}
}

// weights returns all parameters as one list.
func weights(m nn.Layer) (all []float32) {
	for _, p := range m.Params() {
		all = append(all, p.Value.Float32s()...)
	}
	return all
}

func TestTrainingLearns(t *testing.T) {
	for name, loss := range nn.Losses {
		var seen []*train.Epoch
		trainer := small(t, 1, afterEpoch(func(e *train.Epoch) error { seen = append(seen, e); return nil }))
		trainer.Loss, trainer.Epochs = loss, 8
		if err := trainer.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		last := seen[len(seen)-1]
		if len(seen) != 8 || last.Epoch != 7 || last.Valid.Accuracy != 1 || last.Valid.Images != 51 {
			t.Errorf("%s: after %d epochs %.0f %% of %d images are right", name, len(seen), 100*last.Valid.Accuracy, last.Valid.Images)
		}
		if last.TrainLoss >= seen[0].TrainLoss/1.5 || last.Valid.Loss >= seen[0].Valid.Loss {
			t.Errorf("%s: the loss goes from %.3f to %.3f in training, from %.3f to %.3f in validation", name, seen[0].TrainLoss, last.TrainLoss, seen[0].Valid.Loss, last.Valid.Loss)
		}
		if last.Seconds <= 0 {
			t.Errorf("%s: an epoch took %v seconds", name, last.Seconds)
		}
	}
}

// The loss of an epoch is the mean over its images, however they fall into batches.
func TestTrainLossIsAMeanOverImages(t *testing.T) {
	var got float64
	trainer := small(t, 0, afterEpoch(func(e *train.Epoch) error { got = e.TrainLoss; return nil }))
	trainer.Train = data.NewLoader(tensor.CPU, halves(51), 20) // 20, 20 and 11
	trainer.Epochs, trainer.Valid = 1, nil
	if err := trainer.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := train.Evaluate(trainer.Model, nn.CrossEntropy, data.NewLoader(tensor.CPU, halves(51), 51)).Loss
	if d := got - want; d > 1e-6 || d < -1e-6 {
		t.Errorf("mean loss %v, want %v", got, want)
	}
}

// both is a hook for steps and epochs.
type both struct{ log func(string) }

func (b both) Step(s *train.Step) error {
	b.log(fmt.Sprintf("b%d.%d", s.Epoch, s.Batch))
	return nil
}
func (b both) Epoch(e *train.Epoch) error { b.log(fmt.Sprintf("b%d", e.Epoch)); return nil }

func TestHooksAreCalledInOrder(t *testing.T) {
	var calls []string
	log := func(s string) { calls = append(calls, s) }
	var trainer *train.Trainer
	trainer = small(t, 1,
		afterStep(func(s *train.Step) error {
			log(fmt.Sprintf("a%d.%d", s.Epoch, s.Batch))
			p := trainer.Model.Params()[0]
			if s.Grads.Of(p) == nil || s.Logits.Shape()[0] != s.Labels.Len() || s.Loss <= 0 || len(s.Tape.Vars()) == 0 {
				t.Errorf("step %d.%d shows its hook too little: %+v", s.Epoch, s.Batch, s)
			}
			return nil
		}),
		both{log},
		afterEpoch(func(e *train.Epoch) error { log(fmt.Sprintf("c%d", e.Epoch)); return nil }),
	)
	trainer.Train = data.NewLoader(tensor.CPU, halves(20), 10)
	trainer.Epochs = 2
	if err := trainer.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(calls, " "), "a0.0 b0.0 a0.1 b0.1 b0 c0 a1.0 b1.0 a1.1 b1.1 b1 c1"; got != want {
		t.Errorf("calls\n%s\nwant\n%s", got, want)
	}
}

func TestAHooksErrorEndsTheTraining(t *testing.T) {
	enough := errors.New("enough")
	steps := 0
	trainer := small(t, 1, afterStep(func(s *train.Step) error {
		if steps++; steps == 3 {
			return enough
		}
		return nil
	}))
	if err := trainer.Run(context.Background()); err != enough || steps != 3 {
		t.Errorf("%v after %d steps, want %v after 3", err, steps, enough)
	}
	epochs := 0
	trainer = small(t, 1, afterEpoch(func(e *train.Epoch) error { epochs++; return enough }))
	if err := trainer.Run(context.Background()); err != enough || epochs != 1 {
		t.Errorf("%v after %d epochs, want %v after 1", err, epochs, enough)
	}
	trainer = small(t, 1, afterStep(func(s *train.Step) error { return enough }))
	before := weights(trainer.Model)
	if trainer.Run(context.Background()); !slices.Equal(weights(trainer.Model), before) {
		t.Error("the step whose hook failed changed the model")
	}
}

func TestNothingToTrain(t *testing.T) {
	trainer := small(t, 1)
	trainer.Train = data.NewLoader(tensor.CPU, halves(0), 10)
	if err := trainer.Run(context.Background()); err == nil || err.Error() != "there are no training images" {
		t.Errorf("no images: %v", err)
	}
	trainer = small(t, 1)
	trainer.Model = nn.Flatten
	if err := trainer.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "nothing to train") {
		t.Errorf("no parameters: %v", err)
	}
}

// A batch of one, and a batch of images that are all alike.
func TestBatchesWithoutVariety(t *testing.T) {
	alike := halves(12)
	for i := range alike.Len() {
		copy(alike.Image(i), alike.Image(0))
	}
	for name, loader := range map[string]*data.Loader{
		"one": data.NewLoader(tensor.CPU, halves(7), 1), "alike": data.NewLoader(tensor.CPU, alike, 12),
	} {
		trainer := small(t, 0.5)
		trainer.Train = loader
		if err := trainer.Run(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An ordinary training step broadcasts nothing in silence.
func TestTrainingIsStrict(t *testing.T) {
	tensor.Strict(func(e *tensor.ShapeError) { t.Error(e) })
	defer tensor.Strict(nil)
	for _, loss := range nn.Losses {
		trainer := small(t, 0.5)
		trainer.Loss, trainer.Epochs = loss, 1
		if err := trainer.Run(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

func TestCancelling(t *testing.T) {
	for _, prefetch := range []int{0, 2} {
		ctx, cancel := context.WithCancel(context.Background())
		steps := 0
		trainer := small(t, 1, afterStep(func(s *train.Step) error {
			if steps++; steps == 4 {
				cancel()
			}
			return nil
		}))
		trainer.Train.Prefetch = prefetch
		if err := trainer.Run(ctx); !errors.Is(err, context.Canceled) || steps != 4 {
			t.Errorf("%v after %d steps, want %v after 4: the batch is finished, no other begun", err, steps, context.Canceled)
		}
	}
}

// An evaluation may take long: it is given up too.
func TestCancellingAnEvaluation(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	trainer := small(t, 1)
	steps, seen := 0, 0
	trainer.Hooks = []any{afterStep(func(s *train.Step) error { steps++; return nil }), afterEpoch(func(*train.Epoch) error { t.Error("the epoch is said to have ended"); return nil })}
	model := trainer.Model
	trainer.Model = nn.Sequential{model, nn.Func(func(x *autograd.Var) *autograd.Var {
		if steps == 10 { // the training images are behind it
			seen++
			cancel()
		}
		return x
	})}
	if err := trainer.Run(ctx); !errors.Is(err, context.Canceled) || steps != 10 || seen != 1 {
		t.Errorf("%v after %d steps and %d of 3 batches of the evaluation, want %v after 10 and 1", err, steps, seen, context.Canceled)
	}
}

func TestDivergence(t *testing.T) {
	t.Run("in the first epoch", func(t *testing.T) {
		trainer := small(t, 1e39)
		before := weights(trainer.Model)
		err := trainer.Run(context.Background())
		var d *train.Diverged
		if !errors.As(err, &d) || d.Epoch != 0 || d.Batch < 1 {
			t.Fatalf("a rate of 1e39 ended with %v", err)
		}
		for _, part := range []string{fmt.Sprintf("epoch 1, batch %d", d.Batch+1), "linear.weight", "back at its first weights", "lower learning rate"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not speak of %q", err, part)
			}
		}
		if !slices.Equal(weights(trainer.Model), before) {
			t.Error("the model is not back at its first weights")
		}
	})
	t.Run("in a later epoch", func(t *testing.T) {
		var good []float32
		var trainer *train.Trainer
		trainer = small(t, 0.1, afterEpoch(func(e *train.Epoch) error {
			if e.Epoch == 1 {
				good = weights(trainer.Model)
				trainer.Optimizer.SetRate(1e39)
			}
			return nil
		}))
		var d *train.Diverged
		if err := trainer.Run(context.Background()); !errors.As(err, &d) || d.Epoch != 2 {
			t.Fatalf("%v, want a divergence in epoch 2", err)
		}
		if !slices.Equal(weights(trainer.Model), good) {
			t.Error("the model is not back at the end of epoch 1")
		}
	})
	t.Run("in the last step", func(t *testing.T) {
		trainer := small(t, 1e39) // infinite as a float32; the one loss is computed before
		trainer.Train = data.NewLoader(tensor.CPU, halves(10), 10)
		trainer.Epochs = 1
		before := weights(trainer.Model)
		var d *train.Diverged
		if err := trainer.Run(context.Background()); !errors.As(err, &d) || d.Epoch != 0 || d.Batch != 0 || d.Where != "in linear.weight after the step" {
			t.Fatalf("%v, want a divergence after step 0", err)
		}
		if !slices.Equal(weights(trainer.Model), before) {
			t.Error("the model is not back at its first weights")
		}
	})
	t.Run("in the validation", func(t *testing.T) {
		// The last step leaves weights that are finite, and answers that are not.
		trainer := small(t, 1)
		before := weights(trainer.Model)
		trainer.Train = data.NewLoader(tensor.CPU, halves(10), 10)
		trainer.Epochs = 1
		trainer.Optimizer = leap{trainer.Optimizer, trainer.Model}
		var d *train.Diverged
		if err := trainer.Run(context.Background()); !errors.As(err, &d) || d.Where != "in the validation after the step" {
			t.Fatalf("%v, want a divergence in the validation", err)
		}
		if !slices.Equal(weights(trainer.Model), before) {
			t.Error("the model is not back at its first weights")
		}
	})
	t.Run("by overflow", func(t *testing.T) {
		trainer := small(t, 1)
		trainer.Model = nn.Sequential{trainer.Model, nn.Func((*autograd.Var).Square)}
		trainer.Model.Params()[0].Value.Fill(1e30)
		var d *train.Diverged
		if err := trainer.Run(context.Background()); !errors.As(err, &d) || d.Batch != 0 || d.Where != "first in square with linear.weight" {
			t.Errorf("%v, want a divergence first in square with linear.weight", err)
		}
	})
	t.Run("of a network", func(t *testing.T) {
		m := build(t, "network", tensor.CPU)
		trainer := &train.Trainer{
			Model: m, Loss: nn.CrossEntropy, Optimizer: optim.NewSGD(m.Params(), 1), Epochs: 1,
			Train: data.NewLoader(tensor.CPU, synth.Generate(20, 0, 1).Train, 10),
			Hooks: []any{afterStep(func(s *train.Step) error { // the output layer's weights are spoilt
				m.Params()[2].Value.Index(0, 0).Fill(math.Inf(1))
				return nil
			})},
		}
		var d *train.Diverged
		if err := trainer.Run(context.Background()); !errors.As(err, &d) || !strings.Contains(d.Where, "output.weight") {
			t.Errorf("%v, want a divergence in output.weight", err)
		}
	})
}

// leap is an optimiser whose one step goes as far as float32 does.
type leap struct {
	optim.Optimizer
	model nn.Layer
}

func (l leap) Step(autograd.Grads) {
	for _, p := range l.model.Params() {
		p.Value.Fill(math.MaxFloat32)
	}
}

// Same seed, same bits, whatever the number of workers and of batches ahead.
func TestSameSeedSameBits(t *testing.T) {
	set := synth.Generate(2000, 0, 1).Train
	for _, name := range []string{"linear", "network"} {
		run := func(workers, prefetch int, seed uint64) []float32 {
			mem := tensor.On(cpu.New(workers))
			m := build(t, name, mem)
			trainer := &train.Trainer{
				Model: m, Loss: nn.CrossEntropy, Optimizer: optim.NewSGD(m.Params(), 0.5),
				Train: data.NewLoader(mem, set, 192), Epochs: 3, Seed: seed,
			}
			trainer.Train.Prefetch = prefetch
			if err := trainer.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			return weights(m)
		}
		want := run(1, 0, 7)
		for _, c := range [][2]int{{1, 0}, {2, 0}, {3, 0}, {3, 2}} {
			if got := run(c[0], c[1], 7); !slices.Equal(got, want) {
				t.Errorf("%s: %d workers and %d batches ahead give other bits than one worker", name, c[0], c[1])
			}
		}
		if slices.Equal(run(2, 0, 8), want) {
			t.Errorf("%s: another seed gives the same bits", name)
		}
	}
}

// Direct reaches the convolutions: where sums of taps would pay, the bits are others.
func TestDirect(t *testing.T) {
	set := synth.Generate(64, 0, 1).Train
	run := func(direct bool) []float32 {
		m := build(t, "resnet18", tensor.CPU)
		trainer := &train.Trainer{
			Model: m, Loss: nn.CrossEntropy, Optimizer: optim.NewSGD(m.Params(), 0.1),
			Train: data.NewLoader(tensor.CPU, set, 32), Epochs: 1, Direct: direct,
		}
		if err := trainer.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		return weights(m)
	}
	direct := run(true)
	if slices.Equal(direct, run(false)) {
		t.Error("a training with direct products has the bits of one with Winograd's")
	}
	if !slices.Equal(direct, run(true)) {
		t.Error("a training with direct products does not repeat itself")
	}
}

// vanishing is a source of images of which one cannot be read.
type vanishing struct {
	*data.Set
	gone int
}

func (v vanishing) Read(i int, dst []uint8) error {
	if i == v.gone {
		return errors.New("the file is gone")
	}
	copy(dst, v.Image(i))
	return nil
}

func (v vanishing) Stamp(i int) string { return "" }

// An image that goes away ends the training with its name, where it is trained on,
// judged by, or looked at for a rate.
func TestAnImageGoesAway(t *testing.T) {
	without := func(gone int) *data.Set {
		held := halves(60)
		s := *held
		s.Source, s.Images = vanishing{held, gone}, nil
		return &s
	}
	for name, gone := range map[string][2]int{"trained on": {37, -1}, "judged by": {-1, 12}} {
		trainer := small(t, 0.1)
		trainer.Train, trainer.Valid = data.NewLoader(tensor.CPU, without(gone[0]), 10), data.NewLoader(tensor.CPU, without(gone[1]), 10)
		var failed *data.ReadError
		if err := trainer.Run(context.Background()); !errors.As(err, &failed) || !strings.Contains(err.Error(), ": the file is gone") {
			t.Errorf("%s: %v", name, err)
		}
		if gone[0] >= 0 {
			if _, err := train.FindRate(context.Background(), trainer, nil); !errors.As(err, &failed) {
				t.Errorf("the search for a rate: %v", err)
			}
		}
	}
}
