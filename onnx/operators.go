package onnx

import (
	"errors"
	"fmt"
	"slices"

	"inkling/device"
	"inkling/tensor"
)

// operator is one of the format's, as it is read: https://onnx.ai/onnx/operators. run gives
// the first output, and puts others into the call.
type operator struct {
	run         func(c call) (*tensor.Tensor, error)
	since       int64           // the version of the operators from which on it means what is read here; 0 is 7
	least, most int             // inputs; most 0 is any number
	gives       int             // outputs; 0 is 1
	integers    use             // what it does with them
	attributes  map[string]Kind // that it may have
	other       []int           // inputs of a type of their own: shapes, axes
}

// use is what an operator does with integers.
type use int

const (
	refused  use = iota
	asFloats     // computes with them, where floats are exact
	moved        // never looks at them
)

func (o *operator) takes(input int) bool { return slices.Contains(o.other, input) }

// check looks at what a node says of itself, before there are numbers.
func (o operator) check(n *Node, opset int64) error {
	since := o.since
	if since == 0 {
		since = 7 // when operators learned to broadcast as NumPy does
	}
	switch {
	case opset < since:
		return fmt.Errorf("the operators are of version %d; this one is read from version %d on", opset, since)
	case len(n.Outputs) == 0 || n.Outputs[0] == "":
		return errors.New("gives nothing")
	case len(n.Outputs) > max(o.gives, 1):
		return fmt.Errorf("gives %d values; %d are read", len(n.Outputs), max(o.gives, 1))
	case len(n.Inputs) < o.least || o.most > 0 && len(n.Inputs) > o.most:
		return fmt.Errorf("has %d inputs", len(n.Inputs))
	}
	seen := map[string]bool{}
	for _, a := range n.Attributes {
		kind, ok := o.attributes[a.Name]
		switch {
		case !ok:
			return fmt.Errorf("has the attribute %q, which is not read", a.Name)
		case seen[a.Name]:
			return fmt.Errorf("has the attribute %q twice", a.Name)
		case kind != a.Kind:
			return fmt.Errorf("has the attribute %q as kind %d, wanted %d", a.Name, a.Kind, kind)
		}
		seen[a.Name] = true
	}
	return nil
}

// call is a node with the values of its inputs; nil where one is left out.
type call struct {
	*Node
	in, out []*tensor.Tensor
}

func (c *call) attribute(name string) *Attribute {
	for i := range c.Attributes {
		if c.Attributes[i].Name == name {
			return &c.Attributes[i]
		}
	}
	return nil
}

func (c *call) int(name string, usual int) int {
	if a := c.attribute(name); a != nil {
		return int(a.Int)
	}
	return usual
}

func (c *call) float(name string, usual float64) float64 {
	if a := c.attribute(name); a != nil {
		return float64(a.Float)
	}
	return usual
}

// list returns an attribute's integers, nil where there are none.
func (c *call) list(name string) []int {
	var all []int
	if a := c.attribute(name); a != nil {
		for _, v := range a.Ints {
			all = append(all, int(v))
		}
	}
	return all
}

// ints returns an input's integers; nil where it is left out.
func (c *call) ints(input int) ([]int, error) {
	if input >= len(c.in) || c.in[input] == nil {
		return nil, nil
	}
	x := c.in[input]
	if x.DType() != device.Int || x.Rank() != 1 {
		return nil, fmt.Errorf("input %d is of type %v and shape %v; wanted a row of integers", input, x.DType(), x.Shape())
	}
	all := []int{}
	for _, v := range x.Ints() {
		all = append(all, int(v))
	}
	return all, nil
}

// fits returns an error where a value of that shape would be too large.
func fits(shape ...int) error {
	if len(shape) > device.MaxRank {
		return fmt.Errorf("the result would have %d axes; the most is %d", len(shape), device.MaxRank)
	}
	n := 1
	for _, d := range shape {
		if d < 0 || d > 0 && n > maxElements/d {
			return fmt.Errorf("the result would have shape %v, which is more than %d elements", shape, maxElements)
		}
		n *= d
	}
	return nil
}

// together is the shape that x and y have when broadcast, as NumPy does it. Where they do
// not fit it is of no use, and the operation says so.
func together(x, y []int) []int {
	if len(x) < len(y) {
		x, y = y, x
	}
	shape := slices.Clone(x)
	for i, d := range y {
		if at := len(x) - len(y) + i; shape[at] == 1 {
			shape[at] = d
		}
	}
	return shape
}

