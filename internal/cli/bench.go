package cli

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"inkling/data"
	"inkling/data/folder"
	"inkling/data/source"
	"inkling/data/synth"
	"inkling/device/cpu"
	"inkling/internal/kernel"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/recipe"
	"inkling/tensor"
	"inkling/train"

	"github.com/spf13/cobra"
)

// benchRow is one line of a benchmark. Which of the figures are there depends on
// what was measured.
type benchRow struct {
	Event string `json:"event"` // "bench"
	Name  string `json:"name"`
	Model string `json:"model,omitempty"`
	Shape string `json:"shape,omitempty"`
	// Direction is that of a convolution, or "all directions".
	Direction string  `json:"direction,omitempty"`
	Batch     int     `json:"batch,omitempty"`
	Threads   int     `json:"threads"`
	Rounds    int     `json:"rounds"`
	Best      float64 `json:"best_s"`
	Median    float64 `json:"median_s"`
	Rate      float64 `json:"rate,omitempty"`          // at the median, in Unit
	Unit      string  `json:"unit,omitempty"`          // "GFLOP/s", "GB/s", "images/s"
	Share     float64 `json:"share_of_peak,omitempty"` // of the multiply-add peak measured in the same run
}

// bench is a benchmark run.
type bench struct {
	*app
	rounds, batch int
	models        []string
	data          string
	rows          int
	command       *cobra.Command
}

var benches = []string{"kernels", "conv", "step", "epoch", "decode", "predict"}

// benchesWith lists the benchmarks that a flag is for.
var benchesWith = map[string][]string{
	"model": {"step", "epoch", "predict"},
	"batch": {"conv", "step", "epoch", "predict"},
	"data":  {"step", "epoch", "decode", "predict"},
}

func (a *app) benchCommand() *cobra.Command {
	b := &bench{app: a}
	c := &cobra.Command{
		Use:   "bench [" + strings.Join(benches, "|") + "]...",
		Short: "Measure how fast this machine computes, trains and reads images",
		Long: `Measure how fast this machine computes, trains and reads images. Each figure is
taken several times; the best and the median are printed.

  kernels  multiply-adds in registers of one thread (peak), matrix products and
           their share of that peak times the threads, and loops over 16,384 numbers: exp, sigmoid,
           axpy (y + a x), sum, and widen (bytes to numbers from 0 to 1)
  conv     the convolutions of ResNet-18, forward and backward; padding is not
           counted as work
  step     one training step: gather a batch, forward, backward, update, by
           gradient descent for linear and network, by AdamW for the others
  epoch    all training images once, shuffled
  decode   images from files, decoded anew (decode) and from the cache of
           decoded images (cached)
  predict  answers of a model without training it, for 1 and for 64 images`,
		Example:   "  inkling bench epoch --model linear --threads 1",
		ValidArgs: benches,
		Args:      oneOf("benchmark", benches),
		RunE: func(c *cobra.Command, args []string) error {
			if b.rounds < 1 || b.batch < 1 {
				return usagef("--rounds and --batch are at least 1")
			}
			for _, model := range b.models {
				if err := learns(model); err != nil {
					return err
				}
			}
			if len(b.models) == 0 {
				return usagef("--model names none; choose %s", strings.Join(recipe.Models(), " or "))
			}
			if len(args) == 0 {
				args = benches
			}
			for _, flag := range []string{"model", "batch", "data"} {
				if c.Flags().Changed(flag) && !slices.ContainsFunc(args, func(name string) bool { return slices.Contains(benchesWith[flag], name) }) {
					return usagef("--%s is for %s, and nothing of that is asked for", flag, strings.Join(benchesWith[flag], ", "))
				}
			}
			for _, name := range args {
				run := map[string]func(context.Context) error{"kernels": b.kernels, "conv": b.convolutions, "step": b.steps, "epoch": b.epochs, "decode": b.decode, "predict": b.predictions}[name]
				if err := run(c.Context()); err != nil {
					return err
				}
			}
			return nil
		},
	}
	b.command = c
	c.Flags().IntVar(&b.rounds, "rounds", 5, "how often each figure is taken")
	c.Flags().IntVar(&b.batch, "batch", 256, "images in a batch, for step and epoch; for conv 64 and for predict 1 and 64, unless given")
	c.Flags().StringSliceVar(&b.models, "model", []string{"linear", "network"}, "models, for step, epoch and predict: "+strings.Join(recipe.Models(), ", "))
	c.Flags().StringVar(&b.data, "data", "synth", "images, for step, epoch, decode and predict: a name or a path")
	return c
}

