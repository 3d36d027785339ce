package idx

import (
	"os"
	"path/filepath"
	"testing"
)

// mnist returns the folder of the real files: $INKLING_DATA/mnist, else
// ../shared/mnist beside the module's root. A test without them is skipped.
func mnist(t testing.TB) string {
	t.Helper()
	candidates := []string{"../../../shared/mnist"}
	if root := os.Getenv("INKLING_DATA"); root != "" {
		candidates = []string{filepath.Join(root, "mnist")}
	}
	for _, dir := range candidates {
		if _, err := os.Stat(filepath.Join(dir, "train-images-idx3-ubyte.gz")); err == nil {
			return dir
		}
	}
	t.Skip("skipped: no MNIST")
	return ""
}

func TestMNIST(t *testing.T) {
	ds, err := Open(mnist(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := ds.Train.Check(); err != nil {
		t.Error(err)
	}
	if err := ds.Test.Check(); err != nil {
		t.Error(err)
	}
	if ds.Train.Len() != 60000 || ds.Test.Len() != 10000 || ds.Train.Height != 28 || ds.Train.Width != 28 || len(ds.Train.Classes) != 10 {
		t.Errorf("got %d + %d images of %d x %d in %d classes", ds.Train.Len(), ds.Test.Len(), ds.Train.Height, ds.Train.Width, len(ds.Train.Classes))
	}
	if got := ds.Train.Counts()[1]; got != 6742 { // the count that every description of MNIST gives
		t.Errorf("%d training images of class 1, want 6742", got)
	}
}

func BenchmarkMNIST(b *testing.B) {
	dir := mnist(b)
	for b.Loop() {
		if _, err := Open(dir); err != nil {
			b.Fatal(err)
		}
	}
}
