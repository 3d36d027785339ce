package augment_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"inkling/data/augment"
)

func parse(t testing.TB, text string) augment.Recipe {
	t.Helper()
	r, err := augment.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// shape is a size of images.
type shape struct{ channels, height, width int }

func (s shape) pixels() int { return s.channels * s.height * s.width }

// at is where a pixel lies in an image.
func (s shape) at(c, y, x int) int { return (c*s.height+y)*s.width + x }

func (s shape) make(t testing.TB, r augment.Recipe) *augment.Augmenter {
	t.Helper()
	a, err := augment.New(r, s.channels, s.height, s.width)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// floats applies a recipe to an image.
func (s shape) floats(t testing.TB, r augment.Recipe, src []uint8, key augment.Key) []float32 {
	t.Helper()
	dst := slices.Repeat([]float32{float32(math.NaN())}, s.pixels()) // whatever is left out shows
	s.make(t, r).Floats(dst, src, key)
	return dst
}

// noise is an image without two equal neighbours, and without paper.
func (s shape) noise() []uint8 {
	image := make([]uint8, s.pixels())
	for i := range image {
		image[i] = uint8(1 + i*i*31%255)
	}
	return image
}

// blob is a soft round spot of ink in the middle, less than half as wide as the image.
func (s shape) blob() []uint8 {
	image := make([]uint8, s.pixels())
	for i := range image {
		y := (float64(i/s.width%s.height)+0.5)/float64(s.height) - 0.5
		x := (float64(i%s.width)+0.5)/float64(s.width) - 0.5
		image[i] = uint8(255 * max(0, 1-25*(x*x+y*y)))
	}
	return image
}

func asFloats(image []uint8) []float32 {
	out := make([]float32, len(image))
	for i, v := range image {
		out[i] = float32(v) * float32(1.0/255)
	}
	return out
}

func ink(image []float32) (sum float64) {
	for _, v := range image {
		sum += float64(v)
	}
	return sum
}

// What does nothing changes no bit, on the quick way and on the slow one.
func TestIdentityBitForBit(t *testing.T) {
	for _, s := range []shape{{1, 28, 28}, {3, 7, 10}, {1, 1, 1}, {4, 1, 9}, {1, 9, 1}} {
		src := s.noise()
		for _, recipe := range []augment.Recipe{
			{}, parse(t, "scale=1..1,rotate=0"), {Rotate: augment.Range{Low: 0, High: 0}, Scale: augment.Range{Low: 1, High: 1}},
			parse(t, "crop=100%"), parse(t, "contrast=1..1"), parse(t, "shift=0"),
			{Elastic: augment.Length{Value: 1e-30}, Edge: true}, // through the warp
		} {
			if got := s.floats(t, recipe, src, augment.Key{Seed: 3, Image: 5}); !slices.Equal(got, asFloats(src)) {
				t.Errorf("%v, %v: something has changed", s, recipe)
			}
		}
	}
}

var everything = []string{
	"shift=2", "crop=90%", "rotate=15", "scale=0.9..1.1", "shear=10", "elastic=1.5", "elastic=1.5,grid=7",
	"shift=5%,crop=90%,rotate=10,scale=0.9..1.1,shear=5,elastic=5%,erase=0.1,cutout=10%,flip=xy,contrast=0.8..1.2",
	"rotate=10,elastic=3%,fill=edge",
}

// Whatever the size and the recipe: finite numbers, from 0 to 1.
func TestAnySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := shape{rapid.IntRange(1, 4).Draw(t, "channels"), rapid.IntRange(1, 12).Draw(t, "height"), rapid.IntRange(1, 12).Draw(t, "width")}
		src := rapid.SliceOfN(rapid.Uint8(), s.pixels(), s.pixels()).Draw(t, "image")
		r := augment.Recipe{
			Shift:  augment.Length{Value: float64(rapid.IntRange(0, min(s.height, s.width)-1).Draw(t, "shift"))},
			Crop:   augment.Length{Value: rapid.Float64Range(0, 100).Draw(t, "crop"), Percent: true},
			Rotate: augment.Range{Low: -180, High: rapid.Float64Range(-180, 180).Draw(t, "rotate")},
			Scale:  augment.Range{Low: 0.1, High: rapid.Float64Range(0.1, 10).Draw(t, "scale")},
			Shear:  augment.Range{Low: -60, High: rapid.Float64Range(-60, 60).Draw(t, "shear")},
			Grid:   rapid.IntRange(2, 9).Draw(t, "grid"), Elastic: augment.Length{Value: 1 + rapid.Float64Range(0, 99).Draw(t, "elastic"), Percent: true},
			Edge:  rapid.Bool().Draw(t, "edge"),
			FlipX: rapid.Bool().Draw(t, "flip x"), FlipY: rapid.Bool().Draw(t, "flip y"),
			Contrast:   augment.Range{Low: 0, High: rapid.Float64Range(0, 10).Draw(t, "contrast")},
			Brightness: augment.Range{Low: -1, High: rapid.Float64Range(-1, 1).Draw(t, "brightness")},
			Erase:      rapid.Float64Range(0, 1).Draw(t, "erase"),
			Cutout:     augment.Length{Value: float64(rapid.IntRange(0, 100).Draw(t, "cutout")), Percent: true},
			Alternate:  rapid.Bool().Draw(t, "alternate"),
		}
		if rapid.Bool().Draw(t, "without the warp") {
			r = augment.Recipe{Shift: r.Shift, FlipX: r.FlipX, FlipY: r.FlipY, Edge: r.Edge, Erase: r.Erase, Cutout: r.Cutout, Alternate: r.Alternate}
		}
		a, err := augment.New(r, s.channels, s.height, s.width)
		if err != nil {
			t.Fatal(err)
		}
		key := augment.Key{Seed: rapid.Uint64().Draw(t, "seed"), Epoch: rapid.IntRange(0, 99).Draw(t, "epoch"), Image: rapid.IntRange(0, 99).Draw(t, "number")}
		before, dst := slices.Clone(src), slices.Repeat([]float32{float32(math.NaN())}, s.pixels())
		a.Floats(dst, src, key)
		for i, v := range dst {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("pixel %d is %v", i, v)
			}
		}
		again := make([]float32, s.pixels())
		a.Floats(again, src, key)
		if !slices.Equal(again, dst) {
			t.Error("the same key gave another image")
		}
		if !slices.Equal(before, src) {
			t.Error("the original was changed")
		}
	})
}

