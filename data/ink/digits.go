package ink

import (
	"cmp"
	"fmt"
	"slices"
)

// part is a set of strokes that touch.
type part struct {
	box    Box
	pixels []int
	border int // pixels on the picture's border: it is cut off there, if there are any
}

// parts are the connected strokes, diagonals included, in the order of their first pixel.
func (s *strokes) parts() []*part {
	seen := make([]bool, len(s.stroke))
	var all []*part
	for first, in := range s.stroke {
		if !in || seen[first] {
			continue
		}
		p := &part{box: Box{s.Width, s.Height, 0, 0}}
		seen[first] = true
		p.pixels = append(p.pixels, first)
		for k := 0; k < len(p.pixels); k++ {
			x, y := p.pixels[k]%s.Width, p.pixels[k]/s.Width
			p.box = p.box.with(Box{x, y, x + 1, y + 1})
			if x == 0 || y == 0 || x == s.Width-1 || y == s.Height-1 {
				p.border++
			}
			for v := max(0, y-1); v <= min(s.Height-1, y+1); v++ {
				for u := max(0, x-1); u <= min(s.Width-1, x+1); u++ {
					if i := v*s.Width + u; s.stroke[i] && !seen[i] {
						seen[i] = true
						p.pixels = append(p.pixels, i)
					}
				}
			}
		}
		all = append(all, p)
	}
	return all
}

// with is the box around two boxes.
func (b Box) with(c Box) Box {
	return Box{min(b.Left, c.Left), min(b.Top, c.Top), max(b.Right, c.Right), max(b.Bottom, c.Bottom)}
}

// gap is how far apart two boxes lie along the axis where they are farther apart.
func (b Box) gap(c Box) int {
	return max(0, b.Left-c.Right, c.Left-b.Right, b.Top-c.Bottom, c.Top-b.Bottom)
}

// digits are the parts that belong together, from left to right: step 5.
func (s *strokes) digits() ([]*part, error) {
	parts := s.parts()
	slices.SortStableFunc(parts, func(a, b *part) int { return cmp.Compare(len(b.pixels), len(a.pixels)) })
	// What the border cuts off is a neighbour, or the edge of the paper or of a shadow, if
	// there is anything whole beside it.
	if i := slices.IndexFunc(parts, func(p *part) bool { return p.border == 0 }); i >= 0 {
		whole := parts[i].box.side()
		parts = slices.DeleteFunc(parts, func(p *part) bool {
			return p.border > 0 && (p.box.side() <= 2*whole || 8*p.border > 2*(s.Width+s.Height))
		})
	}
	var digits []*part
	for _, p := range parts {
		if 50*len(p.pixels) < len(parts[0].pixels) {
			break // specks
		}
		// A part beside, above or below a larger one is a stroke of it: the bar of a 5.
		near := slices.IndexFunc(digits, func(d *part) bool {
			reach := d.box.side() / 8 // digits of a number lie farther apart
			if 2*p.box.side() < d.box.side() {
				reach = d.box.side() / 4
			}
			return d.box.gap(p.box) <= reach
		})
		if near < 0 {
			digits = append(digits, &part{box: p.box, pixels: slices.Clone(p.pixels)})
			continue
		}
		d := digits[near]
		d.box = d.box.with(p.box)
		d.pixels = append(d.pixels, p.pixels...)
	}
	// What is left alone and less than a third as large is no digit beside the others.
	most := 0
	for _, d := range digits {
		most = max(most, d.box.side())
	}
	digits = slices.DeleteFunc(digits, func(d *part) bool { return 3*d.box.side() < most })
	if len(digits) > maxDigits {
		return nil, fmt.Errorf("%d separate marks stand on it, more than the %d digits that are read from one picture", len(digits), maxDigits)
	}
	slices.SortStableFunc(digits, func(a, b *part) int { return cmp.Compare(a.box.Left, b.box.Left) })
	return digits, nil
}

// maxDigits is more than anybody writes on one picture; grass and gravel have more parts.
const maxDigits = 40

// only is the ink of one digit: its strokes and their edges.
func (s *strokes) only(d *part) *Image {
	out := blank(s.Height, s.Width)
	edge := max(1, d.box.side()/20) // one pixel of twenty
	for _, i := range d.pixels {
		x, y := i%s.Width, i/s.Width
		for v := max(0, y-edge); v <= min(s.Height-1, y+edge); v++ {
			for u := max(0, x-edge); u <= min(s.Width-1, x+edge); u++ {
				out.Pixels[v*s.Width+u] = s.Pixels[v*s.Width+u]
			}
		}
	}
	return out
}

// box is the smallest box around the pixels that are at least v; the whole image
// where there are none.
func (m *Image) box(v uint8) Box {
	b := Box{m.Width, m.Height, 0, 0}
	for i, p := range m.Pixels {
		if p >= v {
			x, y := i%m.Width, i/m.Width
			b = b.with(Box{x, y, x + 1, y + 1})
		}
	}
	if b.Right == 0 {
		return Box{0, 0, m.Width, m.Height}
	}
	return b
}

// crop is a part of the image.
func (m *Image) crop(b Box) *Image {
	out := blank(b.Bottom-b.Top, b.Right-b.Left)
	for y := range out.Height {
		copy(out.Pixels[y*out.Width:(y+1)*out.Width], m.Pixels[(b.Top+y)*m.Width+b.Left:])
	}
	return out
}
