package cli

import (
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
