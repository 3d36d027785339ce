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
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"inkling/data/idx"
	"inkling/data/picture"
)

// errBomb is what an archive gives that unpacks to more than the limit. The bytes
// that come out are counted; what a header promises is not believed.
var errBomb = errors.New("unpacks to more than is read at most")

// archive is a file that is open for reading.
type archive struct {
	path    string
	bytes   *io.SectionReader
	changed time.Time   // last modification
	zip     *zip.Reader // nil for a tar
	gzip    bool        // a tar within gzip
	io.Closer
}

// openArchive looks at the first bytes of a file: zip, tar or gzip; the name does
// not matter.
func openArchive(name string, info fs.FileInfo) (*archive, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	a := newArchive(name, f, info.Size())
	a.changed, a.Closer = info.ModTime(), f
	if err := a.sniff(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", quote(name), err)
	}
	return a, nil
}

func newArchive(name string, r io.ReaderAt, size int64) *archive {
	return &archive{path: name, bytes: io.NewSectionReader(r, 0, size)}
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
		return fmt.Errorf("no archive that can be read (.tgz, .tar.gz, .tar, .zip): %s", picture.Foreign(head))
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

// read decodes everything straight from the archive: nothing is unpacked to disk.
func (a *archive) read(ctx context.Context, opt Options) (*findings, error) {
	var found *findings
	var err error
	if a.zip != nil {
		found, err = a.readZip(ctx, opt)
	} else {
		found, err = a.readTar(ctx, opt)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", quote(a.path), err)
	}
	return found, nil
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

// finishIDX makes the data set of an archive that held IDX files.
func finishIDX(b *idx.Builder) (*findings, error) {
	ds, err := b.Dataset("")
	if err != nil {
		return nil, err
	}
	return &findings{whole: ds}, nil
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

// readZip lists the archive's directory, then decodes the files of the classes,
// each worker reading its own.
func (a *archive) readZip(ctx context.Context, opt Options) (*findings, error) {
	if len(a.zip.File) > opt.Limits.Files {
		return nil, fmt.Errorf("%d entries, more than the %d that are read at most", len(a.zip.File), opt.Limits.Files)
	}
	g := newGauge(opt.Limits.Unpacked)
	entries := make([]entry, len(a.zip.File))
	var b idx.Builder
	for i, f := range a.zip.File {
		name, err := safeName(f.Name)
		if err != nil {
			return nil, err
		}
		mode := f.Mode()
		switch {
		case mode&fs.ModeSymlink != 0, !mode.IsDir() && !mode.IsRegular():
			return nil, fmt.Errorf("refused: the entry %s is a %s; only files and folders are read", quote(f.Name), kind(mode))
		case f.Flags&1 != 0:
			return nil, fmt.Errorf("the entry %s is encrypted", quote(f.Name))
		}
		entries[i] = entry{path: name, dir: mode.IsDir()}
		if base := path.Base(name); mode.IsRegular() && idx.Usual(base) && !hidden(base) {
			r, err := f.Open()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", quote(name), err)
			}
			err = b.Add(name, gauged{r, g})
			r.Close()
			if err != nil {
				return nil, err
			}
		}
	}
	if !b.Empty() {
		return finishIDX(&b)
	}
	p, err := layout(entries)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	pictures, err := decodeWanted(ctx, p, len(entries), opt, func(i int, buf []byte) ([]byte, string) {
		buf, err := readZipped(a.zip.File[i], opt.Limits.FileBytes, g, buf)
		if errors.Is(err, errBomb) {
			stop(err)
		}
		if err != nil {
			return nil, err.Error()
		}
		return buf, ""
	})
	if err != nil {
		return nil, err
	}
	return &findings{plan: p, pictures: pictures}, nil
}

// readZipped unpacks one file of a zip archive, as far as the limit.
func readZipped(f *zip.File, limit int64, g *gauge, buf []byte) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	w := bytes.NewBuffer(buf)
	n, err := w.ReadFrom(io.LimitReader(gauged{r, g}, limit+1))
	switch {
	case errors.Is(err, zip.ErrChecksum):
		return nil, errors.New("its checksum in the archive does not fit: the archive is damaged")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("it is cut short in the archive")
	case err != nil:
		return nil, err
	case n > limit:
		return nil, fmt.Errorf("the file unpacks to more than the %d bytes that are read at most", limit)
	}
	return w.Bytes(), nil
}
