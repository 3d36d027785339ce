package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// stages is what training changed in a linear model's weights up to several
// moments, on one scale, and the weights themselves at both ends. Where there is
// but one moment there is no change, only Raw.
type stages struct {
	Most  float64 // scale of Items
	Items []stage
	Reach float64 // scale of Raw
	Raw   []stage
}

type stage struct {
	Epoch    int
	Key      bool // one of the three that stand side by side without JavaScript
	Accuracy float64
	Pictures []template.HTML // one for each class
	Classes  []string
	Long     bool // the classes' names want room
}

// Stages draws the snapshots of a chapter; nil where there are none. The first
// one is taken off the others, because a random start hides what is learned.
func (p *page) Stages(t *Trained) *stages {
	if len(t.Snapshots) == 0 {
		return nil
	}
	out := &stages{}
	first, last := t.Snapshots[0], len(t.Snapshots)-1
	var moved []Snapshot
	for _, s := range t.Snapshots[1:] {
		if len(s.Weights) != len(first.Weights) {
			continue
		}
		one := Snapshot{Epoch: s.Epoch}
		for class, w := range s.Weights {
			one.Weights = append(one.Weights, sumChannels(p, less(w, first.Weights[class])))
		}
		out.Most = max(out.Most, reach(one.Weights...))
		moved = append(moved, one)
	}
	for i, s := range moved {
		one := p.stage(t, s, out.Most, "what %s changed in the weights of class %s")
		one.Key = i == 0 || i == len(moved)-1 || i == len(moved)/2
		out.Items = append(out.Items, one)
	}
	ends := []Snapshot{first}
	if last > 0 {
		ends = append(ends, t.Snapshots[last])
	}
	for i, s := range ends {
		ends[i].Weights = nil
		for _, w := range s.Weights {
			ends[i].Weights = append(ends[i].Weights, sumChannels(p, w))
		}
		out.Reach = max(out.Reach, reach(ends[i].Weights...))
	}
	for _, s := range ends {
		out.Raw = append(out.Raw, p.stage(t, s, out.Reach, "after %s, the weights of class %s"))
	}
	return out
}

// stage draws one picture for each class.
func (p *page) stage(t *Trained, s Snapshot, scale float64, alt string) stage {
	out := stage{Epoch: s.Epoch, Accuracy: t.Start.Accuracy, Long: p.LongNames()}
	for _, c := range t.Curve {
		if c.Epoch == s.Epoch {
			out.Accuracy = c.Accuracy
		}
	}
	for class, w := range s.Weights {
		out.Pictures = append(out.Pictures, signed(p, w, scale, "", fmt.Sprintf(alt, epochs(s.Epoch), p.class(class))))
		out.Classes = append(out.Classes, p.class(class))
	}
	return out
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
		in = append(in, sumChannels(p, u.In))
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
	hi := power(reach)
	switch {
	case reach >= 10:
		hi = template.HTML(fixed(reach, 1))
	case reach >= 0.1 || reach == 0:
		hi = template.HTML(fixed(reach, 2))
	}
	var steps strings.Builder
	const n = 11
	for i := -n; i <= n; i++ {
		class := "high"
		if i < 0 {
			class = "low"
		}
		fmt.Fprintf(&steps, `<rect class="%s" x="%d" width="8" height="16" fill-opacity="%.2f"/>`, class, 8*(i+n), math.Abs(float64(i))/n)
	}
	return template.HTML(fmt.Sprintf(`<p class="scale"><span>−%s</span><svg viewBox="0 0 184 16" width="184" height="16" role="img" aria-label="blue is below zero, paper is zero, orange is above">%s</svg><span>+%s</span></p>`,
		hi, steps.String(), hi))
}
