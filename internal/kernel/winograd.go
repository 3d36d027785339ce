package kernel

import "fmt"

// A convolution of 3 x 3 taps that moves by one computes squares of 4 x 4 outputs
// from squares of 6 x 6 inputs with 36 products instead of 144 (F(4x4, 3x3) of
// Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015):
//
//	y = Aᵀ [(G g Gᵀ) * (Bᵀ x B)] A
//
// At each of the 36 points the products of many squares, images and channels are
// one matrix product.
const (
	squareIn  = 6
	squareOut = 4
	points    = squareIn * squareIn
)

// WinogradPoints is how many points a square has, at each of which there is a product.
const WinogradPoints = points

// Winograd is a convolution of 3 x 3 taps, stride 1, on maps that lie position by
// position: at each position the images' channels are one matrix without gaps.
// C and O are multiples of 16.
type Winograd struct {
	Images, C, O int
	X            []float32 // (H, W) positions, XH and XW apart, each (Images, C)
	XH, XW, H, W int
	Y            []float32 // (OH, OW) positions, YH and YW apart, each (Images, O)
	YH, YW       int
	OH, OW       int
	Pad          [2]int  // above and left of X
	Filters      *Panels // of WinogradFilters
	Bias         []float32

	level        *routines
	across, each int // squares in a row; images in a task
	chunks       int
}

// l2Floats is how many floats a task may keep in the second-level cache.
const l2Floats = 160 << 10

// Cut checks the convolution, and returns the number of tasks, which may run in
// any order and at the same time.
func (w *Winograd) Cut() int {
	if w.C%16 != 0 || w.O%16 != 0 || w.Filters.rows != points*w.C || w.Filters.n != w.O || w.Filters.level != active || w.Bias != nil && len(w.Bias) != w.O {
		panic(fmt.Sprintf("[kernel.Winograd] %d channels to %d with %d x %d filters and %d of bias", w.C, w.O, w.Filters.rows, w.Filters.n, len(w.Bias)))
	}
	w.cut()
	return w.Squares() * w.chunks
}

func (w *Winograd) cut() {
	checkPositions("X", w.X, w.H, w.XH, w.W, w.XW, w.Images*w.C)
	checkPositions("Y", w.Y, w.OH, w.YH, w.OW, w.YW, w.Images*w.O)
	w.level = active
	w.across = ceilDiv(w.OW, squareOut)
	w.chunks = ceilDiv(w.Images, max(8, l2Floats/(points*(w.C+w.O))))
	w.each = ceilDiv(w.Images, max(w.chunks, 1))
}

func checkPositions(name string, x []float32, h, down, w, along, n int) {
	if h > 0 && w > 0 && (h-1)*down+(w-1)*along+n > len(x) {
		panic(fmt.Sprintf("[kernel.Winograd] %s has %d elements for %d x %d positions, %d and %d apart, of %d", name, len(x), h, w, down, along, n))
	}
}

// Run computes one square of all outputs for some images.
func (w *Winograd) Run(task int) {
	l := w.level
	image, rows, i, j := w.part(task)
	if rows <= 0 {
		return
	}

	// The points lie a little more than a power of two apart: they would all fall
	// into the same few sets of the cache.
	ins, outs := rows*w.C+16, rows*w.O+16
	memory, buffer := takeFloats(points*(ins+outs) + 2*max(ins, outs) + points*16)
	in, out := memory[:points*ins], memory[points*ins:][:points*outs]
	zeros, unused := memory[points*(ins+outs):][:rows*w.C], memory[points*(ins+outs)+max(ins, outs):][:rows*w.O]
	tmp := memory[len(memory)-points*16:]
	clear(zeros)

	s := takeScratch()
	w.inputs(s, i-w.Pad[0], j-w.Pad[1], image, zeros)
	for p := range points {
		s.to[p] = &in[p*ins]
	}
	l.winogradInput(&s.to[0], &s.from[0], &tmp[0], rows*w.C)

	t := &s.tile
	t.aRow, t.aCol, t.cRow = w.C, 1, w.O
	t.links = s.one[:]
	tiles := ceilDiv(rows, l.tileRows)
	for p := range points {
		t.links[0] = Link{B: p * w.C, K: w.C}
		for q := range ceilDiv(w.O, l.tileCols) {
			t.b, t.bRow = w.Filters.panel(q)
			t.lanes = min(l.tileCols, w.O-q*l.tileCols)
			for k := range tiles {
				r, end := part(rows, tiles, k)
				t.rows = end - r
				t.a = in[p*ins+r*w.C:]
				t.c = out[p*outs+r*w.O+q*l.tileCols:]
				l.tile(t)
			}
		}
	}

	for p := range points {
		s.from[p] = &out[p*outs]
	}
	w.outputs(s.to[:], i, j, image, &unused[0])
	l.winogradOutput(&s.to[0], &s.from[0], &tmp[0], rows*w.O)
	if w.Bias != nil {
		for a := i; a < min(i+squareOut, w.OH); a++ {
			for b := j; b < min(j+squareOut, w.OW); b++ {
				y := w.Y[a*w.YH+b*w.YW+image*w.O:][:rows*w.O]
				for r := range rows {
					l.add(y[r*w.O:][:w.O], y[r*w.O:][:w.O], w.Bias)
				}
			}
		}
	}
	releaseScratch(s)
	releaseFloats(buffer)
}

// part is which images, and the square at which position, a task computes.
func (w *Winograd) part(task int) (image, rows, i, j int) {
	image = task % w.chunks * w.each
	square := task / w.chunks
	return image, min(w.each, w.Images-image), square / w.across * squareOut, square % w.across * squareOut
}