var operators map[string]operator

func init() { // the table names functions that look into it
	operators = map[string]operator{
		"Abs": ofOne((*tensor.Tensor).Abs), "Exp": ofOne((*tensor.Tensor).Exp), "Log": ofOne((*tensor.Tensor).Log), "Neg": ofOne((*tensor.Tensor).Neg),
		"Relu": ofOne((*tensor.Tensor).ReLU), "Sigmoid": ofOne((*tensor.Tensor).Sigmoid), "Sqrt": ofOne((*tensor.Tensor).Sqrt), "Tanh": ofOne((*tensor.Tensor).Tanh),

		"Add": ofTwo((*tensor.Tensor).Add), "Sub": ofTwo((*tensor.Tensor).Sub), "Mul": ofTwo((*tensor.Tensor).Mul), "Div": ofTwo((*tensor.Tensor).Div),
		"Max": {run: greatest, since: 8, least: 1, integers: asFloats},

		"MatMul": {run: product, least: 2, most: 2},
		"Gemm":   {run: gemm, least: 2, most: 3, attributes: map[string]Kind{"alpha": KindFloat, "beta": KindFloat, "transA": KindInt, "transB": KindInt}},

		"Softmax":    along((*tensor.Tensor).Softmax),
		"LogSoftmax": along((*tensor.Tensor).LogSoftmax),
		"ReduceSum":  reduction((*tensor.Tensor).Sum, (*tensor.Tensor).SumKeep),
		"ReduceMean": reduction((*tensor.Tensor).Mean, (*tensor.Tensor).MeanKeep),
		"ReduceMax":  reduction((*tensor.Tensor).Max, (*tensor.Tensor).MaxKeep),

		"Cast":      {run: cast, least: 1, most: 1, attributes: map[string]Kind{"to": KindInt}, integers: moved},
		"Reshape":   {run: reshape, least: 2, most: 2, attributes: map[string]Kind{"allowzero": KindInt}, integers: moved, other: []int{1}},
		"Flatten":   {run: flatten, least: 1, most: 1, attributes: map[string]Kind{"axis": KindInt}, integers: moved},
		"Transpose": {run: transpose, least: 1, most: 1, attributes: map[string]Kind{"perm": KindInts}, integers: moved},
		"Expand":    {run: expand, since: 8, least: 2, most: 2, integers: moved, other: []int{1}},
		"Concat":    {run: concat, least: 1, attributes: map[string]Kind{"axis": KindInt}, integers: moved},

		"Conv":              {run: convolution, since: 1, least: 2, most: 3, attributes: withWindow("group", KindInt)},
		"MaxPool":           {run: planes(maxPool), since: 1, least: 1, most: 1, gives: 2, integers: asFloats, attributes: withWindow("ceil_mode", KindInt, "storage_order", KindInt)},
		"AveragePool":       {run: planes(averagePool), since: 1, least: 1, most: 1, attributes: withWindow("ceil_mode", KindInt, "count_include_pad", KindInt)},
		"GlobalMaxPool":     {run: wholeMap((*tensor.Tensor).MaxKeep), since: 1, least: 1, most: 1},
		"GlobalAveragePool": {run: wholeMap((*tensor.Tensor).MeanKeep), since: 1, least: 1, most: 1},
	}
}

// withWindow are the attributes of a window and others, each a name and a kind.
func withWindow(others ...any) map[string]Kind {
	all := map[string]Kind{"auto_pad": KindText, "dilations": KindInts, "kernel_shape": KindInts, "pads": KindInts, "strides": KindInts}
	for i := 0; i < len(others); i += 2 {
		all[others[i].(string)] = others[i+1].(Kind)
	}
	return all
}

func ofOne(f func(*tensor.Tensor) *tensor.Tensor) operator {
	return operator{least: 1, most: 1, run: func(c call) (*tensor.Tensor, error) { return f(c.in[0]), nil }}
}

func ofTwo(f func(x, y *tensor.Tensor) *tensor.Tensor) operator {
	return operator{least: 2, most: 2, integers: asFloats, run: func(c call) (*tensor.Tensor, error) {
		if err := fits(together(c.in[0].Shape(), c.in[1].Shape())...); err != nil {
			return nil, err
		}
		return f(c.in[0], c.in[1]), nil
	}}
}

