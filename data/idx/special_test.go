//go:build linux || darwin

package idx

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Opening a FIFO would wait for a writer for ever.
func TestOpenFIFO(t *testing.T) {
	for _, name := range []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz", ClassesFile} {
		dir := t.TempDir()
		put(t, dir, map[string][]byte{"t10k-images-idx3-ubyte": goodImages})
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), name+": not a regular file but a FIFO") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
