package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exif makes the notes of a camera: one entry, the orientation.
func exif(order binary.AppendByteOrder, o uint16) []byte {
	b := []byte("MM\x00*")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		b = []byte("II*\x00")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 274)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, o)
	return append(b, 0, 0, 0, 0, 0, 0)
}

// withNotes puts a segment of Exif data into a JPEG.
func withNotes(file, notes []byte) []byte {
	notes = append([]byte("Exif\x00\x00"), notes...)
	b := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(2+len(notes)))
	return append(append(b, notes...), file[2:]...)
}

// turned is a JPEG of 16 rows and 32 columns whose top left quarter is dark, as it
// is stored, with an orientation.
func turned(o uint16) []byte {
	m := image.NewGray(image.Rect(0, 0, 32, 16))
	for i := range m.Pix {
		if m.Pix[i] = 240; i/32 < 8 && i%32 < 16 {
			m.Pix[i] = 10
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}); err != nil {
		panic(err)
	}
	return withNotes(b.Bytes(), exif(binary.BigEndian, o))
}

// A phone stores what its sensor saw and notes how it was held: the dark corner
// comes to lie where the eye saw it.
func TestOrientation(t *testing.T) {
	for o, dark := range map[uint16]string{
		1: "top left", 2: "top right", 3: "bottom right", 4: "bottom left",
		5: "top left", 6: "top right", 7: "bottom right", 8: "bottom left",
		0: "top left", 9: "top left",
	} {
		p, err := Decode(turned(o), Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := [2]int{16, 32}
		if o >= 5 && o <= 8 {
			want = [2]int{32, 16}
		}
		h, err := Look(turned(o), 1e6, Options{})
		if got := [2]int{p.Height, p.Width}; got != want || err != nil || got != [2]int{h.Height, h.Width} {
			t.Errorf("orientation %d: %v, header %+v, want %v", o, got, h, want)
		}
		for where, at := range map[string][2]int{"top left": {1, 1}, "top right": {1, -2}, "bottom left": {-2, 1}, "bottom right": {-2, -2}} {
			y, x := (at[0]+p.Height)%p.Height, (at[1]+p.Width)%p.Width
			if v := p.Pix[y*p.Width+x]; (v < 60) != (where == dark) {
				t.Errorf("orientation %d: %s is %d, and %s was to be dark", o, where, v, dark)
			}
		}
	}
	// The two orientations that a mirror tells apart from the turns, pixel by pixel.
	stored := [][]int{{1, 2, 3}, {4, 5, 6}}
	for o, want := range map[orientation][][]int{5: {{1, 4}, {2, 5}, {3, 6}}, 6: {{4, 1}, {5, 2}, {6, 3}}, 7: {{6, 3}, {5, 2}, {4, 1}}, 8: {{3, 6}, {2, 5}, {1, 4}}} {
		for y := range want {
			for x := range want[y] {
				if r, c := o.from(y, x, 2, 3); stored[r][c] != want[y][x] {
					t.Errorf("orientation %d shows %d at row %d, column %d, want %d", o, stored[r][c], y, x, want[y][x])
				}
			}
		}
	}
}

func TestOrientationOfOddFiles(t *testing.T) {
	plain := turned(1)
	little := withNotes(turned(1), exif(binary.LittleEndian, 6)) // its own notes come first
	if o := orientationOf(little); o != 6 {
		t.Errorf("little-endian notes say %d, want 6", o)
	}
	far := exif(binary.BigEndian, 6)
	binary.BigEndian.PutUint32(far[4:], 0xffffffff)
	many := exif(binary.BigEndian, 6)
	binary.BigEndian.PutUint16(many[8:], 0xffff)
	binary.BigEndian.PutUint16(many[10:], 1)
	for name, file := range map[string][]byte{
		"nothing": nil, "no segment": plain[:2], "cut": plain[:7], "offset beyond": withNotes(plain, far), "entries beyond": withNotes(plain, many),
		"short notes": withNotes(plain, []byte("MM")), "no TIFF": withNotes(plain, make([]byte, 40)),
		"length of none": {0xff, 0xd8, 0xff, 0xe1, 0, 0, 0, 0}, "fill": bytes.Repeat([]byte{0xff}, 1000), "junk": make([]byte, 100),
	} {
		if o := orientationOf(file); o != upright {
			t.Errorf("%s: %d", name, o)
		}
	}
}

// FuzzOrientation: any bytes have an orientation, found in bounds.
func FuzzOrientation(f *testing.F) {
	f.Add(turned(6))
	f.Add(withNotes(turned(1), exif(binary.LittleEndian, 8)))
	f.Fuzz(func(t *testing.T, file []byte) {
		if o := orientationOf(file); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
	})
}

// blocks is a picture whose left half is one value and whose right half another, in
// a frame of a third.
func blocks(height, width int) *Picture {
	p := &Picture{Pix: make([]uint8, height*width), Channels: 1, Height: height, Width: width}
	for i := range p.Pix {
		y, x := i/width, i%width
		switch {
		case y == 0 || x == 0 || y == height-1 || x == width-1:
			p.Pix[i] = 200
		case x < width/2:
			p.Pix[i] = 40
		default:
			p.Pix[i] = 160
		}
	}
	return p
}

// The whole picture is there, in its proportions, and the rest has its border's colour.
func TestToKeepsProportions(t *testing.T) {
	for _, c := range []struct{ height, width, top, left, bottom, right int }{
		{100, 200, 8, 0, 24, 32}, {200, 100, 0, 8, 32, 24}, {64, 64, 0, 0, 32, 32}, {8, 8, 0, 0, 32, 32},
		{3000, 4000, 4, 0, 28, 32}, {1, 5000, 15, 0, 16, 32}, {5000, 1, 0, 15, 32, 16}, {32, 32, 0, 0, 32, 32},
	} {
		p := blocks(c.height, c.width)
		if top, left, bottom, right := p.Inside(32, 32); top != c.top || left != c.left || bottom != c.bottom || right != c.right {
			t.Errorf("%d x %d lies in rows %d to %d, columns %d to %d", c.height, c.width, top, bottom, left, right)
		}
		out := p.To(1, 32, 32)
		if len(out) != 32*32 || !slices.Equal(out, p.To(1, 32, 32)) {
			t.Fatal("another size, or another picture the second time")
		}
		if c.top > 0 && out[5] != 200 || c.left > 0 && out[32*5] != 200 {
			t.Errorf("%d x %d: the margin is %d, want the border's 200", c.height, c.width, out[5])
		}
		if c.bottom-c.top < 8 || c.right-c.left < 8 {
			continue
		}
		middle := out[32*((c.top+c.bottom)/2):][:32]
		quarter := (c.right - c.left) / 4
		if l, r := int(middle[c.left+quarter]), int(middle[c.right-quarter-1]); l < 30 || l > 50 || r < 150 || r > 170 {
			t.Errorf("%d x %d: left %d, right %d, want 40 and 160", c.height, c.width, l, r)
		}
	}
}

// What stands on a part of the border does not colour the margin.
func TestMarginIsTheGround(t *testing.T) {
	p := &Picture{Pix: bytes.Repeat([]byte{90}, 20*10), Channels: 1, Height: 20, Width: 10}
	copy(p.Pix, bytes.Repeat([]byte{255}, 40)) // four rows of ink at the top
	if out := p.To(1, 16, 16); out[0] != 90 || out[15] != 90 || out[8] < 200 {
		t.Errorf("margin %d and %d, want the ground's 90; the ink is %d", out[0], out[15], out[8])
	}
}

// Fine strokes turn grey: a pattern finer than the result comes out as its mean.
func TestToIsAntiAliased(t *testing.T) {
	for _, side := range []int{48, 97, 200, 1000} {
		p := &Picture{Pix: make([]uint8, side*side), Channels: 1, Height: side, Width: side}
		for i := range p.Pix {
			if (i/side+i%side)%2 == 0 {
				p.Pix[i] = 255
			}
		}
		out := p.To(1, 16, 16)
		for i, v := range out {
			if y, x := i/16, i%16; y > 1 && y < 14 && x > 1 && x < 14 && (v < 118 || v > 138) {
				t.Fatalf("a chequered %d x %d comes out with %d at %d, %d", side, side, v, y, x)
			}
		}
	}
}

func TestToChannels(t *testing.T) {
	colour := Of(fill(image.NewRGBA(image.Rect(0, 0, 2, 1)), color.RGBA{100, 200, 50, 255}), Options{})
	if got := colour.To(1, 1, 2); !slices.Equal(got, []uint8{153, 153}) {
		t.Errorf("luma %v", got)
	}
	grey := Of(fill(image.NewGray(image.Rect(3, 3, 5, 4)), color.Gray{7}), Options{})
	if got := grey.To(3, 1, 2); !slices.Equal(got, []uint8{7, 7, 7, 7, 7, 7}) {
		t.Errorf("three channels %v", got)
	}
	if got := colour.To(3, 2, 2); !slices.Equal(got, []uint8{100, 100, 100, 100, 200, 200, 200, 200, 50, 50, 50, 50}) {
		t.Errorf("scaled %v", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("two channels did not panic")
		}
	}()
	grey.To(2, 1, 1)
}

// A strip of a million rows by one column must not take more memory than its pixels.
func TestToOfAStrip(t *testing.T) {
	p := &Picture{Pix: make([]uint8, 1_000_000), Channels: 1, Height: 1_000_000, Width: 1}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p.To(3, 128, 128)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 2<<20 {
		t.Errorf("%d bytes", got)
	}
}

// Look needs the beginning of a file only, and says when it was too little.
func TestLook(t *testing.T) {
	file := turned(6)
	far := withNotes(file, append(exif(binary.BigEndian, 6), make([]byte, 60_000)...))
	if _, err := Look(far[:1000], int64(len(far)), Options{}); err != ErrMore {
		t.Errorf("%v, want ErrMore", err)
	}
	h, err := Look(far[:61_000], int64(len(far)), Options{})
	if want := (Header{Height: 32, Width: 16, Mode: "JPEG, grey", Grey: true, orientation: 6, jpeg: true}); err != nil || h != want {
		t.Errorf("%+v, %v", h, err)
	}
	if _, err := Look(file[:30], 30, Options{}); err == nil || err == ErrMore || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("a file that is cut: %v", err)
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, b := range map[string][]byte{"good.png": grey(3, 4, 9), "odd\n.png": []byte("text"), "long.png": append(grey(3, 4, 9), make([]byte, 5000)...)} {
		if err := os.WriteFile(at(name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Open(at("good.png"), Options{})
	if diff := cmp.Diff(&Picture{Pix: bytes.Repeat([]byte{9}, 12), Channels: 1, Height: 3, Width: 4, Mode: "PNG, grey, 8 bits"}, p); diff != "" || err != nil {
		t.Error(err, diff)
	}
	for name, want := range map[string]string{"none": "none: no such file", "odd\n.png": `odd\n.png": the file is text`, ".": "not a file"} {
		if _, err := Open(at(name), Options{}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
	if _, err := Open(at("long.png"), Options{FileBytes: 1000}); err == nil || !strings.Contains(err.Error(), "more than the 1000") {
		t.Error(err)
	}
	if p, err := Read(bytes.NewReader(grey(3, 4, 9)), Options{}); err != nil || p.Width != 4 {
		t.Error(p, err)
	}
	if _, err := Read(bytes.NewReader(make([]byte, 2000)), Options{FileBytes: 1000}); err == nil {
		t.Error("a stream beyond the limit was read")
	}
}
