//go:build unix

package picture

import "syscall"

// noWait opens a FIFO without waiting for who writes to it.
const noWait = syscall.O_NONBLOCK
