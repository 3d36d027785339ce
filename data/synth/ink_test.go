package synth

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// TestFrameIsMNISTs checks what was measured on MNIST's test images: the ink's
// longer side is 20 pixels, the centre of mass lies within half a pixel of
// (14, 14), ink peaks at 250 or more, and most of the ink is grey.
func TestFrameIsMNISTs(t *testing.T) {
	set := Generate(5000, 0, 2).Train
	var ink, grey int
	for i := range set.Len() {
		image := set.Image(i)
		var mass, x, y float64
		left, right, top, bottom := Side, -1, Side, -1
		for at, v := range image {
			if v == 0 {
				continue
			}
			row, col := at/Side, at%Side
			mass, x, y = mass+float64(v), x+float64(v)*float64(col), y+float64(v)*float64(row)
			left, right, top, bottom = min(left, col), max(right, col), min(top, row), max(bottom, row)
			ink++
			if v < 250 {
				grey++
			}
		}
		if side := max(right-left, bottom-top) + 1; side != 20 {
			t.Errorf("the longer side of %s is %d pixels, want 20", set.Name(i), side)
		}
		if x, y = x/mass, y/mass; math.Abs(x-14) > .5 || math.Abs(y-14) > .5 {
			t.Errorf("the centre of %s is (%.2f, %.2f), want within half a pixel of (14, 14)", set.Name(i), x, y)
		}
		if peak := slices.Max(image); peak < 250 {
			t.Errorf("the darkest pixel of %s is %d, want 250 or more", set.Name(i), peak)
		}
	}
	if share := float64(grey) / float64(ink); share < .55 || share > .68 {
		t.Errorf("%.0f %% of the ink is grey, want 61 %% as in MNIST, give or take 7", 100*share)
	}
}

// TestStrokesAreAsWideAsMNISTs estimates the width of a stroke by the ink over
// the path's length: a bar of width w and length l holds w*l pixels of ink.
func TestStrokesAreAsWideAsMNISTs(t *testing.T) {
	rng, p, image := rand.New(rand.NewPCG(1, 1)), newPen(Side), make([]uint8, Side*Side)
	var widths []float64
	for range 3000 {
		p.digit(rng, 7, image) // a 7 hardly crosses itself
		length, mass := 0., 0.
		for s, first := range p.starts {
			last := len(p.path)
			if s+1 < len(p.starts) {
				last = p.starts[s+1]
			}
			for i := first; i+1 < last; i++ {
				length += math.Hypot(p.path[i+1].x-p.path[i].x, p.path[i+1].y-p.path[i].y)
			}
		}
		for _, v := range image {
			mass += float64(v) / 255
		}
		widths = append(widths, mass/length)
	}
	slices.Sort(widths)
	low, median, high := widths[len(widths)/20], widths[len(widths)/2], widths[len(widths)*19/20]
	t.Logf("stroke width: median %.2f pixels, 90 %% within %.2f to %.2f", median, low, high)
	if median < 2.2 || median > 3.1 || low < 1.5 || high > 4.8 {
		t.Error("want about 2.5 pixels, 1.7 to 4.0, as in MNIST")
	}
}

// TestSoftEdge draws one upright bar of radius 2 and compares with the formula
// of ink: 2 pixels on either side of the path, with a ramp of one pixel.
func TestSoftEdge(t *testing.T) {
	p := newPen(Side)
	p.edge = 1
	p.path = []point{{10.25, 2, 2}, {10.25, 18, 2}}
	p.starts = []int{0}
	p.ink()
	n := p.boxPixels()
	got := p.box[10*n+7 : 10*n+14]
	want := []uint8{0, 191, 255, 255, 255, 64, 0} // centres at 7.5 to 13.5, edges at 8.25 and 12.25
	if !slices.Equal(got, want) {
		t.Errorf("a bar from 8.25 to 12.25 reads %v, want %v", got, want)
	}
}

// TestGolden pins the bytes of a seed, so that a change of the drawing is a
// decision. Where the compiler fuses a product and a sum into one instruction
// (arm64, GOAMD64=v3), the last bit of a coordinate may differ, and a grey
// level with it.
func TestGolden(t *testing.T) {
	a, b := 1+math.Ldexp(1, -30), 1-math.Ldexp(1, -30)
	if runtime.GOARCH != "amd64" || fused(a, b, -1) != 0 {
		t.Skip("this machine's arithmetic rounds otherwise")
	}
	h := fnv.New64a()
	h.Write(Generate(100, 0, 42).Train.Images)
	const want = 0x78af9dc4b98f9cbd
	if got := h.Sum64(); got != want {
		t.Errorf("the first 100 images of seed 42 hash to %#x, want %#x: if the drawing was meant to change, write down the new one", got, uint64(want))
	}
}

// fused is x*y + z: exact if the compiler fuses, rounded twice if not.
//
//go:noinline
func fused(x, y, z float64) float64 { return x*y + z }
