package nn

import (
	"fmt"
	"strings"

	"inkling/autograd"
	"inkling/tensor"
)

// Conv2D slides filters over images: (n, in, h, w) -> (n, out, h', w'). Each filter
// looks at all channels of a small window; the same weights serve at every place.
type Conv2D struct {
	Weight *autograd.Param // (out, in/groups, h, w), in the order of filters
	Bias   *autograd.Param // (out), or nil
	Window tensor.Window
}

// NewConv2D returns a convolution with filters of the window's size and initial
// values drawn by init; its parameters are called name.weight and name.bias.
func NewConv2D(name string, in, out int, g tensor.Window, init Init) *Conv2D {
	l := NewConv2DNoBias(name, in, out, g, init)
	l.Bias = autograd.NewParam(name+".bias", init(l.fanIn(), out))
	return l
}

// NewConv2DNoBias is NewConv2D without a bias: before a batch norm, which would
// take it away again.
func NewConv2DNoBias(name string, in, out int, g tensor.Window, init Init) *Conv2D {
	groups := max(g.Groups, 1)
	if in < 1 || out < 1 || in%groups != 0 || out%groups != 0 || g.Size[0] < 1 || g.Size[1] < 1 {
		panic(fmt.Sprintf("nn: no convolution %s has %d inputs, %d outputs, %d groups and filters of %d x %d", name, in, out, groups, g.Size[0], g.Size[1]))
	}
	in /= groups
	w := init(in*g.Size[0]*g.Size[1], out, in, g.Size[0], g.Size[1])
	return &Conv2D{Weight: autograd.NewParam(name+".weight", w.InFilterOrder()), Window: g}
}

// fanIn is the number of inputs to one output.
func (l *Conv2D) fanIn() int {
	s := l.Weight.Value.Shape()
	return s[1] * s[2] * s[3]
}

// Forward implements Layer. It panics with a *tensor.ShapeError that names the
// layer unless x is (n, in, h, w).
func (l *Conv2D) Forward(x *autograd.Var) *autograd.Var {
	in := l.Weight.Value.Dim(1) * max(l.Window.Groups, 1)
	if s := x.Shape(); len(s) == 4 && s[1] != in {
		panic(&tensor.ShapeError{
			Op:      strings.TrimSuffix(l.Weight.Name, ".weight"),
			Shapes:  [][]int{append([]int(nil), s...), l.Weight.Value.Shape()},
			Problem: fmt.Sprintf("the layer wants images of %d channels, (n, %d, h, w)", in, in),
		})
	}
	if l.Bias == nil {
		return x.Conv2D(l.Weight, nil, l.Window)
	}
	return x.Conv2D(l.Weight, l.Bias, l.Window)
}

// Params implements Layer.
func (l *Conv2D) Params() []*autograd.Param { return weightAndBias(l.Weight, l.Bias) }
