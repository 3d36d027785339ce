package cli

import (
	"image/color"
	"strings"
	"testing"

	"inkling/data"
	"inkling/data/augment"
)

// corner is an image with ink in its upper left quarter only.
func corner(channels, height, width int) *data.Set {
	s := &data.Set{Channels: channels, Height: height, Width: width, Labels: []int32{0}, Classes: []string{"a"}, Images: make([]uint8, channels*height*width)}
	for i := range s.Images {
		if i/width%height < height/2 && i%width < width/2 {
			s.Images[i] = 200
		}
	}
	return s
}

func TestTilesAsText(t *testing.T) {
	for _, c := range []struct {
		s     *data.Set
		tiles int
		width int
		want  string
	}{
		{corner(1, 8, 8), 1, 80, "⣿⣿\n\n"},
		{corner(3, 8, 8), 2, 80, "⣿⣿⠀⠀  ⣿⣿\n\n"},
		{corner(1, 8, 8), 9, 16, "⣿⣿⠀⠀  ⣿⣿⠀⠀  ⣿⣿\n\n"},
		{corner(1, 8, 8), 9, 1, "⣿⣿⠀⠀  ⣿⣿\n\n"},                                                 // never less than the original and a version
		{corner(1, 64, 64), 1, 80, strings.Repeat(strings.Repeat("⣿", 8)+"\n", 4) + "\n\n\n\n"}, // two pixels a dot
		{corner(1, 2, 4), 1, 80, "⠉\n"},
		{corner(1, 1, 1), 1, 80, "\n"},
	} {
		tiles := make([][]uint8, c.tiles)
		for i := range tiles {
			tiles[i] = c.s.Image(0)
		}
		if got := tilesAsText(c.s, tiles, c.width); got != c.want {
			t.Errorf("%d x %d x %d:\n%q, want\n%q", c.s.Channels, c.s.Height, c.s.Width, got, c.want)
		}
	}
}

// The picture's first column is the image itself; what follows is what the
// loader would show.
func TestAugmentedSheet(t *testing.T) {
	s := corner(1, 20, 20)
	rows, err := versionsOf(s, augment.Recipe{Shift: augment.Length{Value: 3}, Standardize: true}, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	img := augmentedSheet(s, rows)
	by, err := augment.New(augment.Recipe{Shift: augment.Length{Value: 3}}, 1, 20, 20)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 1 + versions {
		want, left := s.Image(0), 8+1
		if k > 0 {
			want, left = make([]uint8, 400), 8+k*(82+8)+16+1
			by.Bytes(want, s.Image(0), augment.Key{Seed: 1, Epoch: k - 1})
		}
		for i, v := range want {
			lit := color.GrayModel.Convert(img.At(left+i%20*4+2, 9+i/20*4+2)).(color.Gray).Y < 150
			if lit != (v > 100) {
				t.Fatalf("tile %d, pixel %d: ink is %v, want %d", k, i, lit, v)
			}
		}
	}
}
