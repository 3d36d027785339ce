package parity

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"inkling/autograd"
	"inkling/device/cpu"
	"inkling/device/ref"
	"inkling/internal/kernel"
	"inkling/nn"
	"inkling/tensor"
)

type row struct {
	Op    string
	Attrs struct {
		Axes   []int
		Keep   bool
		Axis   int
		Shape  []int
		Labels []int32
	}
	Inputs []struct {
		Key          int
		Shape        []int
		Scale, Shift float64
	}
	OutputShape []int `json:"output_shape"`
	Output      []float64
	Grads       [][]float64
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// notYet are rows whose operations the engine does not have.
var notYet = []string{"conv2d", "max_pool2d", "avg_pool2d", "global_avg_pool2d", "global_max_pool2d", "batch_norm_train", "batch_norm_eval"}

// apply computes the row's operation; nil where there is none of that name.
func (r *row) apply(mem *tensor.Memory, in []*autograd.Var) *autograd.Var {
	x := in[0]
	a := r.Attrs
	switch r.Op {
	case "add":
		return x.Add(in[1])
	case "sub":
		return x.Sub(in[1])
	case "mul":
		return x.Mul(in[1])
	case "div":
		return x.Div(in[1])
	case "matmul", "matvec":
		return x.MatMul(in[1])
	case "exp":
		return x.Exp()
	case "sigmoid":
		return x.Sigmoid()
	case "tanh":
		return x.Tanh()
	case "relu":
		return x.ReLU()
	case "abs":
		return x.Abs()
	case "square":
		return x.Square()
	case "neg":
		return x.Neg()
	case "log":
		return x.Log()
	case "sqrt":
		return x.Sqrt()
	case "sum":
		if a.Keep {
			return x.SumKeep(a.Axes...)
		}
		return x.Sum(a.Axes...)
	case "mean":
		if a.Keep {
			return x.MeanKeep(a.Axes...)
		}
		return x.Mean(a.Axes...)
	case "max":
		return x.Max(a.Axes[0])
	case "softmax":
		return x.Softmax(a.Axis)
	case "log_softmax":
		return x.LogSoftmax(a.Axis)
	case "sigmoid_mse":
		return nn.SigmoidMSE(x, tensor.Of(mem, a.Labels, len(a.Labels)))
	case "softmax_mse":
		return nn.SoftmaxMSE(x, tensor.Of(mem, a.Labels, len(a.Labels)))
	case "cross_entropy":
		return nn.CrossEntropy(x, tensor.Of(mem, a.Labels, len(a.Labels)))
	case "transpose":
		return x.Transpose()
	case "reshape":
		return x.Reshape(a.Shape...)
	}
	return nil
}

func checkRows(t *testing.T, mem *tensor.Memory, tolerance float64) {
	raw, err := os.ReadFile("testdata/ops.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	if err := json.Unmarshal(raw, &rows); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for i, r := range rows {
		if slices.Contains(notYet, r.Op) {
			continue
		}
		tape := autograd.NewTapeOn(mem)
		var in []*autograd.Var
		for _, x := range r.Inputs {
			in = append(in, tape.Watch(tensor.Of(mem, Fill(x.Key, size(x.Shape), x.Scale, x.Shift), x.Shape...)))
		}
		z := r.apply(mem, in)
		if z == nil {
			t.Errorf("row %d: no operation %q", i, r.Op)
			continue
		}
		checked++
		if !slices.Equal(z.Shape(), r.OutputShape) {
			t.Errorf("row %d, %s: shape %v, want %v", i, r.Op, z.Shape(), r.OutputShape)
			continue
		}
		if d := Distance(z.Value().Float64s(), r.Output); !(d <= tolerance) {
			t.Errorf("row %d, %s: output off by %.2g", i, r.Op, d)
		}
		weights := tensor.Of(mem, Fill(99, z.Value().Len(), 1, 0), z.Shape()...)
		grads := z.Mul(tape.Input(weights)).Sum().Backward()
		for k, want := range r.Grads {
			if d := Distance(grads.At(in[k]).Float64s(), want); !(d <= tolerance) {
				t.Errorf("row %d, %s: gradient of operand %d off by %.2g", i, r.Op, k, d)
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d rows of %d were checked", checked, len(rows))
	}
}

func TestOpsOnRef(t *testing.T) { checkRows(t, tensor.On(ref.New()), 2e-6) }

func TestOpsOnCPU(t *testing.T) {
	for _, level := range kernel.Levels() {
		t.Run(level, func(t *testing.T) {
			defer kernel.Use(level)()
			checkRows(t, tensor.On(cpu.New(2)), 1e-5)
		})
	}
}
