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
	"inkling/data/augment"
	"inkling/data/synth"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// keeper is a hook that copies each position that it is shown.
type keeper struct {
	due  func(ended bool) bool
	kept []*train.Position
}

func (k *keeper) Due(ended bool) bool { return k.due(ended) }

func (k *keeper) Save(p *train.Position) error {
	c := *p
	copied := func(from []*autograd.Param) []*autograd.Param { return optim.State{Tensors: from}.Clone().Tensors }
	c.Model, c.Good, c.Optimizer = copied(p.Model), copied(p.Good), p.Optimizer.Clone()
	if p.Averages != nil {
		averages := p.Averages.Clone()
		c.Averages = &averages
	}
	k.kept = append(k.kept, &c)
	return nil
}

// everything is all numbers of a position, and what else it says, for comparison.
func everything(p *train.Position) string {
	var b strings.Builder
	fmt.Fprintln(&b, p.Epoch, p.Batch, p.Images, math.Float64bits(p.Loss), p.Order, p.Optimizer.Rate, p.Optimizer.Momentum, p.Optimizer.Steps)
	all := slices.Concat(p.Model, p.Good, p.Optimizer.Tensors)
	if p.Averages != nil {
		fmt.Fprintln(&b, p.Averages.Steps)
		all = append(all, p.Averages.Tensors...)
	}
	for _, t := range all {
		fmt.Fprintln(&b, t.Name)
		for _, v := range t.Value.Float32s() {
			fmt.Fprintf(&b, "%08x", math.Float32bits(v))
		}
	}
	return b.String()
}

// A training that goes on from any of its positions comes to the same numbers, bit
// for bit: with every optimiser, schedule, average, augmentation and dropout.
func TestGoingOnIsTheSameBitForBit(t *testing.T) {
	set, valid := synth.Generate(50, 0, 1).Train, synth.Generate(1, 20, 2).Test
	recipes := map[string]func(tr *train.Trainer){
		"sgd": func(tr *train.Trainer) { tr.Optimizer = optim.NewSGD(tr.Model.Params(), 0.5) },
		"momentum": func(tr *train.Trainer) {
			o := optim.NewSGD(tr.Model.Params(), 0.05)
			o.Momentum = 0.9
			tr.Optimizer = o
		},
		"nesterov, one-cycle": func(tr *train.Trainer) {
			o := optim.NewSGD(tr.Model.Params(), 0.05)
			o.Momentum, o.Nesterov, o.Groups = 0.9, true, optim.Groups(tr.Model.Params(), 0.01, 2)
			tr.Optimizer = o
			tr.Rate, tr.Momentum = optim.OneCycle(0.1)
		},
		"adam, averages": func(tr *train.Trainer) { tr.EMA = optim.NewEMA(nn.State(tr.Model), 0.9) },
		"adamw, augmentation ahead": func(tr *train.Trainer) {
			tr.Optimizer = optim.NewAdamW(tr.Model.Params(), 0.01, 0.05)
			changes, err := augment.Parse("shift=2,rotate=10,elastic=1")
			if err != nil {
				t.Fatal(err)
			}
			tr.Train.Augment, tr.Train.Prefetch = changes, 2
		},
		"drop-last, clipping": func(tr *train.Trainer) { tr.Train.DropLast, tr.ClipNorm = true, 0.1 },
	}
	for name, set1 := range recipes {
		t.Run(name, func(t *testing.T) {
			make := func() *train.Trainer {
				m := build(t, "resnet-small", tensor.CPU) // batch norm, blocks of gradients
				net := nn.Sequential{nn.Dropout(0.2), m}
				tr := &train.Trainer{
					Model: net, Loss: nn.CrossEntropy, Optimizer: optim.NewAdam(net.Params(), 0.003), Epochs: 3, Seed: 9,
					Train: data.NewLoader(tensor.CPU, set, 16), Valid: data.NewLoader(tensor.CPU, valid, 20),
				}
				set1(tr)
				return tr
			}
			whole := &keeper{due: func(bool) bool { return true }}
			tr := make()
			tr.Hooks = []any{whole}
			if err := tr.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			last := len(whole.kept) - 1
			want, state := everything(whole.kept[last]), weights(tr.Model)
			batches := tr.Train.Batches()
			if last+1 != 3*(batches+1) || whole.kept[last].Epoch != 3 || whole.kept[batches-1].Batch != batches {
				t.Fatalf("%d positions of 3 epochs of %d batches, the last in epoch %d", last+1, batches, whole.kept[last].Epoch)
			}
			rng := rand.New(rand.NewPCG(3, uint64(len(name))))
			for _, from := range []int{batches - 1, batches, rng.IntN(last)} {
				tr := make()
				rest := &keeper{due: func(bool) bool { return true }}
				tr.Hooks, tr.From = []any{rest}, whole.kept[from]
				if err := tr.Run(context.Background()); err != nil {
					t.Fatal(err)
				}
				if len(rest.kept) != last-from {
					t.Errorf("from position %d there are %d more, want %d", from, len(rest.kept), last-from)
				}
				for i, p := range rest.kept {
					if everything(p) != everything(whole.kept[from+1+i]) {
						t.Fatalf("gone on from position %d, position %d is another", from, from+1+i)
					}
				}
				if !slices.Equal(weights(tr.Model), state) || everything(rest.kept[len(rest.kept)-1]) != want {
					t.Errorf("gone on from position %d, the model is another", from)
				}
			}
			// Nothing is left to do.
			tr = make()
			tr.From = whole.kept[last]
			tr.Hooks = []any{afterStep(func(*train.Step) error { t.Error("a finished training takes a step"); return nil })}
			if err := tr.Run(context.Background()); err != nil || !slices.Equal(weights(tr.Model), state) {
				t.Errorf("a finished training: %v, or another model", err)
			}
		})
	}
}

