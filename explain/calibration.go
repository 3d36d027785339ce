package explain

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"inkling/train"
)

// Calibration compares how sure a model is with how often it is right. Its sureness,
// or confidence, is the probability of the class that it answers.
type Calibration struct {
	Bins []Bin
	// Error is the expected calibration error: the mean over the images of the distance
	// between confidence and accuracy of their bins. 0 is a model that is right as often
	// as it says.
	Error float64
	// LogLoss is the mean over the images of minus the logarithm of the right class's
	// probability, the negative log likelihood.
	LogLoss float64
}

// Bin is the images whose confidence lies above From, up to To.
type Bin struct {
	From, To   float64
	Images     int
	Confidence float64 // mean; 0 without images
	Accuracy   float64 // share of right answers; 0 without images
}

// confidences is how many bins there are, of equal width.
const confidences = 15

// Calibration measures the answers at their temperature. Source: Guo et al., On
// Calibration of Modern Neural Networks, 2017 (arXiv:1706.04599), with their 15 bins.
func (a *Answers) Calibration() *Calibration {
	c := &Calibration{Bins: make([]Bin, confidences)}
	for i := range c.Bins {
		c.Bins[i].From, c.Bins[i].To = float64(i)/confidences, float64(i+1)/confidences
	}
	for i, answer := range a.Answers {
		confidence := a.Probabilities(i)[answer]
		b := &c.Bins[min(max(int(math.Ceil(confidence*confidences))-1, 0), confidences-1)]
		b.Images++
		b.Confidence += confidence
		if answer == a.Labels[i] {
			b.Accuracy++
		}
		c.LogLoss += logLoss(a.logits(i), int(a.Labels[i]), a.temperature())
	}
	n := float64(max(len(a.Answers), 1))
	c.LogLoss /= n
	for i := range c.Bins {
		b := &c.Bins[i]
		c.Error += math.Abs(b.Confidence-b.Accuracy) / n
		b.Confidence /= float64(max(b.Images, 1))
		b.Accuracy /= float64(max(b.Images, 1))
	}
	return c
}

// logLoss is minus the logarithm of a class's probability, from the logits: a
// probability may be too small for a number, its logarithm is not.
func logLoss(logits []float32, label int, temperature float64) float64 {
	most, sum := float64(slices.Max(logits)), 0.0
	for _, z := range logits {
		sum += math.Exp((float64(z) - most) / temperature)
	}
	return math.Log(sum) + (most-float64(logits[label]))/temperature
}

// The temperatures that a fit may come to: beyond them the images say nothing but
// that the model is always right, or no better than chance.
const coldest, hottest = 0.05, 20.0

// ErrTemperature is wrapped in the error of FitTemperature where no temperature fits.
var ErrTemperature = errors.New("no temperature fits")

// FitTemperature finds the temperature with the least log loss. The answers must be to
// images that the model did not learn from and that it is not judged by: validation
// images. Their own temperature does not count.
//
// With b = 1/temperature the loss of an image is log Σ exp(b·z) - b·z[label], which is
// convex in b; its slope, the mean logit under the softmax less the right class's,
// is zero at the least loss and found by bisection. Source: Guo et al. 2017.
func FitTemperature(e *train.Evaluation, labels []int32) (float64, error) {
	if e.Images == 0 {
		return 0, fmt.Errorf("%w: there are no images", ErrTemperature)
	}
	a := &Answers{Evaluation: e, Labels: labels}
	slope := func(b float64) float64 {
		sum := 0.0
		for i, label := range labels {
			z := a.logits(i)
			for k, p := range softmaxAt(z, 1/b) {
				sum += p * (float64(z[k]) - float64(z[label]))
			}
		}
		return sum
	}
	low, high := 1/hottest, 1/coldest
	switch {
	case slope(high) <= 0:
		return 0, fmt.Errorf("%w: of the %s the model is wrong about none, or nearly none, and only mistakes show how sure it may be: give it more images", ErrTemperature, images(e.Images))
	case slope(low) >= 0:
		return 0, fmt.Errorf("%w: the model's answers to the %s are no better than chance", ErrTemperature, images(e.Images))
	}
	for range 60 {
		if middle := math.Sqrt(low * high); slope(middle) < 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return 1 / math.Sqrt(low*high), nil
}

func images(n int) string {
	if n == 1 {
		return "1 image"
	}
	return fmt.Sprintf("%d images", n)
}
