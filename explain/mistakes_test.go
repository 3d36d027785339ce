package explain_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"inkling/autograd"
	"inkling/data"
	"inkling/device/ref"
	"inkling/explain"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
	"inkling/train"
)

func TestWorst(t *testing.T) {
	ln := func(p ...float64) (row []float32) {
		for _, v := range p {
			row = append(row, float32(math.Log(v)))
		}
		return row
	}
	e := &train.Evaluation{
		Classes: 3, Answers: []int32{0, 1, 2, 1, 1},
		Logits: slices.Concat(
			ln(0.6, 0.2, 0.2),    // right
			ln(0.3, 0.4, 0.3),    // label 0: unsure
			ln(0.05, 0.05, 0.9),  // label 1: sure and wrong
			ln(0.3, 0.4, 0.3),    // label 2: as unsure as image 1
			ln(0.01, 0.98, 0.01), // label 0: surest of all
		),
	}
	labels := []int32{0, 0, 1, 2, 0}
	var order []int
	for _, m := range explain.Worst(e, labels, 10) {
		order = append(order, m.Index)
		if m.Label != int(labels[m.Index]) || m.Answer != int(e.Answers[m.Index]) || len(m.Probs) != 3 {
			t.Errorf("mistake %+v", m)
		}
	}
	if !slices.Equal(order, []int{4, 2, 1, 3}) {
		t.Errorf("the worst are %v, want 4 2 1 3", order)
	}
	two := explain.Worst(e, labels, 2)
	if len(two) != 2 || two[1].Index != 2 || math.Abs(two[1].Probs[2]-0.9) > 1e-6 {
		t.Errorf("the worst two: %+v", two)
	}
}

func TestSoftmaxOfOneRow(t *testing.T) {
	for _, c := range []struct {
		logits []float32
		want   []float64
	}{
		{[]float32{0, 0}, []float64{0.5, 0.5}},
		{[]float32{1e4, -1e4}, []float64{1, 0}},
		{[]float32{1, 2}, []float64{1 / (1 + math.E), math.E / (1 + math.E)}},
	} {
		for i, p := range explain.Softmax(c.logits) {
			if math.Abs(p-c.want[i]) > 1e-12 {
				t.Errorf("softmax of %v is %v at %d, want %v", c.logits, p, i, c.want[i])
			}
		}
	}
}

// Two classes, and images whose first pixel decides how sure the model is: what
// each loss pushes with can be computed by hand.
func TestPushes(t *testing.T) {
	set := &data.Set{
		Images:   []uint8{0, 0, 255, 0, 255, 0},
		Labels:   []int32{0, 0, 1}, // undecided; sure and right; sure and wrong
		Channels: 1, Height: 1, Width: 2, Classes: []string{"a", "b"},
	}
	model := nn.Func(func(x *autograd.Var) *autograd.Var { return x.Flatten().Scale(4) }) // logits (0, 0), (4, 0), (4, 0)
	p, s := 1/(1+math.Exp(-4)), func(y float64) float64 { return 2 * y * (1 - y) }
	for _, mem := range []*tensor.Memory{tensor.CPU, tensor.On(ref.New())} {
		for _, size := range []int{1, 2, 3} {
			loader := data.NewLoader(mem, set, size)
			// bin -> the length of the gradient of an image's loss at its two logits
			for loss, want := range map[string]map[int]float64{
				"cross-entropy": {5: math.Sqrt2 * 0.5, 9: math.Sqrt2 * (1 - p), 0: math.Sqrt2 * p},
				// d/dz of the mean of (y - softmax)² over two classes
				"softmax-mse": {5: math.Sqrt2 * s(0.5) * 0.5, 9: math.Sqrt2 * s(p) * (1 - p), 0: math.Sqrt2 * s(p) * p},
				// each class's own sigmoid: 0.5 for logit 0, p for logit 4
				"sigmoid-mse": {
					9: math.Hypot(p*(1-p)*(1-p), 0.25*0.5),
					5: (math.Hypot(0.25*0.5, 0.25*0.5) + math.Hypot(p*(1-p)*p, 0.25*0.5)) / 2,
				},
			} {
				bins := explain.Pushes(model, loss, loader)
				n := 0
				for i, b := range bins {
					n += b.Images
					if math.Abs(b.Gradient-want[i]) > 1e-6 {
						t.Errorf("%s in batches of %d: the push in bin %d is %v, want %v", loss, size, i, b.Gradient, want[i])
					}
					if math.Abs(b.To-b.From-0.1) > 1e-12 || (want[i] > 0) != (b.Images > 0) {
						t.Errorf("%s: bin %d is %+v", loss, i, b)
					}
				}
				if len(bins) != 10 || n != 3 {
					t.Errorf("%s: %d images in %d bins", loss, n, len(bins))
				}
			}
		}
	}
	lost := nn.Func(func(x *autograd.Var) *autograd.Var { return x.Flatten().Scale(math.NaN()) })
	for _, b := range explain.Pushes(lost, "cross-entropy", data.NewLoader(tensor.CPU, set, 3)) {
		if b.Images != 0 {
			t.Errorf("answers that are no numbers are in a bin: %+v", b)
		}
	}
	defer func() {
		if r := recover(); fmt.Sprint(r) != `there is no loss "mse"; choose sigmoid-mse, softmax-mse or cross-entropy` {
			t.Errorf("an unknown loss gave %v", r)
		}
	}()
	explain.Pushes(model, "mse", data.NewLoader(tensor.CPU, set, 3))
}

// The products and the bias add up to the logit: nothing is hidden.
func TestProductsSumToTheLogit(t *testing.T) {
	x, _ := batch(1)
	m := models.NewLinear(spec, fanIn(3))
	logits := m.Forward(autograd.Const(x)).Value().Float64s()
	weight, bias := m.Params()[0].Value, m.Params()[1].Value.Float64s()
	for class, want := range logits {
		sum := bias[class]
		products := explain.Products(x.Float64s(), weight, class)
		for _, v := range products {
			sum += v
		}
		if len(products) != 784 || math.Abs(sum-want) > 1e-5 {
			t.Errorf("class %d: %d products and the bias make %v, the logit is %v", class, len(products), sum, want)
		}
	}
}