// What is saved when a training stops is where it stopped; what diverged is not saved.
func TestSavingWhereATrainingStops(t *testing.T) {
	never := func(bool) bool { return false }
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		k := &keeper{due: never}
		trainer := small(t, 1, k, afterStep(func(s *train.Step) error {
			if s.Epoch == 1 && s.Batch == 3 {
				cancel()
			}
			return nil
		}))
		if err := trainer.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if len(k.kept) != 1 || k.kept[0].Epoch != 1 || k.kept[0].Batch != 4 || k.kept[0].Good == nil {
			t.Errorf("kept %v", k.kept)
		}
	})
	t.Run("before the first step", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		k := &keeper{due: func(bool) bool { return true }}
		if err := small(t, 1, k).Run(ctx); !errors.Is(err, context.Canceled) || len(k.kept) != 0 {
			t.Errorf("%v, %d positions", err, len(k.kept))
		}
	})
	t.Run("while it evaluates", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		k := &keeper{due: never}
		trainer := small(t, 1, k)
		steps := 0
		trainer.Hooks = append(trainer.Hooks, afterStep(func(s *train.Step) error {
			if steps++; steps == 10 {
				cancel()
			}
			return nil
		}))
		if err := trainer.Run(ctx); !errors.Is(err, context.Canceled) || len(k.kept) != 1 || k.kept[0].Epoch != 0 || k.kept[0].Batch != 10 {
			t.Fatalf("%v, kept %v", err, k.kept)
		}
	})
	t.Run("by a hook", func(t *testing.T) {
		enough := errors.New("enough")
		k := &keeper{due: never}
		if err := small(t, 1, k, afterEpoch(func(e *train.Epoch) error { return enough })).Run(context.Background()); err != enough || len(k.kept) != 1 || k.kept[0].Epoch != 1 {
			t.Errorf("%v, kept %v", err, k.kept)
		}
	})
	t.Run("an image that goes away", func(t *testing.T) {
		k := &keeper{due: never}
		trainer := small(t, 0.1, k)
		held := halves(60)
		set := *held
		set.Source, set.Images = vanishing{held, 37}, nil
		trainer.Train = data.NewLoader(tensor.CPU, &set, 1)
		var failed *data.ReadError
		if err := trainer.Run(context.Background()); !errors.As(err, &failed) {
			t.Fatal(err)
		}
		if len(k.kept) != 1 || k.kept[0].Epoch != 0 || k.kept[0].Batch == 0 {
			t.Errorf("kept %v", k.kept)
		}
	})
	t.Run("diverged", func(t *testing.T) {
		k := &keeper{due: func(bool) bool { return true }}
		var d *train.Diverged
		if err := small(t, 1e39, k).Run(context.Background()); !errors.As(err, &d) {
			t.Fatal(err)
		}
		for _, p := range k.kept {
			for _, q := range p.Model {
				for _, v := range q.Value.Float32s() {
					if v-v != 0 {
						t.Fatalf("batch %d was saved with %v in %s", p.Batch, v, q.Name)
					}
				}
			}
		}
	})
	t.Run("a save that fails", func(t *testing.T) {
		full := errors.New("the disk is full")
		if err := small(t, 1, failing{full}).Run(context.Background()); err != full {
			t.Error(err)
		}
	})
}

type failing struct{ error }

func (failing) Due(ended bool) bool          { return ended }
func (f failing) Save(*train.Position) error { return f.error }

func TestPositionsOfOtherTrainings(t *testing.T) {
	k := &keeper{due: func(bool) bool { return true }}
	if err := small(t, 1, k).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	for want, harm := range map[string]func(p *train.Position, tr *train.Trainer){
		"epoch 1, batch 4, of a training of 5 epochs of 2 batches": func(p *train.Position, tr *train.Trainer) { tr.Train = data.NewLoader(tensor.CPU, halves(100), 50) },
		"40 images in 4 batches of 9":                              func(p *train.Position, tr *train.Trainer) { tr.Train = data.NewLoader(tensor.CPU, halves(100), 9) },
		"averages":                                                 func(p *train.Position, tr *train.Trainer) { tr.EMA = optim.NewEMA(nn.State(tr.Model), 0.9) },
		"linear.weight of shape [8 2]":                             func(p *train.Position, tr *train.Trainer) { tr.Model = build(t, "linear", tensor.CPU) },
		"1 tensors of a model that has 2":                          func(p *train.Position, tr *train.Trainer) { p.Model = p.Model[:1] },
		"optimizer":                                                func(p *train.Position, tr *train.Trainer) { p.Optimizer.Tensors = p.Model },
		"generator":                                                func(p *train.Position, tr *train.Trainer) { p.Order = p.Order[1:] },
		"from before it":                                           func(p *train.Position, tr *train.Trainer) { p.Good = nil },
	} {
		trainer, p := small(t, 1), *k.kept[3]
		trainer.From = &p
		harm(&p, trainer)
		before := weights(trainer.Model)
		if err := trainer.Run(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		} else if want != "optimizer" && !slices.Equal(weights(trainer.Model), before) {
			t.Errorf("%s: the model was changed", want)
		}
	}
}
