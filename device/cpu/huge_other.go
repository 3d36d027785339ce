//go:build !linux

package cpu

import "unsafe"

// hugePages does nothing where the system does not take such advice.
func hugePages(unsafe.Pointer, int) {}
