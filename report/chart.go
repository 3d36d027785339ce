package report

import (
	"bytes"
	"cmp"
	"fmt"
	"html"
	"image/color"
	"math"
	"regexp"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// chart is a line chart. gonum/plot draws it in sentinel colours; theme turns
// those into classes, so that the page's style sheet colours both day and night,
// and hands the alignment of text to the browser, which knows its own fonts.
type chart struct {
	x, y   axis
	lines  []line
	rules  []rule
	marks  []mark
	gutter float64 // room for the labels at the lines' ends
	narrow bool    // for a phone
}

type axis struct {
	label    string
	min, max float64
	reverse  bool // max at the left
	ticks    []plot.Tick
}

// line is a curve with the label that stands at its end. The kind is a class of
// the style sheet: "me" in the accent, "post" in grey, "a", "b", "c" in ink.
type line struct {
	label string
	value string // after the label, where there is room
	kind  int
	dash  []float64
	dots  bool
	pts   plotter.XYs
}

// rule is a thin horizontal line to measure the curves by.
type rule struct {
	label string
	y     float64
}

// mark is a place on a curve that the reader should see: a dot, a thin line down
// to the axis, and a label above it.
type mark struct {
	label string
	at    plotter.XY
}

// The sentinel colours are #0100NN, with NN an index into this list of classes.
const (
	inkLine = iota
	muteLine
	gridLine
	ruleLine
	me
	post
	first // of three lines in ink, which their dashes tell apart
	second
	third
)

var classes = []string{"ink", "mute", "grid", "rule", "me", "post", "one", "two", "three"}

func sentinel(kind int) color.Color { return color.NRGBA{R: 1, B: uint8(kind), A: 255} }

// at returns a curve through f at n+1 places from lo to hi.
func at(lo, hi float64, n int, f func(x float64) float64) plotter.XYs {
	pts := make(plotter.XYs, n+1)
	for i := range pts {
		x := lo + (hi-lo)*float64(i)/float64(n)
		pts[i] = plotter.XY{X: x, Y: f(x)}
	}
	return pts
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

const textSize = 13

// anchored places text by the browser's own metrics: a mark in front of the
// string says which end of it is meant, and theme turns that into text-anchor.
type anchored struct{ text.Plain }

// Draw implements text.Handler.
func (h anchored) Draw(c vg.Canvas, s string, style text.Style, at vg.Point) {
	mark := map[text.XAlignment]string{text.XLeft: "start", text.XCenter: "middle", text.XRight: "end"}[style.XAlign]
	rise := map[text.YAlignment]float64{text.YTop: -1.35, text.YCenter: -0.36, text.YBottom: 0}[style.YAlign]
	if style.XAlign == text.XRight { // gonum lifts the ticks of a vertical axis by the font's descent
		rise -= 0.2
	}
	at.Y += vg.Length(rise) * style.Font.Size
	c.SetColor(style.Color)
	c.FillString(h.Fonts.Lookup(style.Font, style.Font.Size), at, mark+"|"+s)
}

func (c *chart) plot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.TextHandler = anchored{text.Plain{Fonts: p.TextHandler.Cache()}}
	for _, a := range []struct {
		gonum *plot.Axis
		ours  axis
	}{{&p.X, c.x}, {&p.Y, c.y}} {
		g := a.gonum
		g.Min, g.Max = a.ours.min, a.ours.max
		if a.ours.reverse {
			g.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
		}
		g.Padding = 0
		g.LineStyle = draw.LineStyle{Color: sentinel(ruleLine), Width: 1}
		g.Tick.Length = 0
		g.Tick.Marker = plot.ConstantTicks(a.ours.ticks)
		for _, style := range []*text.Style{&g.Tick.Label, &g.Label.TextStyle} {
			style.Color, style.Handler = sentinel(muteLine), p.TextHandler
			style.Font.Size, style.Font.Variant = textSize, "Sans"
		}
	}
	p.Y.LineStyle.Width = 0
	p.Add(&plotter.Grid{Horizontal: draw.LineStyle{Color: sentinel(gridLine), Width: 1}})
	for _, r := range c.rules {
		p.Add(&plotter.Line{
			XYs:       plotter.XYs{{X: c.x.min, Y: r.y}, {X: c.x.max, Y: r.y}},
			LineStyle: draw.LineStyle{Color: sentinel(ruleLine), Width: 1},
		})
	}
	for _, l := range c.lines {
		style := draw.LineStyle{Color: sentinel(l.kind), Width: 2}
		if l.kind != me {
			style.Width = 1.5
		}
		for _, d := range l.dash {
			style.Dashes = append(style.Dashes, vg.Length(d))
		}
		p.Add(&plotter.Line{XYs: l.pts, LineStyle: style})
		if l.dots {
			p.Add(&plotter.Scatter{XYs: l.pts, GlyphStyle: draw.GlyphStyle{Color: sentinel(l.kind), Radius: 2.5, Shape: draw.CircleGlyph{}}})
		}
	}
	for _, m := range c.marks {
		p.Add(&plotter.Line{
			XYs:       plotter.XYs{{X: m.at.X, Y: c.y.min}, m.at},
			LineStyle: draw.LineStyle{Color: sentinel(ruleLine), Width: 1},
		})
		p.Add(&plotter.Scatter{XYs: plotter.XYs{m.at}, GlyphStyle: draw.GlyphStyle{Color: sentinel(inkLine), Radius: 3.5, Shape: draw.CircleGlyph{}}})
	}
	p.Add(ends{c, p.X.Tick.Label})
	p.Add(markLabels{c, p.X.Tick.Label})
	return p
}

// markLabels is a plotter for the labels of marks, after all curves: each to the
// right of its point and above it, and clear of the one before.
type markLabels struct {
	*chart
	style text.Style
}

// Plot implements plot.Plotter.
func (l markLabels) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	l.style.Color, l.style.XAlign, l.style.YAlign = sentinel(inkLine), text.XLeft, text.YBottom
	const line = textSize + 5
	at := make([]vg.Length, len(l.marks))
	for i, m := range l.marks {
		at[i] = y(m.at.Y) + 4
		if i > 0 && at[i] > at[i-1]-line && at[i] < at[i-1]+line {
			at[i-1] = at[i] + line
		}
	}
	for i, m := range l.marks {
		c.FillText(l.style, vg.Point{X: x(m.at.X) + 6, Y: at[i]}, m.label)
	}
}

