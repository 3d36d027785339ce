package cli

import (
	"inkling/classifier"
	"inkling/data"
)

// sketchOf is what a model file remembers of the images it learned from.
func sketchOf(set *data.Set) *classifier.Sketch {
	images := make([][]byte, set.Len())
	for i := range images {
		images[i] = set.Image(i)
	}
	s := &classifier.Sketch{}
	s.Add(images...)
	return s
}
