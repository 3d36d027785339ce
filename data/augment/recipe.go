// Package augment changes images at random while a model learns from them, so
// that it sees each one a little different every time.
//
// A Recipe says what may happen, an Augmenter does it to images of one size.
// What happens to an image follows from the seed, the epoch and the image's
// number alone: not from its batch, nor from who computes it.
//
// Everything that moves pixels (crop, elastic distortion, rotation, scale, shear,
// shift) is composed into one map from places of the result to places of the
// original, and the original is read once, between its pixels by bilinear
// interpolation: two transforms blur no more than one. Where the map only shifts
// by whole pixels, bytes are copied.
package augment

import (
	"fmt"
	"math"
)

// Recipe is what may happen to an image. The zero Recipe changes nothing. The
// order is fixed: flips; then crop, elastic, rotate, scale and shear about the
// image's centre, and shift, as one warp; contrast, brightness; erase, cutout;
// standardize or normalize.
type Recipe struct {
	Shift  Length // up to so far down or up, and right or left, by whole pixels: a random crop after a pad of so many
	Crop   Length // a window at random, scaled back to the full size; its shorter side
	Centre Length // the same window in the middle, always: what Crop is on average
	Rotate Range  // degrees, counterclockwise
	Scale  Range  // factor of the size
	Shear  Range  // degrees by which what stood upright leans to the right
	// Elastic moves the nodes of a coarse grid at random, up to so far along each axis, and the
	// pixels between them smoothly: an elastic distortion (Simard, Steinkraus and Platt, 2003).
	Elastic Length
	Grid    int // nodes along each side; 0 is 4
	// Edge repeats the image's edge where the warp looks beyond it. Otherwise there is paper: 0.
	Edge bool

	FlipX, FlipY bool // mirrored left to right, or top to bottom, half of the time; wrong for digits

	Contrast   Range // factor of the distance to the image's mean
	Brightness Range // added, where 1 is full ink

	Erase  float64 // a rectangle of up to this share of the image becomes paper (Zhong et al., 2017)
	Cutout Length  // a square with this side, around any pixel, becomes paper (DeVries and Taylor, 2017)

	// Alternate pairs the epochs: what one draws, the next takes from the other end. A shift to the
	// left is followed by the same to the right, an image by its mirror image (Jordan, 2024).
	Alternate bool

	Standardize bool   // each image has its own mean subtracted, and is divided by its standard deviation
	Normalize   Normal // all images have one mean subtracted, and are divided by one standard deviation
}

// Length is a distance in pixels, or in percent of the image's shorter side.
type Length struct {
	Value   float64
	Percent bool
}

// pixels is the length on an image with that shorter side.
func (l Length) pixels(side int) float64 {
	if l.Percent {
		return l.Value / 100 * float64(side)
	}
	return l.Value
}

// Range is where a number is drawn from, evenly. The zero Range is not used.
type Range struct{ Low, High float64 }

func (r Range) used() bool { return r != Range{} }

// Normal is a mean and a standard deviation for each channel, of pixels from 0
// to 1. With Channels 1 they hold for all channels of an image.
type Normal struct {
	Measure   bool // they are still to be taken from the training images (data.Set.Measure)
	Channels  int  // 0 where Normalize is not used
	Mean, Std [MaxChannels]float64
}

// MaxChannels is how many channels an image may have.
const MaxChannels = 4

// defaultGrid is the number of nodes along each side of the elastic distortion's grid.
const defaultGrid = 4

// bounds of what a recipe may say; beyond them no picture is left, or no memory.
const (
	maxPixels = 10_000
	maxGrid   = 64
)

// Test is the part of a recipe that evaluation needs: what is not random. A
// random crop becomes the one in the middle, so that things keep the size that
// the model has learned.
func (r Recipe) Test() Recipe {
	t := Recipe{Centre: r.Centre, Standardize: r.Standardize, Normalize: r.Normalize}
	if r.Crop != (Length{}) {
		t.Centre = r.Crop
	}
	return t
}

// Random reports whether the recipe holds more than Test keeps of it.
func (r Recipe) Random() bool {
	r.Grid, r.Edge, r.Alternate = 0, false, false
	return r != r.Test() || r.Crop != Length{}
}

// idle returns an error that names a word of the recipe that has nothing to act on.
func (r Recipe) idle() error {
	beyond := r.Shift.Value != 0 || r.Elastic.Value != 0 || r.Rotate.used() || r.Scale.used() || r.Shear.used()
	switch {
	case r.Edge && !beyond:
		return fmt.Errorf("fill=edge without shift, rotate, scale, shear or elastic: nothing else looks beyond the image")
	case r.Alternate && !r.Random():
		return fmt.Errorf("alternate without anything that is drawn at random: there is no opposite")
	}
	return nil
}

