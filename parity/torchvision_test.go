package parity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/classifier"
	"inkling/models"
	"inkling/nn"
	"inkling/safetensors"
	"inkling/tensor"
)

// torchvision is what torch_torchvision.py says of torchvision's own ResNet-18.
type torchvision struct {
	Classes, Key, Side int
	State              []struct {
		Name, Type string
		Shape      []int
	}
	Logits []float64
}

func readTorchvision(t *testing.T) *torchvision {
	t.Helper()
	raw, err := os.ReadFile("testdata/torchvision.json")
	if err != nil {
		t.Fatal(err)
	}
	var g torchvision
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	return &g
}

// file is the state as PyTorch saves it, its numbers made by formula.
func (g *torchvision) file() *safetensors.File {
	f, key := &safetensors.File{}, g.Key
	for _, s := range g.State {
		if s.Type == "I64" {
			f.Tensors = append(f.Tensors, safetensors.FromInts(s.Name, s.Shape, []int64{1234}))
			continue
		}
		n, scale, shift := size(s.Shape), 0.1, 0.0
		switch {
		case len(s.Shape) >= 2:
			scale = math.Sqrt(6 / float64(n/s.Shape[0]))
		case strings.HasSuffix(s.Name, "weight") || strings.HasSuffix(s.Name, "running_var"):
			shift = 1
		}
		f.Tensors = append(f.Tensors, safetensors.FromFloat32s(s.Name, s.Shape, Fill(key, n, scale, shift)))
		key++
	}
	return f
}

func (g *torchvision) spec() models.Spec {
	return models.Spec{Channels: 3, Height: g.Side, Width: g.Side, Classes: g.Classes}
}

// net is ours, with first values of its own.
func (g *torchvision) net(t *testing.T, name string) nn.Layer {
	t.Helper()
	m, err := models.New(name, g.spec(), models.Init(name, tensor.CPU, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (g *torchvision) logits(m nn.Layer) []float64 {
	x := tensor.FromFloats(Fill(g.Key+500, 4*3*g.Side*g.Side, 0.5, 0.5), 4, 3, g.Side, g.Side)
	return m.Forward(autograd.Const(x)).Value().Float64s()
}

// near fails unless got is want to 1e-4 of its greatest number.
func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d logits, PyTorch has %d", what, len(got), len(want))
	}
	if d := Distance(got, want); !(d <= 1e-4) {
		t.Errorf("%s: the logits differ from PyTorch's by %.2g of the greatest; the limit is 1e-4", what, d)
	}
}

func TestTorchvisionState(t *testing.T) {
	g := readTorchvision(t)
	m := g.net(t, "resnet18-torchvision")
	if err := classifier.SetTorchvision(m, g.file(), true); err != nil {
		t.Fatal(err)
	}
	near(t, "a state of torchvision's", g.logits(m), g.Logits)

	// Exported it is the same state: every name, type, shape and number, the counters aside.
	c := &classifier.Model{Info: classifier.Info{Architecture: "resnet18-torchvision", Spec: g.spec(), Classes: make([]string, g.Classes), Scale: 1.0 / 255}, Net: m}
	out, err := c.Torchvision(false)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Tensors) != len(g.State) {
		t.Errorf("%d tensors are exported, PyTorch has %d", len(out.Tensors), len(g.State))
	}
	for _, want := range g.file().Tensors {
		got, ok := out.Lookup(want.Name)
		if !ok || got.DType != want.DType || !slices.Equal(got.Shape, want.Shape) || want.DType != "I64" && !bytes.Equal(got.Data, want.Data) {
			t.Errorf("%s is exported as %s %v (there: %v), or with other numbers; PyTorch has %s %v", want.Name, got.DType, got.Shape, ok, want.DType, want.Shape)
		}
	}
}

// A new head on torchvision's body: for other classes, or fastai's.
func TestTorchvisionBody(t *testing.T) {
	g := readTorchvision(t)
	f := g.file()
	for _, name := range []string{"resnet18", "resnet18-torchvision"} {
		other := *g
		other.Classes = 3
		m := other.net(t, name)
		head := map[string][]float32{}
		for _, p := range nn.State(m) {
			if strings.HasPrefix(p.Name, "fc.") {
				head[p.Name] = p.Value.Float32s()
			}
		}
		if err := classifier.SetTorchvision(m, f, false); err != nil {
			t.Fatal(err)
		}
		for _, p := range nn.State(m) {
			if kept, ok := head[p.Name]; ok {
				if !slices.Equal(p.Value.Float32s(), kept) {
					t.Errorf("%s: %s of the new head was changed", name, p.Name)
				}
				continue
			}
			want, _ := f.Lookup(p.Name)
			if numbers, err := safetensors.Float32s(want); err != nil || !slices.Equal(p.Value.Float32s(), numbers) {
				t.Errorf("%s: %s is not the file's (%v)", name, p.Name, err)
			}
		}
		c := &classifier.Model{Info: classifier.Info{Architecture: name, Spec: other.spec(), Classes: []string{"a", "b", "c"}, Scale: 1.0 / 255}, Net: m}
		out, err := c.Torchvision(true)
		if err != nil || len(out.Tensors) != len(g.State)-2 {
			t.Errorf("%s: the body is exported as %d tensors (%v), PyTorch's has %d", name, len(out.Tensors), err, len(g.State)-2)
		}
	}
}

