package idx

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"inkling/data"
)

// ClassesFile, where it lies beside the IDX files, names the classes: one a
// line, class 0 first. Without it a class is named by its number.
const ClassesFile = "classes.txt"

// ErrNone is what Open returns (wrapped) for a folder without IDX files.
var ErrNone = errors.New("no IDX files")

// usual matches the names that MNIST and its relatives use:
// train-images-idx3-ubyte.gz, t10k-labels.idx1-ubyte, emnist-letters-test-images-idx3-ubyte.
var usual = regexp.MustCompile(`^(?:(.+)-)?(train|t10k|test|valid|val)-(images|labels)[-.](idx3|idx1)-ubyte(\.gz)?$`)

var splitOf = map[string]string{"train": "train", "t10k": "test", "test": "test", "valid": "valid", "val": "valid"}

// Usual reports whether a file of this name (without folders) is one that Add
// takes: an IDX file by one of the usual names, or the list of classes.
func Usual(base string) bool { return base == ClassesFile || usual.MatchString(base) }

// Open reads the IDX files of a folder by their usual names: train-images-idx3-ubyte
// and train-labels-idx1-ubyte, t10k- or test- for the test images, valid- or val-
// for validation images, with a dot for the hyphen before idx, and .gz or not
// (the plain file wins over its .gz). A prefix such as emnist-letters- must be the
// same for all. Only training images must be there. Without IDX files the error
// is ErrNone.
//
// Classes are named by ClassesFile, else 0, 1, ... up to the largest label of any
// split; a class that no image has is no error (EMNIST's letters start at 1).
func Open(dir string) (*data.Dataset, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	present := make(map[string]bool, len(entries))
	for _, e := range entries {
		present[e.Name()] = true
	}
	var b Builder
	found := false
	for _, e := range entries {
		name := e.Name()
		if !Usual(name) || strings.HasSuffix(name, ".gz") && present[strings.TrimSuffix(name, ".gz")] {
			continue
		}
		p, _ := match(name)
		if err := b.addFile(filepath.Join(dir, name), p); err != nil {
			return nil, err
		}
		found = found || name != ClassesFile
	}
	if !found {
		return nil, fmt.Errorf("%s: %w by the usual names (train-images-idx3-ubyte, train-labels-idx1-ubyte, .gz or not)", quote(dir), ErrNone)
	}
	ds, err := b.Dataset(filepath.Base(dir))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", quote(dir), err)
	}
	return ds, nil
}

// part says what one file holds.
type part struct {
	prefix, split   string
	labels, classes bool
}

func match(base string) (part, bool) {
	if base == ClassesFile {
		return part{classes: true}, true
	}
	m := usual.FindStringSubmatch(base)
	if m == nil {
		return part{}, false
	}
	return part{prefix: m[1], split: splitOf[m[2]], labels: m[3] == "labels"}, true
}

// half is what is known of one split while its two files arrive in any order.
type half struct {
	images, labels       string // where they came from; empty while missing
	pixels, label        []uint8
	count, height, width int
}

// Builder makes a data set of IDX files that arrive one by one, in any order, as
// from an archive. The zero value is ready.
type Builder struct {
	prefix  string
	first   string // the file that set the prefix
	splits  map[string]*half
	classes []string
	listed  string // where the classes came from
}

// Empty reports whether no images and labels have been added.
func (b *Builder) Empty() bool { return len(b.splits) == 0 }

// Add reads one file; the last element of its name must be Usual.
func (b *Builder) Add(name string, r io.Reader) error {
	p, ok := match(path.Base(filepath.ToSlash(name)))
	if !ok {
		return fmt.Errorf("%s: not a usual name of an IDX file", quote(name))
	}
	return b.add(name, r, p)
}

// addFile opens only a regular file: a FIFO of the right name would block for ever.
func (b *Builder) addFile(name string, p part) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file but a %s", quote(name), kind(info.Mode()))
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return b.add(name, f, p)
}

