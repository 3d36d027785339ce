package augment_test

import (
	"math"
	"slices"
	"testing"

	"inkling/data/augment"
)

// Ink is neither made nor lost in numbers that matter.
func TestInkIsKept(t *testing.T) {
	s := shape{1, 28, 28}
	src := s.blob()
	for recipe, within := range map[string]float64{
		"shift=2": 0, "rotate=15": 0.02, "shear=10": 0.02, "elastic=1": 0.4, "shift=2,rotate=10,elastic=1": 0.4, // bending swells and shrinks
	} {
		a, sum, n := s.make(t, parse(t, recipe)), 0.0, 400
		dst := make([]float32, s.pixels())
		for i := range n {
			a.Floats(dst, src, augment.Key{Seed: 1, Image: i})
			kept := ink(dst) / ink(asFloats(src))
			if math.Abs(kept-1) > within+1e-5 {
				t.Errorf("%s: %.0f %% of the ink of image %d is left", recipe, 100*kept, i)
			}
			sum += kept
		}
		if mean := sum / float64(n); mean < 0.97 || mean > 1.03 {
			t.Errorf("%s: on average %.1f %% of the ink is left", recipe, 100*mean)
		}
	}
}

func TestABlankImageStaysBlank(t *testing.T) {
	for _, s := range []shape{{1, 28, 28}, {3, 20, 31}} {
		for _, recipe := range append(everything, "rotate=10,standardize") {
			for i := range 20 {
				for _, v := range s.floats(t, parse(t, recipe), make([]uint8, s.pixels()), augment.Key{Image: i}) {
					if v != 0 {
						t.Fatalf("%s: there is ink on blank paper", recipe)
					}
				}
			}
		}
	}
}

func TestErase(t *testing.T) {
	s := shape{3, 20, 30}
	for _, c := range []struct {
		recipe      string
		least, most int // pixels that become paper, of 600
	}{{"erase=0.1", 0, 60}, {"erase=1", 0, 600}, {"cutout=6", 9, 36}, {"cutout=5", 9, 25}} {
		a, most := s.make(t, parse(t, c.recipe)), 0
		for i := range 300 {
			got, src := make([]uint8, s.pixels()), s.noise()
			a.Bytes(got, src, augment.Key{Seed: 1, Image: i})
			gone, top, bottom, left, right := 0, s.height, -1, s.width, -1
			for y := range s.height {
				for x := range s.width {
					for k := range s.channels {
						if v := got[s.at(k, y, x)]; v != src[s.at(k, y, x)] && v != 0 || (v == 0) != (got[s.at(0, y, x)] == 0) {
							t.Fatalf("%s: a pixel is neither kept nor paper in all channels", c.recipe)
						}
					}
					if got[s.at(0, y, x)] == 0 {
						gone++
						top, bottom, left, right = min(top, y), max(bottom, y), min(left, x), max(right, x)
					}
				}
			}
			if gone != max(0, bottom-top+1)*max(0, right-left+1) {
				t.Fatalf("%s: what is gone is no rectangle", c.recipe)
			}
			if gone < c.least || gone > c.most {
				t.Errorf("%s: %d of 600 pixels are gone", c.recipe, gone)
			}
			most = max(most, gone)
		}
		if most < c.most*8/10 {
			t.Errorf("%s: at most %d pixels are gone", c.recipe, most)
		}
	}
}

func TestTone(t *testing.T) {
	s := shape{1, 1, 4}
	src := []uint8{0, 51, 102, 255} // 0, 0.2, 0.4, 1: mean 0.4
	for recipe, want := range map[string][]float32{
		"contrast=0.5..0.5":                      {0.2, 0.3, 0.4, 0.7},
		"contrast=2..2":                          {0, 0, 0.4, 1},
		"brightness=0.1..0.1":                    {0.1, 0.3, 0.5, 1},
		"contrast=0.5..0.5,brightness=-0.2..-.2": {0, 0.1, 0.2, 0.5},
		"normalize=0.4/0.5":                      {-0.8, -0.4, 0, 1.2},
	} {
		got := s.floats(t, parse(t, recipe), src, augment.Key{})
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-6 {
				t.Errorf("%s: %v, want %v", recipe, got, want)
				break
			}
		}
	}
	// The deviation of four pixels counts as a half at least; that of sixteen does not matter here.
	for n, want := range map[int][]float32{1: {-0.8, -0.4, 0, 1.2}, 4: {-1.069045, -0.534522, 0, 1.603567}} {
		got := shape{1, n, 4}.floats(t, parse(t, "standardize"), slices.Repeat(src, n), augment.Key{})
		for i := range got {
			if math.Abs(float64(got[i]-want[i%4])) > 1e-6 {
				t.Errorf("standardize, %d pixels: %v, want %v again and again", 4*n, got, want)
				break
			}
		}
	}
	two := shape{2, 1, 2}
	got := two.floats(t, parse(t, "normalize=0:1/1:0.5"), []uint8{0, 255, 0, 255}, augment.Key{})
	if !slices.Equal(got, []float32{0, 1, -2, 0}) {
		t.Errorf("two channels: %v", got)
	}
}