func TestTorchvisionRefuses(t *testing.T) {
	g := readTorchvision(t)
	m := g.net(t, "resnet18-torchvision")
	before := g.logits(m)
	f := g.file()
	f.Tensors = slices.DeleteFunc(f.Tensors, func(t safetensors.Tensor) bool { return t.Name == "bn1.bias" })
	f.Tensors = append(f.Tensors, safetensors.FromFloat32s("layer1.2.conv1.weight", []int{1}, []float32{0}), safetensors.FromInts("bn9.num_batches_tracked", nil, []int64{1}))
	err := classifier.SetTorchvision(m, f, true)
	for _, want := range []string{`"bn1.bias" is missing, wanted [64]`, `"layer1.2.conv1.weight" is extra`, `"bn9.num_batches_tracked" is extra`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("said %v, wanted %s", err, want)
		}
	}
	other := *g
	other.Classes = 10
	if err := classifier.SetTorchvision(other.net(t, "resnet18-torchvision"), g.file(), true); err == nil || !strings.Contains(err.Error(), `"fc.weight" is F32 [7, 512], wanted [10, 512]`) {
		t.Errorf("ten classes from a state of seven: %v", err)
	}
	if !slices.Equal(g.logits(m), before) {
		t.Error("a refused state has changed the net")
	}
	for name, want := range map[string]string{"resnet18": "train resnet18-torchvision, or export the body alone", "cnn": "torchvision has no model like cnn"} {
		c := &classifier.Model{Info: classifier.Info{Architecture: name, Spec: g.spec(), Scale: 1}, Net: m}
		if _, err := c.Torchvision(false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, wanted %s", name, err, want)
		}
	}
}

// States travel both ways between this program and PyTorch itself.
func TestTorchvisionAcceptance(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("skipped: an acceptance run; set INKLING_ACCEPTANCE=1")
	}
	g := readTorchvision(t)
	script := func(args ...string) []byte {
		t.Helper()
		cmd := exec.Command("/usr/bin/python3", append([]string{"-B", "testdata/torch_torchvision.py"}, args...)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s(it wants Debian's python3-torch and python3-torchvision)", args, err, &stderr)
		}
		return out
	}
	theirs := filepath.Join(t.TempDir(), "theirs.safetensors")
	script("save", theirs)
	f, err := safetensors.Open(theirs)
	if err != nil {
		t.Fatal(err)
	}
	m := g.net(t, "resnet18-torchvision")
	if err := classifier.SetTorchvision(m, f, true); err != nil {
		t.Fatal(err)
	}
	near(t, "a state that PyTorch saved", g.logits(m), g.Logits)

	// Ours: other numbers and other classes, a grey model's three channels included.
	for _, channels := range []int{3, 1} {
		ours := *g
		ours.Classes = 5
		spec := ours.spec()
		spec.Channels = channels
		m, err := models.New("resnet18-torchvision", spec, models.Init("resnet18-torchvision", tensor.CPU, rand.New(rand.NewPCG(2, 0))))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range nn.Buffers(m) { // as after training
			p.Value = p.Value.Affine(0.9, 0.1)
		}
		c := &classifier.Model{Info: classifier.Info{Architecture: "resnet18-torchvision", Spec: spec, Classes: make([]string, 5), Scale: 1.0 / 255}, Net: m}
		out, err := c.Torchvision(false)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "ours.safetensors")
		if err := safetensors.Save(path, out); err != nil {
			t.Fatal(err)
		}
		var want []float64
		if err := json.Unmarshal(script("logits", path), &want); err != nil {
			t.Fatal(err)
		}
		if channels == 1 { // the same numbers in a model that sees three channels
			if m = ours.net(t, "resnet18-torchvision"); classifier.SetTorchvision(m, out, true) != nil {
				t.Fatal("a grey model's state does not fit a model of three channels")
			}
		}
		near(t, fmt.Sprintf("a state of ours, %d channels", channels), ours.logits(m), want)
	}
}
