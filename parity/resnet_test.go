package parity

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/device/cpu"
	"inkling/device/ref"
	"inkling/internal/kernel"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
)

// golden is what torch_golden.py says of ResNet-18: one batch of eight images,
// dropout switched off, and all numbers of the model filled by formula.
type golden struct {
	State []struct {
		Name  string
		Key   int
		Shape []int
	}
	InputKey   int     `json:"input_key"`
	InputShape []int   `json:"input_shape"`
	InputScale float64 `json:"input_scale"`
	InputShift float64 `json:"input_shift"`
	Labels     []int32
	EvalLogits []float64 `json:"eval_logits"`
	TrainLoss  float64   `json:"train_loss"`
	Grads      []struct {
		Name  string
		L2    float64
		First []float64
	}
	Adam struct {
		Hi        float64
		Fractions []float64
		Losses    []float64
	} `json:"adam_one_cycle"`
}

// ourName is what the engine calls a tensor of the PyTorch model, which is a
// sequence of torchvision's layers and the head's.
func ourName(name string) string {
	number, rest, _ := strings.Cut(name, ".")
	return map[string]string{
		"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4",
		"10": "fc.bn1", "12": "fc.linear1", "14": "fc.bn2", "16": "fc.linear2",
	}[number] + "." + rest
}

// resnet returns the golden model without dropout, and its numbers by name.
func resnet(t *testing.T, mem *tensor.Memory, g *golden) (nn.Layer, map[string]*autograd.Param) {
	t.Helper()
	m := models.NewResNet18(models.Spec{Channels: 3, Height: 28, Width: 28, Classes: 10}, func(_ int, shape ...int) *tensor.Tensor { return mem.Full(0, shape...) })
	m = slices.DeleteFunc(m, func(l nn.Layer) bool { _, ok := l.(nn.Dropout); return ok })
	byName := map[string]*autograd.Param{}
	for _, p := range nn.State(m) {
		byName[p.Name] = p
	}
	for _, s := range g.State {
		n, scale, shift := size(s.Shape), 0.1, 0.0
		switch {
		case len(s.Shape) >= 2:
			scale = math.Sqrt(6 / float64(n/s.Shape[0]))
		case strings.HasSuffix(s.Name, "weight") || strings.HasSuffix(s.Name, "running_var"):
			shift = 1
		}
		p := byName[ourName(s.Name)]
		if p == nil {
			t.Fatalf("the model has no %s, which PyTorch calls %s", ourName(s.Name), s.Name)
		}
		p.Value.CopyFrom(ours(tensor.Of(mem, Fill(s.Key, n, scale, shift), s.Shape...)))
	}
	if len(byName) != len(g.State) { // each has been filled then
		t.Fatalf("the model has %d tensors, PyTorch's %d", len(byName), len(g.State))
	}
	return m, byName
}

// ours is a tensor of PyTorch's as the engine has it: weights of linear layers
// are (out, in) there.
func ours(x *tensor.Tensor) *tensor.Tensor {
	if x.Rank() == 2 {
		return x.T()
	}
	return x
}

