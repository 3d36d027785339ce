package cli

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"

	"inkling/data"
	"inkling/data/augment"
)

// versions is how many augmented versions of an image stand beside it in a
// picture, and shownRows how many images a terminal shows.
const (
	versions  = 9
	shownRows = 4
)

// augmented is an image, as it is and as the first epochs show it.
type augmented struct {
	index int       // in the set
	tiles [][]uint8 // channels x height x width, the original first
}

// versionsOf augments the first images of each class, the classes in turn. What
// only numbers show, a mean of 0, is left out of the pictures.
func versionsOf(s *data.Set, r augment.Recipe, seed uint64, each int) ([]augmented, error) {
	r.Standardize, r.Normalize = false, augment.Normal{}
	by, err := augment.New(r, s.Channels, s.Height, s.Width)
	if err != nil {
		return nil, err
	}
	drawn := make([]int, len(s.Classes))
	var rows []augmented
	for i, label := range s.Labels {
		if drawn[label] == each {
			continue
		}
		drawn[label]++
		row := augmented{i, [][]uint8{s.Image(i)}}
		floats := make([]float32, s.Pixels())
		for epoch := range versions {
			by.Floats(floats, s.Image(i), augment.Key{Seed: seed, Epoch: epoch, Image: i})
			tile := make([]uint8, len(floats))
			for k, v := range floats {
				tile[k] = uint8(v*255 + 0.5)
			}
			row.tiles = append(row.tiles, tile)
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b augmented) int { return int(s.Labels[a.index] - s.Labels[b.index]) })
	return rows, nil
}

// showAugmented draws images beside their augmented versions: the first ones in
// the terminal, and all into a picture, if file names one.
func (a *app) showAugmented(s *data.Set, name, text string, seed uint64, each int, file string) error {
	r, err := augment.Parse(text)
	if err != nil {
		return usagef("--augment: %w", err)
	}
	rows, err := versionsOf(s, r, seed, each)
	if err != nil {
		return fmt.Errorf("--augment: %w", err)
	}
	if file != "" {
		if err := savePNG(file, augmentedSheet(s, rows)); err != nil {
			return fmt.Errorf("%s: %w", quote(file), cause(err))
		}
	}
	if a.json {
		event := map[string]any{"event": "done", "augment": r.String(), "seed": seed, "images": len(rows)}
		if file != "" {
			event["path"] = file
		}
		return emit(a.out, event)
	}
	screen := newScreen(a.out)
	screen.sentence("", "%s with %s: each image as it is, then as the first epochs show it", quote(name), r)
	for i, row := range rows {
		if i == shownRows {
			break
		}
		screen.printf("\n%s", tilesAsText(s, row.tiles, screen.width))
	}
	screen.printf("\n")
	if r.FlipX || r.FlipY {
		screen.sentence("", "%s a mirrored digit is another sign, or none; flip is for photographs", screen.warn("note:"))
	}
	if file != "" {
		screen.sentence("", "%s %s in %s, a row each: left of the line as it is, right of it %d versions", count(len(rows), "image"), isAre(len(rows)), quote(file), versions)
	}
	return nil
}

// isAre is the verb for so many.
func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// tilesAsText draws images side by side, as many as fit, in dots of Braille: a
// character is two pixels wide and four high. Large images are made smaller.
func tilesAsText(s *data.Set, tiles [][]uint8, width int) string {
	const gap, blankBraille = 2, 0x2800
	by := max((s.Width+31)/32, (s.Height+31)/32)
	w, h := (s.Width+by-1)/by, (s.Height+by-1)/by
	columns, lines := (w+1)/2, (h+3)/4
	fits := min(max((width+gap)/(columns+gap), 2), len(tiles))
	half := darkest(tiles[0]) / 2
	var b strings.Builder
	for line := range lines {
		var text strings.Builder
		for i, tile := range tiles[:fits] {
			if i > 0 {
				text.WriteString(strings.Repeat(" ", gap))
			}
			for column := range columns {
				dots := rune(0)
				// Dots are numbered down the left, down the right, and then along the bottom.
				for k, at := range [8][2]int{{0, 0}, {1, 0}, {2, 0}, {0, 1}, {1, 1}, {2, 1}, {3, 0}, {3, 1}} {
					y, x := line*4+at[0], column*2+at[1]
					if y < h && x < w && inkAt(s, tile, y*by, x*by, by) > half {
						dots |= 1 << k
					}
				}
				text.WriteRune(blankBraille + dots) // where there are none too: a font's space may be narrower
			}
		}
		b.WriteString(strings.TrimRight(text.String(), " "+string(rune(blankBraille))) + "\n")
	}
	return b.String()
}

// inkAt is the mean of a square of pixels of an image, over all channels.
func inkAt(s *data.Set, image []uint8, top, left, side int) int {
	sum, n := 0, 0
	for c := range s.Channels {
		for y := top; y < min(top+side, s.Height); y++ {
			for x := left; x < min(left+side, s.Width); x++ {
				sum, n = sum+int(image[(c*s.Height+y)*s.Width+x]), n+1
			}
		}
	}
	return sum / n
}

func darkest(image []uint8) int { return int(slices.Max(image)) }

// augmentedSheet draws every image in a row with its versions, the originals
// apart from them. A thin frame shows where an image ends.
func augmentedSheet(s *data.Set, rows []augmented) image.Image {
	const gap, apart = 8, 16
	by := max(84/max(s.Width, s.Height), 1) // whole multiples: crisp
	w, h := s.Width*by+2, s.Height*by+2
	img := image.NewNRGBA(image.Rect(0, 0, gap+(versions+1)*(w+gap)+apart, gap+len(rows)*(h+gap)))
	fill(img, img.Rect, paper)
	frame, accent := color.NRGBA{0xdd, 0xd7, 0xcd, 0xff}, color.NRGBA{0x2f, 0x4b, 0xd8, 0xff}
	fill(img, image.Rect(2*gap+w+apart/2-gap/2-1, gap, 2*gap+w+apart/2-gap/2+1, img.Rect.Max.Y-gap), accent)
	for i, row := range rows {
		for k, tile := range row.tiles {
			left, top := gap+k*(w+gap), gap+i*(h+gap)
			if k > 0 {
				left += apart
			}
			fill(img, image.Rect(left, top, left+w, top+h), frame)
			for y := range s.Height {
				for x := range s.Width {
					fill(img, image.Rect(left+1+x*by, top+1+y*by, left+1+(x+1)*by, top+1+(y+1)*by), shade(s, tile, y*s.Width+x))
				}
			}
		}
	}
	return img
}
