package ref

import "inkling/device"

// MaxPool implements device.Backend.
func (backend) MaxPool(dst, index, x device.View, g device.Window) {
	panic("ref: MaxPool is being written")
}

// MaxPoolGrad implements device.Backend.
func (backend) MaxPoolGrad(dst, dy, index device.View, g device.Window) {
	panic("ref: MaxPoolGrad is being written")
}

// AvgPool implements device.Backend.
func (backend) AvgPool(dst, x device.View, g device.Window) { panic("ref: AvgPool is being written") }

// AvgPoolGrad implements device.Backend.
func (backend) AvgPoolGrad(dst, dy device.View, g device.Window) {
	panic("ref: AvgPoolGrad is being written")
}
