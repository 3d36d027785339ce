package nn

import (
	"fmt"
	"slices"

	"inkling/autograd"
	"inkling/tensor"
)

// Loss measures how wrong logits (n, classes) are for labels (int, n): a single
// number, smaller is better. It panics where the two do not fit: a loss never
// broadcasts one against the other, and a single output, (n, 1), is refused,
// since it can tell no classes apart and is mostly a mistake for (n).
type Loss func(logits *autograd.Var, labels *tensor.Tensor) *autograd.Var

// Losses by the names that the command line and model files use.
var Losses = map[string]Loss{
	"sigmoid-mse":   SigmoidMSE,
	"softmax-mse":   SoftmaxMSE,
	"cross-entropy": CrossEntropy,
}

// LossByName returns a loss, or an error that lists the names there are.
func LossByName(name string) (Loss, error) {
	if l, ok := Losses[name]; ok {
		return l, nil
	}
	return nil, fmt.Errorf("there is no loss %q; choose sigmoid-mse, softmax-mse or cross-entropy", name)
}

// SigmoidMSE is the mean of (onehot(label) - sigmoid(logits))² over images and
// classes. Where a sigmoid is nearly 0 or 1 its slope is nearly 0 too, and with
// it the gradient: a unit that is wrong and sure of it hardly learns.
func SigmoidMSE(logits *autograd.Var, labels *tensor.Tensor) *autograd.Var {
	checkLoss("sigmoid-mse", logits, labels)
	return logits.Sigmoid().Sub(target(logits, labels)).Square().Mean()
}

// SoftmaxMSE is the mean of (onehot(label) - softmax(logits))² over images and
// classes. The classes now compete, but a sure mistake still has almost no slope.
func SoftmaxMSE(logits *autograd.Var, labels *tensor.Tensor) *autograd.Var {
	checkLoss("softmax-mse", logits, labels)
	return logits.Softmax(1).Sub(target(logits, labels)).Square().Mean()
}

// CrossEntropy is the mean of -log softmax(logits)[label] over images. Its
// gradient at the logits is (softmax - onehot)/n: the surer a mistake, the
// stronger the push.
func CrossEntropy(logits *autograd.Var, labels *tensor.Tensor) *autograd.Var {
	checkLoss("cross-entropy", logits, labels)
	return logits.CrossEntropy(labels).Mean()
}

// SmoothedCrossEntropy is the cross-entropy against a target that is not quite sure
// of the label: it has 1-eps, and all classes share eps evenly, so that logits need
// not grow for ever (Szegedy et al., Rethinking the Inception Architecture, 2016).
// It panics unless 0 <= eps < 1; with 0 it is CrossEntropy.
func SmoothedCrossEntropy(eps float64) Loss {
	if !(eps >= 0 && eps < 1) {
		panic(fmt.Sprintf("nn: label smoothing of %v; it must be at least 0 and less than 1", eps))
	}
	return func(logits *autograd.Var, labels *tensor.Tensor) *autograd.Var {
		checkLoss("smoothed-cross-entropy", logits, labels)
		classes := float64(logits.Shape()[1])
		wanted := target(logits, labels).Affine(1-eps, eps/classes) // (n, classes), each row sums to 1
		return logits.LogSoftmax(1).Mul(wanted).Mean().Scale(-classes)
	}
}

func target(logits *autograd.Var, labels *tensor.Tensor) *autograd.Var {
	mem := logits.Value().Memory()
	return autograd.Const(mem.Enter(labels).OneHot(logits.Shape()[1]))
}

func checkLoss(name string, logits *autograd.Var, labels *tensor.Tensor) {
	p, y := logits.Shape(), labels.Shape()
	if len(p) != 2 || len(y) != 1 || p[0] != y[0] || p[1] < 2 {
		panic(&tensor.ShapeError{
			Op: name, Shapes: [][]int{slices.Clone(p), slices.Clone(y)},
			Problem: "wants predictions (n, classes) of two classes at least, and labels (n,), one class index an image",
			Hint:    "a loss does not broadcast; did the last layer or the labels lose an axis?",
		})
	}
}
