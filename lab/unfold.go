package lab

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Unfolding is how one number came about: its terms, those that matter most first.
// Value = Then(Sum), and Sum is that of all terms: those listed and the rest.
type Unfolding struct {
	Of      Number  `json:"of"`
	Value   float64 `json:"value"` // as it was computed, in single precision
	Formula string  `json:"formula"`
	Terms   []Term  `json:"terms"`
	Rest    Rest    `json:"rest"` // what is not listed
	Sum     float64 `json:"sum"`  // of all terms; the greatest of them where Then is "max"
	Then    string  `json:"then"` // what follows the sum: "", relu, sigmoid, tanh, exp, log, -log, sqrt, abs, reciprocal (1 / it) or max
	Result  float64 `json:"result"`
}

// Number is a place in a graph.
type Number struct {
	Node  int    `json:"node"`
	Name  string `json:"name"`
	Index int    `json:"index"` // row-major
	Place []int  `json:"place"` // in the node's shape
}

// Term is what is added: the value of A times that of B, or times Factor where there is
// no B. Gradient says that A's value is the gradient at A, not the number itself.
type Term struct {
	A        *Number `json:"a,omitempty"`
	Gradient bool    `json:"gradient,omitempty"`
	AValue   float64 `json:"a_value"`
	B        *Number `json:"b,omitempty"`
	Factor   float64 `json:"factor"` // B's value, or a constant
	Value    float64 `json:"value"`  // the product
}

// Rest is the terms that are not listed.
type Rest struct {
	Terms int     `json:"terms"`
	Sum   float64 `json:"sum"`
}

// Number returns a place in the graph.
func (g *Graph) Number(node, index int) (Number, error) {
	if node < 0 || node >= len(g.Nodes) {
		return Number{}, unknown("there is no node %d of %d", node, len(g.Nodes))
	}
	if n := size(g.shape(node)); index < 0 || index >= n {
		return Number{}, unknown("%s has no number %d of %d", g.Nodes[node].Name, index, n)
	}
	return g.number(node, index), nil
}

func (g *Graph) number(node, index int) Number {
	n := Number{Node: node, Name: g.Nodes[node].Name, Index: index, Place: make([]int, len(g.Nodes[node].Shape))}
	for axis := len(n.Place) - 1; axis >= 0; axis-- {
		n.Place[axis] = index % g.Nodes[node].Shape[axis]
		index /= g.Nodes[node].Shape[axis]
	}
	return n
}

// Forward unfolds a number: what it was computed from. At most most terms are listed.
func (g *Graph) Forward(node, index, most int) (*Unfolding, error) {
	of, err := g.Number(node, index)
	if err != nil {
		return nil, err
	}
	u := &Unfolding{Of: of, Value: float64(g.Values(node)[index]), Terms: []Term{}}
	op, from := g.Nodes[node].Op, g.Nodes[node].From
	value := func(k, i int) float64 { return float64(g.Values(from[k])[i]) }
	ref := func(k, i int) *Number {
		n := g.number(from[k], i)
		return &n
	}
	switch op {
	case "image":
		u.Formula = "a pixel, as it came"
		u.Sum, u.Result = u.Value, u.Value
		return u, nil
	case "parameter", "constant":
		u.Formula = "a number of the model, as it was learned"
		if op == "constant" {
			u.Formula = "a number that is given"
		}
		u.Sum, u.Result = u.Value, u.Value
		return u, nil
	case "softmax", "log-softmax", "cross-entropy":
		// p = exp(z) / sum exp(z') = 1 / sum exp(z' - z), and -log p the logarithm of that sum.
		classes := g.shape(from[0])[1]
		row, label := index/classes, index%classes
		u.Formula, u.Then = "1 / Σ exp(z' - z) over the classes", "reciprocal"
		switch op {
		case "log-softmax":
			u.Formula, u.Then = "-log Σ exp(z' - z) over the classes", "-log"
		case "cross-entropy":
			u.Formula, u.Then = "log Σ exp(z' - z) over the classes, z that of the label", "log"
			row, label = index, g.label
		}
		z := value(0, row*classes+label)
		for k := range classes {
			d := value(0, row*classes+k) - z
			u.Terms = append(u.Terms, Term{A: ref(0, row*classes+k), AValue: value(0, row*classes+k), Factor: 1, Value: math.Exp(d)})
		}
	case "max-pool":
		u.Formula, u.Then = "the greatest number under the window", "max"
		w := g.vars[node].Window()
		places(g.shape(node), g.shape(from[0]), w.Size, pair(w.Stride), w.Pad, pair(w.Dilation), func(j, _, _, i int) {
			if j == index {
				u.Terms = append(u.Terms, Term{A: ref(0, i), AValue: value(0, i), Factor: 1, Value: value(0, i)})
			}
		})
	case "div":
		x, y := within(g.shape(from[0]), u.at(g, node)), within(g.shape(from[1]), u.at(g, node))
		u.Formula = "x / y"
		u.Terms = append(u.Terms, Term{A: ref(0, x), AValue: value(0, x), B: ref(1, y), Factor: 1 / value(1, y), Value: value(0, x) / value(1, y)})
	default:
		if !g.linear(node, func(l link) {
			if l.j != index {
				return
			}
			t := Term{AValue: 1, Factor: l.c}
			if l.a >= 0 {
				t.A, t.AValue = ref(l.a, l.i), value(l.a, l.i)
			}
			if l.b >= 0 {
				t.B, t.Factor = ref(l.b, l.m), value(l.b, l.m)
			}
			t.Value = t.AValue * t.Factor
			u.Terms = append(u.Terms, t)
		}) {
			return nil, invalid("the operation %s cannot be unfolded", op)
		}
		u.Formula, u.Then = formulas[op], gate(op)
	}
	u.settle(most)
	return u, nil
}

