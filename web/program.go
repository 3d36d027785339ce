package web

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/classifier"
	"inkling/nn"
	"inkling/tensor"
)

// Program is a net as a list of steps, for src/net.ts. Value 0 is the image as
// numbers, value k what step k-1 computes; the last one is the logits. One image
// is asked at a time, so that no shape has a batch axis. Maps are (channels,
// height, width), and lie place by place: height, width, channels.
type Program struct {
	Input  Input  `json:"input"`
	Steps  []Step `json:"steps"`
	Floats int    `json:"floats"` // how many weights there are

	weights []float32
}

// Input is what is done to the bytes of an image, (channels, height, width), to
// make value 0 of them: byte * Scale, and then one of two things or neither.
type Input struct {
	Channels    int       `json:"channels"`
	Height      int       `json:"height"`
	Width       int       `json:"width"`
	Scale       float64   `json:"scale"`
	Centre      float64   `json:"centre,omitempty"`      // the part of each side that is seen, from the middle
	Standardize bool      `json:"standardize,omitempty"` // minus the image's mean, by its standard deviation
	Mean        []float64 `json:"mean,omitempty"`        // for each channel: minus this,
	Std         []float64 `json:"std,omitempty"`         // by this
}

// Step is one operation.
type Step struct {
	Op       string   `json:"op"`
	Name     string   `json:"name,omitempty"`    // of its weights in the model file
	From     []int    `json:"from"`              // the values that it takes
	Shape    []int    `json:"shape"`             // of its result
	Weights  [][2]int `json:"weights,omitempty"` // where each of its arrays begins among all weights, and how long it is
	Size     []int    `json:"size,omitempty"`    // of a window, down and across; so are the next three
	Stride   []int    `json:"stride,omitempty"`
	Pad      []int    `json:"pad,omitempty"`
	Dilation []int    `json:"dilation,omitempty"`
	Scale    float64  `json:"scale,omitempty"` // of affine: scale*x + shift
	Shift    float64  `json:"shift,omitempty"`
	ReLU     bool     `json:"relu,omitempty"`
}

// Trace writes a model down as a program. Convolutions take in the batch norms after
// them (nn.Fold). The error names what no page can do.
func Trace(m *classifier.Model) (*Program, error) { return trace(m, nn.Fold(m.Net)) }

// TraceWhole is Trace with the layers as they are: each operation of the tape that
// depends on the image is a step, in the tape's order.
func TraceWhole(m *classifier.Model) (*Program, error) { return trace(m, m.Net) }

// Weights are the program's weights; see Step.Weights.
func (p *Program) Weights() []float32 { return p.weights }

// trace asks the net once, on a tape: what depends on the image becomes a step. What
// does not is computed now and becomes weights.
func trace(m *classifier.Model, net nn.Layer) (*Program, error) {
	t := &tracer{value: map[*autograd.Var]int{}}
	if err := t.input(m); err != nil {
		return nil, err
	}
	s := m.Spec
	mem := m.Net.Params()[0].Value.Memory()
	tape := autograd.NewInferenceTapeOn(mem)
	image := tape.Input(mem.Full(0, 1, s.Channels, s.Height, s.Width))
	t.value[image] = 0
	logits := net.Forward(image)
	for _, v := range tape.Vars() {
		if err := t.trace(v); err != nil {
			return nil, fmt.Errorf("a page cannot do what %s does: %w", m.Architecture, err)
		}
	}
	if at, ok := t.value[logits]; !ok || at != len(t.Steps) {
		return nil, errors.New("the model's answer does not depend on the image")
	}
	t.Floats = len(t.weights)
	return &t.Program, nil
}

// tracer is a program on its way: the number of each Var that depends on the image.
type tracer struct {
	Program
	value map[*autograd.Var]int
}

