package train_test

import (
	"math"
	"slices"
	"testing"

	"inkling/autograd"
	"inkling/data"
	"inkling/nn"
	"inkling/tensor"
	"inkling/train"
)

// asLogits is a model whose logits are the pixels themselves.
var asLogits = nn.Func(func(x *autograd.Var) *autograd.Var { return x.Flatten() })

func TestEvaluate(t *testing.T) {
	set := &data.Set{
		Images:   []uint8{9, 0, 0, 0 /**/, 0, 9, 0, 0 /**/, 0, 0, 9, 0 /**/, 9, 0, 0, 0 /**/, 5, 5, 0, 0},
		Labels:   []int32{0, 1, 1, 1, 0},
		Channels: 1, Height: 1, Width: 4, Classes: []string{"a", "b", "c", "d"},
	}
	for _, batch := range []int{1, 2, 5, 100} {
		e := train.Evaluate(asLogits, nn.CrossEntropy, data.NewLoader(tensor.CPU, set, batch))
		if !slices.Equal(e.Answers, []int32{0, 1, 2, 0, 0}) { // the first of two equals
			t.Errorf("answers %v", e.Answers)
		}
		if want := [][]int{{2, 0, 0, 0}, {1, 1, 1, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}; !slices.EqualFunc(e.Confusion, want, slices.Equal) {
			t.Errorf("confusion %v, want %v", e.Confusion, want)
		}
		if e.Accuracy != 0.6 || e.Images != 5 || e.Classes != 4 || len(e.Logits) != 20 {
			t.Errorf("accuracy %v of %d images in %d classes, %d logits", e.Accuracy, e.Images, e.Classes, len(e.Logits))
		}
		if want := []float64{1, 1.0 / 3, 0, 0}; !slices.Equal(e.PerClass, want) {
			t.Errorf("per class %v, want %v", e.PerClass, want)
		}
		loss := func(right float64, all ...float64) float64 {
			sum := 0.0
			for _, z := range all {
				sum += math.Exp(z / 255)
			}
			return math.Log(sum) - right/255
		}
		want := (2*loss(9, 9, 0, 0, 0) + 2*loss(0, 9, 0, 0, 0) + loss(5, 5, 5, 0, 0)) / 5
		if math.Abs(e.Loss-want) > 1e-6 {
			t.Errorf("loss %v, want %v", e.Loss, want)
		}
	}
	e := train.Evaluate(asLogits, nil, data.NewLoader(tensor.CPU, set.Subset(nil), 2))
	if e.Accuracy != 0 || e.Loss != 0 || e.Images != 0 || len(e.PerClass) != 4 {
		t.Errorf("no images: %+v", e)
	}

	set.Classes = []string{"a", "b"}
	defer func() {
		e, ok := recover().(*tensor.ShapeError)
		if want := "[evaluate] (5, 4) x (5,): the images have 2 classes, and want logits (n, 2)"; !ok || e.Error() != want {
			t.Errorf("a model of 4 classes on images of 2: %v, want %s", e, want)
		}
	}()
	train.Evaluate(asLogits, nil, data.NewLoader(tensor.CPU, set, 5))
}

func TestTally(t *testing.T) {
	e := train.Tally([]float32{3, 1, 2 /**/, 0, 0, 5 /**/, 1, 1, 0}, []int32{0, 1, 1}, 3)
	if want := [][]int{{1, 0, 0}, {1, 0, 1}, {0, 0, 0}}; !slices.EqualFunc(e.Confusion, want, slices.Equal) || e.Accuracy != 1.0/3 || !slices.Equal(e.Answers, []int32{0, 2, 0}) {
		t.Errorf("confusion %v, answers %v, accuracy %v", e.Confusion, e.Answers, e.Accuracy)
	}
	defer func() {
		if recover() == nil {
			t.Error("five logits for two images of three classes are taken")
		}
	}()
	train.Tally(make([]float32, 5), []int32{0, 1}, 3)
}