// at is the place of the number with the axis of images.
func (u *Unfolding) at(g *Graph, node int) []int {
	shape := g.shape(node)
	at, rest := make([]int, len(shape)), u.Of.Index
	for axis := len(shape) - 1; axis >= 0; axis-- {
		at[axis] = rest % shape[axis]
		rest /= shape[axis]
	}
	return at
}

// formulas say in words what is summed.
var formulas = map[string]string{
	"matmul": "Σ input · weight", "matmul-add": "Σ input · weight + bias", "conv2d": "Σ pixel under the filter · weight + bias",
	"channel-affine": "x · a + b, of its channel", "channel-affine-relu": "x · a + b, of its channel", "channel-affine-add": "x · a + b + what skipped", "channel-affine-add-relu": "x · a + b + what skipped",
	"add": "x + y", "mul": "x · y", "affine": "x · scale + shift", "sum": "Σ x", "avg-pool": "Σ x / how many the window has",
	"reshape": "the same number in another shape", "broadcast": "the same number, repeated", "concat": "the same number, joined", "square": "x · x",
	"relu": "x, or 0 if that is less", "sigmoid": "1 / (1 + exp(-x))", "tanh": "tanh x", "exp": "exp x", "log": "log x", "sqrt": "√x", "abs": "|x|",
}

// gate is the function that follows an operation's sum.
func gate(op string) string {
	switch op {
	case "relu", "sigmoid", "tanh", "exp", "log", "sqrt", "abs":
		return op
	}
	if strings.HasSuffix(op, "-relu") {
		return "relu"
	}
	return ""
}

// apply computes such a function.
func apply(then string, x float64) float64 {
	switch then {
	case "relu":
		return max(x, 0)
	case "sigmoid":
		return 1 / (1 + math.Exp(-x))
	case "tanh":
		return math.Tanh(x)
	case "exp":
		return math.Exp(x)
	case "log":
		return math.Log(x)
	case "-log":
		return -math.Log(x)
	case "sqrt":
		return math.Sqrt(x)
	case "abs":
		return math.Abs(x)
	case "reciprocal":
		return 1 / x
	}
	return x
}

// settle sorts the terms, the greatest first whatever their sign, adds them up, and
// puts all but the first most into the rest.
func (u *Unfolding) settle(most int) {
	slices.SortStableFunc(u.Terms, func(a, b Term) int {
		if u.Then == "max" {
			return cmp.Compare(b.Value, a.Value)
		}
		return cmp.Compare(math.Abs(b.Value), math.Abs(a.Value))
	})
	for i, t := range u.Terms {
		u.Sum += t.Value
		if i >= most {
			u.Rest.Terms++
			u.Rest.Sum += t.Value
		}
	}
	if u.Then == "max" && len(u.Terms) > 0 {
		u.Sum = u.Terms[0].Value
	}
	u.Terms = u.Terms[:min(len(u.Terms), most)]
	u.Result = apply(u.Then, u.Sum)
}