func (b *Builder) add(name string, r io.Reader, p part) (err error) {
	if p.classes {
		b.classes, err = readClasses(r, name)
		b.listed = name
		return err
	}
	if b.first == "" {
		b.first, b.prefix = name, p.prefix
		b.splits = make(map[string]*half)
	} else if p.prefix != b.prefix {
		return fmt.Errorf("%s and %s belong to two data sets; put each in a folder of its own", quote(b.first), quote(name))
	}
	h := b.splits[p.split]
	if h == nil {
		h = new(half)
		b.splits[p.split] = h
	}
	there := &h.images
	if p.labels {
		there = &h.labels
	}
	if strings.TrimSuffix(*there, ".gz") == strings.TrimSuffix(name, ".gz") {
		return nil // the same file, gzipped and not, as other programs leave them: one is enough
	}
	if *there != "" {
		return fmt.Errorf("%s and %s both hold the %s of the %s split; keep one", quote(*there), quote(name), what(p), p.split)
	}
	*there = name
	if p.labels {
		h.label, err = ReadLabels(r, name)
	} else {
		h.pixels, h.count, h.height, h.width, err = ReadImages(r, name)
	}
	return err
}

func what(p part) string {
	if p.labels {
		return "labels"
	}
	return "images"
}

// Dataset pairs what was added. Every split must have both its files, as many
// labels as images, and images of the same size.
func (b *Builder) Dataset(name string) (*data.Dataset, error) {
	train := b.splits["train"]
	if train == nil {
		return nil, errors.New("no training images: train-images-idx3-ubyte and train-labels-idx1-ubyte are missing")
	}
	ds := &data.Dataset{Name: name}
	classes, err := b.classNames()
	if err != nil {
		return nil, err
	}
	for split, set := range map[string]**data.Set{"train": &ds.Train, "valid": &ds.Valid, "test": &ds.Test} {
		h := b.splits[split]
		if h == nil {
			continue
		}
		switch {
		case h.images == "":
			return nil, fmt.Errorf("%s has no images beside it: %s-images-idx3-ubyte is missing", quote(h.labels), split)
		case h.labels == "":
			return nil, fmt.Errorf("%s has no labels beside it: %s-labels-idx1-ubyte is missing", quote(h.images), split)
		case h.count != len(h.label):
			return nil, fmt.Errorf("%s has %d images but %s has %d labels; they do not belong together", quote(h.images), h.count, quote(h.labels), len(h.label))
		case h.height != train.height || h.width != train.width:
			return nil, fmt.Errorf("%s has images of %s but %s of %s; all must have one size",
				quote(h.images), data.Size(h.height, h.width), quote(train.images), data.Size(train.height, train.width))
		}
		labels := make([]int32, len(h.label))
		for i, l := range h.label {
			labels[i] = int32(l)
		}
		*set = &data.Set{Images: h.pixels, Labels: labels, Channels: 1, Height: h.height, Width: h.width, Classes: classes}
	}
	return ds, nil
}

// classNames returns the names of the classes, and an error for a label outside them.
func (b *Builder) classNames() ([]string, error) {
	largest := 0
	for _, h := range b.splits {
		for i, l := range h.label {
			if b.classes != nil && int(l) >= len(b.classes) {
				return nil, fmt.Errorf("%s: label %d (byte %d) is %d, outside the %d classes that %s names",
					quote(h.labels), i, 8+i, l, len(b.classes), quote(b.listed))
			}
			largest = max(largest, int(l))
		}
	}
	if b.classes != nil {
		return b.classes, nil
	}
	names := make([]string, largest+1)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names, nil
}

// readClasses reads one class name a line. Labels are bytes, so there are 256 at most.
func readClasses(r io.Reader, name string) ([]string, error) {
	const most = 1 << 16
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", quote(name), err)
	}
	if len(text) > most {
		return nil, fmt.Errorf("%s: more than the %d bytes that a list of classes has at most", quote(name), most)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if names = append(names, line); len(names) > 256 {
			return nil, fmt.Errorf("%s: line %d: more than the 256 classes that one byte can tell apart", quote(name), len(names))
		}
	}
	if len(names) < 2 {
		return nil, fmt.Errorf("%s: names %d classes, want 2 at least, one a line", quote(name), len(names))
	}
	return names, nil
}

func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "folder"
	case m&fs.ModeNamedPipe != 0:
		return "FIFO"
	case m&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}