// measure runs f for each round and reports the times of one call. f is called
// `inner` times a round, so that short work can be timed. When the context ends,
// so does the measuring, and nothing of the row is to be believed.
func (b *bench) measure(ctx context.Context, row benchRow, inner int, work float64, f func()) benchRow {
	times := make([]float64, b.rounds)
	f() // once to warm caches up
	for i := range times {
		start := time.Now()
		for range inner {
			if ctx.Err() != nil {
				return row
			}
			f()
		}
		times[i] = time.Since(start).Seconds() / float64(inner)
	}
	slices.Sort(times)
	row.Event, row.Threads, row.Rounds = "bench", cpu.Default().Workers(), b.rounds
	row.Best, row.Median = times[0], times[len(times)/2]
	if work > 0 {
		row.Rate = work / row.Median
	}
	return row
}

func (b *bench) print(r benchRow) {
	if b.json {
		emit(b.out, r)
		return
	}
	if b.rows++; b.rows == 1 {
		fmt.Fprintf(b.out, "%s, %s; the share is that of the peak of all threads\n\n", count(b.rounds, "round"), count(cpu.Default().Workers(), "thread"))
		fmt.Fprintf(b.out, "%-7s %-27s %9s %9s %18s %5s\n", "what", "", "best", "median", "rate", "share")
	}
	what := strings.TrimSpace(r.Model + " " + r.Shape)
	if r.Batch > 0 {
		what += fmt.Sprintf(", batch %d", r.Batch)
	}
	rate, share := "", ""
	if r.Rate > 0 {
		rate = rounded(r.Rate) + " " + r.Unit
	}
	if r.Share > 0 {
		share = fmt.Sprintf("%.0f %%", 100*r.Share)
	}
	line := fmt.Sprintf("%-7s %-27s %9s %9s %18s %5s", r.Name, what, seconds(r.Best), seconds(r.Median), rate, share)
	fmt.Fprintf(b.out, "%s\n", strings.TrimRight(line, " "))
}

// rounded writes a figure with four digits, and what is large in thousands.
func rounded(v float64) string {
	if v < 1000 {
		return fmt.Sprintf("%.4g", v)
	}
	step := math.Pow(10, math.Floor(math.Log10(v))-2)
	return data.Thousands(int(math.Round(v/step) * step))
}

func seconds(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.1f us", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.2f ms", s*1e3)
	}
	return fmt.Sprintf("%.2f s", s)
}

// peak measures the multiply-adds that one core can do, and returns the GFLOP/s
// of all workers.
func (b *bench) peak(ctx context.Context) (limit float64, err error) {
	const multiplyAdds = 50_000_000
	flops := kernel.PeakFMA(multiplyAdds)
	row := b.measure(ctx, benchRow{Name: "peak", Shape: "multiply-adds, one thread", Unit: "GFLOP/s"}, 40, float64(flops)/1e9, func() { kernel.PeakFMA(multiplyAdds) })
	row.Threads = 1
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	b.print(row)
	return float64(flops) / 1e9 / row.Best * float64(cpu.Default().Workers()), nil
}

