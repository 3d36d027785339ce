package cpu

import "inkling/device"

// MaxPool implements device.Backend.
func (b *Backend) MaxPool(dst, index, x device.View, g device.Window) {
	panic("cpu: MaxPool is being written")
}

// MaxPoolGrad implements device.Backend.
func (b *Backend) MaxPoolGrad(dst, dy, index device.View, g device.Window) {
	panic("cpu: MaxPoolGrad is being written")
}

// AvgPool implements device.Backend.
func (b *Backend) AvgPool(dst, x device.View, g device.Window) {
	panic("cpu: AvgPool is being written")
}

// AvgPoolGrad implements device.Backend.
func (b *Backend) AvgPoolGrad(dst, dy device.View, g device.Window) {
	panic("cpu: AvgPoolGrad is being written")
}
