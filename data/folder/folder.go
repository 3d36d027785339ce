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
// Grey stays grey, and the set has one channel, if every pixel of every image has
// red = green = blue; else it has three. 16-bit samples keep their high byte,
// palettes and CMYK are looked up, transparent pixels lie on white (Options.OnBlack),
// colour profiles and gamma are ignored. All images must have one size unless
// Options.Height and Width give the size to scale them to.
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
	Height, Width int   // scale images of another size to this one, keeping proportions; 0: all must have one size
	Color         Color // channels of the set
	OnBlack       bool  // transparent pixels lie on black, not on white
	SkipBroken    bool  // leave unreadable images out and report them, instead of failing
	Workers       int   // goroutines that decode; 0 is GOMAXPROCS
	Limits        Limits
	CacheDir      string                // keeps decoded sets, see cache.go; "" keeps none
	Progress      func(done, total int) // images decoded; total is 0 while unknown. Called from several goroutines, one at a time
}

// HeldBytes is the most that the pixels of a data set may take to be held in memory;
// a larger one is read image by image while it is used.
const HeldBytes = 512 << 20

// Limits bound memory and time. A zero field is its default.
type Limits struct {
	FileBytes  int64 // of one image file: 64 MiB
	Pixels     int64 // of one image: 50 million
	TotalBytes int64 // of all decoded pixels together: 4 GiB (twice that is needed while they are stacked)
	Unpacked   int64 // of all that comes out of an archive: 8 GiB
	Files      int   // in the tree: 5 million
}

func (l Limits) withDefaults() Limits {
	set := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	set(&l.FileBytes, 64<<20)
	set(&l.Pixels, 50e6)
	set(&l.TotalBytes, 4<<30)
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
func Open(ctx context.Context, path string, opt Options) (*data.Dataset, *Report, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	src, err := list(path, opt)
	if err != nil {
		return nil, nil, err
	}
	defer src.Close()
	store := newCache(opt, src)
	ds, report, damage := store.load()
	if ds == nil {
		ds, report, err = build(ctx, src, opt)
		if err != nil {
			return nil, report, err
		}
		if err := store.save(ds, report); err != nil {
			report.Warnings = append(report.Warnings, fmt.Sprintf("the decoded images could not be kept for the next time: %v", err))
		}
	}
	if damage != "" {
		report.Warnings = append(report.Warnings, damage)
	}
	return ds, report, nil
}

// Scan reads a folder or an archive as Open does with SkipBroken, without the
// cache, and reports on it: counts, sizes, modes, offenders, copies. What would
// keep Open from making a data set is in Report.Problems.
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
	found, err := src.read(ctx, opt)
	if err != nil {
		return nil, err
	}
	if found.whole != nil {
		r := ReportOf(found.whole)
		r.IDX = true
		return r, nil
	}
	return found.scan(), nil
}

// build decodes and stacks everything.
func build(ctx context.Context, src source, opt Options) (*data.Dataset, *Report, error) {
	found, err := src.read(ctx, opt)
	if err != nil {
		return nil, nil, err
	}
	if found.whole != nil {
		r := countOf(found.whole)
		r.IDX = true
		return found.whole, r, nil
	}
	report := found.report()
	if len(report.Offenders) > 0 && !opt.SkipBroken {
		return nil, report, &BrokenError{Source: src.name(), Offenders: report.Offenders}
	}
	if len(report.Problems) > 0 {
		return nil, report, fmt.Errorf("%s: %s", quote(src.name()), report.Problems[0])
	}
	ds, err := found.stack(opt)
	if err != nil {
		return nil, report, fmt.Errorf("%s: %w", quote(src.name()), err)
	}
	return ds, report, nil
}

// source is a place whose files are known by name before they are decoded (a
// tar archive: while).
type source interface {
	name() string
	identity() []byte // changes when the source does, see cache.go
	read(context.Context, Options) (*findings, error)
	Close() error
}

// findings are what read found: a tree of decoded files, or the whole data set
// where an archive held IDX files.
type findings struct {
	plan     *plan
	pictures []decoded // by index of plan.files
	whole    *data.Dataset
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
		return openArchive(path, info)
	}
	return nil, fmt.Errorf("%s: neither a folder nor a file but a %s", quote(path), kind(info.Mode()))
}
