package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inkling/data"
	"inkling/data/fetch"
	"inkling/data/idx"
)

// archives are the endings of archives, for finding one by the name of its data set.
var archives = []string{".tgz", ".tar.gz", ".tar", ".zip"}

// place is where a data set is.
type place struct {
	name       string
	kind       Kind
	path       string
	spec       fetch.Spec // of a known name
	downloaded bool
	warnings   []string
}

// errNothing is what inside returns for a folder that holds no data set.
var errNothing = errors.New("holds no IDX files, no folders of images and no archive")

// locate finds a data set, and downloads it if that is the way to have it.
func locate(ctx context.Context, name string, opt Options) (*place, error) {
	if name == "" {
		return nil, fmt.Errorf("no data named; known are %s, or give a folder or an archive", list())
	}
	if name == Synth {
		return &place{name: Synth, kind: Drawn, warnings: shadow(name)}, nil
	}
	if spec, ok := opt.lookup(name); ok {
		return known(ctx, spec, name, opt)
	}
	switch _, err := os.Stat(name); {
	case err == nil:
		p, err := at(name)
		if err != nil {
			return nil, err
		}
		p.name = title(name)
		return p, nil
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	if p, err := named(name, opt.DataDir); p != nil || err != nil {
		return p, err
	}
	return nil, unknown(name, opt)
}

// known finds a data set that could be downloaded.
func known(ctx context.Context, spec fetch.Spec, name string, opt Options) (*place, error) {
	p, err := local(spec, opt)
	if err != nil {
		return nil, err
	}
	dir := downloads(spec, opt)
	if p == nil {
		if opt.Offline {
			return nil, &unavailable{spec.Name, "downloads are off", nil}
		}
		if err := fetch.Download(ctx, spec, dir, opt.Fetch); err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			why := err.Error()
			if errors.Is(err, fetch.ErrUnreachable) {
				why = "its mirror does not answer, so there is likely no network"
				if n := len(spec.Mirrors); n > 1 {
					why = fmt.Sprintf("none of its %d mirrors answers, so there is likely no network", n)
				}
			}
			return nil, &unavailable{spec.Name, why, err}
		}
		p = &place{kind: IDX, path: dir, downloaded: true}
	}
	p.name, p.spec = spec.Name, spec
	p.warnings = append(p.warnings, shadow(name)...)
	return p, nil
}

// unavailable is the error of a known data set that cannot be had. What it wraps
// says more than a person wants to read.
type unavailable struct {
	name, why string
	err       error
}

func (e *unavailable) Error() string {
	byHand := "$INKLING_DATA/" + e.name
	if os.Getenv("INKLING_DATA") == "" {
		byHand += ", with INKLING_DATA set to a folder of yours"
	}
	return fmt.Sprintf("%s is %v: %s; by hand, put its files into %s", e.name, ErrUnavailable, e.why, byHand)
}

func (e *unavailable) Unwrap() []error {
	if e.err == nil {
		return []error{ErrUnavailable}
	}
	return []error{ErrUnavailable, e.err}
}

// local finds a known data set on this machine; nil if it is not here.
func local(spec fetch.Spec, opt Options) (*place, error) {
	p, err := named(spec.Name, opt.DataDir)
	if p != nil || err != nil {
		return p, err
	}
	if dir := downloads(spec, opt); spec.In(dir) {
		return &place{kind: IDX, path: dir}, nil
	}
	return nil, nil
}

// downloads is where a known data set goes.
func downloads(spec fetch.Spec, opt Options) string {
	return filepath.Join(opt.CacheDir, "data", spec.Name)
}

