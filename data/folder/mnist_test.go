package folder

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"inkling/data"
	"inkling/data/idx"
)

// mnist returns the folder of the real files: $INKLING_DATA/mnist, else
// ../shared/mnist beside the module's root. A test without them is skipped.
func mnist(t testing.TB) string {
	t.Helper()
	dir := "../../../shared/mnist"
	if root := os.Getenv("INKLING_DATA"); root != "" {
		dir = filepath.Join(root, "mnist")
	}
	for _, name := range []string{"train-images-idx3-ubyte.gz", "mnist_png.tgz"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Skip("skipped: no MNIST")
		}
	}
	return dir
}

// The PNG tree and the IDX files must give the same tensors, or a model trained
// on the one would differ from a model trained on the other.
func TestMNISTEqualsIDX(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: decodes 70,000 images")
	}
	dir := mnist(t)
	want, err := idx.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Open(context.Background(), filepath.Join(dir, "mnist_png.tgz"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]*data.Set{"train": {got.Train, want.Train}, "test": {got.Test, want.Test}} {
		g, w := pair[0], pair[1]
		if g.Channels != w.Channels || g.Height != w.Height || g.Width != w.Width || !slices.Equal(g.Classes, w.Classes) {
			t.Errorf("%s: %d x %d x %d in %q, want %d x %d x %d in %q", name, g.Channels, g.Height, g.Width, g.Classes, w.Channels, w.Height, w.Width, w.Classes)
		}
		if !slices.Equal(g.Labels, w.Labels) || !bytes.Equal(g.Images, w.Images) {
			t.Errorf("%s: labels or pixels differ from the IDX files", name)
		}
	}
}

func BenchmarkMNISTArchive(b *testing.B) {
	path := filepath.Join(mnist(b), "mnist_png.tgz")
	for b.Loop() {
		if _, _, err := Open(context.Background(), path, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMNISTFolder reads the unpacked tree that $INKLING_MNIST_TREE names.
func BenchmarkMNISTFolder(b *testing.B) {
	path := os.Getenv("INKLING_MNIST_TREE")
	if path == "" {
		b.Skip("skipped: INKLING_MNIST_TREE is not set")
	}
	for b.Loop() {
		if _, _, err := Open(context.Background(), path, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMNISTCached(b *testing.B) {
	for _, path := range []string{filepath.Join(mnist(b), "mnist_png.tgz"), os.Getenv("INKLING_MNIST_TREE")} {
		if path == "" {
			continue
		}
		b.Run(filepath.Base(path), func(b *testing.B) {
			opt := Options{CacheDir: b.TempDir()}
			if _, _, err := Open(context.Background(), path, opt); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				_, r, err := Open(context.Background(), path, opt)
				if err != nil || !r.Cached {
					b.Fatal(err, "or not from the cache")
				}
			}
		})
	}
}
