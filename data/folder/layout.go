package folder

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// entry is one file or folder of a source. Paths are relative to the source and
// have slashes on every system.
type entry struct {
	path    string
	dir     bool
	problem string // why the file cannot be read at all; "" if it may be
}

// placed is a file with its place in the data set.
type placed struct {
	entry int // index into the entries
	path  string
	class int
}

// plan is the layout of a source: its classes, and the files of each split.
type plan struct {
	classes   []string
	splits    [3][]placed // train, valid, test
	offenders []Offender
	problems  []string // why no data set can be made of this
	warnings  []string
}

const (
	train = iota
	valid
	test
)

var splitNames = [3]string{"train", "valid", "test"}

var splitOf = map[string]int{
	"train": train, "training": train,
	"valid": valid, "validation": valid, "val": valid, "dev": valid,
	"test": test, "testing": test,
}

// hidden says whether a file or folder of this name is none of the data's.
func hidden(base string) bool {
	switch base {
	case "__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir":
		return true
	}
	return strings.HasPrefix(base, ".")
}

// node is a folder of the tree.
type node struct {
	path  string
	dirs  map[string]*node
	files []int // indices into the entries
}

func (n *node) child(name string) *node {
	c := n.dirs[name]
	if c == nil {
		c = &node{path: path.Join(n.path, name)}
		if n.dirs == nil {
			n.dirs = make(map[string]*node)
		}
		n.dirs[name] = c
	}
	return c
}

// names lists the folders of n in natural order.
func (n *node) names() []string { return slices.SortedFunc(maps.Keys(n.dirs), Natural) }

// tree builds the tree of the entries. A name that stands for two things is an error.
func tree(entries []entry) (*node, error) {
	root := new(node)
	seen := make(map[string]bool, len(entries))
	for i, e := range entries {
		if seen[e.path] && !e.dir {
			return nil, fmt.Errorf("%s appears twice", quote(e.path))
		}
		seen[e.path] = true
		n, rest := root, e.path
		skip := false
		for {
			first, more, deeper := strings.Cut(rest, "/")
			if skip = hidden(first); skip {
				break
			}
			if !deeper {
				rest = first
				break
			}
			n, rest = n.child(first), more
		}
		switch {
		case skip:
		case e.dir:
			n.child(rest)
		default:
			n.files = append(n.files, i)
		}
	}
	return root, nil
}

// layout finds splits and classes in the names of the entries.
func layout(entries []entry) (*plan, error) {
	root, err := tree(entries)
	if err != nil {
		return nil, err
	}
	for len(root.dirs) == 1 { // pass over a single folder above everything
		only := root.names()[0]
		if _, split := splitOf[strings.ToLower(only)]; split || len(root.dirs[only].dirs) == 0 {
			break
		}
		root = root.dirs[only]
	}
	if len(root.dirs) == 0 {
		if len(root.files) == 0 {
			return nil, errors.New("no images: the folder is empty")
		}
		if e := entries[root.files[0]]; e.problem == linkToFolder {
			return nil, fmt.Errorf("%s: %s", quote(e.path), e.problem)
		}
		return nil, fmt.Errorf("%s but no folders: put the images of each class into a folder named after it", files(len(root.files)))
	}
	p := new(plan)
	splits, err := p.findSplits(root)
	if err != nil {
		return nil, err
	}
	p.classes = splits[train].names()
	p.beside(entries, root, splits[train] != root)
	if len(p.classes) == 0 {
		return nil, fmt.Errorf("%s has no class folders: put the images of each class into a folder named after it", quote(splits[train].path))
	}
	for s, n := range splits {
		if n != nil {
			p.place(entries, s, n)
		}
	}
	return p, nil
}

// findSplits returns the folders above the classes. A folder is a split if it has
// the name of one and folders in it; without a training split the root itself
// holds the classes (one of which may be called train).
func (p *plan) findSplits(root *node) ([3]*node, error) {
	var splits [3]*node
	count := 0
	for _, name := range root.names() {
		s, ok := splitOf[strings.ToLower(name)]
		if !ok || len(root.dirs[name].dirs) == 0 {
			continue
		}
		if splits[s] != nil {
			return splits, fmt.Errorf("%s and %s are both the %s split; keep one", quote(splits[s].path), quote(root.dirs[name].path), splitNames[s])
		}
		splits[s] = root.dirs[name]
		count++
	}
	switch {
	case splits[train] != nil:
		for _, name := range root.names() {
			if d := root.dirs[name]; !slices.Contains(splits[:], d) {
				p.warnings = append(p.warnings, fmt.Sprintf("folder %s is not one of train, valid, test, and is ignored", quote(d.path)))
			}
		}
		return splits, nil
	case count > 0 && count == len(root.dirs):
		s := splits[test]
		if s == nil {
			s = splits[valid]
		}
		return splits, fmt.Errorf("no training images beside %s; to use that folder as it is, name it itself", quote(s.path))
	}
	return [3]*node{train: root}, nil
}

// beside warns of files that stand where folders are expected. A link to a folder
// is worse: it may have been meant as one.
func (p *plan) beside(entries []entry, n *node, deeper bool) {
	var others []int
	for _, i := range n.files {
		if entries[i].problem == linkToFolder {
			p.offend(entries[i].path, linkToFolder)
		} else {
			others = append(others, i)
		}
	}
	if len(others) > 0 {
		p.warnings = append(p.warnings, fmt.Sprintf("%s beside the folders of classes, ignored (the first: %s)", files(len(others)), quote(entries[others[0]].path)))
	}
	if deeper {
		for _, name := range n.names() {
			if _, ok := splitOf[strings.ToLower(name)]; ok {
				p.beside(entries, n.dirs[name], false)
			}
		}
	}
}

// insideClass is the problem of a folder that lies one level too deep.
const insideClass = "a folder inside a class: images are read from the class's folder only, move them up"

// place puts the files of one split into its classes.
func (p *plan) place(entries []entry, s int, n *node) {
	for c, name := range p.classes {
		class := n.dirs[name]
		if class == nil {
			p.warnings = append(p.warnings, fmt.Sprintf("class %s has no folder in %s", quote(name), quote(n.path)))
			continue
		}
		for _, sub := range class.names() {
			p.offend(class.dirs[sub].path, insideClass)
		}
		for _, i := range class.files {
			if e := entries[i]; e.problem != "" {
				p.offend(e.path, e.problem)
			} else {
				p.splits[s] = append(p.splits[s], placed{entry: i, path: e.path, class: c})
			}
		}
	}
	for _, name := range n.names() {
		if !slices.Contains(p.classes, name) {
			p.problems = append(p.problems, fmt.Sprintf("class %s is in %s, but has no training images", quote(name), quote(n.path)))
		}
	}
}

// files counts files in words.
func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

func (p *plan) offend(name, problem string) {
	p.offenders = append(p.offenders, Offender{Name: name, Problem: problem})
}
