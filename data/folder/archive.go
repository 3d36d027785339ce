package folder

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"inkling/data"
	"inkling/data/idx"
	"inkling/data/picture"
)

// errBomb is what an archive gives that unpacks to more than the limit. The bytes
// that come out are counted; what a header promises is not believed.
var errBomb = errors.New("unpacks to more than is read at most")

// archive is a file that is open for reading. What it holds is a list of members,
// each of which can be read by itself.
type archive struct {
	path    string
	opt     Options
	bytes   *io.SectionReader
	changed time.Time   // last modification
	zip     *zip.Reader // nil for a tar
	gzip    bool        // a tar within gzip
	io.Closer

	spool *spool // what came out of gzip
	files []entry
	at    []member // by index of files
	all   *data.Dataset
}

// member is where a file lies in an archive.
type member struct {
	zip       *zip.File // of a zip; else
	from, len int64     // where its bytes lie in the tar
}

// openArchive looks at the first bytes of a file: zip, tar or gzip; the name does
// not matter.
func openArchive(name string, info fs.FileInfo, opt Options) (*archive, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	a := newArchive(name, f, info.Size(), opt)
	a.changed, a.Closer = info.ModTime(), f
	if err := a.sniff(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", quote(name), err)
	}
	return a, nil
}

func newArchive(name string, r io.ReaderAt, size int64, opt Options) *archive {
	return &archive{path: name, opt: opt, bytes: io.NewSectionReader(r, 0, size), Closer: io.NopCloser(nil)}
}

// Close ends the reading, and removes what was unpacked.
func (a *archive) Close() error {
	if a.spool != nil {
		a.spool.Close()
	}
	return a.Closer.Close()
}

func (a *archive) sniff() error {
	head := make([]byte, 512)
	n, err := a.bytes.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		a.gzip = true
	case bytes.HasPrefix(head, []byte("PK")):
		a.zip, err = zip.NewReader(a.bytes, a.bytes.Size())
		if err != nil {
			return fmt.Errorf("a broken zip archive: %w", err)
		}
	case n == 512 && string(head[257:262]) == "ustar":
	case idx.Usual(filepath.Base(a.path)):
		return errors.New("one IDX file: images and labels are two, name the folder that holds both")
	case bytes.HasPrefix(head, []byte("\x89PNG")), bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return errors.New("one image: a data set is a folder or an archive of many")
	default:
		what, _, _ := strings.Cut(picture.Foreign(head), ", only PNG and JPEG")
		return fmt.Errorf("no archive that can be read (.tgz, .tar.gz, .tar, .zip): %s; name a folder of images or such an archive", what)
	}
	return nil
}

func (a *archive) name() string { return a.path }

// identity is the archive's size and time of modification.
func (a *archive) identity() []byte {
	var b []byte
	b = binary.LittleEndian.AppendUint64(b, uint64(a.bytes.Size()))
	b = binary.LittleEndian.AppendUint64(b, uint64(a.changed.UnixNano()))
	h := sha256.Sum256(b)
	return h[:]
}

// index lists the members.
func (a *archive) index(ctx context.Context) error {
	index := a.indexTar
	if a.zip != nil {
		index = a.indexZip
	}
	if err := index(ctx); err != nil {
		return fmt.Errorf("%s: %w", quote(a.path), err)
	}
	return nil
}

func (a *archive) whole() *data.Dataset { return a.all }

func (a *archive) entries() []entry { return a.files }

// stamp is the size of a member, and the time of modification of the archive.
func (a *archive) stamp(i int) (size, changed int64) { return a.at[i].len, a.changed.UnixNano() }

func (a *archive) read(i int, most int64, buf []byte) ([]byte, error) {
	m := a.at[i]
	if m.len > a.opt.Limits.FileBytes {
		return nil, fmt.Errorf("the file unpacks to more than the %d bytes that are read at most", a.opt.Limits.FileBytes)
	}
	n := m.len
	if most > 0 {
		n = min(n, most)
	}
	if m.zip != nil {
		return readZipped(m.zip, n, n == m.len, buf)
	}
	var from io.ReaderAt = a.bytes
	if a.spool != nil {
		from = a.spool
	}
	buf = slices.Grow(buf[:0], int(n))[:n]
	switch got, err := from.ReadAt(buf, m.from); {
	case got == len(buf):
		return buf, nil
	case errors.Is(err, io.EOF):
		return nil, errors.New("the archive has become shorter since it was opened; start again")
	default:
		return nil, err
	}
}

