// Package source opens what the reader calls DATA: a name such as mnist, or a
// path to a folder of classes, a folder of IDX files, or an archive of either.
//
// A known name (see Known) always means that data set: a folder of the same name is
// ./mnist. A name is looked for in $INKLING_DATA, as a folder or as an archive
// (mnist/, mnist.tgz, ...), then among the downloads in the cache folder, then
// it is downloaded there. Anything else is a path, or the name of a folder or an
// archive in $INKLING_DATA. A folder is read as IDX files if it has any, else as a
// tree of classes, else as the one archive that lies in it.
//
// Nothing here falls back in silence. ErrUnavailable tells the one case in which
// a caller might.
package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/adrg/xdg"

	"inkling/data"
	"inkling/data/fetch"
	"inkling/data/folder"
	"inkling/data/idx"
	"inkling/data/synth"
)

// ErrUnavailable is wrapped in the error of Open where a known name is neither on
// this machine nor to be had from the network. The tour may then draw its own.
var ErrUnavailable = errors.New("not on this machine and cannot be downloaded")

// Synth is the name of the digits drawn by program.
const Synth = "synth"

// Options say how to open. The zero value is what most callers want.
type Options struct {
	DataDir  string // where names are looked for first; "" is $INKLING_DATA
	CacheDir string // for downloads and decoded images; "" is CacheDir()
	NoCache  bool   // decode images anew, and keep nothing
	Offline  bool   // download nothing

	SynthTrain, SynthTest int    // images that synth draws; 0 is as many as MNIST has
	Seed                  uint64 // of synth

	Folder folder.Options // for folders and archives; its CacheDir is set here
	Fetch  fetch.Options  // for downloads

	lookup func(name string) (fetch.Spec, bool) // fetch.Lookup, but for tests
}

// CacheDir is where downloads and decoded images are kept: $INKLING_CACHE, else
// inkling in the user's cache folder.
func CacheDir() string {
	if dir := os.Getenv("INKLING_CACHE"); dir != "" {
		return dir
	}
	return filepath.Join(xdg.CacheHome, "inkling")
}

func (o Options) withDefaults() Options {
	if o.DataDir == "" {
		o.DataDir = os.Getenv("INKLING_DATA")
	}
	if o.CacheDir == "" {
		o.CacheDir = CacheDir()
	}
	o.Folder.CacheDir = o.CacheDir
	if o.NoCache {
		o.Folder.CacheDir = ""
	}
	if o.lookup == nil {
		o.lookup = fetch.Lookup
	}
	if o.SynthTrain == 0 {
		o.SynthTrain = synth.Train
	}
	if o.SynthTest == 0 {
		o.SynthTest = synth.Test
	}
	return o
}

// Kind says what a data set was read from.
type Kind string

const (
	IDX   Kind = "IDX files"
	Tree  Kind = "folders of images" // in a folder or an archive
	Drawn Kind = "drawn by program"
)

// Opened is a data set and where it came from.
type Opened struct {
	*data.Dataset
	Kind       Kind
	Path       string         // the folder or archive; "" for synth
	From       string         // one line for the reader, to stand after the name: "60,000 + 10,000 images of 28 x 28 pixels from IDX files in /data/mnist"
	Downloaded bool           // just now
	Cached     bool           // decoded images came from the cache
	Warnings   []string       // the last one names the files that were left out, where the Report has some
	Report     *folder.Report // what a folder or an archive held; nil otherwise
}

// Open opens a data set by name or path. Errors name what was looked for and where;
// that of a known name that cannot be had is ErrUnavailable.
func Open(ctx context.Context, name string, opt Options) (*Opened, error) {
	opt = opt.withDefaults()
	found, err := locate(ctx, name, opt)
	if err != nil {
		return nil, err
	}
	o := &Opened{Kind: found.kind, Path: found.path, Downloaded: found.downloaded, Warnings: found.warnings}
	switch found.kind {
	case Drawn:
		o.Dataset, err = Draw(ctx, opt.SynthTrain, opt.SynthTest, opt.Seed)
	case IDX:
		o.Dataset, err = idx.Open(found.path)
	default:
		o.Dataset, o.Report, err = folder.Open(ctx, found.path, opt.Folder)
		if o.Report != nil {
			if o.Report.IDX {
				o.Kind = IDX
			}
			o.Cached = o.Report.Cached
			o.Warnings = append(o.Warnings, o.Report.Warnings...)
			if n := len(o.Report.Offenders); n > 0 && err == nil {
				o.Warnings = append(o.Warnings, leftOut(found.path, o.Report.Offenders))
			}
		}
	}
	if err != nil {
		return nil, err
	}
	o.Name = found.name
	if err := nameClasses(o.Dataset, found); err != nil {
		return nil, err
	}
	o.From = o.describe(opt)
	return o, nil
}