// Seed, epoch and image each decide; alternate epochs are opposites.
func TestWhatDecides(t *testing.T) {
	s := shape{1, 28, 28}
	src := s.blob()
	r := parse(t, "shift=2,rotate=10,elastic=1")
	first := s.floats(t, r, src, augment.Key{Seed: 1, Epoch: 2, Image: 3})
	for _, other := range []augment.Key{{2, 2, 3}, {1, 3, 3}, {1, 2, 4}, {2, 1, 3}, {3, 2, 1}} {
		if slices.Equal(first, s.floats(t, r, src, other)) {
			t.Errorf("%v draws what (1, 2, 3) draws", other)
		}
	}
	small := shape{1, 9, 9}
	dot := make([]uint8, 81)
	dot[40] = 255
	for i := range 50 {
		var at [4]int
		for epoch := range at {
			got := make([]uint8, 81)
			small.make(t, parse(t, "shift=3,alternate")).Bytes(got, dot, augment.Key{Seed: 1, Epoch: epoch, Image: i})
			at[epoch] = slices.Index(got, 255)
		}
		if at[0]+at[1] != 80 || at[2]+at[3] != 80 {
			t.Errorf("image %d is shifted to %v in the first four epochs: no opposites", i, at)
		}
	}
	if a, b := s.floats(t, parse(t, "rotate=10,alternate"), s.bar(true), augment.Key{Image: 7}), s.floats(t, parse(t, "rotate=10,alternate"), s.bar(true), augment.Key{Epoch: 1, Image: 7}); true {
		_, _, x := centre(s, a)
		_, _, y := centre(s, b)
		if x, y = math.Mod(x+180, 180)-90, math.Mod(y+180, 180)-90; math.Abs(x+y) > 0.1 || math.Abs(x) < 0.5 {
			t.Errorf("the bar is turned by %.2f degrees, then by %.2f", x, y)
		}
	}
	pair := shape{1, 1, 2}
	left := 0
	for i := range 100 {
		var sides [6]uint8
		for epoch := range sides {
			got := make([]uint8, 2)
			pair.make(t, parse(t, "flip=x,alternate")).Bytes(got, []uint8{0, 255}, augment.Key{Epoch: epoch, Image: i})
			sides[epoch] = got[0]
		}
		if a, b := sides[0], sides[1]; a == b || sides != [6]uint8{a, b, a, b, a, b} {
			t.Errorf("image %d is mirrored in epochs %v", i, sides)
		}
		if sides[0] == 0 {
			left++
		}
	}
	if left < 25 || left > 75 {
		t.Errorf("%d of 100 images begin unmirrored", left)
	}
}