// kernels measures the multiply-add peak of one core, and how near to it the
// products of the story come.
func (b *bench) kernels(ctx context.Context) error {
	limit, err := b.peak(ctx)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range []struct {
		m, k, n int
		first   bool // the first operand is read transposed
	}{{1024, 1024, 1024, false}, {256, 784, 64, false}, {784, 256, 64, true}, {256, 784, 10, false}, {784, 256, 10, true}} {
		x := tensor.CPU.Normal(rng, 1, s.m, s.k)
		shape := fmt.Sprintf("(%d, %d) x (%d, %d)", s.m, s.k, s.k, s.n)
		if s.first {
			x = tensor.CPU.Normal(rng, 1, s.k, s.m).T()
			shape = fmt.Sprintf("(%d, %d)T x (%d, %d)", s.k, s.m, s.k, s.n)
		}
		y := tensor.CPU.Normal(rng, 1, s.k, s.n)
		arena := tensor.CPU.Arena()
		work := 2 * float64(s.m) * float64(s.k) * float64(s.n) / 1e9
		row := b.measure(ctx, benchRow{Name: "matmul", Shape: shape, Unit: "GFLOP/s"}, max(int(2/work), 3), work, func() {
			arena.Reset()
			arena.Enter(x).MatMul(y)
		})
		if err := ctx.Err(); err != nil {
			return err
		}
		row.Share = row.Rate / limit
		b.print(row)
	}
	for name, f := range vectorKernels(rng) {
		row := b.measure(ctx, benchRow{Name: name, Shape: "16,384 floats", Unit: "GB/s"}, 1000, 4*16384/1e9, f)
		if err := ctx.Err(); err != nil {
			return err
		}
		row.Threads = 1
		b.print(row)
	}
	return nil
}

func vectorKernels(rng *rand.Rand) func(yield func(string, func()) bool) {
	x, y, bytes := make([]float32, 16384), make([]float32, 16384), make([]uint8, 16384)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return func(yield func(string, func()) bool) {
		_ = yield("exp", func() { kernel.Exp(y, x) }) &&
			yield("sigmoid", func() { kernel.Sigmoid(y, x) }) &&
			yield("axpy", func() { kernel.AXPY(y, x, 1e-9) }) &&
			yield("sum", func() { kernel.Sum(x) }) &&
			yield("widen", func() { kernel.Widen(y, bytes, 1.0/255) })
	}
}

func (b *bench) open(ctx context.Context) (*data.Set, error) {
	opened, err := source.Open(ctx, b.data, source.Options{SynthTrain: synth.Train, SynthTest: 100})
	if err != nil {
		return nil, err
	}
	return opened.Train.Held(folder.HeldBytes) // a benchmark of files is that of the disk
}

// trainer builds a model, with initial values that suit it, and what trains it.
func (b *bench) trainer(name string, set *data.Set, loader *data.Loader) (*train.Trainer, error) {
	spec := models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)}
	model, err := models.New(name, spec, models.Init(name, tensor.CPU, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		return nil, usageError{err}
	}
	t := &train.Trainer{Model: model, Loss: nn.CrossEntropy, Train: loader, Epochs: 1, Seed: 1}
	if name == "linear" || name == "network" { // as the story trains them
		t.Optimizer = optim.NewSGD(model.Params(), 0.01)
	} else {
		t.Optimizer = optim.NewAdamW(model.Params(), 1e-3, 0.01)
	}
	return t, nil
}

// steps measures one training step: gather, forward, backward, update.
func (b *bench) steps(ctx context.Context) error {
	set, err := b.open(ctx)
	if err != nil {
		return err
	}
	const batches = 50
	few := set.Subset(firstN(min(set.Len(), batches*b.batch)))
	loader := data.NewLoader(tensor.CPU, few, b.batch)
	for _, name := range b.models {
		t, err := b.trainer(name, set, loader)
		if err != nil {
			return err
		}
		row := b.measure(ctx, benchRow{Name: "step", Model: name, Batch: min(b.batch, set.Len()), Unit: "images/s"}, 1, float64(few.Len()), func() { err = t.Run(ctx) })
		if err != nil {
			return err
		}
		n := float64(loader.Batches())
		row.Best, row.Median = row.Best/n, row.Median/n
		b.print(row)
	}
	return nil
}

func firstN(n int) []int {
	index := make([]int, n)
	for i := range index {
		index[i] = i
	}
	return index
}

// epochs measures a whole epoch: shuffling, gathering, forward, backward, step.
func (b *bench) epochs(ctx context.Context) error {
	set, err := b.open(ctx)
	if err != nil {
		return err
	}
	loader := data.NewLoader(tensor.CPU, set, b.batch)
	for _, name := range b.models {
		t, err := b.trainer(name, set, loader)
		if err != nil {
			return err
		}
		row := b.measure(ctx, benchRow{Name: "epoch", Model: name, Batch: min(b.batch, set.Len()), Unit: "images/s"}, 1, float64(set.Len()), func() { err = t.Run(ctx) })
		if err != nil {
			return err
		}
		b.print(row)
	}
	return nil
}
