package cli

import (
	"image"
	"slices"
	"strings"
	"testing"

	"inkling/data"
)

// dark counts the pixels of an area that are not paper.
func dark(img image.Image, area image.Rectangle) int {
	n := 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if img.At(x, y) != paper {
				n++
			}
		}
	}
	return n
}

// Each row of the sheet begins with the name of its class, beside its images; a name that
// cannot be written is a number, and one that is long takes its share.
func TestSheetNamesClasses(t *testing.T) {
	for _, side := range []int{8, 28} { // lower than a line, and higher
		s := &data.Set{
			Channels: 1, Height: side, Width: side, Classes: []string{"cat", "Ölfarbe", "日本", strings.Repeat("long", 50)},
			Labels: []int32{0, 1, 2, 3}, Images: slices.Repeat([]uint8{255}, 4*side*side),
		}
		img, numbered := sheet(s, 2)
		if !slices.Equal(numbered, []int{2}) {
			t.Errorf("classes %v are numbered, wanted the third", numbered)
		}
		b := img.Bounds()
		begin := b.Dx() - 2*(side+4)
		if begin > widestName+12 {
			t.Errorf("the names take %d pixels", begin)
		}
		height := (b.Dy() - 4) / 4
		var ink []int
		for k := range 4 {
			row := image.Rect(0, 4+k*height, begin, 4+(k+1)*height)
			ink = append(ink, dark(img, row))
			if n := dark(img, image.Rect(begin, row.Min.Y, b.Dx(), row.Max.Y)); n != side*side {
				t.Errorf("row %d shows %d pixels of images, wanted %d", k, n, side*side)
			}
		}
		if !(ink[0] > 20 && ink[1] > ink[0] && ink[2] > 5 && ink[3] > ink[1]) {
			t.Errorf("the names have %v dark pixels", ink)
		}
		if dark(img, image.Rect(begin-8, 0, begin, b.Dy())) > 0 {
			t.Error("a name touches the images")
		}
	}
}
