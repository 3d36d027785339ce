package folder

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"io/fs"
	"path"
	"slices"
	"strings"

	"inkling/data"
)

// Report is what was found in a source.
type Report struct {
	IDX       bool // an archive of IDX files, not of images
	Images    int
	Classes   []string
	Splits    []SplitCount
	Sizes     []SizeCount // most frequent first
	Modes     []ModeCount // most frequent first: "PNG, grey, 8 bits"
	Offenders []Offender  // files that are no images, by name
	Problems  []string    // why no data set can be made of this: an empty class, a single one
	Warnings  []string
	Copies    []Copy // images equal to an earlier one, before anything is scaled
	Cached    bool   // the images, or what is known of them, came from the cache

	Channels, Height, Width int  // what the images are brought to
	Streamed                bool // they are read while they are used
}

// SplitCount counts the images of each class of a split.
type SplitCount struct {
	Split    string `json:"split"`     // train, valid or test
	PerClass []int  `json:"per_class"` // by class, as in Report.Classes
}

// SizeCount counts the images of one size, in pixels.
type SizeCount struct {
	Height  int    `json:"height"`
	Width   int    `json:"width"`
	Images  int    `json:"images"`
	Example string `json:"example"`
}

// Sides says between which lengths the sides of images lie, heights and widths alike:
// "from 28 to 324 pixels". There is a size at least.
func Sides(sizes []SizeCount) string {
	least, most := sizes[0].Height, sizes[0].Height
	for _, s := range sizes {
		least, most = min(least, s.Height, s.Width), max(most, s.Height, s.Width)
	}
	return fmt.Sprintf("from %d to %d pixels", least, most)
}

// ModeCount counts the images of one format and colour type.
type ModeCount struct {
	Mode    string `json:"mode"`
	Images  int    `json:"images"`
	Example string `json:"example"`
}

// Offender is a file that cannot be read as an image.
type Offender struct {
	Name    string `json:"name"`
	Problem string `json:"problem"`
}

func (o Offender) String() string { return quote(o.Name) + ": " + o.Problem }

// Copy is an image whose pixels equal those of an earlier one, where train comes
// before valid and valid before test.
type Copy struct {
	Name    string `json:"name"`
	Split   string `json:"split"`
	Class   string `json:"class"`
	Of      string `json:"of"`
	OfSplit string `json:"of_split"`
	OfClass string `json:"of_class"`
}

// Mixed reports whether some images have another size than they are brought to.
func (r *Report) Mixed() bool {
	return len(r.Sizes) > 1 || len(r.Sizes) == 1 && (r.Sizes[0].Height != r.Height || r.Sizes[0].Width != r.Width)
}

// Leaks are the copies between splits: images that a model is tested on after
// it was trained on them.
func (r *Report) Leaks() []Copy {
	return slices.DeleteFunc(slices.Clone(r.Copies), func(c Copy) bool { return c.Split == c.OfSplit })
}

// Contradictions are the copies that carry another label than the first.
func (r *Report) Contradictions() []Copy {
	return slices.DeleteFunc(slices.Clone(r.Copies), func(c Copy) bool { return c.Class == c.OfClass })
}

// CanSetAside reports whether a training has images to validate on: a split of its own,
// or two images of a class at least, one of which is set aside.
func (r *Report) CanSetAside() bool {
	for i, s := range r.Splits {
		if s.Split == splitNames[valid] || i == 0 && len(s.PerClass) > 0 && slices.Max(s.PerClass) > 1 {
			return true
		}
	}
	return false
}

// Balance returns the classes with the fewest and the most training images, and
// how many these are.
func (r *Report) Balance() (rare, common string, fewest, most int) {
	if len(r.Splits) == 0 || len(r.Classes) == 0 {
		return "", "", 0, 0
	}
	counts := r.Splits[0].PerClass
	i, j := 0, 0
	for c, n := range counts {
		if n < counts[i] {
			i = c
		}
		if n > counts[j] {
			j = c
		}
	}
	return r.Classes[i], r.Classes[j], counts[i], counts[j]
}

// BrokenError says which files of a source cannot be read as images.
type BrokenError struct {
	Source    string
	Offenders []Offender
}

// named is how many offenders an error names; a report names all.
const named = 5

