package scenes

import (
	"math"
	"math/rand/v2"
)

// bricks are rows of rectangles, every second one moved by half a brick.
func bricks(rng *rand.Rand) shader {
	stone, mortar := paint(rng), paint(rng)
	tall, wide, gap := between(rng, 0.16, 0.34), between(rng, 1.6, 2.6), between(rng, 0.08, 0.16)
	rough, shift := cloud(rng, 9), between(rng, 0, 1)
	each := rng.Uint64()
	return func(x, y float64) rgb {
		row := math.Floor(y/tall + shift)
		v := y/tall + shift - row
		u := x/(tall*wide) + 0.5*math.Mod(math.Abs(row), 2)
		brick := math.Floor(u)
		u -= brick
		if v < gap || u < gap/wide {
			return mortar.times(1 + 0.1*rough(x, y))
		}
		return stone.times(1 + 0.3*(hash(each, int(row), int(brick))-0.5) + 0.12*rough(x, y))
	}
}

// faces are a head with hair, eyes, a nose and a mouth before a wall or a landscape.
func faces(rng *rand.Rand) shader {
	skin := mix(rgb{0.95, 0.78, 0.66}, rgb{0.35, 0.22, 0.16}, rng.Float64())
	hair, back, ground := paint(rng).times(0.6), paint(rng), paint(rng)
	atX, atY, size := between(rng, -0.3, 0.3), between(rng, -0.2, 0.2), between(rng, 0.42, 0.72)
	long, eyes, smile := between(rng, 1.15, 1.4), between(rng, 0.3, 0.42), between(rng, -0.15, 0.3)
	fringe, behind := between(rng, -0.75, -0.4), cloud(rng, 3)
	return func(x, y float64) rgb {
		x, y = (x-atX)/size, (y-atY)/size
		head := x*x + y*y/(long*long)
		switch {
		case head < 1 && y > fringe+0.2*x*x:
			for _, side := range []float64{-1, 1} {
				dx, dy := x-side*eyes, y+0.15
				switch {
				case dx*dx+dy*dy*3 < 0.006:
					return rgb{0.05, 0.05, 0.08}
				case dx*dx+dy*dy*3 < 0.024:
					return rgb{0.92, 0.92, 0.92}
				case math.Abs(dx) < 0.2 && math.Abs(dy+0.2+0.4*dx*dx) < 0.035:
					return hair
				}
			}
			if bend := y - 0.62 + smile*(x*x*4-0.3); math.Abs(x) < 0.34 && math.Abs(bend) < 0.06 {
				return rgb{0.6, 0.2, 0.2}
			}
			if math.Abs(x-0.04) < 0.05 && y > 0 && y < 0.3 {
				return skin.times(0.75)
			}
			return skin.times(1.05 - 0.25*head)
		case x*x/1.25+(y+0.12)*(y+0.12)/(long*long*1.2) < 1:
			return hair.times(1 + 0.1*math.Sin(30*x+9*y))
		case y > 1.25 && math.Abs(x) < 0.45+1.2*(y-1.25):
			return ground
		}
		return back.times(1 + 0.25*behind(x, y))
	}
}

// leaves lie on each other: pointed ovals with a vein in the middle.
func leaves(rng *rand.Rand) shader {
	type leaf struct {
		x, y, sin, cos, long, wide float64
		colour                     rgb
	}
	a, b, ground := paint(rng), paint(rng), paint(rng).times(0.4)
	all := make([]leaf, 50+rng.IntN(40))
	for i := range all {
		sin, cos := math.Sincos(between(rng, 0, 2*math.Pi))
		long := between(rng, 0.25, 0.5)
		all[i] = leaf{between(rng, -2, 2), between(rng, -2, 2), sin, cos, long, long * between(rng, 0.3, 0.5), mix(a, b, rng.Float64()).times(between(rng, 0.6, 1.1))}
	}
	return func(x, y float64) rgb {
		for _, l := range all { // the first lies on top
			u, v := (x-l.x)*l.cos+(y-l.y)*l.sin, (y-l.y)*l.cos-(x-l.x)*l.sin
			along := u / l.long
			if along*along >= 1 {
				continue
			}
			edge := l.wide * (1 - along*along)
			switch across := math.Abs(v) / edge; {
			case across < 0.06:
				return l.colour.times(1.35)
			case across < 1:
				return l.colour.times(1.1 - 0.3*across + 0.08*math.Sin(25*(u-math.Abs(v))/l.long))
			}
		}
		return ground
	}
}

