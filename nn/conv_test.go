package nn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/device/ref"
	"inkling/nn"
	"inkling/tensor"
)

var truth = tensor.On(ref.New())

// drawn returns an Init of numbers from -1 to 1 on the reference device.
func drawn(seed uint64) nn.Init {
	rng := rand.New(rand.NewPCG(seed, 0))
	return func(_ int, shape ...int) *tensor.Tensor { return truth.Uniform(rng, -1, 1, shape...) }
}

func pixels(seed uint64, shape ...int) *tensor.Tensor {
	return truth.Uniform(rand.New(rand.NewPCG(seed, 1)), -1, 2, shape...)
}

func closeTo(a, b *tensor.Tensor, tolerance float64) bool {
	return slices.Equal(a.Shape(), b.Shape()) && slices.EqualFunc(a.Float64s(), b.Float64s(), func(x, y float64) bool { return math.Abs(x-y) <= tolerance })
}

func names(params []*autograd.Param) (all []string) {
	for _, p := range params {
		all = append(all, fmt.Sprint(p.Name, p.Value.Shape()))
	}
	return all
}

// worn gives the running statistics of a model's batch norms values of their own.
func worn(l nn.Layer) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, b := range nn.Buffers(l) {
		b.Value.CopyFrom(truth.Uniform(rng, 0.5, 2, b.Value.Shape()...))
	}
}

func TestConv2D(t *testing.T) {
	l := nn.NewConv2D("conv1", 4, 6, tensor.Window{Size: [2]int{3, 2}, Groups: 2, Pad: [2]int{1, 0}}, drawn(1))
	if got := names(l.Params()); !slices.Equal(got, []string{"conv1.weight[6 2 3 2]", "conv1.bias[6]"}) {
		t.Errorf("parameters %v", got)
	}
	if w := l.Weight.Value; !slices.Equal(w.Strides(), []int{1, 6, 24, 12}) {
		t.Errorf("filters of shape %v have strides %v", w.Shape(), w.Strides())
	}
	x := pixels(2, 3, 4, 5, 5)
	got := l.Forward(autograd.Const(x)).Value()
	if want := x.Conv2D(l.Weight.Value, l.Bias.Value, l.Window); !closeTo(got, want, 0) || !slices.Equal(got.Shape(), []int{3, 6, 5, 4}) {
		t.Errorf("forward gives shape %v, or other numbers", got.Shape())
	}
	bare := nn.NewConv2DNoBias("conv1", 4, 6, l.Window, drawn(1))
	if got := names(bare.Params()); !slices.Equal(got, []string{"conv1.weight[6 2 3 2]"}) {
		t.Errorf("parameters without bias: %v", got)
	}
	zero := l.Bias.Value.Reshape(1, 6, 1, 1)
	if !closeTo(bare.Forward(autograd.Const(x)).Value().Add(zero), got, 1e-12) {
		t.Error("a convolution without bias, plus that, is another one")
	}
	if got, want := shapeSaid(t, func() { l.Forward(autograd.Const(pixels(1, 2, 3, 5, 5))) }), "[conv1] (2, 3, 5, 5) x (6, 2, 3, 2): the layer wants images of 4 channels, (n, 4, h, w)"; got != want {
		t.Errorf("said %s, want %s", got, want)
	}
	// What a file claims costs no memory until its numbers are there.
	one := nn.NewConv2D("huge", 1<<20, 1<<20, tensor.Square(3, 1, 1), func(_ int, shape ...int) *tensor.Tensor { return truth.Scalar(0).BroadcastTo(shape...) })
	if one.Weight.Value.Len() != 9<<40 {
		t.Error("a repeated zero is no filter")
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(r.(string), "3 inputs") {
			t.Errorf("groups that do not divide the inputs: %v", r)
		}
	}()
	nn.NewConv2D("odd", 3, 4, tensor.Window{Size: [2]int{1, 1}, Groups: 2}, drawn(1))
}

