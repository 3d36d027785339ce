package replace

import (
	"os"
	"path/filepath"
	"testing"
)

// contents are the files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

// Until a file is put in its place the old one stays, and nothing is left of one that never is.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model")
	if err := WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, place := range []bool{false, true} {
		f, err := New(path, Options{Perm: 0o644, Keep: true, Folder: dir})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("new")); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
			t.Errorf("before it is placed, %q is there, %v", b, err)
		}
		want := "old"
		if place {
			if err := f.CloseAtomicallyReplace(); err != nil {
				t.Fatal(err)
			}
			want = "new"
		}
		if err := f.Cleanup(); err != nil {
			t.Error(err)
		}
		if all := contents(t, dir); len(all) != 1 || all["model"] != want {
			t.Errorf("the folder holds %q, wanted one file of %q", all, want)
		}
	}
}
