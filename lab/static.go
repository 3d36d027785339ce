package lab

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// static serves the page's files. A path that leads out of them, names a folder or
// goes through a symbolic link is not found.
type static struct{ files fs.FS }

func (s static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuse(w, http.StatusMethodNotAllowed, "the page is read, and not written")
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "index.html"
	}
	if !s.plain(name) {
		refuse(w, http.StatusNotFound, "there is no such page")
		return
	}
	http.ServeFileFS(w, r, s.files, name)
}

func (s static) plain(name string) bool {
	if !fs.ValidPath(name) || strings.ContainsAny(name, "\x00\\:") || s.files == nil {
		return false
	}
	for at := name; at != "."; at = path.Dir(at) {
		info, err := fs.Lstat(s.files, at)
		if err != nil || info.Mode()&fs.ModeSymlink != 0 || at == name && !info.Mode().IsRegular() {
			return false
		}
	}
	f, err := s.files.Open(name)
	if err != nil {
		return false
	}
	return f.Close() == nil
}
