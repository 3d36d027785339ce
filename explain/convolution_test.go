package explain

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"inkling/data/synth"
	"inkling/models"
	"inkling/tensor"
)

// The sums that are taken apart are the engine's.
func TestConvolveIsTheEnginesConvolution(t *testing.T) {
	image := make([]float64, 28*28)
	floats := make([]float32, len(image))
	for i, b := range synth.Generate(1, 1, 3).Test.Image(0) {
		image[i] = float64(b) / 255
		floats[i] = float32(image[i])
	}
	var filter []float32
	for _, w := range UpperEdges {
		filter = append(filter, float32(w))
	}
	c := Convolve(image, 28, 28, UpperEdges)
	want := tensor.FromFloats(floats, 1, 1, 28, 28).Conv2D(tensor.FromFloats(filter, 1, 1, 3, 3), nil, tensor.Square(3, 1, 1)).Float64s()
	most := math.Inf(-1)
	for i, v := range want {
		if most = max(most, v); math.Abs(c.Map[i]-v) > 1e-5 {
			t.Fatalf("place %d: %g, the engine says %g", i, c.Map[i], v)
		}
	}
	sum := 0.0
	for k, p := range c.Products {
		if sum += p; p != c.Pixels[k]*c.Filter[k] {
			t.Errorf("product %d is %g, and %g x %g", k, p, c.Pixels[k], c.Filter[k])
		}
	}
	if math.Abs(sum-c.Sum) > 1e-12 || math.Abs(c.Sum-most) > 1e-5 || c.Sum != c.Map[c.Row*28+c.Column] || !(c.Sum > 1) {
		t.Errorf("the products at (%d, %d) add up to %g, the sum there is %g, the greatest %g", c.Row, c.Column, sum, c.Sum, most)
	}
}

func TestFeatureMaps(t *testing.T) {
	for name, want := range map[string]string{
		"resnet18":     "stem 64x14x14, stage 1 64x7x7, stage 2 128x4x4, stage 3 256x2x2, stage 4 512x1x1",
		"resnet-small": "stage 1 8x14x14, stage 2 16x7x7, stage 3 32x4x4, stage 4 16x2x2, stage 5 10x1x1",
		"linear":       "",
	} {
		model, err := models.New(name, models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}, models.Init(name, tensor.CPU, rand.New(rand.NewPCG(1, 0))))
		if err != nil {
			t.Fatal(err)
		}
		x := tensor.CPU.Uniform(rand.New(rand.NewPCG(1, 2)), 0, 1, 1, 1, 28, 28)
		var got []string
		for _, m := range FeatureMaps(model, x) {
			got = append(got, fmt.Sprintf("%s %dx%dx%d", m.Name, len(m.Values), m.Height, m.Width))
			least, most := float32(math.Inf(1)), float32(math.Inf(-1))
			for _, v := range m.Values {
				for _, a := range v {
					least, most = min(least, a), max(most, a)
				}
			}
			if name == "resnet18" && (least != 0 || !(most > 0)) { // each ends with a ReLU
				t.Errorf("%s: the maps of %s go from %g to %g", name, m.Name, least, most)
			}
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s: %s, want %s", name, text, want)
		}
		if f := FirstFilters(model); (f == nil) != (name == "linear") {
			t.Errorf("%s: first filters %v", name, f)
		}
	}
}