func TestBatchNorm(t *testing.T) {
	for _, shape := range [][]int{{8, 3, 4, 5}, {16, 3}, {8, 3, 6}} {
		b := nn.NewBatchNorm("bn", 3, drawn(1))
		if got := names(nn.State(b)); !slices.Equal(got, []string{"bn.weight[3]", "bn.bias[3]", "bn.running_mean[3]", "bn.running_var[3]"}) {
			t.Errorf("state %v", got)
		}
		if len(b.Params()) != 2 {
			t.Error("running statistics are no parameters")
		}
		x := pixels(2, shape...)
		axes := []int{0, 2, 3}[:len(shape)-1]
		y := b.Forward(autograd.NewTapeOn(truth).Input(x)).Value().CopyTo(truth)
		if m, v := y.Mean(axes...), y.Square().Mean(axes...); !closeTo(m, truth.Full(0, 3), 1e-9) || !closeTo(v, truth.Full(1, 3), 1e-4) {
			t.Errorf("%v: after batch norm the means are %v, the variances %v", shape, m, v)
		}
		// The running statistics took over a tenth: the variance as an estimate of
		// that of all images, which divides by one less.
		n := float64(x.Len() / 3)
		mean := x.Mean(axes...)
		variance := x.Square().Mean(axes...).Sub(mean.Square()).Scale(n / (n - 1))
		if !closeTo(b.Mean.Value, mean.Scale(0.1), 1e-12) || !closeTo(b.Variance.Value, variance.Affine(0.1, 0.9), 1e-12) {
			t.Errorf("%v: running mean %v and variance %v", shape, b.Mean.Value, b.Variance.Value)
		}
		// Elsewhere than on a tape that trains they are used, and stay.
		tensor.Set(b.Scale.Value, []float64{1, 2, 3})
		tensor.Set(b.Shift.Value, []float64{-1, 0, 1})
		before := b.Mean.Value.Clone()
		per := func(v *tensor.Tensor) *tensor.Tensor {
			s := []int{3, 1, 1}[:len(shape)-1]
			return v.Reshape(s...)
		}
		want := x.Sub(per(b.Mean.Value)).Div(per(b.Variance.Value.Affine(1, 1e-5).Sqrt())).Mul(per(b.Scale.Value)).Add(per(b.Shift.Value))
		for name, in := range map[string]*autograd.Var{"off the tape": autograd.Const(x), "on a tape that infers": autograd.NewInferenceTapeOn(truth).Input(x)} {
			if got := b.Forward(in).Value(); !closeTo(got, want, 1e-9) {
				t.Errorf("%v, %s: other numbers than the formula's", shape, name)
			}
		}
		if !closeTo(b.Mean.Value, before, 0) {
			t.Error("inference changed the running mean")
		}
	}
	b := nn.NewBatchNorm("layer1.bn", 3, drawn(1))
	if got, want := shapeSaid(t, func() { b.Forward(autograd.Const(pixels(1, 2, 4, 5, 5))) }), "[layer1.bn] (2, 4, 5, 5): the layer wants 3 channels, (n, 3, ...)"; got != want {
		t.Errorf("said %s, want %s", got, want)
	}
}

// A batch of one image of one pixel has no variance; nothing becomes NaN.
func TestBatchNormOfOneElement(t *testing.T) {
	for _, shape := range [][]int{{1, 2}, {1, 2, 1, 1}} {
		b := nn.NewBatchNorm("bn", 2, drawn(1))
		tensor.Set(b.Shift.Value, []float64{3, -4})
		tape := autograd.NewTapeOn(truth)
		x := tape.Watch(tensor.Of(truth, []float64{5, 7}, shape...))
		y := b.Forward(x)
		grads := y.Square().Sum().Backward()
		if got := y.Value().Float64s(); math.Abs(got[0]-3) > 1e-9 || math.Abs(got[1]+4) > 1e-9 {
			t.Errorf("one element becomes %v, want the shift", got)
		}
		if got := grads.At(x).Float64s(); got[0] != 0 || got[1] != 0 {
			t.Errorf("its gradient is %v, want 0: the answer does not depend on it", got)
		}
		if m, v := b.Mean.Value.Float64s(), b.Variance.Value.Float64s(); math.Abs(m[0]-0.5) > 1e-9 || v[0] != 1 || v[1] != 1 {
			t.Errorf("the running statistics became %v and %v", m, v)
		}
	}
}

// block is a residual block as ResNet has it.
func block(name string, in, out, stride int, init nn.Init) *nn.Residual {
	r := &nn.Residual{
		Body: nn.Sequential{
			nn.NewConv2DNoBias(name+".conv1", in, out, tensor.Square(3, stride, 1), init), nn.NewBatchNorm(name+".bn1", out, init), nn.ReLU,
			nn.NewConv2DNoBias(name+".conv2", out, out, tensor.Square(3, 1, 1), init), nn.NewBatchNorm(name+".bn2", out, init),
		},
		ReLU: true,
	}
	if stride != 1 || in != out {
		r.Skip = nn.Sequential{nn.NewConv2DNoBias(name+".down", in, out, tensor.Square(1, stride, 0), init), nn.NewBatchNorm(name+".downbn", out, init)}
	}
	return r
}

