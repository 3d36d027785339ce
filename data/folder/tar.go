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

	"inkling/data/idx"
)

// A batch of a tar archive ends at this many bytes, or at batchFiles files.
const batchBytes = 1 << 20

// meanName bounds the bytes of all names: as many files as may be, of this length
// on the average. A name costs an archive next to nothing and is kept in memory.
const meanName = 128

// batch is a run of files of a tar archive on their way to a worker.
type batch struct {
	blob     []byte // the files' bytes, one after the other
	ends     []int  // where each ends in blob
	pictures []decoded
}

// tarReader reads a tar archive in one pass. Unpacking is one goroutine's work,
// decoding that of the workers; which files belong to a class is known only at
// the end, so every file is decoded, and what is none of the data's forgotten.
type tarReader struct {
	opt      Options
	workers  *workers
	contents *gauge // what the entries hold: a sparse one holds more than the archive has bytes
	names    *gauge
	entries  []entry
	first    []int // for each batch, the index of its first entry
	batches  []*batch
	idx      idx.Builder
}

func (a *archive) readTar(ctx context.Context, opt Options) (*findings, error) {
	g := newGauge(opt.Limits.Unpacked)
	var r io.Reader = bufio.NewReaderSize(io.NewSectionReader(a.bytes, 0, a.bytes.Size()), 1<<18)
	if a.gzip {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, unpackError(err)
		}
		r = z
	}
	r = bufio.NewReaderSize(gauged{r, g}, 1<<18)
	t := &tarReader{
		opt: opt, workers: startWorkers(ctx, opt, 0),
		contents: newGauge(opt.Limits.Unpacked), names: newGauge(meanName * int64(opt.Limits.Files)),
	}
	err := t.readAll(r)
	if stopped := t.workers.finish(); err == nil || stopped != nil {
		err = stopped
	}
	if err != nil {
		return nil, unpackError(err)
	}
	if !t.idx.Empty() {
		return finishIDX(&t.idx)
	}
	p, err := layout(t.entries)
	if err != nil {
		return nil, err
	}
	pictures := make([]decoded, len(t.entries))
	for k, b := range t.batches {
		at := t.first[k]
		for _, p := range b.pictures {
			for t.entries[at].dir || t.entries[at].problem != "" { // these were not in the batch
				at++
			}
			pictures[at] = p
			at++
		}
	}
	return &findings{plan: p, pictures: pictures}, nil
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

// ending notes that a reader came to its end. A tar archive closes with two blocks
// of zeros, so reading it to its end means that they are missing: archive/tar
// would take the files before the cut for all.
type ending struct {
	r       io.Reader
	reached bool
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
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
			err = t.entry(h, tr)
		}
		if err != nil {
			return err
		}
		if t.workers.ctx.Err() != nil {
			return nil // finish knows why
		}
	}
	t.flush()
	_, err := io.Copy(io.Discard, r)
	return err
}

// entry takes in one entry.
func (t *tarReader) entry(h *tar.Header, r io.Reader) error {
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
		what := map[byte]string{tar.TypeFifo: "a FIFO", tar.TypeChar: "a device", tar.TypeBlock: "a device"}[h.Typeflag]
		if what == "" {
			what = fmt.Sprintf("of a kind that is not known, %q", h.Typeflag)
		}
		return fmt.Errorf("refused: the entry %s is %s; only files and folders are read", quote(h.Name), what)
	}
	if name == "." {
		return nil
	}
	if t.names.spend(int64(len(name))) != nil {
		return fmt.Errorf("names of more than %d bytes together", t.names.limit)
	}
	if err := t.contents.spend(h.Size); err != nil {
		return err
	}
	if len(t.entries) == t.opt.Limits.Files {
		return fmt.Errorf("more than %d entries", t.opt.Limits.Files)
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
	case h.Size > t.opt.Limits.FileBytes:
		return fmt.Errorf("refused: the entry %s has %d bytes, more than the %d of one image file", quote(h.Name), h.Size, t.opt.Limits.FileBytes)
	default:
		t.entries = append(t.entries, e)
		return t.file(h, r)
	}
	t.entries = append(t.entries, e)
	return nil
}

// file reads the entry last added into the batch, and hands on a full batch.
func (t *tarReader) file(h *tar.Header, r io.Reader) error {
	n := len(t.batches)
	if n == 0 || t.batches[n-1].pictures != nil {
		t.batches = append(t.batches, &batch{blob: make([]byte, 0, 1<<16)})
		t.first = append(t.first, len(t.entries)-1)
		n++
	}
	b := t.batches[n-1]
	// The size is within the limit of one file, or entry had refused it.
	start := len(b.blob)
	b.blob = append(b.blob, make([]byte, h.Size)...)
	if _, err := io.ReadFull(r, b.blob[start:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	b.ends = append(b.ends, len(b.blob))
	if len(b.ends) == batchFiles || len(b.blob) >= batchBytes {
		t.flush()
	}
	return nil
}

// flush hands the last batch to a worker.
func (t *tarReader) flush() {
	n := len(t.batches)
	if n == 0 || t.batches[n-1].pictures != nil {
		return
	}
	b := t.batches[n-1]
	b.pictures = make([]decoded, len(b.ends))
	w := t.workers
	w.do(func(d *decoder) {
		start := 0
		for i, end := range b.ends {
			if w.ctx.Err() != nil {
				return
			}
			b.pictures[i] = w.decode(d, b.blob[start:end])
			start = end
		}
		b.blob = nil // its pictures are all that is wanted
		w.count(len(b.pictures))
	})
}
