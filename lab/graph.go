package lab

import (
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/tensor"
)

// Graph is one image on its way through a net, each operation with its numbers: a
// tape with names. With a label it goes on to the loss, and has gradients.
type Graph struct {
	Nodes []Node `json:"nodes"` // in order: each after those that it was computed from
	// Image, Logits, Probabilities and Loss are the nodes of those; Loss is -1 without a label.
	Image         int `json:"image"`
	Logits        int `json:"logits"`
	Probabilities int `json:"probabilities"`
	Loss          int `json:"loss"`

	label     int
	vars      []*autograd.Var
	at        map[*autograd.Var]int
	grads     autograd.Grads
	values    [][]float32
	gradients [][]float32
}

// Node is an operation, or what came from outside: the image, a parameter, a constant.
type Node struct {
	Op    string `json:"op"`    // "conv2d", "matmul-add", ...; "image", "parameter", "constant"
	Name  string `json:"name"`  // "hidden", "conv1.weight"
	Shape []int  `json:"shape"` // without the axis of the images, which is one, except of parameters and constants
	From  []int  `json:"from"`  // operands
}

// Graph runs an image (channels x height x width bytes) through the net. label is a
// class, or -1.
func (n *Net) Graph(image []byte, label int) (*Graph, error) {
	if len(image) != n.Spec.Pixels() {
		return nil, invalid("an image of %d bytes; the model wants %d x %d x %d", len(image), n.Spec.Channels, n.Spec.Height, n.Spec.Width)
	}
	if label < -1 || label >= n.Spec.Classes {
		return nil, invalid("class %d of %d", label, n.Spec.Classes)
	}
	x := n.Numbers(image)
	tape := autograd.NewInferenceTapeOn(x.Memory())
	in := tape.Watch(x)
	logits := n.Net.Forward(in)
	scaled := logits
	if t := n.Temperature; t != 0 && t != 1 {
		scaled = logits.Scale(1 / t)
	}
	probs := scaled.Softmax(1)
	g := &Graph{at: map[*autograd.Var]int{}, Loss: -1, label: label}
	var loss *autograd.Var
	if label >= 0 {
		loss = n.lossOf(logits, tensor.FromInts([]int32{int32(label)}, 1))
		g.grads = loss.Backward()
	}
	for _, v := range tape.Vars() {
		g.add(v)
	}
	g.Image, g.Logits, g.Probabilities = g.at[in], g.at[logits], g.at[probs]
	if loss != nil {
		g.Loss = g.at[loss]
	}
	g.name(in, logits, probs, loss)
	return g, nil
}

// add appends a Var, after the constants among its operands, which are on no tape.
func (g *Graph) add(v *autograd.Var) int {
	if i, ok := g.at[v]; ok {
		return i
	}
	node := Node{Op: v.Op(), From: []int{}}
	for _, x := range v.Operands() {
		node.From = append(node.From, g.add(x))
	}
	node.Shape = slices.Clone(v.Shape())
	switch {
	case v.Param() != nil:
		node.Op, node.Name = "parameter", v.Param().Name
	case node.Op == "input":
		node.Op = "constant"
	default:
		if len(node.Shape) > 1 && node.Shape[0] == 1 && !g.ofParameters(node.From) {
			node.Shape = node.Shape[1:]
		}
	}
	g.at[v] = len(g.vars)
	g.vars, g.Nodes = append(g.vars, v), append(g.Nodes, node)
	g.values, g.gradients = append(g.values, nil), append(g.gradients, nil)
	return len(g.vars) - 1
}

// ofParameters reports whether nodes hold parameters and constants only: what is
// computed from them has no axis of images.
func (g *Graph) ofParameters(nodes []int) bool {
	return !slices.ContainsFunc(nodes, func(i int) bool { return g.Nodes[i].Op != "parameter" && g.Nodes[i].Op != "constant" })
}

// name calls each operation after the layer that it belongs to: that of its own
// parameter, or of what came before.
func (g *Graph) name(in, logits, probs, loss *autograd.Var) {
	for i := range g.Nodes {
		node := &g.Nodes[i]
		if node.Name != "" {
			continue
		}
		for _, from := range node.From {
			name := g.Nodes[from].Name
			if g.Nodes[from].Op == "parameter" {
				if dot := strings.LastIndexByte(name, '.'); dot > 0 {
					name = name[:dot]
				}
			}
			if name != "" {
				node.Name = name
			}
		}
		if node.Name == "" && node.Op != "constant" { // a change of shape before the first layer
			node.Name = "image"
		}
	}
	g.Nodes[g.at[in]].Op, g.Nodes[g.at[in]].Name = "image", "image"
	if s := g.Nodes[g.at[in]].Shape; len(s) == 4 {
		g.Nodes[g.at[in]].Shape = s[1:]
	}
	g.Nodes[g.at[logits]].Name = "logits"
	g.Nodes[g.at[probs]].Name = "probabilities"
	if loss != nil {
		g.Nodes[g.at[loss]].Name = "loss"
	}
}

// Values are the numbers of a node, row-major.
func (g *Graph) Values(node int) []float32 {
	if g.values[node] == nil {
		g.values[node] = g.vars[node].Value().Float32s()
	}
	return g.values[node]
}

// Gradients are how the loss changes with each number of a node; nil where it does
// not depend on it, or there is no label.
func (g *Graph) Gradients(node int) []float32 {
	if g.Loss < 0 || g.gradients[node] != nil {
		return g.gradients[node]
	}
	v := g.vars[node]
	var dv *tensor.Tensor
	switch {
	case v.Param() != nil:
		dv = g.grads.Of(v.Param())
	case g.Nodes[node].Op != "constant":
		dv = g.grads.At(v)
	}
	if dv != nil {
		g.gradients[node] = dv.Float32s()
	}
	return g.gradients[node]
}

// shape is that of a node's numbers as they were computed, with the axis of images.
func (g *Graph) shape(node int) []int { return g.vars[node].Shape() }
