package folder

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"inkling/data"
	"inkling/data/idx"
)

// tarred packs files, sorted by name, then the extra entries.
func tarred(files map[string][]byte, extra ...*tar.Header) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), Typeflag: tar.TypeReg}); err != nil {
			panic(err)
		}
		w.Write(files[name])
	}
	for _, h := range extra {
		if err := w.WriteHeader(h); err != nil {
			panic(err)
		}
	}
	w.Close()
	return b.Bytes()
}

func gzipped(b []byte) []byte {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	z.Write(b)
	z.Close()
	return buf.Bytes()
}

func zipOf(files map[string][]byte, change ...func(*zip.FileHeader)) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		for _, c := range change {
			c(h)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			panic(err)
		}
		f.Write(files[name])
	}
	w.Close()
	return b.Bytes()
}

func openBytes(t testing.TB, b []byte, opt Options) (*data.Dataset, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	ds, _, err := Open(context.Background(), path, opt)
	return ds, err
}

var small = map[string][]byte{
	"m/train/cat/1.png": grey(2, 3, 1), "m/train/dog/2.png": grey(2, 3, 2), "m/train/dog/10.png": grey(2, 3, 3),
	"m/test/dog/4.png": grey(2, 3, 4), "m/readme.txt": []byte("not an image"), "m/train/cat/.DS_Store": []byte("x"),
}

