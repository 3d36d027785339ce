package data_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"inkling/data"
	"inkling/data/augment"
	"inkling/tensor"
)

// files stands for images that lie in files: those of a set in memory, slower.
type files struct {
	*data.Set
	gone  atomic.Int64 // the image that cannot be read any more, plus one
	reads atomic.Int64
}

func (f *files) Read(i int, dst []uint8) error {
	f.reads.Add(1)
	if i+1 == int(f.gone.Load()) {
		return errors.New("the file is gone")
	}
	if i%7 == 0 { // some take longer: the workers finish in another order
		time.Sleep(50 * time.Microsecond)
	}
	copy(dst, f.Image(i))
	return nil
}

func (f *files) Stamp(i int) string { return fmt.Sprint(i, f.Image(i)[0]) }

// streamed is a set that reads what the other one holds.
func streamed(held *data.Set) (*data.Set, *files) {
	f := &files{Set: held}
	s := *held
	s.Images, s.Source = nil, f
	return &s, f
}

// A streamed set deals the same bits as one that is held: with and without
// augmentation, for any number of workers and of batches ahead.
func TestStreamedEqualsHeld(t *testing.T) {
	held := numbered(205, 3, func(i int) int32 { return int32(i % 3) })
	set, _ := streamed(held)
	if err := set.Check(); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "shift=1", "rotate=20,erase=0.1"} {
		var r augment.Recipe
		if text != "" {
			r = recipe(t, text)
		}
		deal := func(s *data.Set, workers, prefetch int) []batch {
			l := data.NewLoader(tensor.CPU, s, 16)
			l.Augment, l.Workers, l.Prefetch = r, workers, prefetch
			l.Restart(3, 0)
			all := epoch(l, seeded(4))
			all = append(all, epoch(l, nil)...)
			if l.Err() != nil {
				t.Error(l.Err())
			}
			return all
		}
		want := deal(held, 1, 0)
		for _, workers := range []int{0, 1, 2, 5} {
			for _, prefetch := range []int{0, 1, 3} {
				if got := deal(set, workers, prefetch); !reflect.DeepEqual(got, want) {
					t.Fatalf("%q with %d workers and %d batches ahead deals other bits", text, workers, prefetch)
				}
			}
		}
	}
}

// Subsets and splits of a streamed set are what they are of a held one, and read nothing.
func TestStreamedSubsets(t *testing.T) {
	held := numbered(100, 4, func(i int) int32 { return int32(i % 4) })
	set, f := streamed(held)
	a, b := held.Split(0.25, rand.New(rand.NewPCG(1, 1)))
	c, d := set.Split(0.25, rand.New(rand.NewPCG(1, 1)))
	if f.reads.Load() != 0 {
		t.Errorf("a split reads %d images", f.reads.Load())
	}
	for _, pair := range [][2]*data.Set{{a, c}, {b, d}, {a.Subset([]int{5, 3}), c.Subset([]int{5, 3})}} {
		if !pair[1].Streamed() || !slices.Equal(pair[0].Labels, pair[1].Labels) {
			t.Fatal("another split")
		}
		for i := range pair[0].Len() {
			if !slices.Equal(pair[0].Image(i), pair[1].Image(i)) {
				t.Fatalf("image %d of a part differs", i)
			}
		}
	}
	got, err := set.Held(1 << 20)
	if err != nil || !slices.Equal(got.Images, held.Images) || got.Streamed() {
		t.Errorf("held: %v", err)
	}
	if _, err := set.Held(10); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("held beyond the limit: %v", err)
	}
	want, err := held.Measure(recipe(t, "normalize"))
	if r, failed := set.Measure(recipe(t, "normalize")); r != want || err != nil || failed != nil {
		t.Errorf("measured %v, want %v; %v, %v", r, want, err, failed)
	}
}

// An image that goes away ends the epoch before its batch, with its name.
func TestAnImageGoesAway(t *testing.T) {
	held := numbered(60, 2, func(i int) int32 { return int32(i % 2) })
	held.Names = make([]string, held.Len())
	for i := range held.Names {
		held.Names[i] = fmt.Sprintf("cat/%d.png", i)
	}
	set, f := streamed(held)
	f.gone.Store(34)
	for _, prefetch := range []int{0, 2} {
		l := data.NewLoader(tensor.CPU, set, 10)
		l.Prefetch = prefetch
		if got := len(epoch(l, nil)); got != 3 {
			t.Errorf("prefetch %d: %d batches came, want the 3 before", prefetch, got)
		}
		var failed *data.ReadError
		if !errors.As(l.Err(), &failed) || failed.Name != "cat/33.png" || failed.Error() != "cat/33.png: the file is gone" {
			t.Errorf("prefetch %d: %v", prefetch, l.Err())
		}
	}
	if err := set.Read(33, make([]uint8, set.Pixels())); err == nil {
		t.Error("Read gives no error")
	}
	if _, err := set.Measure(recipe(t, "normalize")); err == nil {
		t.Error("Measure gives no error")
	}
	f.gone.Store(0)
	l := data.NewLoader(tensor.CPU, set, 10)
	if got := len(epoch(l, nil)); got != 6 || l.Err() != nil {
		t.Errorf("%d batches and %v once it is back", got, l.Err())
	}
	f.gone.Store(34)
	defer func() {
		if _, ok := recover().(*data.ReadError); !ok {
			t.Error("Image does not panic with a *ReadError")
		}
	}()
	set.Image(33)
}

func TestFingerprint(t *testing.T) {
	seen := map[string]string{}
	add := func(name string, s *data.Set) {
		f := s.Fingerprint()
		if f != s.Fingerprint() || len(f) != 32 {
			t.Errorf("%s: %s, and then another", name, f)
		}
		if seen[f] != "" {
			t.Errorf("%s has the fingerprint of %s", name, seen[f])
		}
		seen[f] = name
	}
	set := func(change func(*data.Set)) *data.Set {
		s := numbered(40, 2, func(i int) int32 { return int32(i % 2) })
		s.Names = make([]string, 40)
		change(s)
		return s
	}
	add("plain", set(func(*data.Set) {}))
	add("pixel", set(func(s *data.Set) { s.Images[100]++ }))
	add("label", set(func(s *data.Set) { s.Labels[39] = 0 }))
	add("name", set(func(s *data.Set) { s.Names[1] = "x" }))
	add("class", set(func(s *data.Set) { s.Classes = []string{"0", "2"} }))
	add("shape", set(func(s *data.Set) { s.Height, s.Width = s.Width*s.Height, 1 }))
	one, _ := streamed(set(func(*data.Set) {}))
	add("streamed", one)
	other, _ := streamed(set(func(s *data.Set) { s.Images[s.Pixels()]++ }))
	add("another stamp", other)
	add("a part", one.Subset([]int{1, 2}))
	add("another part", one.Subset([]int{1, 3}))
}
