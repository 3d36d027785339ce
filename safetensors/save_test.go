package safetensors

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// generation is a file that tells which save it came from.
func generation(n int64) *File {
	weights := make([]float32, 30000)
	for i := range weights {
		weights[i] = float32(n)
	}
	return &File{Tensors: []Tensor{FromInts("n", nil, []int64{n}), FromFloat32s("w", []int{30000}, weights)}}
}

// loads returns which generation is at path, every weight of it; 0 for none.
func loads(t *testing.T, path string) int64 {
	t.Helper()
	f, err := Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := Ints[int64](f.Tensors[0])
	if err != nil {
		t.Fatal(err)
	}
	w, err := Float32s(f.Tensors[1])
	if err != nil || len(w) != 30000 || slices.ContainsFunc(w, func(x float32) bool { return x != float32(n[0]) }) {
		t.Fatalf("generation %d is damaged, error %v", n[0], err)
	}
	return n[0]
}

func save1(t *testing.T, path string, n int64) {
	t.Helper()
	if err := Save(path, generation(n)); err != nil {
		t.Fatal(err)
	}
}

// holds checks which generations there are, and that nothing else is there.
func holds(t *testing.T, path string, current, previous int64) {
	t.Helper()
	if a, b := loads(t, path), loads(t, Previous(path)); a != current || b != previous {
		t.Errorf("generations %d and before it %d, wanted %d and %d", a, b, current, previous)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := filepath.Join(filepath.Dir(path), e.Name()); name != path && name != Previous(path) {
			t.Errorf("left over: %s", name)
		}
	}
}

func TestSaveKeepsThePrevious(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	for n := range int64(4) {
		save1(t, path, n+1)
		holds(t, path, n+1, n)
	}
	if info, err := os.Stat(path); err != nil || info.Mode()&0o600 != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	os.Chmod(path, 0o640)
	save1(t, path, 5)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, wanted that of the file before; error %v", info.Mode(), err)
	}
}

func TestReplaceKeepsNoGeneration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	for n := range int64(3) {
		if err := Replace(path, generation(n+1)); err != nil {
			t.Fatal(err)
		}
		holds(t, path, n+1, 0)
	}
	bad := generation(4)
	bad.Tensors[1].Data = bad.Tensors[1].Data[1:]
	if err := Replace(path, bad); err == nil || !strings.Contains(err.Error(), "cannot save "+path) {
		t.Errorf("got error %v", err)
	}
	holds(t, path, 3, 0)
}

func TestSaveWithoutHardLinks(t *testing.T) {
	link = func(string, string) error { return errors.ErrUnsupported }
	defer func() { link = os.Link }()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	save1(t, path, 1)
	link = func(from, to string) error {
		return &os.LinkError{Op: "link", Old: from, New: to, Err: fs.ErrPermission}
	}
	save1(t, path, 2)
	save1(t, path, 3)
	holds(t, path, 3, 2)
}

// What a crash can leave: a part of a new file, and a second name of the old.
func TestSaveTidiesLeftovers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	save1(t, path, 1)
	work := filepath.Join(dir, ".model.safetensors.saving")
	os.Mkdir(work, 0o700)
	os.WriteFile(filepath.Join(work, ".model.safetensors123"), []byte("half a fi"), 0o600)
	os.Link(path, filepath.Join(work, "previous"))
	if err := Tidy(path); err != nil {
		t.Fatal(err)
	}
	holds(t, path, 1, 0)
	os.Mkdir(work, 0o700)
	save1(t, path, 2)
	holds(t, path, 2, 1)

	// A crash between the two renames: both names are the current file.
	os.Remove(Previous(path))
	os.Link(path, Previous(path))
	save1(t, path, 3)
	holds(t, path, 3, 2)
}

func TestSaveErrorLeavesTheOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	save1(t, path, 1)
	save1(t, path, 2)
	bad := generation(3)
	bad.Tensors[1].Data = bad.Tensors[1].Data[1:]
	err := Save(path, bad)
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), `tensor "w"`) {
		t.Errorf("got error %v", err)
	}
	holds(t, path, 2, 1)
}

func TestSaveRefusesPlaces(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		dir:                            "is a folder",
		os.DevNull:                     "no regular file",
		filepath.Join(dir, "no", "m"):  "no such file",
		"/dev/null/m.safetensors":      "not a directory",
		filepath.Join("/proc/self/fd"): "is a folder",
	} {
		err := Save(path, generation(1))
		if err == nil || !strings.Contains(err.Error(), "cannot save "+path) || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, wanted %q", err, want)
		}
	}
}

// A symbolic link gives way to the file; what it pointed to is kept.
func TestSaveOverSymlink(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "best.safetensors")
	save1(t, elsewhere, 1)
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.Symlink(elsewhere, path); err != nil {
		t.Skip(err)
	}
	save1(t, path, 2)
	holds(t, path, 2, 1)
	holds(t, elsewhere, 1, 0)
}

func TestSaveFromManyGoroutines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	save1(t, path, 1)
	var all sync.WaitGroup
	for n := range int64(4) {
		all.Go(func() {
			if err := Save(path, generation(n+2)); err != nil {
				t.Error(err)
			}
		})
		loads(t, path)
	}
	all.Wait()
	holds(t, path, loads(t, path), loads(t, Previous(path)))
}
