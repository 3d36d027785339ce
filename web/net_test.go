package web

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"inkling/classifier"
	"inkling/data/picture"
	"inkling/internal/browser"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

// drawn returns a model whose weights and running statistics are random, with images
// of its size.
func drawn(t *testing.T, name string, s models.Spec, images int) (*classifier.Model, []byte) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	net, err := models.New(name, s, models.Init(name, tensor.CPU, rng))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range nn.State(net) {
		values := p.Value.Float32s()
		for i := range values {
			switch {
			case strings.HasSuffix(p.Name, "running_var"):
				values[i] = 0.5 + rng.Float32()
			case p.Value.Rank() == 1:
				values[i] += 0.4 * (rng.Float32() - 0.5)
			case p.Name == "means":
				values[i] = rng.Float32()
			}
		}
		p.Value.CopyFrom(tensor.FromFloats(values, p.Value.Shape()...))
	}
	pixels := make([]byte, images*s.Pixels())
	for i := range pixels {
		pixels[i] = byte(rng.IntN(256))
	}
	m := &classifier.Model{Info: classifier.Info{
		Architecture: name, Spec: s, Classes: strings.Split("0123456789", "")[:s.Classes], Scale: 1.0 / 255,
		Samples: []classifier.Sample{{Image: pixels[:s.Pixels()]}},
	}, Net: net}
	return m, pixels
}

var digits = models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}

// The script's answers are Go's, for every model there is.
func TestTheScriptAnswersAsGo(t *testing.T) {
	t.Parallel()
	v := browser.Visit(t, 800, 900, "light")
	colour := models.Spec{Channels: 3, Height: 19, Width: 30, Classes: 7}
	for _, name := range models.Names() {
		for _, s := range []models.Spec{digits, colour} {
			if strings.HasPrefix(name, "resnet18") && (s == colour || os.Getenv("INKLING_ACCEPTANCE") == "" || name != "resnet18") {
				continue // 62 MB a page
			}
			for _, input := range []string{"", "standardize", "centre=80%,normalize=0.3/0.4"} {
				if input != "" && name != "network" {
					continue
				}
				m, images := drawn(t, name, s, 3)
				m.Input = input
				show(t, v, m, 800, "light")
				got := browser.Eval[[]float64](v, `const all = bytes64(given), net = inkling.net, input = net.program.input, n = input.channels * input.height * input.width, out = [];
					for (let at = 0; at < all.length; at += n) out.push(...net.logits(inkling.numbers(input, all.subarray(at, at + n))));
					return out`, images)
				want := m.Logits(images)
				most := 0.0
				for _, v := range want {
					most = max(most, math.Abs(float64(v)))
				}
				for i, v := range want {
					if d := math.Abs(float64(v) - got[i]); !(d <= 1e-5*max(most, 1)) {
						t.Errorf("%s %q for %v: logit %d is %v, in Go %v", name, input, s, i, got[i], v)
						break
					}
				}
			}
		}
	}
	v.Quiet()
}

// Pictures of any size and shape come to the model's size as they do in Go.
func TestPicturesOfAllSizes(t *testing.T) {
	t.Parallel()
	v := browser.Visit(t, 800, 900, "light")
	m, _ := drawn(t, "linear", models.Spec{Channels: 3, Height: 24, Width: 32, Classes: 3}, 1)
	show(t, v, m, 800, "light")
	rng := rand.New(rand.NewPCG(3, 4))
	for _, size := range [][2]int{{24, 32}, {1, 1}, {3, 50}, {300, 7}, {48, 64}, {47, 65}, {100, 133}, {211, 150}, {10, 12}, {400, 600}} {
		height, width := size[0], size[1]
		p := &picture.Picture{Channels: 3, Height: height, Width: width, Pix: make([]byte, 3*height*width)}
		rgba := make([]byte, 4*height*width)
		for i := range height * width {
			rgba[4*i+3] = 255
			for c := range 3 {
				v := byte(128 + 60*math.Sin(float64(i/width*(c+1))/9)*math.Cos(float64(i%width)/7) + float64(rng.IntN(60)))
				p.Pix[c*height*width+i], rgba[4*i+c] = v, v
			}
		}
		got := browser.Bytes(v, `return base64(inkling.fitted(inkling.net.program.input, inkling.planesOf(given.height, given.width, bytes64(given.rgba))))`,
			map[string]any{"height": height, "width": width, "rgba": rgba})
		if want := p.To(3, 24, 32); !near(got, want, 1) {
			t.Errorf("%d x %d pixels: other bytes than in Go", height, width)
		}
	}
	v.Quiet()
}

// near reports whether all bytes agree within so much.
func near(a, b []byte, within int) bool {
	return slices.EqualFunc(a, b, func(x, y byte) bool { return max(x, y)-min(x, y) <= byte(within) })
}
