package report

import (
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"
)

// figured writes an accuracy with the digits that it was given with, four at most.
func figured(v float64) string {
	if !finite(v) {
		return "–"
	}
	return strconv.FormatFloat(100*v, 'g', 4, 64) + thin + "%"
}

// last is the accuracy that a run ended with.
func (r OtherRun) last() float64 {
	if len(r.Accuracy) == 0 {
		return math.NaN()
	}
	return r.Accuracy[len(r.Accuracy)-1]
}

// spread is what the PyTorch runs came to, from the least to the greatest.
func (o *Others) spread() string {
	var ends []float64
	for _, r := range o.PyTorch {
		if finite(r.last()) {
			ends = append(ends, r.last())
		}
	}
	if len(ends) == 0 {
		return ""
	}
	if least, most := slices.Min(ends), slices.Max(ends); least != most {
		return figured(least) + " to " + figured(most)
	}
	return figured(ends[0])
}

// Ends lists what each PyTorch run came to, in words.
func (o *Others) Ends() string {
	var words []string
	for _, r := range o.PyTorch {
		words = append(words, fmt.Sprintf("%s with seed %d", figured(r.last()), r.Seed))
	}
	return list(words)
}

// pause is a time span, of less than a second in milliseconds.
func pause(s float64) string {
	if finite(s) && s >= 0.0005 && s < 0.9995 {
		return fmt.Sprintf("%.0f%sms", 1000*s, thin)
	}
	return seconds(s)
}

// At is a run's accuracy after an epoch, counted from 1.
func (r OtherRun) At(epoch int) string {
	if epoch < 1 || epoch > len(r.Accuracy) {
		return ""
	}
	return figured(r.Accuracy[epoch-1])
}

// progress is the accuracy of a run by epoch, beside that of others.
func (p *page) progress(t *Trained) (template.HTML, error) {
	if len(t.Curve) < 2 {
		return "", nil
	}
	lowest := p.Closeup([]*Trained{t})
	above := func(pts plotter.XYs) plotter.XYs {
		return slices.DeleteFunc(pts, func(pt plotter.XY) bool { return pt.Y < lowest })
	}
	pts := above(accuracies(t))
	if len(pts) < 2 {
		return "", nil
	}
	end := share(pts[len(pts)-1].Y)
	lines := []line{{label: "yours", value: end, kind: me, dots: true, pts: pts}}
	alt := "Accuracy on the test images by epoch. Yours comes to " + end + "."
	if t.Others != nil {
		for i, r := range t.Others.PyTorch {
			var curve plotter.XYs
			for k, v := range r.Accuracy {
				curve = append(curve, plotter.XY{X: float64(k + 1), Y: v})
			}
			if curve = above(curve); len(curve) > 1 {
				lines = append(lines, line{label: fmt.Sprintf("PyTorch, seed %d", r.Seed), kind: post, dash: [][]float64{{2, 3}, {6, 3}}[i%2], pts: curve})
				alt += fmt.Sprintf(" PyTorch with seed %d comes to %s.", r.Seed, figured(r.last()))
			}
		}
	}
	return p.accuracyChart(lines, lowest, alt)
}

// rates is the learning rate over a run.
func (p *page) rates(plan *Plan) (template.HTML, error) {
	return p.schedule(plan, plan.Rates, "learning rate", 0)
}

// momenta is the momentum over a run; nothing where it stays.
func (p *page) momenta(plan *Plan) (template.HTML, error) {
	if len(plan.Momenta) == 0 {
		return "", nil
	}
	low := math.Floor(20*slices.Min(plan.Momenta)) / 20
	return p.schedule(plan, plan.Momenta, "momentum", low)
}

func (p *page) schedule(plan *Plan, values []float64, what string, low float64) (template.HTML, error) {
	if len(values) < 2 {
		return "", nil
	}
	var pts plotter.XYs
	for i, v := range values {
		pts = append(pts, plotter.XY{X: float64(plan.Epochs) * float64(i) / float64(len(values)-1), Y: v})
	}
	step := niceStep((slices.Max(values) - low) / 4)
	if !(step > 0) {
		step = 1
	}
	most := low + math.Ceil((slices.Max(values)-low)/step-1e-9)*step
	digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	x, _ := accuracyAxes([]line{{pts: pts}}, 0)
	c := &chart{x: x, y: axis{min: low, max: most, ticks: ticks(low, most, step, decimals(digits))}, lines: []line{{label: what, kind: me, pts: pts}}}
	alt := fmt.Sprintf("The %s over the run: %s at first, between %s and %s, %s at last.", what, number(round(values[0])), number(round(slices.Min(values))), number(round(slices.Max(values))), number(round(values[len(values)-1])))
	return p.figure(c, alt, 104, 96)
}

