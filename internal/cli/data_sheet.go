package cli

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"inkling/data"
	"inkling/internal/replace"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	plotfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
)

var paper, blackest = color.NRGBA{0xfa, 0xf7, 0xf2, 0xff}, color.NRGBA{0x1b, 0x1a, 0x19, 0xff}

// The names in a sheet: their size, the room for a line, and the widest, in pixels.
const nameSize, nameLine, widestName = 12, 16, 200

// sheet draws the first images of each class in rows behind its name, dark ink on warm
// paper where they are grey. A name that the font has not all letters of is its number,
// from 1; those are given.
func sheet(s *data.Set, each int) (image.Image, []int) {
	const gap = 4
	face := plotfont.NewCache(liberation.Collection()).Lookup(plotfont.Font{Typeface: "Liberation", Variant: "Sans"}, nameSize)
	letters := face.FontFace(72) // points are pixels
	var numbered []int
	names, widest := make([]string, len(s.Classes)), 0
	for k, class := range s.Classes {
		if names[k] = unspaced(class); !drawable(face.Face, names[k]) {
			names[k], numbered = fmt.Sprintf("#%d", k+1), append(numbered, k)
		}
		names[k] = shortened(letters, names[k])
		widest = max(widest, font.MeasureString(letters, names[k]).Ceil())
	}
	begin := gap + widest + 2*gap
	w, h := s.Width+gap, max(s.Height, nameLine)+gap
	img := image.NewNRGBA(image.Rect(0, 0, begin+each*w, len(s.Classes)*h+gap))
	fill(img, img.Rect, paper)
	metrics := letters.Metrics()
	for k, name := range names {
		middle := fixed.I(gap + k*h + (h-gap)/2)
		pen := font.Drawer{Dst: img, Src: image.NewUniform(blackest), Face: letters, Dot: fixed.Point26_6{X: fixed.I(gap), Y: middle + metrics.CapHeight/2}}
		pen.DrawString(name)
	}
	drawn := make([]int, len(s.Classes))
	for i, label := range s.Labels {
		if drawn[label] == each {
			continue
		}
		left, top := begin+drawn[label]*w, gap+int(label)*h+(h-gap-s.Height)/2
		drawn[label]++
		for k := range s.Height * s.Width {
			img.SetNRGBA(left+k%s.Width, top+k/s.Width, shade(s, s.Image(i), k))
		}
	}
	return img, numbered
}

// drawable reports whether the font has all letters of a text.
func drawable(f *sfnt.Font, text string) bool {
	var room sfnt.Buffer
	for _, r := range text {
		if glyph, err := f.GlyphIndex(&room, r); err != nil || glyph == 0 {
			return false
		}
	}
	return true
}

// shortened is what of a name has room, with an ellipsis where that is not all.
func shortened(face font.Face, name string) string {
	if font.MeasureString(face, name).Ceil() <= widestName {
		return name
	}
	letters := []rune(name)
	for len(letters) > 0 && font.MeasureString(face, string(letters)+"…").Ceil() > widestName {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}

// fill paints a rectangle.
func fill(img *image.NRGBA, area image.Rectangle, c color.NRGBA) {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			img.SetNRGBA(x, y, c)
		}
	}
}

// shade is the colour of pixel k of an image: its own, or ink on paper if it is grey.
func shade(s *data.Set, image []uint8, k int) color.NRGBA {
	if area := s.Height * s.Width; s.Channels == 3 {
		return color.NRGBA{image[k], image[area+k], image[2*area+k], 0xff}
	}
	return color.NRGBA{ink(paper.R, blackest.R, image[k]), ink(paper.G, blackest.G, image[k]), ink(paper.B, blackest.B, image[k]), 0xff}
}

// ink mixes paper and ink by a pixel's byte.
func ink(paper, black, pixel uint8) uint8 {
	return uint8((int(paper)*(255-int(pixel)) + int(black)*int(pixel)) / 255)
}

func savePNG(path string, img image.Image) error {
	var b strings.Builder
	if err := png.Encode(&b, img); err != nil {
		return err
	}
	return replace.WriteFile(path, []byte(b.String()), 0o644)
}