var same = nn.Func(func(x *autograd.Var) *autograd.Var { return x })

func TestResidual(t *testing.T) {
	for _, stride := range []int{1, 2} {
		r := block("b", 3, 3, stride, drawn(3))
		worn(r)
		body := r.Body.(nn.Sequential)
		apart := nn.Sequential{body[0], body[1], same, nn.ReLU, body[3], body[4], same} // no fused pass
		parted := &nn.Residual{Body: apart, Skip: r.Skip, ReLU: true}
		x := pixels(4, 2, 3, 5, 6)
		for name, tape := range map[string]*autograd.Tape{"training": autograd.NewTapeOn(truth), "inference": autograd.NewInferenceTapeOn(truth)} {
			in := tape.Watch(x)
			fused, plain := r.Forward(in), parted.Forward(in)
			if !closeTo(fused.Value(), plain.Value(), 1e-9) {
				t.Errorf("stride %d, %s: the fused block gives other numbers", stride, name)
			}
			if op := fused.Op(); !strings.HasSuffix(op, "-add-relu") {
				t.Errorf("stride %d, %s: the last operation is %s", stride, name, op)
			}
			skip := in.Value()
			if r.Skip != nil {
				skip = r.Skip.Forward(in).Value()
			}
			if want := apart.Forward(in).Value().Add(skip).ReLU(); !closeTo(fused.Value(), want, 1e-9) {
				t.Errorf("stride %d, %s: the block is not relu(body + skip)", stride, name)
			}
		}
	}
	r := block("b", 3, 3, 1, drawn(3))
	r.ReLU = false
	x := autograd.Const(pixels(4, 2, 3, 5, 6))
	if got, want := r.Forward(x).Value(), r.Body.Forward(x).Value().Add(x.Value()); !closeTo(got, want, 1e-9) || got.Min().Item() >= 0 {
		t.Error("without a ReLU the block is not body + x")
	}
	want := []string{"b.conv1.weight[4 3 3 3]", "b.bn1.weight[4]", "b.bn1.bias[4]", "b.conv2.weight[4 4 3 3]", "b.bn2.weight[4]", "b.bn2.bias[4]",
		"b.down.weight[4 3 1 1]", "b.downbn.weight[4]", "b.downbn.bias[4]",
		"b.bn1.running_mean[4]", "b.bn1.running_var[4]", "b.bn2.running_mean[4]", "b.bn2.running_var[4]", "b.downbn.running_mean[4]", "b.downbn.running_var[4]"}
	if got := names(nn.State(nn.Sequential{nn.Flatten, nn.Sequential{block("b", 3, 4, 2, drawn(3))}})); !slices.Equal(got, want) {
		t.Errorf("state\n%v, want\n%v", got, want)
	}
	wrong := &nn.Residual{Body: nn.NewConv2D("c", 3, 4, tensor.Square(3, 2, 1), drawn(1))}
	if got := shapeSaid(t, func() { wrong.Forward(autograd.Const(pixels(1, 1, 3, 6, 6))) }); !strings.HasPrefix(got, "[residual] (1, 4, 3, 3) x (1, 3, 6, 6): the body's result and what skips it differ in shape") {
		t.Errorf("said %s", got)
	}
}

func TestSequentialFusesNormAndReLU(t *testing.T) {
	b := nn.NewBatchNorm("bn", 3, drawn(1))
	x := pixels(2, 4, 3, 2, 2)
	tape := autograd.NewTapeOn(truth)
	fused := nn.Sequential{b, nn.ReLU, nn.Flatten}.Forward(tape.Input(x)).Operands()[0]
	if fused.Op() != "batch-norm-relu" {
		t.Errorf("a batch norm and a relu became %s", fused.Op())
	}
	if want := b.Forward(tape.Input(x)).ReLU(); !closeTo(fused.Value(), want.Value(), 1e-12) {
		t.Error("in one pass they give other numbers")
	}
}

