package ink

import (
	"errors"
	"math"
	"slices"
)

// window is the reach of the window of step 3: with its middle it is a quarter of
// the image.
func (m *Image) window() int { return max(2, m.longer()/8) }

// lightInk reports whether the ink is lighter than its ground: step 2.
func (m *Image) lightInk() bool {
	if ground, even := m.ground(); even {
		sum := 0
		for _, v := range m.Pixels {
			sum += int(v) - ground
		}
		return sum > 0
	}
	r := 2 * m.window()
	sums, squares := m.integral(func(v int) int { return v }), m.integral(func(v int) int { return v * v })
	third := 0.0
	for y := range m.Height {
		top, bottom := max(0, y-r), min(m.Height, y+r+1)
		for x := range m.Width {
			left, right := max(0, x-r), min(m.Width, x+r+1)
			n := float64((bottom - top) * (right - left))
			within := func(s []int) float64 {
				w := m.Width + 1
				return float64(s[bottom*w+right]-s[top*w+right]-s[bottom*w+left]+s[top*w+left]) / n
			}
			mean := within(sums)
			d := (float64(m.Pixels[y*m.Width+x]) - mean) / math.Sqrt(max(evenPaper*evenPaper, within(squares)-mean*mean))
			third += d * d * d
		}
	}
	return third > 0
}

// evenPaper is the standard deviation up to which a part of a picture is taken
// for paper and its grain.
const evenPaper = 8

// integral is, at y*(Width+1)+x, the sum of f of all pixels above and left of (y, x).
func (m *Image) integral(f func(v int) int) []int {
	w := m.Width + 1
	sums := make([]int, (m.Height+1)*w)
	for y := range m.Height {
		line := 0
		for x := range m.Width {
			line += f(int(m.Pixels[y*m.Width+x]))
			sums[(y+1)*w+x+1] = sums[y*w+x+1] + line
		}
	}
	return sums
}

// ground is the first pixel, and whether the whole border is that to within 2 levels:
// so it is on drawings and never on photographs, which have a grain.
func (m *Image) ground() (level int, even bool) {
	level = int(m.Pixels[0])
	for i, v := range m.Pixels {
		y, x := i/m.Width, i%m.Width
		if (y == 0 || x == 0 || y == m.Height-1 || x == m.Width-1) && max(int(v)-level, level-int(v)) > 2 {
			return level, false
		}
	}
	return level, true
}

// paper is the light on the paper under dark ink: step 3.
func (m *Image) paper() *Image {
	r := m.window()
	out := m.extreme(r, false).extreme(r, true)
	if ground, even := m.ground(); even {
		for i, v := range out.Pixels {
			out.Pixels[i] = max(v, uint8(ground))
		}
	}
	return out
}

// extreme is the largest, or the smallest, pixel of a square window of reach r.
func (m *Image) extreme(r int, smallest bool) *Image {
	return m.along(r, smallest, 1, m.Width, m.Width, m.Height).along(r, smallest, m.Width, m.Height, 1, m.Width)
}

// along takes the largest or smallest pixel of a window along one axis: count lines,
// each of length pixels that lie step apart, begin next apart.
func (m *Image) along(r int, smallest bool, step, length, next, count int) *Image {
	out := blank(m.Height, m.Width)
	queue := make([]int, 0, length) // places within the window, the most extreme first
	for l := range count {
		line, result := m.Pixels[l*next:], out.Pixels[l*next:]
		queue = queue[:0]
		head := 0
		for i := range length + r {
			if i < length {
				v := line[i*step]
				for len(queue) > head && (smallest && line[queue[len(queue)-1]*step] >= v || !smallest && line[queue[len(queue)-1]*step] <= v) {
					queue = queue[:len(queue)-1]
				}
				queue = append(queue, i)
			}
			if at := i - r; at >= 0 {
				if queue[head] < at-r {
					head++
				}
				result[at*step] = line[queue[head]*step]
			}
		}
	}
	return out
}

// smoothed is the mean of each pixel and its eight neighbours: the noise of a
// photograph would else make the lightest grain the paper.
func (m *Image) smoothed() *Image {
	out := blank(m.Height, m.Width)
	for y := range m.Height {
		for x := range m.Width {
			sum, n := 0, 0
			for v := max(0, y-1); v <= min(m.Height-1, y+1); v++ {
				for u := max(0, x-1); u <= min(m.Width-1, x+1); u++ {
					sum += int(m.Pixels[v*m.Width+u])
					n++
				}
			}
			out.Pixels[y*m.Width+x] = uint8((sum + n/2) / n)
		}
	}
	return out
}

const (
	smoothFrom = 100 // pixels along the longer side: what is smaller has no grain
	faintest   = 20  // of 255: how much darker than its paper ink is at least
)

// strokes are the ink of a picture: 0 is paper, 255 ink.
type strokes struct {
	*Image
	stroke []bool // the pixels that lie in a stroke, and not at its edge
}

// ErrNoInk is the error for a picture with nothing on it.
var ErrNoInk = errors.New("no ink stands out from the paper")

// strokes finds dark ink: steps 3 and 4.
func (m *Image) strokes() (*strokes, error) {
	lit := m
	if m.longer() >= smoothFrom {
		lit = m.smoothed()
	}
	dark := blank(m.Height, m.Width)
	var counts [256]int
	for i, p := range lit.paper().Pixels {
		if v := m.Pixels[i]; v < p {
			dark.Pixels[i] = uint8((255*int(p-v) + int(p)/2) / int(p))
		}
		counts[dark.Pixels[i]]++
	}
	ground := quantile(counts[:], 1, 2)
	var away [256]int
	for v, n := range counts {
		away[max(v-ground, ground-v)] += n
	}
	floor := ground + 6*quantile(away[:], 1, 2)
	var above [256]int
	if floor < 255 {
		copy(above[floor+1:], counts[floor+1:])
	}
	threshold := otsu(above[:])
	var core [256]int
	copy(core[threshold:], above[threshold:])
	full := quantile(core[:], 3, 4)
	if full-ground < faintest {
		return nil, ErrNoInk
	}
	s := &strokes{blank(m.Height, m.Width), make([]bool, len(m.Pixels))}
	for i, v := range dark.Pixels {
		if v := int(v); v > floor {
			s.Pixels[i] = uint8(min(255, (255*(v-ground)+(full-ground)/2)/(full-ground)))
			s.stroke[i] = v >= threshold
		}
	}
	return s, nil
}

// quantile is the smallest value with at least num/den of all counts at or below it.
func quantile(counts []int, num, den int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	below := 0
	for v, n := range counts {
		if below += n; n > 0 && below*den >= total*num {
			return v
		}
	}
	return 0
}

// otsu is the smallest value of the upper one of two classes, which are chosen such that
// the variance between them, n0 n1 (mean0 - mean1)², is the largest. Where all values
// are the same it is that value.
func otsu(counts []int) int {
	all, total := 0, 0
	for v, n := range counts {
		all += n
		total += v * n
	}
	best := slices.IndexFunc(counts, func(n int) bool { return n > 0 })
	if best < 0 {
		return 0
	}
	most := 0.0
	n0, sum0 := 0, 0
	for v, n := range counts {
		if n0 > 0 && n0 < all {
			d := float64(sum0)/float64(n0) - float64(total-sum0)/float64(all-n0)
			if between := float64(n0) * float64(all-n0) * d * d; between > most {
				most, best = between, v
			}
		}
		n0 += n
		sum0 += v * n
	}
	return best
}
