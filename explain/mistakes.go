// Package explain is what one looks at to understand a model: its worst
// mistakes, the arithmetic of an answer, how hard a loss pushes, and the doctor,
// who says in sentences what is wrong.
package explain

import (
	"math"
	"slices"

	"inkling/autograd"
	"inkling/data"
	"inkling/nn"
	"inkling/tensor"
	"inkling/train"
)

// Mistake is an image that a model misread.
type Mistake struct {
	Index  int // of the image in its Set
	Label  int
	Answer int
	Probs  []float64 // softmax of the logits, per class
}

// Worst returns up to n mistakes, the surest first: those whose right class got
// the least probability.
func Worst(e *train.Evaluation, labels []int32, n int) []Mistake {
	return (&Answers{Evaluation: e, Labels: labels}).Worst(n)
}

// Softmax turns one row of logits into probabilities, in double precision.
func Softmax(logits []float32) []float64 { return softmaxAt(logits, 1) }

// softmaxAt is the softmax of logits divided by a temperature.
func softmaxAt(logits []float32, temperature float64) []float64 {
	most := float64(slices.Max(logits))
	out, sum := make([]float64, len(logits)), 0.0
	for i, z := range logits {
		out[i] = math.Exp((float64(z) - most) / temperature)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// Push is how hard a loss pushes, on average, at images whose right class got a
// probability between From and To: the length of the gradient of the image's own
// loss at its logits.
type Push struct {
	From, To float64
	Images   int
	Gradient float64
}

// Pushes sorts the images of a loader by the probability that the model gives
// their right class (each class's own sigmoid where the loss is sigmoid-mse,
// softmax otherwise) and measures the loss's push in ten equal bins. It panics
// where there is no loss of that name, and with a *data.ReadError where an image cannot be read.
func Pushes(model nn.Layer, lossName string, loader *data.Loader) []Push {
	bins := make([]Push, 10)
	for i := range bins {
		bins[i].From, bins[i].To = float64(i)/10, float64(i+1)/10
	}
	loss, err := nn.LossByName(lossName)
	if err != nil {
		panic(err)
	}
	var tape *autograd.Tape
	for x, y := range loader.Epoch(nil) {
		if tape == nil {
			tape = autograd.NewInferenceTapeOn(x.Memory())
		}
		tape.Reset()
		logits := tape.Watch(model.Forward(autograd.Const(x)).Value())
		grads := loss(logits, y).Backward().At(logits).Float32s()
		values, labels := logits.Value().Float32s(), y.Ints()
		n, c := len(labels), len(values)/len(labels)
		for i, label := range labels {
			row, length := values[i*c:(i+1)*c], 0.0
			for _, g := range grads[i*c : (i+1)*c] {
				length += float64(g) * float64(g)
			}
			p := 1 / (1 + math.Exp(-float64(row[label])))
			if lossName != "sigmoid-mse" {
				p = Softmax(row)[label]
			}
			if math.IsNaN(p) { // a model that diverged
				continue
			}
			b := &bins[min(int(p*10), 9)]
			b.Images++
			b.Gradient += math.Sqrt(length) * float64(n) // the loss is a mean over n images
		}
	}
	if err := loader.Err(); err != nil {
		panic(err)
	}
	for i := range bins {
		bins[i].Gradient /= float64(max(bins[i].Images, 1))
	}
	return bins
}

// Products returns pixel * weight for each pixel of an image (p) and one class
// of a linear model's weights (p, classes): with the bias they add up to the logit.
func Products(pixels []float64, weights *tensor.Tensor, class int) []float64 {
	w := weights.Transpose().Index(0, class).Float64s()
	out := make([]float64, len(pixels))
	for i, v := range pixels {
		out[i] = v * w[i]
	}
	return out
}
