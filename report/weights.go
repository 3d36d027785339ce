package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// stages is a linear model's weights at several moments, on one scale.
type stages struct {
	Reach float64
	Items []stage
}

type stage struct {
	Epoch    int
	Key      bool // one of the three that stand side by side without JavaScript
	Accuracy float64
	Pictures []template.HTML // one for each class
	Classes  []string
}

// Stages draws the snapshots of a chapter; nil where there are none.
func (p *page) Stages(t *Trained) *stages {
	if len(t.Snapshots) == 0 {
		return nil
	}
	out := &stages{}
	for _, s := range t.Snapshots {
		out.Reach = max(out.Reach, reach(s.Weights...))
	}
	last := len(t.Snapshots) - 1
	for i, s := range t.Snapshots {
		one := stage{Epoch: s.Epoch, Key: i == 0 || i == last || i == (last+1)/2, Accuracy: t.Start.Accuracy}
		for _, c := range t.Curve {
			if c.Epoch == s.Epoch {
				one.Accuracy = c.Accuracy
			}
		}
		for class, w := range s.Weights {
			alt := fmt.Sprintf("weights of class %s after %s", p.class(class), epochs(s.Epoch))
			one.Pictures = append(one.Pictures, signed(p, w, out.Reach, "", alt))
			one.Classes = append(one.Classes, p.class(class))
		}
		out.Items = append(out.Items, one)
	}
	return out
}

func epochs(n int) string {
	switch n {
	case 0:
		return "no training"
	case 1:
		return "1 epoch"
	}
	return fmt.Sprintf("%d epochs", n)
}

// lookout is a hidden unit: what it looks at, and which classes it speaks for.
type lookout struct {
	Picture      template.HTML
	For, Against []voice
}

type voice struct {
	Class  string
	Weight float64
}

// Lookouts draws the hidden units on one scale.
func (p *page) Lookouts(t *Trained) (out []lookout) {
	scale := p.HiddenReach(t)
	for i, u := range t.Hidden {
		one := lookout{Picture: signed(p, u.In, scale, "", fmt.Sprintf("weights of hidden unit %d", i+1))}
		order := make([]int, len(u.Out))
		for c := range order {
			order[c] = c
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(u.Out[b], u.Out[a]) })
		for _, c := range order[:min(2, len(order))] {
			if u.Out[c] > 0 {
				one.For = append(one.For, voice{p.class(c), float64(u.Out[c])})
			}
		}
		for _, c := range slices.Backward(order[max(0, len(order)-2):]) {
			if u.Out[c] < 0 {
				one.Against = append(one.Against, voice{p.class(c), float64(u.Out[c])})
			}
		}
		out = append(out, one)
	}
	return out
}

// HiddenReach is the scale of the hidden units' pictures.
func (p *page) HiddenReach(t *Trained) float64 {
	var in [][]float32
	for _, u := range t.Hidden {
		in = append(in, u.In)
	}
	return reach(in...)
}

// scaleBar is the scale of signed pictures, printed beside them.
func scaleBar(reach float64) template.HTML {
	digits := 2
	if reach >= 10 {
		digits = 1
	}
	lo, hi := fixed(-reach, digits), plus(reach, digits)
	var steps strings.Builder
	const n = 11
	for i := -n; i <= n; i++ {
		class := "high"
		if i < 0 {
			class = "low"
		}
		fmt.Fprintf(&steps, `<rect class="%s" x="%d" width="8" height="16" fill-opacity="%.2f"/>`, class, 8*(i+n), math.Abs(float64(i))/n)
	}
	return template.HTML(fmt.Sprintf(`<p class="scale"><span>%s</span><svg viewBox="0 0 184 16" width="184" height="16" role="img" aria-label="blue is below zero, paper is zero, orange is above">%s</svg><span>%s</span></p>`,
		lo, steps.String(), hi))
}
