package idx

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"inkling/data"
)

func zipped(b []byte) []byte {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	z.Write(b)
	z.Close()
	return buf.Bytes()
}

// two images of 1 x 3 pixels, and their labels
var (
	goodImages = []byte{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6}
	goodLabels = []byte{0, 0, 8, 1, 0, 0, 0, 2, 1, 0}
)

func with(b []byte, at int, v ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[at:], v)
	return b
}

// Every way in which a file can be wrong is named, with its place.
func TestHostile(t *testing.T) {
	gz := zipped(goodImages)
	for _, c := range []struct {
		name   string
		file   []byte
		labels bool
		want   string
	}{
		{"empty", nil, false, "empty"},
		{"three bytes", goodImages[:3], false, "byte 3: the header is cut short"},
		{"header cut", goodImages[:9], false, "byte 9: the header is cut short"},
		{"magic", with(goodImages, 0, 1), false, "byte 0: starts with 01 00 08 03"},
		{"type float", with(goodImages, 2, 0x0D), false, "byte 2: elements are of type float32"},
		{"type unknown", with(goodImages, 2, 0x77), false, "byte 2: 0x77 is no element type"},
		{"rank", with(goodImages, 3, 2), false, "byte 3: rank 2, want 3"},
		{"labels for images", goodLabels, false, "images and labels are swapped"},
		{"images for labels", goodImages, true, "images and labels are swapped"},
		{"no images", with(goodImages, 4, 0, 0, 0, 0), false, "byte 4: dimension 1 of 3 is 0"},
		{"no width", with(goodImages, 12, 0, 0, 0, 0), false, "byte 12: dimension 3 of 3 is 0"},
		{"count beyond the data", with(goodImages, 4, 0, 0, 0, 9), false, "byte 22: the header promises 9 x 1 x 3 = 27 elements, but only 6"},
		{"trailing byte", append(bytes.Clone(goodImages), 0), false, "byte 22: bytes follow"},
		{"product overflows", with(goodImages, 4, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff), false, "dimensions 2147483647 x 2147483647 x 2147483647 make more"},
		{"product is 0 modulo 2^64", with(goodImages, 4, 0x40, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 16), false, "make more"},
		{"dimension beyond 2^31", with(goodImages, 4, 0xff, 0xff, 0xff, 0xff), false, "byte 4: dimension 1 of 3 is 4294967295"},
		{"large claim, no data", with(goodImages, 8, 0x08, 0, 0, 0), false, "only 6 are there"},
		{"more images than are read", with(goodImages, 4, 4, 0, 0, 1), false, "byte 4: the header promises 67108865 images, more than the 67108864"},
		{"more labels than are read", with(goodLabels, 4, 4, 0, 0, 1), true, "byte 4: the header promises 67108865 labels"},
		{"gzip cut", gz[:len(gz)-9], false, "cut short"},
		{"gzip header cut", gz[:6], false, "cut short"},
		{"gzip checksum", with(gz, len(gz)-8, gz[len(gz)-8]^1), false, "checksum"},
		{"gzip length", with(gz, len(gz)-4, gz[len(gz)-4]^1), false, "checksum"},
		{"after the gzip", append(bytes.Clone(gz), "junk and more of it"...), false, "not gzip"},
		{"web page", []byte("<!DOCTYPE html><html>"), false, "web page"},
		{"LFS pointer", []byte("version https://git-lfs.github.com/spec/v1\n"), false, "git lfs pull"},
		{"zip", []byte("PK\x03\x04...."), false, "zip archive"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			if c.labels {
				_, err = ReadLabels(bytes.NewReader(c.file), "a\nfile")
			} else {
				_, _, _, _, err = ReadImages(bytes.NewReader(c.file), "a\nfile")
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want one with %q", err, c.want)
			}
			if !strings.HasPrefix(err.Error(), `"a\nfile": `) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q does not begin with the file's name, escaped, on one line", err)
			}
		})
	}
}

// A gzip bomb costs what its header claims at most, and that is limited; a claim
// alone costs nothing.
func TestMemory(t *testing.T) {
	claim := with(goodImages, 8, 0x08, 0, 0, 0) // 2 x 2^27 x 3
	bomb := zipped(append(with(goodImages, 4, 0, 0, 0, 1), make([]byte, 64<<20)...))
	for name, file := range map[string][]byte{"claim": claim, "bomb": bomb} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, _, _, _, err := ReadImages(bytes.NewReader(file), "x"); err == nil {
			t.Errorf("%s: no error", name)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, got, len(file))
		}
	}
	if _, _, err := read(bytes.NewReader(goodImages), "x", 3, 5); err == nil || !strings.Contains(err.Error(), "more than the 5 elements") {
		t.Errorf("beyond the limit: %v", err)
	}
}

