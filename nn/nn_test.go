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

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*max(1, math.Abs(b)) }

// shapeSaid returns the text of the *tensor.ShapeError that f panics with.
func shapeSaid(t *testing.T, f func()) (text string) {
	t.Helper()
	defer func() {
		r := recover()
		e, ok := r.(*tensor.ShapeError)
		if !ok {
			t.Errorf("got %v, want a panic with a *tensor.ShapeError", r)
			return
		}
		text = e.Error()
	}()
	f()
	return ""
}

// The losses of two images and three classes, computed by hand.
func TestLosses(t *testing.T) {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	sq := func(x float64) float64 { return x * x }
	// The logits are logarithms, so the softmaxes are 1/4 1/4 1/2 and 1/3 1/3 1/3.
	z := []float64{math.Log(1), math.Log(1), math.Log(2), 0, 0, 0}
	labels := []int32{2, 0}
	want := map[string]float64{
		"cross-entropy": (math.Log(2) + math.Log(3)) / 2,
		"softmax-mse":   (2*sq(0.25) + sq(0.5) + sq(2.0/3) + 2*sq(1.0/3)) / 6,
		"sigmoid-mse":   (2*sq(0.5) + sq(1-sigmoid(math.Log(2))) + 3*sq(0.5)) / 6,
	}
	for _, mem := range []*tensor.Memory{tensor.CPU, tensor.On(ref.New())} {
		for name, value := range want {
			loss, err := nn.LossByName(name)
			if err != nil {
				t.Fatal(err)
			}
			tape := autograd.NewTapeOn(mem)
			x := tape.Watch(tensor.Of(mem, z, 2, 3))
			l := loss(x, tensor.Of(mem, labels, 2))
			if got := l.Value().Item(); !near(got, value) || l.Value().Rank() != 0 {
				t.Errorf("%s is %v, want %v", name, got, value)
			}
			if name != "cross-entropy" {
				continue
			}
			got := l.Backward().At(x).Float64s()
			for i, g := range []float64{0.25, 0.25, -0.5, -2.0 / 3, 1.0 / 3, 1.0 / 3} { // (softmax - onehot) / n
				if !near(got[i], g/2) {
					t.Errorf("the gradient of cross-entropy is %v at %d, want %v", got[i], i, g/2)
				}
			}
		}
	}
	if len(want) != len(nn.Losses) {
		t.Errorf("%d losses are tested, there are %d", len(want), len(nn.Losses))
	}
	if _, err := nn.LossByName("mse"); err == nil || err.Error() != `there is no loss "mse"; choose sigmoid-mse, softmax-mse or cross-entropy` {
		t.Errorf("an unknown loss: %v", err)
	}
}

// However sure the model is, right or wrong, the loss and its gradient stay
// finite numbers.
func TestLossesAreStable(t *testing.T) {
	for name, loss := range nn.Losses {
		for _, scale := range []float32{1, 100, 1e4} {
			tape := autograd.NewTape()
			x := tape.Watch(tensor.FromFloats([]float32{scale, -scale, 0, scale, -scale, 0, scale, scale, scale, -scale, -scale, -scale}, 4, 3))
			l := loss(x, tensor.FromInts([]int32{0, 1, 2, 0}, 4))
			all := append(l.Backward().At(x).Float64s(), l.Value().Item())
			for _, v := range all {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%s of logits ±%g: gradient and loss %v", name, scale, all)
					break
				}
			}
		}
	}
	x := autograd.Const(tensor.FromFloats([]float32{1e4, -1e4}, 1, 2))
	if got := nn.CrossEntropy(x, tensor.FromInts([]int32{1}, 1)).Value().Item(); got != 2e4 {
		t.Errorf("a sure mistake costs %v, want 20000", got)
	}
}

// Where a loss has no value it says so: an infinity never passes for a number.
func TestInfiniteLogits(t *testing.T) {
	inf := math.Inf(1)
	for _, mem := range []*tensor.Memory{tensor.CPU, tensor.On(ref.New())} {
		for _, c := range []struct {
			logits []float64 // of label 0
			want   float64
		}{
			{[]float64{0, -inf, 0}, math.Ln2},
			{[]float64{-inf, 0, 0}, inf},
			{[]float64{inf, 0, 0}, math.NaN()},
			{[]float64{-inf, -inf, -inf}, math.NaN()},
			{[]float64{0, math.NaN(), 0}, math.NaN()},
		} {
			got := nn.CrossEntropy(autograd.Const(tensor.Of(mem, c.logits, 1, 3)), tensor.Of(mem, []int32{0}, 1)).Value().Item()
			if got != c.want && !near(got, c.want) && !(math.IsNaN(got) && math.IsNaN(c.want)) {
				t.Errorf("cross-entropy of %v is %v, want %v", c.logits, got, c.want)
			}
		}
	}
}

