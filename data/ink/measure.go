package ink

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Range is where most of the training images lie in one measure.
type Range struct {
	Low    float64 `json:"low"` // one image in a thousand lies below
	Median float64 `json:"median"`
	High   float64 `json:"high"` // and one in a thousand above
}

// NewRange is the range of some values, which it sorts.
func NewRange(values []float64) Range {
	if len(values) == 0 {
		return Range{}
	}
	slices.Sort(values)
	n := len(values)
	return Range{values[n/1000], values[n/2], values[n-1-n/1000]}
}

// Check returns an error for what is no range of numbers.
func (r Range) Check() error {
	if !(r.Low <= r.Median && r.Median <= r.High) || math.IsInf(r.Low, 0) || math.IsInf(r.High, 0) {
		return fmt.Errorf("a range from %v over %v to %v", r.Low, r.Median, r.High)
	}
	return nil
}

// Typical is what the ink of a training set looks like. Lengths are in pixels of
// its images, places are counted from the middle of the first pixel.
type Typical struct {
	Height int   `json:"height"`
	Width  int   `json:"width"`
	Light  bool  `json:"light_ground"` // the ground is 255 and ink is darker; else the ground is 0
	Faint  uint8 `json:"faint"`        // from here on a pixel counts as ink; less is noise
	Images int   `json:"images"`       // measured
	Side   Range `json:"side"`         // see Measures
	X      Range `json:"x"`
	Y      Range `json:"y"`
	Peak   Range `json:"peak"`
	Stroke Range `json:"stroke"`
	Grey   Range `json:"grey"`
	Amount Range `json:"amount"`
	Tall   Range `json:"tall"` // zero in files of before it was measured
}

// Measures are numbers of one image of handwriting.
type Measures struct {
	Side   float64 // the longer side of the box around the ink
	X, Y   float64 // the centre of mass
	Peak   float64 // the darkest ink, up to 255
	Stroke float64 // the mean width of the strokes: twice the ink's area over the length of its outline
	Grey   float64 // the share of the inked pixels that are between ink (250 or more) and paper
	Amount float64 // the share of the image that its ink would cover at full strength
	Tall   float64 // the height of the box around the ink: little for words and lines
}

// Measure takes the measures of an image of t's size and polarity. Without any ink
// they are zero.
func (t *Typical) Measure(m *Image) Measures {
	if t.Light {
		m = m.inverted()
	}
	return m.measures(t.Faint)
}

func (m *Image) measures(faint uint8) Measures {
	clean := blank(m.Height, m.Width) // without noise
	inked, grey, sum := 0, 0, 0
	var peak uint8
	for i, v := range m.Pixels {
		if v < faint {
			continue
		}
		clean.Pixels[i] = v
		inked++
		sum += int(v)
		peak = max(peak, v)
		if v < 250 {
			grey++
		}
	}
	if inked == 0 {
		return Measures{}
	}
	x, y := clean.centre()
	box := clean.box(faint)
	return Measures{
		Side: float64(box.side()), Tall: float64(box.Bottom - box.Top), X: x, Y: y, Peak: float64(peak), Stroke: clean.stroke(),
		Grey: float64(grey) / float64(inked), Amount: float64(sum) / 255 / float64(len(m.Pixels)),
	}
}

// What makes training images ones of ink: the share of them that have a ground of
// one colour, how unlike they may be framed, and how wide strokes may be. Shirts and
// faces have a ground and a frame too, but are no strokes.
const (
	grounded   = 0.98
	sideSpread = 0.1 // of the image's longer side: from one image in a thousand to the median
	massSpread = 0.1
	widest     = 0.3 // of the ink's side: the median width of the strokes
)

// Learn measures grey images of height x width bytes, which image returns by number.
// The error says why they are not ones of ink, framed alike.
func Learn(n, height, width int, image func(i int) []uint8) (*Typical, error) {
	if n == 0 {
		return nil, errors.New("there are no images")
	}
	t := &Typical{Height: height, Width: width, Images: n}
	// The ground is what the border is: all 0, all 255, or nearly so.
	var dark, light, clean int
	for i := range n {
		near0, near255, exact, border := 0, 0, 0, 0
		for k, v := range image(i) {
			if y, x := k/width, k%width; y > 0 && x > 0 && y < height-1 && x < width-1 {
				continue
			}
			border++
			if v < noise {
				near0++
			}
			if v > 255-noise {
				near255++
			}
			if v == 0 || v == 255 {
				exact++
			}
		}
		if 10*near0 >= 9*border {
			dark++
		}
		if 10*near255 >= 9*border {
			light++
		}
		if 10*exact >= 9*border {
			clean++
		}
	}
	if most := max(dark, light); float64(most) < grounded*float64(n) {
		return nil, fmt.Errorf("only %d of %d images have a ground of one colour", most, n)
	}
	t.Light, t.Faint = light > dark, noise
	if float64(clean) >= grounded*float64(n) {
		t.Faint = 1
	}
	measured := make([]Measures, n)
	for i := range n {
		measured[i] = t.Measure(&Image{height, width, image(i)})
	}
	values := make([]float64, n)
	for _, m := range t.list() {
		for i := range n {
			values[i] = m.of(&measured[i])
		}
		*m.typical = NewRange(values)
	}
	longer := float64(max(height, width))
	switch {
	case t.Side.Median == 0:
		return nil, errors.New("there is no ink on them")
	case t.Stroke.Median > widest*t.Side.Median:
		return nil, fmt.Errorf("what is on them is %.1f pixels wide, too wide for strokes", t.Stroke.Median)
	case t.Side.spread(values, measured, func(m *Measures) float64 { return m.Side }) > sideSpread*longer:
		return nil, errors.New("what is on them is of many sizes")
	case max(t.X.spread(values, measured, func(m *Measures) float64 { return m.X }), t.Y.spread(values, measured, func(m *Measures) float64 { return m.Y })) > massSpread*longer:
		return nil, errors.New("what is on them is not in one place")
	}
	return t, nil
}

