// Package replace writes files that appear whole or not at all: under another name first,
// which is then changed. A crash leaves the old file, or none.
package replace

import "io/fs"

// Options say how a file is begun.
type Options struct {
	Perm   fs.FileMode // of a new file
	Keep   bool        // a file that is replaced gives its permissions instead
	Folder string      // where it is written until it is whole; "" is a fitting one, on the same disk
}

// WriteFile writes a file as os.WriteFile does.
func WriteFile(path string, content []byte, perm fs.FileMode) error {
	f, err := New(path, Options{Perm: perm, Keep: true})
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
