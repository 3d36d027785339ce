package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"inkling/data/folder"
)

// listed is an image that was asked for, or a name that cannot be one.
type listed struct {
	path    string
	stdin   bool
	problem string // why it cannot be read; "" where it may be
	only    bool   // it is all that was asked for
	found   bool   // in a folder that was asked for
}

// name is what the image is called.
func (l *listed) name() string {
	if l.stdin {
		return "standard input"
	}
	return l.path
}

// lister finds the images that arguments stand for, one after another: a folder of a
// million files costs the names of one folder at a time.
type lister struct {
	ctx  context.Context
	args []string
}

func newLister(ctx context.Context) *lister { return &lister{ctx: ctx} }

func (l *lister) add(arg string) { l.args = append(l.args, arg) }

// groups are the images, up to n at a time.
func (l *lister) groups(n int) iter.Seq[[]listed] {
	return func(yield func([]listed) bool) {
		var group []listed
		stopped := false
		l.walk(func(one listed) bool {
			if group = append(group, one); len(group) < n {
				return l.ctx.Err() == nil
			}
			full := group
			group = nil
			stopped = !yield(full)
			return !stopped && l.ctx.Err() == nil
		})
		if !stopped && len(group) > 0 && l.ctx.Err() == nil {
			yield(group)
		}
	}
}

// walk calls f for each image until it returns false.
func (l *lister) walk(f func(listed) bool) bool {
	input := false
	for _, arg := range l.args {
		if arg == "-" {
			one := listed{stdin: true, only: len(l.args) == 1}
			if input {
				one.problem = "was read already: one image can come that way"
			}
			input = true
			if !f(one) {
				return false
			}
			continue
		}
		info, err := os.Stat(arg)
		switch {
		case err == nil && info.IsDir():
			if !l.folder(arg, 0, f) {
				return false
			}
		case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(arg, "*?["):
			if !l.pattern(arg, f) {
				return false
			}
		default:
			one := listed{path: arg, only: len(l.args) == 1}
			if err != nil {
				one.problem = whyNot(err)
			}
			if !f(one) {
				return false
			}
		}
	}
	return true
}

// pattern lists what matches a pattern that the shell has left alone.
func (l *lister) pattern(arg string, f func(listed) bool) bool {
	names, err := filepath.Glob(arg)
	if err != nil {
		return f(listed{path: arg, problem: "no file of that name, and no pattern: " + err.Error(), only: len(l.args) == 1})
	}
	if len(names) == 0 {
		return f(listed{path: arg, problem: "no file matches this pattern", only: len(l.args) == 1})
	}
	slices.SortFunc(names, folder.Natural)
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case err != nil:
			if !f(listed{path: name, problem: whyNot(err)}) {
				return false
			}
		case info.IsDir():
			if !l.folder(name, 0, f) {
				return false
			}
		case !f(listed{path: name}):
			return false
		}
	}
	return true
}

// deepest is how many folders below one that was named are looked into.
const deepest = 32

// folder lists the files of a folder in natural order, and those of the folders in
// it. Names that begin with a dot are passed over. Links to files are followed, links to
// folders are named and not followed, so that none leads round in a circle.
func (l *lister) folder(dir string, depth int, f func(listed) bool) bool {
	if depth > deepest {
		return f(listed{path: dir, problem: fmt.Sprintf("more than %d folders deep", deepest)})
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return f(listed{path: dir, problem: whyNot(err)})
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return folder.Natural(a.Name(), b.Name()) })
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if e.IsDir() {
			if !l.folder(path, depth+1, f) {
				return false
			}
			continue
		}
		one := listed{path: path, found: true}
		if e.Type()&fs.ModeSymlink != 0 {
			switch info, err := os.Stat(path); {
			case err != nil:
				one.problem = whyNot(err)
			case info.IsDir():
				one.problem = "a link to a folder, which is not followed: name that folder itself"
			}
		}
		if !f(one) {
			return false
		}
	}
	return true
}

// whyNot is an error of the file system in words.
func whyNot(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or folder"
	case errors.Is(err, syscall.ELOOP):
		return "a link that leads to itself"
	}
	return cause(err).Error()
}

// pictureEnds are the endings of names that promise a picture, of the kinds that are read and
// of others.
var pictureEnds = []string{".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif"}

// stray reports whether a file that lies in a folder is something else beside its pictures:
// notes, a list. Neither its name nor its content says that it is one.
func (l *listed) stray(content []byte) bool {
	return l.found && !slices.Contains(pictureEnds, strings.ToLower(filepath.Ext(l.path))) &&
		!bytes.HasPrefix(content, []byte("\x89PNG")) && !bytes.HasPrefix(content, []byte("\xff\xd8\xff"))
}
