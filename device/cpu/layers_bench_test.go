package cpu_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"inkling/device"
	"inkling/device/cpu"
)

// byPosition are maps (n, c, h, w) in the memory order (h, w, n, c), with random numbers.
func byPosition(b device.Backend, n, c, h, w int) device.View {
	v := device.View{Rank: 4}
	copy(v.Dims[:], []int{n, c, h, w})
	copy(v.Strides[:], []int{c, 1, w * n * c, n * c})
	values := make([]float32, n*c*h*w)
	for i := range values {
		values[i] = rand.Float32() - 0.5
	}
	v.Buf = b.Alloc(device.Float, len(values))
	b.Upload(v.Buf, values)
	return v
}

// vector is n random numbers from 0 to 1, of which a part at the end is 0.
func vector(b device.Backend, n int, zeros float64) device.View {
	v := device.View{Rank: 1}
	v.Dims[0], v.Strides[0] = n, 1
	values := make([]float32, n)
	for i := range int(float64(n) * (1 - zeros)) {
		values[i] = rand.Float32()
	}
	v.Buf = b.Alloc(device.Float, n)
	b.Upload(v.Buf, values)
	return v
}

// BenchmarkLayers runs what a residual network does between its convolutions.
func BenchmarkLayers(b *testing.B) {
	for _, size := range [][4]int{{64, 64, 14, 14}, {64, 64, 7, 7}, {64, 128, 4, 4}} {
		for _, workers := range []int{1, 2} {
			be := cpu.New(workers)
			maps := func() device.View { return byPosition(be, size[0], size[1], size[2], size[3]) }
			x, dst, skip, dy := maps(), maps(), maps(), maps()
			c := size[1]
			mean, variance, scale, shift := vector(be, c, 0), vector(be, c, 0), vector(be, c, 0), vector(be, c, 0)
			g := device.Window{Size: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 1}
			h, w := (size[2]+1)/2, (size[3]+1)/2
			pooled, index := byPosition(be, size[0], c, h, w), device.View{}
			index = pooled
			index.Buf = be.Alloc(device.Int, pooled.Len())
			all := g
			all.Size, all.Pad, all.Stride = [2]int{size[2], size[3]}, [2]int{}, [2]int{1, 1}
			average := byPosition(be, size[0], c, 1, 1)
			be.MaxPool(pooled, index, x, g)
			for _, f := range []struct {
				name    string
				traffic int // numbers read and written for each of the maps
				run     func()
			}{
				{"Moments", 1, func() { be.Moments(mean, variance, x) }},
				{"ChannelAffine", 2, func() { be.ChannelAffine(dst, x, scale, shift, device.View{}, true) }},
				{"ChannelAffineSkip", 3, func() { be.ChannelAffine(dst, x, scale, shift, skip, true) }},
				{"BatchNormGrad", 7, func() {
					be.BatchNormGrad(dst, scale, shift, device.View{}, dy, skip, x, mean, variance, scale)
				}},
				{"BatchNormGradSkip", 7, func() {
					be.BatchNormGrad(dst, shift, shift, skip, dy, x, x, mean, variance, scale)
				}},
				{"MaxPool", 0, func() { be.MaxPool(pooled, index, x, g) }},
				{"MaxPoolGrad", 0, func() { be.MaxPoolGrad(dst, pooled, index, g) }},
				{"GlobalAvgPool", 1, func() { be.AvgPool(average, x, all) }},
				{"GlobalAvgPoolGrad", 1, func() { be.AvgPoolGrad(dst, average, all) }},
			} {
				b.Run(fmt.Sprintf("%s/%dx%dx%dx%d/workers=%d", f.name, size[0], c, size[2], size[3], workers), func(b *testing.B) {
					b.SetBytes(int64(4 * f.traffic * x.Len()))
					b.ReportAllocs()
					for b.Loop() {
						f.run()
					}
				})
			}
		}
	}
}

// BenchmarkAdam steps through the parameters of ResNet-18: all of them, and with
// half of them never reached by a gradient.
func BenchmarkAdam(b *testing.B) {
	const n = 11_700_000
	for _, zeros := range []float64{0, 0.5} {
		for _, decay := range []float64{0, 0.01} {
			for _, workers := range []int{1, 2} {
				b.Run(fmt.Sprintf("zeros=%v/decay=%v/workers=%d", zeros, decay, workers), func(b *testing.B) {
					be := cpu.New(workers)
					p, m, v, g := vector(be, n, 0), vector(be, n, zeros), vector(be, n, zeros), vector(be, n, zeros)
					s := device.AdamStep{Beta1: 0.9, Beta2: 0.999, Rate: 1e-3, Eps: 1e-8, Decay: decay, Correction1: 0.5, Correction2: 0.5}
					b.SetBytes(7 * 4 * n)
					for b.Loop() {
						be.Adam(p, m, v, g, s)
					}
				})
			}
		}
	}
}
