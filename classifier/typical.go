package classifier

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"

	"inkling/data/ink"
	"inkling/models"
)

// Typical is what the images that a model was trained on look like. It tells how a picture has to be prepared for the model, and whether
// a picture is like those that the model knows.
type Typical struct {
	Images int `json:"images"` // measured
	// Ink is the frame of images of handwriting; nil for any others.
	Ink *ink.Typical `json:"ink,omitempty"`
	// Of other images: the mean of all values and their standard deviation, from 0 to 1,
	// how colourful they are, and how much neighbouring pixels differ; see looks. The ends leave out one
	// image in a hundred, as there is often a blank one among somebody's own. Texture is zero in
	// files of before it was measured.
	Mean     ink.Range `json:"mean"`
	Contrast ink.Range `json:"contrast"`
	Colour   ink.Range `json:"colour"`
	Texture  ink.Range `json:"texture"`
	// Energy is log Σ exp logit, of some hundred of the images: how much the model finds in
	// them. Source: Liu et al., Energy-based Out-of-distribution Detection, 2020 (arXiv:2010.03759).
	Energy ink.Range `json:"energy"`

	asked [][]byte // the images that Energy is measured on
}

// How many training images are measured, in how many bytes, and how many of them the
// model is asked about.
const typicalImages, typicalBytes, typicalAnswers = 5000, 32 << 20, 500

// NewTypical measures n training images of a model that wants them as s says. Image
// returns one by its number, as channels x height x width bytes; where there are many
// some are left out. Energy is left to Model.Measure.
func NewTypical(s models.Spec, n int, image func(i int) ([]byte, error)) (*Typical, error) {
	if n < 1 {
		return nil, errors.New("there are no images to measure")
	}
	take := max(1, min(n, typicalImages, typicalBytes/s.Pixels()))
	images := make([][]byte, take)
	for k := range images {
		var err error
		if images[k], err = image(k * n / take); err != nil {
			return nil, err
		}
	}
	t := &Typical{Images: take}
	if s.Channels == 1 {
		// The error says why the images are not ones of ink, which is no fault of theirs.
		t.Ink, _ = ink.Learn(take, s.Height, s.Width, func(i int) []byte { return images[i] })
	}
	all := [4][]float64{}
	for _, image := range images {
		for k, v := range looks(image, s) {
			all[k] = append(all[k], v)
		}
	}
	for k, r := range []*ink.Range{&t.Mean, &t.Contrast, &t.Colour, &t.Texture} {
		slices.Sort(all[k])
		*r = ink.Range{Low: all[k][take/100], Median: all[k][take/2], High: all[k][take-1-take/100]}
	}
	for k, asked := 0, min(take, typicalAnswers); k < asked; k++ {
		t.asked = append(t.asked, images[k*take/asked])
	}
	return t, nil
}

// Measure makes t, which NewTypical measured in this process, what the model knows of
// its training images, with the answers that its weights give for some of them now.
func (c *Model) Measure(t *Typical) error {
	var energies []float64
	for images := t.asked; len(images) > 0; {
		n := min(batchOf(c.Spec.Pixels()), len(images))
		logits := c.Logits(bytes.Join(images[:n], nil))
		images = images[n:]
		for at := 0; at < len(logits); at += len(c.Classes) {
			e := energy(logits[at : at+len(c.Classes)])
			if math.IsNaN(e) || math.IsInf(e, 0) {
				return fmt.Errorf("to a training image the model answers %v; it has diverged", logits[at:at+len(c.Classes)])
			}
			energies = append(energies, e)
		}
	}
	known := *t
	known.Energy = ink.NewRange(energies)
	c.Typical = &known
	return nil
}

// batchOf is how many images of so many bytes the model is asked about at a time.
func batchOf(pixels int) int { return min(max((1<<21)/pixels, 1), 256) }

// energy is log Σ exp logit.
func energy(logits []float32) float64 {
	most := math.Inf(-1)
	for _, z := range logits {
		most = max(most, float64(z))
	}
	sum := 0.0
	for _, z := range logits {
		sum += math.Exp(float64(z) - most)
	}
	return most + math.Log(sum)
}

// looks measures an image of the model's size: mean and standard deviation of all its
// values, from 0 to 1, its colourfulness,
//
//	sqrt(var(r - g) + var((r + g)/2 - b)) + 0.3 sqrt(mean(r - g)² + mean((r + g)/2 - b)²)
//
// after Hasler and Süsstrunk, Measuring Colourfulness in Natural Images, 2003, and its
// texture, the mean distance between values of pixels beside and above each other.
func looks(image []byte, s models.Spec) [4]float64 {
	sum, squares := 0.0, 0.0
	for _, v := range image {
		x := float64(v) / 255
		sum += x
		squares += x * x
	}
	n := float64(len(image))
	mean := sum / n
	contrast, texture := math.Sqrt(max(0, squares/n-mean*mean)), texture(image, s)
	if s.Channels != 3 {
		return [4]float64{mean, contrast, 0, texture}
	}
	area := len(image) / 3
	var total, q [2]float64 // of red-green and yellow-blue
	for i := range area {
		r, g, b := float64(image[i])/255, float64(image[area+i])/255, float64(image[2*area+i])/255
		for k, v := range [2]float64{r - g, (r+g)/2 - b} {
			total[k] += v
			q[k] += v * v
		}
	}
	a := float64(area)
	variance := q[0]/a - total[0]*total[0]/a/a + q[1]/a - total[1]*total[1]/a/a
	return [4]float64{mean, contrast, math.Sqrt(max(0, variance)) + 0.3*math.Hypot(total[0]/a, total[1]/a), texture}
}

