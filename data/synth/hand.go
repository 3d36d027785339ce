package synth

import (
	"math"
	"math/rand/v2"
)

// A point lies on the middle of the pen's path. In hand.go x and y are in
// heights of the digit; ink.go scales them to pixels. The radius is in pixels
// of a 28-pixel image from the start, because MNIST scales digits to one size,
// not pens to one width.
type point struct{ x, y, radius float64 }

// A hand is how one digit is written this time.
type hand struct {
	jitter   float64 // standard deviation of a knot's place
	haste    int     // rounds of smoothing: a fast hand rounds corners
	slant    float64 // to the right for each unit of height
	rotation float64 // radians, clockwise
	width    float64 // factor on x
	taper    float64 // how much wider the lower half is than the upper
	waist    float64 // how far the middle lies below the half height
	radius   float64 // of the pen, in pixels
	pressure float64 // relative change of the radius along the path
	tremor   float64 // amplitude of fast wiggles
	overrun  float64 // standard deviation of a stroke's end along its direction
	waves    [3]wave // a smooth warp of the whole
}

// A wave moves each point by a smooth function of its place. Together the waves
// do more for reading real digits than any other variation: without them a
// network learns the forms by heart.
type wave struct{ kx, ky, phase, dx, dy float64 }

// newHand draws the hand that writes one digit. The spreads were set by
// comparing with MNIST: box, slant, ink and grey of each digit, and which real
// digits a network trained on these misreads.
func newHand(rng *rand.Rand, class int) hand {
	h := hand{
		jitter:   .012 + .025*rng.Float64(),
		haste:    rng.IntN(8),
		slant:    leans[class] + .12 + .25*rng.NormFloat64(),
		rotation: .08 * rng.NormFloat64(),
		width:    math.Exp(.18 * rng.NormFloat64()),
		taper:    .25 * rng.NormFloat64(),
		waist:    .05 * rng.NormFloat64(),
		radius:   clamp(1.22*pens[class]*math.Exp(.3*rng.NormFloat64()), .8, 2.6),
		pressure: .12 * rng.Float64(),
		tremor:   .006 * rng.Float64(),
		overrun:  .04,
	}
	for i := range h.waves {
		h.waves[i] = wave{
			kx: 3 * rng.NormFloat64(), ky: 3 * rng.NormFloat64(),
			phase: 2 * math.Pi * rng.Float64(),
			dx:    .05 * rng.NormFloat64(), dy: .05 * rng.NormFloat64(),
		}
	}
	return h
}

// write fills the pen's path with one digit.
func (p *pen) write(rng *rand.Rand, class int) {
	h := newHand(rng, class)
	p.path, p.starts = p.path[:0], p.starts[:0]
	g := glyphs[class][choose(rng, glyphs[class])]
	a := g.masters[rng.IntN(len(g.masters))]
	b := g.masters[rng.IntN(len(g.masters))]
	t := -.2 + 1.4*rng.Float64() // a little beyond either master
	for s := range a {
		p.knots = p.knots[:0]
		for k := range a[s] {
			u, v := a[s][k], b[s][k]
			p.knots = append(p.knots, knot{
				x:      u.x + t*(v.x-u.x) + h.jitter*rng.NormFloat64(),
				y:      u.y + t*(v.y-u.y) + h.jitter*rng.NormFloat64(),
				corner: u.corner,
			})
		}
		first := len(p.path)
		p.starts = append(p.starts, first)
		p.spline(p.knots)
		stroke := p.path[first:]
		for range h.haste {
			smooth(stroke)
		}
		stretch(stroke, h.overrun*rng.NormFloat64(), h.overrun*rng.NormFloat64())
		h.press(rng, stroke)
	}
	h.bend(p.path)
}

// choose picks a form in proportion to the weights.
func choose(rng *rand.Rand, forms []glyph) int {
	var sum float64
	for _, g := range forms {
		sum += g.weight
	}
	r := sum * rng.Float64()
	for i, g := range forms {
		if r -= g.weight; r < 0 {
			return i
		}
	}
	return len(forms) - 1
}

