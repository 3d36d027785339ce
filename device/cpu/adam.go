package cpu

import "inkling/device"

// Adam implements device.Backend.
func (b *Backend) Adam(p, m, v, g device.View, s device.AdamStep) {
	panic("cpu: Adam is being written")
}
