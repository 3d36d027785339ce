package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// figure draws a chart twice, for a wide window and for a phone, because text
// that is scaled with a picture cannot be read on both. The style sheet shows one.
func (p *page) figure(c *chart, alt string, wideGutter, narrowGutter float64) (template.HTML, error) {
	c.gutter = wideGutter
	wide, err := c.svg(680, 340)
	if err != nil {
		return "", err
	}
	c.gutter, c.narrow = narrowGutter, true
	narrow, err := c.svg(328, 264)
	if err != nil {
		return "", err
	}
	return template.HTML(fmt.Sprintf(`<div class="chart" role="img" aria-label="%s"><div class="wide">%s</div><div class="narrow">%s</div></div>`,
		html.EscapeString(alt), wide, narrow)), nil
}

// ticks labels places on an axis from lo to hi.
func ticks(lo, hi, step float64, format func(v float64) string) []plot.Tick {
	var out []plot.Tick
	for i := 0; lo+float64(i)*step <= hi+step/1e6; i++ {
		v := lo + float64(i)*step
		out = append(out, plot.Tick{Value: v, Label: format(v)})
	}
	return out
}

func percent(v float64) string { return fmt.Sprintf("%.0f%s%%", 100*v, thin) }

func decimals(n int) func(v float64) string { return func(v float64) string { return fixed(v, n) } }

// baseline is the accuracy of the average images, which every model has to beat;
// without that chapter it is known for MNIST alone.
func (p *page) baseline() (float64, bool) {
	if p.Average != nil {
		return p.Average.MSE.Accuracy, true
	}
	for _, t := range p.Trained {
		if t.Post != nil || t.Others != nil {
			return 0.8203, true
		}
	}
	return 0, false
}

func accuracies(t *Trained) plotter.XYs {
	var pts plotter.XYs
	if len(t.Curve) > 0 && finite(t.Start.Accuracy) {
		pts = append(pts, plotter.XY{X: 0, Y: t.Start.Accuracy})
	}
	for _, c := range t.Curve {
		if finite(c.Accuracy) {
			pts = append(pts, plotter.XY{X: float64(c.Epoch), Y: c.Accuracy})
		}
	}
	return pts
}

// accuracyAxes fits the axes to the curves, with accuracy from lowest to 1.
func accuracyAxes(lines []line, lowest float64) (x, y axis) {
	last := 1.0
	for _, l := range lines {
		for _, pt := range l.pts {
			last = max(last, pt.X)
		}
	}
	step := math.Ceil(last / 8)
	for _, nice := range []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if nice >= step {
			step = nice
			break
		}
	}
	x = axis{label: "epoch", min: 0, max: last, ticks: ticks(0, last, step, decimals(0))}
	y = axis{min: lowest, max: 1, ticks: ticks(lowest, 1, (1-lowest)/5, percent)}
	return x, y
}

// curve is a chapter's accuracy by epoch, beside the post's.
func (p *page) curve(t *Trained) (template.HTML, error) {
	pts := accuracies(t)
	if len(pts) < 2 {
		return "", nil
	}
	end := pts[len(pts)-1].Y
	lines := []line{{label: "yours " + rough(end), kind: me, pts: pts}}
	alt := fmt.Sprintf("Accuracy on the test images by epoch: from %s before training to %s.", rough(pts[0].Y), rough(end))
	if t.Post != nil && len(t.Post.Mean) > 1 {
		var mean plotter.XYs
		for i, v := range t.Post.Mean {
			mean = append(mean, plotter.XY{X: float64(i + 1), Y: v})
		}
		lines = append(lines, line{label: "post " + rough(mean[len(mean)-1].Y), kind: post, dash: []float64{2, 3}, pts: mean})
		alt += fmt.Sprintf(" The post's runs come to %s on average.", rough(mean[len(mean)-1].Y))
	}
	return p.accuracyChart(lines, 0, alt)
}

// Closeup is the accuracy at which an axis can start to tell chapters apart
// that are all good: 0.8 where none of them is below that after its first epoch.
func (p *page) Closeup(chapters []*Trained) float64 {
	for _, t := range chapters {
		for _, c := range t.Curve {
			if !(c.Accuracy >= 0.8) {
				return 0
			}
		}
	}
	return 0.8
}

// compare is the accuracy by epoch of several chapters on one plot; the last of
// them is the one in the accent.
func (p *page) compare(chapters []*Trained, lowest float64) (template.HTML, error) {
	kinds := []int{first, second, third}
	dashes := [][]float64{{1, 3}, {6, 3}, {8, 3, 2, 3}}
	var lines []line
	alt := "Accuracy on the test images by epoch. At the end:"
	for i, t := range chapters {
		pts := accuracies(t)
		pts = slices.DeleteFunc(pts, func(pt plotter.XY) bool { return pt.Y < lowest }) // the start, in a close-up
		if len(pts) < 2 {
			continue
		}
		end := rough(pts[len(pts)-1].Y)
		l := line{label: t.Chapter, value: end, kind: kinds[i%3], dash: dashes[i%3], pts: pts}
		if i == len(chapters)-1 {
			l.kind, l.dash = me, nil
		}
		lines = append(lines, l)
		alt += " " + t.Chapter + " " + end + "."
	}
	return p.accuracyChart(lines, lowest, alt)
}

