package report

import "fmt"

// look is how the images of a data set are drawn and spoken of.
type look int

const (
	asInk    look = iota // light on black, as in MNIST: drawn as ink on paper
	asGrey               // grey photographs: drawn as they are
	asColour             // red, green and blue
)

// darkest is the mean byte of the border up to which images count as light on
// black. The border of MNIST is 0; that of a photograph lies far above.
const darkest = 64

// lookOf decides by the number of channels, and for grey images by the border
// of those that the story shows.
func lookOf(s *Story) look { return s.Data.lookOf(s.pictures()) }

func (d Data) lookOf(shown []Picture) look {
	if d.channels() == 3 {
		return asColour
	}
	sum, n := 0.0, 0
	add := func(row, column int, v float64) {
		if row == 0 || column == 0 || row == d.Height-1 || column == d.Width-1 {
			sum += v
			n++
		}
	}
	for _, pic := range shown {
		for i, v := range pic.Pixels {
			add(i/d.Width, i%d.Width, float64(v))
		}
	}
	if n > 0 && sum/float64(n) > darkest {
		return asGrey
	}
	return asInk
}

// Ink reports whether the images are spoken of as ink on paper: grey ones that are
// light on black.
func (s *Story) Ink() bool { return lookOf(s) == asInk }

// pictures are images of the data set: the samples of the first chapter, or
// where it did not run what the others show.
func (s *Story) pictures() []Picture {
	var all []Picture
	if s.Pixels != nil {
		for _, row := range s.Pixels.Samples {
			all = append(all, row...)
		}
		return append(all, s.Pixels.One)
	}
	if a := s.Average; a != nil {
		for _, list := range [][]Nearest{a.OnlyMAE, a.OnlyMSE, a.BothMisled} {
			for _, near := range list {
				all = append(all, near.Picture)
			}
		}
		for _, m := range a.Means { // these are there even where nothing is misled
			all = append(all, Picture{Pixels: bytesOf(m)})
		}
	}
	for _, t := range s.Trained {
		for _, m := range t.Worst {
			all = append(all, m.Picture)
		}
		if t.Unfolded != nil {
			all = append(all, t.Unfolded.Picture)
		}
		if t.Convolution != nil {
			all = append(all, t.Convolution.Picture)
		}
	}
	return all
}

func (d Data) channels() int { return max(d.Channels, 1) }

// area is the number of pixels of an image, values that of its numbers.
func (d Data) area() int   { return d.Height * d.Width }
func (d Data) values() int { return d.channels() * d.area() }

// sumChannels adds up the channels of each pixel of a picture of numbers. That of
// weights is what they make of grey, where all channels are equal; that of
// products is what the pixel adds to a logit.
func sumChannels[T float32 | float64](p *page, values []T) []T {
	area := p.Data.area()
	if p.Data.channels() == 1 || len(values) != p.Data.values() {
		return values
	}
	out := make([]T, area)
	for i, v := range values {
		out[i%area] += v
	}
	return out
}

// channel names a plane of a colour image; grey ones need no name.
func (p *page) channel(i int) string {
	if !p.Colour() {
		return ""
	}
	return [...]string{"red", "green", "blue"}[i]
}

// Colour reports whether a pixel is three numbers.
func (p *page) Colour() bool { return p.look == asColour }

// Ink reports whether the images are drawn as ink on paper.
func (p *page) Ink() bool { return p.look == asInk }

// Stuff is what high numbers mean, Bare what zero means.
func (p *page) Stuff() string {
	if p.Ink() {
		return "ink"
	}
	return "light"
}

// Bare is the opposite of Stuff.
func (p *page) Bare() string {
	if p.Ink() {
		return "paper"
	}
	return "black"
}

// Area is the number of pixels of an image.
func (p *page) Area() string { return count(p.Data.area()) }

// Values is how many numbers an image is.
func (p *page) Values() string { return count(p.Data.values()) }

// Units is what an image's numbers are called: pixels, where each has one.
func (p *page) Units() string {
	if p.Colour() {
		return "numbers"
	}
	return "pixels"
}

// OwnSize reports whether pictures are shown pixel for pixel.
func (p *page) OwnSize() bool { return p.Data.ownSize() }

// Shape is the shape of one image as a tensor, without brackets.
func (p *page) Shape() string {
	if p.Colour() {
		return fmt.Sprintf("3, %d, %d", p.Data.Height, p.Data.Width)
	}
	return fmt.Sprintf("%d, %d", p.Data.Height, p.Data.Width)
}

// Rank is the rank of one image and as many axes more.
func (p *page) Rank(more int) int {
	if p.Colour() {
		return 3 + more
	}
	return 2 + more
}

// ownSize reports whether a picture's pixels are the screen's.
func (d Data) ownSize() bool { return d.Width >= 14 && d.Width <= 40 }
