package onnx

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/classifier"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

// model returns an untrained model whose batch norms have seen something, with samples.
func model(t testing.TB, name string, s models.Spec, input string) *classifier.Model {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 0))
	net, err := models.New(name, s, models.Init(name, tensor.CPU, rng))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range nn.State(net) {
		if strings.HasSuffix(p.Name, ".running_mean") || strings.HasSuffix(p.Name, ".running_var") || p.Value.Rank() == 1 {
			p.Value = p.Value.Add(tensor.CPU.Uniform(rng, 0.01, 0.2, p.Value.Shape()...))
		}
	}
	c := &classifier.Model{Info: classifier.Info{Architecture: name, Spec: s, Scale: 1.0 / 255, Input: input}, Net: net}
	for i := range s.Classes {
		c.Classes = append(c.Classes, string(rune('a'+i)))
	}
	for range 2 {
		image := images(s, 1, rng)
		c.Samples = append(c.Samples, classifier.Sample{Image: image, Logits: c.Logits(image)})
	}
	return c
}

func images(s models.Spec, n int, rng *rand.Rand) []byte {
	b := make([]byte, n*s.Pixels())
	for i := range b {
		b[i] = byte(rng.IntN(256))
	}
	return b
}

// written is a model that was written and read.
func written(t testing.TB, c *classifier.Model, o Options) (*Model, *Session) {
	t.Helper()
	m, err := Export(c, o)
	if err != nil {
		t.Fatalf("%s: %v", c.Architecture, err)
	}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	if m, err = Decode(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	s, err := NewSession(m)
	if err != nil {
		t.Fatal(err)
	}
	return m, s
}

// wantNear fails unless the answers agree to 1e-5 of the greatest.
func wantNear(t testing.TB, what string, got *tensor.Tensor, want []float32) {
	t.Helper()
	most, d := 1e-30, 0.0
	for i, v := range got.Float32s() {
		most = max(most, math.Abs(float64(want[i])))
		d = max(d, math.Abs(float64(v-want[i])))
	}
	if got.Len() != len(want) || !(d <= 1e-5*most) {
		t.Errorf("%s: the graph answers %v, the model %v", what, got.Float32s(), want)
	}
}

// Every model there is, for grey and colour images of an odd size, answers the same from a
// file, for any number of images, by every set of operators, with and without what is done
// to images before.
func TestEveryModel(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	for _, name := range models.Names() {
		for _, s := range []models.Spec{{Channels: 1, Height: 28, Width: 28, Classes: 10}, {Channels: 3, Height: 19, Width: 22, Classes: 4}} {
			normal := "normalize=0.4/0.3"
			if s.Channels == 3 {
				normal = classifier.ImageNet
			}
			for i, input := range []string{"", "standardize", normal} {
				if name != "linear" && i != s.Channels%3 {
					continue // once for each size is enough
				}
				c := model(t, name, s, input)
				opset := minOpset + (i+s.Channels)%(maxOpset-minOpset+1)
				_, session := written(t, c, Options{Opset: opset})
				m, whole := written(t, c, Options{Opset: opset, Preprocess: true, Probabilities: true})
				for _, n := range []int{1, 3} {
					pixels := images(s, n, rng)
					want := c.Logits(pixels)
					out, err := session.Run(map[string]*tensor.Tensor{"input": c.Numbers(pixels)})
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					wantNear(t, name, out["logits"], want)
					out, err = whole.Run(map[string]*tensor.Tensor{"image": tensor.FromBytes(pixels, n, s.Channels, s.Height, s.Width).Transpose(0, 2, 3, 1)})
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					wantNear(t, name+" of bytes", out["logits"], want)
					var p []float32
					for _, v := range c.Probabilities(want) {
						p = append(p, float32(v))
					}
					wantNear(t, name+"'s probabilities", out["probabilities"], p)
				}
				if m.Metadata["architecture"] != name || !strings.HasPrefix(m.Metadata["classes"], `["a","b"`) || !strings.Contains(m.Metadata["samples"], `"logits":[`) || !strings.HasPrefix(m.Metadata["preprocessing"], "in the graph: pixels (0..255)") {
					t.Errorf("%s: the metadata are %.300v", name, m.Metadata)
				}
			}
		}
	}
}

func TestTemperature(t *testing.T) {
	c := model(t, "linear", models.Spec{Channels: 1, Height: 4, Width: 4, Classes: 3}, "")
	c.Temperature = 2.5
	m, s := written(t, c, Options{Probabilities: true})
	out, err := s.Run(map[string]*tensor.Tensor{"input": c.Numbers(c.Samples[0].Image)})
	if err != nil {
		t.Fatal(err)
	}
	if m.Metadata["temperature"] != "2.5" {
		t.Errorf("the metadata say %q of the temperature", m.Metadata["temperature"])
	}
	for k, p := range c.Probabilities(c.Samples[0].Logits) {
		if got := float64(out["probabilities"].Float32s()[k]); math.Abs(got-p) > 1e-6 {
			t.Errorf("class %d has probability %v, want %v", k, got, p)
		}
	}
}

// The graph is one that a person recognises: parameters by their names, batch norms gone
// into the convolutions before them, one operator for a pool or a dense layer.
func TestGraph(t *testing.T) {
	m, _ := written(t, model(t, "resnet18", models.Spec{Channels: 3, Height: 28, Width: 28, Classes: 10}, ""), Options{})
	var ops []string
	counts := map[string]int{}
	for _, n := range m.Graph.Nodes {
		ops = append(ops, n.Name+" "+n.Op)
		counts[n.Op]++
	}
	if got := strings.Join(ops[:6], ", "); got != "conv1 Conv, relu Relu, maxpool MaxPool, layer1.0.conv1 Conv, relu_2 Relu, layer1.0.conv2 Conv" {
		t.Errorf("the graph begins %s", got)
	}
	if counts["Conv"] != 20 || counts["GlobalAveragePool"] != 1 || counts["GlobalMaxPool"] != 1 || counts["Reshape"] != 0 || counts["Flatten"] != 2 || counts["Relu"] != 18 || len(ops) != 58 {
		t.Errorf("it has %d nodes: %v", len(ops), counts)
	}
	if w := m.Graph.Weights[0]; w.Name != "conv1.weight" || !slices.Equal(w.Dims, []int64{64, 3, 7, 7}) {
		t.Errorf("its first weight is %s %v", w.Name, w.Dims)
	}
	if m.IR != 8 || m.Opset != 17 || m.Producer != "inkling" {
		t.Errorf("IR %d, opset %d, by %s", m.IR, m.Opset, m.Producer)
	}
	in, out := m.Graph.Inputs[0], m.Graph.Outputs[0]
	if in.Name != "input" || !slices.Equal(in.Dims, []Dim{Free("N"), Fixed(3), Fixed(28), Fixed(28)}) || out.Name != "logits" || !slices.Equal(out.Dims, []Dim{Free("N"), Fixed(10)}) {
		t.Errorf("from %+v to %+v", in, out)
	}
}

// The least images, too: there a pool's last place reaches beyond the map.
func TestSmallImages(t *testing.T) {
	for _, name := range []string{"linear", "cnn", "resnet-small", "resnet-quick", "resnet8"} {
		for _, side := range [][2]int{{2, 3}, {3, 2}, {5, 7}, {1, 1}} {
			if s := (models.Spec{Channels: 1, Height: side[0], Width: side[1], Classes: 2}); name != "resnet8" || side[0] > 1 {
				written(t, model(t, name, s, ""), Options{}) // which asks the samples
			}
		}
	}
}

// An input of another shape or type is refused in a sentence, as is one that is missing.
func TestInputs(t *testing.T) {
	_, s := written(t, model(t, "network", models.Spec{Channels: 1, Height: 4, Width: 4, Classes: 3}, ""), Options{})
	for want, in := range map[string]map[string]*tensor.Tensor{
		`the graph's input "input" is not given`:                           {},
		`the graph's input "input" is of type float, and got byte`:         {"input": tensor.FromBytes(make([]byte, 16), 1, 1, 4, 4)},
		`the graph's input "input" has shape [N 1 4 4], and got [2 1 4 5]`: {"input": tensor.Zeros(2, 1, 4, 5)},
		`the graph's input "input" has shape [N 1 4 4], and got [16]`:      {"input": tensor.Zeros(16)},
	} {
		if _, err := s.Run(in); err == nil || err.Error() != want {
			t.Errorf("said %v, wanted %s", err, want)
		}
	}
}

// What cannot be expressed is refused by name, all of it at once.
func TestRefused(t *testing.T) {
	spec := models.Spec{Channels: 1, Height: 8, Width: 8, Classes: 2}
	mixed := nn.Func(func(x *autograd.Var) *autograd.Var {
		index := tensor.FromInts([]int32{0, 0}, 2)
		return x.Reshape(-1, 2).Pad(0, [2]int{1, 1}).Sum(1).Reshape(-1, 2).Gather(index)
	})
	constant := nn.Func(func(x *autograd.Var) *autograd.Var { return autograd.Const(tensor.Zeros(x.Shape()[0], 2)) })
	for name, c := range map[string]struct {
		net  nn.Layer
		want []string
	}{
		"mixed":    {nn.Sequential{nn.NewLinear("l", 8, 8, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0)))), mixed}, []string{"its operation gather has no counterpart there yet", "its operation pad has no counterpart", "its operation reshape mixes the axis of images with another"}},
		"constant": {nn.Sequential{nn.NewLinear("l", 8, 8, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0)))), constant}, []string{"its answers do not depend on the images"}},
	} {
		shape := []int{8}
		_, err := trace(c.net, 17, shape...)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: said %v, wanted %s", name, err, want)
			}
		}
	}
	c := model(t, "linear", spec, "centre=6")
	if _, err := Export(c, Options{Preprocess: true}); err == nil || !strings.Contains(err.Error(), "cannot be put into the graph: centre=6; export it without the preprocessing") {
		t.Errorf("a crop in the graph: %v", err)
	}
	if _, err := Export(c, Options{}); err != nil {
		t.Errorf("without it: %v", err)
	}
	for _, opset := range []int{16, 22, -1} {
		if _, err := Export(c, Options{Opset: opset}); err == nil || !strings.Contains(err.Error(), "from 17 to 21") {
			t.Errorf("opset %d: %v", opset, err)
		}
	}
}