func (e *BrokenError) Error() string {
	if len(e.Offenders) == 1 {
		return fmt.Sprintf("%s: %s", quote(e.Source), e.Offenders[0])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d files are not readable images: ", quote(e.Source), len(e.Offenders))
	for i, o := range e.Offenders {
		if i == named {
			fmt.Fprintf(&b, "; and %d more", len(e.Offenders)-named)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(o.String())
	}
	return b.String()
}

// report counts what was found, and looks for copies.
func (s *scan) report() *Report {
	r := &Report{Classes: s.plan.classes, Offenders: s.plan.offenders, Problems: s.plan.problems, Warnings: s.plan.warnings}
	if len(r.Classes) == 1 && !s.opt.Judged {
		r.Problems = append(r.Problems, fmt.Sprintf("only one class, %s: a classifier needs two at least", quote(r.Classes[0])))
	}
	sizes := make(map[[2]int]*SizeCount)
	modes := make(map[string]*ModeCount)
	first := make(map[[16]byte]int, len(s.files))
	for k := range s.plan.splits {
		from, to := s.split(k)
		if from == to && k != train {
			continue
		}
		counts := make([]int, len(r.Classes))
		for i := from; i < to; i++ {
			f, file := &s.facts[i], &s.files[i]
			if f.problem != "" {
				r.Offenders = append(r.Offenders, Offender{Name: file.path, Problem: f.problem})
				continue
			}
			counts[file.class]++
			r.Images++
			size := [2]int{f.height, f.width}
			if sizes[size] == nil {
				sizes[size] = &SizeCount{Height: f.height, Width: f.width, Example: file.path}
			}
			sizes[size].Images++
			if modes[f.mode] == nil {
				modes[f.mode] = &ModeCount{Mode: f.mode, Example: file.path}
			}
			modes[f.mode].Images++
			if of, ok := first[f.digest]; ok {
				o := &s.files[of]
				r.Copies = append(r.Copies, Copy{file.path, splitNames[k], r.Classes[file.class], o.path, splitNames[s.splitOf(of)], r.Classes[o.class]})
			} else {
				first[f.digest] = i
			}
		}
		r.Splits = append(r.Splits, SplitCount{Split: splitNames[k], PerClass: counts})
		for c, n := range counts {
			if n > 0 {
				continue
			}
			if k == train && !s.opt.Judged {
				mend := "remove its folder or fill it"
				for _, o := range r.Offenders {
					if o.Problem == insideClass && path.Base(path.Dir(o.Name)) == r.Classes[c] {
						mend = fmt.Sprintf("%s is a folder inside it, and images are read from the class's folder only: move them up", quote(o.Name))
						break
					}
				}
				r.Problems = append(r.Problems, fmt.Sprintf("class %s has no readable training images; %s", quote(r.Classes[c]), mend))
			} else {
				r.Warnings = append(r.Warnings, fmt.Sprintf("class %s has no readable images in the %s split", quote(r.Classes[c]), splitNames[k]))
			}
		}
	}
	for _, s := range sizes {
		r.Sizes = append(r.Sizes, *s)
	}
	slices.SortFunc(r.Sizes, func(a, b SizeCount) int {
		return cmp.Or(cmp.Compare(b.Images, a.Images), cmp.Compare(a.Height, b.Height), cmp.Compare(a.Width, b.Width))
	})
	for _, m := range modes {
		r.Modes = append(r.Modes, *m)
	}
	slices.SortFunc(r.Modes, func(a, b ModeCount) int {
		return cmp.Or(cmp.Compare(b.Images, a.Images), cmp.Compare(a.Mode, b.Mode))
	})
	slices.SortStableFunc(r.Offenders, func(a, b Offender) int { return Natural(a.Name, b.Name) })
	return r
}

// splitOf is the split that file i belongs to.
func (s *scan) splitOf(i int) int {
	for k, end := range s.ends {
		if i < end {
			return k
		}
	}
	panic("folder: a file of no split")
}

// ReportOf counts a data set that is in memory, and looks for copies in it.
func ReportOf(ds *data.Dataset) *Report {
	r := countOf(ds)
	var c copies
	for s, set := range []*data.Set{ds.Train, ds.Valid, ds.Test} {
		if set == nil {
			continue
		}
		for i, l := range set.Labels {
			c.add(sample{set.Image(i), [3]int{set.Channels, set.Height, set.Width}, set.Name(i), splitNames[s], set.Classes[l]})
		}
	}
	r.Copies = c.found
	return r
}

// countOf counts a data set that is in memory.
func countOf(ds *data.Dataset) *Report {
	r := &Report{Classes: ds.Train.Classes}
	for s, set := range []*data.Set{ds.Train, ds.Valid, ds.Test} {
		if set == nil {
			continue
		}
		counts := set.Counts()
		r.Images += set.Len()
		r.Splits = append(r.Splits, SplitCount{Split: splitNames[s], PerClass: counts})
		for k, n := range counts {
			if n == 0 {
				r.Warnings = append(r.Warnings, fmt.Sprintf("class %s has no images in the %s split", quote(set.Classes[k]), splitNames[s]))
			}
		}
	}
	t := ds.Train
	r.Channels, r.Height, r.Width, r.Streamed = t.Channels, t.Height, t.Width, t.Streamed()
	r.Sizes = []SizeCount{{Height: t.Height, Width: t.Width, Images: r.Images, Example: t.Name(0)}}
	mode := "grey, 8 bits"
	if t.Channels == 3 {
		mode = "RGB, 8 bits"
	}
	r.Modes = []ModeCount{{Mode: mode, Images: r.Images, Example: t.Name(0)}}
	return r
}

// sample is one image as copies compares it.
type sample struct {
	pix                []uint8
	shape              [3]int
	name, split, class string
}

// copies finds images with equal pixels: by hash, then byte by byte.
type copies struct {
	seed  maphash.Seed
	first map[uint64][]sample
	found []Copy
}

func (c *copies) add(s sample) {
	if c.first == nil {
		c.seed, c.first = maphash.MakeSeed(), make(map[uint64][]sample)
	}
	h := maphash.Bytes(c.seed, s.pix)
	for _, o := range c.first[h] {
		if o.shape == s.shape && bytes.Equal(o.pix, s.pix) {
			c.found = append(c.found, Copy{s.name, s.split, s.class, o.name, o.split, o.class})
			return
		}
	}
	c.first[h] = append(c.first[h], s)
}

// quote leaves a harmless name as it is and escapes any other: a name with a
// newline or an escape sequence must not write to the reader's terminal.
func quote(name string) string {
	if q := fmt.Sprintf("%q", name); q[1:len(q)-1] != name {
		return q
	}
	return name
}

// kind names what is neither a regular file nor a folder.
func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeNamedPipe != 0:
		return "FIFO"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeSymlink != 0:
		return "link"
	}
	return "device"
}
