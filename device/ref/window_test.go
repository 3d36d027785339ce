package ref_test

import (
	"testing"

	"inkling/device"
)

// window is a square one of the same size, stride, padding and dilation on both axes.
func window(size, stride, pad, dilation, groups int) device.Window {
	both := func(n int) [2]int { return [2]int{n, n} }
	return device.Window{Size: both(size), Stride: both(stride), Pad: both(pad), Dilation: both(dilation), Groups: groups}
}

// oneToNine is a map of 3 x 3.
func oneToNine() device.View { return floats([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3) }

func TestConv2D(t *testing.T) {
	x, w := oneToNine(), floats([]float64{1, 2, 3, 4}, 1, 1, 2, 2)
	plain := window(2, 1, 0, 1, 1)
	dst := floats([]float64{-1, -1, -1, -1}, 1, 1, 2, 2)
	b.Conv2D(dst, x, w, device.View{}, plain)
	want(t, "conv2d", dst, 37, 47, 67, 77)
	b.Conv2D(dst, x, w, floats([]float64{100}, 1), plain)
	want(t, "conv2d with bias", dst, 137, 147, 167, 177)

	dy := floats([]float64{1, 10, 100, 1000}, 1, 1, 2, 2)
	dx, dw := floats([]float64{-1, -1, -1, -1, -1, -1, -1, -1, -1}, 1, 1, 3, 3), floats([]float64{-1, -1, -1, -1}, 1, 1, 2, 2)
	b.Conv2DInputGrad(dx, dy, w, plain)
	want(t, "conv2d-input-grad", dx, 1, 12, 20, 103, 1234, 2040, 300, 3400, 4000)
	b.Conv2DFilterGrad(dw, x, dy, plain)
	want(t, "conv2d-filter-grad", dw, 5421, 6532, 8754, 9865)

	one := floats(nil, 1, 1, 1, 1)
	b.Conv2D(one, floats([]float64{1, 2, 3, 4}, 1, 1, 2, 2), oneToNine(), device.View{}, window(3, 2, 1, 1, 1))
	want(t, "conv2d whose filter reaches beyond the map", one, 5+2*6+3*8+4*9)
	b.Conv2D(one, x, w, device.View{}, window(2, 1, 0, 2, 1))
	want(t, "conv2d with dilation 2", one, 1+2*3+3*7+4*9)

	perChannel := floats(nil, 1, 2, 1, 1)
	wide := device.Window{Size: [2]int{1, 2}, Stride: [2]int{1, 1}, Dilation: [2]int{1, 1}, Groups: 2}
	b.Conv2D(perChannel, floats([]float64{1, 2, 3, 4}, 1, 2, 1, 2), floats([]float64{1, 1, 10, 1}, 2, 1, 1, 2), device.View{}, wide)
	want(t, "conv2d with a group for each channel", perChannel, 3, 34)
}

func TestMaxPool(t *testing.T) {
	dst, index := floats(nil, 1, 1, 2, 2), ints([]int32{9, 9, 9, 9}, 1, 1, 2, 2)
	pairs := window(2, 1, 0, 1, 1)
	b.MaxPool(dst, index, floats([]float64{0, 2, 2, 0, 9, 0, 5, nan, nan}, 1, 1, 3, 3), pairs)
	want(t, "max-pool", dst, 9, 9, nan, nan)
	wantInts(t, "max-pool's taps", index, 3, 2, 3, 2)

	peak := ints([]int32{3, 2, 1, 0}, 1, 1, 2, 2) // all on the map's middle
	dx := oneToNine()
	b.MaxPoolGrad(dx, floats([]float64{1, 10, 100, 1000}, 1, 1, 2, 2), peak, pairs)
	want(t, "max-pool-grad", dx, 0, 0, 0, 0, 1111, 0, 0, 0, 0)

	one, tap := floats(nil, 1, 1, 1, 1), ints([]int32{0}, 1, 1, 1, 1)
	b.MaxPool(one, tap, floats([]float64{-3, -1, -1, -4}, 1, 1, 2, 2), window(3, 2, 1, 1, 1))
	want(t, "max-pool that reaches beyond the map", one, -1)
	wantInts(t, "the first of equal taps", tap, 5)
}

func TestAvgPool(t *testing.T) {
	g := window(2, 2, 1, 1, 1)
	dst := floats(nil, 1, 1, 2, 2)
	b.AvgPool(dst, oneToNine(), g)
	want(t, "avg-pool", dst, 0.25, 1.25, 2.75, 7)
	dx := oneToNine()
	b.AvgPoolGrad(dx, floats([]float64{4, 8, 12, 16}, 1, 1, 2, 2), g)
	want(t, "avg-pool-grad", dx, 1, 2, 2, 3, 4, 4, 3, 4, 4)
}

func TestMomentsAndChannelAffine(t *testing.T) {
	mean, variance := floats([]float64{-1, -1}, 2), floats([]float64{-1, -1}, 2)
	b.Moments(mean, variance, floats([]float64{1, 3, 0, 0, 5, 7, 0, 4}, 2, 2, 1, 2))
	want(t, "mean", mean, 4, 1)
	want(t, "variance", variance, 5, 3)

	x, scale, shift := floats([]float64{1, 2, 3, 4}, 2, 2), floats([]float64{2, -1}, 2), floats([]float64{1, 3}, 2)
	dst := floats(nil, 2, 2)
	b.ChannelAffine(dst, x, scale, shift, device.View{}, false)
	want(t, "channel-affine", dst, 3, 1, 7, -1)
	b.ChannelAffine(dst, x, scale, shift, floats([]float64{0, -1, -10, nan}, 2, 2), true)
	want(t, "channel-affine, skip and relu", dst, 3, 0, 0, nan)
}

func TestBatchNormGrad(t *testing.T) {
	one, two := floats([]float64{1}, 1), floats([]float64{2}, 1)
	x, mean := floats([]float64{1, -1, 1, -1}, 4, 1), floats(nil, 1)
	dx, dscale, dshift, dskip := floats(nil, 4, 1), floats(nil, 1), floats(nil, 1), floats(nil, 4, 1)
	b.BatchNormGrad(dx, dscale, dshift, device.View{}, floats([]float64{1, 2, 3, 4}, 4, 1), device.View{}, x, mean, one, two)
	want(t, "batch-norm-grad at x", dx, -2, -2, 2, 2)
	want(t, "batch-norm-grad at scale", dscale, -2)
	want(t, "batch-norm-grad at shift", dshift, 10)

	copy := floats([]float64{1, 2, 3, 4}, 4, 1)
	b.BatchNormGrad(copy, dscale, dshift, dskip, copy, floats([]float64{1, 0, 1, 1}, 4, 1), x, mean, one, two)
	want(t, "batch-norm-grad at x behind a relu, in place", copy, -2, -4, 2, 4)
	want(t, "batch-norm-grad at skip", dskip, 1, 0, 3, 4)
	want(t, "batch-norm-grad at scale behind a relu", dscale, 0)
	want(t, "batch-norm-grad at shift behind a relu", dshift, 8)
}

func TestAdam(t *testing.T) {
	p, m, v := floats([]float64{1, 1}, 2), floats([]float64{0, 2}, 2), floats([]float64{0, 3}, 2)
	b.Adam(p, m, v, floats([]float64{2, 0}, 2), device.AdamStep{
		Beta1: 0.5, Beta2: 0.75, Rate: 0.1, Eps: 2, Decay: 0.5, Correction1: 0.5, Correction2: 0.25})
	want(t, "adam's m", m, 1, 1)
	want(t, "adam's v", v, 1, 2.25)
	// (1 - 0.05) - 0.1 * 2/(2+2), and (1 - 0.05) - 0.1 * 2/(3+2)
	want(t, "adam's p", p, 0.9, 0.91)
}
