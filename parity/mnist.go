package parity

import (
	"os"
	"path/filepath"
	"testing"

	"inkling/data"
	"inkling/data/idx"
)

// MNIST returns the real data set from $INKLING_DATA/mnist, else from
// ../shared/mnist beside the module, and skips the test where it is absent.
func MNIST(t testing.TB) *data.Dataset {
	t.Helper()
	dir := mnistDir()
	if dir == "" {
		t.Skip("skipped: no MNIST")
	}
	set, err := idx.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func mnistDir() string {
	if d := os.Getenv("INKLING_DATA"); d != "" {
		if d = filepath.Join(d, "mnist"); isDir(d) {
			return d
		}
	}
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			if d := filepath.Join(dir, "..", "shared", "mnist"); isDir(d) {
				return d
			}
			return ""
		}
	}
	return ""
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