func TestOfOneAugmenterNothingSticks(t *testing.T) {
	s := shape{1, 12, 12}
	for _, recipe := range everything {
		a, src := s.make(t, parse(t, recipe)), s.noise()
		dst := make([]float32, s.pixels())
		for i := range 20 {
			a.Floats(dst, src, augment.Key{Image: i})
			if fresh := s.floats(t, parse(t, recipe), src, augment.Key{Image: i}); !slices.Equal(dst, fresh) {
				t.Fatalf("%s: image %d depends on the images before it", recipe, i)
			}
		}
	}
}

func TestNoAllocations(t *testing.T) {
	s := shape{1, 28, 28}
	src, dst := s.blob(), make([]float32, s.pixels())
	for _, recipe := range everything {
		a := s.make(t, parse(t, recipe))
		if n := testing.AllocsPerRun(20, func() { a.Floats(dst, src, augment.Key{}) }); n != 0 {
			t.Errorf("%s: %v allocations an image", recipe, n)
		}
	}
}

func TestTestCounterpart(t *testing.T) {
	r := parse(t, "shift=2,crop=25,rotate=10,elastic=1.5,erase=0.1,alternate,standardize")
	if got := r.Test().String(); got != "centre=25,standardize" {
		t.Errorf("the test counterpart is %q", got)
	}
	if got := parse(t, "rotate=10,normalize=0.1/0.3").Test().String(); got != "normalize=0.1/0.3" {
		t.Errorf("the test counterpart is %q", got)
	}
	for text, want := range map[string]bool{"none": false, "centre=25": false, "standardize": false, "crop=25": true, "shift=1": true, "erase=0.1,standardize": true} {
		if got := parse(t, text).Random(); got != want {
			t.Errorf("%s is random: %v", text, got)
		}
	}
	// The random windows lie around the one in the middle.
	s, dst, sum := shape{1, 28, 28}, make([]float32, 784), make([]float64, 784)
	a := s.make(t, parse(t, "crop=25"))
	for i := range 2000 {
		a.Floats(dst, s.blob(), augment.Key{Image: i})
		for k, v := range dst {
			sum[k] += float64(v) / 2000
		}
	}
	middle := s.floats(t, parse(t, "centre=25"), s.blob(), augment.Key{})
	down, right, _ := centre(s, middle)
	if math.Abs(down) > 1e-3 || math.Abs(right) > 1e-3 {
		t.Errorf("the middle window has its ink %v down and %v right", down, right)
	}
	for k := range sum {
		if math.Abs(sum[k]-float64(middle[k])) > 0.1 {
			t.Errorf("pixel %d is %v on average, and %v in the middle window", k, sum[k], middle[k])
			break
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct{ recipe, want string }{
		{"shift=20", "shift=20 is too much for images of 20 x 30 pixels: 19 at most"},
		{"crop=25", "crop=25 is too much for images of 20 x 30 pixels: 20 at most"},
		{"normalize=0:0/1:1", "normalize=0:0/1:1 speaks of 2 channels, and the images have 3"},
		{"normalize", "normalize: the mean and the standard deviation have not been measured"},
	} {
		if _, err := augment.New(parse(t, c.recipe), 3, 20, 30); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %q", c.recipe, err, c.want)
		}
	}
	for _, s := range []shape{{0, 2, 2}, {5, 2, 2}, {1, 0, 2}, {1, 2, 0}} {
		if _, err := augment.New(augment.Recipe{}, s.channels, s.height, s.width); err == nil {
			t.Errorf("%v passed", s)
		}
	}
	defer func() {
		if r := recover(); r != "augment: rotate=5 makes numbers between the pixels' own: use Floats" {
			t.Errorf("Bytes of a rotation gave %v", r)
		}
	}()
	s := shape{1, 2, 2}
	s.make(t, parse(t, "rotate=5")).Bytes(make([]uint8, 4), make([]uint8, 4), augment.Key{})
}
