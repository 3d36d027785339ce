package classifier_test

import (
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/classifier"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

// colourful is a model of coloured discs on coloured grounds, and its training images,
// among which there are a blank one and a grey one, as somebody's own images have them.
func colourful(t *testing.T) (*classifier.Model, []image.Image) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var pictures []image.Image
	for n := range 400 {
		m := image.NewNRGBA(image.Rect(0, 0, 40, 40))
		ground, disc := color.NRGBA{uint8(rng.IntN(100)), 60, uint8(rng.IntN(200)), 255}, color.NRGBA{255, uint8(100 + rng.IntN(155)), uint8(rng.IntN(60)), 255}
		switch n {
		case 7:
			disc = ground
		case 8:
			ground, disc = color.NRGBA{20, 20, 20, 255}, color.NRGBA{200, 200, 200, 255}
		}
		x, y, r := 12+rng.IntN(16), 12+rng.IntN(16), 6+rng.IntN(6)
		for i := range 1600 {
			dx, dy := i%40-x, i/40-y
			if m.SetNRGBA(i%40, i/40, ground); dx*dx+dy*dy < r*r {
				m.SetNRGBA(i%40, i/40, disc)
			}
		}
		pictures = append(pictures, m)
	}
	spec := models.Spec{Channels: 3, Height: 40, Width: 40, Classes: 2}
	net, err := models.New("linear", spec, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	c := &classifier.Model{Info: classifier.Info{Architecture: "linear", Spec: spec, Classes: []string{"disc", "other"}, Scale: 1.0 / 255}, Net: net}
	typical, err := classifier.NewTypical(spec, len(pictures), func(i int) ([]byte, error) {
		out := make([]byte, spec.Pixels())
		for k := range 1600 {
			p := pictures[i].(*image.NRGBA).NRGBAAt(k%40, k/40)
			out[k], out[1600+k], out[3200+k] = p.R, p.G, p.B
		}
		return out, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Measure(typical); err != nil {
		t.Fatal(err)
	}
	return c, pictures
}

// What is no picture of the kind that a colour model learned is told, whatever odd ones
// are among its training images; what is of the kind is not.
func TestUnlikeInColour(t *testing.T) {
	c, pictures := colourful(t)
	noise := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(rng.IntN(256)) | uint8(255*(i%4/3))
	}
	strip := image.NewNRGBA(image.Rect(0, 0, 2000, 3))
	for i := range strip.Pix {
		strip.Pix[i] = uint8(i) | 128
	}
	for what, of := range map[string]image.Image{
		"its colourfulness is 0 %":                             pictures[8],
		"neighbouring pixels differ by":                        noise,
		"it has 1 x 1 pixels, which are enlarged 40 times":     image.NewGray(image.Rect(0, 0, 1, 1)),
		"it has 3 x 2000 pixels, and fills":                    strip,
		"it is blank: one colour everywhere, or transparent":   image.NewNRGBA(image.Rect(0, 0, 50, 50)),
		"in less light; of a drawing or a screenshot, is the ": lightened(pictures[0]),
	} {
		a, err := c.Classify(of)
		if err != nil || !slices.ContainsFunc(a.Unlike, func(s string) bool { return strings.Contains(s, what) }) {
			t.Errorf("want %q: %q, %v", what, a.Unlike, err)
		}
	}
	if a, err := c.Classify(image.NewNRGBA(image.Rect(0, 0, 50, 50))); err != nil || len(a.Unlike) > 2 || strings.Contains(strings.Join(a.Unlike, " "), "light") {
		t.Errorf("a transparent picture gets a photographer's advice: %q, %v", a.Unlike, err)
	}
	told := 0
	for _, p := range pictures {
		if a, err := c.Classify(p); err != nil || len(a.Unlike) > 0 {
			told++
		}
	}
	if told < 2 || told > len(pictures)/20 {
		t.Errorf("%d of %d training images are called unlike them; two are, and few may be", told, len(pictures))
	}
}

// lightened is a picture with all its values near white.
func lightened(m image.Image) image.Image {
	out := image.NewNRGBA(m.Bounds())
	for i := range 1600 {
		p := m.(*image.NRGBA).NRGBAAt(i%40, i/40)
		out.SetNRGBA(i%40, i/40, color.NRGBA{170 + p.R/3, 170 + p.G/3, 170 + p.B/3, 255})
	}
	return out
}

// A word is as wide as a digit is high, and no digit.
func TestUnlikeAWord(t *testing.T) {
	c := reader()
	word := image.NewGray(image.Rect(0, 0, 120, 80))
	for i := range word.Pix {
		word.Pix[i] = 255
	}
	for k := range 5 { // n n n n n, joined
		for y := 34; y < 46; y++ {
			for x := range 14 {
				if y < 37 || x < 3 || x > 10 {
					word.SetGray(20+14*k+x, y, color.Gray{20})
				}
			}
		}
	}
	a, err := c.Classify(word)
	if err != nil || !strings.Contains(strings.Join(a.Unlike, " "), "is it a word, a line or a dash?") {
		t.Errorf("%q, %v", a.Unlike, err)
	}
}
