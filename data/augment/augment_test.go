package augment_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
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

// A shift moves every pixel by the same whole number of pixels, and each of the
// possible ones comes up about as often.
func TestShiftMovesEveryPixelExactly(t *testing.T) {
	for _, s := range []shape{{1, 9, 12}, {3, 12, 9}, {4, 5, 5}} {
		src := s.noise()
		for _, fill := range []string{"paper", "edge"} {
			a := s.make(t, parse(t, "shift=2,fill="+fill))
			seen := map[[2]int]int{}
			for i := range 1000 {
				got := make([]uint8, s.pixels())
				a.Bytes(got, src, augment.Key{Seed: 1, Image: i})
				down, right, ok := findShift(s, src, got, 2, fill == "edge")
				if !ok {
					t.Fatalf("%v, fill=%s: image %d is not the original moved by up to 2 pixels:\n%v\n%v", s, fill, i, src, got)
				}
				seen[[2]int{down, right}]++
				if f := s.floats(t, parse(t, "shift=2,fill="+fill), src, augment.Key{Seed: 1, Image: i}); !slices.Equal(f, asFloats(got)) {
					t.Fatalf("%v: as floats image %d is another", s, i)
				}
			}
			for where, n := range seen {
				if n < 15 || n > 70 { // 40 expected, five standard deviations
					t.Errorf("%v: of 1000 images %d are moved by %v", s, n, where)
				}
			}
			if len(seen) != 25 {
				t.Errorf("%v: %d of 25 shifts came up", s, len(seen))
			}
		}
	}
}

// findShift finds how an image was moved.
func findShift(s shape, src, got []uint8, most int, edge bool) (down, right int, ok bool) {
	for down = -most; down <= most; down++ {
		for right = -most; right <= most; right++ {
			if slices.Equal(moved(s, src, down, right, edge), got) {
				return down, right, true
			}
		}
	}
	return 0, 0, false
}

// moved is what a shift should give, pixel by pixel.
func moved(s shape, src []uint8, down, right int, edge bool) []uint8 {
	out := make([]uint8, s.pixels())
	for c := range s.channels {
		for y := range s.height {
			for x := range s.width {
				fromY, fromX := y-down, x-right
				if edge {
					fromY, fromX = min(max(fromY, 0), s.height-1), min(max(fromX, 0), s.width-1)
				} else if fromY < 0 || fromY >= s.height || fromX < 0 || fromX >= s.width {
					continue
				}
				out[s.at(c, y, x)] = src[s.at(c, fromY, fromX)]
			}
		}
	}
	return out
}

// Large shifts, one axis after the other, on images that are hardly larger.
func TestShiftOfAlmostTheWholeImage(t *testing.T) {
	for _, s := range []shape{{1, 3, 4}, {2, 4, 3}, {1, 2, 2}} {
		src, most := s.noise(), min(s.height, s.width)-1
		for _, fill := range []string{"paper", "edge"} {
			a := s.make(t, parse(t, fmt.Sprintf("shift=%d,fill=%s", most, fill)))
			for i := range 300 {
				got := make([]uint8, s.pixels())
				a.Bytes(got, src, augment.Key{Seed: 2, Image: i})
				if _, _, ok := findShift(s, src, got, most, fill == "edge"); !ok {
					t.Fatalf("%v, fill=%s: %v became %v", s, fill, src, got)
				}
			}
		}
	}
}

func TestRotationByAQuarterIsAPermutation(t *testing.T) {
	for _, n := range []int{8, 9} {
		s := shape{2, n, n}
		src := s.noise()
		// 90 degrees counterclockwise: the right edge becomes the top.
		got := s.floats(t, augment.Recipe{Rotate: augment.Range{Low: 90, High: 90}}, src, augment.Key{})
		for c := range 2 {
			for y := range n {
				for x := range n {
					if want := float32(src[s.at(c, x, n-1-y)]) / 255; math.Abs(float64(got[s.at(c, y, x)]-want)) > 1e-5 {
						t.Fatalf("%d x %d: pixel (%d, %d) is %v, want %v", n, n, y, x, got[s.at(c, y, x)], want)
					}
				}
			}
		}
	}
}

