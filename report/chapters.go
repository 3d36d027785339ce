package report

import (
	"fmt"
	"math"
	"slices"
)

// class is the name of a class.
func (p *page) class(i int) string {
	if i < 0 || i >= len(p.Data.Classes) {
		return fmt.Sprint(i)
	}
	return p.Data.Classes[i]
}

// chapter finds a trained chapter; nil where it did not run.
func (p *page) chapter(name string) *Trained {
	for _, t := range p.Trained {
		if t.Chapter == name {
			return t
		}
	}
	return nil
}

// Final is the last chapter that has results.
func (p *page) Final() *Trained {
	for _, t := range slices.Backward(p.Trained) {
		if t.Final != nil {
			return t
		}
	}
	return nil
}

// Losses are the chapters that train the same linear model with different
// losses, up to and including t.
func (p *page) Losses(t *Trained) []*Trained {
	var out []*Trained
	for _, other := range p.Trained {
		if other.Model == "linear" && len(other.Curve) > 1 {
			out = append(out, other)
		}
		if other == t {
			break
		}
	}
	return out
}

// Beside is t after the linear model trained with the same loss, to compare.
func (p *page) Beside(t *Trained) []*Trained {
	for _, other := range p.Trained {
		if other != t && other.Model == "linear" && other.Loss == t.Loss && len(other.Curve) > 1 {
			return []*Trained{other, t}
		}
	}
	return nil
}

// Accuracy is what a chapter comes to on the test images.
func (t *Trained) accuracy() float64 {
	if t.Final != nil {
		return t.Final.Accuracy
	}
	if n := len(t.Curve); n > 0 {
		return t.Curve[n-1].Accuracy
	}
	return t.Start.Accuracy
}

// row is a line of the summary.
type row struct {
	ID, Title, Change string
	Yours             string
	Post, Spread      string // empty where there is nothing to compare with
}

// Summary lists every chapter that ran.
func (p *page) Summary() []row {
	var rows []row
	if p.Pixels != nil {
		rows = append(rows, row{ID: "pixels", Title: "Pixels", Change: "images become tensors of numbers"})
	}
	if a := p.Average; a != nil {
		for _, d := range []struct {
			b      Baseline
			change string
		}{{a.MAE, "nearest average image, by mean absolute error"}, {a.MSE, "the same, by mean squared error"}} {
			r := row{ID: "average", Title: "Average", Change: d.change, Yours: share(d.b.Accuracy)}
			if d.b.Post != nil {
				r.Post = share(d.b.Post.Accuracy)
			}
			rows = append(rows, r)
		}
	}
	for _, t := range p.Trained {
		r := row{ID: t.ID(), Title: p.Title(t), Change: p.what(t), Yours: share(t.accuracy())}
		if t.Post != nil {
			r.Post = share(t.Post.Last.Mean)
			r.Spread = span(t.Post.Last)
		}
		if t.Others != nil {
			r.Post, r.Spread = figured(t.Others.Post), t.Others.spread()
		}
		if t.Stopped != "" {
			r.Change += "; stopped " + t.Stopped
			if len(t.Curve) == 0 {
				r.Yours = share(math.NaN())
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// ID names a trained chapter's section; that of a later run ends with the run's name.
func (t *Trained) ID() string {
	if t.Run == "" {
		return t.Chapter
	}
	return t.Chapter + "-" + t.Run
}

// Title heads a chapter with the name that the command line has for it.
func (p *page) Title(t *Trained) string {
	title := chapterTitle(t.Chapter)
	if t.Run != "" {
		title += ", " + t.Run
	}
	return title
}

func chapterTitle(name string) string {
	switch name {
	case "linear":
		return "Linear"
	case "softmax":
		return "Softmax"
	case "cross-entropy":
		return "Cross-entropy"
	case "network":
		return "Network"
	case "resnet":
		return "ResNet"
	case "beyond":
		return "Beyond"
	}
	return name
}

func (p *page) what(t *Trained) string {
	switch t.Chapter {
	case "linear":
		each := "one weight for each pixel and class"
		if p.Colour() {
			each = "three weights for each pixel and class"
		}
		return each + ", learned; sigmoid and squared error"
	case "softmax":
		return "the classes compete: softmax in place of the sigmoid"
	case "cross-entropy":
		return "another loss: minus the logarithm of the right class’s probability"
	case "network":
		return "a hidden layer between pixels and classes"
	case "resnet":
		if t.Run != "" {
			return t.Change
		}
		return "convolutions, residual blocks, a rate that rises and falls"
	case "beyond":
		return "the best recipe that we know, with the model " + t.Model
	}
	return "model " + t.Model + ", loss " + t.Loss
}

// entry is a line of the table of contents.
type entry struct{ ID, Title string }

// Contents lists the sections that there are.
func (p *page) Contents() []entry {
	var out []entry
	if p.Pixels != nil {
		out = append(out, entry{"pixels", "Pixels"})
	}
	if p.Average != nil {
		out = append(out, entry{"average", "Average"})
	}
	for _, t := range p.Trained {
		out = append(out, entry{t.ID(), p.Title(t)})
	}
	if p.Final() != nil {
		out = append(out, entry{"mistakes", "Mistakes"})
	}
	if p.Unfold() != nil {
		out = append(out, entry{"unfolded", "One answer"})
	}
	return append(out, entry{"made", "How it was made"})
}

// milestone is the state after some epoch, beside the post's mean.
type milestone struct {
	Point
	Post string
}

// Milestones picks the epochs that a table shows.
func (p *page) Milestones(t *Trained) []milestone {
	var out []milestone
	const all = 6 // so few fit side by side
	next := 1
	for i, c := range t.Curve {
		if c.Epoch < next && i < len(t.Curve)-1 && len(t.Curve) > all {
			continue
		}
		m := milestone{Point: c}
		if t.Post != nil && c.Epoch >= 1 && c.Epoch <= len(t.Post.Mean) {
			m.Post = share(t.Post.Mean[c.Epoch-1])
		}
		out = append(out, m)
		for _, e := range []int{1, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1 << 30} {
			if e > c.Epoch {
				next = e
				break
			}
		}
	}
	if n := len(out); n > 2 && out[n-1].Epoch-out[n-2].Epoch == 1 && out[n-2].Epoch > 10 {
		out = slices.Delete(out, n-2, n-1) // 40 beside 41 says nothing
	}
	return out
}

// Verdict holds a chapter against the averages, which learned nothing by
// gradient descent.
func (p *page) Verdict(t *Trained) string {
	b, ok := p.baseline()
	if !ok {
		return ""
	}
	points := 100 * (t.accuracy() - b)
	which := "the average images"
	switch {
	case math.Abs(points) < 0.05:
		return "That is as many as " + which + " get right."
	case points < 0:
		return fmt.Sprintf("That is %s points below %s, which compute no gradient at all.", fixed(-points, 1), which)
	}
	return fmt.Sprintf("That is %s points above %s.", fixed(points, 1), which)
}
