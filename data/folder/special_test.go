//go:build linux || darwin

package folder

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// What is neither a file nor a folder is named and never opened: a FIFO would block
// for ever, /dev/zero has no end.
func TestSpecialFiles(t *testing.T) {
	root := plant(t, map[string][]byte{"a/1.png": grey(2, 2, 1), "b/2.png": grey(2, 2, 2), "elsewhere.png": grey(2, 2, 3)})
	at := func(name string) string { return filepath.Join(root, "a", name) }
	for _, err := range []error{
		syscall.Mkfifo(at("fifo.png"), 0o666),
		os.Symlink("/dev/zero", at("device.png")),
		os.Symlink("loop.png", at("loop.png")),
		os.Symlink("nowhere.png", at("broken.png")),
		os.Symlink(root, at("up")),
		os.Symlink("..", filepath.Join(root, "c")),
		os.Symlink("../elsewhere.png", at("good.png")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	socket, err := net.Listen("unix", at("s"))
	if err == nil { // a long temporary folder does not fit into a socket's name
		defer socket.Close()
	}
	type result struct {
		r   *Report
		err error
	}
	done := make(chan result, 1)
	go func() {
		r, err := Scan(context.Background(), root, Options{})
		done <- result{r, err}
	}()
	select {
	case got := <-done:
		if got.err != nil {
			t.Fatal(got.err)
		}
		want := map[string]string{
			"a/fifo.png":   "neither a file nor a folder but a FIFO",
			"a/device.png": "neither a file nor a folder but a device",
			"a/loop.png":   "a link that leads to itself",
			"a/broken.png": "a link to a file that does not exist",
			"a/up":         linkToFolder,
			"c":            linkToFolder,
		}
		if socket != nil {
			want["a/s"] = "neither a file nor a folder but a socket"
		}
		for _, o := range got.r.Offenders {
			if want[o.Name] != o.Problem {
				t.Errorf("%s", o)
			}
			delete(want, o.Name)
		}
		if len(want) > 0 || got.r.Images != 3 {
			t.Errorf("not named: %v; %d images, want 3", want, got.r.Images)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("blocked")
	}
	_, _, err = Open(context.Background(), at("fifo.png"), Options{})
	wantError(t, err, "neither a folder nor a file but a FIFO")
}

// A file that is deleted or replaced between its listing and its reading is named.
func TestChangedWhileRead(t *testing.T) {
	root := plant(t, map[string][]byte{
		"a/gone.png": grey(2, 2, 1), "a/shorter.png": grey(2, 2, 2), "a/longer.png": grey(2, 2, 3), "a/fifo.png": grey(2, 2, 4), "b/good.png": grey(2, 2, 5),
	})
	opt, err := Options{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	src, err := list(root, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	at := func(name string) string { return filepath.Join(root, "a", name) }
	for _, err := range []error{
		os.Remove(at("gone.png")), os.Remove(at("fifo.png")), syscall.Mkfifo(at("fifo.png"), 0o666),
		os.Truncate(at("shorter.png"), 40), os.Truncate(at("longer.png"), 1000),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, r, err := build(context.Background(), src, opt)
	wantError(t, err, "4 files are not readable images",
		"a/gone.png: no such file", "a/shorter.png: the file has changed since", "a/longer.png: the file has changed since", "a/fifo.png: the file has changed since")
	if r.Images != 1 {
		t.Errorf("%d images, want the one that stayed as it was", r.Images)
	}
}