// A folder, a tar, a gzipped tar and a zip give the same bytes.
func TestArchives(t *testing.T) {
	want, _, err := Open(context.Background(), plant(t, small), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want.Train.Len() != 3 || want.Test.Len() != 1 {
		t.Fatalf("%d + %d images", want.Train.Len(), want.Test.Len())
	}
	dir := &tar.Header{Name: "m/train/cat/", Typeflag: tar.TypeDir, Mode: 0o755}
	comment := &tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header", PAXRecords: map[string]string{"comment": "x"}}
	for name, b := range map[string][]byte{
		"tar": tarred(small, dir, comment), "tgz": gzipped(tarred(small, dir)), "zip": zipOf(small),
		"stored zip": zipOf(small, func(h *zip.FileHeader) { h.Method = zip.Store }),
	} {
		got, err := openBytes(t, b, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestArchiveOfIDX(t *testing.T) {
	want := &data.Set{Images: []uint8{1, 2, 3, 4}, Labels: []int32{1, 0}, Channels: 1, Height: 1, Width: 2, Classes: []string{"0", "1"}}
	var images, labels bytes.Buffer
	if err := idx.WriteImages(&images, want); err != nil {
		t.Fatal(err)
	}
	if err := idx.WriteLabels(&labels, want); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"MNIST/raw/train-images-idx3-ubyte": images.Bytes(), "MNIST/raw/train-labels-idx1-ubyte.gz": gzipped(labels.Bytes())}
	// What is wrong with a file in a whole archive is not the archive's fault.
	good := files["MNIST/raw/train-labels-idx1-ubyte.gz"]
	for _, bad := range [][]byte{good[:len(good)-3], append(bytes.Clone(good[:len(good)-8]), make([]byte, 8)...)} {
		files["MNIST/raw/train-labels-idx1-ubyte.gz"] = bad
		for _, b := range [][]byte{tarred(files), gzipped(tarred(files)), zipOf(files)} {
			_, err := openBytes(t, b, Options{})
			wantError(t, err, "archive: MNIST/raw/train-labels-idx1-ubyte.gz: byte 10: ", "fetch it again")
		}
	}
	files["MNIST/raw/train-labels-idx1-ubyte.gz"] = good
	for name, b := range map[string][]byte{"tgz": gzipped(tarred(files)), "zip": zipOf(files)} {
		opt := Options{CacheDir: t.TempDir()}
		for range 2 {
			got, err := openBytes(t, b, opt)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want, got.Train); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
	delete(files, "MNIST/raw/train-labels-idx1-ubyte.gz")
	_, err := openBytes(t, tarred(files), Options{})
	wantError(t, err, "has no labels beside it")
}

// One entry that would be unpacked where it does not belong, and the archive is
// refused by that entry's name.
func TestArchiveRefused(t *testing.T) {
	for name, want := range map[string]string{
		"../evil.png": "leads out of the archive", "a/../../evil.png": "leads out", "a/..": "leads out", "/etc/passwd": "absolute",
		`a\..\evil.png`: "backslash", "C:/evil.png": "drive letter",
	} {
		files := maps.Clone(small)
		files[name] = grey(2, 3, 9)
		for _, b := range [][]byte{tarred(files), gzipped(tarred(files)), zipOf(files)} {
			_, err := openBytes(t, b, Options{SkipBroken: true})
			wantError(t, err, "refused", quote(name), want)
		}
	}
	for _, c := range []struct {
		kind byte
		want string
	}{{tar.TypeSymlink, "is a link"}, {tar.TypeLink, "is a link"}, {tar.TypeChar, "is a device"}, {tar.TypeBlock, "is a device"}, {tar.TypeFifo, "is a FIFO"}} {
		_, err := openBytes(t, tarred(small, &tar.Header{Name: "x\ny", Linkname: "/etc/passwd", Typeflag: c.kind}), Options{})
		wantError(t, err, "refused", `"x\ny"`, c.want)
	}
	for mode, want := range map[os.FileMode]string{os.ModeSymlink: "is a link", os.ModeDevice: "is a device", os.ModeNamedPipe: "is a FIFO"} {
		_, err := openBytes(t, zipOf(small, func(h *zip.FileHeader) { h.SetMode(mode | 0o644) }), Options{})
		wantError(t, err, "refused", want)
	}
	_, err := openBytes(t, zipOf(small, func(h *zip.FileHeader) { h.Flags |= 1 }), Options{})
	wantError(t, err, "is encrypted")
	long := map[string][]byte{strings.Repeat("n/", 2100) + "x.png": nil}
	for _, b := range [][]byte{tarred(long), zipOf(long)} {
		_, err := openBytes(t, b, Options{})
		wantError(t, err, "refused: an entry has a name of 4205 bytes, more than any system's 4096")
	}
	twice := tarred(small, &tar.Header{Name: "m/train/cat/1.png", Typeflag: tar.TypeReg})
	_, err = openBytes(t, twice, Options{})
	wantError(t, err, "m/train/cat/1.png appears twice")
}

// The bytes that come out are counted, whatever the headers say.
func TestArchiveBombs(t *testing.T) {
	zeros := make([]byte, 1<<20)
	files := maps.Clone(small)
	files["m/zeros"] = zeros
	_, err := openBytes(t, gzipped(tarred(files)), Options{Limits: Limits{Unpacked: 1 << 19}})
	wantError(t, err, "unpacks to more than is read at most, 524288 bytes")
	_, err = openBytes(t, gzipped(tarred(files)), Options{Limits: Limits{FileBytes: 1 << 19}})
	wantError(t, err, "refused: the entry m/zeros has 1048576 bytes")
	// Zeros after the archive's end are gzip's still.
	_, err = openBytes(t, gzipped(append(tarred(small), zeros...)), Options{Limits: Limits{Unpacked: 1 << 19}})
	wantError(t, err, "unpacks to more")
	files["m/train/cat/zeros.png"] = zeros
	_, err = openBytes(t, zipOf(files), Options{Limits: Limits{FileBytes: 1 << 19}})
	wantError(t, err, "zeros.png: the file unpacks to more than the 524288")
	_, err = openBytes(t, zipOf(files), Options{Limits: Limits{Unpacked: 1 << 19}})
	wantError(t, err, "unpacks to more than is read at most")
	_, err = openBytes(t, zipOf(files), Options{Limits: Limits{Files: 3}})
	wantError(t, err, "more than the 3")
	clear(files)
	for i := range 3 {
		files[strings.Repeat("n", 250)+strconv.Itoa(i)] = nil
	}
	_, err = openBytes(t, gzipped(tarred(files)), Options{Limits: Limits{Files: 5}})
	wantError(t, err, "names of more than 640 bytes together")
	// A sparse file: a megabyte that the archive does not hold.
	_, err = openBytes(t, sparse("a/1.png", 1<<20), Options{Limits: Limits{Unpacked: 1 << 19}})
	wantError(t, err, "refused: the entry a/1.png is a file with holes")
	// A header that promises less than comes out: no more is read than it says.
	lies := zipOf(small)
	for at := 0; ; at += 4 {
		next := bytes.Index(lies[at:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		at += next
		binary.LittleEndian.PutUint32(lies[at+24:], 40)
	}
	_, err = openBytes(t, lies, Options{})
	wantError(t, err, "4 files are not readable images", "m/train/cat/1.png: it has another size than the archive says")
}

// sparse is a tar archive with one file of zeros, all of them a hole.
func sparse(name string, size int) []byte {
	var b bytes.Buffer
	record := func(name string, kind byte, body string) {
		var one bytes.Buffer
		w := tar.NewWriter(&one)
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(body)), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}); err != nil {
			panic(err)
		}
		w.Write([]byte(body))
		w.Flush()
		raw := one.Bytes()
		for i := range 8 { // the checksum counts itself as spaces
			raw[148+i] = ' '
		}
		raw[156] = kind
		sum := 0
		for _, v := range raw[:512] {
			sum += int(v)
		}
		copy(raw[148:], fmt.Sprintf("%06o\x00 ", sum))
		b.Write(raw)
	}
	var pax strings.Builder
	for _, r := range []string{"GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=" + name, "GNU.sparse.realsize=" + strconv.Itoa(size)} {
		fmt.Fprintf(&pax, "%d %s\n", len(r)+4, r) // two digits, a space and a line feed
	}
	record("pax", tar.TypeXHeader, pax.String())
	record("x", tar.TypeReg, "0\n"+strings.Repeat("\x00", 510)) // no data in its map
	b.Write(make([]byte, 1024))
	return b.Bytes()
}

func TestArchiveDamaged(t *testing.T) {
	tgz := gzipped(tarred(small))
	at := func(b []byte, i int) []byte {
		b = bytes.Clone(b)
		b[(i+len(b))%len(b)] ^= 0x55
		return b
	}
	stored := zipOf(small, func(h *zip.FileHeader) { h.Method = zip.Store })
	body := bytes.Index(stored, []byte("IDAT")) // within the first image
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"cut", tgz[:len(tgz)/2], "cut short"},
		{"cut in the checksum", tgz[:len(tgz)-3], "cut short"},
		{"gzip checksum", at(tgz, -6), "gzip checksum does not fit"},
		{"gzip header", tgz[:5], "cut short"},
		{"junk after gzip", append(bytes.Clone(tgz), "junk and more of it"...), "gzip data is damaged"},
		{"tar cut in a file", tarred(small)[:1550], "cut short"},
		{"tar cut after a file", tarred(small)[:1024], "cut short"},
		{"tar header", at(tarred(small), 150), "not a tar archive, or a damaged one"},
		{"gzip of something else", gzipped([]byte("hello, I am no tar archive, but long enough to be a file")), "cut short"},
		{"zip cut", stored[:len(stored)-30], "a broken zip archive"},
		{"zip checksum", at(stored, body+10), "its checksum in the archive does not fit"},
		{"text", []byte("hello"), "no archive that can be read"},
		{"image", grey(1, 1, 1), "one image"},
		{"empty", nil, "the file is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := openBytes(t, c.file, Options{})
			wantError(t, err, c.want)
		})
	}
}

// FuzzArchive: no archive may make the reader panic or exceed its limits.
func FuzzArchive(f *testing.F) {
	f.Add(tarred(small))
	f.Add(gzipped(tarred(small)))
	f.Add(zipOf(small))
	f.Add(tarred(small, &tar.Header{Name: "../x", Typeflag: tar.TypeSymlink, Linkname: "/"}))
	f.Add(gzipped(tarred(small))[:200])
	f.Fuzz(func(t *testing.T, b []byte) {
		opt, err := Options{Limits: Limits{FileBytes: 1 << 16, Pixels: 1 << 14, Held: 1 << 20, Unpacked: 1 << 20, Files: 1000}, Workers: 2}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		a := newArchive("fuzz", bytes.NewReader(b), int64(len(b)), opt)
		if a.sniff() != nil {
			return
		}
		ds, _, err := build(context.Background(), a, opt)
		if err != nil {
			return
		}
		for _, s := range []*data.Set{ds.Train, ds.Valid, ds.Test} {
			if s != nil && s.Check() != nil {
				t.Error(s.Check())
			}
		}
	})
}
