package augment_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/data/augment"
)

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
