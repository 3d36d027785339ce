package cli

import (
	"errors"
	"slices"
	"testing"

	"inkling/data"
)

// images is a set of one-pixel images in order of their classes, as folders have them;
// the pixel is the label.
func images(classes, each int) *data.Set {
	s := &data.Set{Channels: 1, Height: 1, Width: 1, Classes: make([]string, classes)}
	for c := range classes {
		for range each {
			s.Images, s.Labels = append(s.Images, uint8(c)), append(s.Labels, int32(c))
		}
	}
	return s
}

// A page's samples show several classes, not three of the first.
func TestSamplesAreOfSeveralClasses(t *testing.T) {
	for classes, want := range map[int][]uint8{1: {0, 0, 0}, 2: {0, 1, 0}, 3: {0, 1, 2}, 10: {0, 3, 6}} {
		got, err := samples(images(classes, 5))
		if err != nil || !slices.Equal(slices.Concat(got...), want) {
			t.Errorf("of %d classes: %v, %v; want %v", classes, got, err, want)
		}
	}
	if got, err := samples(images(2, 1)); err != nil || len(got) != 2 {
		t.Errorf("of two images: %v, %v", got, err)
	}
	gone := images(3, 4)
	gone.Images, gone.Source = nil, deleted{}
	if got, err := samples(gone); err == nil {
		t.Errorf("of images that are gone: %v", got)
	}
}

// deleted are images whose files are gone.
type deleted struct{}

func (deleted) Read(int, []uint8) error { return errors.New("no such file") }

func (deleted) Stamp(int) string { return "" }
