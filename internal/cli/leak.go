package cli

import (
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

// leaksOf looks the images up among the training images that are at hand, learned,
// which may be nil, and in what the model file remembers.
func leaksOf(c *classifier.Model, set, learned *data.Set) leaks {
	at := map[[32]byte]int{}
	if learned != nil {
		for i := range learned.Len() {
			at[sha256.Sum256(learned.Image(i))] = i
		}
	}
	l := leaks{Copies: []leak{}}
	for i := range set.Len() {
		of, here := at[sha256.Sum256(set.Image(i))]
		in, known := c.Seen.Holds(set.Image(i))
		if known || learned != nil {
			l.Checked++
		}
		if !here && !in {
			continue
		}
		if l.Found++; len(l.Copies) < kept {
			one := leak{Image: set.Name(i)}
			if here {
				one.Of = learned.Name(of)
			}
			l.Copies = append(l.Copies, one)
		}
	}
	return l
}
