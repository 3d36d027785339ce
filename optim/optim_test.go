package optim_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/device/ref"
	"inkling/optim"
	"inkling/tensor"
)

// descent is one parameter and the gradients that it gets, step by step.
type descent struct {
	w    *autograd.Param
	tape *autograd.Tape
}

var double = tensor.On(ref.New()) // float64

func newDescent(mem *tensor.Memory, values ...float64) *descent {
	return &descent{autograd.NewParam("w", tensor.Of(mem, values, len(values))), autograd.NewTapeOn(mem)}
}

// gradients hands f gradients that are exactly dw.
func (d *descent) gradients(f func(autograd.Grads), dw ...float64) {
	defer d.tape.Reset()
	f(d.tape.Input(tensor.Of(d.w.Value.Memory(), dw, len(dw))).Mul(d.w).Sum().Backward())
}

var threeGradients = [][]float64{{0.5, -1, 0.25, 2}, {0.1, 0.3, -0.2, -1.5}, {-0.4, 0.2, 0.05, 1}}

// What torch.optim (PyTorch 1.13, float64) makes of (1, -2, 3, 0.5) in three steps
// with the gradients above.
func TestAgainstPyTorch(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(p []*autograd.Param) optim.Optimizer
		want []float64
	}{
		{"SGD(lr=.1)", func(p []*autograd.Param) optim.Optimizer { return optim.NewSGD(p, 0.1) },
			[]float64{0.98, -1.95, 2.99, 0.35}},
		{"SGD(lr=.1, weight_decay=.01)", func(p []*autograd.Param) optim.Optimizer { return sgd(p, 0, 0.01, false) },
			[]float64{0.977112949, -1.944175898, 2.981038972, 0.3487512995}},
		{"SGD(lr=.1, momentum=.9, weight_decay=.01)", func(p []*autograd.Param) optim.Optimizer { return sgd(p, 0.9, 0.01, false) },
			[]float64{0.880094749, -1.795139498, 2.948509372, 0.1408071995}},
		{"SGD(lr=.1, momentum=.9, weight_decay=.01, nesterov=True)", func(p []*autograd.Param) optim.Optimizer { return sgd(p, 0.9, 0.01, true) },
			[]float64{0.869465558191, -1.760250616382, 2.934804781948, 0.0261991787705}},
		{"Adam(lr=.1)", func(p []*autograd.Param) optim.Optimizer { return optim.NewAdam(p, 0.1) },
			[]float64{0.810325966358212, -1.836764090713717, 2.879883454874021, 0.360915510779027}},
		{"AdamW(lr=.1, betas=(.8, .95), eps=1e-5, weight_decay=.05)", func(p []*autograd.Param) optim.Optimizer {
			o := optim.NewAdam(p, 0.1)
			o.Beta1, o.Beta2, o.Eps, o.Groups[0].Decay = 0.8, 0.95, 1e-5, 0.05
			return o
		}, []float64{0.808496441676383, -1.81964898718383, 2.845108932810851, 0.361618394098923}},
	} {
		d := newDescent(double, 1, -2, 3, 0.5)
		opt := c.make([]*autograd.Param{d.w})
		for _, g := range threeGradients {
			d.gradients(opt.Step, g...)
		}
		if got := d.w.Value.Float64s(); !near(got, c.want, 1e-12) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func sgd(p []*autograd.Param, momentum, decay float64, nesterov bool) *optim.SGD {
	o := optim.NewSGD(p, 0.1)
	o.Momentum, o.Nesterov, o.Groups[0].Decay = momentum, nesterov, decay
	return o
}

func near(got, want []float64, within float64) bool {
	return slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) <= within })
}

// The optimiser of reference/torch_resnet18.py: Adam with betas that move, eps after
// the root, and corrections with the momentum of the moment.
func TestAdamAlongOneCycle(t *testing.T) {
	d := newDescent(double, 1, -2, 3, 0.5)
	opt := optim.NewAdam([]*autograd.Param{d.w}, 0)
	opt.Beta2, opt.Eps, opt.Groups[0].Decay = 0.99, 1e-5, 0.01
	rate, momentum := optim.OneCycle(0.1)
	p, m, v := []float64{1, -2, 3, 0.5}, make([]float64, 4), make([]float64, 4)
	for step, g := range threeGradients {
		lr, mom := rate(float64(step)/3), momentum(float64(step)/3)
		opt.SetRate(lr)
		opt.SetMomentum(mom)
		d.gradients(opt.Step, g...)
		for i := range p {
			p[i] *= 1 - lr*0.01
			m[i] = mom*m[i] + (1-mom)*g[i]
			v[i] = 0.99*v[i] + 0.01*g[i]*g[i]
			t := float64(step + 1)
			p[i] -= lr / (1 - math.Pow(mom, t)) * m[i] / (math.Sqrt(v[i]/(1-math.Pow(0.99, t))) + 1e-5)
		}
	}
	if got := d.w.Value.Float64s(); !near(got, p, 1e-12) {
		t.Errorf("%v, want %v", got, p)
	}
}

