package cpu

import "inkling/device"

// Moments implements device.Backend.
func (b *Backend) Moments(mean, variance, x device.View) { panic("cpu: Moments is being written") }

// ChannelAffine implements device.Backend.
func (b *Backend) ChannelAffine(dst, x, scale, shift, skip device.View, relu bool) {
	panic("cpu: ChannelAffine is being written")
}

// BatchNormGrad implements device.Backend.
func (b *Backend) BatchNormGrad(dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale device.View) {
	panic("cpu: BatchNormGrad is being written")
}