// round keeps three digits.
func round(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// sum3 is a convolution's place as rows of three.
type sum3 struct{ Pixels, Filter, Products [][]float64 }

// Nine cuts a convolution's place into rows.
func (c *Convolution) Nine() sum3 {
	cut := func(v []float64) [][]float64 { return slices.Collect(slices.Chunk(v, 3)) }
	return sum3{cut(c.Pixels), cut(c.Filter), cut(c.Products)}
}

// Terms writes the products that are not zero as a sum.
func (c *Convolution) Terms() string {
	var b strings.Builder
	for _, v := range c.Products {
		switch {
		case v == 0:
		case b.Len() == 0:
			b.WriteString(fixed(v, 3))
		case v < 0:
			b.WriteString(" " + minus + " " + fixed(-v, 3))
		default:
			b.WriteString(" + " + fixed(v, 3))
		}
	}
	if b.Len() == 0 {
		return "0"
	}
	return b.String()
}

// Spot frames three rows and columns of a picture around the place of a convolution.
func (p *page) Spot(c *Convolution, picture template.HTML) template.HTML {
	return template.HTML(fmt.Sprintf(`<span class="spot">%s<svg viewBox="0 0 %d %d" aria-hidden="true"><rect x="%d" y="%d" width="3" height="3"/></svg></span>`,
		picture, p.Data.Width, p.Data.Height, c.Column-1, c.Row-1))
}

// Dot frames the one number of the map that the sum is.
func (p *page) Dot(c *Convolution, picture template.HTML) template.HTML {
	return template.HTML(fmt.Sprintf(`<span class="spot">%s<svg viewBox="0 0 %d %d" aria-hidden="true"><rect x="%d" y="%d" width="1" height="1"/></svg></span>`,
		picture, p.Data.Width, p.Data.Height, c.Column, c.Row))
}

// Response draws the feature map of a convolution.
func (p *page) Response(c *Convolution, class string) template.HTML {
	return signed(p, c.Map, reach(c.Map), class, "the feature map")
}

// Reach is the scale of Response.
func (c *Convolution) Reach() float64 { return reach(c.Map) }

// filters are drawn weights, all on one scale.
type filters struct {
	Pictures []template.HTML
	Reach    float64
}

// Filters draws the filters of a model's first convolution.
func (p *page) Filters(t *Trained) *filters {
	f := t.Filters
	if f == nil || len(f.Weights) == 0 {
		return nil
	}
	out := &filters{Reach: reach(f.Weights...)}
	for i, w := range f.Weights {
		out.Pictures = append(out.Pictures, raster(f.Height, f.Width, "signed map "+mapClass(f.Width), fmt.Sprintf("filter %d of %d", i+1, len(f.Weights)), signedPixel(w, out.Reach)))
	}
	return out
}

// Draw draws a stage's maps, all on one scale: ink where there is no number below
// zero, else signed.
func (p *page) Draw(m Maps) []template.HTML {
	least, most := 0.0, reach(m.Shown...)
	for _, one := range m.Shown {
		for _, v := range one {
			least = min(least, known(float64(v)))
		}
	}
	var out []template.HTML
	for i, one := range m.Shown {
		alt := fmt.Sprintf("map %d of %s", i+1, m.Name)
		if least < 0 {
			out = append(out, raster(m.Height, m.Width, "signed map "+mapClass(m.Width), alt, signedPixel(one, most)))
			continue
		}
		out = append(out, raster(m.Height, m.Width, "ink map "+mapClass(m.Width), alt, func(k int) color.NRGBA {
			c := inkColour
			if k < len(one) && most > 0 {
				c.A = uint8(math.Round(255 * known(float64(one[k])) / most))
			}
			return c
		}))
	}
	return out
}

func mapClass(width int) string { return fmt.Sprintf("m%d", width) }

// mapSizes is the part of the style sheet that shows maps and filters of every
// width at whole multiples of their pixels, about 56 pixels wide, and half of that
// on a phone.
func (p *page) mapSizes() []byte {
	var widths []int
	for _, t := range p.Trained {
		if t.Filters != nil {
			widths = append(widths, t.Filters.Width)
		}
		for _, m := range t.Maps {
			widths = append(widths, m.Width)
		}
	}
	slices.Sort(widths)
	var out []byte
	for _, w := range slices.Compact(widths) {
		half := max(28/max(w, 1), 1)
		out = fmt.Appendf(out, ".%s{--own:%dpx;--k:%d}\n@media (min-width:720px),print{.%s{--k:%d}}\n", mapClass(w), w, half, mapClass(w), 2*half)
	}
	return out
}

// ablated is a line of the table of what each ingredient bought.
type ablated struct {
	Variant
	Mean, Spread float64
	Lost         float64 // against the whole recipe; NaN for itself
	Time         float64 // seconds, the mean
	Each         string  // every seed's accuracy
}

// Ablated computes the table.
func (p *page) Ablated(a *Ablation) []ablated {
	var out []ablated
	whole := math.NaN()
	for _, v := range a.Variants {
		row := ablated{Variant: v, Lost: math.NaN()}
		row.Mean, row.Spread = MeanSpread(v.Accuracies)
		row.Time, _ = MeanSpread(v.Seconds)
		if v.LeftOut == "" {
			whole = row.Mean
		} else {
			row.Lost = whole - row.Mean
		}
		var each []string
		for _, x := range v.Accuracies {
			each = append(each, fixed(100*x, 2))
		}
		row.Each = strings.Join(each, ", ")
		out = append(out, row)
	}
	return out
}

// Several reports whether a variant was run more than once, so that it has a spread.
func (a ablated) Several() bool { return len(a.Accuracies) > 1 }
