package lab

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync"

	"inkling/data"
	"inkling/explain"
	"inkling/tensor"
	"inkling/train"
)

// Judged is how a subject does on images that it was not trained on: the data's test
// images, and its validation images where there are none.
type Judged struct {
	Subject   Subject   `json:"subject"`
	On        string    `json:"on"` // "test" or "validation"
	Images    int       `json:"images"`
	Accuracy  float64   `json:"accuracy"`
	Loss      *float64  `json:"loss"`
	PerClass  []float64 `json:"per_class"`
	Confusion [][]int   `json:"confusion"` // [label][answer]
	Classes   []string  `json:"classes"`

	set        *data.Set
	evaluation *train.Evaluation
}

// judgements are those that were asked for last.
type judgements struct {
	mu    sync.Mutex
	kept  []*Judged // the latest first
	parts []part
}

// part is the first images of a set, which many judgements have in common.
type part struct {
	of, first *data.Set
}

const keptParts = 4

// first returns the first n images of a set.
func (j *judgements) first(set *data.Set, n int) *data.Set {
	if n >= set.Len() {
		return set
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range j.parts {
		if p.of == set && p.first.Len() == n {
			return p.first
		}
	}
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	p := part{set, set.Subset(indices)}
	j.parts = slices.Insert(j.parts, 0, p)
	j.parts = j.parts[:min(len(j.parts), keptParts)]
	return p.first
}

const keptJudgements = 96

// usualImages is how many images a subject is judged on unless more are asked for: a
// visitor waits for it.
const usualImages = 1000

// Judge evaluates a subject on the first images of the test set, at most most of them;
// 0 is the usual number, and -1 all.
func (l *Lab) Judge(ctx context.Context, s Subject, most int) (*Judged, error) {
	n, err := l.Net(ctx, s)
	if err != nil {
		return nil, err
	}
	set, on, err := l.unseen(ctx, n)
	if err != nil {
		return nil, err
	}
	if most == 0 {
		most = usualImages
	}
	if most < 0 || most > set.Len() {
		most = set.Len()
	}
	l.judged.mu.Lock()
	for _, j := range l.judged.kept {
		if j.Subject == n.Subject && j.Images == most {
			l.judged.mu.Unlock()
			return j, nil
		}
	}
	l.judged.mu.Unlock()
	set = l.judged.first(set, most)
	e, err := n.evaluate(set)
	if err != nil {
		return nil, err
	}
	j := &Judged{
		Subject: n.Subject, On: on, Images: most, Accuracy: e.Accuracy, Loss: finite(e.Loss), PerClass: e.PerClass, Confusion: e.Confusion, Classes: set.Classes,
		set: set, evaluation: e,
	}
	l.judged.mu.Lock()
	defer l.judged.mu.Unlock()
	l.judged.kept = slices.Insert(l.judged.kept, 0, j)
	l.judged.kept = l.judged.kept[:min(len(l.judged.kept), keptJudgements)]
	return j, nil
}

// evaluate runs the net over a set of images.
func (n *Net) evaluate(set *data.Set) (*train.Evaluation, error) {
	loader := data.NewLoader(tensor.CPU, set, 250)
	if n.Model.Input != "" {
		before, err := n.augmentation()
		if err != nil {
			return nil, err
		}
		loader.Augment = before
	}
	e := train.Evaluate(n.Net, n.lossOf, loader)
	if err := loader.Err(); err != nil {
		return nil, err
	}
	return e, nil
}

// unseen returns the images to judge a net on. Those of a run are the data's own; a
// model file is judged on the lab's usual data, if it was made for images like these.
func (l *Lab) unseen(ctx context.Context, n *Net) (set *data.Set, on string, err error) {
	name := l.opt.Data[0]
	if n.Subject.Run != "" {
		name = n.Settings.Data
	}
	ds, err := l.Dataset(ctx, name)
	if err != nil {
		return nil, "", err
	}
	switch {
	case ds.Test != nil && ds.Test.Len() > 0:
		set, on = ds.Test, "test"
	case ds.Valid != nil && ds.Valid.Len() > 0:
		set, on = ds.Valid, "validation"
	case n.Subject.Run != "":
		d, err := l.divide(ds, n.Settings)
		if err != nil {
			return nil, "", err
		}
		set, on = d.valid, "validation"
	default:
		return nil, "", invalid("%s has no test images to judge a model file on", name)
	}
	if set.Channels != n.Spec.Channels || set.Height != n.Spec.Height || set.Width != n.Spec.Width || len(set.Classes) != n.Spec.Classes {
		return nil, "", invalid("the model wants images of %d x %d x %d in %d classes, and %s has %d x %d x %d in %d", n.Spec.Channels, n.Spec.Height, n.Spec.Width, n.Spec.Classes,
			name, set.Channels, set.Height, set.Width, len(set.Classes))
	}
	return set, on, nil
}

// Answered is an image with what a subject says of it.
type Answered struct {
	Index       int     `json:"index"` // in the set that it was judged on
	Name        string  `json:"name"`
	Label       int     `json:"label"`
	Answer      int     `json:"answer"`
	Probability float64 `json:"probability"`      // of the answer
	OfLabel     float64 `json:"of_label"`         // probability of the label
	Before      *int    `json:"before,omitempty"` // the answer that another subject gave
}

func (j *Judged) answered(i int) Answered {
	p := explain.Softmax(j.evaluation.Logits[i*j.evaluation.Classes : (i+1)*j.evaluation.Classes])
	label, answer := int(j.set.Labels[i]), int(j.evaluation.Answers[i])
	for k, v := range p {
		if math.IsNaN(v) { // a model that diverged
			p[k] = 0
		}
	}
	return Answered{Index: i, Name: j.set.Name(i), Label: label, Answer: answer, Probability: p[answer], OfLabel: p[label]}
}

// Cell lists the images of a cell of the confusion matrix: mistakes the surest first,
// what is read rightly the least sure first.
func (j *Judged) Cell(label, answer, most int) ([]Answered, error) {
	if label < 0 || label >= len(j.Classes) || answer < 0 || answer >= len(j.Classes) {
		return nil, unknown("there is no cell (%d, %d) of %d classes", label, answer, len(j.Classes))
	}
	all := []Answered{}
	for i := range j.Images {
		if int(j.set.Labels[i]) == label && int(j.evaluation.Answers[i]) == answer {
			all = append(all, j.answered(i))
		}
	}
	if label == answer {
		slices.SortStableFunc(all, func(a, b Answered) int { return cmp.Compare(a.Probability, b.Probability) })
	} else {
		slices.SortStableFunc(all, surer)
	}
	return all[:min(len(all), most)], nil
}

// Worst lists the mistakes, the surest first: by the probability of the wrong answer.
func (j *Judged) Worst(most int) []Answered {
	all := []Answered{}
	for i := range j.Images {
		if j.evaluation.Answers[i] != j.set.Labels[i] {
			all = append(all, j.answered(i))
		}
	}
	slices.SortStableFunc(all, surer)
	return all[:min(len(all), most)]
}

// surer puts the greater probability of the answer first.
func surer(a, b Answered) int { return cmp.Compare(b.Probability, a.Probability) }

// Image is the bytes of an image that the subject was judged on.
func (j *Judged) Image(i int) ([]byte, error) {
	if i < 0 || i >= j.Images {
		return nil, unknown("there is no image %d of %d", i, j.Images)
	}
	out := make([]byte, j.set.Pixels())
	return out, j.set.Read(i, out)
}

// Change is what is better and what is worse with one subject than with another.
type Change struct {
	Images int        `json:"images"`
	Before float64    `json:"before"` // accuracy
	After  float64    `json:"after"`
	Better []Answered `json:"better"` // misread before, and right now
	Worse  []Answered `json:"worse"`  // right before, and misread now
}

// Change compares two subjects on the same images.
func (l *Lab) Change(ctx context.Context, before, after Subject, most int) (*Change, error) {
	a, err := l.Judge(ctx, before, most)
	if err != nil {
		return nil, err
	}
	b, err := l.Judge(ctx, after, most)
	if err != nil {
		return nil, err
	}
	if a.Images != b.Images || !slices.Equal(a.set.Labels, b.set.Labels) {
		return nil, invalid("the two were judged on other images")
	}
	c := &Change{Images: a.Images, Before: a.Accuracy, After: b.Accuracy, Better: []Answered{}, Worse: []Answered{}}
	for i, label := range a.set.Labels {
		x, y := a.evaluation.Answers[i], b.evaluation.Answers[i]
		if (x == label) == (y == label) {
			continue
		}
		one, was := b.answered(i), int(x)
		one.Before = &was
		if y == label {
			c.Better = append(c.Better, one)
		} else {
			c.Worse = append(c.Worse, one)
		}
	}
	return c, nil
}
