package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"inkling/device"
	"inkling/tensor"
)

// Session computes what a model's graph says, with the operations of package tensor, on
// the default device. Any number of goroutines may ask it at the same time.
type Session struct {
	graph   *Graph
	weights map[string]*tensor.Tensor
	types   map[string]Type // of all values
	// last is the node after which a value is not asked for any more.
	last map[string]int
}

// maxElements bounds every value that is computed: 1 GB of floats. A small file could ask
// for more than any machine has.
var maxElements = 1 << 28

// NewSession checks that a model can be computed. The error lists every operator that is
// not known.
func NewSession(m *Model) (*Session, error) {
	g := &m.Graph
	switch {
	case m.Opset < 1 || m.Opset > maxOpset:
		return nil, fmt.Errorf("the operators are of version %d; versions up to %d are read", m.Opset, maxOpset)
	case g.sparse:
		return nil, errors.New("the graph has sparse weights, which are not read")
	case len(g.Outputs) == 0:
		return nil, errors.New("the graph has no output")
	}
	var unknown []string
	for _, n := range g.Nodes {
		name := n.Op
		if n.domain != "" && n.domain != "ai.onnx" {
			name = n.domain + "." + n.Op
		}
		if operators[name].run == nil && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	if unknown != nil {
		slices.Sort(unknown)
		return nil, fmt.Errorf("the graph has operators that are not read: %s", quoted(unknown))
	}
	s := &Session{graph: g, weights: map[string]*tensor.Tensor{}, types: map[string]Type{}, last: map[string]int{}}
	for _, w := range g.Weights {
		if s.weights[w.Name] != nil || w.Name == "" {
			return nil, fmt.Errorf("two weights are called %q, or none", w.Name)
		}
		t, err := w.tensor()
		if err != nil {
			return nil, err
		}
		s.weights[w.Name], s.types[w.Name] = t, w.Type
	}
	known := map[string]bool{"": true}
	for name := range s.weights {
		known[name] = true
	}
	for _, v := range g.Inputs { // a weight may be listed there too
		known[v.Name] = true
		if t, ok := s.types[v.Name]; !v.Type.read() {
			return nil, fmt.Errorf("the graph's input %q is of type %v, which is not read", v.Name, v.Type)
		} else if ok && t != v.Type {
			return nil, fmt.Errorf("the graph's input %q is of type %v, and has a usual value of type %v", v.Name, v.Type, t)
		}
		s.types[v.Name] = v.Type
	}
	for i, n := range g.Nodes {
		for _, name := range n.Inputs {
			if !known[name] {
				return nil, fmt.Errorf("node %d (%s) wants %q, which nothing before it gives", i, n.label(), name)
			}
			s.last[name] = i
		}
		for _, name := range n.Outputs {
			if name != "" && known[name] {
				return nil, fmt.Errorf("node %d (%s) gives %q, which is there already", i, n.label(), name)
			}
			known[name] = true
		}
		err := operators[n.Op].check(&n, m.Opset)
		if err == nil {
			err = s.infer(&n)
		}
		if err != nil {
			return nil, fmt.Errorf("node %d (%s): %w", i, n.label(), err)
		}
	}
	for _, v := range g.Outputs {
		if !known[v.Name] || v.Name == "" {
			return nil, fmt.Errorf("the graph's output %q is given by no node", v.Name)
		}
		s.last[v.Name] = len(g.Nodes)
		if t := s.types[v.Name]; v.Type != 0 && v.Type != t {
			return nil, fmt.Errorf("the graph's output %q is declared as %v, and is %v", v.Name, v.Type, t)
		}
	}
	return s, nil
}

// quoted lists names so that none can break a line.
func quoted(names []string) string {
	var list []string
	for _, name := range names {
		list = append(list, fmt.Sprintf("%q", name))
	}
	return strings.Join(list, ", ")
}

func (n *Node) label() string { return fmt.Sprintf("%q, %s", n.Name, n.Op) }

// Run computes the outputs for the given inputs, each by its name, of the type and the shape
// that the graph declares; one that no node reads need not be given. All real numbers are float32, double too: those of the types with
// 16 bits are rounded as these are. uint8 is bytes; all other integers are int32, and what
// does not fit into that is refused.
func (s *Session) Run(inputs map[string]*tensor.Tensor) (outputs map[string]*tensor.Tensor, err error) {
	values := map[string]*tensor.Tensor{}
	free := map[string]int64{}
	for _, v := range s.graph.Inputs {
		x := inputs[v.Name]
		if x == nil && s.weights[v.Name] != nil {
			continue // a usual value
		}
		if _, read := s.last[v.Name]; !read {
			continue // by no node
		}
		if err := v.takes(x, free); err != nil {
			return nil, err
		}
		values[v.Name] = x
	}
	for i := range s.graph.Nodes {
		n := &s.graph.Nodes[i]
		in := make([]*tensor.Tensor, len(n.Inputs))
		for k, name := range n.Inputs {
			if in[k] = values[name]; in[k] == nil {
				in[k] = s.weights[name] // nil where it is left out
			}
		}
		out, err := s.run(n, in)
		if err != nil {
			return nil, fmt.Errorf("node %d (%s): %w", i, n.label(), err)
		}
		for _, name := range n.Inputs {
			if s.last[name] == i {
				delete(values, name)
			}
		}
		for k, name := range n.Outputs {
			if name != "" && s.last[name] > i {
				values[name] = out[k]
			}
		}
	}
	outputs = map[string]*tensor.Tensor{}
	for _, v := range s.graph.Outputs {
		x := values[v.Name]
		if x == nil {
			x = s.weights[v.Name]
		}
		outputs[v.Name] = x
	}
	return outputs, nil
}

// takes checks an input against what the graph says of it. free holds the sizes of axes
// that go by a name.
func (v *Value) takes(x *tensor.Tensor, free map[string]int64) error {
	if x == nil {
		return fmt.Errorf("the graph's input %q is not given", v.Name)
	}
	if v.Type.kind().as != x.DType() {
		return fmt.Errorf("the graph's input %q is of type %v, and got %v", v.Name, v.Type, x.DType())
	}
	if !v.Type.has(x) {
		return fmt.Errorf("the graph's input %q is of type %v, and got numbers that this type does not have", v.Name, v.Type)
	}
	fits := len(v.Dims) == x.Rank()
	for i := 0; fits && i < len(v.Dims); i++ {
		d, n := v.Dims[i], int64(x.Dim(i))
		switch {
		case d.known:
			fits = d.Size == n
		case d.Name != "":
			if at, ok := free[d.Name]; ok {
				fits = at == n
			}
			free[d.Name] = n
		}
	}
	if !fits {
		return fmt.Errorf("the graph's input %q has shape %v, and got %v", v.Name, v.Dims, x.Shape())
	}
	return nil
}

// String writes a size as the format's tools do.
func (d Dim) String() string {
	switch {
	case d.known:
		return fmt.Sprint(d.Size)
	case d.Name != "":
		return d.Name
	}
	return "?"
}

// run computes one node, and gives its outputs. What package tensor refuses becomes an
// error.
func (s *Session) run(n *Node, in []*tensor.Tensor) (out []*tensor.Tensor, err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *tensor.ShapeError:
			err = e
		default:
			panic(e)
		}
	}()
	op := operators[n.Op]
	for i, x := range in {
		if x == nil && i < op.least {
			return nil, fmt.Errorf("input %d is left out", i)
		}
		if x != nil && x.DType() != device.Float && op.integers == asFloats {
			if in[i], err = exactly(x); err != nil {
				return nil, fmt.Errorf("input %d: %w", i, err)
			}
		}
	}
	out = make([]*tensor.Tensor, len(n.Outputs))
	if out[0], err = op.run(call{n, in, out}); err != nil {
		return nil, err
	}
	out[0], err = s.types[n.Outputs[0]].hold(out[0])
	return out, err
}