func TestAParameterWithoutAGradientStays(t *testing.T) {
	for name, opt := range everyRule() {
		d := newDescent(double, 1, 2)
		idle := autograd.NewParam("idle", double.Full(1, 2))
		o := opt([]*autograd.Param{d.w, idle})
		d.gradients(o.Step, 1, 1)
		if got := idle.Value.Float64s(); !slices.Equal(got, []float64{1, 1}) {
			t.Errorf("%s: it became %v", name, got)
		}
		if got := d.w.Value.Float64s(); got[0] >= 1 || got[1] >= 2 {
			t.Errorf("%s: the other became %v", name, got)
		}
	}
}

// everyRule is the optimisers at their most complicated.
func everyRule() map[string]func(p []*autograd.Param) optim.Optimizer {
	return map[string]func(p []*autograd.Param) optim.Optimizer{
		"sgd":      func(p []*autograd.Param) optim.Optimizer { return sgd(p, 0, 0.1, false) },
		"momentum": func(p []*autograd.Param) optim.Optimizer { return sgd(p, 0.9, 0.1, false) },
		"nesterov": func(p []*autograd.Param) optim.Optimizer { return sgd(p, 0.9, 0.1, true) },
		"adam":     func(p []*autograd.Param) optim.Optimizer { return optim.NewAdam(p, 0.1) },
		"adamw":    func(p []*autograd.Param) optim.Optimizer { return optim.NewAdamW(p, 0.1, 0.1) },
	}
}

