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

		Kernel, Stride, Padding int
		Eps                     float64
		MeanKey                 int `json:"mean_key"`
		VarKey                  int `json:"var_key"`
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
	case "conv2d":
		return x.Conv2D(in[1], nil, tensor.Square(0, a.Stride, a.Padding))
	case "max_pool2d":
		return x.MaxPool(tensor.Square(a.Kernel, a.Stride, a.Padding))
	case "avg_pool2d":
		return x.AvgPool(tensor.Square(a.Kernel, a.Stride, a.Padding))
	case "global_avg_pool2d":
		return x.GlobalAvgPool()
	case "global_max_pool2d":
		return x.GlobalMaxPool()
	case "batch_norm_train":
		z, _, _ := x.BatchNorm(in[1], in[2], nil, a.Eps, false)
		return z
	case "batch_norm_eval":
		c := x.Shape()[1]
		mean, variance := tensor.Of(mem, Fill(a.MeanKey, c, 1, 0), c), tensor.Of(mem, Fill(a.VarKey, c, 0.5, 1), c)
		return x.BatchNormInference(mean, variance, in[1], in[2], nil, a.Eps, false)
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
	for i, r := range rows {
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
	if len(rows) < 80 {
		t.Errorf("only %d rows were there to check", len(rows))
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
