package classifier_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// photograph makes a photograph of a digit written with a pen on paper, from a
// training image's 28 x 28 bytes: the strokes enlarged, on paper with a grain, lit from
// one side, half in a shadow, seen at an angle, with the camera's noise, as a JPEG.
// The same random numbers make the same bytes.
func photograph(rng *rand.Rand, digit []uint8) []byte {
	between := func(low, high float64) float64 { return low + (high-low)*rng.Float64() }
	side := between(150, 300) // of what was 28 pixels
	width, height := int(side*between(1.1, 2.2)), int(side*between(1.1, 2.2))
	// Where the digit lies on the picture, and how the page lies before the camera:
	// u and v are the digit's pixels, w the perspective's divisor.
	left, top := between(0, float64(width)-side), between(0, float64(height)-side)
	turn, slant := between(-8, 8)*math.Pi/180, between(-0.08, 0.08)
	tiltX, tiltY := between(-0.25, 0.25)/side, between(-0.25, 0.25)/side

	pens := []color.NRGBA{{20, 20, 24, 0}, {25, 40, 120, 0}, {30, 60, 170, 0}, {70, 70, 75, 0}, {120, 20, 30, 0}, {20, 70, 40, 0}}
	pen := pens[rng.IntN(len(pens))]
	paper := [3]float64{between(215, 250), 0, 0}
	paper[1], paper[2] = paper[0]*between(0.97, 1), paper[0]*between(0.88, 1)
	// Light falls off along one direction; a shadow's edge crosses the page, more or less soft.
	lightAngle, fall := between(0, 2*math.Pi), between(0.1, 0.45)
	shadowAngle, shadowAt, shadow, soft := between(0, 2*math.Pi), between(-0.3, 0.3), between(0.55, 0.9), between(0.01, 0.15)
	grain, noise := between(1, 4), between(1, 5)
	blotches := make([]float64, 9*9) // the paper is not even either
	for i := range blotches {
		blotches[i] = between(-0.015, 0.015)
	}

	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			// From the middle of the digit, in pixels of the picture.
			dx, dy := float64(x)-left-side/2, float64(y)-top-side/2
			w := 1 + dx*tiltX + dy*tiltY
			dx, dy = dx/w, dy/w
			u := (dx*math.Cos(turn)+dy*math.Sin(turn)+slant*dy)/side*28 + 13.5
			v := (-dx*math.Sin(turn)+dy*math.Cos(turn))/side*28 + 13.5
			// Between its pixels a digit is smooth, and its strokes have an edge: what is
			// half inked there is where the pen's edge was.
			ink := 1 / (1 + math.Exp(-12*(smooth(digit, u, v)-0.45)))
			ink *= 0.92 + 0.08*math.Sin(0.9*u+1.7*v) // the pen's pressure

			px, py := float64(x)/float64(width)-0.5, float64(y)/float64(height)-0.5
			light := 1 - fall*(0.5+px*math.Cos(lightAngle)+py*math.Sin(lightAngle))
			edge := (px*math.Cos(shadowAngle)+py*math.Sin(shadowAngle)-shadowAt)/soft + 0.5
			light *= 1 - (1-shadow)*min(max(edge, 0), 1)
			bx, by := (px+0.5)*7.99, (py+0.5)*7.99
			i := int(by)*9 + int(bx)
			fx, fy := bx-math.Floor(bx), by-math.Floor(by)
			light *= 1 + (blotches[i]*(1-fx)+blotches[i+1]*fx)*(1-fy) + (blotches[i+9]*(1-fx)+blotches[i+10]*fx)*fy

			fibre := grain * rng.NormFloat64()
			c := [3]uint8{}
			for k, p := range [3]uint8{pen.R, pen.G, pen.B} {
				reflected := (paper[k]+fibre)*(1-ink) + float64(p)*ink
				c[k] = uint8(min(max(light*reflected+noise*rng.NormFloat64(), 0), 255))
			}
			m.SetNRGBA(x, y, color.NRGBA{c[0], c[1], c[2], 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 70 + rng.IntN(21)}); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// smooth is a digit's ink at a place between its pixels, by cubic B-splines, 0 to 1.
func smooth(digit []uint8, u, v float64) float64 {
	x0, y0 := int(math.Floor(u)), int(math.Floor(v))
	wx, wy := spline(u-float64(x0)), spline(v-float64(y0))
	sum := 0.0
	for j, b := range wy {
		for i, a := range wx {
			if x, y := x0+i-1, y0+j-1; x >= 0 && x < 28 && y >= 0 && y < 28 {
				sum += a * b * float64(digit[y*28+x])
			}
		}
	}
	return sum / 255
}

// spline is the weights of the four pixels around a place, t past the second.
func spline(t float64) [4]float64 {
	s := 1 - t
	return [4]float64{s * s * s / 6, 2./3 - t*t*(1-t/2), 2./3 - s*s*(1-s/2), t * t * t / 6}
}
