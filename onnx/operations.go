package onnx

import (
	"slices"

	"inkling/autograd"
)

// direct are the operations that are one operator, with the same operands.
var direct = map[string]string{
	"add": "Add", "mul": "Mul", "div": "Div", "matmul": "MatMul", "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "abs": "Abs",
	"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu",
}

// operation writes one operation down.
func (t *tracer) operation(v *autograd.Var) {
	x := v.Operands()
	if op, ok := direct[v.Op()]; ok {
		var inputs []string
		for _, operand := range x {
			inputs = append(inputs, t.of(operand))
		}
		t.emit(v, op, inputs)
		return
	}
	switch v.Op() {
	case "square":
		t.emit(v, "Mul", []string{t.of(x[0]), t.of(x[0])})
	case "affine":
		t.affine(v)
	case "matmul-add":
		t.product(v)
	case "sum":
		t.sum(v)
	case "max":
		t.reduce(v, "ReduceMax", x[0])
	case "softmax", "log-softmax":
		op := map[string]string{"softmax": "Softmax", "log-softmax": "LogSoftmax"}[v.Op()]
		t.emit(v, op, []string{t.of(x[0])}, number("axis", int64(v.Axes()[0])))
	case "concat":
		t.emit(v, "Concat", []string{t.of(x[0]), t.of(x[1])}, number("axis", int64(v.Axes()[0])))
	case "transpose":
		t.emit(v, "Transpose", []string{t.of(x[0])}, numbers("perm", v.Axes()...))
	case "reshape":
		t.reshape(v)
	case "broadcast":
		t.broadcast(v)
	case "conv2d":
		t.convolution(v)
	case "max-pool", "avg-pool":
		t.pool(v)
	case "channel-affine", "channel-affine-relu", "channel-affine-add", "channel-affine-add-relu":
		t.channels(v)
	default:
		t.refuse(v, "has no counterpart there yet")
	}
}

// affine is scale*x + shift: a mean where x is a sum that it divides.
func (t *tracer) affine(v *autograd.Var) {
	x := v.Operands()[0]
	if t.averaged[x] == v {
		t.mean(v, x)
		return
	}
	scale, shift, _ := v.Factors()
	name := t.of(x)
	switch {
	case scale == -1:
		name = t.emit(v, "Neg", []string{name})
	case scale != 1:
		name = t.emit(v, "Mul", []string{name, t.scalar("scale", scale)})
	}
	if shift != 0 {
		name = t.emit(v, "Add", []string{name, t.scalar("shift", shift)})
	}
	t.names[v] = name
}

// product is x·y + b, for matrices one operator.
func (t *tracer) product(v *autograd.Var) {
	x := v.Operands()
	if len(x[0].Shape()) == 2 && len(x[1].Shape()) == 2 {
		t.emit(v, "Gemm", []string{t.of(x[0]), t.of(x[1]), t.of(x[2])})
		return
	}
	t.emit(v, "Add", []string{t.emit(v, "MatMul", []string{t.of(x[0]), t.of(x[1])}), t.of(x[2])})
}

// sum is left to the mean that it is a part of.
func (t *tracer) sum(v *autograd.Var) {
	if t.averaged[v] != nil {
		return
	}
	x := v.Operands()[0]
	axes := t.free("axes")
	t.graph.Weights = append(t.graph.Weights, Ints(axes, int64s(v.Axes())...))
	t.emit(v, "ReduceSum", []string{t.of(x), axes}, number("keepdims", keepdims(v, x)))
}

func keepdims(v, x *autograd.Var) int64 {
	if len(v.Shape()) == len(x.Shape()) {
		return 1
	}
	return 0
}

func int64s(v []int) []int64 {
	var all []int64
	for _, x := range v {
		all = append(all, int64(x))
	}
	return all
}

// mean is that of maps, or of any axes.
func (t *tracer) mean(v, sum *autograd.Var) {
	x := sum.Operands()[0]
	if len(v.Shape()) == 4 && slices.Equal(sum.Axes(), []int{2, 3}) {
		t.emit(v, "GlobalAveragePool", []string{t.of(x)})
		return
	}
	t.reduceAlong(v, "ReduceMean", x, sum.Axes(), keepdims(sum, x))
}

func (t *tracer) reduce(v *autograd.Var, op string, x *autograd.Var) {
	t.reduceAlong(v, op, x, v.Axes(), keepdims(v, x))
}

// reduceAlong names the axes as an attribute, and since opset 18 as an input.
func (t *tracer) reduceAlong(v *autograd.Var, op string, x *autograd.Var, axes []int, keep int64) {
	if t.opset < 18 {
		t.emit(v, op, []string{t.of(x)}, numbers("axes", axes...), number("keepdims", keep))
		return
	}
	name := t.free("axes")
	t.graph.Weights = append(t.graph.Weights, Ints(name, int64s(axes)...))
	t.emit(v, op, []string{t.of(x), name}, number("keepdims", keep))
}

