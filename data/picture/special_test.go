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
	if file, _, err := ReadFile(path, 10, 100, nil); err != nil || len(file) != 0 { // it was a file when it was listed
		t.Errorf("%d bytes, %v", len(file), err)
	}
	if _, err := Open("/dev/zero", Options{}); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Error(err)
	}
}
