package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// childVariable holds the address and the folder of a download that a child of a
// test makes, see TestFsyncFails.
const childVariable = "FETCH_TEST_DOWNLOAD"

func TestMain(m *testing.M) {
	if url, dir, ok := strings.Cut(os.Getenv(childVariable), " "); ok {
		if err := Download(context.Background(), specOf(url, url), dir, patient); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// content is what a good server serves: larger than one buffer.
var content = bytes.Repeat([]byte("digits "), 30000)

func specOf(mirrors ...string) Spec {
	sum := sha256.Sum256(content)
	return Spec{Name: "test", Mirrors: mirrors, Files: []File{{Name: "a.gz", Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}}}
}

// quick makes every wait short, for servers that do not keep their word; a busy
// machine makes a good server slow, too.
var quick = Options{Connect: 5 * time.Second, Stall: 700 * time.Millisecond, Pause: time.Millisecond}

// patient waits as long as usual, for servers that do.
var patient = Options{Pause: time.Millisecond}

// server serves with the handler until the test ends, and counts requests.
func server(t *testing.T, h http.HandlerFunc) (url string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/", requests
}

// good serves the content, and ranges of it.
func good(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "a.gz", time.Time{}, bytes.NewReader(content))
}

// cut sends n bytes of the content and breaks the connection.
func cut(w http.ResponseWriter, n int) {
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	w.Write(content[:n])
	panic(http.ErrAbortHandler)
}

// installed says whether the whole file is there, and fails the test if anything
// but the file, a part and the lock is in the folder.
func installed(t *testing.T, dir string) bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	whole := false
	for _, e := range entries {
		switch e.Name() {
		case "a.gz":
			b, err := os.ReadFile(filepath.Join(dir, "a.gz"))
			if err != nil || !bytes.Equal(b, content) {
				t.Errorf("a.gz has %d bytes that are not the file's (%v)", len(b), err)
			}
			whole = true
		case "a.gz.part", ".lock":
		default:
			t.Errorf("%s was left behind", e.Name())
		}
	}
	return whole
}

func TestDownload(t *testing.T) {
	url, requests := server(t, good)
	dir := filepath.Join(t.TempDir(), "new", "folder")
	opt := patient
	var last, total int64
	opt.Progress = func(done, all int64) {
		if done < last {
			t.Errorf("progress goes back from %d to %d", last, done)
		}
		last, total = done, all
	}
	spec := specOf(url)
	if spec.In(filepath.Dir(dir)) {
		t.Error("there before it was fetched")
	}
	if err := Download(context.Background(), spec, dir, opt); err != nil {
		t.Fatal(err)
	}
	if !installed(t, dir) || !spec.In(dir) || last != total || total != int64(len(content)) {
		t.Errorf("installed %t, progress %d of %d", installed(t, dir), last, total)
	}
	if _, err := os.Stat(filepath.Join(dir, "a.gz.part")); err == nil {
		t.Error("a part was left behind")
	}
	if err := Download(context.Background(), spec, dir, opt); err != nil || requests.Load() != 1 {
		t.Errorf("the second time: %v, %d requests, want none more than 1", err, requests.Load())
	}
}

// A server that misbehaves: an error says how, and nothing is installed.
func TestHostileServer(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"404", http.NotFound, "404 Not Found"},
		{"500", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", 500) }, "500 Internal"},
		{"web page", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>please log in</html>") }, "web page"},
		{"another file of the size", func(w http.ResponseWriter, r *http.Request) { w.Write(bytes.Repeat([]byte{0}, len(content))) }, "its SHA-256 is"},
		{"promises less", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			w.Header().Set("Content-Length", "5")
			w.Write(content[:5])
		}, "promises 5 bytes"},
		{"promises more", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			w.Header().Set("Content-Length", fmt.Sprint(len(content)+1))
			w.Write(content)
		}, "promises 210001 bytes"},
		{"sends without end", func(w http.ResponseWriter, r *http.Request) {
			for {
				if _, err := w.Write(content); err != nil {
					return
				}
			}
		}, "sends more than"},
		{"ends early, without a promise", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			w.(http.Flusher).Flush()
			if r.Header.Get("Range") == "" {
				w.Write(content[:1000])
			}
		}, "the server"},
		{"always cut at once", func(w http.ResponseWriter, r *http.Request) { cut(w, 0) }, "no answer"},
		{"stalls", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			w.Write(content[:10])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, "stopped sending"},
		{"drips", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			for _, b := range content {
				if _, err := w.Write([]byte{b}); err != nil {
					return
				}
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		}, "stopped sending"},
		{"never answers", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer"},
		{"wrong range", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				cut(w, 70000)
			}
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(content)-1, len(content)))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(content)
		}, "a.gz: "},
		{"redirects in a circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) }, "stopped after 10 redirects"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url, _ := server(t, c.handler)
			dir := t.TempDir()
			start := time.Now()
			err := Download(context.Background(), specOf(url), dir, quick)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, c.want)
			}
			if installed(t, dir) {
				t.Error("installed all the same")
			}
			if d := time.Since(start); d > 5*time.Minute {
				t.Errorf("took %v", d)
			}
			// With a good mirror behind it, the bad one does no harm.
			fine, _ := server(t, good)
			if err := Download(context.Background(), specOf(url, fine), dir, quick); err != nil || !installed(t, dir) {
				t.Errorf("with a second mirror: %v", err)
			}
		})
	}
}

