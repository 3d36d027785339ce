package source

import (
	"context"
	"fmt"

	"inkling/data/fetch"
	"inkling/data/folder"
	"inkling/data/idx"
)

// Named is a data set that can be opened by name.
type Named struct {
	Name        string
	About       string // one line
	License     string
	Train, Test int // images; 0 and 0 for synth, which draws as many as one asks for
	Side        int // height and width, in pixels
	Classes     int
	Download    int64  // bytes; 0 where nothing is to be downloaded
	Path        string // where it is on this machine; "" if it is not here
	Problem     string // why what is at Path, or in $INKLING_DATA, cannot be used
}

// Known lists the data sets that have a name, and where they are on this machine.
// It downloads nothing.
func Known(opt Options) []Named {
	opt = opt.withDefaults()
	var all []Named
	for _, s := range fetch.Known() {
		n := Named{Name: s.Name, About: s.About, License: s.License, Train: s.Train, Test: s.Test,
			Side: s.Side, Classes: len(s.Classes), Download: s.Bytes()}
		p, err := local(s, opt)
		switch {
		case err != nil:
			n.Problem = err.Error()
		case p != nil:
			n.Path = p.path
		}
		all = append(all, n)
	}
	return append(all, Named{Name: Synth, About: "digits drawn by program, for when there is no network", Side: 28, Classes: 10})
}

// Get makes sure that a known data set is on this machine, and says where. Unlike
// Open it reads nothing of it.
func Get(ctx context.Context, name string, opt Options) (path string, downloaded bool, err error) {
	opt = opt.withDefaults()
	spec, ok := opt.lookup(name)
	if !ok {
		if name == Synth {
			return "", false, fmt.Errorf("%s is drawn by program: there is nothing to download", Synth)
		}
		return "", false, unknown(name, opt)
	}
	p, err := known(ctx, spec, name, opt)
	if err != nil {
		return "", false, err
	}
	return p.path, p.downloaded, nil
}

// Checked is what Check found.
type Checked struct {
	Name string
	Kind Kind
	Path string
	*folder.Report
}

// Check looks at a data set before anything is trained on it: counts, sizes, modes,
// files that are no images, copies within and between the splits. Broken files
// do not stop it; they are in the report.
func Check(ctx context.Context, name string, opt Options) (*Checked, error) {
	opt = opt.withDefaults()
	found, err := locate(ctx, name, opt)
	if err != nil {
		return nil, err
	}
	c := &Checked{Name: found.name, Kind: found.kind, Path: found.path}
	switch found.kind {
	case Tree:
		if c.Report, err = folder.Scan(ctx, found.path, opt.Folder); err == nil && c.Report.IDX {
			c.Kind = IDX
		}
	case IDX:
		ds, openErr := idx.Open(found.path)
		if openErr != nil {
			return nil, openErr
		}
		if err := nameClasses(ds, found); err != nil {
			return nil, err
		}
		c.Report = folder.ReportOf(ds)
	default:
		o, openErr := Open(ctx, name, opt)
		if openErr != nil {
			return nil, openErr
		}
		c.Report = folder.ReportOf(o.Dataset)
	}
	if err != nil {
		return nil, err
	}
	c.Warnings = append(found.warnings, c.Warnings...)
	return c, nil
}