// readGolden returns the golden numbers, the model, its numbers by name, and the images.
func readGolden(t *testing.T, mem *tensor.Memory) (*golden, nn.Layer, map[string]*autograd.Param, *tensor.Tensor) {
	t.Helper()
	raw, err := os.ReadFile("testdata/resnet18.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	m, byName := resnet(t, mem, &g)
	x := tensor.Of(mem, Fill(g.InputKey, size(g.InputShape), g.InputScale, g.InputShift), g.InputShape...)
	return &g, m, byName, x
}

// checkLogits compares what the model answers to the first n images: their logits,
// with the running statistics.
func checkLogits(t *testing.T, g *golden, m nn.Layer, x *tensor.Tensor, n int) {
	t.Helper()
	if d := Distance(m.Forward(autograd.Const(x.Slice(0, 0, n))).Value().Float64s(), g.EvalLogits[:n*10]); !(d <= 1e-4) {
		t.Errorf("the logits are off by %.2g of the greatest", d)
	}
}

// The losses after one, two and three steps of Adam may differ by these shares. The
// second and third are ill-conditioned in single precision, for the loss is nearly 0
// by then and Adam gives the least gradients the size of all others. PyTorch 1.13
// with its library oneDNN switched off misses its own second and third loss by 3.5
// and 19 %, and in double precision the third by 4 %; in double precision the engine
// agrees with it, see TestAdamInDoublePrecisionAcceptance. (Of the loss at the start,
// 2.9, all of that is less than a thousandth.)
var adamTolerance = []float64{1e-3, 0.06, 0.3}

func checkResNet(t *testing.T, mem *tensor.Memory) {
	g, m, byName, x := readGolden(t, mem)
	checkLogits(t, g, m, x, len(g.Labels))
	labels := tensor.Of(mem, g.Labels, len(g.Labels))
	within := func(what string, got, want, tolerance float64) {
		if !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
			t.Errorf("%s is %.7g, PyTorch has %.7g", what, got, want)
		}
	}
	step := adam(g, m)
	tape := autograd.NewTapeOn(mem)
	for i, want := range g.Adam.Losses {
		loss := nn.CrossEntropy(m.Forward(tape.Input(x)), labels)
		grads := loss.Backward()
		if i > 0 {
			within(fmt.Sprintf("the loss after %d steps of Adam", i), loss.Value().Item(), want, adamTolerance[i-1])
		} else {
			within("the loss", loss.Value().Item(), g.TrainLoss, 1e-5)
			for _, w := range g.Grads {
				got := grads.Of(byName[ourName(w.Name)])
				within("the length of the gradient of "+w.Name, math.Sqrt(got.Square().Sum().Item()), w.L2, 1e-3)
				if first := ours(got).Float64s()[:len(w.First)]; Distance(first, w.First) > 1e-2 {
					t.Errorf("the gradient of %s begins with %v, PyTorch's with %v", w.Name, first, w.First)
				}
			}
		}
		step(i, grads)
		tape.Reset()
	}
}

// adam returns step i of the golden numbers' Adam, which does nothing after the last.
func adam(g *golden, m nn.Layer) (step func(i int, grads autograd.Grads)) {
	opt := optim.NewAdamW(m.Params(), 0, 0.01)
	opt.Beta2, opt.Eps = 0.99, 1e-5
	rate, momentum := optim.OneCycle(g.Adam.Hi)
	return func(i int, grads autograd.Grads) {
		if i < len(g.Adam.Fractions) {
			opt.SetRate(rate(g.Adam.Fractions[i]))
			opt.SetMomentum(momentum(g.Adam.Fractions[i]))
			opt.Step(grads)
		}
	}
}

// In double precision all losses are those of PyTorch 1.13 in double precision
// (resnet of torch_golden.py after model.double() and x.double()).
func TestAdamInDoublePrecisionAcceptance(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("takes a minute: INKLING_ACCEPTANCE=1 runs it")
	}
	mem := tensor.On(ref.New())
	g, m, _, x := readGolden(t, mem)
	labels := tensor.Of(mem, g.Labels, len(g.Labels))
	step := adam(g, m)
	tape := autograd.NewTapeOn(mem)
	for i, want := range []float64{2.895382, 0.3564493, 0.03496473, 0.001263488} {
		loss := nn.CrossEntropy(m.Forward(tape.Input(x)), labels)
		got := loss.Value().Item()
		t.Logf("after %d steps: %.7g, PyTorch in single precision %.7g", i, got, g.Adam.Losses[i])
		if !(math.Abs(got-want) <= 1e-6*want) {
			t.Errorf("the loss after %d steps of Adam is %.8g, PyTorch in double precision has %.7g", i, got, want)
		}
		step(i, loss.Backward())
		tape.Reset()
	}
}

// The reference takes minutes for all of it; one image's logits are enough there,
// beside the single operations.
func TestResNet18OnRef(t *testing.T) {
	g, m, _, x := readGolden(t, tensor.On(ref.New()))
	checkLogits(t, g, m, x, 1)
}

func TestResNet18OnCPU(t *testing.T) {
	for _, level := range kernel.Levels() {
		t.Run(level, func(t *testing.T) {
			defer kernel.Use(level)()
			checkResNet(t, tensor.On(cpu.New(2)))
		})
	}
}
