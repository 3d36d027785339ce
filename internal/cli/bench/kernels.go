package bench

import (
	"context"
	"fmt"
	"math/rand/v2"

	"inkling/device/cpu"
	"inkling/internal/kernel"
	"inkling/tensor"
)

// peak measures the multiply-adds that one core can do, and returns the GFLOP/s
// of all workers.
func (b *Bench) peak(ctx context.Context) (limit float64, err error) {
	const multiplyAdds = 50_000_000
	flops := kernel.PeakFMA(multiplyAdds)
	row := b.measure(ctx, Row{Name: "peak", Shape: "multiply-adds, one thread", Unit: "GFLOP/s"}, 40, float64(flops)/1e9, func() { kernel.PeakFMA(multiplyAdds) })
	row.Threads = 1
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	b.Show(row)
	return float64(flops) / 1e9 / row.Best * float64(cpu.Default().Workers()), nil
}

// kernels measures the multiply-add peak of one core, and how near to it the
// products of the story come.
func (b *Bench) kernels(ctx context.Context) error {
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
		row := b.measure(ctx, Row{Name: "matmul", Shape: shape, Unit: "GFLOP/s"}, max(int(2/work), 3), work, func() {
			arena.Reset()
			arena.Enter(x).MatMul(y)
		})
		if err := ctx.Err(); err != nil {
			return err
		}
		row.Share = row.Rate / limit
		b.Show(row)
	}
	for name, f := range vectorKernels(rng) {
		row := b.measure(ctx, Row{Name: name, Shape: "16,384 floats", Unit: "GB/s"}, 1000, 4*16384/1e9, f)
		if err := ctx.Err(); err != nil {
			return err
		}
		row.Threads = 1
		b.Show(row)
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
