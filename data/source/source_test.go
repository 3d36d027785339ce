package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"inkling/data"
	"inkling/data/fetch"
	"inkling/data/idx"
)

// shape is a small data set in the form of a known one.
func shape() *data.Dataset {
	s := &data.Set{Images: []uint8{1, 2, 3, 4, 5, 6}, Labels: []int32{1, 0, 1}, Channels: 1, Height: 2, Width: 1, Classes: []string{"0", "1"}}
	return &data.Dataset{Train: s, Test: s}
}

func dot(v uint8) []byte {
	m := image.NewGray(image.Rect(0, 0, 1, 1))
	m.Pix[0] = v
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// putTree writes two classes with an image each.
func putTree(t *testing.T, dir string) {
	t.Helper()
	put(t, filepath.Join(dir, "a", "x.png"), dot(1))
	put(t, filepath.Join(dir, "b", "y.png"), dot(2))
}

func putIDX(t *testing.T, dir string) {
	t.Helper()
	if err := idx.Write(t.Context(), dir, shape(), true); err != nil {
		t.Fatal(err)
	}
}

// packed is a .tgz of IDX files.
func packed(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	putIDX(t, dir)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	w.Close()
	z.Close()
	return b.Bytes()
}

func zipped(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, v := range map[string]uint8{"a/x.png": 1, "b/y.png": 2} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(dot(v))
	}
	w.Close()
	return b.Bytes()
}

// alone are options under which nothing of this machine and of the network is seen.
func alone(t *testing.T) Options {
	return Options{DataDir: t.TempDir(), CacheDir: t.TempDir(), Offline: true}
}

func TestOpenPaths(t *testing.T) {
	for _, c := range []struct {
		name  string
		plant func(t *testing.T, root string)
		open  string
		kind  Kind
		from  string // part of the line for the reader
	}{
		{"tree", putTree, ".", Tree, "2 images of 1 x 1 pixels from "},
		{"IDX", putIDX, ".", IDX, "3 + 3 images of 2 rows x 1 column from IDX files in "},
		{"IDX before a tree", func(t *testing.T, root string) { putTree(t, root); putIDX(t, root) }, ".", IDX, "IDX files"},
		{"IDX before an archive", func(t *testing.T, root string) { put(t, filepath.Join(root, "x.zip"), []byte("junk")); putIDX(t, root) }, ".", IDX, "IDX files"},
		{"IDX as torchvision leaves them", func(t *testing.T, root string) { putIDX(t, filepath.Join(root, "MNIST", "raw")) }, ".", IDX, "raw"},
		{"an archive", func(t *testing.T, root string) { put(t, filepath.Join(root, "x.zip"), zipped(t)) }, "x.zip", Tree, "2 images"},
		{"an archive of IDX files", func(t *testing.T, root string) { put(t, filepath.Join(root, "x.tgz"), packed(t)) }, "x.tgz", IDX, "from IDX files in "},
		{"the only archive", func(t *testing.T, root string) { put(t, filepath.Join(root, "x.zip"), zipped(t)) }, ".", Tree, "x.zip"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			c.plant(t, root)
			o, err := Open(context.Background(), filepath.Join(root, c.open), alone(t))
			if err != nil {
				t.Fatal(err)
			}
			if o.Kind != c.kind || !strings.Contains(o.From, c.from) || strings.Contains(o.From, "\n") || o.Name == "" {
				t.Errorf("%q: kind %s, from %q", o.Name, o.Kind, o.From)
			}
		})
	}
}

func TestOpenRefused(t *testing.T) {
	root := t.TempDir()
	put(t, filepath.Join(root, "two", "x.zip"), zipped(t))
	put(t, filepath.Join(root, "two", "y.zip"), zipped(t))
	put(t, filepath.Join(root, "letters", "readme"), nil)
	opt := alone(t)
	opt.DataDir = root
	for name, want := range map[string]string{
		"":                             "no data named; known are mnist, fashion-mnist, kmnist, synth",
		"minst":                        "did you mean mnist?",
		"fashion_mnist":                "did you mean fashion-mnist?",
		"leters":                       "did you mean letters?",
		"something quite different":    "known are mnist",
		"x\ny":                         `"x\ny"`,
		filepath.Join(root, "leters"):  "did you mean " + filepath.Join(root, "letters"),
		filepath.Join(root, "two"):     "holds 2 archives; name one of them",
		filepath.Join(root, "letters"): "holds no IDX files, no folders of images and no archive",
	} {
		_, err := Open(context.Background(), name, opt)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v, want one line with %q", name, err, want)
		}
		if errors.Is(err, ErrUnavailable) {
			t.Errorf("%q is not the name of something that could be had: %v", name, err)
		}
	}
}

