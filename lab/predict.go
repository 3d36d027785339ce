package lab

import (
	"cmp"
	"context"
	"slices"

	"inkling/classifier"
	"inkling/data/ink"
	"inkling/data/picture"
	"inkling/explain"
)

// Prediction is what a net makes of an image.
type Prediction struct {
	Subject       Subject   `json:"subject"`
	Classes       []string  `json:"classes"`
	Answer        int       `json:"answer"`
	Logits        []float32 `json:"logits"`
	Probabilities []float64 `json:"probabilities"`
	Image         []byte    `json:"image"` // what the net sees: channels x height x width
	Channels      int       `json:"channels"`
	Height        int       `json:"height"`
	Width         int       `json:"width"`
	// Unlike says in what the image differs from the training images, and how to mend
	// it; Measures are the numbers behind that, of images of ink.
	Unlike   []string  `json:"unlike"`
	Measures []Measure `json:"measures"`
	// Steps are a file's way to Image, for nets of ink; Digits how many digits stand on
	// it, of which the largest is read.
	Steps  []Step `json:"steps"`
	Digits int    `json:"digits"`
}

// Measure is a number of an image, and where the training images have it.
type Measure struct {
	Name   string  `json:"name"` // side, x, y, peak, stroke, grey or amount: see package ink
	Value  float64 `json:"value"`
	Low    float64 `json:"low"`
	Median float64 `json:"median"`
	High   float64 `json:"high"`
	Off    bool    `json:"off"` // it lies outside
}

// Step is a grey image on the way from a file into a net: see package ink.
type Step struct {
	Name   string `json:"name"` // grey, ink, box, scaled or result
	Height int    `json:"height"`
	Width  int    `json:"width"`
	Pixels []byte `json:"pixels"` // row by row
}

// Predict asks a net. image is channels x height x width bytes, as the net wants them.
func (n *Net) Predict(image []byte) (*Prediction, error) {
	if len(image) != n.Spec.Pixels() {
		return nil, invalid("an image of %d bytes; the model wants %d x %d x %d", len(image), n.Spec.Channels, n.Spec.Height, n.Spec.Width)
	}
	return n.predict(classifier.Prepared{Image: image, Digits: 1})
}

// PredictFile asks a net about a file, PNG or JPEG, which is prepared for it.
func (n *Net) PredictFile(file []byte) (*Prediction, error) {
	p, err := n.prepare(file)
	if err != nil {
		return nil, err
	}
	return n.predict(p)
}

func (n *Net) predict(in classifier.Prepared) (*Prediction, error) {
	logits := n.Logits(in.Image)
	for k, v := range logits {
		if v-v != 0 { // NaN or infinite
			return nil, invalid("the net answers %v for class %s: the training diverged", v, n.Classes[k])
		}
	}
	p := &Prediction{
		Subject: n.Subject, Classes: n.Classes, Answer: greatest(logits), Logits: logits, Probabilities: n.Probabilities(logits),
		Image: in.Image, Channels: n.Spec.Channels, Height: n.Spec.Height, Width: n.Spec.Width,
		Unlike: []string{}, Measures: []Measure{}, Steps: steps(in.Ink), Digits: in.Digits,
	}
	if n.Typical == nil {
		return p, nil
	}
	if unlike := n.Unlike(in.Image, logits); len(unlike) > 0 {
		p.Unlike = unlike
	}
	if t := n.Typical.Ink; t != nil {
		m := t.Measure(&ink.Image{Height: n.Spec.Height, Width: n.Spec.Width, Pixels: in.Image})
		for _, x := range []struct {
			name  string
			value float64
			r     ink.Range
		}{{"side", m.Side, t.Side}, {"x", m.X, t.X}, {"y", m.Y, t.Y}, {"peak", m.Peak, t.Peak}, {"stroke", m.Stroke, t.Stroke}, {"grey", m.Grey, t.Grey}, {"amount", m.Amount, t.Amount}} {
			p.Measures = append(p.Measures, Measure{x.name, x.value, x.r.Low, x.r.Median, x.r.High, x.value < x.r.Low || x.value > x.r.High})
		}
	}
	return p, nil
}

