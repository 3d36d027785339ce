package onnx

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Nothing else than an ordinary file is read, a pipe least of all: it would wait.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	pipe, empty, link := filepath.Join(dir, "pipe"), filepath.Join(dir, "empty.onnx"), filepath.Join(dir, "link.onnx")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(empty, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("link.onnx", link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		pipe: "is no ordinary file", dir: "is no ordinary file", empty: "not an ONNX file", link: "too many levels of symbolic links",
		filepath.Join(dir, "none.onnx"): "no such file", filepath.Join(dir, "a\nb\x1b.onnx"): "no such file",
	} {
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), filepath.Base(path)) > 1 {
			t.Errorf("%s: said %v, wanted %s", path, err, want)
			continue
		}
		oneLine(t, err)
	}
}