func greatest(c call) (*tensor.Tensor, error) {
	y := c.in[0]
	for _, x := range c.in[1:] {
		if x == nil {
			return nil, errors.New("an input is left out")
		}
		if err := fits(together(y.Shape(), x.Shape())...); err != nil {
			return nil, err
		}
		y = y.Maximum(x)
	}
	return y, nil
}

func product(c call) (*tensor.Tensor, error) {
	x, y := c.in[0].Shape(), c.in[1].Shape()
	if len(x) > 1 && len(y) > 1 {
		shape := together(x[:len(x)-2], y[:len(y)-2])
		if err := fits(append(shape, x[len(x)-2], y[len(y)-1])...); err != nil {
			return nil, err
		}
	}
	return c.in[0].MatMul(c.in[1]), nil
}

// gemm is alpha * x·y + beta * bias.
func gemm(c call) (*tensor.Tensor, error) {
	x, y := c.in[0], c.in[1]
	if x.Rank() != 2 || y.Rank() != 2 {
		return nil, fmt.Errorf("shapes %v and %v; wanted two matrices", x.Shape(), y.Shape())
	}
	if c.int("transA", 0) != 0 {
		x = x.T()
	}
	if c.int("transB", 0) != 0 {
		y = y.T()
	}
	shape := []int{x.Dim(0), y.Dim(1)}
	if err := fits(shape...); err != nil {
		return nil, err
	}
	alpha, beta := c.float("alpha", 1), c.float("beta", 1)
	if len(c.in) < 3 || c.in[2] == nil {
		return x.MatMul(y).Scale(alpha), nil
	}
	bias := c.in[2]
	if !slices.Equal(together(shape, bias.Shape()), shape) {
		return nil, fmt.Errorf("a bias of shape %v for a product of shape %v", bias.Shape(), shape)
	}
	if alpha == 1 && beta == 1 && bias.Rank() == 1 && bias.Dim(0) == shape[1] {
		return x.MatMulAdd(y, bias), nil
	}
	return x.MatMul(y).Scale(alpha).Add(bias.Scale(beta)), nil
}

// along is an operator that works along one axis, by itself the last.
func along(f func(x *tensor.Tensor, axis int) *tensor.Tensor) operator {
	return operator{since: 13, least: 1, most: 1, attributes: map[string]Kind{"axis": KindInt}, run: func(c call) (*tensor.Tensor, error) {
		axes, err := axesOf(c.in[0], c.int("axis", -1))
		if err != nil {
			return nil, err
		}
		return f(c.in[0], axes[0]), nil
	}}
}

// axesOf counts axes from 0 and returns an error where x has no such axis, or one is named
// twice.
func axesOf(x *tensor.Tensor, axes ...int) ([]int, error) {
	var all []int
	for _, a := range axes {
		if a < 0 {
			a += x.Rank()
		}
		if a < 0 || a >= x.Rank() || slices.Contains(all, a) {
			return nil, fmt.Errorf("axes %v of shape %v", axes, x.Shape())
		}
		all = append(all, a)
	}
	return all, nil
}

// reduction folds axes, which are an attribute or an input: all of them where none is named.
func reduction(drop, keep func(x *tensor.Tensor, axes ...int) *tensor.Tensor) operator {
	return operator{
		least: 1, most: 2, other: []int{1}, attributes: map[string]Kind{"axes": KindInts, "keepdims": KindInt, "noop_with_empty_axes": KindInt},
		run: func(c call) (*tensor.Tensor, error) {
			x := c.in[0]
			axes, err := c.ints(1)
			if err != nil {
				return nil, err
			}
			if axes == nil {
				axes = c.list("axes")
			}
			if len(axes) == 0 && c.int("noop_with_empty_axes", 0) != 0 {
				return x, nil
			}
			if axes, err = axesOf(x, axes...); err != nil {
				return nil, err
			}
			if x.Len() == 0 {
				return nil, fmt.Errorf("nothing to fold in shape %v", x.Shape())
			}
			if c.int("keepdims", 1) != 0 {
				return keep(x, axes...), nil
			}
			return drop(x, axes...), nil
		},
	}
}
