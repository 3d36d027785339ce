package cli

import (
	"fmt"

	"inkling/data"
	"inkling/data/folder"
	"inkling/data/source"
)

// trainScan is what a folder or an archive holds, before anything is learned from it;
// data check tells all of it.
type trainScan struct {
	Event          string             `json:"event"` // "scan"
	Data           string             `json:"data"`
	Images         int                `json:"images"`
	Classes        int                `json:"classes"`
	Rare           string             `json:"rare"` // the class with the fewest training images
	Fewest         int                `json:"fewest"`
	Common         string             `json:"common"` // and that with the most
	Most           int                `json:"most"`
	Sizes          []folder.SizeCount `json:"sizes"`
	Modes          []folder.ModeCount `json:"modes"`
	LeftOut        []folder.Offender  `json:"left_out"`
	Copies         int                `json:"copies"`
	Leaks          int                `json:"leaks"`          // of them between two splits
	Contradictions int                `json:"contradictions"` // of them in two classes
	// Across are the validation images that were set aside and equal a training image.
	Across        int `json:"across"`
	height, width int // what the images are brought to
}

// scan reports on a folder or an archive; nil for other sources.
func scan(name string, o *source.Opened) *trainScan {
	r := o.Report
	if r == nil || r.IDX {
		return nil
	}
	s := &trainScan{
		Event: "scan", Data: name, Images: r.Images, Classes: len(r.Classes), Sizes: all(r.Sizes), Modes: all(r.Modes), LeftOut: all(r.Offenders),
		height: o.Train.Height, width: o.Train.Width,
	}
	s.Rare, s.Common, s.Fewest, s.Most = r.Balance()
	if o.Train.Source == nil { // else looking for copies would read every file once more
		found := folder.ReportOf(o.Dataset)
		s.Copies, s.Leaks, s.Contradictions = len(found.Copies), len(found.Leaks()), len(found.Contradictions())
	}
	return s
}

// named is how many broken files a training names; data check names all.
const named = 5

// unbalanced is how many times as many images one class has as another where that is said.
const unbalanced = 3

func (t *trainText) scanned(e trainScan) {
	t.sentence("", "%s: %s in %s", quote(e.Data), count(e.Images, "image"), count(e.Classes, "class"))
	line := func(what, format string, args ...any) {
		t.printf("  %-9s ", what)
		t.sentence("            ", format, args...)
	}
	if e.Fewest == e.Most {
		line("balance", "%s in each class", count(e.Most, "image"))
	} else {
		rare, common := quoteBoth(e.Rare, e.Common)
		line("balance", "from %s of %s to %s of %s", data.Thousands(e.Fewest), rare, data.Thousands(e.Most), common)
	}
	if e.Most > unbalanced*e.Fewest {
		line("", "%s %s is rare: the loss is not weighted, so that probabilities stay true to these numbers; look at its own accuracy", t.warn("note:"), quote(e.Rare))
	}
	if e.Fewest == 1 {
		line("", "%s %s has a single image: it is learned from, and nothing tells how the next one will be read", t.warn("note:"), quote(e.Rare))
	}
	if z := e.Sizes[0]; len(e.Sizes) == 1 && z.Height == e.height && z.Width == e.width {
		line("size", "%s", data.Size(z.Height, z.Width))
	} else if len(e.Sizes) == 1 {
		line("size", "%s; all are brought to %s", data.Size(z.Height, z.Width), data.Size(e.height, e.width))
	} else {
		line("sizes", "%s, with sides %s; all are brought to %s", data.Thousands(len(e.Sizes)), folder.Sides(e.Sizes), data.Size(e.height, e.width))
	}
	for i, m := range e.Modes {
		what := ""
		if i == 0 {
			what = "files"
		}
		line(what, "%s %s", data.Thousands(m.Images), m.Mode)
	}
	for i, o := range e.LeftOut {
		what := ""
		if i == 0 {
			what = "left out"
		}
		if more := len(e.LeftOut) - i; i == named && more > 1 {
			line(what, "and %s more", data.Thousands(more))
			break
		}
		line(what, "%s: %s", t.warn(quote(o.Name)), oneLine(o.Problem))
	}
	if e.Copies > 0 {
		text := have(e.Copies, "image") + " equal to another"
		if e.Copies > 1 {
			text = have(e.Copies, "image") + " copies of others"
		}
		if e.Leaks > 0 {
			text += fmt.Sprintf(", %s of them between training and validation or test, which judges too well", data.Thousands(e.Leaks))
		}
		if e.Contradictions > 0 {
			text += fmt.Sprintf(", %s of them in another class than the first", data.Thousands(e.Contradictions))
		}
		if e.Across > 0 {
			text += fmt.Sprintf("; %s in both parts, those to learn from and those to validate on, which judges too well", have(e.Across, "image"))
		}
		line("copies", "%s", text)
	}
	if e.Copies == 0 && len(e.LeftOut) == 0 {
		return
	}
	t.sentence("", "%s", t.faint("inkling data check "+quote(e.Data)+" names every one of these."))
}
