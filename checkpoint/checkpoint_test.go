package checkpoint_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/checkpoint"
	"inkling/data"
	"inkling/data/synth"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/safetensors"
	"inkling/tensor"
	"inkling/train"
)

var set = synth.Generate(100, 0, 1).Train

// trainer returns a training of two epochs of four batches.
func trainer(t *testing.T) *train.Trainer {
	t.Helper()
	m, err := models.New("cnn", models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	return &train.Trainer{
		Model: m, Loss: nn.CrossEntropy, Optimizer: optim.NewAdam(m.Params(), 0.003), EMA: optim.NewEMA(nn.State(m), 0.9),
		Train: data.NewLoader(tensor.CPU, set, 32), Epochs: 2, Seed: 1 << 60,
	}
}

// saver saves each position to a file of its own.
type saver struct {
	t     *testing.T
	dir   string
	paths []string
}

func (s *saver) Due(bool) bool { return true }

func (s *saver) Save(p *train.Position) error {
	c := &checkpoint.Checkpoint{Position: p, Info: checkpoint.Info{
		Settings:   map[string]json.RawMessage{"lr": json.RawMessage("0.003"), "seed": json.RawMessage("1152921504606846977")},
		Images:     map[string]checkpoint.Images{"training": checkpoint.Fingerprint(set)},
		Arithmetic: "amd64/avx2", History: make([]checkpoint.Epoch, p.Epoch), Finished: p.Epoch == 2,
	}}
	path := filepath.Join(s.dir, string(rune('a'+p.Epoch*5+p.Batch))+".safetensors")
	s.paths = append(s.paths, path)
	return c.Save(path)
}

// A training that goes on from the file of any position writes the same files.
func TestGoingOnFromAFile(t *testing.T) {
	whole := &saver{t: t, dir: t.TempDir()}
	tr := trainer(t)
	tr.Hooks = []any{whole}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	for i, path := range whole.paths {
		c, err := checkpoint.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(c.Settings["seed"]) != "1152921504606846977" || len(c.History) != c.Position.Epoch || c.Finished != (i == len(whole.paths)-1) {
			t.Errorf("%s says %+v", path, c.Info)
		}
		tr := trainer(t)
		rest := &saver{t: t, dir: t.TempDir()}
		tr.Hooks, tr.From = []any{rest}, c.Position
		if err := tr.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if len(rest.paths) != len(whole.paths)-1-i {
			t.Errorf("%d files after the first %d of %d", len(rest.paths), i+1, len(whole.paths))
		}
		for _, p := range rest.paths {
			got, _ := os.ReadFile(p)
			want, err := os.ReadFile(filepath.Join(whole.dir, filepath.Base(p)))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("gone on from %s, %s is another file", filepath.Base(path), filepath.Base(p))
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	s := &saver{t: t, dir: t.TempDir()}
	tr := trainer(t)
	tr.Epochs, tr.Hooks = 1, []any{s}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	for want, harm := range map[string]func(f *safetensors.File){
		"damaged or was changed": func(f *safetensors.File) { f.Tensors[3].Data[5] ^= 1 },
		"not as it was saved":    func(f *safetensors.File) { f.Tensors = f.Tensors[1:] },
		"is damaged": func(f *safetensors.File) {
			f.Metadata["inkling_checkpoint"] = strings.Replace(f.Metadata["inkling_checkpoint"], "avx2", "avx3", 1)
		},
		"format 2; this program reads format 1": func(f *safetensors.File) {
			f.Metadata["inkling_checkpoint"] = strings.Replace(f.Metadata["inkling_checkpoint"], `"format":1`, `"format":2`, 1)
		},
		"is no checkpoint of inkling": func(f *safetensors.File) { f.Metadata = nil },
		"the metadata under":          func(f *safetensors.File) { f.Metadata["inkling_checkpoint"] = "{" },
	} {
		f, err := safetensors.Open(s.paths[0])
		if err != nil {
			t.Fatal(err)
		}
		harm(f)
		if err := safetensors.Save(path, f); err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.Open(path); err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), path) != 1 {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestChangedImages(t *testing.T) {
	then := checkpoint.Fingerprint(set)
	if got := then.Change(checkpoint.Fingerprint(set)); got != "" {
		t.Errorf("the same images: %s", got)
	}
	all := make([]int, set.Len())
	for i := range all {
		all[i] = i
	}
	for want, change := range map[string]func() *data.Set{
		`class "` + set.Classes[set.Labels[7]] + `" has `: func() *data.Set { return set.Subset(slices.Delete(slices.Clone(all), 7, 8)) },
		"have other contents": func() *data.Set {
			s := set.Subset(all)
			s.Image(9)[400] ^= 1
			return s
		},
		"in another order": func() *data.Set {
			swapped := slices.Clone(all)
			i := slices.IndexFunc(all, func(i int) bool { return set.Labels[i] != set.Labels[0] })
			swapped[0], swapped[i] = i, 0
			return set.Subset(swapped)
		},
		`class "A" is here, and not in the checkpoint`: func() *data.Set {
			s := set.Subset(all)
			s.Classes = append([]string{"A"}, s.Classes[1:]...)
			return s
		},
		`class "9" is in the checkpoint, and not here`: func() *data.Set {
			nine := slices.DeleteFunc(slices.Clone(all), func(i int) bool { return set.Labels[i] == 9 })
			s := set.Subset(nine)
			s.Classes = s.Classes[:9]
			return s
		},
		"56 x 14 pixels": func() *data.Set { s := *set; s.Height, s.Width = 56, 14; return &s },
	} {
		if got := then.Change(checkpoint.Fingerprint(change())); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}

// unread is a source of images that nobody may read.
type unread struct {
	t      *testing.T
	stamps []string
}

func (u unread) Read(i int, dst []uint8) error {
	u.t.Errorf("image %d is read", i)
	return nil
}

func (u unread) Stamp(i int) string { return u.stamps[i] }

// A streamed set is told from another by its files' names, sizes and times: reading
// a million images would take as long as training on them.
func TestFingerprintOfFiles(t *testing.T) {
	set := func(change func(s *data.Set, stamps []string)) checkpoint.Images {
		stamps := []string{"10 1", "20 1", "30 1"}
		s := &data.Set{Channels: 1, Height: 1, Width: 1, Classes: []string{"a", "b"}, Labels: []int32{0, 1, 1}, Names: []string{"x", "y", "z"}, Source: unread{t, stamps}}
		change(s, stamps)
		return checkpoint.Fingerprint(s)
	}
	then := set(func(*data.Set, []string) {})
	if got := then.Change(set(func(*data.Set, []string) {})); got != "" {
		t.Error(got)
	}
	for name, here := range map[string]checkpoint.Images{
		"time": set(func(_ *data.Set, stamps []string) { stamps[2] = "30 2" }),
		"name": set(func(s *data.Set, _ []string) { s.Names[1] = "w" }),
	} {
		if got := then.Change(here); got != `those of class "b" have other contents, or another order` {
			t.Errorf("%s: %q", name, got)
		}
	}
}