func TestFold(t *testing.T) {
	init := drawn(5)
	m := nn.Sequential{
		nn.NewConv2D("conv", 3, 4, tensor.Square(3, 1, 1), init), nn.NewBatchNorm("bn", 4, init), nn.ReLU,
		block("a", 4, 4, 1, init), block("b", 4, 6, 2, init),
		nn.NewConv2D("last", 6, 5, tensor.Square(1, 1, 0), init), nn.ConcatPool,
		nn.NewBatchNorm("head", 10, init), nn.Dropout(0.5), nn.NewLinear("fc", 10, 3, init),
	}
	worn(m)
	for _, p := range m.Params() { // scales and shifts other than 1 and 0
		p.Value.CopyFrom(init(1, p.Value.Shape()...))
	}
	x := autograd.Const(pixels(6, 2, 3, 6, 6))
	want := m.Forward(x).Value()
	folded := nn.Fold(m)
	if got := folded.Forward(x).Value(); !closeTo(got, want, 1e-5) {
		t.Errorf("folded\n%v, before\n%v", got, want)
	}
	if !closeTo(m.Forward(x).Value(), want, 0) {
		t.Error("folding changed the model")
	}
	if got := names(nn.Buffers(folded)); !slices.Equal(got, []string{"head.running_mean[10]", "head.running_var[10]"}) {
		t.Errorf("what is left to normalise: %v", got)
	}
	if got := names(folded.Params())[:2]; !slices.Equal(got, []string{"conv.weight[4 3 3 3]", "conv.bias[4]"}) {
		t.Errorf("parameters begin with %v", got)
	}
	w := folded.Params()[0].Value
	if !slices.Equal(w.Strides(), m.Params()[0].Value.Strides()) {
		t.Errorf("folded filters have strides %v", w.Strides())
	}
}