// WholePixels reports whether every pixel of the result is one of the original,
// or paper: then bytes stay bytes.
func (r Recipe) WholePixels() bool {
	left := Recipe{Shift: r.Shift, FlipX: r.FlipX, FlipY: r.FlipY, Erase: r.Erase, Cutout: r.Cutout, Edge: r.Edge, Alternate: r.Alternate, Grid: r.Grid}
	return r == left
}

// Check returns an error that names the first part of the recipe that cannot be.
func (r Recipe) Check() error {
	for _, l := range []struct {
		name string
		Length
	}{{"shift", r.Shift}, {"crop", r.Crop}, {"centre", r.Centre}, {"elastic", r.Elastic}, {"cutout", r.Cutout}} {
		if most := float64(maxPixels); !(l.Value >= 0 && l.Value <= most) || l.Percent && l.Value > 100 {
			return fmt.Errorf("%s=%v: wanted pixels from 0 to %v, or 0%% to 100%% of the side", l.name, l.Length, most)
		}
	}
	for _, x := range []struct {
		name string
		Range
		low, high float64
	}{
		{"rotate", r.Rotate, -180, 180}, {"scale", r.Scale, 0.1, 10}, {"shear", r.Shear, -60, 60},
		{"contrast", r.Contrast, 0, 10}, {"brightness", r.Brightness, -1, 1},
	} {
		if x.used() && !(x.Low >= x.low && x.Low <= x.High && x.High <= x.high) {
			return fmt.Errorf("%s=%v..%v: wanted a lower and an upper end between %v and %v", x.name, x.Low, x.High, x.low, x.high)
		}
	}
	switch n := r.Normalize; {
	case r.Shift.Value != math.Floor(r.Shift.Value) && !r.Shift.Percent:
		return fmt.Errorf("shift=%v: wanted whole pixels", r.Shift)
	case r.Cutout.Value != math.Floor(r.Cutout.Value) && !r.Cutout.Percent:
		return fmt.Errorf("cutout=%v: wanted whole pixels", r.Cutout)
	case r.Crop != (Length{}) && r.Centre != (Length{}):
		return fmt.Errorf("crop=%v and centre=%v: choose one", r.Crop, r.Centre)
	case r.Grid != 0 && (r.Grid < 2 || r.Grid > maxGrid):
		return fmt.Errorf("grid=%d: wanted from 2 to %d nodes along a side", r.Grid, maxGrid)
	case r.Grid != 0 && r.Elastic.Value == 0:
		return fmt.Errorf("grid=%d without elastic: it is the elastic distortion's grid", r.Grid)
	case !(r.Erase >= 0 && r.Erase <= 1):
		return fmt.Errorf("erase=%v: wanted a share of the image from 0 to 1", r.Erase)
	case r.Standardize && n != Normal{}:
		return fmt.Errorf("standardize and normalize: choose one")
	case n.Measure && n != Normal{Measure: true}, n.Channels < 0 || n.Channels > MaxChannels:
		return fmt.Errorf("normalize: wanted one mean and one standard deviation for each of 1 to %d channels, or neither", MaxChannels)
	default:
		for c := range n.Channels {
			if !(math.Abs(n.Mean[c]) <= 1e6 && n.Std[c] >= 1e-6 && n.Std[c] <= 1e6) {
				return fmt.Errorf("normalize=%v: wanted means, and standard deviations above 0", n)
			}
		}
	}
	return nil
}

// Fits returns an error where the recipe cannot be applied to images of a size.
func (r Recipe) Fits(channels, height, width int) error {
	if err := r.Check(); err != nil {
		return err
	}
	if channels < 1 || channels > MaxChannels || height < 1 || width < 1 {
		return fmt.Errorf("images of %d x %d pixels with %d channels cannot be augmented: wanted 1 to %d channels", height, width, channels, MaxChannels)
	}
	side := min(height, width)
	for _, l := range []struct {
		name string
		Length
		most int
	}{{"shift", r.Shift, side - 1}, {"crop", r.Crop, side}, {"centre", r.Centre, side}, {"elastic", r.Elastic, side}, {"cutout", r.Cutout, side}} {
		if !l.Percent && l.Value > float64(l.most) {
			return fmt.Errorf("%s=%v is too much for images of %d x %d pixels: %d at most", l.name, l.Length, height, width, l.most)
		}
	}
	if n := r.Normalize; n.Channels > 1 && n.Channels != channels {
		return fmt.Errorf("normalize=%v speaks of %d channels, and the images have %d", n, n.Channels, channels)
	}
	if r.Normalize.Measure {
		return fmt.Errorf("normalize: the mean and the standard deviation have not been measured")
	}
	return nil
}
