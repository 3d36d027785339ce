package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/nn"
	"inkling/tensor"
)

// The names of the graph's input and output, and of the axis of images.
const (
	inputName  = "input"
	logitsName = "logits"
	imagesAxis = "N"
)

// The sets of operators that can be written, and the version of the format that goes
// with each.
const minOpset, maxOpset = 17, 21

var irOf = map[int64]int64{17: 8, 18: 8, 19: 9, 20: 9, 21: 10}

// tracer makes a graph of what a net does: it runs the net on a tape, for two numbers of
// images, and writes each operation down as one of the format's. What depends on the
// images alone is an operation; everything else is a weight. The two tapes tell which
// axis is that of the images.
type tracer struct {
	graph Graph
	opset int64

	vars, again []*autograd.Var       // the two tapes
	place       map[*autograd.Var]int // in both
	moves       map[*autograd.Var]bool
	needed      map[*autograd.Var]bool
	uses        map[*autograd.Var]int
	averaged    map[*autograd.Var]*autograd.Var // a sum, and the mean that it is a part of
	names       map[*autograd.Var]string
	taken       map[string]bool
	problems    []string
}

// The two numbers of images.
const traced, tracedAgain = 2, 3

// trace returns the graph of a net for images (n, shape...): one input, one output.
func trace(net nn.Layer, opset int64, shape ...int) (*Graph, error) {
	if irOf[opset] == 0 {
		return nil, fmt.Errorf("opset %d: from %d to %d", opset, minOpset, maxOpset)
	}
	record := func(n int) ([]*autograd.Var, *autograd.Var) {
		mem := tensor.CPU
		if p := net.Params(); len(p) > 0 {
			mem = p[0].Value.Memory()
		}
		tape := autograd.NewInferenceTapeOn(mem)
		out := net.Forward(tape.Watch(mem.Full(0, append([]int{n}, shape...)...)))
		return tape.Vars(), out
	}
	t := &tracer{
		opset: opset, place: map[*autograd.Var]int{}, moves: map[*autograd.Var]bool{}, needed: map[*autograd.Var]bool{},
		uses: map[*autograd.Var]int{}, averaged: map[*autograd.Var]*autograd.Var{}, names: map[*autograd.Var]string{}, taken: map[string]bool{"": true},
	}
	var out *autograd.Var
	t.vars, out = record(traced)
	t.again, _ = record(tracedAgain)
	if err := t.follow(out); err != nil {
		return nil, err
	}
	t.names[t.vars[0]] = t.free(inputName)
	t.taken[logitsName] = true
	t.graph.Inputs = []Value{{inputName, Float32, t.dims(t.vars[0])}}
	for _, v := range t.vars[1:] {
		if t.needed[v] && t.moves[v] {
			t.operation(v)
		}
	}
	if len(t.problems) > 0 {
		slices.Sort(t.problems)
		return nil, fmt.Errorf("the model cannot be written as ONNX: %s", strings.Join(slices.Compact(t.problems), "; "))
	}
	t.rename(t.names[out], logitsName)
	t.graph.Outputs = []Value{{logitsName, Float32, t.dims(out)}}
	return &t.graph, nil
}

// follow finds out what depends on the images and what the result needs.
func (t *tracer) follow(out *autograd.Var) error {
	if len(t.vars) != len(t.again) {
		return errors.New("the model cannot be written as ONNX: what it does depends on how many images there are")
	}
	for i, v := range t.vars {
		t.place[v] = i
		if v.Op() != t.again[i].Op() {
			return errors.New("the model cannot be written as ONNX: what it does depends on how many images there are")
		}
		t.moves[v] = i == 0 || slices.ContainsFunc(v.Operands(), func(x *autograd.Var) bool { return t.moves[x] })
	}
	if !t.moves[out] {
		return errors.New("the model cannot be written as ONNX: its answers do not depend on the images")
	}
	t.needed[out] = true
	for _, v := range slices.Backward(t.vars) {
		if !t.needed[v] {
			continue
		}
		for _, x := range v.Operands() {
			t.needed[x] = true
			t.uses[x]++
		}
	}
	for _, v := range t.vars {
		scale, shift, ok := v.Factors()
		if !ok || shift != 0 || !t.needed[v] || !t.moves[v] {
			continue
		}
		x := v.Operands()[0]
		if x.Op() != "sum" || t.uses[x] != 1 || slices.Contains(x.Axes(), 0) {
			continue
		}
		n := 1.0
		for _, a := range x.Axes() {
			n *= float64(x.Operands()[0].Shape()[a])
		}
		if d := scale*n - 1; d > -1e-9 && d < 1e-9 {
			t.averaged[x] = v
		}
	}
	return nil
}

