package nn

import (
	"fmt"
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/tensor"
)

// BatchNorm brings each channel of (n, channels, ...) to mean 0 and variance 1,
// then scales and shifts it by what it learns (Ioffe and Szegedy, 2015). It serves
// images (n, c, h, w) and vectors (n, c).
//
// On a tape that trains the mean and variance are the batch's own, and the running
// ones follow them; otherwise the running ones are used, so that an image's answer
// does not depend on its neighbours. Which of the two is said by the tape alone:
// see autograd.Tape.
//
// One element a channel, a single vector, has variance 0: it is normalised to the
// shift, whatever it is, and the running variance does not follow.
type BatchNorm struct {
	Scale, Shift   *autograd.Param // (c): name.weight and name.bias
	Mean, Variance *autograd.Param // (c): name.running_mean and name.running_var, which no optimiser changes
	Eps            float64         // added to the variance
	Momentum       float64         // how much of each batch the running statistics take over
}

// NewBatchNorm returns a BatchNorm with scale 1, shift 0, running mean 0 and
// running variance 1, where init puts its numbers; eps is 1e-5, momentum 0.1.
func NewBatchNorm(name string, channels int, init Init) *BatchNorm {
	mem := init.memory()
	filled := func(suffix string, v float64) *autograd.Param {
		return autograd.NewParam(name+suffix, mem.Full(v, channels))
	}
	return &BatchNorm{
		Scale: filled(".weight", 1), Shift: filled(".bias", 0),
		Mean: filled(".running_mean", 0), Variance: filled(".running_var", 1),
		Eps: 1e-5, Momentum: 0.1,
	}
}

// Forward implements Layer. It panics with a *tensor.ShapeError that names the
// layer unless x is (n, c, ...).
func (b *BatchNorm) Forward(x *autograd.Var) *autograd.Var { return b.ForwardAdd(x, nil, false) }

// ForwardAdd is Forward, then + skip, which may be nil, then a ReLU where relu is
// set, in one pass.
func (b *BatchNorm) ForwardAdd(x, skip *autograd.Var, relu bool) *autograd.Var {
	c := b.Scale.Value.Dim(0)
	if s := x.Shape(); len(s) < 2 || s[1] != c {
		panic(&tensor.ShapeError{
			Op: strings.TrimSuffix(b.Scale.Name, ".weight"), Shapes: [][]int{slices.Clone(s)},
			Problem: fmt.Sprintf("the layer wants %d channels, (n, %d, ...)", c, c),
		})
	}
	if !x.Training() {
		return x.BatchNormInference(b.Mean.Value, b.Variance.Value, b.Scale, b.Shift, skip, b.Eps, relu)
	}
	y, mean, variance := x.BatchNorm(b.Scale, b.Shift, skip, b.Eps, relu)
	b.follow(mean, variance, x.Value().Len()/c)
	return y
}

// follow moves the running statistics toward those of a batch of n elements a
// channel: r += momentum * (batch - r). The running variance estimates that of
// all images, and so divides by n-1.
func (b *BatchNorm) follow(mean, variance *tensor.Tensor, n int) {
	b.Mean.Value.AddScaled(mean.Sub(b.Mean.Value), b.Momentum)
	if n > 1 {
		unbiased := variance.Scale(float64(n) / float64(n-1))
		b.Variance.Value.AddScaled(unbiased.Sub(b.Variance.Value), b.Momentum)
	}
}

// Params implements Layer.
func (b *BatchNorm) Params() []*autograd.Param { return []*autograd.Param{b.Scale, b.Shift} }

// Buffers implements Buffered.
func (b *BatchNorm) Buffers() []*autograd.Param { return []*autograd.Param{b.Mean, b.Variance} }

// Buffered is a Layer that carries numbers which belong to the model, though no
// gradient changes them: running statistics.
type Buffered interface{ Buffers() []*autograd.Param }

// Buffers lists what a layer carries beside its parameters; for most that is nothing.
func Buffers(l Layer) []*autograd.Param {
	if b, ok := l.(Buffered); ok {
		return b.Buffers()
	}
	return nil
}

// State lists all that makes a layer answer as it does, in a stable order: its
// parameters, then its buffers. It is what a model file holds.
func State(l Layer) []*autograd.Param { return slices.Concat(l.Params(), Buffers(l)) }