// noise is what a pixel of the ground may differ from 0 or 255 after a JPEG.
const noise = 32

// spread is how far from the median the farthest of nine images in ten lies.
func (r Range) spread(buffer []float64, measured []Measures, of func(*Measures) float64) float64 {
	for i := range measured {
		buffer[i] = math.Abs(of(&measured[i]) - r.Median)
	}
	slices.Sort(buffer)
	return buffer[len(buffer)*9/10]
}

// measure is one of the measures with its range.
type measure struct {
	typical *Range
	of      func(*Measures) float64
	unlike  func(v float64, r Range) string // a sentence about a value outside the range
}

func (t *Typical) list() []measure {
	pixels := func(what string, mend string) func(float64, Range) string {
		return func(v float64, r Range) string {
			return fmt.Sprintf("%s; the training images have %s: %s", fmt.Sprintf(what, v), between(r, "%.1f"), mend)
		}
	}
	percent := func(what, mend string) func(float64, Range) string {
		return func(v float64, r Range) string {
			return fmt.Sprintf("%s; in the training images it is %s %%: %s", fmt.Sprintf(what, 100*v), between(Range{100 * r.Low, 0, 100 * r.High}, "%.0f"), mend)
		}
	}
	return []measure{
		{&t.Side, func(m *Measures) float64 { return m.Side }, pixels("the ink's longer side has %.0f pixels", "draw one digit, with paper around it")},
		{&t.X, func(m *Measures) float64 { return m.X }, pixels("the ink's centre of mass lies %.1f pixels from the left", "move the ink to the middle")},
		{&t.Y, func(m *Measures) float64 { return m.Y }, pixels("the ink's centre of mass lies %.1f pixels from the top", "move the ink to the middle")},
		{&t.Peak, func(m *Measures) float64 { return m.Peak }, func(v float64, r Range) string {
			return fmt.Sprintf("the darkest ink is %.0f of 255; in the training images it is %s: use a stronger pen, or more light", v, between(r, "%.0f"))
		}},
		{&t.Stroke, func(m *Measures) float64 { return m.Stroke }, func(v float64, r Range) string {
			pen := "thicker"
			if v > r.High {
				pen = "thinner"
			}
			return fmt.Sprintf("the ink is %.1f pixels wide; the training images have %s: use a %s pen", v, between(r, "%.1f"), pen)
		}},
		{&t.Grey, func(m *Measures) float64 { return m.Grey }, percent("%.0f %% of the ink is grey", "keep soft edges, and the picture sharp")},
		{&t.Amount, func(m *Measures) float64 { return m.Amount }, percent("ink covers %.0f %% of the image", "draw one digit with an ordinary pen")},
		{&t.Tall, func(m *Measures) float64 { return m.Tall }, pixels("the ink is %.0f pixels high where its longer side has a digit's", "is it a word, a line or a dash? Draw one digit, upright")},
	}
}

// between writes a range: 1.7 to 4.0, or a single number.
func between(r Range, format string) string {
	low, high := fmt.Sprintf(format, r.Low), fmt.Sprintf(format, r.High)
	if low == high {
		return low
	}
	return low + " to " + high
}

// Unlike says in what an image of t's size and polarity differs from the training
// images, and how to mend it, a sentence for each measure that lies outside their range.
func (t *Typical) Unlike(m *Image) []string {
	got := t.Measure(m)
	if got.Peak == 0 {
		return []string{"there is no ink on it"}
	}
	var said []string
	for _, k := range t.list() {
		r := *k.typical
		if r == (Range{}) { // not measured
			continue
		}
		if v, room := k.of(&got), (r.High-r.Low)/20; v < r.Low-room || v > r.High+room {
			said = append(said, k.unlike(v, r))
		}
	}
	return said
}

// Fits reports whether an image has the size, the ground and the frame of the training
// images. It has some room beyond their ranges: an image that is a little unlike them
// is better left as it is than taken for a photograph.
func (t *Typical) Fits(m *Image) bool {
	if m.Height != t.Height || m.Width != t.Width {
		return false
	}
	got := t.Measure(m)
	within := func(v float64, r Range, room float64) bool { return v >= r.Low-room && v <= r.High+room }
	return got.Peak >= t.Peak.Low/2 && within(got.Side, t.Side, 1) && within(got.X, t.X, 0.5) && within(got.Y, t.Y, 0.5) &&
		got.Stroke <= 2*t.Stroke.High && got.Amount <= 2*t.Amount.High
}

// Check returns an error where t, read from a file, cannot have been measured.
func (t *Typical) Check() error {
	if t.Height < 3 || t.Width < 3 || t.Faint == 0 {
		return fmt.Errorf("ink on images of %d x %d pixels, from %d on", t.Height, t.Width, t.Faint)
	}
	for _, m := range t.list() {
		if err := m.typical.Check(); err != nil {
			return err
		}
	}
	if t.Side.Median < 1 || t.Side.Median > float64(max(t.Height, t.Width)) || t.Stroke.Median <= 0 || t.Stroke.Median >= t.Side.Median {
		return fmt.Errorf("ink of %v pixels a side and %v across", t.Side.Median, t.Stroke.Median)
	}
	return nil
}