// reshape keeps the axis of images: a 0 in a shape means the operand's own size.
func (t *tracer) reshape(v *autograd.Var) {
	x := v.Operands()[0]
	from, to := t.ofImages(x), t.ofImages(v)
	if from && to && len(v.Shape()) == 2 {
		t.emit(v, "Flatten", []string{t.of(x)}, number("axis", 1))
		return
	}
	shape := int64s(v.Shape())
	switch {
	case from != to:
		t.refuse(v, "mixes the axis of images with another")
	case to:
		shape[0] = 0
	}
	name := t.free("shape")
	t.graph.Weights = append(t.graph.Weights, Ints(name, shape...))
	t.emit(v, "Reshape", []string{t.of(x), name})
}

// broadcast repeats axes: a 1 in the shape leaves the operand's.
func (t *tracer) broadcast(v *autograd.Var) {
	x := v.Operands()[0]
	shape := int64s(v.Shape())
	if t.ofImages(v) {
		if !t.ofImages(x) || len(x.Shape()) != len(shape) {
			t.refuse(v, "repeats something for each image")
		}
		shape[0] = 1
	}
	name := t.free("shape")
	t.graph.Weights = append(t.graph.Weights, Ints(name, shape...))
	t.emit(v, "Expand", []string{t.of(x), name})
}

// window says how a kernel of size slides over maps of x's shape to give v's. The format
// has padding on all four sides: after the map there is as much as before, unless the
// window rounds the places up.
func window(v, x *autograd.Var, size [2]int) []Attribute {
	g := v.Window()
	var stride, dilation, before, after [2]int
	for a := range 2 {
		stride[a], dilation[a], before[a], after[a] = max(g.Stride[a], 1), max(g.Dilation[a], 1), g.Pad[a], g.Pad[a]
		room := x.Shape()[2+a] + before[a] - dilation[a]*(size[a]-1) - 1 // for the first tap to move in, without the padding after the map
		last := (v.Shape()[2+a] - 1) * stride[a]
		if room+after[a] < 0 || (room+after[a])/stride[a]*stride[a] != last {
			after[a] = max(last-room, 0)
		}
	}
	list := []Attribute{
		numbers("kernel_shape", size[:]...), numbers("strides", stride[:]...), numbers("pads", before[0], before[1], after[0], after[1]),
	}
	if dilation != [2]int{1, 1} {
		list = append(list, numbers("dilations", dilation[:]...))
	}
	return list
}

func (t *tracer) convolution(v *autograd.Var) {
	x := v.Operands()
	filters := x[1].Shape()
	inputs := []string{t.of(x[0]), t.of(x[1])}
	if len(x) == 3 {
		inputs = append(inputs, t.of(x[2]))
	}
	attributes := window(v, x[0], [2]int{filters[2], filters[3]})
	if g := v.Window().Groups; g > 1 {
		attributes = append(attributes, number("group", int64(g)))
	}
	t.emit(v, "Conv", inputs, attributes...)
}

func (t *tracer) pool(v *autograd.Var) {
	x := v.Operands()[0]
	g := v.Window()
	switch whole := [2]int{x.Shape()[2], x.Shape()[3]}; {
	case v.Op() == "max-pool" && g.Size == whole && g.Pad == [2]int{} && v.Shape()[2] == 1 && v.Shape()[3] == 1:
		t.emit(v, "GlobalMaxPool", []string{t.of(x)})
	case v.Op() == "max-pool":
		t.emit(v, "MaxPool", []string{t.of(x)}, window(v, x, g.Size)...)
	case g.Dilation[0] > 1 || g.Dilation[1] > 1:
		t.refuse(v, "has a dilation, and the format has none for it")
	default: // padding counts as zeros
		t.emit(v, "AveragePool", []string{t.of(x)}, append(window(v, x, g.Size), number("count_include_pad", 1))...)
	}
}

// channels is x*scale[c] + shift[c] + skip, then a relu: a batch norm that no convolution
// comes before. The factors lie along the second axis.
func (t *tracer) channels(v *autograd.Var) {
	x := v.Operands()
	shape := []int{len(x[1].Value().Float32s())}
	for range len(x[0].Shape()) - 2 {
		shape = append(shape, 1)
	}
	name := t.emit(v, "Mul", []string{t.of(x[0]), t.weight(x[1], "scale", shape...)})
	name = t.emit(v, "Add", []string{name, t.weight(x[2], "shift", shape...)})
	relu := v.Op() == "channel-affine-relu" || v.Op() == "channel-affine-add-relu"
	if len(x) == 4 {
		name = t.emit(v, "Add", []string{name, t.of(x[3])})
	}
	if relu {
		t.emit(v, "Relu", []string{name})
	}
}
