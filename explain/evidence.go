package explain

import (
	"fmt"

	"inkling/autograd"
	"inkling/nn"
	"inkling/tensor"
)

// Saliency is what each pixel of an image did for a class, to first order: the gradient
// of the class's logit times what the pixel differs from an empty image by,
//
//	d logit / d x * (x - empty)
//
// summed over the channels. x and empty are (1, channels, height, width) as the net sees
// them; there are height x width numbers, positive for the class. Where the net is linear
// they add up to what the image's logit is above the empty image's. It panics unless
// class is one of the net's.
//
// Source: Simonyan et al., Deep Inside Convolutional Networks, 2013 (arXiv:1312.6034),
// times the input: Shrikumar et al., Not Just a Black Box, 2016 (arXiv:1605.01713).
func Saliency(net nn.Layer, x, empty *tensor.Tensor, class int) []float64 {
	tape := autograd.NewInferenceTapeOn(x.Memory())
	seen := tape.Watch(x)
	logits := net.Forward(seen) // (1, classes)
	classes := logits.Shape()[1]
	if class < 0 || class >= classes {
		panic(fmt.Sprintf("[saliency] class %d of a net with %d", class, classes))
	}
	chosen := make([]float32, classes)
	chosen[class] = 1
	grads := logits.Mul(tape.Input(tensor.Of(x.Memory(), chosen, 1, classes))).Sum().Backward()
	product := grads.At(seen).Mul(x.Sub(empty)) // (1, channels, height, width)
	return product.Sum(0, 1).Float64s()
}

// patches is how many squares lie side by side along an image's shorter side in Occlusion.
const patches = 7

// Occlusion is what each pixel of an image did for a class, by trial: a square is moved
// over the image by half its side, what it covers is replaced by an empty image, and the
// change of the class's probability is noted. A pixel gets the mean over the squares that
// covered it, positive where the class loses by the loss of the pixel.
//
// Image and empty are channels x height x width bytes; probability gives that of the class
// for each of some images, one behind the other. There are height x width numbers.
//
// Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, 2014.
func Occlusion(image, empty []byte, channels, height, width int, probability func(images []byte) []float64) []float64 {
	side := max(1, min(height, width)/patches)
	downs, acrosses := steps(height, side), steps(width, side)
	whole := probability(image)[0]
	sum, times := make([]float64, height*width), make([]float64, height*width)
	for _, top := range downs { // a row of squares is a batch
		var batch []byte
		for _, left := range acrosses {
			at := len(batch)
			batch = append(batch, image...)
			for c := range channels {
				for y := top; y < top+side; y++ {
					from := c*height*width + y*width + left
					copy(batch[at+from:at+from+side], empty[from:])
				}
			}
		}
		for k, p := range probability(batch) {
			for y := top; y < top+side; y++ {
				for x := acrosses[k]; x < acrosses[k]+side; x++ {
					sum[y*width+x] += whole - p
					times[y*width+x]++
				}
			}
		}
	}
	for i := range sum {
		sum[i] /= times[i]
	}
	return sum
}

// steps are where squares begin along a line of n pixels: half their side apart, the
// last at the end.
func steps(n, side int) []int {
	var all []int
	for at := 0; at+side < n; at += max(1, side/2) {
		all = append(all, at)
	}
	return append(all, n-side)
}
