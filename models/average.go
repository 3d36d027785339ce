package models

import (
	"fmt"
	"slices"

	"inkling/autograd"
	"inkling/nn"
	"inkling/tensor"
)

// Distance says how far images (n, 1, pixels) are from means (classes, pixels):
// (n, classes), smaller is nearer.
type Distance func(x *autograd.Var, means autograd.Operand) *autograd.Var

// MeanAbsolute is the mean of |x - mean| over the pixels.
func MeanAbsolute(x *autograd.Var, means autograd.Operand) *autograd.Var {
	return x.Sub(means).Abs().Mean(-1) // (n, 1, p) - (c, p) -> (n, c, p) -> (n, c)
}

// MeanSquared is the mean of (x - mean)² over the pixels. Squaring makes one
// large difference count for more than many small ones.
func MeanSquared(x *autograd.Var, means autograd.Operand) *autograd.Var {
	return x.Sub(means).Square().Mean(-1)
}

// Average is the baseline: an image belongs to the class whose average image is
// nearest. It has nothing to learn by gradient descent; Fit computes it.
type Average struct {
	Means    *autograd.Param // (classes, pixels)
	distance Distance
}

// NewAverage returns the baseline with means of zero.
func NewAverage(s Spec, d Distance) *Average {
	return newAverage(s, d, func(_ int, shape ...int) *tensor.Tensor { return tensor.Zeros(shape...) })
}

func newAverage(s Spec, d Distance, init nn.Init) *Average {
	return &Average{Means: autograd.NewParam("means", init(s.Pixels(), s.Classes, s.Pixels())), distance: d}
}

// Fit sets the means to the average image of each class, from images (byte or
// float, (n, ...)) and one label for each. The mean of a class without images
// stays as it is. The model moves to the images' device.
func (a *Average) Fit(images *tensor.Tensor, scale float64, labels []int32) {
	classes, pixels := a.Means.Value.Dim(0), a.Means.Value.Dim(1)
	if images.Rank() == 0 || images.Dim(0) != len(labels) || images.Len() != len(labels)*pixels {
		panic(&tensor.ShapeError{
			Op: "average", Shapes: [][]int{slices.Clone(images.Shape()), {len(labels)}},
			Problem: fmt.Sprintf("wants images of %d pixels and a label for each", pixels),
		})
	}
	if a.Means.Value.Backend() != images.Backend() {
		a.Means.Value = a.Means.Value.CopyTo(tensor.On(images.Backend()))
	}
	images = images.Reshape(len(labels), pixels)
	ofClass := make([][]int32, classes)
	for i, l := range labels {
		ofClass[l] = append(ofClass[l], int32(i))
	}
	arena := images.Memory().Arena()
	for c, index := range ofClass {
		if len(index) == 0 {
			continue
		}
		arena.Reset()
		rows := tensor.Of(arena, index, len(index))
		stack := images.GatherFloat(rows, scale)          // (n of the class, p)
		a.Means.Value.Index(0, c).CopyFrom(stack.Mean(0)) // -> (p)
	}
}

// Forward implements nn.Layer: the logits are the negative distances, all images
// against all means by one broadcast.
func (a *Average) Forward(x *autograd.Var) *autograd.Var {
	x = x.Reshape(x.Shape()[0], 1, -1)
	return a.distance(x, a.Means).Neg()
}

// Params implements nn.Layer.
func (a *Average) Params() []*autograd.Param { return []*autograd.Param{a.Means} }

var _ nn.Layer = (*Average)(nil)
