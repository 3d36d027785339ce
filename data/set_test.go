package data_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/data"
)

// numbered returns n tiny images whose pixels tell which one each is, with the
// given labels in turn.
func numbered(n int, classes int, label func(i int) int32) *data.Set {
	s := &data.Set{Channels: 1, Height: 2, Width: 3}
	for c := range classes {
		s.Classes = append(s.Classes, string(rune('a'+c)))
	}
	for i := range n {
		s.Images = append(s.Images, uint8(i), uint8(i>>8), uint8(label(i)), 0, 128, 255)
		s.Labels = append(s.Labels, label(i))
	}
	return s
}

// number reads back which image this is.
func number(image []uint8) int { return int(image[0]) | int(image[1])<<8 }

func TestCheck(t *testing.T) {
	good := func() *data.Set { return numbered(4, 2, func(i int) int32 { return int32(i % 2) }) }
	if err := good().Check(); err != nil {
		t.Error(err)
	}
	if err := (&data.Set{Channels: 1, Height: 1, Width: 1}).Check(); err != nil {
		t.Errorf("an empty set: %v", err)
	}
	for _, c := range []struct {
		name, want string
		harm       func(s *data.Set)
	}{
		{"no width", "images of 2 x 0 pixels with 1 channels make no data set", func(s *data.Set) { s.Width = 0 }},
		{"a pixel short", "4 labels of 6-byte images want 24 bytes of pixels, but there are 23", func(s *data.Set) { s.Images = s.Images[1:] }},
		{"a label short", "3 labels of 6-byte images want 18 bytes of pixels, but there are 24", func(s *data.Set) { s.Labels = s.Labels[1:] }},
		{"a label too great", "image 2 has label 2, outside the 2 classes", func(s *data.Set) { s.Labels[2] = 2 }},
		{"a negative label, by name", "d.png has label -1, outside the 2 classes", func(s *data.Set) {
			s.Labels[3], s.Names = -1, []string{"a.png", "b.png", "c.png", "d.png"}
		}},
		{"too few names, and a bad label", "1 names for 4 images", func(s *data.Set) { s.Labels[3], s.Names = 9, []string{"a.png"} }},
	} {
		s := good()
		c.harm(s)
		if err := s.Check(); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestSubset(t *testing.T) {
	s := numbered(10, 3, func(i int) int32 { return int32(i % 3) })
	s.Names = strings.Split("zero one two three four five six seven eight nine", " ")
	sub := s.Subset([]int{7, 2, 2})
	if err := sub.Check(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(sub.Labels, []int32{1, 2, 2}) || !slices.Equal(sub.Names, []string{"seven", "two", "two"}) {
		t.Errorf("labels %v of %v", sub.Labels, sub.Names)
	}
	for i, n := range []int{7, 2, 2} {
		if number(sub.Image(i)) != n {
			t.Errorf("place %d holds image %d, want %d", i, number(sub.Image(i)), n)
		}
	}
	sub.Image(0)[0] = 99
	if s.Image(7)[0] != 7 {
		t.Error("a subset shares its pixels with the whole")
	}
	if got := s.Counts(); !slices.Equal(got, []int{4, 3, 3}) {
		t.Errorf("counts %v", got)
	}
	if none := s.Subset(nil); none.Len() != 0 || none.Check() != nil {
		t.Error("a subset of nothing is not empty")
	}
}

func TestSplit(t *testing.T) {
	// 100 of class a, 37 of b, 2 of c, 1 of d, none of e, in blocks.
	starts := []int{0, 100, 137, 139, 140}
	s := numbered(140, 5, func(i int) int32 {
		for c := 3; ; c-- {
			if i >= starts[c] {
				return int32(c)
			}
		}
	})
	split := func(fraction float64, seed uint64) (a, b []int) {
		rest, part := s.Split(fraction, rand.New(rand.NewPCG(seed, 0)))
		for _, x := range []*data.Set{rest, part} {
			if err := x.Check(); err != nil {
				t.Fatal(err)
			}
			for i := range x.Len() {
				if s.Labels[number(x.Image(i))] != x.Labels[i] {
					t.Fatalf("a label did not follow image %d", number(x.Image(i)))
				}
			}
		}
		return numbers(rest), numbers(part)
	}
	for _, c := range []struct {
		fraction float64
		counts   []int // in the second part
	}{
		{0, []int{0, 0, 0, 0, 0}},
		{0.001, []int{1, 1, 1, 0, 0}},
		{0.1, []int{10, 4, 1, 0, 0}},
		{0.25, []int{25, 9, 1, 0, 0}},
		{0.9, []int{90, 33, 1, 0, 0}},
		{0.999, []int{99, 36, 1, 0, 0}},
		{1, []int{100, 37, 2, 1, 0}},
	} {
		a, b := split(c.fraction, 1)
		if got := s.Subset(b).Counts(); !slices.Equal(got, c.counts) {
			t.Errorf("a split of %v takes %v of the classes, want %v", c.fraction, got, c.counts)
		}
		all := slices.Concat(a, b)
		slices.Sort(all)
		for i := range 140 {
			if len(all) != 140 || all[i] != i {
				t.Fatalf("a split of %v does not hold every image once", c.fraction)
			}
		}
	}
	_, b1 := split(0.2, 1)
	_, b2 := split(0.2, 1)
	_, b3 := split(0.2, 2)
	if !slices.Equal(b1, b2) {
		t.Error("the same seed split differently")
	}
	if slices.Equal(b1, b3) {
		t.Error("two seeds split alike")
	}
	for _, f := range []float64{-0.1, 1.1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a split of %v passed", f)
				}
			}()
			split(f, 1)
		}()
	}
}

func numbers(s *data.Set) []int {
	var out []int
	for i := range s.Len() {
		out = append(out, number(s.Image(i)))
	}
	return out
}
