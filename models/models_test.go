package models_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/device/cpu"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

var digits = models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}

func fanIn() nn.Init { return nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0))) }

func TestModels(t *testing.T) {
	numbers := map[string]int{"average-mae": 7840, "average-mse": 7840, "linear": 7850, "network": 50890, "cnn": 206_922, "resnet-small": 41_132, "resnet-quick": 71_226, "resnet8": 1_186_698, "resnet18": 11_708_992, "resnet18-torchvision": 11_181_642}
	for _, name := range models.Names() {
		m, err := models.New(name, digits, fanIn())
		if err != nil {
			t.Fatal(err)
		}
		n, seen := 0, map[string]bool{}
		for _, p := range m.Params() {
			n += p.Value.Len()
			if seen[p.Name] {
				t.Errorf("%s has two parameters called %s", name, p.Name)
			}
			seen[p.Name] = true
		}
		if want, ok := numbers[name]; !ok || n != want {
			t.Errorf("%s has %d numbers, want %d", name, n, want)
		}
		if got := m.Forward(autograd.Const(tensor.Zeros(3, 1, 28, 28))).Shape(); !slices.Equal(got, []int{3, 10}) {
			t.Errorf("%s gives logits of shape %v for three images", name, got)
		}
		if models.Describe(name) == "" {
			t.Errorf("%s is not described", name)
		}
	}
	if models.Describe("oracle") != "" {
		t.Error("a model that is not there is described")
	}
}

// Every model takes images of one pixel, or says in an error that it does not.
func TestSmallImages(t *testing.T) {
	for _, name := range models.Names() {
		for _, side := range []int{1, 2} {
			m, err := models.New(name, models.Spec{Channels: 1, Height: side, Width: 3, Classes: 2}, models.Init(name, tensor.CPU, rand.New(rand.NewPCG(1, 0))))
			if name == "resnet8" && side == 1 {
				if err == nil || !strings.Contains(err.Error(), "resnet8 wants images of at least 2 x 2 pixels, and these have 1 x 3") {
					t.Errorf("%s on 1 x 3 pixels: %v", name, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Forward(autograd.Const(tensor.Zeros(2, 1, side, 3))).Shape(); !slices.Equal(got, []int{2, 2}) {
				t.Errorf("%s on %d x 3 pixels gives logits of shape %v", name, side, got)
			}
		}
	}
}

func TestModelsThatCannotBe(t *testing.T) {
	_, err := models.New("oracle", digits, fanIn())
	if want := `there is no model "oracle"; choose one of ` + strings.Join(models.Names(), ", "); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	for _, s := range []models.Spec{{}, {1, 28, 28, 0}, {1, -28, 28, 10}, {0, 28, 28, 10}} {
		if _, err := models.New("linear", s, fanIn()); err == nil || !strings.Contains(err.Error(), "cannot be built") {
			t.Errorf("a model for %+v: %v", s, err)
		}
	}
	if got := (models.Spec{Channels: 3, Height: 4, Width: 5}).Pixels(); got != 60 {
		t.Errorf("3 x 4 x 5 is %d pixels", got)
	}
}

func TestAverage(t *testing.T) {
	// Class 0 is ink on the left, class 1 on the right, class 2 has no images.
	spec := models.Spec{Channels: 1, Height: 1, Width: 4, Classes: 3}
	images := []uint8{
		255, 255, 0, 0,
		0, 0, 255, 204,
		255, 153, 0, 0,
		0, 0, 255, 0,
	}
	for _, mem := range []*tensor.Memory{tensor.CPU, tensor.On(cpu.New(1))} {
		for _, d := range []models.Distance{models.MeanAbsolute, models.MeanSquared} {
			m := models.NewAverage(spec, d)
			m.Fit(tensor.Of(mem, images, 4, 1, 1, 4), 1.0/255, []int32{0, 1, 0, 1})
			if got := m.Means.Value.Scale(10).Float32s(); !slices.EqualFunc(got, []float32{10, 8, 0, 0, 0, 0, 10, 4, 0, 0, 0, 0}, func(a, b float32) bool { return a-b < 1e-5 && b-a < 1e-5 }) {
				t.Errorf("ten times the means: %v", got)
			}
			x := tensor.Of(mem, []float32{0.9, 0.9, 0.1, 0, 0, 0.2, 0.8, 0.8}, 2, 1, 1, 4)
			logits := m.Forward(autograd.Const(x)).Value()
			if got := logits.ArgMax(1).Ints(); !slices.Equal(got, []int32{0, 1}) {
				t.Errorf("answers %v, want 0 and 1: %v", got, logits)
			}
		}
	}
	// The distances of (1, 0) to means of (0, 0) and (0.5, 0.5).
	for name, want := range map[string][]float32{"average-mae": {-0.5, -0.5}, "average-mse": {-0.5, -0.25}} {
		m, err := models.New(name, models.Spec{Channels: 1, Height: 1, Width: 2, Classes: 2}, fanIn())
		if err != nil {
			t.Fatal(err)
		}
		tensor.Set(m.Params()[0].Value, []float32{0, 0, 0.5, 0.5})
		if got := m.Forward(autograd.Const(tensor.FromFloats([]float32{1, 0}, 1, 1, 1, 2))).Value().Float32s(); !slices.Equal(got, want) {
			t.Errorf("%s: logits %v, want %v", name, got, want)
		}
	}
}

func TestAverageRefusesWhatDoesNotFit(t *testing.T) {
	m := models.NewAverage(models.Spec{Channels: 1, Height: 1, Width: 4, Classes: 2}, models.MeanSquared)
	for _, f := range []func(){
		func() { m.Fit(tensor.Zeros(3, 4), 1, []int32{0, 1}) },
		func() { m.Fit(tensor.Zeros(2, 5), 1, []int32{0, 1}) },
	} {
		func() {
			defer func() {
				if e, ok := recover().(*tensor.ShapeError); !ok || !strings.Contains(e.Error(), "wants images of 4 pixels and a label for each") {
					t.Errorf("said %v", e)
				}
			}()
			f()
		}()
	}
}
