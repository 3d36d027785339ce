package recipe

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"inkling/data"
	"inkling/data/augment"
)

// Traits are what automatic choices look at: what a set of images is like.
type Traits struct {
	Images, Channels, Height, Width int
	Classes                         []string
	Fewest, Most                    int     // images of the rarest class, and of the most frequent
	Plain                           bool    // a ground of one colour surrounds what is shown: a drawing, a sign, a thing on paper
	Ground                          float64 // how light that ground is, from 0 (black) to 1; 0 where there is none
}

// looked is how many images Examine looks at, and plainShare how much of their
// borders must be of one colour for a plain ground.
const looked, plainShare = 200, 0.85

// Examine looks at a set: at its counts, and at the borders of up to 200 of its
// images, spread evenly. It returns an error where one of them cannot be read.
func Examine(set *data.Set) (Traits, error) {
	t := Traits{Images: set.Len(), Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: set.Classes}
	if counts := set.Counts(); len(counts) > 0 {
		t.Fewest, t.Most = slices.Min(counts), slices.Max(counts)
	}
	n := min(t.Images, looked)
	share, ground := 0.0, 0.0
	image := make([]uint8, set.Pixels())
	for k := range n {
		if err := set.Read(k*t.Images/n, image); err != nil {
			return t, err
		}
		alike, light := border(image, t.Channels, t.Height, t.Width)
		share += alike / float64(n)
		ground += light / float64(n)
	}
	if t.Plain = share >= plainShare; t.Plain {
		t.Ground = ground
	}
	return t, nil
}

// border returns the share of the pixels along an image's edges that differ by less
// than 16 of 255 from the median of their channel, and that median, from 0 to 1.
func border(image []uint8, channels, height, width int) (alike, light float64) {
	area, n := height*width, 0
	ring := make([]uint8, 0, 2*(height+width))
	for c := range channels {
		plane := image[c*area : (c+1)*area]
		ring = ring[:0]
		for x := range width {
			ring = append(ring, plane[x], plane[area-width+x])
		}
		for y := range height {
			ring = append(ring, plane[y*width], plane[y*width+width-1])
		}
		slices.Sort(ring)
		median := int(ring[len(ring)/2])
		for _, v := range ring {
			if d := int(v) - median; -16 < d && d < 16 {
				alike++
			}
		}
		n += len(ring)
		light += float64(median) / 255 / float64(channels)
	}
	return alike / float64(n), light
}

// characters reports whether most classes are single letters or digits.
func (t Traits) characters() bool {
	single := 0
	for _, c := range t.Classes {
		if utf8.RuneCountInString(c) == 1 {
			single++
		}
	}
	return 2*single > len(t.Classes)
}

// sided returns the first class that has a side in its name, which a mirror would
// exchange; "" if there is none.
func (t Traits) sided() string {
	for _, c := range t.Classes {
		for _, word := range strings.FieldsFunc(strings.ToLower(c), func(r rune) bool { return r < 'a' || r > 'z' }) {
			if word == "left" || word == "right" || word == "clockwise" || word == "counterclockwise" {
				return c
			}
		}
	}
	return ""
}

// Mirrored says why a recipe should not mirror images of these classes; "" where it
// does not, or may.
func (r Recipe) Mirrored(classes []string) string {
	a, err := augment.Parse(r.Augment)
	if err != nil || !a.FlipX && !a.FlipY {
		return ""
	}
	t := Traits{Classes: classes}
	switch name := t.sided(); {
	case t.characters():
		return "the augmentation mirrors images whose classes are letters or digits: a mirrored one is another sign, or none"
	case name != "":
		return fmt.Sprintf("the augmentation mirrors images, and a class is called %q: a mirror exchanges the sides", name)
	}
	return ""
}