func put(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpen(t *testing.T) {
	three := []byte{0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 1}
	tall := []byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 1, 2, 3}
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  string // part of the error; "" for success
	}{
		{"hyphens", map[string][]byte{"train-images-idx3-ubyte": goodImages, "train-labels-idx1-ubyte": goodLabels}, ""},
		{"dots, gzip", map[string][]byte{"train-images.idx3-ubyte.gz": zipped(goodImages), "train-labels.idx1-ubyte.gz": zipped(goodLabels)}, ""},
		{"gzip without its name", map[string][]byte{"train-images-idx3-ubyte": zipped(goodImages), "train-labels-idx1-ubyte": goodLabels}, ""},
		{"prefix", map[string][]byte{"emnist-letters-train-images-idx3-ubyte": goodImages, "emnist-letters-train-labels-idx1-ubyte": goodLabels}, ""},
		{"both plain and gzip", map[string][]byte{"train-images-idx3-ubyte": goodImages, "train-images-idx3-ubyte.gz": []byte("junk"), "train-labels-idx1-ubyte": goodLabels}, ""},
		{"nothing", map[string][]byte{"readme": nil}, "no IDX files"},
		{"labels missing", map[string][]byte{"train-images-idx3-ubyte": goodImages}, "has no labels beside it: train-labels"},
		{"images missing", map[string][]byte{"train-labels-idx1-ubyte": goodLabels}, "has no images beside it: train-images"},
		{"only test", map[string][]byte{"t10k-images-idx3-ubyte": goodImages, "t10k-labels-idx1-ubyte": goodLabels}, "no training images"},
		{"counts differ", map[string][]byte{"train-images-idx3-ubyte": goodImages, "train-labels-idx1-ubyte": three}, "2 images but"},
		{"two sets", map[string][]byte{"a-train-images-idx3-ubyte": goodImages, "b-train-labels-idx1-ubyte": goodLabels}, "belong to two data sets"},
		{"two names", map[string][]byte{"train-images-idx3-ubyte": goodImages, "train-images.idx3-ubyte": goodImages, "train-labels-idx1-ubyte": goodLabels}, "both hold the images of the train split"},
		{"swapped", map[string][]byte{"train-images-idx3-ubyte": goodLabels, "train-labels-idx1-ubyte": goodImages}, "swapped"},
		{"sizes differ", map[string][]byte{"train-images-idx3-ubyte": goodImages, "train-labels-idx1-ubyte": goodLabels,
			"t10k-images-idx3-ubyte": tall, "t10k-labels-idx1-ubyte": {0, 0, 8, 1, 0, 0, 0, 1, 0}}, "has images of 3 rows x 1 column but "},
		{"label outside", map[string][]byte{"train-images-idx3-ubyte": goodImages, "train-labels-idx1-ubyte": with(goodLabels, 9, 7), "classes.txt": []byte("a\nb\n")}, "label 1 (byte 9) is 7, outside the 2 classes"},
		{"one class name", map[string][]byte{"train-images-idx3-ubyte": goodImages, "train-labels-idx1-ubyte": goodLabels, "classes.txt": []byte("a\n")}, "names 1 classes"},
		{"long class names", map[string][]byte{"train-images-idx3-ubyte": goodImages, "train-labels-idx1-ubyte": goodLabels, "classes.txt": append(bytes.Repeat([]byte("a"), 1<<16), "\nb"...)}, "classes.txt: more than the 65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, c.files)
			ds, err := Open(dir)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
					t.Fatalf("error %v, want one line with %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := &data.Set{Images: []uint8{1, 2, 3, 4, 5, 6}, Labels: []int32{1, 0}, Channels: 1, Height: 1, Width: 3, Classes: []string{"0", "1"}}
			if diff := cmp.Diff(want, ds.Train); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOpenNotRegular(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "train-images-idx3-ubyte"), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "not a regular file but a folder") {
		t.Errorf("a folder by the name of a file: %v", err)
	}
}

// What is written is read back, whatever it is.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, h, w := rapid.IntRange(1, 4).Draw(t, "images"), rapid.IntRange(1, 5).Draw(t, "height"), rapid.IntRange(1, 5).Draw(t, "width")
		s := &data.Set{Channels: 1, Height: h, Width: w, Classes: []string{"a", "b", "c"}}
		s.Images = rapid.SliceOfN(rapid.Uint8(), n*h*w, n*h*w).Draw(t, "pixels")
		s.Labels = rapid.SliceOfN(rapid.Int32Range(0, 2), n, n).Draw(t, "labels")
		var images, labels bytes.Buffer
		if err := errors.Join(WriteImages(&images, s), WriteLabels(&labels, s)); err != nil {
			t.Fatal(err)
		}
		pixels, gotN, gotH, gotW, err := ReadImages(&images, "images")
		if err != nil || gotN != n || gotH != h || gotW != w || !bytes.Equal(pixels, s.Images) {
			t.Errorf("%d x %d x %d, %v, %v; want %d x %d x %d, %v", gotN, gotH, gotW, pixels, err, n, h, w, s.Images)
		}
		got, err := ReadLabels(&labels, "labels")
		if err != nil || len(got) != n {
			t.Fatalf("labels %v, %v", got, err)
		}
		for i, l := range got {
			if int32(l) != s.Labels[i] {
				t.Errorf("label %d is %d, want %d", i, l, s.Labels[i])
			}
		}
	})
}

