package ref

import "inkling/device"

// Adam implements device.Backend.
func (backend) Adam(p, m, v, g device.View, s device.AdamStep) { panic("ref: Adam is being written") }
