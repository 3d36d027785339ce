package report

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"image/color"
	"io"
	"slices"

	"inkling/explain"
	"inkling/internal/replace"
)

// Judged is a model judged on images that it has not learned from.
type Judged struct {
	Version  string // of the program
	Date     string // 2026-11-23
	Command  string // what the reader typed
	Model    string // the file
	Kind     string // what it is, in words
	Data     Data   // its classes are the model's
	On       string // the images, in words: "the 10,000 test images"
	Notes    []string
	Answers  *explain.Answers
	Low      float64 // of the accuracy's interval
	High     float64
	Mistakes []Mistake // the surest first
	Suspects []Mistake // images with a label that is likely to be wrong, the likeliest first; Answer is the class that each seems to belong to
	// AllSuspects is how many there are, and InSample says that the model learned from the images.
	AllSuspects int
	InSample    bool
}

// judgedPage is what the template sees.
type judgedPage struct {
	*page
	*Judged
	Data        Data // which both have
	Version     string
	Date        string
	Command     string
	Scores      []explain.ClassScore
	Calibration *explain.Calibration
	Before      *explain.Calibration // without the model's temperature; nil where it has none
}

// SaveJudged writes the page on a judged model to a file: one that needs no other, no
// network and no script. A crash leaves the old file or the new one.
func SaveJudged(path string, j *Judged) error {
	var out bytes.Buffer
	if err := WriteJudged(&out, j); err != nil {
		return err
	}
	return replace.WriteFile(path, out.Bytes(), 0o644)
}

// WriteJudged renders the page on a judged model.
func WriteJudged(w io.Writer, j *Judged) error {
	shown := slices.Concat(pictured(j.Mistakes), pictured(j.Suspects))
	p := &judgedPage{
		page:   &page{&Story{Data: j.Data}, j.Data.lookOf(shown)},
		Judged: j, Data: j.Data, Version: j.Version, Date: j.Date, Command: j.Command,
		Scores: j.Answers.Scores(), Calibration: j.Answers.Calibration(),
	}
	if j.Answers.Temperature != 0 {
		plain := *j.Answers
		plain.Temperature = 0
		p.Before = plain.Calibration()
	}
	style, err := p.style("base", "figures", "tables", "judged", "print")
	if err != nil {
		return err
	}
	return p.write(w, "judged.html", p, style, nil)
}

func pictured(all []Mistake) (out []Picture) {
	for _, m := range all {
		out = append(out, m.Picture)
	}
	return out
}

// Sections are the page's parts, for its table of contents.
func (p *judgedPage) Sections() []struct{ ID, Title string } {
	out := []struct{ ID, Title string }{{"classes", "Class by class"}}
	if p.Wrong() > 0 {
		out = append(out, struct{ ID, Title string }{"confusion", "Confusion"}, struct{ ID, Title string }{"mistakes", "Worst mistakes"})
	}
	out = append(out, struct{ ID, Title string }{"calibration", "How sure"})
	if p.AllSuspects > 0 {
		out = append(out, struct{ ID, Title string }{"labels", "Likely label errors"})
	}
	return append(out, struct{ ID, Title string }{"made", "How it was made"})
}

// Right is how many images were answered right.
func (p *judgedPage) Right() int {
	n := 0
	for _, s := range p.Scores {
		n += s.Right
	}
	return n
}

// Wrong is how many were not.
func (p *judgedPage) Wrong() int { return p.Answers.Images - p.Right() }

// MeanF1 is the mean of the classes' F1.
func (p *judgedPage) MeanF1() float64 { return explain.MeanF1(p.Scores) }

// Temperature is what divides the logits.
func (p *judgedPage) Temperature() float64 { return cmp.Or(p.Answers.Temperature, 1) }

// judgedRow is a class in the table of classes.
type judgedRow struct {
	Class                 string
	Images                int
	Precision, Recall, F1 string
	Bar                   template.HTML // of F1
}

// manyClasses is how many classes a table shows at once; of more, the worst stand
// in front and the others are folded away.
const manyClasses = 40

// Rows has the classes that have images or were answered, in the model's order.
func (p *judgedPage) Rows() []judgedRow {
	var out []judgedRow
	for i, s := range p.Scores {
		if s.Images > 0 || s.Answered > 0 {
			out = append(out, p.row(i))
		}
	}
	return out
}