// A folder that was written opens as the same data set, names of classes included.
func TestWrite(t *testing.T) {
	set := func(classes []string, labels ...int32) *data.Set {
		return &data.Set{Images: []uint8{1, 2, 3, 4, 5, 6}, Labels: labels, Channels: 1, Height: 1, Width: 2, Classes: classes}
	}
	names, numbers := []string{"cat", "dog", "Ankle boot"}, []string{"0", "1", "2"}
	for _, want := range []*data.Dataset{
		{Train: set(numbers, 0, 1, 2)},
		{Train: set(numbers, 0, 1, 1)}, // the largest class has no image
		{Train: set(numbers, 0, 1, 1), Test: set(numbers, 0, 2, 1)},
		{Train: set(names, 0, 1, 2), Valid: set(names, 2, 2, 2), Test: set(names, 1, 0, 0)},
	} {
		for _, zip := range []bool{false, true} {
			dir := filepath.Join(t.TempDir(), "new")
			if err := Write(t.Context(), dir, want, zip); err != nil {
				t.Fatal(err)
			}
			got, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			want.Name = "new"
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("gzipped %t: %s", zip, diff)
			}
		}
	}
}

// A split without images is not written, and nothing when nobody waits for it any more.
func TestWriteLess(t *testing.T) {
	train := &data.Set{Images: []uint8{1, 2}, Labels: []int32{0, 1}, Channels: 1, Height: 1, Width: 1, Classes: []string{"0", "1"}}
	dir := t.TempDir()
	if err := Write(t.Context(), dir, &data.Dataset{Train: train, Test: train.Subset(nil)}, true); err != nil {
		t.Fatal(err)
	}
	if got, err := Open(dir); err != nil || got.Train.Len() != 2 || got.Test != nil {
		t.Errorf("%+v, %v; want two images and no test", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir = t.TempDir()
	if err := Write(ctx, dir, &data.Dataset{Train: train}, true); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
	if err := Write(t.Context(), dir, &data.Dataset{Train: train.Subset(nil)}, true); err == nil {
		t.Error("no training images are no error")
	}
}

func TestWriteRefuses(t *testing.T) {
	good := &data.Set{Images: []uint8{1}, Labels: []int32{0}, Channels: 1, Height: 1, Width: 1, Classes: []string{"0", "1"}}
	colour := *good
	colour.Channels, colour.Images = 3, []uint8{1, 2, 3}
	for name, s := range map[string]*data.Set{"colour": &colour, "no images": {Channels: 1, Height: 1, Width: 1}} {
		if err := WriteImages(io.Discard, s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	dir := t.TempDir()
	if err := Write(t.Context(), dir, &data.Dataset{Train: good}, false); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), dir, &data.Dataset{Train: good}, true); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("gzipped beside plain: %v", err)
	}
}

// FuzzRead: no input may make the reader panic, or believe what is not there.
func FuzzRead(f *testing.F) {
	f.Add(goodImages, true)
	f.Add(goodLabels, false)
	f.Add(zipped(goodImages), true)
	f.Add(with(goodImages, 4, 0x7f, 0xff, 0xff, 0xff), true)
	f.Add(with(goodImages, 4, 0x40, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 16), true)
	f.Add(zipped(goodLabels)[:20], false)
	f.Fuzz(func(t *testing.T, file []byte, images bool) {
		rank := 1
		if images {
			rank = 3
		}
		body, dims, err := read(bytes.NewReader(file), "fuzz", rank, 1<<22)
		if err != nil {
			return
		}
		if n, _ := product(dims, 1<<22); len(dims) != rank || n != len(body) {
			t.Errorf("%d elements of shape %v", len(body), dims)
		}
	})
}