// trace appends the step that computes v, where v depends on the image.
func (t *tracer) trace(v *autograd.Var) error {
	if _, known := t.value[v]; known {
		return nil
	}
	var from []int
	var weights []*autograd.Var
	for _, x := range v.Operands() {
		if at, ok := t.value[x]; ok {
			from = append(from, at)
		} else {
			weights = append(weights, x)
		}
	}
	if len(from) == 0 {
		return nil // the same for all images
	}
	step := Step{From: from, Shape: slices.Clone(v.Shape()[1:])}
	if v.Shape()[0] != 1 {
		return fmt.Errorf("%s mixes images", v.Op())
	}
	for _, w := range weights {
		if p := w.Param(); p != nil && step.Name == "" {
			step.Name = p.Name[:max(strings.LastIndexByte(p.Name, '.'), 0)]
		}
	}
	in := v.Operands()[0].Shape()[1:]
	switch op := v.Op(); op {
	case "conv2d":
		w := weights[0].Value() // (o, c, h, w) -> (o, h, w, c)
		if g := v.Window().Groups; g > 1 {
			return fmt.Errorf("a convolution in %d groups", g)
		}
		step.Op = "conv"
		step.window(v.Window(), w.Dim(2), w.Dim(3))
		t.keep(&step, w.Transpose(0, 2, 3, 1))
		if len(weights) > 1 {
			t.keep(&step, weights[1].Value())
		}
	case "matmul", "matmul-add":
		if len(from) != 1 || len(in) != 1 || weights[0].Value().Rank() != 2 {
			return fmt.Errorf("%s of shapes %v", op, in)
		}
		step.Op = "dense"
		t.keep(&step, weights[0].Value()) // (in, out)
		if len(weights) > 1 {
			t.keep(&step, weights[1].Value())
		}
	case "channel-affine", "channel-affine-relu", "channel-affine-add", "channel-affine-add-relu":
		step.Op, step.ReLU = "channels", strings.HasSuffix(op, "relu")
		t.keep(&step, weights[0].Value())
		t.keep(&step, weights[1].Value())
	case "max-pool", "avg-pool":
		step.Op = op
		step.window(v.Window(), v.Window().Size[0], v.Window().Size[1])
	case "relu", "sigmoid", "tanh", "abs", "square":
		step.Op = op
	case "softmax":
		if len(in) != 1 {
			return fmt.Errorf("a softmax of %v", in)
		}
		step.Op = op
	case "affine":
		step.Op = op
		step.Scale, step.Shift, _ = v.Factors()
	case "add":
		step.Op = op
		if len(weights) == 1 { // x (p) + w (c, p) -> (c, p), or of one shape
			step.Op = "offset"
			w := weights[0].Value()
			if w.Len() != product(step.Shape) || len(in) == 3 || w.Len()%product(in) != 0 || in[len(in)-1] != w.Dim(-1) {
				return fmt.Errorf("a sum of shapes %v and %v", in, w.Shape())
			}
			t.keep(&step, w)
		} else if !slices.Equal(v.Operands()[0].Shape(), v.Operands()[1].Shape()) {
			return fmt.Errorf("a sum of shapes %v and %v", v.Operands()[0].Shape(), v.Operands()[1].Shape())
		}
	case "sum":
		switch {
		case len(in) == 3 && len(step.Shape) == 3 && step.Shape[0] == in[0] && step.Shape[1]*step.Shape[2] == 1:
			step.Op = "sum-places" // (c, h, w) -> (c, 1, 1)
		case len(in) == 2 && len(step.Shape) == 1 && step.Shape[0] == in[0]:
			step.Op = "sum-rows" // (c, p) -> (c)
		default:
			return fmt.Errorf("a sum from %v to %v", in, step.Shape)
		}
	case "concat":
		if len(from) != 2 || len(in) != 1 {
			return fmt.Errorf("a concat of %v", in)
		}
		step.Op = op
	case "reshape":
		if len(in) == 3 && len(step.Shape) == 3 {
			return fmt.Errorf("a reshape from %v to %v", in, step.Shape)
		}
		step.Op = "flatten" // (c, h, w) in the order of its shape
		if len(in) < 3 {
			step.Op = "same"
		}
	case "broadcast":
		if len(in) != 3 || len(step.Shape) != 3 || in[0] != 1 || !slices.Equal(in[1:], step.Shape[1:]) {
			return fmt.Errorf("a broadcast from %v to %v", in, step.Shape)
		}
		step.Op = "repeat" // (1, h, w) -> (c, h, w)
	default:
		return errors.New(op)
	}
	t.Steps = append(t.Steps, step)
	t.value[v] = len(t.Steps)
	return nil
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// keep appends a tensor to the weights, in row-major order.
func (t *tracer) keep(s *Step, w *tensor.Tensor) {
	s.Weights = append(s.Weights, [2]int{len(t.weights), w.Len()})
	t.weights = append(t.weights, w.Float32s()...)
}

// window notes how a step of so many taps slides.
func (s *Step) window(g tensor.Window, down, across int) {
	least := func(x [2]int) []int { return []int{max(x[0], 1), max(x[1], 1)} }
	s.Size, s.Stride, s.Pad, s.Dilation = []int{down, across}, least(g.Stride), g.Pad[:], least(g.Dilation)
}
