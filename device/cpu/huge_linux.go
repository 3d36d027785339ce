package cpu

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePages asks for pages of 2 MB for a large block of fresh memory. A shuffled
// batch touches hundreds of places in it, and with pages of 4 KB nearly each of
// them costs a walk through the page tables, which on a virtual machine is long.
// It is advice: where the system declines, nothing is lost.
func hugePages(p unsafe.Pointer, bytes int) {
	const page = 2 << 20
	from := (uintptr(p) + page - 1) &^ (page - 1)
	to := (uintptr(p) + uintptr(bytes)) &^ (page - 1)
	if bytes >= 2*page && from < to {
		skip := int(from - uintptr(p))
		unix.Madvise(unsafe.Slice((*byte)(unsafe.Add(p, skip)), int(to-from)), unix.MADV_HUGEPAGE)
	}
}
