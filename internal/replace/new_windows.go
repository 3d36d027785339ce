package replace

import (
	"os"
	"path/filepath"
)

// File is one on its way: CloseAtomicallyReplace puts it in its place, and Cleanup takes it
// away where that did not come about.
type File struct {
	*os.File
	path           string
	closed, placed bool
}

// New begins a file that will be at path. Here permissions are those of the folder.
func New(path string, o Options) (*File, error) {
	if o.Folder == "" {
		o.Folder = filepath.Dir(path)
	}
	f, err := os.CreateTemp(o.Folder, "."+filepath.Base(path)+"*")
	if err != nil {
		return nil, err
	}
	return &File{File: f, path: path}, nil
}

// CloseAtomicallyReplace makes sure that the file is on the disk, closes it and gives it
// its name, which another may have had: that is one step for NTFS.
func (f *File) CloseAtomicallyReplace() error {
	if err := f.Sync(); err != nil {
		return err
	}
	f.closed = true
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return err
	}
	f.placed = true
	return nil
}

// Cleanup does nothing after CloseAtomicallyReplace has returned without an error.
func (f *File) Cleanup() error {
	if f.placed {
		return nil
	}
	var closing error
	if !f.closed {
		f.closed = true
		closing = f.Close()
	}
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	return closing
}