func steps(p *ink.Prepared) []Step {
	all := []Step{}
	if p == nil {
		return all
	}
	for _, s := range []struct {
		name string
		*ink.Image
	}{{"grey", p.Grey}, {"ink", p.Ink}, {"box", p.Box}, {"scaled", p.Scaled}, {"result", p.Result}} {
		if s.Image != nil {
			all = append(all, Step{s.name, s.Height, s.Width, s.Pixels})
		}
	}
	return all
}

// Prepare makes of a file, PNG or JPEG, the image that the net wants.
func (n *Net) Prepare(file []byte) ([]byte, error) {
	p, err := n.prepare(file)
	return p.Image, err
}

func (n *Net) prepare(file []byte) (classifier.Prepared, error) {
	all, err := n.Model.Prepare(func(o picture.Options) (*picture.Picture, error) {
		o.FileBytes, o.Pixels = maxImage, maxPixels
		return picture.Decode(file, o)
	})
	if err != nil {
		return classifier.Prepared{}, invalid("the image: %v", err)
	}
	return slices.MaxFunc(all, func(a, b classifier.Prepared) int { return cmp.Compare(height(a), height(b)) }), nil
}

// height is how large a digit stands on its picture.
func height(p classifier.Prepared) int {
	if p.Ink == nil || p.Ink.Box == nil {
		return 0
	}
	return max(p.Ink.Box.Height, p.Ink.Box.Width)
}

// maxImage is how long an image's file may be, and maxPixels how large its image.
const maxImage, maxPixels = 8 << 20, 20_000_000

// Moment is a subject's answer at one snapshot.
type Moment struct {
	Step          int       `json:"step"`
	Answer        int       `json:"answer"` // -1 where the numbers are not finite
	Probabilities []float64 `json:"probabilities"`
}

// Timeline returns a run's answers to one image at each snapshot.
func (l *Lab) Timeline(ctx context.Context, id string, image []byte) ([]Moment, error) {
	r, err := l.Run(id)
	if err != nil {
		return nil, err
	}
	moments := []Moment{}
	for _, step := range r.Steps() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		snap, ok := r.snapshot(step)
		if !ok { // thinned out meanwhile
			continue
		}
		n, err := r.net(Subject{Run: id, Step: step}, snap)
		if err != nil {
			return nil, err
		}
		m := Moment{Step: step, Answer: -1, Probabilities: []float64{}}
		if p, err := n.Predict(image); err == nil {
			m.Answer, m.Probabilities = p.Answer, p.Probabilities
		} else if len(image) != n.Spec.Pixels() {
			return nil, err
		}
		moments = append(moments, m)
	}
	return moments, nil
}

// Evidence is what each pixel did for a class, height x width numbers each, positive
// where it spoke for it: see explain.Saliency and explain.Occlusion.
type Evidence struct {
	Class     int       `json:"class"`
	Height    int       `json:"height"`
	Width     int       `json:"width"`
	Saliency  []float64 `json:"saliency"`
	Occlusion []float64 `json:"occlusion"`
}

// Evidence looks at one image and class; -1 is the answer.
func (n *Net) Evidence(image []byte, class int) (*Evidence, error) {
	p, err := n.Predict(image)
	if err != nil {
		return nil, err
	}
	if class == -1 {
		class = p.Answer
	}
	if class < 0 || class >= n.Spec.Classes {
		return nil, unknown("there is no class %d of %d", class, n.Spec.Classes)
	}
	empty := n.Empty(image)
	of := func(images []byte) (all []float64) {
		probabilities := n.Probabilities(n.Logits(images))
		for at := class; at < len(probabilities); at += n.Spec.Classes {
			all = append(all, probabilities[at])
		}
		return all
	}
	return &Evidence{
		Class: class, Height: n.Spec.Height, Width: n.Spec.Width,
		Saliency:  explain.Saliency(n.Net, n.Numbers(image), n.Numbers(empty), class),
		Occlusion: explain.Occlusion(image, empty, n.Spec.Channels, n.Spec.Height, n.Spec.Width, of),
	}, nil
}
