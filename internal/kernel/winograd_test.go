package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Each transform is T x Tᵀ with a matrix of plain numbers.
func TestWinogradTransforms(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		l := active
		for name, f := range map[string]struct {
			run    func(dst, src **float32, tmp *float32, n int)
			matrix [][]float32
		}{
			"input":       {l.winogradInput, winogradB},
			"output":      {l.winogradOutput, winogradA},
			"output grad": {l.winogradOutputGrad, transposed(winogradA)},
			"filter":      {l.winogradFilter, winogradG},
			"filter grad": {l.winogradFilterGrad, transposed(winogradG)},
		} {
			rng := rand.New(rand.NewPCG(1, 2))
			out, in := len(f.matrix), len(f.matrix[0])
			for _, n := range []int{0, 16, 48} {
				x, y := random(rng, in*in*max(n, 1)), make([]float32, out*out*max(n, 1))
				var src, dst [points]*float32
				for p := range in * in {
					src[p] = &x[p*n]
				}
				for p := range out * out {
					dst[p] = &y[p*n]
				}
				f.run(&dst[0], &src[0], &make([]float32, points*16)[0], n)
				for e := range n {
					for i := range out {
						for j := range out {
							want := 0.0
							for a := range in {
								for b := range in {
									want += float64(f.matrix[i][a]) * float64(x[(a*in+b)*n+e]) * float64(f.matrix[j][b])
								}
							}
							if got := float64(y[(i*out+j)*n+e]); math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
								t.Fatalf("%s, %d filters: point (%d, %d) of %d is %v, want %v", name, n, i, j, e, got, want)
							}
						}
					}
				}
			}
		}
	})
}

// A convolution by squares is the sum that it says, whatever the order of tasks,
// on maps that do not fill their squares.
func TestWinograd(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, size := range []struct{ images, c, o, h, w, pad int }{{9, 16, 32, 5, 6, 1}, {1, 32, 16, 4, 4, 1}, {40, 64, 48, 7, 3, 0}} {
			const taps = 3
			oh, ow := size.h+2*size.pad-2, size.w+2*size.pad-2
			n := size.c * size.o
			x, filters := random(rng, size.h*size.w*size.images*size.c), random(rng, taps*taps*n)
			var tap [9][]float32
			for k := range tap {
				tap[k] = filters[k*n:]
			}
			transformed := make([]float32, points*n)
			WinogradFilters(transformed, &tap, 0, n, n)
			var panels Panels
			panels.Take(points*size.c, size.o)
			for q := range panels.Count() {
				for p := range points {
					panels.Pack(q, p*size.c, transformed[p*n:], size.o, 1, size.c)
				}
			}
			bias := random(rng, size.o)
			job := Winograd{
				Images: size.images, C: size.c, O: size.o, Filters: &panels, Bias: bias, Pad: [2]int{size.pad, size.pad},
				X: x, XH: size.w * size.images * size.c, XW: size.images * size.c, H: size.h, W: size.w,
				Y: make([]float32, oh*ow*size.images*size.o), YH: ow * size.images * size.o, YW: size.images * size.o, OH: oh, OW: ow,
			}
			for range 2 {
				before := slices.Clone(job.Y)
				for _, task := range rng.Perm(job.Cut()) {
					job.Run(task)
				}
				if before[0] != 0 && !slices.Equal(before, job.Y) {
					t.Fatal("the order of tasks changes the result")
				}
			}
			panels.Release()
			for i := range oh {
				for j := range ow {
					for image := range size.images {
						for o := range size.o {
							want, scale := float64(bias[o]), 1.0
							for a := range taps {
								for b := range taps {
									h, w := i+a-size.pad, j+b-size.pad
									if h < 0 || h >= size.h || w < 0 || w >= size.w {
										continue
									}
									for c := range size.c {
										product := float64(x[(h*job.W+w)*job.XW+image*size.c+c]) * float64(tap[a*taps+b][c*size.o+o])
										want += product
										scale += math.Abs(product)
									}
								}
							}
							if got := float64(job.Y[i*job.YH+j*job.YW+image*size.o+o]); math.Abs(got-want) > 2e-5*scale {
								t.Fatalf("%+v: output %d at (%d, %d) of image %d is %v, want %v", size, o, i, j, image, got, want)
							}
						}
					}
				}
			}
		}
	})
}

func TestWinogradRefuses(t *testing.T) {
	for name, f := range map[string]func(){
		"filters that are not a multiple of 16": func() { WinogradFilters(make([]float32, points*8), &[9][]float32{}, 0, 8, 8) },
		"sums that are too short":               func() { WinogradFilterGrad(&[9][]float32{}, make([]float32, 16), 0, 16, 16) },
		"maps that are too short": func() {
			var panels Panels
			panels.Take(points*16, 16)
			defer panels.Release()
			w := Winograd{Images: 1, C: 16, O: 16, X: make([]float32, 15), H: 1, W: 1, Filters: &panels}
			w.Cut()
		},
	} {
		func() {
			defer func() {
				if fmt.Sprint(recover()) == "<nil>" {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}
