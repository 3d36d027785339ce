package bench

import (
	"context"
	"os"

	"inkling/data"
	"inkling/data/source"
)

// decode measures reading images from a path; where none is named, from a
// folder of PNG files that it writes and removes.
func (b *Bench) decode(ctx context.Context) error {
	path, what := b.Data, ""
	if path == source.Synth {
		dir, err := os.MkdirTemp("", "inkling-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		ds, err := source.Draw(ctx, 6000, 1000, 1)
		if err != nil {
			return err
		}
		if err := b.WriteTree(ctx, dir, ds); err != nil {
			return err
		}
		path, what = dir, "7,000 PNG files"
	}
	cache, err := os.MkdirTemp("", "inkling-bench-cache-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache)
	for _, way := range []struct {
		name string
		opt  source.Options
	}{
		{"decode", source.Options{NoCache: true, CacheDir: cache, Offline: true}},
		{"cached", source.Options{CacheDir: cache, Offline: true}},
	} {
		images := 0
		var failure error
		open := func() {
			opened, err := source.Open(ctx, path, way.opt)
			if err != nil {
				failure = err
				return
			}
			images = opened.Train.Len()
			if opened.Test != nil {
				images += opened.Test.Len()
			}
		}
		if open(); failure != nil {
			return failure
		}
		row := b.measure(ctx, Row{Name: way.name, Shape: what, Unit: "images/s"}, 1, float64(images), open)
		if failure != nil {
			return failure
		}
		if row.Shape == "" {
			row.Shape = data.Thousands(images) + " images"
		}
		b.Show(row)
	}
	return nil
}