// sea is a sky, perhaps with a sun or a moon, over water with waves.
func sea(rng *rand.Rand) shader {
	above, low, water := paint(rng), paint(rng), paint(rng).times(0.8)
	horizon, sunX, sunY := between(rng, -0.35, 0.4), between(rng, -0.8, 0.8), between(rng, -0.8, -0.1)
	sun, clouds, waves := between(rng, 0.05, 0.2), cloud(rng, 4), between(rng, 8, 20)
	phase, ripple := between(rng, 0, 6), cloud(rng, 7)
	return func(x, y float64) rgb {
		if y < horizon {
			dx, dy := x-sunX, y-(horizon+sunY)
			if dx*dx+dy*dy < sun*sun {
				return rgb{1, 0.97, 0.85}
			}
			return mix(low, above, (horizon-y)/1.2).times(1 + 0.18*clouds(x, 2.5*y))
		}
		far := 1 / (y - horizon + 0.12) // waves crowd toward the horizon
		crest := math.Sin(waves*0.35*far + ripple(x*0.8*far*0.3, far) + 1.5*math.Sin(x*2+phase))
		glitter := 0.0
		if math.Abs(x-sunX) < 0.1+0.25*(y-horizon) {
			glitter = 0.25 * max(crest, 0)
		}
		return mix(water, low, 0.35/(1+4*(y-horizon))+glitter).times(1 + 0.14*crest)
	}
}

// towers stand before a sky: boxes of any height with rows of windows.
func towers(rng *rand.Rand) shader {
	type tower struct {
		left, right, top, tall, wide float64
		wall, glass                  rgb
		seed                         uint64
	}
	above, low, ground := paint(rng), paint(rng), between(rng, 0.75, 1.1)
	clouds := cloud(rng, 3)
	all := make([]tower, 4+rng.IntN(4))
	for i := range all {
		at, wide := between(rng, -1.5, 1.5), between(rng, 0.18, 0.4)
		all[i] = tower{at - wide, at + wide, between(rng, -0.9, 0.3), between(rng, 0.1, 0.2), between(rng, 0.08, 0.17), paint(rng), paint(rng).times(0.6), rng.Uint64()}
	}
	street := paint(rng).times(0.5)
	return func(x, y float64) rgb {
		if y > ground {
			return street
		}
		for _, t := range all {
			if x < t.left || x > t.right || y < t.top {
				continue
			}
			row, column := math.Floor((y-t.top)/t.tall), math.Floor((x-t.left)/t.wide)
			v, u := (y-t.top)/t.tall-row, (x-t.left)/t.wide-column
			if v > 0.3 && v < 0.8 && u > 0.25 && u < 0.8 {
				return mix(t.glass, rgb{1, 0.95, 0.7}, math.Round(hash(t.seed, int(row), int(column))-0.2))
			}
			return t.wall
		}
		return mix(low, above, (ground-y)/1.6).times(1 + 0.15*clouds(x, 2*y))
	}
}

// hash is a number from 0 to 1 that belongs to a place of a grid.
func hash(seed uint64, row, column int) float64 {
	h := seed ^ uint64(row)*0x9e3779b97f4a7c15 ^ uint64(column)*0xc2b2ae3d27d4eb4f
	h = (h ^ h>>31) * 0xd6e8feb86659fd93
	h = (h ^ h>>32) * 0xd6e8feb86659fd93
	return float64(h>>11) / (1 << 53)
}
