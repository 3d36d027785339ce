package ref

import "inkling/device"

// Conv2D implements device.Backend.
func (backend) Conv2D(dst, x, w, bias device.View, g device.Window) {
	panic("ref: Conv2D is being written")
}

// Conv2DInputGrad implements device.Backend.
func (backend) Conv2DInputGrad(dst, dy, w device.View, g device.Window) {
	panic("ref: Conv2DInputGrad is being written")
}

// Conv2DFilterGrad implements device.Backend.
func (backend) Conv2DFilterGrad(dst, x, dy device.View, g device.Window) {
	panic("ref: Conv2DFilterGrad is being written")
}