func TestPoolLayers(t *testing.T) {
	x := autograd.Const(tensor.Of(truth, []float64{1, 2, 3, 4, -1, -2, -3, -6}, 1, 2, 2, 2))
	for name, c := range map[string]struct {
		layer nn.Layer
		shape []int
		want  []float64
	}{
		"max":         {nn.MaxPool(tensor.Square(2, 2, 0)), []int{1, 2, 1, 1}, []float64{4, -1}},
		"mean":        {nn.AvgPool(tensor.Square(2, 2, 0)), []int{1, 2, 1, 1}, []float64{2.5, -3}},
		"global max":  {nn.GlobalMaxPool, []int{1, 2}, []float64{4, -1}},
		"global mean": {nn.GlobalAvgPool, []int{1, 2}, []float64{2.5, -3}},
		"both":        {nn.ConcatPool, []int{1, 4}, []float64{4, -1, 2.5, -3}},
		"dropout":     {nn.Dropout(0.9), []int{1, 2, 2, 2}, []float64{1, 2, 3, 4, -1, -2, -3, -6}},
	} {
		got := c.layer.Forward(x).Value()
		if !slices.Equal(got.Shape(), c.shape) || !slices.Equal(got.Float64s(), c.want) || c.layer.Params() != nil {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	dropped := nn.Dropout(0.9).Forward(autograd.NewTapeOn(truth).Input(truth.Full(1, 1000))).Value()
	if got := dropped.Mean().Item(); got == 1 || got < 0.7 || got > 1.3 {
		t.Errorf("after dropout the mean of ones is %v", got)
	}
}

func TestKaimingNormal(t *testing.T) {
	for name, c := range map[string]struct {
		init     func(mem *tensor.Memory, rng *rand.Rand) nn.Init
		shape    []int
		variance float64
	}{
		"fan in, filters":  {nn.KaimingNormal, []int{64, 32, 3, 3}, 2.0 / 288},
		"fan out, filters": {nn.KaimingNormalFanOut, []int{64, 32, 3, 3}, 2.0 / 576},
		"fan in, linear":   {nn.KaimingNormal, []int{288, 64}, 2.0 / 288},
		"fan out, linear":  {nn.KaimingNormalFanOut, []int{288, 64}, 2.0 / 64},
	} {
		init := c.init(truth, rand.New(rand.NewPCG(1, 2)))
		w := init(288, c.shape...)
		if m, v := w.Mean().Item(), w.Square().Mean().Item(); math.Abs(v/c.variance-1) > 0.05 || m*m > 0.001*v {
			t.Errorf("%s: mean %v, variance %v, want %v", name, m, v, c.variance)
		}
		if b := init(288, 64); b.Abs().Max().Item() != 0 {
			t.Errorf("%s: biases begin with %v", name, b)
		}
	}
}

func TestDirac(t *testing.T) {
	l := nn.NewConv2DNoBias("c", 3, 5, tensor.Square(3, 1, 1), nn.Dirac(drawn(1)))
	x := pixels(1, 2, 3, 4, 4)
	y := l.Forward(autograd.Const(x)).Value()
	if !closeTo(y.Slice(1, 0, 3), x, 0) {
		t.Error("the first outputs are not the image itself")
	}
	if y.Slice(1, 3, 5).Abs().Min().Item() == 0 {
		t.Error("the other outputs were not drawn")
	}
	if got := nn.Dirac(drawn(1))(1, 4).Float64s(); !slices.Equal(got, drawn(1)(1, 4).Float64s()) {
		t.Error("a bias was not drawn")
	}
}

func TestSmoothedCrossEntropy(t *testing.T) {
	z := tensor.Of(truth, []float64{math.Log(1), math.Log(1), math.Log(2), 0, 0, 0}, 2, 3)
	labels := tensor.Of(truth, []int32{2, 0}, 2)
	// With 0.3 shared by three classes the label has 0.8 and the others 0.1.
	want := (0.8*math.Log(2) + 2*0.1*math.Log(4) + math.Log(3)) / 2
	tape := autograd.NewTapeOn(truth)
	x := tape.Watch(z)
	loss := nn.SmoothedCrossEntropy(0.3)(x, labels)
	if got := loss.Value().Item(); math.Abs(got-want) > 1e-9 {
		t.Errorf("the loss is %v, want %v", got, want)
	}
	// The gradient is (softmax - target) / n.
	grad := loss.Backward().At(x).Float64s()
	third := 1.0 / 3
	for i, want := range []float64{(0.25 - 0.1) / 2, (0.25 - 0.1) / 2, (0.5 - 0.8) / 2, (third - 0.8) / 2, (third - 0.1) / 2, (third - 0.1) / 2} {
		if math.Abs(grad[i]-want) > 1e-9 {
			t.Errorf("gradient %d is %v, want %v", i, grad[i], want)
		}
	}
	plain, zero := nn.CrossEntropy(x, labels), nn.SmoothedCrossEntropy(0)(x, labels)
	if math.Abs(plain.Value().Item()-zero.Value().Item()) > 1e-12 {
		t.Error("without smoothing it is not the cross-entropy")
	}
	if got := shapeSaid(t, func() { nn.SmoothedCrossEntropy(0.1)(x, tensor.Of(truth, []int32{1}, 1)) }); !strings.Contains(got, "does not broadcast") {
		t.Errorf("said %s", got)
	}
	for _, eps := range []float64{-0.1, 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("smoothing of %v was taken", eps)
				}
			}()
			nn.SmoothedCrossEntropy(eps)
		}()
	}
}

// The gradient at the pixels of a trained model with batch norm and dropout is
// that of what it answers.
func TestSaliency(t *testing.T) {
	init := drawn(5)
	m := nn.Sequential{nn.NewConv2D("conv", 1, 4, tensor.Square(3, 2, 1), init), nn.NewBatchNorm("bn", 4, init), nn.ReLU, block("b", 4, 4, 2, init), nn.GlobalAvgPool, nn.Dropout(0.5), nn.NewLinear("fc", 4, 3, init)}
	worn(m)
	image := autograd.NewParam("image", pixels(2, 1, 1, 6, 6))
	answer := func() float64 { return m.Forward(autograd.Const(image.Value)).Value().At(0, 1) }
	tape := autograd.NewInferenceTapeOn(truth)
	x := tape.Watch(image.Value)
	grad := m.Forward(x).Mul(tape.Input(tensor.Of(truth, []float64{0, 1, 0}, 3))).Sum().Backward().At(x).Float64s()
	values := image.Value.Float64s()
	const h = 1e-5
	for i, v := range values {
		at := func(d float64) float64 {
			values[i] = v + d
			defer func() { values[i] = v }()
			image.Value = tensor.Of(truth, values, 1, 1, 6, 6)
			return answer()
		}
		if slope := (at(h) - at(-h)) / (2 * h); math.Abs(slope-grad[i]) > 1e-6*max(1, math.Abs(slope)) {
			t.Errorf("pixel %d: gradient %v, slope %v", i, grad[i], slope)
		}
	}
}
