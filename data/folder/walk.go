package folder

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"inkling/data"
	"inkling/data/picture"
)

// maxDepth is how many folders deep a tree is walked: split, class, and room for
// folders above them.
const maxDepth = 8

// tree of files on disk, listed but not read.
type directory struct {
	root  string
	files []entry
	sizes []int64 // in bytes, by index of files
	times []int64 // of modification, in ns
	limit int64   // of one file
}

// walk lists a folder. It follows links to files, not links to folders, and
// opens no file.
func walk(root string, opt Options) (*directory, error) {
	d := &directory{root: root, limit: opt.Limits.FileBytes}
	if err := d.list("", 0, opt.Limits.Files); err != nil {
		return nil, err
	}
	// Reading the size of 70,000 files takes most of the time: share it out.
	d.sizes, d.times = make([]int64, len(d.files)), make([]int64, len(d.files))
	var wg sync.WaitGroup
	each := (len(d.files) + opt.Workers - 1) / opt.Workers
	for from := 0; from < len(d.files); from += each {
		wg.Go(func() {
			for i := from; i < min(from+each, len(d.files)); i++ {
				d.stat(i)
			}
		})
	}
	wg.Wait()
	return d, nil
}

// list adds the contents of one folder, relative to the root.
func (d *directory) list(rel string, depth, limit int) error {
	contents, err := os.ReadDir(filepath.Join(d.root, filepath.FromSlash(rel)))
	if err != nil {
		return err
	}
	for _, c := range contents {
		if hidden(c.Name()) {
			continue
		}
		if len(d.files) == limit {
			return fmt.Errorf("%s: more than %d files; is this the folder you meant?", quote(d.root), limit)
		}
		p := c.Name()
		if rel != "" {
			p = rel + "/" + p
		}
		d.files = append(d.files, entry{path: p, dir: c.IsDir()})
		if c.IsDir() && depth < maxDepth {
			if err := d.list(p, depth+1, limit); err != nil {
				return err
			}
		}
	}
	return nil
}

// linkToFolder is the problem of a link that may have been meant as a class.
const linkToFolder = "a link to a folder, which is not followed: name that folder itself, or copy it"

// stat fills in size and time of an entry, and why it cannot be read.
func (d *directory) stat(i int) {
	e := &d.files[i]
	if e.dir || e.problem != "" {
		return
	}
	info, err := os.Lstat(d.file(i))
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		info, err = os.Stat(d.file(i))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			e.problem = "a link to a file that does not exist"
			return
		case errors.Is(err, syscall.ELOOP):
			e.problem = "a link that leads to itself"
			return
		case err == nil && info.IsDir():
			e.problem = linkToFolder
			return
		}
	}
	switch {
	case err != nil:
		e.problem = cause(err)
	case !info.Mode().IsRegular():
		e.problem = "neither a file nor a folder but a " + kind(info.Mode())
	default:
		d.sizes[i], d.times[i] = info.Size(), info.ModTime().UnixNano()
	}
}

// cause is an error without the path that os puts before it.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func (d *directory) name() string { return d.root }

func (d *directory) Close() error { return nil }

func (d *directory) file(i int) string {
	return d.root + string(filepath.Separator) + filepath.FromSlash(d.files[i].path)
}

// identity is a digest of every path, size and time in the folder.
func (d *directory) identity() []byte {
	index := make([]int, len(d.files))
	for i := range index {
		index[i] = i
	}
	slices.SortFunc(index, func(a, b int) int { return strings.Compare(d.files[a].path, d.files[b].path) })
	h := sha256.New()
	var line []byte
	for _, i := range index {
		e := d.files[i]
		line = binary.LittleEndian.AppendUint64(line[:0], uint64(len(e.path)))
		line = append(line, e.path...)
		line = append(append(line, 0), e.problem...)
		line = binary.LittleEndian.AppendUint64(line, uint64(d.sizes[i]))
		line = binary.LittleEndian.AppendUint64(line, uint64(d.times[i]))
		h.Write(line)
	}
	return h.Sum(nil)
}

func (d *directory) index(context.Context) error { return nil } // the folder has been walked

func (d *directory) whole() *data.Dataset { return nil }

func (d *directory) entries() []entry { return d.files }

func (d *directory) stamp(i int) (size, changed int64) { return d.sizes[i], d.times[i] }

// errChanged is the error of a file that is not the one that was listed.
var errChanged = errors.New("the file has changed since the data set was opened; start again")

func (d *directory) read(i int, most int64, buf []byte) ([]byte, error) {
	file, info, err := picture.ReadFile(d.file(i), most, d.limit, buf)
	if info != nil && (info.Size() != d.sizes[i] || info.ModTime().UnixNano() != d.times[i]) {
		return nil, errChanged
	}
	return file, err
}
