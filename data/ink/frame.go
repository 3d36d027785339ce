package ink

import "math"

// fine is how many times finer than the training's the frame is in which
// strokes are thickened and thinned.
const fine = 4

// farthest is the largest reach of the disc that does it, in fine pixels.
const farthest = 12

// frame brings a digit's box into the training's frame: steps 7 and 8.
func (t *Typical) frame(p *Prepared) {
	side := min(int(math.Round(t.Side.Median)), t.Height, t.Width)
	small := p.Box.framed(fine*side, fine)
	p.Width = small.framed(side, 1).stroke()
	if p.Width < t.Stroke.Low || p.Width > t.Stroke.High {
		// A disc of reach r adds 2r to the strokes and to the box, which is then brought back
		// to its side: (width + 2r) side / (side + 2r) = the median, all in fine pixels.
		wanted, s := fine*t.Stroke.Median, float64(fine*side)
		reach := math.Round(s * (wanted - small.stroke()) / (s - wanted) / 2)
		reach = min(max(reach, -farthest), farthest)
		if changed := small.thickened(int(reach)); changed != nil {
			p.Change = 2 * reach / fine
			small = changed
		}
	}
	p.Scaled = small.framed(side, 1)
	p.Scaled.darken(t.Peak)
	p.Result = t.place(p.Scaled)
}

// framed is the image with a longer side of side pixels and a shorter one that is a
// multiple of unit.
func (m *Image) framed(side, unit int) *Image {
	shorter := func(n int) int {
		return max(unit, int(math.Round(float64(n)*float64(side)/float64(unit*m.longer())))*unit)
	}
	if m.Height >= m.Width {
		return m.resized(side, shorter(m.Width))
	}
	return m.resized(shorter(m.Height), side)
}

// stroke is the mean width of the strokes in pixels: twice the ink's area over the
// length of its outline, the total variation of the image.
func (m *Image) stroke() float64 {
	at := func(y, x int) float64 { // with a margin of paper
		if y < 0 || x < 0 || y >= m.Height || x >= m.Width {
			return 0
		}
		return float64(m.Pixels[y*m.Width+x])
	}
	area, outline := 0.0, 0.0
	for y := -1; y < m.Height; y++ {
		for x := -1; x < m.Width; x++ {
			v := at(y, x)
			down, right := at(y+1, x)-v, at(y, x+1)-v
			area += v
			outline += math.Sqrt(down*down + right*right)
		}
	}
	if outline == 0 {
		return 0
	}
	return 2 * area / outline
}

// thickened is the ink with a disc of reach r added to the strokes, or taken away
// where r is negative, cropped to its box; nil where nothing is left, or r is 0.
func (m *Image) thickened(r int) *Image {
	if r == 0 {
		return nil
	}
	n := max(r, -r)
	wide := blank(m.Height+2*n, m.Width+2*n) // a margin for what is added
	for y := range m.Height {
		copy(wide.Pixels[(y+n)*wide.Width+n:], m.Pixels[y*m.Width:(y+1)*m.Width])
	}
	out := blank(wide.Height, wide.Width)
	for y := range wide.Height {
		for x := range wide.Width {
			out.Pixels[y*wide.Width+x] = wide.disc(x, y, r)
		}
	}
	for _, v := range out.Pixels {
		if v >= 128 {
			return out.crop(out.box(faintest))
		}
	}
	return nil
}

// disc is the darkest ink within r pixels of a place, the palest within -r where r is
// negative. Beyond the image is paper.
func (m *Image) disc(x, y, r int) uint8 {
	n := max(r, -r)
	best := m.Pixels[y*m.Width+x]
	for dy := -n; dy <= n; dy++ {
		for dx := -n; dx <= n; dx++ {
			if dx*dx+dy*dy > n*n {
				continue
			}
			v := uint8(0)
			if x+dx >= 0 && x+dx < m.Width && y+dy >= 0 && y+dy < m.Height {
				v = m.Pixels[(y+dy)*m.Width+x+dx]
			}
			if r > 0 && v > best || r < 0 && v < best {
				if best = v; v == 255 || v == 0 {
					return v // nothing is beyond that
				}
			}
		}
	}
	return best
}

// darken scales ink that is paler than the training's to its usual peak.
func (m *Image) darken(usual Range) {
	peak := uint8(0)
	for _, v := range m.Pixels {
		peak = max(peak, v)
	}
	if peak == 0 || float64(peak) >= usual.Low {
		return
	}
	for i, v := range m.Pixels {
		m.Pixels[i] = uint8(min(255, math.Round(float64(v)*usual.Median/float64(peak))))
	}
}

// place lays the ink on an empty image of the model's size so that its centre of mass
// comes as near to the training's as whole pixels allow, and all of it stays inside.
func (t *Typical) place(m *Image) *Image {
	x, y := m.centre()
	left := min(max(0, int(math.Round(t.X.Median-x))), t.Width-m.Width)
	top := min(max(0, int(math.Round(t.Y.Median-y))), t.Height-m.Height)
	out := blank(t.Height, t.Width)
	for row := range m.Height {
		copy(out.Pixels[(top+row)*t.Width+left:], m.Pixels[row*m.Width:(row+1)*m.Width])
	}
	if t.Light {
		return out.inverted()
	}
	return out
}

// centre is the centre of mass, counted from the middle of the first pixel.
func (m *Image) centre() (x, y float64) {
	mass, sumX, sumY := 0, 0, 0
	for i, v := range m.Pixels {
		mass += int(v)
		sumX += int(v) * (i % m.Width)
		sumY += int(v) * (i / m.Width)
	}
	if mass == 0 {
		return float64(m.Width-1) / 2, float64(m.Height-1) / 2
	}
	return float64(sumX) / float64(mass), float64(sumY) / float64(mass)
}
