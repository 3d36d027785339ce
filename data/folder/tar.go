package folder

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"inkling/data/idx"
)

// meanName bounds the bytes of all names: as many files as may be, of this length
// on the average. A name costs an archive next to nothing and is kept in memory.
const meanName = 128

// tarReader lists a tar archive in one pass over it.
type tarReader struct {
	*archive
	ctx   context.Context
	names *gauge
	idx   idx.Builder
}

// indexTar lists a tar archive, and unpacks one that is gzipped.
func (a *archive) indexTar(ctx context.Context) (err error) {
	g := newGauge(a.opt.Limits.Unpacked)
	var r io.Reader = bufio.NewReaderSize(io.NewSectionReader(a.bytes, 0, a.bytes.Size()), 1<<18)
	if a.gzip {
		z, err := gzip.NewReader(r)
		if err != nil {
			return unpackError(err)
		}
		a.spool = &spool{dir: a.opt.CacheDir}
		r = io.TeeReader(bufio.NewReaderSize(gauged{z, g}, 1<<18), a.spool)
	} else {
		r = bufio.NewReaderSize(gauged{r, g}, 1<<18)
	}
	t := &tarReader{archive: a, ctx: ctx, names: newGauge(meanName * int64(a.opt.Limits.Files))}
	if err := t.readAll(r); err != nil {
		return unpackError(err)
	}
	return a.finishIDX(&t.idx)
}

// unpackError gives the errors of gzip and tar words that a person can act on.
func unpackError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the archive is cut short; fetch it again")
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("the gzip checksum does not fit: the archive is damaged, fetch it again")
	case errors.Is(err, gzip.ErrHeader):
		return errors.New("the gzip data is damaged, fetch the archive again")
	case errors.Is(err, tar.ErrHeader):
		return errors.New("not a tar archive, or a damaged one")
	}
	return err
}

// ending counts what was read, and notes that a reader came to its end. A tar archive closes with two blocks
// of zeros, so reading it to its end means that they are missing: archive/tar
// would take the files before the cut for all.
type ending struct {
	r       io.Reader
	at      int64
	reached bool
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.at += int64(n)
	e.reached = e.reached || errors.Is(err, io.EOF)
	return n, err
}

// readAll goes through the archive to its end, and then to the end of the gzip
// data, where its checksum stands.
func (t *tarReader) readAll(r io.Reader) error {
	watched := &ending{r: r}
	tr := tar.NewReader(watched)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			if watched.reached {
				return io.ErrUnexpectedEOF
			}
			break
		}
		if err == nil {
			err = context.Cause(t.ctx)
		}
		if err == nil {
			err = t.entry(h, tr, watched.at)
		}
		if err != nil {
			return err
		}
	}
	_, err := io.Copy(io.Discard, r)
	return err
}

// entry takes in one entry, whose bytes begin at a place in the archive.
func (t *tarReader) entry(h *tar.Header, r io.Reader, at int64) error {
	if h.Typeflag == tar.TypeXGlobalHeader { // a comment, such as the commit that git archive writes
		return nil
	}
	name, err := safeName(h.Name)
	if err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeDir:
	case tar.TypeSymlink, tar.TypeLink:
		return fmt.Errorf("refused: the entry %s is a link; only files and folders are read", quote(h.Name))
	default:
		what := map[byte]string{tar.TypeFifo: "a FIFO", tar.TypeChar: "a device", tar.TypeBlock: "a device", tar.TypeGNUSparse: "a file with holes"}[h.Typeflag]
		if what == "" {
			what = fmt.Sprintf("of a kind that is not known, %q", h.Typeflag)
		}
		return fmt.Errorf("refused: the entry %s is %s; only files and folders are read", quote(h.Name), what)
	}
	for key := range h.PAXRecords { // such an entry holds more than the archive has bytes
		if strings.HasPrefix(key, "GNU.sparse.") {
			return fmt.Errorf("refused: the entry %s is a file with holes; only files and folders are read", quote(h.Name))
		}
	}
	if name == "." {
		return nil
	}
	limits := t.opt.Limits
	if t.names.spend(int64(len(name))) != nil {
		return fmt.Errorf("names of more than %d bytes together", t.names.limit)
	}
	if len(t.files) == limits.Files {
		return fmt.Errorf("more than %d entries", limits.Files)
	}
	base := path.Base(name)
	e := entry{path: name, dir: h.Typeflag == tar.TypeDir}
	switch {
	case e.dir:
	case idx.Usual(base):
		if err := t.idx.Add(name, r); err != nil {
			return errors.New(err.Error()) // unpackError takes it for the archive's own else
		}
		e.problem = "an IDX file"
	case hidden(base):
		e.problem = "not a file of the data"
	case h.Size > limits.FileBytes:
		return fmt.Errorf("refused: the entry %s has %d bytes, more than the %d of one image file", quote(h.Name), h.Size, limits.FileBytes)
	}
	t.files = append(t.files, e)
	t.at = append(t.at, member{from: at, len: h.Size})
	return nil
}