// Many reports whether there are too many classes for one table.
func (p *judgedPage) Many() bool { return len(p.Rows()) > manyClasses }

// WorstRows has the classes with the least F1.
func (p *judgedPage) WorstRows() []judgedRow {
	var order []int
	for i, s := range p.Scores {
		if s.Images > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, _ := p.Scores[a].F1()
		y, _ := p.Scores[b].F1()
		return cmp.Compare(x, y)
	})
	var out []judgedRow
	for _, i := range order[:min(len(order), 20)] {
		out = append(out, p.row(i))
	}
	return out
}

func (p *judgedPage) row(i int) judgedRow {
	text := func(v float64, ok bool) string {
		if !ok {
			return "–"
		}
		return rough(v)
	}
	s := p.Scores[i]
	f1, _ := s.F1()
	return judgedRow{p.class(i), s.Images, text(s.Precision()), text(s.Recall()), text(s.F1()), bar(f1, "", nil)}
}

// Table is the confusion matrix with its numbers; nil where there are too many classes.
func (p *judgedPage) Table() *confusion {
	if len(p.Data.Classes) > 20 {
		return nil
	}
	return p.Confusion(p.Answers.Confusion)
}

// Matrix is the confusion matrix as a picture, a pixel for each pair of classes: ink
// for right answers, orange for wrong ones, as shares of the class's images.
func (p *judgedPage) Matrix() template.HTML {
	n := len(p.Data.Classes)
	return raster(n, n, "matrix", "the confusion matrix: true classes from top to bottom, answers from left to right", func(i int) color.NRGBA {
		label, answer := i/n, i%n
		c := positive
		if label == answer {
			c = inkColour
		}
		if k := p.Answers.Confusion[label][answer]; k > 0 {
			c.A = uint8(48 + 207*k/p.Scores[label].Images) // the least share can be seen
		}
		return c
	})
}

// judgedPair is a class that is taken for another.
type judgedPair struct {
	Class, Answer string
	Images, Of    int
}

// Pairs are the most frequent confusions; more of them where there is no table.
func (p *judgedPage) Pairs() []judgedPair {
	var out []judgedPair
	n := 20
	if p.Table() != nil {
		n = 10
	}
	for _, c := range p.Answers.Confusions(n) {
		out = append(out, judgedPair{p.class(c.Label), p.class(c.Answer), c.Images, p.Scores[c.Label].Images})
	}
	return out
}

// fewImages is how many a bin must have to be drawn: of fewer the accuracy is noise.
const fewImages = 10

// Reliability draws accuracy over confidence.
func (p *judgedPage) Reliability() (template.HTML, error) {
	c := &chart{
		x:     axis{label: "how sure the model is", max: 1, ticks: ticks(0, 1, 0.25, percent)},
		y:     axis{max: 1, ticks: ticks(0, 1, 0.25, percent)},
		lines: []line{{label: "as sure as right", kind: post, dash: []float64{2, 3}, pts: at(0, 1, 1, func(x float64) float64 { return x })}},
	}
	alt := "Share of right answers by how sure the model is."
	for _, one := range []struct {
		label string
		kind  int
		c     *explain.Calibration
	}{{"before", second, p.Before}, {"the model", me, p.Calibration}} {
		l := line{label: one.label, kind: one.kind, dots: true}
		if one.kind == second {
			l.dash = []float64{6, 3}
		}
		if one.c == nil {
			continue
		}
		for _, b := range one.c.Bins {
			if b.Images >= fewImages {
				l.pts = append(l.pts, struct{ X, Y float64 }{b.Confidence, b.Accuracy})
				if one.kind == me {
					alt += fmt.Sprintf(" %s sure: %s right.", rough(b.Confidence), rough(b.Accuracy))
				}
			}
		}
		if len(l.pts) > 0 {
			c.lines = append(c.lines, l)
		}
	}
	if len(c.lines) == 1 {
		return "", nil
	}
	return p.figure(c, alt, 128, 104)
}

// Bins are those with images.
func (p *judgedPage) Bins() []explain.Bin {
	return slices.DeleteFunc(slices.Clone(p.Calibration.Bins), func(b explain.Bin) bool { return b.Images == 0 })
}
