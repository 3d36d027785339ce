package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
)

// levels is how many shades a table cell can have; the style sheet has as many.
const levels = 12

// cell is a number in a shaded table.
type cell struct {
	Value int
	Shade string // a class of the style sheet
	Title string
}

// confusion is a table of labels by answers.
type confusion struct {
	Rows  [][]cell
	Worst string // the most frequent confusion, as a sentence
}

// Confusion shades the mistakes by their number; the right answers on the
// diagonal are set apart by a frame, because they would outshine everything.
func (p *page) Confusion(counts [][]int) *confusion {
	most, label, answer := 0, 0, 0
	for i, row := range counts {
		for j, n := range row {
			if i != j && n > most {
				most, label, answer = n, i, j
			}
		}
	}
	c := &confusion{}
	for i, row := range counts {
		var cells []cell
		for j, n := range row {
			one := cell{Value: n, Title: fmt.Sprintf("%s taken for %s: %s", p.class(i), p.class(j), count(n))}
			switch {
			case i == j:
				one.Shade, one.Title = "right", fmt.Sprintf("%s read as %s: %s", p.class(i), p.class(i), count(n))
			case n == 0:
				one.Shade = "none"
			default:
				one.Shade = fmt.Sprintf("wrong s%d", shade(float64(n)/float64(most)))
			}
			cells = append(cells, one)
		}
		c.Rows = append(c.Rows, cells)
	}
	if most > 0 {
		c.Worst = fmt.Sprintf("Most frequent: %s of %s taken for %s.", images(most), p.class(label), p.class(answer))
	}
	return c
}

func images(n int) string {
	if n == 1 {
		return "1 image"
	}
	return count(n) + " images"
}

// shade is a level from 0 to levels for a share of 0 to 1; anything above
// nothing can be seen.
func shade(v float64) int {
	if !finite(v) || v <= 0 {
		return 0
	}
	return min(max(int(math.Round(v*levels)), 1), levels)
}

// grid is an image as a table of numbers.
type grid struct {
	Top, Left int // the first row and column shown
	Columns   []int
	Rows      [][]cell
	Whole     bool // nothing is left out
}

// cropped is the side of a piece of an image that shows its numbers on a phone.
const cropped = 10

// Numbers is the whole image, each pixel with its number, of a colour image the
// first channel; nil where that is too large for a page, or no larger than Crop.
func (p *page) Numbers(pic Picture) *grid {
	const most = 40
	h, w := p.Data.Height, p.Data.Width
	if h > most || w > most || h <= cropped && w <= cropped {
		return nil
	}
	return p.grid(pic, 0, 0, h, w)
}

// Crop is the piece of the image with the most different neighbours, small
// enough for a phone to show its numbers.
func (p *page) Crop(pic Picture) *grid {
	h, w := p.Data.Height, p.Data.Width
	height, width := min(h, cropped), min(w, cropped)
	if len(pic.Pixels) != p.Data.values() {
		return nil
	}
	best, top, left := -1, 0, 0
	for r := 0; r+height <= h; r++ {
		for c := 0; c+width <= w; c++ {
			edges := 0
			for y := r; y < r+height; y++ {
				for x := c + 1; x < c+width; x++ {
					edges += max(int(pic.Pixels[y*w+x]), int(pic.Pixels[y*w+x-1])) - min(int(pic.Pixels[y*w+x]), int(pic.Pixels[y*w+x-1]))
				}
			}
			if edges > best {
				best, top, left = edges, r, c
			}
		}
	}
	return p.grid(pic, top, left, height, width)
}

func (p *page) grid(pic Picture, top, left, height, width int) *grid {
	w := p.Data.Width
	if len(pic.Pixels) != p.Data.values() {
		return nil
	}
	name := p.channel(0)
	if name != "" {
		name = ", " + name
	}
	g := &grid{Top: top, Left: left, Whole: height == p.Data.Height && width == w}
	for c := range width {
		g.Columns = append(g.Columns, left+c)
	}
	for r := top; r < top+height; r++ {
		var row []cell
		for c := left; c < left+width; c++ {
			v := pic.Pixels[r*w+c]
			dark := v
			if !p.Ink() {
				dark = 255 - v
			}
			row = append(row, cell{int(v), fmt.Sprintf("k%d", shade(float64(dark)/255)), fmt.Sprintf("row %d, column %d%s: %d", r, c, name, v)})
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// classRow is how every chapter does on one class.
type classRow struct {
	Class  string
	Shares []float64
	Best   float64 // the share of the chapters that do best
}

// ClassTable has one row for each class and one column for each chapter.
func (p *page) ClassTable() (heads []string, rows []classRow) {
	var columns [][]float64
	if a := p.Average; a != nil {
		heads, columns = append(heads, "average"), append(columns, a.MSE.PerClass)
	}
	for _, t := range p.Trained {
		if t.Final != nil {
			heads, columns = append(heads, t.ID()), append(columns, t.Final.PerClass)
		}
	}
	for c := range p.Data.Classes {
		r := classRow{Class: p.class(c)}
		for _, column := range columns {
			v := math.NaN()
			if c < len(column) {
				v = column[c]
			}
			r.Shares = append(r.Shares, v)
		}
		for _, v := range r.Shares {
			if finite(v) {
				r.Best = max(r.Best, v)
			}
		}
		rows = append(rows, r)
	}
	return heads, rows
}

// Heads is the first half of ClassTable, for the template.
func (p *page) Heads() []string { h, _ := p.ClassTable(); return h }

// ClassRows is the second half.
func (p *page) ClassRows() []classRow { _, r := p.ClassTable(); return r }

// choice is a class with the probability that a model gives it.
type choice struct {
	Class string
	Share float64
	Mark  string // "right", "answer" or nothing
}

// Top are the most probable classes of an answer, the answer and the right one in any case.
func (p *page) Top(m Mistake) []choice {
	order := make([]int, len(m.Probs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case m.Probs[a] > m.Probs[b]:
			return -1
		case m.Probs[a] < m.Probs[b]:
			return 1
		}
		return 0
	})
	var bars []choice
	for rank, c := range order {
		b := choice{Class: p.class(c), Share: m.Probs[c]}
		switch c {
		case m.Picture.Label:
			b.Mark = "right"
		case m.Answer:
			b.Mark = "answer"
		}
		if rank < 2 || c == m.Picture.Label || c == m.Answer {
			bars = append(bars, b)
		}
	}
	return bars
}

// bar draws a share of 0 to 1 as a bar, with an optional tick for the post's.
func bar(v float64, class string, mark *float64) template.HTML {
	tick := ""
	if mark != nil && finite(*mark) {
		tick = fmt.Sprintf(`<rect class="tick" x="%.2f" width="0.8" height="12"/>`, 100*min(max(*mark, 0), 1)-0.4)
	}
	return template.HTML(fmt.Sprintf(`<svg class="bar %s" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="12"/><rect class="fill" width="%.2f" height="12"/>%s</svg>`,
		class, 100*min(max(known(v), 0), 1), tick))
}

// Lost are the classes that a squared error has all but given up.
func (p *page) Lost(t *Trained) (names []string) {
	if t.Loss != "sigmoid-mse" && t.Loss != "softmax-mse" {
		return nil
	}
	for c, v := range t.Final.PerClass {
		if v < 0.02 {
			names = append(names, p.class(c))
		}
	}
	return names
}
