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
