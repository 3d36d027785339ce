package classifier

import (
	"fmt"
	"math"
	"slices"
)

// Probabilities turns logits into probabilities, in double precision: the softmax
// of each image's logits divided by the model's Temperature. It takes what Logits
// gives, (n, classes), and returns as many numbers; those of an image add up to 1.
// It panics unless there are whole images.
//
// A temperature above 1 makes a model less sure of itself, and never changes which
// class is likeliest. Source: Guo et al., On Calibration of Modern Neural Networks,
// 2017 (arXiv:1706.04599).
func (i *Info) Probabilities(logits []float32) []float64 {
	classes := len(i.Classes)
	if classes == 0 || len(logits)%classes != 0 {
		panic(fmt.Sprintf("classifier: %d logits for %d classes", len(logits), classes))
	}
	t := i.Temperature
	if t == 0 {
		t = 1
	}
	out := make([]float64, len(logits))
	for at := 0; at < len(logits); at += classes {
		row, p := logits[at:at+classes], out[at:at+classes]
		most, sum := float64(slices.Max(row)), 0.0
		for k, z := range row {
			p[k] = math.Exp((float64(z) - most) / t)
			sum += p[k]
		}
		for k := range p {
			p[k] /= sum
		}
	}
	return out
}
