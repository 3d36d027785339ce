package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"inkling/data"
	"inkling/data/picture"
)

// photo is an image of odd pixels, as a PNG or a JPEG.
func photo(height, width int, seed uint64, lossy bool) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, color.RGBA{uint8(x * 200 / width), uint8(y * 200 / height), uint8(rng.IntN(256)), 255})
		}
	}
	if !lossy {
		return encode(m)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// album is a tree of photographs of several sizes, two of which are broken: one can
// be told by its header, the other only by its pixels.
func album() map[string][]byte {
	files := make(map[string][]byte)
	for i := range 40 {
		class := []string{"cat", "dog", "owl"}[i%3]
		files[fmt.Sprintf("train/%s/%d.x", class, i)] = photo(30+i%5, 40+i%7, uint64(i), i%2 == 0)
		if i%4 == 0 {
			files[fmt.Sprintf("test/%s/%d.x", class, i)] = photo(50, 20, uint64(100+i), true)
		}
	}
	files["train/owl/x1.png"] = []byte("no image")
	cut := photo(30, 40, 7, false)
	files["train/dog/x2.png"] = cut[:len(cut)-30]
	return files
}

// A streamed set is the held one, image by image, from a folder and from every kind
// of archive; and each image is what the file alone gives where it is prepared for
// prediction.
func TestStreamedEqualsHeld(t *testing.T) {
	files := album()
	root := plant(t, files)
	want, report := opened(t, root, Options{SkipBroken: true})
	if want.Train.Streamed() || report.Streamed || want.Train.Len() != 40 || want.Test.Len() != 10 || want.Train.Channels != 3 {
		t.Fatalf("%d + %d images of %d channels, streamed: %t", want.Train.Len(), want.Test.Len(), want.Train.Channels, want.Train.Streamed())
	}
	if want.Train.Height != 40 || want.Train.Width != 40 || report.Height != 40 || len(report.Sizes) < 30 || len(report.Offenders) != 2 {
		t.Errorf("%d x %d of %d sizes; left out: %v", want.Train.Height, want.Train.Width, len(report.Sizes), report.Offenders)
	}
	for i, name := range want.Train.Names {
		p, err := picture.Open(filepath.Join(root, filepath.FromSlash(name)), picture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.To(3, 40, 40), want.Train.Image(i)) {
			t.Fatalf("%s is trained on as other pixels than it is predicted from", name)
		}
	}
	paths := map[string]string{"folder": root}
	for name, b := range map[string][]byte{"tar": tarred(files), "tgz": gzipped(tarred(files)), "zip": zipOf(files)} {
		paths[name] = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(paths[name], b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, path := range paths {
		got, r := opened(t, path, Options{SkipBroken: true, Limits: Limits{Held: 1000}})
		if !got.Train.Streamed() || !got.Test.Streamed() || !r.Streamed || got.Train.Images != nil {
			t.Fatalf("%s is held", name)
		}
		for k, pair := range [][2]*data.Set{{want.Train, got.Train}, {want.Test, got.Test}} {
			held, err := pair[1].Held(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(pair[0], held); diff != "" {
				t.Errorf("%s, split %d: %s", name, k, diff)
			}
		}
		r.Streamed = false
		if diff := cmp.Diff(report, r); diff != "" {
			t.Errorf("%s: another report: %s", name, diff)
		}
	}
}

// The second start decodes only what has changed, and finds the same.
func TestStreamedStartsFast(t *testing.T) {
	root, cache := plant(t, album()), t.TempDir()
	opt := Options{SkipBroken: true, CacheDir: cache, Limits: Limits{Held: 1000}}
	// open returns a set, and how many files were read from beginning to end.
	open := func() (*data.Dataset, *Report, int) {
		counted, o := count(t, root, opt)
		ds, r, err := build(context.Background(), counted, o)
		if err != nil {
			t.Fatal(err)
		}
		return ds, r, len(counted.full)
	}
	ds, r, n := open()
	if n != 51 || r.Cached { // all but the one that is no image by its first bytes
		t.Errorf("%d files are decoded at first, want 51", n)
	}
	again, r2, n := open()
	if n != 1 || ds.Train.Fingerprint() != again.Train.Fingerprint() { // what is broken is looked at again
		t.Errorf("%d files are decoded the second time", n)
	}
	r2.Cached = r.Cached
	if diff := cmp.Diff(r, r2); diff != "" {
		t.Error(diff)
	}
	at := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	if err := os.WriteFile(at("train/cat/3.x"), photo(9, 9, 1, false), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{"train/owl/x1.png", "train/dog/x2.png"} {
		if err := os.Remove(at(broken)); err != nil {
			t.Fatal(err)
		}
	}
	changed, r, n := open()
	if n != 1 || r.Cached || changed.Train.Fingerprint() == ds.Train.Fingerprint() {
		t.Errorf("%d files are decoded after one has changed", n)
	}
	if _, r, n := open(); n != 0 || !r.Cached {
		t.Errorf("%d files are decoded where nothing is new, cached: %t", n, r.Cached)
	}
	kept, err := filepath.Glob(filepath.Join(cache, "decoded", "*.inkfacts"))
	if err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	b, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{nil, b[:50], append(bytes.Clone(b[:len(b)-1]), b[len(b)-1]^1), []byte(cacheMagic)} {
		if err := os.WriteFile(kept[0], damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		if mended, _, n := open(); n != 50 || mended.Train.Fingerprint() != changed.Train.Fingerprint() {
			t.Errorf("%d files are decoded where the memory is damaged, want all 50", n)
		}
	}
}

// Whoever interrupts the reading of a large folder begins the next time where it was left.
func TestInterruptedScan(t *testing.T) {
	root, cache := plant(t, album()), t.TempDir()
	opt := Options{SkipBroken: true, CacheDir: cache, Limits: Limits{Held: 1000}, Workers: 1}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	opt.Progress = func(done, total int) {
		if done > total/2 {
			cancel()
		}
	}
	if _, _, err := Open(ctx, root, opt); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	opt.Progress = nil
	counted, o := count(t, root, opt)
	if _, r, err := build(context.Background(), counted, o); err != nil || r.Images != 50 || len(counted.full) > 30 {
		t.Errorf("%v; %d files are decoded after half of 52 were", err, len(counted.full))
	}
}

// counted notes which files of a folder are read from beginning to end.
type counted struct {
	*directory
	full map[int]bool
}

func count(t *testing.T, root string, opt Options) (*counted, Options) {
	t.Helper()
	opt, err := opt.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	src, err := list(root, opt)
	if err != nil {
		t.Fatal(err)
	}
	return &counted{directory: src.(*directory)}, opt
}

func (c *counted) read(i int, most int64, buf []byte) ([]byte, error) {
	if most == 0 {
		busy <- true
		if c.full == nil {
			c.full = make(map[int]bool)
		}
		c.full[i] = true
		<-busy
	}
	return c.directory.read(i, most, buf)
}

var busy = make(chan bool, 1)

// An image that is deleted, replaced or touched while it is trained on is an error.
func TestStreamedFileGoesAway(t *testing.T) {
	root := plant(t, album())
	ds, _ := opened(t, root, Options{SkipBroken: true, Limits: Limits{Held: 1000}})
	at := func(i int) string { return filepath.Join(root, filepath.FromSlash(ds.Train.Names[i])) }
	same, err := os.ReadFile(at(2))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.Remove(at(0)), os.WriteFile(at(1), photo(30, 30, 99, false), 0o666),
		os.WriteFile(at(2), same, 0o666), os.Chtimes(at(2), time.Time{}, time.Unix(1, 0)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	into := make([]uint8, ds.Train.Pixels())
	for i, want := range []string{"no such file", "the file has changed since", "the file has changed since"} {
		wantError(t, ds.Train.Read(i, into), ds.Train.Names[i]+": "+want)
	}
	if err := ds.Train.Read(3, into); err != nil {
		t.Error(err)
	}
	if err := os.Chtimes(filepath.Join(root, "train"), time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
}

func TestChooseSize(t *testing.T) {
	type sizes = map[[2]int]int
	for _, c := range []struct {
		name          string
		sizes         sizes
		height, width int
	}{
		{"one size", sizes{{28, 28}: 9}, 28, 28},
		{"one odd size", sizes{{3, 5}: 9}, 3, 5},
		{"one size, at the limit", sizes{{128, 96}: 9}, 128, 96},
		{"one size of photographs", sizes{{3000, 4000}: 9}, 96, 128},
		{"one size, upright", sizes{{400, 300}: 9}, 128, 96},
		{"two sizes", sizes{{30, 30}: 5, {50, 50}: 4}, 32, 32},
		{"a few others", sizes{{64, 48}: 95, {10, 300}: 5}, 64, 48},
		{"upright and lying photographs", sizes{{300, 400}: 60, {400, 300}: 40}, 128, 128},
		{"tiny", sizes{{2, 3}: 5, {3, 3}: 4, {1, 1}: 3}, 8, 8},
		{"a strip", sizes{{1, 980}: 5, {1, 1000}: 4}, 8, 128},
		{"none", nil, 8, 8},
	} {
		if h, w := chooseSize(c.sizes); h != c.height || w != c.width {
			t.Errorf("%s: %d x %d, want %d x %d", c.name, h, w, c.height, c.width)
		}
	}
}

// Where all images are grey after all, the set has one channel.
func TestColoursThatAreGrey(t *testing.T) {
	files := make(map[string][]byte)
	for i := range 9 {
		files[fmt.Sprintf("%d/%d.png", i%2, i)] = encode(plain(4, 6, color.NRGBA{uint8(i), uint8(i), uint8(i), 255}))
	}
	files["0/x.png"] = files["0/0.png"][:60]
	got, err := open(t, files, Options{SkipBroken: true})
	if err != nil {
		t.Fatal(err)
	}
	var first []uint8
	for i := 0; i < len(got.pixels); i += 24 {
		first = append(first, got.pixels[i])
	}
	if got.channels != 1 || !slices.Equal(first, []uint8{0, 2, 4, 6, 8, 1, 3, 5, 7}) {
		t.Errorf("%d channels, images begin with %v", got.channels, first)
	}
	if got, err = open(t, files, Options{SkipBroken: true, Limits: Limits{Held: 10}}); err != nil || got.channels != 1 {
		t.Errorf("streamed: %d channels, %v", got.channels, err)
	}
}

// A tar of more than is held in memory is unpacked to a file that is gone afterwards.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	s := &spool{dir: dir}
	piece := bytes.Repeat([]byte("0123456789"), 1<<17)
	var all []byte
	for len(all) <= inMemory {
		if _, err := s.Write(piece); err != nil {
			t.Fatal(err)
		}
		all = append(all, piece...)
		if at := len(all) - 15; len(all) < 3*len(piece) || len(all) > inMemory {
			got := make([]byte, 10)
			if _, err := s.ReadAt(got, int64(at)); err != nil || !bytes.Equal(got, all[at:at+10]) {
				t.Fatalf("%q, %v", got, err)
			}
			if n, err := s.ReadAt(got, int64(len(all)-3)); n != 3 || err == nil {
				t.Errorf("beyond the end: %d bytes, %v", n, err)
			}
		}
	}
	if s.file == nil || s.memory != nil {
		t.Error("it is all in memory")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A payload under a good checksum may be of another version: no panic.
func FuzzRecall(f *testing.F) {
	dir := f.TempDir()
	root := plant(f, map[string][]byte{"a/1.png": grey(2, 2, 1), "b/2.png": grey(2, 2, 2)})
	if _, err := Scan(context.Background(), root, Options{CacheDir: dir}); err != nil {
		f.Fatal(err)
	}
	kept, _ := filepath.Glob(filepath.Join(dir, "decoded", "*.inkfacts"))
	_, payload, err := readFrame(kept[0], memoryMagic)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload)
	f.Add([]byte(strings.Repeat("x", 100)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := recall(b)
		if err != nil {
			return
		}
		for i := range r.Paths {
			_, _ = r.Modes[r.Mode[i]], r.Digests[16*i:16*i+16]
		}
	})
}
