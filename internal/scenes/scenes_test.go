package scenes_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"inkling/data/folder"
	"inkling/internal/scenes"
)

// The folder is what it says: of every kind as many, of several sizes, in both
// formats, and three of them broken.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	if err := scenes.Folder(dir, 6, 1); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(filepath.Join(dir, "sea", names(t, dir, "sea")[0]))
	if err != nil {
		t.Fatal(err)
	}
	if again := t.TempDir(); scenes.Folder(again, 6, 1) != nil {
		t.Error("the same folder cannot be drawn twice")
	} else if second, err := os.ReadFile(filepath.Join(again, "sea", names(t, again, "sea")[0])); err != nil || !bytes.Equal(first, second) {
		t.Errorf("the same seed draws other pictures: %v", err)
	}
	broken, err := scenes.Broken(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := folder.Scan(context.Background(), dir, folder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Images != 27 || len(r.Sizes) < 10 || len(r.Modes) != 2 || len(r.Copies) != 0 || !slices.Equal(r.Classes, scenes.Kinds) {
		t.Errorf("%+v", r)
	}
	var named []string
	for _, o := range r.Offenders {
		named = append(named, o.Name)
	}
	if !slices.Equal(named, broken) {
		t.Errorf("broken are %v, found are %v", broken, named)
	}
}

func names(t *testing.T, dir, kind string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, kind))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// The mean colour does not tell the kinds apart: the nearest mean of other pictures
// is right hardly more often than chance.
func TestColourSaysLittle(t *testing.T) {
	const each, side = 60, 16
	mean := func(kind string, seed uint64) (m [3]float64) {
		img := scenes.Draw(kind, side, side, seed)
		for k := range side * side {
			for c := range m {
				m[c] += float64(img.Pix[4*k+c]) / (side * side)
			}
		}
		return m
	}
	centres := make([][3]float64, len(scenes.Kinds))
	for k, kind := range scenes.Kinds {
		for i := range each {
			m := mean(kind, uint64(i))
			for c := range m {
				centres[k][c] += m[c] / each
			}
		}
	}
	right := 0
	for k, kind := range scenes.Kinds {
		for i := range each {
			m, best, nearest := mean(kind, uint64(1000+i)), 1e9, -1
			for j, centre := range centres {
				d := 0.0
				for c := range m {
					d += (m[c] - centre[c]) * (m[c] - centre[c])
				}
				if d < best {
					best, nearest = d, j
				}
			}
			if nearest == k {
				right++
			}
		}
	}
	if share := float64(right) / float64(each*len(scenes.Kinds)); share > 0.5 {
		t.Errorf("the mean colour alone is right for %.0f %%", 100*share)
	} else {
		t.Logf("the mean colour alone is right for %.0f %%", 100*share)
	}
}
