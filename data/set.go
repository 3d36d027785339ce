// Package data holds labelled images as the rest of the program sees them: a
// Set is the images, a Dataset its splits, a Loader deals a Set out in batches.
// Where the images come from is the business of the packages below this one
// (folder, idx, synth, fetch), and of source, which opens a name or a path.
package data

import "fmt"

// Set is a number of equally sized images with one label each. Pixels stay
// bytes until a batch is gathered, which moves a quarter of the memory. Images
// are held in memory, or read one by one from a Source; whoever asks by Image, Read,
// Subset, Split or a Loader sees no difference, but that reading can fail.
type Set struct {
	Images   []uint8 // N x Channels x Height x Width, row-major; nil with a Source
	Source   Source  // of the images where they are too many to be held; nil where they are
	Labels   []int32 // N class indices into Classes
	Channels int     // 1 for grey, 3 for colour
	Height   int
	Width    int
	Classes  []string // in natural order: class 2 before class 10
	Names    []string // where each image came from; nil when that is just its number
}

// Len is the number of images.
func (s *Set) Len() int { return len(s.Labels) }

// Pixels is the number of bytes of one image: Channels x Height x Width.
func (s *Set) Pixels() int { return s.Channels * s.Height * s.Width }

// Image returns the bytes of image i: without a copy where they are held. An image
// of a streamed set is read; it panics with a *ReadError if it cannot be. Read returns that error.
func (s *Set) Image(i int) []uint8 {
	p := s.Pixels()
	if s.Source != nil {
		image := make([]uint8, p)
		if err := s.Read(i, image); err != nil {
			panic(err)
		}
		return image
	}
	return s.Images[i*p : (i+1)*p : (i+1)*p]
}

// Name says where image i came from, for a message to a person.
func (s *Set) Name(i int) string {
	if s.Names != nil {
		return s.Names[i]
	}
	return fmt.Sprintf("image %d", i)
}

// Counts returns the number of images of each class.
func (s *Set) Counts() []int {
	counts := make([]int, len(s.Classes))
	for _, l := range s.Labels {
		counts[l]++
	}
	return counts
}

// Check returns an error that names the first inconsistency: lengths that do
// not fit the shape, or a label outside the classes.
func (s *Set) Check() error {
	if s.Channels < 1 || s.Height < 1 || s.Width < 1 {
		return fmt.Errorf("images of %d x %d pixels with %d channels make no data set", s.Height, s.Width, s.Channels)
	}
	if s.Source != nil && s.Images != nil {
		return fmt.Errorf("images both in memory and from a source")
	}
	if want := s.Len() * s.Pixels(); s.Source == nil && len(s.Images) != want {
		return fmt.Errorf("%d labels of %d-byte images want %d bytes of pixels, but there are %d", s.Len(), s.Pixels(), want, len(s.Images))
	}
	if s.Names != nil && len(s.Names) != s.Len() {
		return fmt.Errorf("%d names for %d images", len(s.Names), s.Len())
	}
	for i, l := range s.Labels {
		if l < 0 || int(l) >= len(s.Classes) {
			return fmt.Errorf("%s has label %d, outside the %d classes", s.Name(i), l, len(s.Classes))
		}
	}
	return nil
}

// Subset returns the images at the given indices, in that order: as a copy, or
// from the same source.
func (s *Set) Subset(indices []int) *Set {
	out := *s
	if s.Source != nil {
		out.Source = choose(s.Source, indices)
	} else {
		out.Images = make([]uint8, 0, len(indices)*s.Pixels())
	}
	out.Labels = make([]int32, len(indices))
	out.Names = nil
	for k, i := range indices {
		if s.Source == nil {
			out.Images = append(out.Images, s.Image(i)...)
		}
		out.Labels[k] = s.Labels[i]
		if s.Names != nil {
			out.Names = append(out.Names, s.Names[i])
		}
	}
	return &out
}

// Dataset is a named data set with its splits; Valid and Test are nil where
// the source has none.
type Dataset struct {
	Name               string
	Train, Valid, Test *Set
}