// A name is looked for in the data folder first, then among the downloads.
func TestOpenNames(t *testing.T) {
	opt := alone(t)
	_, err := Open(context.Background(), "mnist", opt)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "downloads are off") {
		t.Errorf("without anything: %v", err)
	}
	put(t, filepath.Join(opt.DataDir, "mnist", "notes.txt"), nil) // an empty folder is passed over
	put(t, filepath.Join(opt.DataDir, "mnist.zip"), zipped(t))
	o, err := Open(context.Background(), "mnist", opt)
	if err != nil || o.Kind != Tree || o.Name != "mnist" {
		t.Fatalf("from an archive: %+v, %v", o, err)
	}
	putIDX(t, filepath.Join(opt.DataDir, "mnist"))
	if o, err = Open(context.Background(), "MNIST", opt); err != nil || o.Kind != IDX || o.Name != "mnist" {
		t.Errorf("from IDX files: %+v, %v", o, err)
	}
	// Broken data is an error, never a reason to look elsewhere.
	put(t, filepath.Join(opt.DataDir, "mnist", "train-images-idx3-ubyte.gz"), []byte("junk"))
	if _, err := Open(context.Background(), "mnist", opt); err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("broken files: %v", err)
	}
	putTree(t, filepath.Join(opt.DataDir, "letters"))
	if o, err = Open(context.Background(), "letters", opt); err != nil || o.Name != "letters" {
		t.Errorf("a name of the reader's own: %v", err)
	}
	if o, err = Open(context.Background(), "letters", opt); err != nil || !o.Cached || !strings.HasSuffix(o.From, ", from the cache of decoded images") {
		t.Errorf("the second time: %+v, %v", o, err)
	}
	opt.NoCache = true
	if o, err = Open(context.Background(), "letters", opt); err != nil || o.Cached {
		t.Errorf("without the cache: %+v, %v", o, err)
	}
}

func TestOpenSynth(t *testing.T) {
	opt := alone(t)
	opt.SynthTrain, opt.SynthTest, opt.Seed = 20, 10, 7
	o, err := Open(context.Background(), Synth, opt)
	if err != nil || o.Train.Len() != 20 || o.Test.Len() != 10 || o.From != "20 + 10 images of 28 x 28 pixels drawn by program (seed 7)" {
		t.Errorf("%+v, %v", o, err)
	}
}

// serve makes a known data set of a server's, with ten classes by name.
func serve(t *testing.T) (fetch.Spec, *httptest.Server) {
	t.Helper()
	dir := t.TempDir()
	ten := &data.Set{Images: make([]uint8, 10), Labels: []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, Channels: 1, Height: 1, Width: 1, Classes: strings.Split("0123456789", "")}
	if err := idx.Write(t.Context(), dir, &data.Dataset{Train: ten, Test: ten}, true); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(s.Close)
	spec, _ := fetch.Lookup("fashion-mnist")
	spec.Mirrors = []string{s.URL + "/"}
	spec.Files = slices.Clone(spec.Files)
	for i, f := range spec.Files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		spec.Files[i].Size, spec.Files[i].SHA256 = int64(len(b)), hex.EncodeToString(sum[:])
	}
	return spec, s
}

func TestOpenDownload(t *testing.T) {
	spec, s := serve(t)
	opt := alone(t)
	opt.Offline = false
	opt.lookup = func(string) (fetch.Spec, bool) { return spec, true }
	o, err := Open(context.Background(), spec.Name, opt)
	if err != nil || !o.Downloaded || o.Train.Classes[9] != "Ankle boot" || !strings.HasSuffix(o.From, "just downloaded") {
		t.Fatalf("%+v, %v", o, err)
	}
	s.Close() // from now on there is no network
	if o, err = Open(context.Background(), spec.Name, opt); err != nil || o.Downloaded {
		t.Errorf("the second time: %+v, %v", o, err)
	}
	if path, downloaded, err := Get(context.Background(), spec.Name, opt); err != nil || downloaded || path != o.Path {
		t.Errorf("get: %q, %t, %v", path, downloaded, err)
	}
	opt.CacheDir = t.TempDir()
	start := time.Now()
	_, err = Open(context.Background(), spec.Name, opt)
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, fetch.ErrUnreachable) || time.Since(start) > time.Minute || strings.Contains(err.Error(), "\n") {
		t.Errorf("without a network: %v after %v", err, time.Since(start))
	}
	if want := spec.Name + " is not on this machine and cannot be downloaded: its mirror does not answer, so there is likely no network; by hand, put its files into $INKLING_DATA/"; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Draw(ctx, 1000, 1000, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("drawing, cancelled: %v", err)
	}
	if _, err := Open(ctx, spec.Name, opt); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
		t.Errorf("cancelled: %v", err)
	}
}