func TestGroups(t *testing.T) {
	weight := autograd.NewParam("conv.weight", double.Full(1, 2, 2))
	scale := autograd.NewParam("bn.weight", double.Full(1, 2))
	bias := autograd.NewParam("bn.bias", double.Full(1, 2))
	groups := optim.Groups([]*autograd.Param{weight, scale, bias}, 0.5, 10)
	var got []string
	for _, g := range groups {
		for _, p := range g.Params {
			got = append(got, fmt.Sprintf("%s: rate %g, decay %g", p.Name, g.Rate, g.Decay))
		}
	}
	want := []string{"conv.weight: rate 1, decay 0.5", "bn.weight: rate 1, decay 0", "bn.bias: rate 10, decay 0"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if g := optim.Groups([]*autograd.Param{weight}, 0, 1); len(g) != 1 {
		t.Errorf("one weight makes %d groups", len(g))
	}
	// A step with gradients of 1: weights 1 - 0.1*0.5*1 - 0.1*1; biases ten times as far.
	opt := optim.NewSGD(nil, 0.1)
	opt.Groups = groups
	tape := autograd.NewTapeOn(double)
	ones := tape.Input(double.Full(1, 2, 2))
	opt.Step(ones.Mul(weight).Sum().Add(ones.Mul(scale).Sum().Scale(0.5)).Add(ones.Mul(bias).Sum().Scale(0.5)).Backward())
	for p, want := range map[*autograd.Param]float64{weight: 0.85, scale: 0.9, bias: 0} {
		if got := p.Value.Float64s(); !near(got[:1], []float64{want}, 1e-12) {
			t.Errorf("%s is %v after a step, want %v", p.Name, got, want)
		}
	}
}

// A run that is put back to a state goes on with the same bits, and a state
// taken apart by name fits a new optimiser.
func TestStateRestoresBitForBit(t *testing.T) {
	for name, rule := range everyRule() {
		mem := tensor.On(ref.New())
		d := newDescent(mem, 1, -2, 3, 0.5)
		opt := rule([]*autograd.Param{d.w})
		before := opt.State().Clone()
		if len(before.Tensors) != 0 {
			t.Errorf("%s: a state before the first step has %d tensors", name, len(before.Tensors))
		}
		start := d.w.Value.Clone()
		d.gradients(opt.Step, threeGradients[0]...)
		middle, saved := d.w.Value.Clone(), opt.State().Clone()
		opt.SetRate(0.05)
		opt.SetMomentum(0.8)
		saved.Rate, saved.Momentum = 0.05, 0.8
		finish := func() []float64 {
			d.gradients(opt.Step, threeGradients[1]...)
			d.gradients(opt.Step, threeGradients[2]...)
			return d.w.Value.Float64s()
		}
		want := finish()
		opt = rule([]*autograd.Param{d.w})
		d.w.Value.CopyFrom(middle)
		if err := opt.SetState(saved); err != nil {
			t.Fatal(err)
		}
		if got := finish(); !slices.Equal(got, want) {
			t.Errorf("%s goes on to %v, uninterrupted to %v", name, got, want)
		}
		// Back to before the first step, where nothing is remembered.
		d.w.Value.CopyFrom(start)
		if err := opt.SetState(before); err != nil {
			t.Fatal(err)
		}
		d.gradients(opt.Step, threeGradients[0]...)
		if got := d.w.Value.Float64s(); !slices.Equal(got, middle.Float64s()) {
			t.Errorf("%s from its first state: %v, want %v", name, got, middle)
		}
	}
}

func TestAStateOfOtherParametersIsRefused(t *testing.T) {
	d := newDescent(double, 1, 2)
	opt := optim.NewAdam([]*autograd.Param{d.w}, 0.1)
	d.gradients(opt.Step, 1, 1)
	want := opt.State().Clone()
	for text, change := range map[string]func(s *optim.State){
		"w.square is missing":                    func(s *optim.State) { s.Tensors = s.Tensors[:1] },
		"w.mean has shape [3] instead of [2]":    func(s *optim.State) { s.Tensors[0].Value = double.Full(0, 3) },
		"w.velocity belongs to nothing here":     func(s *optim.State) { s.Tensors[0].Name = "w.velocity" },
		"w.mean is missing; w.velocity belongs ": func(s *optim.State) { s.Tensors[0].Name = "w.velocity" },
	} {
		s := want.Clone()
		s.Rate = 7
		change(&s)
		if err := opt.SetState(s); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("said %v, want %q", err, text)
		}
		if got := opt.State(); got.Rate != 0.1 || !slices.Equal(got.Tensors[0].Value.Float64s(), want.Tensors[0].Value.Float64s()) {
			t.Error("a refused state has changed something")
		}
	}
}

// What is kept beside a parameter lies in memory as the parameter does, so that a
// step walks both in the same order.
func TestStateHasTheParametersLayout(t *testing.T) {
	w := autograd.NewParam("w", double.Full(1, 3, 3, 5, 2).Transpose(3, 2, 0, 1)) // (2, 5, 3, 3), filters' order
	opt := optim.NewAdam([]*autograd.Param{w}, 0.1)
	tape := autograd.NewTapeOn(double)
	opt.Step(tape.Input(double.Full(1, 2, 5, 3, 3)).Mul(w).Sum().Backward())
	for _, x := range append(opt.State().Tensors, opt.State().Clone().Tensors...) {
		if !slices.Equal(x.Value.Shape(), w.Value.Shape()) || !slices.Equal(x.Value.Strides(), w.Value.Strides()) {
			t.Errorf("%s is %v with strides %v; the parameter has %v and %v", x.Name, x.Value.Shape(), x.Value.Strides(), w.Value.Shape(), w.Value.Strides())
		}
	}
}

func TestClipNorm(t *testing.T) {
	mem := tensor.CPU
	a := autograd.NewParam("a", tensor.Ones(2))
	b := autograd.NewParam("b", tensor.Ones(1))
	idle := autograd.NewParam("idle", tensor.Ones(1))
	params := []*autograd.Param{a, b, idle}
	tape := autograd.NewTape()
	grads := tape.Input(tensor.Of(mem, []float32{2, -3}, 2)).Mul(a).Sum().Add(tape.Input(tensor.Of(mem, []float32{6}, 1)).Mul(b).Sum()).Backward()
	if got := optim.ClipNorm(grads, params, 7); math.Abs(got-7) > 1e-6 || grads.Of(b).Item() != 6 {
		t.Errorf("a norm of 7 within the limit: %v, and b's gradient is %v", got, grads.Of(b))
	}
	if got := optim.ClipNorm(grads, params, 3.5); math.Abs(got-7) > 1e-6 {
		t.Errorf("the norm of (2, -3, 6) is said to be %v", got)
	}
	if x, y := grads.Of(a).Float32s(), grads.Of(b).Float32s(); !slices.Equal(x, []float32{1, -1.5}) || !slices.Equal(y, []float32{3}) {
		t.Errorf("clipped to half their norm: %v and %v", x, y)
	}
	if grads.Of(idle) != nil {
		t.Error("a parameter without a gradient got one")
	}
}

