package cpu_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"inkling/device"
	"inkling/device/cpu"
	"inkling/device/ref"
	"inkling/internal/kernel"
)

type layer struct{ n, c, h, w, o, kh, kw, stride, pad, dil, groups int }

func (l layer) window() device.Window {
	return device.Window{Size: [2]int{l.kh, l.kw}, Stride: [2]int{l.stride, l.stride}, Pad: [2]int{l.pad, l.pad}, Dilation: [2]int{l.dil, l.dil}, Groups: l.groups}
}
func (l layer) out() (int, int) {
	return (l.h+2*l.pad-l.dil*(l.kh-1)-1)/l.stride + 1, (l.w+2*l.pad-l.dil*(l.kw-1)-1)/l.stride + 1
}

// dense returns a view of the shape whose memory order is the given axes, slowest first.
func dense(b device.Backend, shape, order []int) device.View {
	v := device.View{Rank: len(shape)}
	n := 1
	for i := len(order) - 1; i >= 0; i-- {
		v.Dims[order[i]], v.Strides[order[i]] = shape[order[i]], n
		n *= shape[order[i]]
	}
	v.Buf = b.Alloc(device.Float, n)
	return v
}

var (
	mapOrder    = []int{2, 3, 0, 1}
	filterOrder = []int{2, 3, 1, 0}
	rowMajor    = []int{0, 1, 2, 3}
)

func TestConvAgainstRef(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, level := range kernel.Levels() {
		restore := kernel.Use(level)
		b, r := cpu.New(2), ref.New()
		for trial := range 300 {
			pick := func(xs ...int) int { return xs[rng.IntN(len(xs))] }
			l := layer{n: pick(1, 2, 3, 17), c: pick(1, 2, 3, 8, 16, 20), h: pick(1, 2, 4, 7, 9), w: pick(1, 2, 4, 7, 9), o: pick(1, 3, 8, 16, 33, 70),
				kh: pick(1, 2, 3, 5), kw: pick(1, 2, 3, 5), stride: pick(1, 1, 2, 3), pad: pick(0, 1, 2), dil: pick(1, 1, 1, 2), groups: 1}
			if rng.IntN(5) == 0 {
				l.groups = pick(2, 4)
				l.c, l.o = l.groups*pick(1, 2, 5), l.groups*pick(1, 2, 9)
			}
			oh, ow := l.out()
			if oh < 1 || ow < 1 || l.h+2*l.pad < l.dil*(l.kh-1)+1 || l.w+2*l.pad < l.dil*(l.kw-1)+1 {
				continue
			}
			orders := [][]int{mapOrder, mapOrder, rowMajor, {2, 3, 1, 0}}
			xo, yo, wo := orders[rng.IntN(4)], orders[rng.IntN(4)], [][]int{filterOrder, filterOrder, rowMajor}[rng.IntN(3)]
			shapes := [][]int{{l.n, l.c, l.h, l.w}, {l.o, l.c / l.groups, l.kh, l.kw}, {l.n, l.o, oh, ow}, {l.o}}
			values := make([][]float64, 4)
			for i, s := range shapes {
				n := 1
				for _, d := range s {
					n *= d
				}
				for range n {
					values[i] = append(values[i], float64(float32(rng.NormFloat64())))
				}
			}
			gray := l.groups == 1 && rng.IntN(4) == 0
			run := func(b device.Backend) [][]float64 {
				x, w, y := dense(b, shapes[0], xo), dense(b, shapes[1], wo), dense(b, shapes[2], yo)
				bias := dense(b, shapes[3], []int{0})
				b.Upload(x.Buf, values[0])
				if gray {
					x.Strides[1] = 0
				}
				b.Upload(w.Buf, values[1])
				b.Upload(bias.Buf, values[3])
				var out [][]float64
				get := func(v device.View) {
					o := make([]float64, v.Buf.Len())
					b.Download(o, v.Buf, 0)
					out = append(out, o)
				}
				b.Conv2D(y, x, w, bias, l.window())
				get(y)
				b.Upload(y.Buf, values[2])
				dx := dense(b, shapes[0], xo)
				b.Conv2DInputGrad(dx, y, w, l.window())
				get(dx)
				dw := dense(b, shapes[1], wo)
				b.Conv2DFilterGrad(dw, x, y, l.window())
				get(dw)
				return out
			}
			got, want := run(b), run(r)
			for k, name := range []string{"forward", "input", "filter"} {
				for i := range want[k] {
					if d := math.Abs(got[k][i] - want[k][i]); !(d < 1e-3) {
						t.Fatalf("%s trial %d %s %+v orders %v %v %v gray %v: %d: %v want %v", level, trial, name, l, xo, wo, yo, gray, i, got[k][i], want[k][i])
					}
				}
			}
		}
		restore()
	}
}

var resnetLayers = []layer{
	{64, 1, 28, 28, 64, 7, 7, 2, 3, 1, 1},
	{64, 64, 7, 7, 64, 3, 3, 1, 1, 1, 1},
	{64, 64, 7, 7, 128, 3, 3, 2, 1, 1, 1},
	{64, 64, 7, 7, 128, 1, 1, 2, 0, 1, 1},
	{64, 128, 4, 4, 128, 3, 3, 1, 1, 1, 1},
	{64, 128, 4, 4, 256, 3, 3, 2, 1, 1, 1},
	{64, 128, 4, 4, 256, 1, 1, 2, 0, 1, 1},
	{64, 256, 2, 2, 256, 3, 3, 1, 1, 1, 1},
	{64, 256, 2, 2, 512, 3, 3, 2, 1, 1, 1},
	{64, 256, 2, 2, 512, 1, 1, 2, 0, 1, 1},
	{64, 512, 1, 1, 512, 3, 3, 1, 1, 1, 1},
}

func BenchmarkConv(bb *testing.B) {
	for _, l := range resnetLayers {
		b := cpu.New(1)
		oh, ow := l.out()
		macs := 0
		g := l.window()
		for i := range oh {
			for a := range l.kh {
				if at := g.At(0, i, a); at >= 0 && at < l.h {
					for j := range ow {
						for c := range l.kw {
							if at := g.At(1, j, c); at >= 0 && at < l.w {
								macs += l.n * l.c * l.o
							}
						}
					}
				}
			}
		}
		x, w, y := dense(b, []int{l.n, l.c, l.h, l.w}, mapOrder), dense(b, []int{l.o, l.c, l.kh, l.kw}, filterOrder), dense(b, []int{l.n, l.o, oh, ow}, mapOrder)
		if l.c == 1 {
			x = dense(b, []int{l.n, l.c, l.h, l.w}, rowMajor)
		}
		for _, f := range []struct {
			name string
			do   func()
		}{
			{"fwd", func() { b.Conv2D(y, x, w, device.View{}, g) }},
			{"dx", func() { b.Conv2DInputGrad(x, y, w, g) }},
			{"dw", func() { b.Conv2DFilterGrad(w, x, y, g) }},
		} {
			bb.Run(fmt.Sprintf("%dx%d-%d-%d-k%d-s%d/%s", l.h, l.w, l.c, l.o, l.kh, l.stride, f.name), func(bb *testing.B) {
				for bb.Loop() {
					f.do()
				}
				bb.ReportMetric(2*float64(macs)*float64(bb.N)/bb.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