// centre is the ink's centre of mass, down and right of the image's middle, and
// how long the ink is along both diagonals.
func centre(s shape, image []float32) (down, right, slope float64) {
	total := ink(image)
	for i, v := range image {
		down += float64(v) * (float64(i/s.width) - float64(s.height-1)/2) / total
		right += float64(v) * (float64(i%s.width) - float64(s.width-1)/2) / total
	}
	var xy, xx, yy float64
	for i, v := range image {
		y, x := float64(i/s.width)-float64(s.height-1)/2-down, float64(i%s.width)-float64(s.width-1)/2-right
		xy, xx, yy = xy+float64(v)*x*y, xx+float64(v)*x*x, yy+float64(v)*y*y
	}
	return down, right, math.Atan2(2*xy, xx-yy) / 2 * 180 / math.Pi // of the longer axis, clockwise
}

// bar is an upright or a lying stroke of ink through the middle.
func (s shape) bar(upright bool) []uint8 {
	image := make([]uint8, s.pixels())
	for i := range image {
		y, x := i/s.width-s.height/2, i%s.width-s.width/2
		if !upright {
			x, y = y, x
		}
		if x >= -1 && x <= 1 && y >= -8 && y <= 8 {
			image[i] = 255
		}
	}
	return image
}

// Directions, as a person would check them on a sheet of paper.
func TestDirections(t *testing.T) {
	s := shape{1, 29, 29}
	near := func(what string, got, want, within float64) {
		t.Helper()
		if math.Abs(got-want) > within {
			t.Errorf("%s is %.2f, want %.2f", what, got, want)
		}
	}
	_, _, angle := centre(s, s.floats(t, parse(t, "rotate=30..30"), s.bar(false), augment.Key{}))
	near("a lying bar turned by 30 degrees counterclockwise, clockwise,", angle, -30, 0.3)
	_, _, angle = centre(s, s.floats(t, parse(t, "shear=20..20"), s.bar(true), augment.Key{}))
	near("an upright bar that leans 20 degrees to the right, clockwise from lying,", angle, -70, 0.6)
	for scale, recipe := range map[float64]string{0.5: "scale=0.5..0.5", 1.4: "scale=1.4..1.4"} {
		small := s.floats(t, parse(t, recipe), s.blob(), augment.Key{})
		near("the ink at scale "+recipe, ink(small)/ink(asFloats(s.blob())), scale*scale, 0.02*scale*scale)
	}
	// The middle 25 pixels of 29, blown up: what was 10 pixels from the middle is 11.6 from it.
	crop := parse(t, "centre=25")
	dot := make([]uint8, s.pixels())
	for y := 13; y <= 15; y++ {
		for x := 23; x <= 25; x++ {
			dot[s.at(0, y, x)] = 255
		}
	}
	down, right, _ := centre(s, s.floats(t, crop, dot, augment.Key{}))
	near("down", down, 0, 0.01)
	near("right", right, 10*29.0/25, 0.05)
}

// Turning back undoes turning, but for what interpolation blurs.
func TestTurningBack(t *testing.T) {
	s := shape{1, 28, 28}
	src := s.blob()
	there := s.floats(t, parse(t, "rotate=25..25,scale=1.2..1.2"), src, augment.Key{})
	middle := make([]uint8, s.pixels())
	for i, v := range there {
		middle[i] = uint8(v*255 + 0.5)
	}
	// First scaled, then turned, is the same as first turned, then scaled.
	back := s.floats(t, parse(t, fmt.Sprintf("rotate=-25..-25,scale=%v..%v", 1/1.2, 1/1.2)), middle, augment.Key{})
	for i, v := range asFloats(src) {
		if math.Abs(float64(v-back[i])) > 0.06 {
			t.Fatalf("pixel %d was %v and came back as %v", i, v, back[i])
		}
	}
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

func TestFlips(t *testing.T) {
	s := shape{2, 3, 4}
	src := s.noise()
	seen := map[string]int{}
	a := s.make(t, parse(t, "flip=xy"))
	for i := range 400 {
		got := make([]uint8, s.pixels())
		a.Bytes(got, src, augment.Key{Seed: 1, Image: i})
		for _, flip := range []string{"", "x", "y", "xy"} {
			same := true
			for c := range 2 {
				for y := range 3 {
					for x := range 4 {
						fromY, fromX := y, x
						if strings.Contains(flip, "x") {
							fromX = 3 - x
						}
						if strings.Contains(flip, "y") {
							fromY = 2 - y
						}
						same = same && got[s.at(c, y, x)] == src[s.at(c, fromY, fromX)]
					}
				}
			}
			if same {
				seen[flip]++
			}
		}
	}
	if total := seen[""] + seen["x"] + seen["y"] + seen["xy"]; total != 400 || len(seen) != 4 || min(seen[""], seen["x"], seen["y"], seen["xy"]) < 60 {
		t.Errorf("of 400 images %v are mirrored", seen)
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
