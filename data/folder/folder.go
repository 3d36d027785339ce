// Package folder reads images from a tree of folders, one folder a class, or
// from an archive of such a tree, and stacks them into a data set.
//
// # What is where
//
// Folders named train or training; valid, validation, val or dev; test or
// testing may stand above the class folders. A single folder above everything
// is passed over (mnist_png/training/0/1.png). Names that begin with a dot and
// what Windows and macOS leave behind are ignored; files beside the class
// folders are ignored with a warning; in a class folder every file must be a
// PNG or a JPEG, known by its content and not by its name.
//
// # Order
//
// Classes stand in natural order, 2 before 10. If the names of all the images of
// a split are distinct numbers, then the split is ordered by that number: such
// names are indices, and MNIST's PNG tree comes out in the order of its IDX
// files. Otherwise images are ordered by class, then by name in natural order.
// The number of workers and the order of an archive change nothing.
//
// # Pixels
//
// The set has one channel if every pixel of every image has red = green = blue; else
// it has three. Package data/picture says how a file becomes pixels.
//
// # Size
//
// Images of any size make a set of one size. If all training images have one size,
// with no side above 128 pixels, that is it. Otherwise the longer side is the median
// of the images' longer sides, rounded to a multiple of 8 and kept within 8 and 128, above
// which training on a processor takes its time; the shorter side follows if nine in
// ten images have the same proportions (within 5 %), else the set is square.
// Options.Height and Width choose another size. Every image is brought there by
// picture.Picture.To: whole, in its proportions.
//
// # Memory
//
// A set whose pixels take up to 512 MiB is held in memory. Of a larger one the files
// are known, some 200 bytes an image, and read while they are used (data.Set.Source);
// an image that was deleted or replaced since is an error that names it. Each file
// is decoded once before, so that a broken one is named at the beginning and not in the
// third epoch; what was found is kept in the cache folder by path, size and time
// of modification, so that only new files are decoded the next time. A gzipped tar has
// no order to be read in but its own: it is unpacked, in memory up to 64 MiB, else to
// a temporary file.
//
// # Links
//
// In a folder a link to a regular file is followed wherever it leads: the tree is
// the reader's own. A link to a folder is not followed, so no loop can be entered;
// FIFOs, sockets and devices are never opened. An archive may hold regular files
// and folders only: one entry that is anything else, or whose name leaves the
// archive, and the whole archive is refused.
package folder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"inkling/data"
	"inkling/data/picture"
)

// Color says how many channels the set has.
type Color int

const (
	Auto Color = iota // grey if all images are grey, else RGB
	Grey              // colours become their luma: 0.299 R + 0.587 G + 0.114 B
	RGB               // three channels always
)

// Options say how to read. The zero value is a good choice.
type Options struct {
	Height, Width int   // bring images to this size; 0: to one that is chosen
	Color         Color // channels of the set
	OnBlack       bool  // transparent pixels lie on black, not on white
	Judged        bool  // a model is judged on the images, not trained: a single class will do, and classes without images
	SkipBroken    bool  // leave unreadable images out and report them, unless they are more than half
	Workers       int   // goroutines that decode; 0 is GOMAXPROCS
	Limits        Limits
	CacheDir      string                // keeps decoded sets, see cache.go; "" keeps none
	Progress      func(done, total int) // files decoded. Called from several goroutines, one at a time
}

// HeldBytes is the most that the pixels of a data set may take to be held in memory;
// a larger one is read image by image while it is used.
const HeldBytes = 512 << 20

// Limits bound memory and time. A zero field is its default.
type Limits struct {
	FileBytes int64 // of one image file: 64 MiB
	Pixels    int64 // of one image: 50 million
	Held      int64 // of all pixels together, in bytes, to be held in memory: HeldBytes
	Unpacked  int64 // of all that comes out of an archive: 8 GiB
	Files     int   // in the tree: 5 million
}

func (l Limits) withDefaults() Limits {
	set := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	set(&l.FileBytes, picture.FileBytes)
	set(&l.Pixels, picture.Pixels)
	set(&l.Held, HeldBytes)
	set(&l.Unpacked, 8<<30)
	if l.Files == 0 {
		l.Files = 5_000_000
	}
	return l
}

