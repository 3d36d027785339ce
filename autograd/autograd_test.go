package autograd_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/device/ref"
	"inkling/tensor"
)

var truth = tensor.On(ref.New())

type v = *autograd.Var
type p = *autograd.Param

func TestGradients(t *testing.T) {
	index := tensor.Of(truth, []int32{2, 0, 2}, 3)
	labels := tensor.Of(truth, []int32{1, 0, 3}, 3)
	checkGradients(t, []differentiable{
		{"add", [][]int{{3, 4}, {4}}, func(x v, y, _ p) v { return x.Add(y) }},
		{"sub", [][]int{{3, 1}, {2, 1, 4}}, func(x v, y, _ p) v { return x.Sub(y) }},
		{"mul", [][]int{{3, 4}, {3, 1}}, func(x v, y, _ p) v { return x.Mul(y) }},
		{"div", [][]int{{3, 4}, {}}, func(x v, y, _ p) v { return x.Div(y) }},
		{"affine", [][]int{{3}}, func(x v, _, _ p) v { return x.Affine(-2, 3) }},
		{"exp", [][]int{{3}}, func(x v, _, _ p) v { return x.Exp() }},
		{"log", [][]int{{3}}, func(x v, _, _ p) v { return x.Log() }},
		{"sqrt", [][]int{{3}}, func(x v, _, _ p) v { return x.Sqrt() }},
		{"abs", [][]int{{3}}, func(x v, _, _ p) v { return x.Affine(1, -0.9).Abs() }},
		{"square", [][]int{{3}}, func(x v, _, _ p) v { return x.Square() }},
		{"sigmoid", [][]int{{3}}, func(x v, _, _ p) v { return x.Sigmoid() }},
		{"tanh", [][]int{{3}}, func(x v, _, _ p) v { return x.Tanh() }},
		{"relu", [][]int{{3, 3}}, func(x v, _, _ p) v { return x.Affine(1, -0.9).ReLU() }},
		{"sum", [][]int{{2, 3, 4}}, func(x v, _, _ p) v { return x.Sum(1, -1) }},
		{"mean keep", [][]int{{2, 3, 4}}, func(x v, _, _ p) v { return x.MeanKeep(0, 2) }},
		{"max first", [][]int{{3, 4}}, func(x v, _, _ p) v { return x.Max(0) }},
		{"max middle", [][]int{{2, 3, 4}}, func(x v, _, _ p) v { return x.Max(1) }},
		{"matmul", [][]int{{3, 4}, {4, 2}}, func(x v, y, _ p) v { return x.MatMul(y) }},
		{"matmul with bias", [][]int{{3, 4}, {4, 2}, {2}}, func(x v, y, z p) v { return x.MatMulAdd(y, z) }},
		{"matmul, transposed", [][]int{{4, 3}, {2, 4}}, func(x v, y, _ p) v { return x.Transpose().MatMul(autograd.Const(y.Value).Transpose()) }},
		{"matmul, a column", [][]int{{3, 4}, {4}}, func(x v, y, _ p) v { return x.MatMul(y) }},
		{"matmul, a row", [][]int{{4}, {4, 3}}, func(x v, y, _ p) v { return x.MatMul(y) }},
		{"matmul, row by column", [][]int{{4}, {4}}, func(x v, y, _ p) v { return x.MatMul(y) }},
		{"matmul, a batch", [][]int{{2, 3, 4}, {2, 4, 2}}, func(x v, y, _ p) v { return x.MatMul(y) }},
		{"matmul, a broadcast batch", [][]int{{3, 4}, {2, 4, 2}}, func(x v, y, _ p) v { return x.MatMul(y) }},
		{"reshape", [][]int{{2, 3, 4}}, func(x v, _, _ p) v { return x.Reshape(6, -1) }},
		{"flatten", [][]int{{2, 3, 4}}, func(x v, _, _ p) v { return x.Flatten() }},
		{"transpose", [][]int{{2, 3, 4}}, func(x v, _, _ p) v { return x.Transpose(1, 2, 0) }},
		{"gather", [][]int{{3, 2}}, func(x v, _, _ p) v { return x.Gather(index) }},
		{"softmax", [][]int{{3, 4}}, func(x v, _, _ p) v { return x.Softmax(1) }},
		{"softmax, first axis", [][]int{{3, 4}}, func(x v, _, _ p) v { return x.Softmax(0) }},
		{"log-softmax", [][]int{{3, 4}}, func(x v, _, _ p) v { return x.LogSoftmax(-1) }},
		{"cross-entropy", [][]int{{3, 4}}, func(x v, _, _ p) v { return x.CrossEntropy(labels) }},
		{"a Var used twice", [][]int{{3}}, func(x v, _, _ p) v { return x.Mul(x).Add(x) }},
	})
}

