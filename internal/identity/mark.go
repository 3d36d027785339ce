package identity

import (
	"fmt"
	"math"
	"strings"
)

const markSide = 28

// Mark is Inkling's mark as an image of 28 x 28 pixels: a drop of ink, 0 for
// paper and 255 for ink, with a glint where the light falls on it.
func Mark() [markSide * markSide]uint8 {
	const fine = 8 // samples of a pixel along each side
	var image [markSide * markSide]uint8
	for i := range image {
		covered := 0
		for s := range fine * fine {
			x := float64(i%markSide) + (float64(s%fine)+0.5)/fine
			y := float64(i/markSide) + (float64(s/fine)+0.5)/fine
			if inDrop(x, y) {
				covered++
			}
		}
		// Few greys, as an eye would set them by hand.
		image[i] = uint8(math.Round(float64(covered)/(fine*fine)*5) / 5 * 255)
	}
	return image
}

// inDrop reports whether a point lies in the drop: a disc, and the two tangents
// to it from the tip, bent a little inwards.
func inDrop(x, y float64) bool {
	const (
		tip, middle = 2.5, 17.5
		radius      = 7.75
	)
	dx := math.Abs(x - markSide/2)
	if glint := math.Hypot(x-10.9, y-18.6); glint < 3.1 && math.Hypot(x-12.4, y-17.6) > 3.3 {
		return false
	}
	if math.Hypot(dx, y-middle) <= radius {
		return true
	}
	if y < tip || y > middle {
		return false
	}
	t := (y - tip) / (middle - tip)
	return dx <= radius*math.Pow(t, 1.25)*math.Cos((1-t)*0.35)
}

// MarkSVG is the mark as an SVG document, each pixel a square on a grid of 28 by
// 28. It turns light where the reader's system is dark.
func MarkSVG() string {
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28" width="112" height="112" role="img" aria-label="Inkling: a drop of ink">` +
		`<style>path{fill:#1b1a19}@media(prefers-color-scheme:dark){path{fill:#ece7df}}</style>` +
		MarkPaths() + `</svg>` + "\n"
}

// MarkPaths is what the SVG holds: one path for each grey, to stand in an <svg> with a
// viewBox of 0 0 28 28.
func MarkPaths() string {
	image := Mark()
	paths := map[uint8]*strings.Builder{}
	var greys []uint8
	for i := 0; i < len(image); {
		n := 1
		for (i+n)%markSide != 0 && image[i+n] == image[i] {
			n++
		}
		if grey := image[i]; grey > 0 {
			if paths[grey] == nil {
				paths[grey] = &strings.Builder{}
				greys = append(greys, grey)
			}
			fmt.Fprintf(paths[grey], "M%d %dh%dv1h-%dz", i%markSide, i/markSide, n, n)
		}
		i += n
	}
	var out strings.Builder
	for _, grey := range greys {
		fmt.Fprintf(&out, `<path fill-opacity="%.1f" d="%s"/>`, float64(grey)/255, paths[grey])
	}
	return out.String()
}
