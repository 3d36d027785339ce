package optim_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/autograd"
	"inkling/optim"
	"inkling/tensor"
)

// Filters over a map that few of their taps meet get gradients of a block. What
// Adam does then must be, bit for bit, what it does with the zeros written out.
func TestAdamWithBlocksOfGradients(t *testing.T) {
	for name, sizes := range map[string][]int{
		"one block throughout":          {1, 1, 1, 1},
		"whole gradients, then blocks":  {4, 1, 1},
		"a block, then another":         {1, 2, 1, 2, 1},
		"blocks, whole and blocks":      {1, 4, 1, 1},
		"blocks across a saved state":   {1, 1, 0, 1, 1},
		"whole ones across saved state": {4, 1, 0, 1, 1},
	} {
		train := func(written bool) []float32 {
			rng := rand.New(rand.NewPCG(1, 2))
			w := autograd.NewParam("w", tensor.CPU.Filters(8, 8, 3, 3))
			w.Value.CopyFrom(tensor.CPU.Normal(rng, 1, 8, 8, 3, 3))
			opt := optim.NewAdamW([]*autograd.Param{w}, 0.1, 0.05)
			tape := autograd.NewTape()
			for _, size := range sizes {
				if size == 0 {
					next := optim.NewAdamW([]*autograd.Param{w}, 0.1, 0.05)
					if err := next.SetState(opt.State().Clone()); err != nil {
						t.Fatal(err)
					}
					opt = next
					continue
				}
				window := tensor.Square(3, 1, 1)
				if size == 2 { // 2 x 2 maps whose last tap meets nothing
					window = tensor.Square(3, 2, 1)
				}
				x := tape.Input(tensor.CPU.Normal(rng, 1, 4, 8, size, size))
				grads := x.Conv2D(w, nil, window).Square().Sum().Backward()
				if _, from := grads.Block(w); size < 4 && from != [2]int{1, 1} {
					t.Fatalf("%s: a map of %d x %d gives a block from %v", name, size, size, from)
				}
				if written {
					if g := grads.Of(w); size == 1 && (g.At(0, 0, 0, 1) != 0 || g.At(0, 0, 1, 1) == 0) {
						t.Fatal("the gradient on a 1 x 1 map belongs to the tap in the middle")
					}
				}
				opt.Step(grads)
				tape.Reset()
			}
			return w.Value.Float32s()
		}
		if !slices.Equal(train(false), train(true)) {
			t.Errorf("%s: the blocks change the result", name)
		}
	}
}
