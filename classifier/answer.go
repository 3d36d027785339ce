package classifier

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"slices"

	"inkling/data/ink"
	"inkling/data/picture"
)

// Answer is what a model says of a picture.
type Answer struct {
	Class         string
	Index         int       // of Class in Classes
	Probability   float64   // of Class
	Probabilities []float64 // of all, in the order of Classes
	// Unlike says in what the picture, as the model saw it, differs from the training
	// images, and how to mend it; empty where it is like them, or where the file does not know.
	Unlike []string
	Prepared
}

// Prepared is a picture, or a digit on one, as a model sees it.
type Prepared struct {
	Image []byte // channels x height x width
	// Ink is how a drawing or a photograph of handwriting was prepared, step by step;
	// nil for a model of anything else.
	Ink *ink.Prepared
	// Digit is this digit's number among all of the picture, from 0, left to right; both
	// are 0 and 1 but for models of handwriting.
	Digit, Digits int
	// Shape is what the picture's size and proportions have against it; "" where nothing.
	Shape string
}

// Best is the classes from the likeliest down.
func (a *Answer) Best() []int {
	order := make([]int, len(a.Probabilities))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(a.Probabilities[j], a.Probabilities[i]) })
	return order
}

// Classify answers for an image of any size. It is prepared as the training images
// were: brought to the model's size, or, where these are handwriting, its ink is found
// and framed (packages picture and ink). Of several digits on one image it reads the
// largest, and Unlike says so; Read reads all. The error says why there is nothing to answer for.
//
// Any number of goroutines may ask a model at the same time, as long as none changes it.
func (c *Model) Classify(img image.Image) (Answer, error) {
	answers, err := c.Read(func(o picture.Options) (*picture.Picture, error) { return picture.Of(img, o), nil })
	if err != nil {
		return Answer{}, err
	}
	best := slices.MaxFunc(answers, func(a, b Answer) int { return cmp.Compare(a.size(), b.size()) })
	if best.Digits > 1 {
		best.Unlike = append(best.Unlike, fmt.Sprintf("%d digits stand on it; this is the largest: cut them apart, or ask with Read", best.Digits))
	}
	return best, nil
}

func (a *Answer) size() int {
	if a.Ink == nil || a.Ink.Unchanged {
		return 0
	}
	return max(a.Ink.Box.Height, a.Ink.Box.Width)
}

// Read answers for a picture, digit by digit where there are several. How the picture
// is read, from a file or from an image, is up to the caller: it may be read twice, with
// what is transparent once on white and once on black.
func (c *Model) Read(read func(picture.Options) (*picture.Picture, error)) ([]Answer, error) {
	inputs, err := c.Prepare(read)
	if err != nil {
		return nil, err
	}
	return c.Answers(inputs), nil
}

// Prepare brings a picture into the form that the model wants, see Read: one input,
// or several where several digits stand on it.
func (c *Model) Prepare(read func(picture.Options) (*picture.Picture, error)) ([]Prepared, error) {
	s := c.Spec
	p, err := read(picture.Options{})
	if err != nil {
		return nil, err
	}
	if c.Typical == nil || c.Typical.Ink == nil {
		if s.Channels != 1 && s.Channels != 3 {
			return nil, fmt.Errorf("the model wants images with %d channels; there are pictures with 1, grey, and with 3, in colour", s.Channels)
		}
		return []Prepared{{Image: p.To(s.Channels, s.Height, s.Width), Digits: 1, Shape: c.shape(p.Height, p.Width)}}, nil
	}
	prepare := func(p *picture.Picture) ([]*ink.Prepared, error) {
		return c.Typical.Ink.Prepare(&ink.Image{Height: p.Height, Width: p.Width, Pixels: p.To(1, p.Height, p.Width)})
	}
	found, err := prepare(p)
	if errors.Is(err, ink.ErrNoInk) {
		if p, onBlack := read(picture.Options{OnBlack: true}); onBlack == nil {
			if light, onBlack := prepare(p); onBlack == nil {
				found, err = light, nil
			}
		}
	}
	if err != nil {
		return nil, err
	}
	inputs := make([]Prepared, len(found))
	for i, d := range found {
		inputs[i] = Prepared{Image: d.Result.Pixels, Ink: d, Digit: i, Digits: len(found)}
	}
	return inputs, nil
}

// Answers asks the model about what Prepare has made.
func (c *Model) Answers(inputs []Prepared) []Answer {
	answers := make([]Answer, 0, len(inputs))
	classes, step := len(c.Classes), batchOf(c.Spec.Pixels())
	for len(inputs) > 0 {
		batch := inputs[:min(step, len(inputs))]
		inputs = inputs[len(batch):]
		var images []byte
		for _, input := range batch {
			images = append(images, input.Image...)
		}
		logits := c.Logits(images)
		probabilities := c.Probabilities(logits)
		for i, input := range batch {
			a := Answer{Prepared: input, Probabilities: probabilities[i*classes : (i+1)*classes : (i+1)*classes]}
			for k, p := range a.Probabilities {
				if p > a.Probability {
					a.Index, a.Probability = k, p
				}
			}
			a.Class = c.Classes[a.Index]
			if input.Shape != "" {
				a.Unlike = append(a.Unlike, input.Shape)
			}
			a.Unlike = append(a.Unlike, c.Unlike(input.Image, logits[i*classes:(i+1)*classes])...)
			answers = append(answers, a)
		}
	}
	return answers
}