// outputs points to at the square of Y at position i, j, and what lies outside of
// Y at other.
func (w *Winograd) outputs(to []*float32, i, j, image int, other *float32) {
	for a := range squareOut {
		for b := range squareOut {
			to[a*squareOut+b] = other
			if i+a < w.OH && j+b < w.OW {
				to[a*squareOut+b] = &w.Y[(i+a)*w.YH+(j+b)*w.YW+image*w.O]
			}
		}
	}
}

// inputs points s.from at the square of X that begins at position h, v; outside
// of X there are zeros.
func (w *Winograd) inputs(s *scratch, h, v, image int, zeros []float32) {
	for a := range squareIn {
		for b := range squareIn {
			s.from[a*squareIn+b] = &zeros[0]
			if y, x := h+a, v+b; y >= 0 && y < w.H && x >= 0 && x < w.W {
				s.from[a*squareIn+b] = &w.X[y*w.XH+x*w.XW+image*w.C]
			}
		}
	}
}

// WinogradSquares is the two sides of the gradient at the filters, transformed:
//
//	dg = Gᵀ [ (Bᵀ x B) * (A dy Aᵀ) ] G
//
// summed over squares and images at each point, as a product of matrices. Point p
// of X's squares is the (Rows(), C) matrix at In[p*InPoint], that of Y's, which
// here is read, the (Rows(), O) one at Out[p*OutPoint].
type WinogradSquares struct {
	Winograd              // Filters and Bias are not used
	From, To          int // which squares, row by row
	In, Out           []float32
	InPoint, OutPoint int
}

// Squares is how many squares Y has.
func (w *Winograd) Squares() int { return ceilDiv(w.OH, squareOut) * ceilDiv(w.OW, squareOut) }

// Rows is how many rows each point has: one for each square of each image.
func (w *WinogradSquares) Rows() int { return (w.To - w.From) * w.Images }

// Cut checks the two sides, and returns the number of tasks, as that of Winograd.
func (w *WinogradSquares) Cut() int {
	rows := w.Rows()
	if w.From < 0 || w.To > w.Squares() {
		panic(fmt.Sprintf("[kernel.WinogradSquares] squares %d to %d of %d", w.From, w.To, w.Squares()))
	}
	if w.C%16 != 0 || w.O%16 != 0 || (points-1)*w.InPoint+rows*w.C > len(w.In) || (points-1)*w.OutPoint+rows*w.O > len(w.Out) {
		panic(fmt.Sprintf("[kernel.WinogradSquares] %d rows of %d and %d channels into %d and %d floats", rows, w.C, w.O, len(w.In), len(w.Out)))
	}
	w.cut()
	return (w.To - w.From) * w.chunks
}

// Run transforms one square of both sides for some images.
func (w *WinogradSquares) Run(task int) {
	image, rows, i, j := w.part(task + w.From*w.chunks)
	if rows <= 0 {
		return
	}
	n := rows * max(w.C, w.O)
	memory, buffer := takeFloats(n + points*16)
	zeros, tmp := memory[:n], memory[n:]
	clear(zeros)
	s := takeScratch()
	row := task/w.chunks*w.Images + image
	w.inputs(s, i-w.Pad[0], j-w.Pad[1], image, zeros)
	for p := range points {
		s.to[p] = &w.In[p*w.InPoint+row*w.C]
	}
	w.level.winogradInput(&s.to[0], &s.from[0], &tmp[0], rows*w.C)
	w.outputs(s.from[:], i, j, image, &zeros[0])
	for p := range points {
		s.to[p] = &w.Out[p*w.OutPoint+row*w.O]
	}
	w.level.winogradOutputGrad(&s.to[0], &s.from[0], &tmp[0], rows*w.O)
	releaseScratch(s)
	releaseFloats(buffer)
}

// WinogradFilters computes G g Gᵀ for filters from..to-1, of n: tap t of filter e
// is taps[t][e], and point p of the result is dst[p*n+e]. from and to are multiples
// of 16.
func WinogradFilters(dst []float32, taps *[9][]float32, from, to, n int) {
	onFilters("WinogradFilters", dst, taps, from, to, n, func(points, taps **float32, tmp *float32, n int) {
		active.winogradFilter(points, taps, tmp, n)
	})
}

// WinogradFilterGrad computes Gᵀ s G for filters from..to-1, of n: point p of
// filter e is sums[p*n+e], and tap t of the result taps[t][e]. from and to are
// multiples of 16.
func WinogradFilterGrad(taps *[9][]float32, sums []float32, from, to, n int) {
	onFilters("WinogradFilterGrad", sums, taps, from, to, n, func(points, taps **float32, tmp *float32, n int) {
		active.winogradFilterGrad(taps, points, tmp, n)
	})
}

// onFilters calls f with the points and the taps of filters from..to-1, of n.
func onFilters(name string, squares []float32, taps *[9][]float32, from, to, n int, f func(points, taps **float32, tmp *float32, n int)) {
	if from%16 != 0 || to%16 != 0 || from < 0 || to > n || len(squares) < points*n {
		panic(fmt.Sprintf("[kernel.%s] filters %d to %d of %d in %d floats", name, from, to, n, len(squares)))
	}
	if from >= to {
		return
	}
	s := takeScratch()
	for p := range points {
		s.to[p] = &squares[p*n+from]
	}
	for t := range taps {
		s.from[t] = &taps[t][from:to][0]
	}
	f(&s.to[0], &s.from[0], &s.c[0], to-from)
	releaseScratch(s)
}