func TestClipValue(t *testing.T) {
	tensor.Strict(func(e *tensor.ShapeError) { t.Error(e) })
	defer tensor.Strict(nil)
	d := newDescent(tensor.CPU, 1, 1, 1)
	d.gradients(func(g autograd.Grads) {
		optim.ClipValue(g, []*autograd.Param{d.w}, 0.5)
		if got := g.Of(d.w).Float32s(); !slices.Equal(got, []float32{0.25, -0.5, 0.5}) {
			t.Errorf("clipped to %v", got)
		}
	}, 0.25, -3, 7)
}

// One tensor may be the gradient of two parameters: clipping must not count twice.
func TestClippingSharedGradients(t *testing.T) {
	a, b := autograd.NewParam("a", tensor.Ones(1)), autograd.NewParam("b", tensor.Ones(1))
	tape := autograd.NewTape()
	x := tape.Input(tensor.Of(tensor.CPU, []float32{0}, 1))
	grads := x.Add(a).Add(b).Sum().Scale(8).Backward()
	optim.ClipNorm(grads, []*autograd.Param{a, b}, math.Sqrt(2))
	if x, y := grads.Of(a).Item(), grads.Of(b).Item(); math.Abs(x-1) > 1e-6 || math.Abs(y-1) > 1e-6 {
		t.Errorf("gradients of 8 and 8, clipped to norm sqrt 2: %v and %v", x, y)
	}
}

func TestEMA(t *testing.T) {
	w, mean := autograd.NewParam("w", double.Full(1, 1)), autograd.NewParam("running_mean", double.Full(0, 1))
	e := optim.NewEMA([]*autograd.Param{w, mean}, 0.25)
	average, want := 1.0, 0.0
	for t, v := range []float64{2, 4, 8} {
		w.Value.Fill(v)
		mean.Value.Fill(-v)
		e.Update()
		d := min(0.25, float64(2+t)/float64(11+t))
		average = d*average + (1-d)*v
		want = d*want - (1-d)*v
	}
	e.Apply()
	e.Apply()
	if got := w.Value.Item(); math.Abs(got-average) > 1e-12 || math.Abs(mean.Value.Item()-want) > 1e-12 {
		t.Errorf("averages %v and %v, want %v and %v", got, mean.Value.Item(), average, want)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("an update of applied averages did not panic")
			}
		}()
		e.Update()
	}()
	e.Restore()
	e.Restore()
	if w.Value.Item() != 8 || mean.Value.Item() != -8 {
		t.Errorf("restored to %v and %v, want 8 and -8", w.Value.Item(), mean.Value.Item())
	}
	// A new average goes on from the state of the old one.
	f := optim.NewEMA([]*autograd.Param{w, mean}, 0.25)
	if err := f.SetState(e.State()); err != nil {
		t.Fatal(err)
	}
	f.Apply()
	if got := w.Value.Item(); math.Abs(got-average) > 1e-12 {
		t.Errorf("from its state the average is %v, want %v", got, average)
	}
	f.Restore()
	e.Reset()
	e.Apply()
	if w.Value.Item() != 8 {
		t.Errorf("after Reset the average is %v, want the value, 8", w.Value.Item())
	}
}

// A step makes no garbage beyond headers: what is kept is changed in place.
func TestAStepMakesNoGarbage(t *testing.T) {
	d := newDescent(tensor.CPU, make([]float64, 1000)...)
	opt := sgd([]*autograd.Param{d.w}, 0.9, 0.1, true)
	ema := optim.NewEMA([]*autograd.Param{d.w}, 0.9)
	d.gradients(func(g autograd.Grads) {
		if n := testing.AllocsPerRun(10, func() { opt.Step(g); ema.Update() }); n > 1 {
			t.Errorf("%v allocations a step", n)
		}
	}, make([]float64, 1000)...)
}
