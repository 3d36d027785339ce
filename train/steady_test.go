package train_test

import (
	"context"
	"runtime"
	"testing"

	"inkling/data"
	"inkling/data/synth"
	"inkling/device/cpu"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// A step in steady state makes no garbage worth mentioning: its tensors come
// from the arena, and only their headers are new.
func TestAStepInSteadyStateAllocatesAHandful(t *testing.T) {
	set := synth.Generate(2560, 0, 1).Train
	for _, name := range []string{"linear", "network"} {
		for _, workers := range []int{1, 2} {
			mem := tensor.On(cpu.New(workers))
			model := build(t, name, mem)
			var before, after runtime.MemStats
			steps := 0
			watch := afterStep(func(s *train.Step) error {
				switch {
				case s.Epoch == 2 && s.Batch == 1:
					runtime.ReadMemStats(&before)
				case s.Epoch == 2 && s.Batch == 9:
					runtime.ReadMemStats(&after)
					steps = 8
				}
				return nil
			})
			trainer := &train.Trainer{
				Model: model, Loss: nn.CrossEntropy, Optimizer: optim.NewSGD(model.Params(), 0.1),
				Train: data.NewLoader(mem, set, 256), Epochs: 3, Hooks: []any{watch},
			}
			if err := trainer.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			const most = 30 // measured: 8 and 9 with one worker, 14 and 18 with two
			allocs := float64(after.Mallocs-before.Mallocs) / float64(steps)
			bytes := float64(after.TotalAlloc-before.TotalAlloc) / float64(steps)
			t.Logf("%s, %d workers: %.1f allocations, %.0f bytes a step", name, workers, allocs, bytes)
			if allocs > most {
				t.Errorf("%s, %d workers: %.1f allocations a step, at most %d are wanted", name, workers, allocs, most)
			}
		}
	}
}
