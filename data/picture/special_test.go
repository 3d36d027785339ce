//go:build linux || darwin

package picture

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A FIFO has no writer, and would be waited for without end.
func TestOpenDoesNotBlock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo.png")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Error(err)
	}
	if _, _, err := ReadFile(path, 0, 100, nil); err == nil || !strings.Contains(err.Error(), "not a file any more") { // it was one when it was listed
		t.Error(err)
	}
	if _, err := Open("/dev/zero", Options{}); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Error(err)
	}
}