// dims are the sizes of v's axes. The axis of images, if there is one, is the first.
func (t *tracer) dims(v *autograd.Var) []Dim {
	a, b := v.Shape(), v.Shape()
	if i, ok := t.place[v]; ok {
		b = t.again[i].Shape()
	}
	dims := make([]Dim, len(a))
	for i, n := range a {
		switch {
		case n == b[i]:
			dims[i] = Fixed(n)
		case i == 0 && n == traced && b[i] == tracedAgain:
			dims[i] = Free(imagesAxis)
		default:
			t.refuse(v, "mixes the axis of images with another")
		}
	}
	return dims
}

// ofImages reports whether v's first axis is that of the images.
func (t *tracer) ofImages(v *autograd.Var) bool {
	d := t.dims(v)
	return len(d) > 0 && !d[0].known
}

func (t *tracer) refuse(v *autograd.Var, problem string) {
	t.problems = append(t.problems, fmt.Sprintf("its operation %s %s", v.Op(), problem))
}

// free returns a name that no other value has, beginning as wanted.
func (t *tracer) free(want string) string {
	name := want
	for i := 2; t.taken[name]; i++ {
		name = fmt.Sprintf("%s_%d", want, i)
	}
	t.taken[name] = true
	return name
}

func (t *tracer) rename(from, to string) {
	for _, n := range t.graph.Nodes {
		for _, list := range [][]string{n.Inputs, n.Outputs} {
			for i, name := range list {
				if name == from {
					list[i] = to
				}
			}
		}
	}
}

// of is the name of an operand; where that is no operation, of the weight that it is.
func (t *tracer) of(x *autograd.Var) string {
	if name, ok := t.names[x]; ok {
		return name
	}
	name := t.weight(x, "", x.Shape()...)
	t.names[x] = name
	return name
}

// weight adds v, which does not depend on the images, in another shape of as many
// elements. Its name is that of the parameter that it is, or comes from; a part says
// which of several it is then.
func (t *tracer) weight(v *autograd.Var, part string, shape ...int) string {
	if t.moves[v] {
		t.refuse(v, "computes the factors of a batch norm from images")
		return ""
	}
	if i, ok := t.place[v]; ok && !slices.Equal(v.Shape(), t.again[i].Shape()) {
		t.refuse(v, "makes numbers without images, and as many as there are images")
		return ""
	}
	name := "constant"
	if p := parameter(v); p != "" {
		name = p
		if v.Param() == nil || part != "" {
			name = layer(p) + "." + part
		}
	}
	name = t.free(strings.TrimSuffix(name, "."))
	t.graph.Weights = append(t.graph.Weights, Floats(name, v.Value().Float32s(), shape...))
	return name
}

// scalar adds a single number.
func (t *tracer) scalar(name string, v float64) string {
	name = t.free(name)
	t.graph.Weights = append(t.graph.Weights, Floats(name, []float32{float32(v)}))
	return name
}

// parameter is the name of the first parameter that v is made of; "" where there is none.
func parameter(v *autograd.Var) string {
	if p := v.Param(); p != nil {
		return p.Name
	}
	for _, x := range v.Operands() {
		if name := parameter(x); name != "" {
			return name
		}
	}
	return ""
}

// layer is the name of the layer that a parameter belongs to.
func layer(parameter string) string {
	if i := strings.LastIndexByte(parameter, '.'); i >= 0 {
		return parameter[:i]
	}
	return parameter
}

// emit adds a node whose result has no other use than to be v's, or a part of it.
func (t *tracer) emit(v *autograd.Var, op string, inputs []string, attributes ...Attribute) string {
	want := strings.ToLower(op)
	for _, x := range v.Operands() {
		if p := parameter(x); p != "" && !t.moves[x] {
			want = layer(p)
			break
		}
	}
	name := t.free(want)
	t.names[v] = name
	t.graph.Nodes = append(t.graph.Nodes, Node{Name: name, Op: op, Inputs: inputs, Outputs: []string{name}, Attributes: attributes})
	return name
}

func number(name string, v int64) Attribute { return Attribute{Name: name, Kind: KindInt, Int: v} }

func numbers[T int | int64](name string, v ...T) Attribute {
	a := Attribute{Name: name, Kind: KindInts}
	for _, x := range v {
		a.Ints = append(a.Ints, int64(x))
	}
	return a
}
