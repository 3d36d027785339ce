package synth

import (
	"math"
	"math/rand/v2"
)

// How MNIST frames a digit, in pixels of a 28-pixel image: the longer side of
// the ink's box, and the pixel, counted from 0, on which the centre of mass lies.
const (
	boxSide = 20
	centre  = 14
)

// A pen writes digits one after another on canvases of one size, reusing its memory.
type pen struct {
	side   int     // of the canvas, in pixels
	edge   float64 // pixels over which the ink fades to paper
	scale  float64 // side / 28
	knots  []knot  // of the stroke at hand
	path   []point // of the digit, its strokes one behind the other
	starts []int   // index in path of each stroke's first point
	box    []uint8 // ink before centring, boxPixels square
}

func newPen(side int) *pen {
	if side < Side {
		panic("[synth] a canvas smaller than 28 pixels has no room for a digit")
	}
	p := &pen{side: side, scale: float64(side) / Side}
	p.box = make([]uint8, p.boxPixels()*p.boxPixels())
	return p
}

// boxPixels is the longer side of the ink on this pen's canvas.
func (p *pen) boxPixels() int { return boxSide * p.side / Side }

// digit draws one digit on image, side x side bytes. A digit that MNIST's frame
// does not fit is written anew: centred, some ink would leave the canvas, or
// the pen was too faint.
func (p *pen) digit(rng *rand.Rand, class int, image []uint8) {
	for {
		p.write(rng, class)
		p.edge = 1 + .4*rng.Float64()
		p.fit(rng.Float64())
		p.ink()
		if p.centre(image) {
			return
		}
	}
}

// fit scales the path so that the longer side of the ink is the box's side, and
// moves the ink into the box. Along the shorter side nothing ties the ink to
// the pixels' raster: it starts the given fraction of a pixel late.
func (p *pen) fit(fraction float64) {
	target := float64(p.boxPixels())
	for i := range p.path {
		p.path[i].radius *= p.scale
	}
	// The ink's extent is that of the path, which scales, and of the pen, which
	// does not; which point lies outermost may change with the scale. A few
	// rounds of Newton's method settle it.
	scale := target / 2
	var left, right, top, bottom float64
	for range 4 {
		left, right, top, bottom = p.extent(scale)
		w, h := right-left, bottom-top
		const rate = .9
		if w > h {
			scale += rate * (target - w) / max(w/scale, .01)
		} else {
			scale += rate * (target - h) / max(h/scale, .01)
		}
	}
	left, right, top, bottom = p.extent(scale)
	if right-left > bottom-top {
		top -= min(fraction, target-(bottom-top))
	} else {
		left -= min(fraction, target-(right-left))
	}
	for i := range p.path {
		p.path[i].x = p.path[i].x*scale - left
		p.path[i].y = p.path[i].y*scale - top
	}
}

// extent is the box of the ink when the path is scaled.
func (p *pen) extent(scale float64) (left, right, top, bottom float64) {
	left, right, top, bottom = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, q := range p.path {
		reach := q.radius + (p.edge-1)/2
		left, right = min(left, q.x*scale-reach), max(right, q.x*scale+reach)
		top, bottom = min(top, q.y*scale-reach), max(bottom, q.y*scale+reach)
	}
	return left, right, top, bottom
}

// ink draws the path into the box: for each pixel the distance d from its
// centre to the path, against the pen's radius r there, gives
//
//	ink = 255 clamp(r - d + 1/2, 0, 1)
//
// which is the share of the pixel that a straight edge at distance r covers. A
// pixel near two pieces of the path takes the darker, as a pen leaves no more
// than ink. Only the pixels around each piece are looked at.
func (p *pen) ink() {
	clear(p.box)
	n := p.boxPixels()
	for s, first := range p.starts {
		last := len(p.path)
		if s+1 < len(p.starts) {
			last = p.starts[s+1]
		}
		for i := first; i+1 < last; i++ {
			p.inkPiece(n, p.path[i], p.path[i+1])
		}
	}
}

// inkPiece draws the straight piece from a to b.
func (p *pen) inkPiece(n int, a, b point) {
	reach := max(a.radius, b.radius) + p.edge/2
	x0, x1 := max(int(min(a.x, b.x)-reach), 0), min(int(max(a.x, b.x)+reach), n-1)
	y0, y1 := max(int(min(a.y, b.y)-reach), 0), min(int(max(a.y, b.y)+reach), n-1)
	dx, dy, dr := b.x-a.x, b.y-a.y, b.radius-a.radius
	perLength2 := 0.
	if length2 := dx*dx + dy*dy; length2 > 0 {
		perLength2 = 1 / length2
	}
	for row := y0; row <= y1; row++ {
		y := float64(row) + .5 - a.y
		for col := x0; col <= x1; col++ {
			x := float64(col) + .5 - a.x
			t := clamp((x*dx+y*dy)*perLength2, 0, 1) // the foot of the perpendicular
			ex, ey := x-t*dx, y-t*dy
			cover := (a.radius+t*dr-math.Sqrt(ex*ex+ey*ey))/p.edge + .5
			if cover <= 0 {
				continue
			}
			v := uint8(min(cover, 1)*255 + .5)
			if at := &p.box[row*n+col]; v > *at {
				*at = v
			}
		}
	}
}

// centre copies the box onto the image such that the centre of mass lies within
// half a pixel of the frame's centre. It returns false if that cannot be, or if
// the ink is not as large and dark as MNIST's.
func (p *pen) centre(image []uint8) bool {
	n := p.boxPixels()
	var mass, momentX, momentY int
	var peak uint8
	left, right, top, bottom := n, -1, n, -1
	for row := range n {
		for col, v := range p.box[row*n : (row+1)*n] {
			if v == 0 {
				continue
			}
			mass += int(v)
			momentX += int(v) * col
			momentY += int(v) * row
			peak = max(peak, v)
			left, right = min(left, col), max(right, col)
			top, bottom = min(top, row), max(bottom, row)
		}
	}
	if peak < 250 || max(right-left, bottom-top)+1 != n {
		return false
	}
	target := (centre+.5)*p.scale - .5
	shiftX := int(math.Round(target - float64(momentX)/float64(mass)))
	shiftY := int(math.Round(target - float64(momentY)/float64(mass)))
	if left+shiftX < 0 || right+shiftX >= p.side || top+shiftY < 0 || bottom+shiftY >= p.side {
		return false
	}
	clear(image)
	for row := top; row <= bottom; row++ {
		copy(image[(row+shiftY)*p.side+left+shiftX:], p.box[row*n+left:row*n+right+1])
	}
	return true
}
