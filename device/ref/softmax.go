package ref

import (
	"math"

	"inkling/device"
)

// dst[i, j] = exp(x[i, j]) / sum over k of exp(x[i, k]), or its logarithm
//
// Subtracting the row's greatest number from all of it changes neither, and
// keeps the exponentials between 0 and 1.
func (backend) Softmax(dst, x device.View, log bool) {
	d, a := open(dst), open(x)
	for i := range indices(d.lead(1)) {
		row, out := a.at(i...), d.at(i...)
		top, sum := sumExp(row)
		for j := range row.shape[0] {
			if log {
				out.set(row.get(j)-top-math.Log(sum), j)
			} else {
				out.set(math.Exp(row.get(j)-top)/sum, j)
			}
		}
	}
}

// sumExp returns the greatest number of a row, and the sum of exp(x - greatest).
func sumExp(row array) (top, sum float64) {
	top = math.Inf(-1)
	for j := range row.shape[0] {
		top = max(top, row.get(j))
	}
	for j := range row.shape[0] {
		sum += math.Exp(row.get(j) - top)
	}
	return top, sum
}

// softmax:     dst[i, j] = y[i, j] * (dy[i, j] - sum over k of y[i, k] * dy[i, k])
// log-softmax: dst[i, j] = dy[i, j] - exp(y[i, j]) * sum over k of dy[i, k]
func (backend) SoftmaxGrad(dst, y, dy device.View, log bool) {
	d, a, g := open(dst), open(y), open(dy)
	for i := range indices(d.lead(1)) {
		row, grad, out := a.at(i...), g.at(i...), d.at(i...)
		sum := 0.0
		for k := range row.shape[0] {
			if log {
				sum += grad.get(k)
			} else {
				sum += row.get(k) * grad.get(k)
			}
		}
		for j := range row.shape[0] {
			if log {
				out.set(grad.get(j)-math.Exp(row.get(j))*sum, j)
			} else {
				out.set(row.get(j)*(grad.get(j)-sum), j)
			}
		}
	}
}

// probs[i] = softmax(logits[i])
// loss[i]  = -log probs[i, label] = log sum over k of exp(logits[i, k]) - logits[i, label]
//
// The loss comes from the logits, since a probability may round to 0.
func (backend) CrossEntropy(loss, probs, logits, labels device.View) {
	l, p, x, target := open(loss), open(probs), open(logits), open(labels)
	for i := range x.shape[0] {
		row, out := x.at(i), p.at(i)
		label := target.within("cross-entropy", row.shape[0], i)
		top, sum := sumExp(row)
		l.set(math.Log(sum)-(row.get(label)-top), i)
		for j := range row.shape[0] {
			out.set(math.Exp(row.get(j)-top)/sum, j)
		}
	}
}

// dst[i, j] = (probs[i, j] - 1 where j = labels[i]) * dloss[i]
func (backend) CrossEntropyGrad(dst, probs, labels, dloss device.View) {
	d, p, target, g := open(dst), open(probs), open(labels), open(dloss)
	for i := range d.shape[0] {
		label := target.within("cross-entropy-grad", d.shape[1], i)
		for j := range d.shape[1] {
			d.set((p.get(i, j)-number(j == label))*g.get(i), i, j)
		}
	}
}
