package train

import (
	"context"
	"fmt"
	"slices"

	"inkling/autograd"
	"inkling/data"
	"inkling/nn"
	"inkling/tensor"
)

// Evaluation is how a model does on a set of images.
type Evaluation struct {
	Images    int
	Classes   int
	Loss      float64   // mean over the images; 0 where no loss was given
	Accuracy  float64   // share of images whose greatest logit is their label's
	PerClass  []float64 // accuracy on the images of each class; 0 where there are none
	Confusion [][]int   // [label][answer]
	Answers   []int32
	Logits    []float32 // (images, classes)
}

// Evaluate runs a model over all of a loader's images in order. loss may be nil. It
// panics with a *tensor.ShapeError if the model knows another number of classes, and
// with a *data.ReadError if an image of a streamed set cannot be read.
func Evaluate(model nn.Layer, loss nn.Loss, loader *data.Loader) *Evaluation {
	e, err := evaluate(context.Background(), model, loss, loader)
	if err != nil {
		panic(err)
	}
	return e
}

// evaluate is Evaluate until ctx ends.
func evaluate(ctx context.Context, model nn.Layer, loss nn.Loss, loader *data.Loader) (*Evaluation, error) {
	set, all := loader.Set, *loader
	all.DropLast = false
	c := len(set.Classes)
	e := &Evaluation{Images: set.Len(), Classes: c, Logits: make([]float32, 0, set.Len()*c)}
	total := 0.0
	var arena *tensor.Memory
	for x, y := range all.Epoch(nil) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if arena == nil {
			arena = x.Memory().Arena()
		}
		arena.Reset()
		logits := model.Forward(autograd.Const(arena.Enter(x)))
		if s := logits.Shape(); len(s) != 2 || s[1] != c {
			panic(&tensor.ShapeError{
				Op: "evaluate", Shapes: [][]int{slices.Clone(s), slices.Clone(y.Shape())},
				Problem: fmt.Sprintf("the images have %d classes, and want logits (n, %d)", c, c),
			})
		}
		if loss != nil {
			total += loss(logits, y).Value().Item() * float64(y.Len())
		}
		e.Answers = append(e.Answers, logits.Value().ArgMax(1).Ints()...)
		e.Logits = append(e.Logits, logits.Value().Float32s()...)
	}
	if err := all.Err(); err != nil {
		return nil, err
	}
	e.Loss = total / float64(max(e.Images, 1))
	e.count(set.Labels, c)
	return e, nil
}

// Tally is the Evaluation of answers that are there already: logits (images,
// classes) and the images' labels. It has no loss. Of equal logits the first counts
// as the answer. It panics unless there are logits for each label.
func Tally(logits []float32, labels []int32, classes int) *Evaluation {
	if len(logits) != len(labels)*classes {
		panic(fmt.Sprintf("train: %d logits for %d images of %d classes", len(logits), len(labels), classes))
	}
	e := &Evaluation{Images: len(labels), Classes: classes, Logits: logits}
	for i := range labels {
		row, best := logits[i*classes:(i+1)*classes], 0
		for k, z := range row {
			if z > row[best] {
				best = k
			}
		}
		e.Answers = append(e.Answers, int32(best))
	}
	e.count(labels, classes)
	return e
}

func (e *Evaluation) count(labels []int32, classes int) {
	e.Confusion = make([][]int, classes)
	for i := range e.Confusion {
		e.Confusion[i] = make([]int, classes)
	}
	right := 0
	for i, answer := range e.Answers {
		e.Confusion[labels[i]][answer]++
		if answer == labels[i] {
			right++
		}
	}
	e.Accuracy = float64(right) / float64(max(len(labels), 1))
	for label, row := range e.Confusion {
		n := 0
		for _, k := range row {
			n += k
		}
		e.PerClass = append(e.PerClass, float64(row[label])/float64(max(n, 1)))
	}
}