func (o Options) withDefaults() (Options, error) {
	o.Limits = o.Limits.withDefaults()
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if (o.Height == 0) != (o.Width == 0) || o.Height < 0 || int64(o.Height)*int64(o.Width) > o.Limits.Pixels {
		return o, fmt.Errorf("cannot scale images to %d x %d pixels", o.Height, o.Width)
	}
	return o, nil
}

// Open reads a folder or an archive into a data set whose Name is empty. The
// report counts what was there; with Options.SkipBroken it names what was left out.
// Without, unreadable images are a *BrokenError, which names them.
//
// A streamed set keeps its source open for as long as it is in use.
func Open(ctx context.Context, path string, opt Options) (*data.Dataset, *Report, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	src, err := list(path, opt)
	if err != nil {
		return nil, nil, err
	}
	store := newCache(opt, src)
	ds, report, warnings := store.load()
	if ds == nil {
		ds, report, err = build(ctx, src, opt)
		if err != nil {
			src.Close()
			return nil, report, err
		}
		if !report.Streamed {
			if err := store.save(ds, report); err != nil {
				warnings = append(warnings, fmt.Sprintf("the decoded images could not be kept for the next time: %v", err))
			}
		}
	}
	if !report.Streamed {
		src.Close()
	}
	report.Warnings = append(report.Warnings, warnings...)
	return ds, report, nil
}

// Scan reads a folder or an archive and reports on it: counts, sizes, modes,
// offenders, copies. Every file is read, whatever is known of it from earlier. What
// would keep Open from making a data set is in Report.Problems.
func Scan(ctx context.Context, path string, opt Options) (*Report, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	src, err := list(path, opt)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if err := src.index(ctx); err != nil {
		return nil, err
	}
	if whole := src.whole(); whole != nil {
		r := ReportOf(whole)
		r.IDX = true
		return r, nil
	}
	s, err := newScan(src, opt)
	if err == nil {
		err = s.look(ctx)
	}
	if err == nil {
		err = s.decode(ctx, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", quote(src.name()), err)
	}
	r := s.report()
	r.Height, r.Width = s.size()
	r.Channels = s.channels()
	r.Streamed = int64(r.Images)*int64(r.Channels*r.Height*r.Width) > opt.Limits.Held
	if err := newMemory(opt, src).save(s); err != nil {
		r.Warnings = append(r.Warnings, fmt.Sprintf("what was found could not be kept for the next time: %v", err))
	}
	return r, nil
}

// build makes a data set of a source.
func build(ctx context.Context, src source, opt Options) (*data.Dataset, *Report, error) {
	if err := src.index(ctx); err != nil {
		return nil, nil, err
	}
	if whole := src.whole(); whole != nil {
		r := countOf(whole)
		r.IDX = true
		return whole, r, nil
	}
	s, err := newScan(src, opt)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", quote(src.name()), err)
	}
	memory := newMemory(opt, src)
	memory.load(s)
	ds, report, err := s.make(ctx)
	if report == nil {
		if ctx.Err() != nil { // minutes of decoding are not lost; where they cannot be kept, the next start begins anew
			_ = memory.save(s)
		}
		return nil, nil, fmt.Errorf("%s: %w", quote(src.name()), err)
	}
	if report.Streamed {
		report.Cached = s.known == len(s.files)
		if !report.Cached {
			if failed := memory.save(s); failed != nil {
				report.Warnings = append(report.Warnings, fmt.Sprintf("what was found could not be kept for the next time: %v", failed))
			}
		}
	}
	return ds, report, err
}

// source is a place whose files are known by name, and can be read in any order.
type source interface {
	name() string
	identity() []byte // changes when the source does, see cache.go
	// index finds the files. It comes before all that follows.
	index(context.Context) error
	whole() *data.Dataset // that of an archive of IDX files; else nil
	entries() []entry
	// stamp is the size of an entry's file, and its time of modification in ns.
	stamp(i int) (size, changed int64)
	// read reads the file of an entry into buf, or only its first bytes if most is not
	// 0. It may be called from several goroutines. The error does not name the file.
	read(i int, most int64, buf []byte) ([]byte, error)
	Close() error
}

// list looks at what is at path, without opening what could block.
func list(path string, opt Options) (source, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s: no such file or folder", quote(path))
	case err != nil:
		return nil, err
	case info.IsDir():
		return walk(path, opt)
	case info.Mode().IsRegular():
		return openArchive(path, info, opt)
	}
	return nil, fmt.Errorf("%s: neither a folder nor a file but a %s", quote(path), kind(info.Mode()))
}
