// Package synth draws handwritten digits by program: a data set of MNIST's
// shape for a reader without a network.
//
// A digit is written the way a hand does it. One of several forms of the digit
// (forms.go) is bent, slanted and smoothed into the path of a pen (hand.go);
// the pen leaves anti-aliased ink, framed as MNIST frames its digits (ink.go).
// No pixel comes from a recorded digit.
package synth

import (
	"math/rand/v2"
	"runtime"
	"sync"

	"inkling/data"
)

// The usual sizes of a data set, MNIST's.
const (
	Train = 60_000
	Test  = 10_000
)

// Side is the height and width of an image in pixels.
const Side = 28

// Streams keep the random numbers of the splits apart: the test set shows
// other digits of the same hands.
const (
	trainStream = iota + 1
	testStream
)

// Generate draws a data set of train and test images of 1 x 28 x 28. An image
// depends on the seed and its own number alone: the bytes are the same for any
// number of processors, and a smaller set is the beginning of a larger one.
// The digits are balanced: each run of ten images holds every digit once.
func Generate(train, test int, seed uint64) *data.Dataset {
	return &data.Dataset{
		Name:  "synth",
		Train: draw(train, seed, trainStream),
		Test:  draw(test, seed, testStream),
	}
}

// Digit draws one digit of class 0 to 9, 28 x 28 pixels in rows; 0 is paper,
// 255 is ink.
func Digit(rng *rand.Rand, class int) [Side * Side]uint8 {
	return [Side * Side]uint8(Draw(rng, class, Side))
}

// Draw draws one digit of class 0 to 9 on a canvas of side x side pixels: the
// digit that Digit draws from the same random numbers, only larger. It panics
// if side is less than 28.
func Draw(rng *rand.Rand, class, side int) []uint8 {
	image := make([]uint8, side*side)
	newPen(side).digit(rng, class, image)
	return image
}

// draw fills a set of n images from one stream of random numbers.
func draw(n int, seed uint64, stream uint64) *data.Set {
	set := &data.Set{
		Images:   make([]uint8, n*Side*Side),
		Labels:   make([]int32, n),
		Channels: 1,
		Height:   Side,
		Width:    Side,
		Classes:  []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
	}
	// Each image and each run of ten labels has its own generator: the images
	// take the odd numbers of the stream, the labels the even ones.
	labelSource := rand.NewPCG(0, 0)
	labels := rand.New(labelSource)
	for first := 0; first < n; first += 10 {
		labelSource.Seed(seed, stream<<32|uint64(first)<<1)
		for k, class := range labels.Perm(10)[:min(10, n-first)] {
			set.Labels[first+k] = int32(class)
		}
	}

	workers := min(runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			source := rand.NewPCG(0, 0)
			rng, pen := rand.New(source), newPen(Side)
			for i := w; i < n; i += workers {
				source.Seed(seed, stream<<32|uint64(i)<<1|1)
				pen.digit(rng, int(set.Labels[i]), set.Image(i))
			}
		})
	}
	wg.Wait()
	return set
}