// Operations that no model of the registry has are written down right, too.
func TestOtherOperations(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	w := autograd.NewParam("w", tensor.CPU.Uniform(rng, 0.5, 1.5, 6, 2, 3, 3))
	shift := autograd.NewParam("shift", tensor.CPU.Uniform(rng, 0.5, 1.5, 6))
	uneven := tensor.Window{Size: [2]int{3, 2}, Stride: [2]int{2, 3}, Pad: [2]int{1, 0}, Ceil: true}
	for name, f := range map[string]func(x *autograd.Var) *autograd.Var{
		"arithmetic": func(x *autograd.Var) *autograd.Var {
			return x.Affine(2, -3).Abs().Exp().Log().Sqrt().Tanh().Square().Div(x.Affine(1, 5))
		},
		"softmax":      func(x *autograd.Var) *autograd.Var { return x.Softmax(1).LogSoftmax(-1) },
		"sums":         func(x *autograd.Var) *autograd.Var { return x.Sum(1).SumKeep(-1).Mean(1) },
		"mean of some": func(x *autograd.Var) *autograd.Var { return x.Mean(1, -1) },
		"used sum":     func(x *autograd.Var) *autograd.Var { s := x.SumKeep(2, 3); return s.Scale(1.0 / 63).Add(s) },
		"maximum":      func(x *autograd.Var) *autograd.Var { return x.Max(-1).Max(1) },
		"transposed":   func(x *autograd.Var) *autograd.Var { return x.Transpose(0, 2, 3, 1).Reshape(x.Shape()[0], 21, 12) },
		"groups": func(x *autograd.Var) *autograd.Var {
			return x.Conv2D(w, nil, tensor.Window{Groups: 2, Pad: [2]int{2, 1}, Dilation: [2]int{2, 1}, Stride: [2]int{3, 2}})
		},
		"average pool": func(x *autograd.Var) *autograd.Var {
			return x.AvgPool(tensor.Square(3, 2, 1)).AvgPool(tensor.Square(2, 1, 0))
		},
		"uneven pool":    func(x *autograd.Var) *autograd.Var { return x.MaxPool(uneven) },
		"uneven average": func(x *autograd.Var) *autograd.Var { return x.AvgPool(uneven) },
		"product": func(x *autograd.Var) *autograd.Var {
			return x.MatMulAdd(autograd.NewParam("m", tensor.Ones(9, 6)), shift)
		},
		"computed": func(x *autograd.Var) *autograd.Var {
			return x.Reshape(x.Shape()[0], 42, 6).Mul(autograd.Const(tensor.Ones(6)).Mul(shift).Exp()).Add(shift)
		},
	} {
		// As many images as neither of those that are traced.
		x := tensor.CPU.Uniform(rng, 0.1, 1, 5, 4, 7, 9)
		for opset := int64(minOpset); opset <= maxOpset; opset++ {
			g, err := trace(nn.Func(f), opset, 4, 7, 9)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			s, err := NewSession(&Model{Opset: opset, Graph: *g})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			out, err := s.Run(map[string]*tensor.Tensor{"input": x})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			want := f(autograd.Const(x)).Value()
			if !slices.Equal(out["logits"].Shape(), want.Shape()) {
				t.Errorf("%s has shape %v, wanted %v", name, out["logits"].Shape(), want.Shape())
				continue
			}
			wantNear(t, name, out["logits"], want.Float32s())
		}
	}
}