func TestALossNeverBroadcasts(t *testing.T) {
	ints := func(n int) *tensor.Tensor { return tensor.FromInts(make([]int32, n), n) }
	for name, loss := range nn.Losses {
		for _, c := range []struct {
			logits []int
			labels *tensor.Tensor
			shapes string
		}{
			{[]int{8, 1}, ints(8), "(8, 1) x (8,)"},
			{[]int{8}, ints(8), "(8,) x (8,)"},
			{[]int{8, 3}, ints(1), "(8, 3) x (1,)"},
			{[]int{1, 3}, ints(8), "(1, 3) x (8,)"},
			{[]int{8, 3}, ints(8).Reshape(8, 1), "(8, 3) x (8, 1)"},
			{[]int{8, 3}, ints(1).Reshape(), "(8, 3) x ()"},
		} {
			got := shapeSaid(t, func() { loss(autograd.Const(tensor.Zeros(c.logits...)), c.labels) })
			if !strings.HasPrefix(got, "["+name+"] "+c.shapes+": wants predictions (n, classes)") || !strings.Contains(got, "does not broadcast") {
				t.Errorf("said %q", got)
			}
		}
	}
}

func TestLinear(t *testing.T) {
	mem := tensor.CPU
	l := nn.NewLinear("hidden", 3, 2, func(_ int, shape ...int) *tensor.Tensor { return mem.Full(0, shape...) })
	tensor.Set(l.Weight.Value, []float32{1, 2, 3, 4, 5, 6})
	tensor.Set(l.Bias.Value, []float32{100, 200})
	got := l.Forward(autograd.Const(tensor.FromFloats([]float32{1, 0, 0, 1, 1, 1}, 2, 3))).Value()
	if !slices.Equal(got.Float32s(), []float32{101, 202, 109, 212}) {
		t.Errorf("x·W + b is %v", got)
	}
	bare := nn.NewLinearNoBias("bare", 3, 2, func(_ int, shape ...int) *tensor.Tensor { return mem.Full(2, shape...) })
	if got := bare.Forward(autograd.Const(tensor.Ones(1, 3))).Value(); !slices.Equal(got.Float32s(), []float32{6, 6}) || len(bare.Params()) != 1 {
		t.Errorf("x·W is %v, with %d parameters", got, len(bare.Params()))
	}
	for text, shape := range map[string][]int{
		"[hidden] (4, 1, 1, 3) x (3, 2): the layer wants (n, 3); flatten each image first, with Flatten": {4, 1, 1, 3},
		"[hidden] (3,) x (3, 2): the layer wants (n, 3); one image is a batch of one: Reshape(1, 3)":     {3},
		"[hidden] (4, 5) x (3, 2): the layer wants (n, 3)":                                               {4, 5},
		"[hidden] () x (3, 2): the layer wants (n, 3)":                                                   {},
	} {
		if got := shapeSaid(t, func() { l.Forward(autograd.Const(tensor.Zeros(shape...))) }); got != text {
			t.Errorf("said\n%s\nwant\n%s", got, text)
		}
	}
}

func TestSequential(t *testing.T) {
	init := nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 2)))
	m := nn.Sequential{nn.Flatten, nn.NewLinear("a", 4, 3, init), nn.ReLU, nn.Sequential{nn.NewLinear("b", 3, 2, init), nn.Tanh}}
	var names []string
	for _, p := range m.Params() {
		names = append(names, fmt.Sprint(p.Name, p.Value.Shape()))
	}
	if want := []string{"a.weight[4 3]", "a.bias[3]", "b.weight[3 2]", "b.bias[2]"}; !slices.Equal(names, want) {
		t.Errorf("parameters %v, want %v", names, want)
	}
	x := tensor.Ones(5, 1, 2, 2)
	got := m.Forward(autograd.Const(x)).Value()
	p := m.Params()
	want := x.Reshape(5, 4).MatMul(p[0].Value).Add(p[1].Value).ReLU().MatMul(p[2].Value).Add(p[3].Value).Tanh()
	if !slices.Equal(got.Shape(), []int{5, 2}) || got.Sub(want).Abs().Max().Item() > 1e-6 {
		t.Errorf("forward gives %v, want %v", got, want)
	}
	one := nn.Sigmoid.Forward(autograd.Const(tensor.Zeros(1)))
	if one.Value().Item() != 0.5 || nn.Sigmoid.Params() != nil {
		t.Error("sigmoid(0) is not 0.5, or sigmoid has parameters")
	}
}

func TestInit(t *testing.T) {
	w := nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 2)))(100, 100, 50)
	if least, most := w.Min().Item(), w.Max().Item(); least < -0.1 || most > 0.1 || least > -0.09 || most < 0.09 {
		t.Errorf("100 inputs: weights from %v to %v, want ±0.1", least, most)
	}
	n := nn.StandardNormal(tensor.CPU, rand.New(rand.NewPCG(1, 2)))(100, 100, 50)
	if v := n.Square().Mean().Item(); v < 0.9 || v > 1.1 {
		t.Errorf("the variance of standard normal weights is %v", v)
	}
}