// differentiable is a function of up to three operands of given shapes.
type differentiable struct {
	name   string
	shapes [][]int
	f      func(x v, y, z p) v
}

// checkGradients holds gradients of weighted sums against differences.
func checkGradients(t *testing.T, cases []differentiable) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			params := make([]p, 3)
			for i, s := range c.shapes {
				params[i] = autograd.NewParam(string(rune('x'+i)), truth.Uniform(rng, 0.5, 1.5, s...))
			}
			f := func(tape *autograd.Tape) v {
				tape.Seed(1, 2)
				one := tape.Input(truth.Scalar(1))
				z := c.f(one.Mul(params[0]), params[1], params[2])
				weights := truth.Uniform(rand.New(rand.NewPCG(3, 4)), -1, 1, z.Shape()...)
				return z.Mul(tape.Input(weights)).Sum()
			}
			n := len(c.shapes)
			if strings.Contains(c.name, "matmul, transposed") {
				n = 1
			}
			if err := autograd.Check(truth, 1e-6, f, params[:n]...); err != nil {
				t.Error(err)
			}
		})
	}
}

// A gradient that is wrong on purpose must not pass: here half of a product's
// dependence is hidden from the tape.
func TestCheckCatchesAWrongGradient(t *testing.T) {
	x := autograd.NewParam("x", tensor.Of(truth, []float32{0.75, -1.25, 3}, 3))
	wrong := func(tape *autograd.Tape) v {
		return tape.Input(x.Value.Clone()).Mul(x).Sum() // x², but dx = x instead of 2x
	}
	err := autograd.Check(truth, 1e-6, wrong, x)
	if err == nil {
		t.Fatal("a gradient of x for x² passed the check")
	}
	if !strings.Contains(err.Error(), "gradient of x at element 0 is 0.75,") {
		t.Errorf("the message does not name the parameter and the figure: %v", err)
	}
}

func TestStaleUsePanics(t *testing.T) {
	tape := autograd.NewTape()
	w := autograd.NewParam("w", tensor.Ones(2, 2))
	x := tape.Input(tensor.Ones(1, 2))
	y := x.MatMul(w)
	grads := y.Sum().Backward()
	g := grads.Of(w)
	tape.Reset()
	for name, use := range map[string]func(){
		"operand":  func() { y.Sigmoid() },
		"value":    func() { y.Value() },
		"grads":    func() { grads.Of(w) },
		"gradient": func() { g.Add(g) },
	} {
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.Contains(r.(string), "reset") {
					t.Errorf("%s: a stale use gave %v, not a panic that speaks of the reset", name, r)
				}
			}()
			use()
		}()
	}
}

func TestBackwardTwiceIsTheSame(t *testing.T) {
	tape := autograd.NewTape()
	w := autograd.NewParam("w", tensor.FromFloats([]float32{1, 2, 3}, 3))
	loss := tape.Input(tensor.Ones(3)).Mul(w).Square().Sum()
	first := loss.Backward().Of(w).Float32s()
	second := loss.Backward().Of(w).Float32s()
	for i := range first {
		if first[i] != second[i] || first[i] != 2*float32(i+1) {
			t.Fatalf("gradients %v, then %v; want 2w both times", first, second)
		}
	}
}

func TestTapePrints(t *testing.T) {
	tape := autograd.NewTape()
	w := autograd.NewParam("weight", tensor.Zeros(4, 2))
	tape.Input(tensor.Zeros(3, 4)).MatMul(w).Sigmoid().Sum()
	got := tape.String()
	for _, want := range []string{"input", "param weight", "%2 = matmul %0, %1", "%3 = sigmoid %2", "[3 2]"} {
		if !strings.Contains(got, want) {
			t.Errorf("the printed tape lacks %q:\n%s", want, got)
		}
	}
}
