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
	Reach  float64
	Items  []stage
	Change *stage // the last weights less the first
	Most   float64
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
	if first, last := t.Snapshots[0], t.Snapshots[last]; last.Epoch > first.Epoch && len(first.Weights) == len(last.Weights) {
		out.Change, out.Most = p.change(first.Weights, last.Weights)
	}
	return out
}

// change draws what training added to each class's weights.
func (p *page) change(before, after [][]float32) (*stage, float64) {
	var moved [][]float32
	for class := range after {
		moved = append(moved, less(after[class], before[class]))
	}
	most := reach(moved...)
	out := &stage{}
	for class, m := range moved {
		out.Pictures = append(out.Pictures, signed(p, m, most, "", "what training changed in the weights of class "+p.class(class)))
		out.Classes = append(out.Classes, p.class(class))
	}
	return out, most
}

// less is a - b; a alone where b does not fit it.
func less(a, b []float32) []float32 {
	if len(a) != len(b) {
		return a
	}
	out := slices.Clone(a)
	for i := range out {
		out[i] -= b[i]
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

// lookouts are the units with the loudest voices, on one scale.
type lookouts struct {
	Units   []lookout
	Changed bool // the pictures show what training changed
	Reach   float64
}

// Lookouts draws up to n hidden units.
func (p *page) Lookouts(t *Trained, n int) *lookouts {
	loud := slices.Clone(t.Hidden)
	slices.SortStableFunc(loud, func(a, b Unit) int { return cmp.Compare(loudness(b), loudness(a)) })
	loud = loud[:min(n, len(loud))]
	out := &lookouts{Changed: true}
	var in [][]float32
	for _, u := range loud {
		out.Changed = out.Changed && len(u.Before) == len(u.In)
	}
	for _, u := range loud {
		if out.Changed {
			u.In = less(u.In, u.Before)
		}
		in = append(in, u.In)
	}
	out.Reach = reach(in...)
	for i, u := range loud {
		one := lookout{Picture: signed(p, in[i], out.Reach, "", fmt.Sprintf("what a hidden unit looks at, number %d by loudness", i+1))}
		one.For, one.Against = p.voices(u)
		out.Units = append(out.Units, one)
	}
	return out
}

func loudness(u Unit) float64 {
	sum := 0.0
	for _, v := range u.Out {
		sum += known(float64(v)) * known(float64(v))
	}
	return sum
}

// voices are the two classes that a unit speaks for most, and against most.
func (p *page) voices(u Unit) (speaksFor, against []voice) {
	order := make([]int, len(u.Out))
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(u.Out[b], u.Out[a]) })
	for _, c := range order[:min(2, len(order))] {
		if u.Out[c] > 0 {
			speaksFor = append(speaksFor, voice{p.class(c), float64(u.Out[c])})
		}
	}
	for _, c := range slices.Backward(order[max(0, len(order)-2):]) {
		if u.Out[c] < 0 {
			against = append(against, voice{p.class(c), float64(u.Out[c])})
		}
	}
	return speaksFor, against
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
