package tensor

import (
	"fmt"
	"slices"

	"inkling/device"
)

// checkChannels panics unless x is (n, c, ...) and each of the others, which may
// be nil, holds one number a channel, (c).
func checkChannels(op string, x *Tensor, per ...*Tensor) {
	x.floats(op, x)
	if x.Rank() < 2 {
		panic(shapeError(op, "wants (n, channels, ...)", "", x))
	}
	for _, p := range per {
		if p == nil {
			continue
		}
		x.floats(op, p)
		if p.Rank() != 1 || p.Dim(0) != x.Dim(1) {
			panic(shapeError(op, fmt.Sprintf("wants one number for each of %d channels, (%d,)", x.Dim(1), x.Dim(1)), "", x, p))
		}
	}
}

// checkSame panics unless y, which may be nil, has x's shape.
func checkSame(op string, x, y *Tensor) {
	if y == nil {
		return
	}
	x.floats(op, y)
	if !slices.Equal(x.Shape(), y.Shape()) {
		panic(shapeError(op, "wants two tensors of one shape", "nothing is broadcast here", x, y))
	}
}

// Moments returns the mean and the variance (c) of each channel of x (n, c, ...),
// over all its images and places. The variance is the mean squared distance to
// the mean: of one element it is 0.
func (x *Tensor) Moments() (mean, variance *Tensor) {
	checkChannels("moments", x)
	if x.Len() == 0 {
		panic(shapeError("moments", "of no elements", "", x))
	}
	mean = x.mem.New(device.Float, x.Dim(1))
	variance = x.mem.New(device.Float, x.Dim(1))
	x.mem.backend.Moments(mean.view, variance.view, x.view)
	return mean, variance
}

// ChannelAffine returns x*scale[c] + shift[c] + skip for x (n, c, ...), and where
// relu is set the greater of that and 0. skip has x's shape or is nil.
func (x *Tensor) ChannelAffine(scale, shift, skip *Tensor, relu bool) *Tensor {
	checkChannels("channel-affine", x, scale, shift)
	checkSame("channel-affine", x, skip)
	m := home(x, scale, shift, skip)
	out := m.like(device.Float, x)
	m.backend.ChannelAffine(out.view, x.view, scale.view, shift.view, viewOf(skip), relu)
	return out
}

// BatchNormGrad is the way back through
//
//	y = relu(scale[c] * (z - mean[c]) * rstd[c] + shift[c] + skip)
//
// where mean and rstd = 1/sqrt(variance + eps) are z's own Moments. From the
// gradient x at y it returns those at z (z's shape), scale and shift (c), and
// skip. y is nil where there was no relu. dskip is computed only if skip is set.
func (x *Tensor) BatchNormGrad(y, z, mean, rstd, scale *Tensor, skip bool) (dz, dscale, dshift, dskip *Tensor) {
	checkChannels("batch-norm-grad", z, mean, rstd, scale)
	checkSame("batch-norm-grad", z, x)
	checkSame("batch-norm-grad", z, y)
	m := home(x, y, z, mean, rstd, scale)
	dz = m.like(device.Float, z)
	dscale, dshift = m.New(device.Float, z.Dim(1)), m.New(device.Float, z.Dim(1))
	if skip {
		dskip = m.like(device.Float, z)
	}
	m.backend.BatchNormGrad(dz.view, dscale.view, dshift.view, viewOf(dskip), x.view, viewOf(y), z.view, mean.view, rstd.view, scale.view)
	return dz, dscale, dshift, dskip
}

// viewOf is the view of a tensor that may be nil.
func viewOf(x *Tensor) device.View {
	if x == nil {
		return device.View{}
	}
	return x.view
}