// named finds a data set by its name in a folder: a folder, or an archive. An
// empty folder is passed over.
func named(name, root string) (*place, error) {
	if root == "" || strings.ContainsAny(name, `/\`) || name == "." || name == ".." {
		return nil, nil
	}
	for _, end := range append([]string{""}, archives...) {
		path := filepath.Join(root, name+end)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		p, err := at(path)
		switch {
		case errors.Is(err, errNothing):
			continue
		case err != nil:
			return nil, err
		}
		p.name = title(name)
		return p, nil
	}
	return nil, nil
}

// at says how to read what is at a path.
func at(path string) (*place, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return &place{kind: Tree, path: path}, nil
	}
	return inside(path)
}

// inside says how to read a folder. IDX files may lie in a single folder within
// (MNIST/raw), as other programs leave them.
func inside(dir string) (*place, error) {
	var folders, packed []string
	for at, depth := dir, 0; depth < 4; depth++ {
		entries, err := os.ReadDir(at)
		if err != nil {
			return nil, err
		}
		var subs []string
		for _, e := range entries {
			name := e.Name()
			switch {
			case strings.HasPrefix(name, "."):
			case e.IsDir():
				subs = append(subs, filepath.Join(at, name))
			case idx.Usual(name) && name != idx.ClassesFile:
				return &place{kind: IDX, path: at}, nil
			case depth == 0 && isArchive(name):
				packed = append(packed, filepath.Join(at, name))
			}
		}
		if depth == 0 {
			folders = subs
		}
		if len(subs) != 1 {
			break
		}
		at = subs[0]
	}
	switch {
	case len(folders) > 0:
		return &place{kind: Tree, path: dir}, nil
	case len(packed) == 1:
		return &place{kind: Tree, path: packed[0]}, nil
	case len(packed) > 1:
		return nil, fmt.Errorf("%s holds %d archives; name one of them, such as %s", quote(dir), len(packed), quote(packed[0]))
	}
	if n := pictures(dir); n > 0 {
		return nil, fmt.Errorf("%s holds %s but no folders of classes: make one folder for each class, and put its images there", quote(dir), images(n))
	}
	return nil, fmt.Errorf("%s %w", quote(dir), errNothing)
}

// pictures counts the images in a folder by their names.
func pictures(dir string) int {
	entries, _ := os.ReadDir(dir) // it has been read before
	n := 0
	for _, e := range entries {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".png", ".jpg", ".jpeg":
			n++
		}
	}
	return n
}

func images(n int) string {
	if n == 1 {
		return "1 image"
	}
	return data.Thousands(n) + " images"
}

func isArchive(name string) bool {
	return slices.ContainsFunc(archives, func(end string) bool { return strings.HasSuffix(strings.ToLower(name), end) })
}

// title is the name that a path gives to its data set.
func title(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs // "." has a name, too
	}
	base := filepath.Base(path)
	for _, end := range archives {
		if cut := len(base) - len(end); cut > 0 && strings.EqualFold(base[cut:], end) {
			return base[:cut]
		}
	}
	return base
}

// shadow warns of a folder that has the name of a known data set.
func shadow(name string) []string {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return []string{fmt.Sprintf("%s is the name of a known data set; for the folder of that name here, write ./%s", name, name)}
	}
	return nil
}

// unknown says what the reader may have meant.
func unknown(name string, opt Options) error {
	candidates := append(names(), siblings(name, opt)...)
	best, distance := "", max(2, len(name)/3)+1
	for _, c := range candidates {
		if d := edits(strings.ToLower(name), strings.ToLower(c)); d < distance {
			best, distance = c, d
		}
	}
	if best != "" {
		return fmt.Errorf("%s: no such file, folder or data set; did you mean %s? (known are %s)", quote(name), quote(best), list())
	}
	return fmt.Errorf("%s: no such file, folder or data set; known are %s", quote(name), list())
}

// siblings are the names that exist beside the one that does not.
func siblings(name string, opt Options) []string {
	var found []string
	add := func(dir, prefix string) {
		entries, _ := os.ReadDir(dir) // a folder that cannot be read has nothing to suggest
		for _, e := range entries {
			found = append(found, prefix+e.Name())
		}
	}
	dir, _ := filepath.Split(name)
	add(filepath.Clean(dir), dir)
	if opt.DataDir != "" && dir == "" {
		add(opt.DataDir, "")
	}
	return found
}

// names are the known names.
func names() []string {
	var all []string
	for _, s := range fetch.Known() {
		all = append(all, s.Name)
	}
	return append(all, Synth)
}

func list() string { return strings.Join(names(), ", ") }

// edits is the Levenshtein distance: insertions, deletions and replacements that
// make one string of the other.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
