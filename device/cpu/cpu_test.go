package cpu_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/device"
	"inkling/device/cpu"
	"inkling/device/devicetest"
	"inkling/internal/kernel"
	"inkling/tensor"
)

func TestConformance(t *testing.T) {
	var levels []devicetest.Variant
	for _, level := range kernel.Levels() {
		levels = append(levels, devicetest.Variant{
			Name:    "cpu, " + level,
			Backend: cpu.New(2),
			Use:     func() func() { return kernel.Use(level) },
		})
	}
	devicetest.RunVariants(t, 3e-6, levels...)
}

func TestSameBitsForAnyNumberOfWorkers(t *testing.T) {
	for _, level := range kernel.Levels() {
		t.Run(level, func(t *testing.T) {
			defer kernel.Use(level)()
			devicetest.RunDeterminism(t, func(workers int) device.Backend { return cpu.New(workers) })
		})
	}
}

// A frozen filter is packed once, and its answers stay the same bits, on maps of
// any size by turns.
func TestFrozenFilters(t *testing.T) {
	mem := tensor.On(cpu.New(2))
	rng := rand.New(rand.NewPCG(1, 2))
	w := mem.Filters(192, 64, 3, 3)
	w.CopyFrom(mem.Normal(rng, 1, w.Shape()...))
	frozen := mem.Like(w)
	frozen.CopyFrom(w)
	frozen.Freeze()
	for _, size := range []int{2, 5, 2, 7, 4, 1, 3, 5} {
		x := mem.Normal(rng, 1, 20, 64, size, size)
		window := tensor.Square(3, 1, 1)
		if got, want := x.Conv2D(frozen, nil, window), x.Conv2D(w, nil, window); !slices.Equal(got.Float32s(), want.Float32s()) {
			t.Errorf("maps of %d x %d: frozen filters give another result", size, size)
		}
	}
}

// The gradient at filters over more images than the caches hold at a time is the
// sum of those over two halves of them.
func TestFilterGradInParts(t *testing.T) {
	mem := tensor.On(cpu.New(2))
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 500
	window := tensor.Square(3, 1, 1)
	shape := []int{32, 32, 3, 3}
	draw := func() *tensor.Tensor {
		x := mem.Maps(n, 32, 8, 9)
		x.CopyFrom(mem.Normal(rng, 1, x.Shape()...))
		return x
	}
	x, dy := draw(), draw()
	half := func(x *tensor.Tensor, from, to int) *tensor.Tensor {
		part := mem.Maps(to-from, 32, 8, 9)
		part.CopyFrom(x.Slice(0, from, to))
		return part
	}
	all := x.Conv2DFilterGrad(dy, shape, window)
	parts := half(x, 0, n/2).Conv2DFilterGrad(half(dy, 0, n/2), shape, window).Add(half(x, n/2, n).Conv2DFilterGrad(half(dy, n/2, n), shape, window))
	if off := all.Sub(parts).Abs().Max().Item(); off > 0.03 { // of sums of 36,000 products of up to 10
		t.Errorf("off by %v, of numbers up to %v", off, all.Abs().Max().Item())
	}
}