// stepsPerSpan is how many straight pieces stand for the curve between two knots.
const stepsPerSpan = 7

// spline appends a Catmull-Rom curve through the knots: between b and c,
//
//	q(t) = b + t/2 (c-a) + t²/2 (2a - 5b + 4c - d) + t³/2 (3b - 3c + d - a)
//
// where a and d are their neighbours. At a corner or an end the neighbour is
// the reflection of the knot before, so that the curve does not look beyond.
func (p *pen) spline(knots []knot) {
	p.path = append(p.path, point{x: knots[0].x, y: knots[0].y})
	for i := 0; i+1 < len(knots); i++ {
		b, c := knots[i], knots[i+1]
		a := knot{x: 2*b.x - c.x, y: 2*b.y - c.y}
		if i > 0 && !b.corner {
			a = knots[i-1]
		}
		d := knot{x: 2*c.x - b.x, y: 2*c.y - b.y}
		if i+2 < len(knots) && !c.corner {
			d = knots[i+2]
		}
		for s := 1; s <= stepsPerSpan; s++ {
			t := float64(s) / stepsPerSpan
			p.path = append(p.path, point{
				x: catmullRom(a.x, b.x, c.x, d.x, t),
				y: catmullRom(a.y, b.y, c.y, d.y, t),
			})
		}
	}
}

func catmullRom(a, b, c, d, t float64) float64 {
	return b + t/2*((c-a)+t*((2*a-5*b+4*c-d)+t*(3*b-3*c+d-a)))
}

// smooth replaces each inner point by (1 2 1)/4 of itself and its neighbours.
func smooth(stroke []point) {
	before := stroke[0]
	for i := 1; i+1 < len(stroke); i++ {
		here, after := stroke[i], stroke[i+1]
		stroke[i].x = (before.x + 2*here.x + after.x) / 4
		stroke[i].y = (before.y + 2*here.y + after.y) / 4
		before = here
	}
}

// stretch moves the ends of a stroke along its direction there: out where the
// argument is positive, back otherwise.
func stretch(stroke []point, start, end float64) {
	move := func(tip *point, inner point, by float64) {
		dx, dy := tip.x-inner.x, tip.y-inner.y
		if length := math.Sqrt(dx*dx + dy*dy); length > 0 {
			by = max(by, -length/2)
			tip.x += by * dx / length
			tip.y += by * dy / length
		}
	}
	n := len(stroke)
	move(&stroke[0], stroke[min(3, n-1)], start)
	move(&stroke[n-1], stroke[max(n-4, 0)], end)
}

// press gives the points of a stroke their radius, and the tremor of the hand.
func (h *hand) press(rng *rand.Rand, stroke []point) {
	slow, fast := 2*math.Pi*rng.Float64(), 2*math.Pi*rng.Float64()
	for i := range stroke {
		s := float64(i)
		stroke[i].radius = h.radius * (1 + h.pressure*math.Sin(slow+s*.12))
		stroke[i].x += h.tremor * math.Sin(fast+s*.9)
		stroke[i].y += h.tremor * math.Sin(fast+s*1.1+1)
	}
}

// bend applies what changes the digit as a whole: warp, width, slant, rotation.
func (h *hand) bend(path []point) {
	sin, cos := math.Sincos(h.rotation)
	for i := range path {
		q := &path[i]
		x, y := q.x-.5, q.y-.5
		var dx, dy float64
		for _, w := range h.waves {
			m := math.Sin(w.kx*x + w.ky*y + w.phase)
			dx += w.dx * m
			dy += w.dy * m
		}
		x, y = x+dx, y+dy
		x *= h.width * max(1+h.taper*y, .3)
		y += h.waist * math.Cos(math.Pi*y)
		x -= h.slant * y
		q.x, q.y = x*cos-y*sin, x*sin+y*cos
	}
}

func clamp(v, low, high float64) float64 { return min(max(v, low), high) }
