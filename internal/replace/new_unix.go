//go:build !windows

package replace

import "github.com/google/renameio/v2"

// File is one on its way: CloseAtomicallyReplace puts it in its place, and Cleanup takes it
// away where that did not come about.
type File = renameio.PendingFile

// New begins a file that will be at path.
func New(path string, o Options) (*File, error) {
	opt := []renameio.Option{renameio.WithPermissions(o.Perm)}
	if o.Keep {
		opt = append(opt, renameio.WithExistingPermissions())
	}
	if o.Folder != "" {
		opt = append(opt, renameio.WithTempDir(o.Folder))
	}
	return renameio.NewPendingFile(path, opt...)
}
