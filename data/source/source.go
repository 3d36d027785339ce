// Package source opens what the reader calls DATA: a name such as mnist, or a
// path to a folder of classes, a folder of IDX files, or an archive of either.
package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"inkling/data"
	"inkling/data/idx"
)

// ErrUnavailable is wrapped in the error of Open where a known name is neither
// on this machine nor to be had from the network. The tour may then draw its own.
var ErrUnavailable = errors.New("not on this machine and not to be downloaded")

// Options say how to open. The zero value is what most callers want.
type Options struct {
	DataDir  string // where names are looked for first; "" is $INKLING_DATA
	CacheDir string // where downloads and decoded images are kept; "" is $INKLING_CACHE, else the user's cache folder
}

// Opened is a data set and where it came from.
type Opened struct {
	*data.Dataset
	From     string   // one line for the reader: "mnist: 60,000 + 10,000 images 28 x 28 from IDX files in /data/mnist"
	Warnings []string // one line each
}

// Open opens a data set by name or path.
func Open(ctx context.Context, name string, opt Options) (*Opened, error) {
	dir := name
	if name == "mnist" {
		root := opt.DataDir
		if root == "" {
			root = os.Getenv("INKLING_DATA")
		}
		dir = filepath.Join(root, name)
		if _, err := os.Stat(dir); err != nil || root == "" {
			return nil, fmt.Errorf("%s: %w", name, ErrUnavailable)
		}
	}
	ds, err := idx.Open(dir)
	if err != nil {
		return nil, err
	}
	ds.Name = name
	return &Opened{Dataset: ds, From: fmt.Sprintf("%s: %d images %d x %d from IDX files in %s", name, ds.Train.Len(), ds.Train.Height, ds.Train.Width, dir)}, nil
}
