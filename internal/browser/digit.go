package browser

import (
	"cmp"
	"math"
	"slices"
)

// Written are strokes that write an image of a digit, light on dark, as a hand would: its
// ink is thinned to lines of one pixel, and the pen follows each line to its end.
// (T. Y. Zhang, C. Y. Suen, A fast parallel algorithm for thinning digital patterns, 1984)
func Written(image []byte, height, width int) []Stroke {
	s := &skeleton{height, width, make([]bool, height*width)}
	for i, v := range image {
		s.on[i] = v >= 128
	}
	s.thin()
	var strokes []Stroke
	for left := s.pixels(); len(left) > 0; left = s.pixels() {
		// A line begins at one of its ends; what has none is a ring, and begins anywhere.
		at := left[0]
		for _, p := range left {
			if len(s.around(p)) == 1 {
				at = p
				break
			}
		}
		path := []int{at}
		s.on[at] = false
		way := [2]float64{}
		for next := s.around(at); len(next) > 0; next = s.around(at) {
			// where lines cross the pen goes on straight
			to := slices.MaxFunc(next, func(a, b int) int { return cmp.Compare(s.along(at, a, way), s.along(at, b, way)) })
			dy, dx := s.step(at, to)
			way = [2]float64{0.6*way[0] + dy, 0.6*way[1] + dx}
			at = to
			s.on[at] = false
			path = append(path, at)
		}
		if first := path[0]; len(path) > 6 && near(s, first, at) {
			path = append(path, first) // a ring closes
		}
		stroke := Stroke{}
		for _, p := range path {
			stroke = append(stroke, [2]float64{(float64(p%width) + 0.5) * 280 / float64(width), (float64(p/width) + 0.5) * 280 / float64(height)})
		}
		if len(stroke) > 2 || len(strokes) == 0 {
			strokes = append(strokes, stroke)
		}
	}
	return strokes
}

func near(s *skeleton, a, b int) bool {
	dy, dx := s.step(a, b)
	return math.Hypot(dy, dx) < 3
}

type skeleton struct {
	height, width int
	on            []bool
}

func (s *skeleton) pixels() (all []int) {
	for i, on := range s.on {
		if on {
			all = append(all, i)
		}
	}
	return all
}

func (s *skeleton) at(y, x int) bool {
	return y >= 0 && y < s.height && x >= 0 && x < s.width && s.on[y*s.width+x]
}

// ring are the eight neighbours' places, clockwise from the one above.
var ring = [8][2]int{{-1, 0}, {-1, 1}, {0, 1}, {1, 1}, {1, 0}, {1, -1}, {0, -1}, {-1, -1}}

// around are the neighbours that are on, those at a side before those at a corner.
func (s *skeleton) around(p int) (all []int) {
	for _, odd := range []int{0, 1} {
		for k := odd; k < 8; k += 2 {
			if y, x := p/s.width+ring[k][0], p%s.width+ring[k][1]; s.at(y, x) {
				all = append(all, y*s.width+x)
			}
		}
	}
	return all
}

func (s *skeleton) step(from, to int) (dy, dx float64) {
	return float64(to/s.width - from/s.width), float64(to%s.width - from%s.width)
}

// along is how far a step keeps to a way.
func (s *skeleton) along(from, to int, way [2]float64) float64 {
	dy, dx := s.step(from, to)
	return (dy*way[0] + dx*way[1]) / math.Hypot(dy, dx)
}

// thin takes pixels from the edges, from the south-east and from the north-west in turn,
// as long as what hangs together goes on hanging together.
func (s *skeleton) thin() {
	for again := true; again; {
		again = false
		for _, round := range [][2][3]int{{{0, 2, 4}, {2, 4, 6}}, {{0, 2, 6}, {0, 4, 6}}} {
			var gone []int
			for _, p := range s.pixels() {
				var on [8]bool
				neighbours, changes := 0, 0
				for k, d := range ring {
					if on[k] = s.at(p/s.width+d[0], p%s.width+d[1]); on[k] {
						neighbours++
					}
				}
				for k := range on {
					if !on[k] && on[(k+1)%8] {
						changes++
					}
				}
				all := func(of [3]int) bool { return on[of[0]] && on[of[1]] && on[of[2]] }
				if neighbours >= 2 && neighbours <= 6 && changes == 1 && !all(round[0]) && !all(round[1]) {
					gone = append(gone, p)
				}
			}
			for _, p := range gone {
				s.on[p] = false
			}
			again = again || len(gone) > 0
		}
	}
}