// A label that the known data set does not have is an error, not another class.
func TestLabelOutsideKnown(t *testing.T) {
	opt := alone(t)
	stray := &data.Set{Images: []uint8{1, 2, 3}, Labels: []int32{1, 0, 200}, Channels: 1, Height: 1, Width: 1, Classes: make([]string, 201)}
	for i := range stray.Classes {
		stray.Classes[i] = strconv.Itoa(i)
	}
	dir := filepath.Join(opt.DataDir, "mnist")
	if err := idx.Write(t.Context(), dir, &data.Dataset{Train: stray, Test: stray.Subset([]int{0, 1})}, true); err != nil {
		t.Fatal(err)
	}
	_, err := Open(context.Background(), "mnist", opt)
	_, checkErr := Check(context.Background(), "mnist", opt)
	want := dir + ": image 2 of the train split has label 200, outside the 10 classes of mnist"
	if err == nil || err.Error() != want || checkErr == nil || checkErr.Error() != want {
		t.Errorf("opened: %v; checked: %v; want %s", err, checkErr, want)
	}
	if o, err := Open(context.Background(), dir, opt); err != nil || len(o.Train.Classes) != 201 {
		t.Errorf("by its path: %v", err)
	}
}

// A folder that has the name of a known data set is not what the name means.
func TestShadow(t *testing.T) {
	t.Chdir(t.TempDir())
	putTree(t, "mnist")
	opt := alone(t)
	if _, err := Open(context.Background(), "mnist", opt); !errors.Is(err, ErrUnavailable) {
		t.Errorf("the folder was taken for MNIST: %v", err)
	}
	if o, err := Open(context.Background(), "./mnist", opt); err != nil || o.Kind != Tree {
		t.Errorf("by its path: %v", err)
	}
	putIDX(t, filepath.Join(opt.DataDir, "mnist"))
	if o, err := Open(context.Background(), "mnist", opt); err != nil || len(o.Warnings) != 1 || !strings.Contains(o.Warnings[0], "./mnist") {
		t.Errorf("no warning: %+v, %v", o, err)
	}
}

func TestKnown(t *testing.T) {
	opt := alone(t)
	putIDX(t, filepath.Join(opt.DataDir, "mnist"))
	put(t, filepath.Join(opt.DataDir, "kmnist", "a.zip"), nil)
	put(t, filepath.Join(opt.DataDir, "kmnist", "b.zip"), nil)
	got := Known(opt)
	if len(got) != 4 || got[0].Path == "" || got[1].Path != "" || got[1].Problem != "" || got[2].Problem == "" || got[3].Name != Synth {
		t.Errorf("%+v", got)
	}
}

func TestCheck(t *testing.T) {
	root := t.TempDir()
	putTree(t, root)
	put(t, filepath.Join(root, "a", "copy.png"), dot(2))
	put(t, filepath.Join(root, "a", "bad.png"), []byte("junk"))
	c, err := Check(context.Background(), root, alone(t))
	if err != nil || c.Images != 3 || len(c.Offenders) != 1 || len(c.Contradictions()) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	dir := t.TempDir()
	putIDX(t, dir)
	c, err = Check(context.Background(), dir, alone(t))
	if err != nil || c.Kind != IDX || c.Images != 6 || len(c.Leaks()) != 3 {
		t.Errorf("%+v, %v", c, err)
	}
	opt := alone(t)
	opt.SynthTrain, opt.SynthTest = 20, 10
	if c, err = Check(context.Background(), Synth, opt); err != nil || c.Images != 30 || len(c.Leaks()) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

// The environment is what the zero Options mean.
func TestEnvironment(t *testing.T) {
	root := t.TempDir()
	putIDX(t, filepath.Join(root, "mnist"))
	t.Setenv("INKLING_DATA", root)
	t.Setenv("INKLING_CACHE", t.TempDir())
	if CacheDir() != os.Getenv("INKLING_CACHE") {
		t.Errorf("cache folder %q", CacheDir())
	}
	if o, err := Open(context.Background(), "mnist", Options{Offline: true}); err != nil || o.Path != filepath.Join(root, "mnist") {
		t.Errorf("%+v, %v", o, err)
	}
}
