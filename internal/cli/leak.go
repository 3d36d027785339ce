package cli

import (
	"context"
	"crypto/sha256"

	"inkling/classifier"
	"inkling/data"
)

// sketchOf is what a model file remembers of the images it learned from: nothing of
// a streamed set, which would have to be read once more while somebody waits for the file.
func sketchOf(set *data.Set) *classifier.Sketch {
	if set.Streamed() {
		return nil
	}
	images := make([][]byte, set.Len())
	for i := range images {
		images[i] = set.Image(i)
	}
	s := &classifier.Sketch{}
	s.Add(images...)
	return s
}

// leaks says how many of the images that a model is judged on it learned from.
type leaks struct {
	Checked int    `json:"checked"` // images that could be looked up
	Found   int    `json:"found"`
	Copies  []leak `json:"copies"` // the first of those that were found
}

// leak is an image that is also among the training images.
type leak struct {
	Image string `json:"image"`
	Of    string `json:"of,omitempty"` // the training image; "" where only the model file knows of it
}

// kept is how many leaks, mistakes and likely label errors are reported one by one.
const kept = 100

// leakFinder looks images up among those that a model learned from: the training
// images at hand, and what the model file remembers.
type leakFinder struct {
	leaks
	seen    *classifier.Sketch
	learned *data.Set
	at      map[[32]byte]int // of the training images at hand, by their hashes; nil where there are none
}

// newLeakFinder takes the training images at hand, or nil. Those of a streamed set
// are not read for this. It is unfinished where the context ends.
func newLeakFinder(ctx context.Context, c *classifier.Model, learned *data.Set) *leakFinder {
	f := &leakFinder{leaks: leaks{Copies: []leak{}}, seen: c.Seen, learned: learned}
	if learned != nil && !learned.Streamed() {
		f.at = map[[32]byte]int{}
		for i := 0; i < learned.Len() && ctx.Err() == nil; i++ {
			f.at[sha256.Sum256(learned.Image(i))] = i
		}
	}
	return f
}

// look looks an image up.
func (f *leakFinder) look(name string, image []uint8) {
	of, here := f.at[sha256.Sum256(image)]
	in, known := f.seen.Holds(image)
	if known || f.at != nil {
		f.Checked++
	}
	if !here && !in {
		return
	}
	if f.Found++; len(f.Copies) < kept {
		one := leak{Image: name}
		if here {
			one.Of = f.learned.Name(of)
		}
		f.Copies = append(f.Copies, one)
	}
}
