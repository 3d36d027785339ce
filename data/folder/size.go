package folder

import (
	"cmp"
	"math"
	"slices"
)

// The longest side that is chosen by itself, and the shortest. A step of training costs
// as much as there are pixels: images of 128 x 128 twenty times those of 28 x 28.
const largestSide, smallestSide = 128, 8

// alike is how far proportions may differ and be called the same.
const alike = 0.05

// chooseSize says what size the images are brought to, given how many there are
// of each size (height, width); see the package comment for the rule.
func chooseSize(sizes map[[2]int]int) (height, width int) {
	type counted struct {
		of    float64
		times int
	}
	var longer, ratios []counted
	images := 0
	for size, n := range sizes {
		h, w := size[0], size[1]
		if len(sizes) == 1 && max(h, w) <= largestSide {
			return h, w
		}
		longer = append(longer, counted{float64(max(h, w)), n})
		ratios = append(ratios, counted{float64(w) / float64(h), n})
		images += n
	}
	median := func(list []counted) float64 {
		slices.SortFunc(list, func(a, b counted) int { return cmp.Compare(a.of, b.of) })
		passed := 0
		for _, c := range list {
			if passed += c.times; 2*passed >= images {
				return c.of
			}
		}
		return smallestSide // no images
	}
	round := func(x float64) int {
		return min(max(8*int(math.Round(x/8)), smallestSide), largestSide)
	}
	side, ratio := round(median(longer)), median(ratios)
	same := 0
	for _, c := range ratios {
		if math.Abs(c.of/ratio-1) <= alike {
			same += c.times
		}
	}
	switch {
	case 10*same < 9*images:
		return side, side
	case ratio >= 1:
		return round(float64(side) / ratio), side
	}
	return side, round(float64(side) * ratio)
}