func (p *page) accuracyChart(lines []line, lowest float64, alt string) (template.HTML, error) {
	c := &chart{lines: lines}
	c.x, c.y = accuracyAxes(lines, lowest)
	if b, ok := p.baseline(); ok && b >= lowest {
		c.rules = append(c.rules, rule{"average " + rough(b), b})
		alt += fmt.Sprintf(" A thin line marks the averages' %s.", rough(b))
	}
	return p.figure(c, alt, 152, 104)
}

// wrongness is an axis on which the surest mistakes are at the right.
var wrongness = axis{label: "probability of the right class", max: 1, reverse: true, ticks: ticks(0, 1, 0.25, decimals(2))}

// push is the size of the loss's gradient by the probability of the right class.
func (p *page) push(t *Trained) (template.HTML, error) {
	pts, top := pushes(t)
	if len(pts) < 2 || top == 0 {
		return "", nil
	}
	step := niceStep(top / 4)
	most := math.Ceil(top/step-1e-9) * step
	digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	c := &chart{
		x:     wrongness,
		y:     axis{max: most, ticks: ticks(0, most, step, decimals(digits))},
		lines: []line{{label: t.Chapter, kind: me, dots: true, pts: pts}},
	}
	alt := fmt.Sprintf("Length of the loss’s gradient in the chapter %s: %s where the right class is likeliest, %s where the mistake is surest, %s at most.",
		t.Chapter, fixed(pts[0].Y, 3), fixed(pts[len(pts)-1].Y, 3), fixed(top, 3))
	return p.figure(c, alt, 104, 96)
}

// pushes is the curve that push draws, the surest mistakes last, and its top.
func pushes(t *Trained) (pts plotter.XYs, top float64) {
	for _, b := range slices.Backward(t.Push) {
		if b.Images > 0 && finite(b.Gradient) {
			pts = append(pts, plotter.XY{X: (b.From + b.To) / 2, Y: b.Gradient})
			top = max(top, b.Gradient)
		}
	}
	return pts, top
}

// shapes is the push of several losses, each as a share of its own greatest.
func (p *page) shapes(chapters []*Trained) (template.HTML, error) {
	kinds := []int{first, second, third}
	dashes := [][]float64{{1, 3}, {6, 3}, {8, 3, 2, 3}}
	c := &chart{x: wrongness, y: axis{max: 1, ticks: ticks(0, 1, 0.25, percent)}}
	alt := "Push of each chapter’s loss as a share of its own greatest."
	for i, t := range chapters {
		pts, top := pushes(t)
		if len(pts) < 2 || top == 0 {
			continue
		}
		for k := range pts {
			pts[k].Y /= top
		}
		end := percent(pts[len(pts)-1].Y)
		l := line{label: t.Chapter, value: end, kind: kinds[i%3], dash: dashes[i%3], dots: true, pts: pts}
		if i == len(chapters)-1 {
			l.kind, l.dash = me, nil
		}
		c.lines = append(c.lines, l)
		alt += fmt.Sprintf(" %s: %s for the surest mistakes.", t.Chapter, end)
	}
	if len(c.lines) == 0 {
		return "", nil
	}
	return p.figure(c, alt, 144, 96)
}

// niceStep rounds up to 1, 2 or 5 times a power of ten.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// sigmoid is the curve, and its slope.
func (p *page) sigmoid() (template.HTML, error) {
	s := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	c := &chart{
		x: axis{label: "logit", min: -8, max: 8, ticks: ticks(-8, 8, 4, decimals(0))},
		y: axis{min: 0, max: 1, ticks: ticks(0, 1, 0.25, decimals(2))},
		lines: []line{
			{label: "sigmoid", kind: me, pts: at(-8, 8, 96, s)},
			{label: "its slope", kind: second, dash: []float64{6, 3}, pts: at(-8, 8, 96, func(x float64) float64 { return s(x) * (1 - s(x)) })},
		},
	}
	return p.figure(c, "The sigmoid rises from 0 to 1; its slope is 0.25 in the middle and almost zero on both sides.", 80, 72)
}

// logarithm is the loss that cross-entropy gives for the probability of the
// right class, beside the squared error.
func (p *page) logarithm() (template.HTML, error) {
	c := &chart{
		x: wrongness,
		y: axis{min: 0, max: 5, ticks: ticks(0, 5, 1, decimals(0))},
		lines: []line{
			{label: "−log p", kind: me, pts: at(1, math.Exp(-5), 120, func(x float64) float64 { return -math.Log(x) })},
			{label: "(1 − p)²", kind: second, dash: []float64{6, 3}, pts: at(1, 0, 60, func(x float64) float64 { return (1 - x) * (1 - x) })},
		},
	}
	return p.figure(c, "Minus the logarithm of p climbs without end as p goes to zero; the squared error stops at 1.", 80, 64)
}
