package folder

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inkling/data"
)

var odd = map[string][]byte{"a\n/1.png": grey(2, 2, 1), "\xff/2.png": grey(2, 2, 2), "\xff/bad.png": {}}

func opened(t *testing.T, root string, opt Options) (*data.Dataset, *Report) {
	t.Helper()
	ds, r, err := Open(context.Background(), root, opt)
	if err != nil {
		t.Fatal(err)
	}
	return ds, r
}

// The second time everything comes from the cache, and is the same.
func TestCache(t *testing.T) {
	for name, root := range map[string]string{"folder": plant(t, odd), "tar": filepath.Join(plant(t, map[string][]byte{"x": tarred(odd)}), "x")} {
		opt := Options{CacheDir: t.TempDir(), SkipBroken: true}
		ds, r := opened(t, root, opt)
		again, r2 := opened(t, root, opt)
		if r.Cached || !r2.Cached {
			t.Errorf("%s: cached: %t, then %t", name, r.Cached, r2.Cached)
		}
		r.Cached = true
		if diff := cmp.Diff(ds, again) + cmp.Diff(r, r2); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		opt.Color = RGB
		if ds, r := opened(t, root, opt); r.Cached || ds.Train.Channels != 3 {
			t.Errorf("%s: other options gave the old images", name)
		}
	}
}

// A source that changes is noticed: another time, another size, one file more or less.
func TestCacheChanges(t *testing.T) {
	root := plant(t, odd)
	opt := Options{CacheDir: t.TempDir(), SkipBroken: true}
	file := filepath.Join(root, "a\n", "1.png")
	opened(t, root, opt)
	for name, change := range map[string]func() error{
		"time":    func() error { return os.Chtimes(file, time.Time{}, time.Unix(1, 0)) },
		"content": func() error { return os.WriteFile(file, grey(2, 2, 77), 0o666) },
		"more":    func() error { return os.WriteFile(filepath.Join(root, "a\n", "3.png"), grey(2, 2, 3), 0o666) },
		"less":    func() error { return os.Remove(filepath.Join(root, "\xff", "bad.png")) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if _, r := opened(t, root, opt); r.Cached {
			t.Errorf("%s: the change went unnoticed", name)
		}
		if _, r := opened(t, root, opt); !r.Cached {
			t.Errorf("%s: not kept", name)
		}
	}
}

// A damaged file is made anew, with one line of warning.
func TestCacheDamaged(t *testing.T) {
	root := plant(t, odd)
	opt := Options{CacheDir: t.TempDir(), SkipBroken: true}
	want, _ := opened(t, root, opt)
	files, err := filepath.Glob(filepath.Join(opt.CacheDir, "decoded", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q, %v", files, err)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		if i > 80 && i%7 != 0 { // every byte of the header, some of the rest
			continue
		}
		broken := append([]byte(nil), whole...)
		broken[i] ^= 1
		checkDamage(t, files[0], broken, root, opt, want)
	}
	for _, n := range []int{0, 7, 30, 60, len(whole) - 1} {
		checkDamage(t, files[0], whole[:n], root, opt, want)
	}
	checkDamage(t, files[0], append(whole, 0), root, opt, want)
}

func checkDamage(t *testing.T, file string, b []byte, root string, opt Options, want *data.Dataset) {
	t.Helper()
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
	ds, r := opened(t, root, opt)
	if diff := cmp.Diff(want, ds); diff != "" || r.Cached {
		t.Errorf("from the cache: %t; %s", r.Cached, diff)
	}
	if n := len(r.Warnings); n != 1 || !strings.Contains(r.Warnings[0], "damaged") || strings.Contains(r.Warnings[0], "\n") {
		t.Errorf("warnings %q, want one line about the damage", r.Warnings)
	}
	if _, r := opened(t, root, opt); !r.Cached || len(r.Warnings) != 0 {
		t.Errorf("not mended: cached %t, warnings %q", r.Cached, r.Warnings)
	}
}

// Where nothing can be kept, the data set is read all the same.
func TestCacheUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, r := opened(t, plant(t, odd), Options{CacheDir: file, SkipBroken: true})
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "could not be kept") {
		t.Errorf("warnings %q", r.Warnings)
	}
}

func TestCacheConcurrent(t *testing.T) {
	root := plant(t, small)
	opt := Options{CacheDir: t.TempDir()}
	want, _ := opened(t, root, Options{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				ds, r, err := Open(context.Background(), root, opt)
				if err != nil || cmp.Diff(want, ds) != "" {
					t.Errorf("%v, or other images", err)
					return
				}
				for _, w := range r.Warnings {
					if strings.Contains(w, "cache") || strings.Contains(w, "kept") {
						t.Error(w)
					}
				}
			}
		})
	}
	wg.Wait()
}

// A payload under a good checksum may be of another version: no panic.
func FuzzUnpack(f *testing.F) {
	ds := &data.Dataset{Train: &data.Set{Images: []uint8{1, 2}, Labels: []int32{0, 1}, Channels: 1, Height: 1, Width: 1, Classes: []string{"a", "b"}, Names: []string{"x", "yz"}}}
	b, err := pack(ds, &Report{Images: 2})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Fuzz(func(t *testing.T, b []byte) {
		if ds, _, err := unpack(b); err == nil && ds.Train.Check() != nil {
			t.Error(ds.Train.Check())
		}
	})
}