// Backward unfolds a gradient: how the loss changes with a number, as the sum of what
// comes back from everything that was computed from it.
func (g *Graph) Backward(node, index, most int) (*Unfolding, error) {
	of, err := g.Number(node, index)
	if err != nil {
		return nil, err
	}
	if g.Loss < 0 {
		return nil, invalid("without a label there is no loss, and so no gradient")
	}
	u := &Unfolding{Of: of, Terms: []Term{}, Formula: "Σ gradient at what was computed from it · how much that changes with it"}
	if dv := g.Gradients(node); dv != nil {
		u.Value = float64(dv[index])
	}
	if node == g.Loss {
		u.Formula, u.Sum, u.Result = "the loss changes with itself as 1 to 1", 1, 1
		return u, nil
	}
	for later := range g.Nodes {
		for k, from := range g.Nodes[later].From {
			if from == node && g.Gradients(later) != nil {
				if err := g.back(u, later, k, index); err != nil {
					return nil, err
				}
			}
		}
	}
	u.settle(most)
	return u, nil
}

// back adds the terms that come back through one operation to element index of its
// operand k.
func (g *Graph) back(u *Unfolding, node, k, index int) error {
	op, from := g.Nodes[node].Op, g.Nodes[node].From
	dz, z := g.Gradients(node), g.Values(node)
	term := func(j int, b *Number, factor float64) {
		if value := float64(dz[j]) * factor; value != 0 {
			a := g.number(node, j)
			u.Terms = append(u.Terms, Term{A: &a, Gradient: true, AValue: float64(dz[j]), B: b, Factor: factor, Value: value})
		}
	}
	switch op {
	case "softmax", "log-softmax":
		classes := g.shape(node)[1]
		own := float64(z[index])
		if op == "log-softmax" {
			own = math.Exp(own)
		}
		for j := index / classes * classes; j < (index/classes+1)*classes; j++ {
			same := 0.0
			if j == index {
				same = 1
			}
			if op == "softmax" {
				term(j, nil, float64(z[j])*(same-own))
			} else {
				term(j, nil, same-own)
			}
		}
		return nil
	case "cross-entropy":
		classes := g.shape(from[0])[1]
		p, row := 0.0, g.Values(from[0])[index/classes*classes:]
		for _, v := range row[:classes] {
			p += math.Exp(float64(v - g.Values(from[0])[index]))
		}
		p = 1 / p
		if index%classes == g.label {
			p--
		}
		term(index/classes, nil, p)
		return nil
	case "max-pool":
		w := g.vars[node].Window()
		x := g.Values(from[0])
		best := map[int]int{}
		places(g.shape(node), g.shape(from[0]), w.Size, pair(w.Stride), w.Pad, pair(w.Dilation), func(j, _, _, i int) {
			if old, ok := best[j]; !ok || x[i] > x[old] {
				best[j] = i
			}
		})
		for j := range len(z) {
			if best[j] == index {
				term(j, nil, 1)
			}
		}
		return nil
	case "div":
		return invalid("the operation %s cannot be unfolded backward", op)
	}
	if !g.linear(node, func(l link) {
		slope := 1.0
		if l.a == k && l.i == index || l.b == k && l.m == index {
			slope = slopeOf(gate(op), float64(z[l.j]), float64(g.Values(from[0])[min(l.j, len(g.Values(from[0]))-1)]))
		}
		if l.a == k && l.i == index {
			if l.b < 0 {
				term(l.j, nil, l.c*slope)
			} else {
				b := g.number(from[l.b], l.m)
				term(l.j, &b, float64(g.Values(from[l.b])[l.m])*slope)
			}
		}
		if l.b == k && l.m == index {
			a := g.number(from[l.a], l.i)
			term(l.j, &a, float64(g.Values(from[l.a])[l.i])*slope)
		}
	}) {
		return invalid("the operation %s cannot be unfolded backward", op)
	}
	return nil
}

// slopeOf is how much a gate's result z changes with x, its sum.
func slopeOf(then string, z, x float64) float64 {
	switch then {
	case "relu":
		if z > 0 {
			return 1
		}
		return 0
	case "sigmoid":
		return z * (1 - z)
	case "tanh":
		return 1 - z*z
	case "exp":
		return z
	case "log":
		return 1 / x
	case "sqrt":
		return 1 / (2 * z)
	case "abs":
		if x < 0 {
			return -1
		}
		return 1
	}
	return 1
}