// fewLeftOut is how many files a warning names.
const fewLeftOut = 5

// leftOut says which files no image can be made of.
func leftOut(path string, all []folder.Offender) string {
	names := make([]string, 0, fewLeftOut)
	for _, o := range all[:min(len(all), fewLeftOut)] {
		names = append(names, o.String())
	}
	text := fmt.Sprintf("%s files cannot be read as images and are left out: %s", data.Thousands(len(all)), strings.Join(names, "; "))
	switch more := len(all) - len(names); {
	case len(all) == 1:
		text = "1 file cannot be read as an image and is left out: " + names[0]
	case more > 0:
		text += fmt.Sprintf("; and %s more, which inkling data check %s names", data.Thousands(more), quote(path))
	}
	return text
}

// Draw draws digits by program, as synth.Generate does, and gives up when the
// context ends: what is being drawn then is thrown away.
func Draw(ctx context.Context, train, test int, seed uint64) (*data.Dataset, error) {
	drawn := make(chan *data.Dataset, 1)
	go func() { drawn <- synth.Generate(train, test, seed) }()
	select {
	case ds := <-drawn:
		return ds, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// nameClasses gives the classes of a known data set their names: IDX files have
// only numbers. A number beyond the known classes is an error.
func nameClasses(ds *data.Dataset, found *place) error {
	spec := found.spec
	if len(spec.Classes) == 0 || len(ds.Train.Classes) < len(spec.Classes) {
		return nil
	}
	for i, c := range ds.Train.Classes {
		if c != strconv.Itoa(i) {
			return nil
		}
	}
	if err := outside(ds, len(spec.Classes)); err != nil {
		return fmt.Errorf("%s: %w, outside the %d classes of %s", quote(found.path), err, len(spec.Classes), spec.Name)
	}
	for _, set := range []*data.Set{ds.Train, ds.Valid, ds.Test} {
		if set != nil {
			set.Classes = slices.Clone(spec.Classes)
		}
	}
	return nil
}

// outside names the first label that is none of so many classes.
func outside(ds *data.Dataset, classes int) error {
	for split, set := range map[string]*data.Set{"train": ds.Train, "valid": ds.Valid, "test": ds.Test} {
		if set == nil {
			continue
		}
		if i := slices.IndexFunc(set.Labels, func(l int32) bool { return int(l) >= classes }); i >= 0 {
			return fmt.Errorf("%s of the %s split has label %d", set.Name(i), split, set.Labels[i])
		}
	}
	return nil
}

// describe says in one line what was opened.
func (o *Opened) describe(opt Options) string {
	var b strings.Builder
	parts, images := 0, 0
	for _, set := range []*data.Set{o.Train, o.Valid, o.Test} {
		if set == nil {
			continue
		}
		if parts++; parts > 1 {
			b.WriteString(" + ")
		}
		b.WriteString(data.Thousands(set.Len()))
		images += set.Len()
	}
	if images == 1 {
		b.WriteString(" image")
	} else {
		b.WriteString(" images")
	}
	fmt.Fprintf(&b, " of %s", data.Size(o.Train.Height, o.Train.Width))
	if o.Train.Channels == 3 {
		b.WriteString(" in colour")
	}
	switch o.Kind {
	case Drawn:
		fmt.Fprintf(&b, " drawn by program (seed %d)", opt.Seed)
	case IDX:
		fmt.Fprintf(&b, " from IDX files in %s", quote(o.Path))
	default:
		fmt.Fprintf(&b, " from %s", quote(o.Path))
	}
	if r := o.Report; r != nil && r.Mixed() {
		fmt.Fprintf(&b, ", brought there %s", from(r.Sizes))
	}
	if o.Train.Streamed() {
		b.WriteString(", read from there while they are used")
	}
	switch {
	case o.Downloaded:
		b.WriteString(", just downloaded")
	case o.Cached && !o.Train.Streamed():
		b.WriteString(", from the cache of decoded images")
	}
	return b.String()
}

// from says which sizes there are: the one, or how many and the range of their sides.
func from(sizes []folder.SizeCount) string {
	if len(sizes) == 1 {
		return "from " + data.Size(sizes[0].Height, sizes[0].Width)
	}
	return fmt.Sprintf("from %s sizes with sides %s", data.Thousands(len(sizes)), folder.Sides(sizes))
}

// quote leaves a harmless name as it is and escapes any other.
func quote(name string) string {
	if q := fmt.Sprintf("%q", name); q[1:len(q)-1] != name {
		return q
	}
	return name
}
