//go:build !unix

package picture

// noWait is nothing where no FIFO lies among files.
const noWait = 0