// After a cut the next request asks for the rest only.
func TestResume(t *testing.T) {
	var ranges []string
	var mu sync.Mutex
	url, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		ranges = append(ranges, r.Header.Get("Range"))
		first := len(ranges) == 1
		mu.Unlock()
		if first {
			cut(w, 100000)
		}
		good(w, r)
	})
	dir := t.TempDir()
	if err := Download(context.Background(), specOf(url), dir, patient); err != nil || !installed(t, dir) {
		t.Fatal(err)
	}
	if len(ranges) != 2 || ranges[0] != "" || !strings.HasPrefix(ranges[1], "bytes=") || ranges[1] == "bytes=0-" {
		t.Errorf("ranges asked for: %q", ranges)
	}
}

// What an earlier run left may be a part, a wrong part, too much, or all of it.
func TestLeftOver(t *testing.T) {
	noRange := func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		good(w, r)
	}
	unsatisfiable := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		good(w, r)
	}
	for name, part := range map[string][]byte{
		"part": content[:5000], "wrong part": make([]byte, 5000), "too much": append(bytes.Clone(content), 1), "all": content, "all, wrong": make([]byte, len(content)),
	} {
		for kind, h := range map[string]http.HandlerFunc{"ranges": good, "no ranges": noRange, "416": unsatisfiable} {
			url, _ := server(t, h)
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a.gz.part"), part, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := Download(context.Background(), specOf(url), dir, patient); err != nil || !installed(t, dir) {
				t.Errorf("%s, server with %s: %v", name, kind, err)
			}
		}
	}
}

// Without a network the answer comes at once, and says so.
func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String() + "/"
	l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := Download(ctx, specOf(closed, closed), t.TempDir(), Options{Pause: time.Hour}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("%v, want no second try", err)
	}
	if err := Download(context.Background(), specOf(), t.TempDir(), Options{}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("without mirrors: %v", err)
	}
	missing, _ := server(t, http.NotFound)
	err = Download(context.Background(), specOf(closed, missing), t.TempDir(), quick)
	if errors.Is(err, ErrUnreachable) {
		t.Errorf("a mirror that answers 404 was reached: %v", err)
	}
	var all interface{ Detail() string }
	if strings.Contains(err.Error(), closed) || !strings.Contains(err.Error(), "404") || !errors.As(err, &all) || !strings.Contains(all.Detail(), closed) {
		t.Errorf("%v: want what the mirror said that answered, and the other as a detail", err)
	}
}

// Where nothing came, nothing stays that was not there before.
func TestNothingLeft(t *testing.T) {
	gone, _ := server(t, http.NotFound)
	broken, _ := server(t, func(w http.ResponseWriter, r *http.Request) { cut(w, 100000) })
	root := t.TempDir()
	dir := filepath.Join(root, "cache", "data", "test")
	for range 2 {
		if err := Download(context.Background(), specOf(gone), dir, quick); err == nil {
			t.Fatal("404 is no error")
		}
		if entries, err := os.ReadDir(root); err != nil || len(entries) > 0 {
			t.Errorf("left behind: %v (%v)", entries, err)
		}
	}
	if err := Download(context.Background(), specOf(broken), dir, quick); err == nil {
		t.Fatal("a cut file is no error")
	}
	if info, err := os.Stat(filepath.Join(dir, "a.gz.part")); err != nil || info.Size() == 0 {
		t.Errorf("a part with something in it did not stay: %v", err)
	}
	fine, _ := server(t, good)
	if err := Download(context.Background(), specOf(fine), dir, patient); err != nil || !installed(t, dir) {
		t.Error(err)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	url, requests := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/gzip")
		w.Write(content[:70000])
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	})
	dir := t.TempDir()
	err := Download(ctx, specOf(url, url), dir, Options{})
	if !errors.Is(err, context.Canceled) || requests.Load() != 1 || installed(t, dir) {
		t.Errorf("%v after %d requests", err, requests.Load())
	}
}

// Two downloads into one folder: the second waits, and finds everything there.
func TestTogether(t *testing.T) {
	url, requests := server(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		good(w, r)
	})
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := Download(context.Background(), specOf(url), dir, Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if !installed(t, dir) || requests.Load() != 1 {
		t.Errorf("%d requests, want 1", requests.Load())
	}
}

func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Download(context.Background(), specOf("http://127.0.0.1:1/"), filepath.Join(file, "x"), quick); err == nil {
		t.Error("no error for a folder that cannot be made")
	}
}

// The table of known sets is complete and consistent.
func TestKnown(t *testing.T) {
	for _, s := range Known() {
		if s.About == "" || s.License == "" || len(s.Mirrors) == 0 || len(s.Files) != 4 || len(s.Classes) != 10 || s.Train == 0 || s.Test == 0 || s.Side == 0 {
			t.Errorf("%s: incomplete: %+v", s.Name, s)
		}
		for _, m := range s.Mirrors {
			if !strings.HasPrefix(m, "http") || !strings.HasSuffix(m, "/") {
				t.Errorf("%s: mirror %q", s.Name, m)
			}
		}
		for _, f := range s.Files {
			if b, err := hex.DecodeString(f.SHA256); err != nil || len(b) != sha256.Size || f.Size == 0 || f.Name == "" {
				t.Errorf("%s: %+v", s.Name, f)
			}
		}
	}
	if s, ok := Lookup("MNIST"); !ok || s.Name != "mnist" || s.Bytes() != 11594722 {
		t.Errorf("MNIST: %t, %d bytes", ok, s.Bytes())
	}
	if _, ok := Lookup("nonesuch"); ok {
		t.Error("found what is not there")
	}
}
