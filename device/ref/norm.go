package ref

import "inkling/device"

// Moments implements device.Backend.
func (backend) Moments(mean, variance, x device.View) { panic("ref: Moments is being written") }

// ChannelAffine implements device.Backend.
func (backend) ChannelAffine(dst, x, scale, shift, skip device.View, relu bool) {
	panic("ref: ChannelAffine is being written")
}

// BatchNormGrad implements device.Backend.
func (backend) BatchNormGrad(dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale device.View) {
	panic("ref: BatchNormGrad is being written")
}