// texture is the mean distance between neighbouring values of a channel, from 0 to 1.
func texture(image []byte, s models.Spec) float64 {
	sum, pairs := 0, 0
	for at := range image {
		x, y := at%s.Width, at/s.Width%s.Height
		if x > 0 {
			sum += abs(int(image[at]) - int(image[at-1]))
			pairs++
		}
		if y > 0 {
			sum += abs(int(image[at]) - int(image[at-s.Width]))
			pairs++
		}
	}
	return float64(sum) / 255 / float64(max(pairs, 1))
}

func abs(v int) int { return max(v, -v) }

// beyond says on which side of a range a value lies: -1, 0 or 1. There is some room
// beyond the ends, which are those of a sample.
func beyond(v float64, r ink.Range, room float64) int {
	room *= r.High - r.Low
	switch {
	case v < r.Low-room:
		return -1
	case v > r.High+room:
		return 1
	}
	return 0
}

// Unlike says in what an image of the model's size differs from the training images,
// given the logits that the model answers with, a sentence each with a mend.
func (c *Model) Unlike(image []byte, logits []float32) (said []string) {
	t := c.Typical
	if t == nil {
		return nil
	}
	if t.Ink != nil {
		said = t.Ink.Unlike(&ink.Image{Height: c.Spec.Height, Width: c.Spec.Width, Pixels: image})
	} else {
		said = t.unlike(looks(image, c.Spec))
	}
	if e := energy(logits); beyond(e, t.Energy, 0.25) < 0 {
		said = append(said, fmt.Sprintf("the model finds less in it than in any of its training images (%.1f; they have %.1f to %.1f): perhaps it shows something else", e, t.Energy.Low, t.Energy.High))
	}
	return said
}

// Below these an image is of one colour, or grey, as it looks.
const blank, colourless = 0.004, 0.005

// unlike says in which of its looks an image differs from the training images.
func (t *Typical) unlike(looks [4]float64) (said []string) {
	if looks[1] < blank && t.Contrast.Low > blank {
		return []string{"it is blank: one colour everywhere, or transparent"}
	}
	for k, m := range []struct {
		r            ink.Range
		what         string
		below, above string
	}{
		{t.Mean, "its brightness is", "of a photograph, take it in more light", "of a photograph, take it in less light; of a drawing or a screenshot, is the ground another one?"},
		{t.Contrast, "its contrast is", "it is blank, or blurred, or in fog", "take it in softer light"},
		{t.Colour, "its colourfulness is", "the training images have more colour", "the training images have less colour"},
		{t.Texture, "neighbouring pixels differ by", "it is blurred, or enlarged, or nearly blank", "it is noisy, or full of small things"},
	} {
		if k == 3 && m.r == (ink.Range{}) { // not measured
			continue
		}
		v, room := looks[k], 0.1
		if k == 3 { // a few busy pictures have far more than the others
			room = 0.5
		}
		side := beyond(v, m.r, room)
		if k == 2 && v < colourless && m.r.Low > colourless {
			side = -1
		}
		if side != 0 {
			mend := m.below
			if side > 0 {
				mend = m.above
			}
			digits := 0 // after the point
			if m.r.High < 0.1 {
				digits = 1
			}
			said = append(said, fmt.Sprintf("%s %.*f %%; in the training images it is %.*f to %.*f %%: %s", m.what, digits, 100*v, digits, 100*m.r.Low, digits, 100*m.r.High, mend))
		}
	}
	return said
}

// shape says what a picture's size and proportions have against it, where it is brought
// to the model's size; "" where nothing.
func (i *Info) shape(height, width int) string {
	times := min(float64(i.Spec.Height)/float64(height), float64(i.Spec.Width)/float64(width))
	fills := float64(height) * float64(width) * times * times / float64(i.Spec.Height) / float64(i.Spec.Width)
	switch {
	case times > 8:
		return fmt.Sprintf("it has %d x %d pixels, which are enlarged %.0f times for the model: take a larger picture", height, width, times)
	case fills < 0.2:
		return fmt.Sprintf("it has %d x %d pixels, and fills %.2g %% of what the model looks at: cut out what is to be told", height, width, 100*fills)
	}
	return ""
}

// check returns an error where a file says what cannot have been measured.
func (t *Typical) check(i *Info) error {
	if t == nil {
		return nil
	}
	for _, r := range []ink.Range{t.Mean, t.Contrast, t.Colour, t.Texture, t.Energy} {
		if err := r.Check(); err != nil {
			return err
		}
	}
	if t.Ink == nil {
		return nil
	}
	if i.Spec.Channels != 1 || t.Ink.Height != i.Spec.Height || t.Ink.Width != i.Spec.Width {
		return fmt.Errorf("ink on images of %d x %d pixels; the model wants %d x %d with %d channels", t.Ink.Height, t.Ink.Width, i.Spec.Height, i.Spec.Width, i.Spec.Channels)
	}
	return t.Ink.Check()
}

// Empty is an image without what there is to see on one: paper, for models of
// handwriting; for others the mean of each of the image's channels. It is what explanations put
// in the place of what they cover.
func (c *Model) Empty(image []byte) []byte {
	out := make([]byte, len(image))
	if t := c.Typical; t != nil && t.Ink != nil {
		if t.Ink.Light {
			for i := range out {
				out[i] = 255
			}
		}
		return out
	}
	area := c.Spec.Height * c.Spec.Width
	for k := range c.Spec.Channels {
		sum := 0
		for _, v := range image[k*area : (k+1)*area] {
			sum += int(v)
		}
		for i := range area {
			out[k*area+i] = uint8((sum + area/2) / area)
		}
	}
	return out
}
