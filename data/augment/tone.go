package augment

import "math"

// unit is what a byte is as a number from 0 to 1, in the bits of tensor's
// GatherFloat(rows, 1.0/255).
var unit = func() (table [256]float32) {
	for v := range table {
		table[v] = float32(v) * float32(1.0/255)
	}
	return table
}()

// widen turns bytes into numbers from 0 to 1.
func widen(dst []float32, src []uint8) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = unit[v]
	}
}

// tone changes contrast, about the image's mean, and brightness, and keeps what
// comes out between 0 and 1.
func tone(image []float32, contrast, brightness float32) {
	if contrast == 1 && brightness == 0 {
		return
	}
	mean, _ := moments(image)
	shift := float32(mean)*(1-contrast) + brightness
	for i, v := range image {
		v = v*contrast + shift
		if v < 0 {
			v = 0
		} else if v > 1 {
			v = 1
		}
		image[i] = v
	}
}

// standardize subtracts the image's mean and divides by its standard deviation,
// which counts as 1/sqrt(n) at least: a blank image of n numbers becomes 0.
func standardize(image []float32) {
	mean, variance := moments(image)
	std := math.Sqrt(max(variance, 1/float64(len(image))))
	affineTo(image, float32(1/std), float32(-mean/std))
}

// affineTo computes image*scale + shift in place.
func affineTo(image []float32, scale, shift float32) {
	for i, v := range image {
		image[i] = v*scale + shift
	}
}

// moments returns the mean of an image and the mean squared distance to it.
func moments(image []float32) (mean, variance float64) {
	if len(image) == 0 {
		return 0, 0
	}
	// Two sums of each kind, since an addition waits for the one before it. Squares of
	// float32s are exact in a float64, so that one pass is as good as two.
	var a, b, aa, bb float64
	rest := image
	for len(rest) >= 2 {
		u, v := float64(rest[0]), float64(rest[1])
		a, b, aa, bb = a+u, b+v, aa+u*u, bb+v*v
		rest = rest[2:]
	}
	for _, v := range rest {
		a, aa = a+float64(v), aa+float64(v)*float64(v)
	}
	n := float64(len(image))
	mean = (a + b) / n
	return mean, max((aa+bb)/n-mean*mean, 0)
}
