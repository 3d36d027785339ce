package models_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/autograd"
	"inkling/device/ref"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

var truth = tensor.On(ref.New())

// small returns a convolutional model on the reference device.
func small(t *testing.T, name string, s models.Spec) nn.Layer {
	t.Helper()
	m, err := models.New(name, s, models.Init(name, truth, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Any number of channels, classes and pixels will do.
func TestConvolutionalModelsOfAllSizes(t *testing.T) {
	for _, name := range []string{"cnn", "resnet-small"} {
		for _, s := range []models.Spec{{Channels: 1, Height: 1, Width: 1, Classes: 2}, {Channels: 3, Height: 5, Width: 13, Classes: 7}, {Channels: 4, Height: 32, Width: 30, Classes: 3}} {
			m := small(t, name, s)
			x := truth.Uniform(rand.New(rand.NewPCG(1, 2)), 0, 1, 2, s.Channels, s.Height, s.Width)
			if got := m.Forward(autograd.Const(x)).Shape(); !slices.Equal(got, []int{2, s.Classes}) {
				t.Errorf("%s for %+v gives logits of shape %v", name, s, got)
			}
			tape := autograd.NewTapeOn(truth)
			grads := m.Forward(tape.Input(x)).Square().Sum().Backward()
			for _, p := range m.Params() {
				if grads.Of(p) == nil {
					t.Errorf("%s for %+v: no gradient reaches %s", name, s, p.Name)
				}
			}
		}
	}
}

func TestResNet18(t *testing.T) {
	m := small(t, "resnet18", models.Spec{Channels: 1, Height: 9, Width: 5, Classes: 3})
	var names []string
	for _, p := range m.Params() {
		names = append(names, p.Name)
	}
	// As torchvision's resnet18().named_parameters() begins, and where it has the first skip.
	if want := []string{"conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.0.bn1.bias", "layer1.0.conv2.weight", "layer1.0.bn2.weight", "layer1.0.bn2.bias", "layer1.1.conv1.weight"}; !slices.Equal(names[:10], want) {
		t.Errorf("parameters begin %v", names[:10])
	}
	if want := []string{"layer2.0.downsample.0.weight", "layer2.0.downsample.1.weight", "layer2.0.downsample.1.bias", "layer2.1.conv1.weight"}; !slices.Equal(names[21:25], want) {
		t.Errorf("the skip of stage 2: %v", names[21:25])
	}
	if want := []string{"fc.bn1.weight", "fc.bn1.bias", "fc.linear1.weight", "fc.bn2.weight", "fc.bn2.bias", "fc.linear2.weight"}; !slices.Equal(names[60:], want) {
		t.Errorf("the head: %v", names[60:])
	}
	// The first values are those of torchvision and fastai.
	for i, variance := range map[int]float64{3: 2.0 / (64 * 9), 21: 2.0 / 128, 62: 2.0 / 1024} { // fan out, fan out, fan in
		if v := m.Params()[i].Value.Square().Mean().Item(); v < 0.95*variance || v > 1.05*variance {
			t.Errorf("%s begins with a variance of %v, want %v", names[i], v, variance)
		}
	}
	for i, want := range map[int]float64{1: 1, 2: 0, 60: 1, 61: 1e-3, 64: 1e-3} {
		if v := m.Params()[i].Value; v.Min().Item() != want || v.Max().Item() != want {
			t.Errorf("%s begins as %v, want %v", names[i], v, want)
		}
	}
	grey := truth.Uniform(rand.New(rand.NewPCG(1, 2)), 0, 1, 2, 1, 9, 5)
	got := m.Forward(autograd.Const(grey)).Value()
	colour := small(t, "resnet18", models.Spec{Channels: 3, Height: 9, Width: 5, Classes: 3})
	want := colour.Forward(autograd.Const(tensor.Concat(1, grey, grey, grey))).Value()
	if !slices.Equal(got.Shape(), []int{2, 3}) || got.Sub(want).Abs().Max().Item() > 1e-9 {
		t.Errorf("a grey image gives %v, three equal channels give %v", got, want)
	}
	if folded := nn.Fold(m); folded.Forward(autograd.Const(grey)).Value().Sub(got).Abs().Max().Item() > 1e-5*got.Abs().Max().Item() {
		t.Error("folded it answers otherwise")
	} else if n := len(nn.Buffers(folded)); n != 4 { // the head's two
		t.Errorf("folded it has %d running statistics, want 4", n)
	}
}
