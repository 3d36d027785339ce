package classifier

import (
	"math/rand/v2"
	"strings"
	"testing"

	"inkling/models"
	"inkling/nn"
	"inkling/safetensors"
	"inkling/tensor"
)

// Whatever a model file says about itself, it is refused in a line, or answers for its
// samples and is saved again.
func FuzzMetadata(f *testing.F) {
	spec := models.Spec{Channels: 1, Height: 2, Width: 3, Classes: 2}
	c := &Model{Info: Info{Architecture: "linear", Spec: spec, Classes: []string{"a", "b"}, Scale: 1.0 / 255, Seen: &Sketch{}}, Net: models.NewLinear(spec, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0))))}
	image := []byte{0, 50, 100, 150, 200, 250}
	c.Seen.Add(image)
	typical, err := NewTypical(spec, 3, func(int) ([]byte, error) { return image, nil })
	if err != nil {
		f.Fatal(err)
	}
	if err := c.Measure(typical); err != nil {
		f.Fatal(err)
	}
	file, err := c.file([][]byte{image})
	if err != nil {
		f.Fatal(err)
	}
	text := file.Metadata[key]
	f.Add(text)
	for from, to := range map[string]string{
		`"linear"`:       `"resnet18"`,
		`"height":2`:     `"height":9223372036854775807`,
		`"classes":2`:    `"classes":-2`,
		`"samples":[`:    `"samples":[{},`,
		`"scale":`:       `"input":"standardize","scale":`,
		`"temperature":`: `"temperature":1e-320,"x":`,
	} {
		f.Add(strings.Replace(text, from, to, 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := fromFile(&safetensors.File{Tensors: file.Tensors, Metadata: map[string]string{key: text}})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		c.Preprocessing()
		for _, p := range c.Probabilities(c.Logits(image)) {
			if !(p >= 0 && p <= 1) {
				t.Errorf("a probability of %v", p)
			}
		}
		if _, err := c.file([][]byte{image}); err != nil {
			t.Errorf("what was loaded cannot be saved: %v", err)
		}
	})
}