// ends is a plotter for the labels at the lines' ends, moved apart where they
// would overlap.
type ends struct {
	*chart
	style text.Style
}

// Plot implements plot.Plotter.
func (e ends) Plot(c draw.Canvas, p *plot.Plot) {
	type label struct {
		text string
		kind int
		y    vg.Length
	}
	var labels []label
	_, y := p.Transforms(&c)
	for _, l := range e.lines {
		if n := len(l.pts); n > 0 && l.label != "" {
			name := l.label
			if l.value != "" && !e.narrow {
				name += " " + l.value
			}
			labels = append(labels, label{name, l.kind, y(l.pts[n-1].Y)})
		}
	}
	for _, r := range e.rules {
		labels = append(labels, label{r.label, muteLine, y(r.y)})
	}
	slices.SortStableFunc(labels, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	const gap = textSize + 3
	for range 8 { // push neighbours apart until nothing moves much
		for i := 1; i < len(labels); i++ {
			if overlap := gap - (labels[i].y - labels[i-1].y); overlap > 0 {
				labels[i].y += overlap / 2
				labels[i-1].y -= overlap / 2
			}
		}
	}
	if len(labels) > 0 { // none below the axis, where its ticks are
		labels[0].y = max(labels[0].y, c.Min.Y+textSize/4)
	}
	for i := 1; i < len(labels); i++ {
		labels[i].y = max(labels[i].y, labels[i-1].y+gap)
	}
	for _, l := range labels {
		e.style.Color = sentinel(l.kind)
		e.style.XAlign, e.style.YAlign = text.XLeft, text.YCenter
		c.FillText(e.style, vg.Point{X: c.Max.X + 8, Y: l.y}, l.text)
	}
	// gonum would narrow the plot to make room for a long label of the axis.
	e.style.Color, e.style.XAlign, e.style.YAlign = sentinel(muteLine), text.XCenter, text.YTop
	c.FillText(e.style, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: c.Min.Y - 22}, e.x.label)
}

// svg draws the chart at a size in CSS pixels.
func (c *chart) svg(width, height float64) (string, error) {
	canvas := vgsvg.New(vg.Length(width), vg.Length(height))
	c.plot().Draw(draw.Crop(draw.New(canvas), 2, vg.Length(-c.gutter), 26, -8))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return "", fmt.Errorf("draw a chart: %w", err)
	}
	return theme(out.String(), width, height), nil
}

var (
	styled   = regexp.MustCompile(`\s*style="([^"]*)"`)
	colour   = regexp.MustCompile(`^#0100([0-9A-F]{2})$`)
	anchorOf = regexp.MustCompile(`>(start|middle|end)\|`)
)

// theme rewrites the SVG for a page: no fixed size, classes for colours, no
// fonts, and no style attributes, which the page's security policy forbids.
func theme(svg string, width, height float64) string {
	_, body, _ := strings.Cut(svg[strings.Index(svg, "<svg"):], ">")
	body = styled.ReplaceAllStringFunc(body, func(attr string) string {
		var out strings.Builder
		for property := range strings.SplitSeq(styled.FindStringSubmatch(attr)[1], ";") {
			name, value, _ := strings.Cut(property, ":")
			if m := colour.FindStringSubmatch(value); m != nil {
				var kind int
				fmt.Sscanf(m[1], "%X", &kind)
				fmt.Fprintf(&out, ` class="%s-%s"`, name, classes[kind])
			} else if !strings.HasPrefix(name, "font") {
				fmt.Fprintf(&out, ` %s="%s"`, name, html.EscapeString(value))
			}
		}
		return out.String()
	})
	body = anchorOf.ReplaceAllStringFunc(body, func(s string) string {
		end := strings.Trim(s, ">|")
		if end == "start" {
			return ">"
		}
		return ` text-anchor="` + end + `">`
	})
	return fmt.Sprintf(`<svg viewBox="0 0 %g %g" width="%g" height="%g" aria-hidden="true">`, width, height, width, height) + body
}
