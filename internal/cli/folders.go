package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// outFolder makes a folder and a file in it, for a moment: what cannot be written
// is better known before the work than after it. forget removes what was made,
// as far as it is still empty.
func outFolder(dir string) (forget func(), err error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file; name a folder", quote(dir))
	}
	var made []string // the deepest first
	for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		made = append(made, at)
	}
	forget = func() {
		for _, d := range made {
			os.Remove(d) // not if there is something in it
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		forget()
		return nil, fmt.Errorf("%s: the folder cannot be made: %w", quote(dir), cause(err))
	}
	f, err := os.CreateTemp(dir, ".inkling-")
	if err != nil {
		forget()
		return nil, fmt.Errorf("%s: nothing can be written there: %w", quote(dir), cause(err))
	}
	f.Close()
	os.Remove(f.Name())
	return forget, nil
}

// outFile says why a file cannot be written, as far as that shows beforehand.
func outFile(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder; name a file", quote(path))
	} else if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no ordinary file; name another", quote(path))
	}
	dir := filepath.Dir(path)
	switch info, err := os.Stat(dir); {
	case err != nil:
		return fmt.Errorf("%s cannot be written: there is no folder %s", quote(path), quote(dir))
	case !info.IsDir():
		return fmt.Errorf("%s cannot be written: %s is a file", quote(path), quote(dir))
	}
	f, err := os.CreateTemp(dir, ".inkling-")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", quote(path), cause(err))
	}
	f.Close()
	return os.Remove(f.Name())
}
