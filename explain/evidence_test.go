package explain_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"inkling/autograd"
	"inkling/explain"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

// Of a linear net the pixels' shares add up to the logit's distance from the empty
// image's, and each is weight times pixel.
func TestSaliencyOfALinearNet(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	spec := models.Spec{Channels: 3, Height: 4, Width: 5, Classes: 3}
	net, err := models.New("linear", spec, nn.FanIn(tensor.CPU, rng))
	if err != nil {
		t.Fatal(err)
	}
	image := func() *tensor.Tensor {
		numbers := make([]float32, spec.Pixels())
		for i := range numbers {
			numbers[i] = rng.Float32()
		}
		return tensor.Of(tensor.CPU, numbers, 1, 3, 4, 5)
	}
	x, empty := image(), image()
	weight := net.Params()[0].Value.Float64s() // (60, 3)
	logit := func(x *tensor.Tensor) float64 {
		return net.Forward(autograd.Const(x)).Value().Float64s()[2]
	}
	got := explain.Saliency(net, x, empty, 2)
	if len(got) != 20 {
		t.Fatalf("%d numbers for 20 pixels", len(got))
	}
	sum := 0.0
	xs, es := x.Float64s(), empty.Float64s()
	for i, v := range got {
		want := 0.0
		for c := range 3 {
			want += weight[(c*20+i)*3+2] * (xs[c*20+i] - es[c*20+i])
		}
		if math.Abs(v-want) > 1e-5 {
			t.Errorf("pixel %d: %g, want %g", i, v, want)
		}
		sum += v
	}
	if want := logit(x) - logit(empty); math.Abs(sum-want) > 1e-4 {
		t.Errorf("they add up to %g, want %g", sum, want)
	}
}

// Saliency is the slope that a small change of a pixel shows, also through batch norm.
func TestSaliencyIsASlope(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	spec := models.Spec{Channels: 1, Height: 12, Width: 12, Classes: 4}
	net, err := models.New("resnet-small", spec, nn.FanIn(tensor.CPU, rng))
	if err != nil {
		t.Fatal(err)
	}
	numbers := make([]float32, 144)
	for i := range numbers {
		numbers[i] = rng.Float32()
	}
	at := func(numbers []float32) float64 {
		return net.Forward(autograd.Const(tensor.Of(tensor.CPU, numbers, 1, 1, 12, 12))).Value().Float64s()[1]
	}
	x := tensor.Of(tensor.CPU, numbers, 1, 1, 12, 12)
	got := explain.Saliency(net, x, x.Scale(0), 1)
	off := 0
	for _, i := range []int{0, 40, 77, 78, 143} {
		const step = 1e-2
		up, down := append([]float32(nil), numbers...), append([]float32(nil), numbers...)
		up[i] += step
		down[i] -= step
		slope := (at(up) - at(down)) / (2 * step) * float64(numbers[i])
		if math.Abs(slope-got[i]) > 0.05*math.Abs(slope)+1e-3 {
			off++
			t.Logf("pixel %d: %g, the slope is %g", i, got[i], slope)
		}
	}
	if off > 1 { // a ReLU may bend within a step
		t.Errorf("%d of 5 pixels have another slope", off)
	}
}

// A class that is one pixel's brightness is explained by the squares over that pixel.
func TestOcclusion(t *testing.T) {
	const h, w = 21, 28
	image, empty := make([]byte, 2*h*w), make([]byte, 2*h*w)
	const pixel = h*w + 10*w + 13 // of the second channel
	image[pixel] = 200
	asked := 0
	got := explain.Occlusion(image, empty, 2, h, w, func(images []byte) []float64 {
		var all []float64
		for at := 0; at < len(images); at += 2 * h * w {
			all = append(all, float64(images[at+pixel])/255)
			asked++
		}
		return all
	})
	if len(got) != h*w || got[10*w+13] != 200./255 {
		t.Fatalf("%d numbers; %g at the pixel", len(got), got[10*w+13])
	}
	for i, v := range got {
		far := max(abs(i/w-10), abs(i%w-13))
		if v < 0 || v > got[10*w+13] || far > 3 && v != 0 {
			t.Errorf("%g at a distance of %d", v, far)
		}
	}
	if asked != 1+19*26 {
		t.Errorf("%d images were asked about", asked)
	}
}

func abs(v int) int { return max(v, -v) }