// maxName is the longest path that Linux takes, and it takes the longest.
const maxName = 4096

// safeName returns the clean name of an entry, or an error if a careless program
// would unpack it outside its folder. One such entry and the archive is refused:
// whoever made it meant harm, or no system that reads it agrees on where files go.
func safeName(name string) (string, error) {
	refuse := func(why string) (string, error) {
		return "", fmt.Errorf("refused: the entry %s %s", quote(name), why)
	}
	switch {
	case len(name) > maxName:
		return "", fmt.Errorf("refused: an entry has a name of %d bytes, more than any system's %d", len(name), maxName)
	case strings.Contains(name, `\`):
		return refuse("has a backslash in its name")
	case strings.ContainsRune(name, 0):
		return refuse("has a zero byte in its name")
	case strings.HasPrefix(name, "/"):
		return refuse("has an absolute name")
	case len(name) > 1 && name[1] == ':':
		return refuse("has a drive letter in its name")
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return refuse("leads out of the archive")
		}
	}
	return path.Clean(name), nil
}

// gauge counts what comes out of an archive, for all its entries together.
type gauge struct {
	left  atomic.Int64
	limit int64
}

func newGauge(limit int64) *gauge {
	g := &gauge{limit: limit}
	g.left.Store(limit)
	return g
}

func (g *gauge) spend(n int64) error {
	if g.left.Add(-n) < 0 {
		return fmt.Errorf("%w, %d bytes", errBomb, g.limit)
	}
	return nil
}

// gauged is a reader whose bytes count.
type gauged struct {
	r io.Reader
	g *gauge
}

func (r gauged) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if bomb := r.g.spend(int64(n)); bomb != nil {
		return n, bomb
	}
	return n, err
}

// indexZip lists the archive's directory.
func (a *archive) indexZip(context.Context) error {
	limits := a.opt.Limits
	if len(a.zip.File) > limits.Files {
		return fmt.Errorf("%d entries, more than the %d that are read at most", len(a.zip.File), limits.Files)
	}
	g := newGauge(limits.Unpacked)
	var b idx.Builder
	for _, f := range a.zip.File {
		name, err := safeName(f.Name)
		if err != nil {
			return err
		}
		mode := f.Mode()
		switch {
		case mode&fs.ModeSymlink != 0, !mode.IsDir() && !mode.IsRegular():
			return fmt.Errorf("refused: the entry %s is a %s; only files and folders are read", quote(f.Name), kind(mode))
		case f.Flags&1 != 0:
			return fmt.Errorf("the entry %s is encrypted", quote(f.Name))
		}
		// A header may lie, but no more is read than it says.
		if size := min(f.UncompressedSize64, math.MaxInt64); size <= uint64(limits.FileBytes) {
			err = g.spend(int64(size))
		}
		if err != nil {
			return err
		}
		a.files = append(a.files, entry{path: name, dir: mode.IsDir()})
		a.at = append(a.at, member{zip: f, len: int64(min(f.UncompressedSize64, math.MaxInt64))})
		if base := path.Base(name); mode.IsRegular() && idx.Usual(base) && !hidden(base) {
			r, err := f.Open()
			if err != nil {
				return fmt.Errorf("%s: %w", quote(name), err)
			}
			err = b.Add(name, gauged{r, g})
			r.Close()
			if err != nil {
				return err
			}
		}
	}
	return a.finishIDX(&b)
}

// finishIDX makes the data set of an archive that held IDX files.
func (a *archive) finishIDX(b *idx.Builder) (err error) {
	if !b.Empty() {
		a.all, err = b.Dataset("")
	}
	return err
}

// readZipped unpacks the first n bytes of one file of a zip archive, and the checksum
// after them if that is the whole file.
func readZipped(f *zip.File, n int64, whole bool, buf []byte) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	buf = slices.Grow(buf[:0], int(n))[:n]
	if _, err = io.ReadFull(r, buf); err == nil && whole {
		var more [1]byte
		if _, err = io.ReadFull(r, more[:]); err == nil {
			err = zip.ErrFormat
		} else if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil
		}
	}
	switch {
	case errors.Is(err, zip.ErrChecksum):
		return nil, errors.New("its checksum in the archive does not fit: the archive is damaged")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return nil, errors.New("it is cut short in the archive")
	case errors.Is(err, zip.ErrFormat):
		return nil, errors.New("it has another size than the archive says: the archive is damaged")
	case err != nil:
		return nil, err
	}
	return buf, nil
}
