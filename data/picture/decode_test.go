package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	gobuild "go/build"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// grey makes a PNG of height x width pixels, all of one value.
func grey(height, width int, v uint8) []byte {
	return encode(fill(image.NewGray(image.Rect(0, 0, width, height)), color.Gray{v}))
}

func encode(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// chunk makes a chunk of a PNG, with its checksum.
func chunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// bigPNG is a PNG of 72 bytes that declares 20000 x 20000 pixels.
func bigPNG() []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	b = append(b, chunk("IHDR", []byte{0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20, 8, 6, 0, 0, 0})...)
	b = append(b, chunk("IDAT", []byte{0x78, 0x9c, 3, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7})...)
	return append(b, chunk("IEND", nil)...)
}

// progressive makes a JPEG of 8 x 8 grey pixels with a scan for DC and the given
// number of empty scans for AC.
func progressive(scans int) []byte {
	b := []byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}
	b = append(b, bytes.Repeat([]byte{1}, 64)...)
	b = append(b, 0xff, 0xc2, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0)
	for _, class := range []byte{0x00, 0x10} { // DC and AC tables with one code of one bit, for symbol 0
		b = append(b, 0xff, 0xc4, 0, 20, class, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0x7f)
	for range scans {
		b = append(b, 0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0, 0x7f)
	}
	return append(b, 0xff, 0xd9)
}

func TestDecodeBroken(t *testing.T) {
	good := grey(20, 20, 7)
	flip := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 0x55
		return b
	}
	stream := bytes.Clone(good) // a broken zlib stream under a good checksum
	at := bytes.Index(stream, []byte("IDAT"))
	body := bytes.Clone(stream[at+4 : at+4+int(binary.BigEndian.Uint32(stream[at-4:]))])
	body[len(body)/2] ^= 0xff
	stream = append(append(bytes.Clone(stream[:at-4]), chunk("IDAT", body)...), chunk("IEND", nil)...)
	late := append([]byte("\x89PNG\r\n\x1a\n"), chunk("tEXt", make([]byte, 30))...)
	late = append(late, good[8:]...)
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"zero bytes", nil, "the file is empty"},
		{"20000 x 20000 in 72 bytes", bigPNG(), "promises 20000 x 20000 pixels, more than the 50000000"},
		{"more than deflate can hold", func() []byte {
			b := bigPNG()
			copy(b[16:], []byte{0, 0, 0x10, 0, 0, 0, 0x10, 0})
			return b
		}(), "more than a file of 72 bytes can hold"},
		{"no pixels", func() []byte {
			b := bigPNG()
			copy(b[16:], []byte{0, 0, 0, 0})
			return b
		}(), "that is none"},
		{"cut", good[:len(good)-20], "cut short"},
		{"cut in the header", good[:20], "cut short"},
		{"no end", good[:len(good)-12], "cut short"},
		{"checksum", flip(len(good) - 14), "a checksum does not fit"},
		{"zlib", stream, "a broken PNG"},
		{"header not first", late, "first chunk is not IHDR"},
		{"text", []byte("label,file\n1,x.png\n"), "the file is text"},
		{"LFS pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:1\n"), "git lfs pull"},
		{"web page", []byte("\n<html>"), "web page"},
		{"text that begins like one", []byte("<img src=\"mark.svg\">\n# Inkling\n"), "the file is text"},
		{"a model", []byte("\x10\x00\x00\x00\x00\x00\x00\x00{\"w\":{}}        "), "a safetensors file, such as a model"},
		{"GIF", []byte("GIF89a..."), "a GIF"},
		{"WebP", []byte("RIFF....WEBPVP8 "), "a WebP"},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic...."), "HEIC"},
		{"text mode", []byte("\x89PNG\n\x1a\n"), "transfer in text mode"},
		{"junk", []byte{1, 0, 255, 254}, "neither a PNG nor a JPEG"},
		{"JPEG cut", progressive(3)[:60], "cut short"},
		{"JPEG of thousands of scans", progressive(5000), "5001 scans"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p, err := Decode(c.file, Options{})
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) || p != nil {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
				t.Errorf("%d bytes allocated for %d bytes of junk", got, len(c.file))
			}
		})
	}
	if p, err := Decode(progressive(20), Options{}); err != nil || p.Height != 8 || p.Mode != "JPEG, grey" {
		t.Errorf("a progressive JPEG of 21 scans: %v, %+v", err, p)
	}
}

// The largest progressive JPEG that is let through must not take long.
func TestDecodeTime(t *testing.T) {
	start := time.Now()
	if _, err := Decode(progressive(maxScans-1), Options{}); err != nil {
		t.Error(err)
	}
	if d := time.Since(start); d > time.Minute { // a tenth of a second, where nothing else wants the machine
		t.Errorf("took %v", d)
	}
	text := append(bytes.Clone(grey(2, 2, 1)[:33]), chunk("tEXt", make([]byte, 32<<20))...)
	text = append(text, grey(2, 2, 1)[33:]...)
	if _, err := Decode(text, Options{}); err != nil { // only large, not wrong: the limit of a file's size is for such
		t.Error(err)
	}
}

// fill sets every pixel of an image.
func fill[T interface {
	image.Image
	Set(x, y int, c color.Color)
}](m T, c color.Color) T {
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			m.Set(x, y, c)
		}
	}
	return m
}

// Every colour type comes out as the same bytes would on a screen.
func TestDecodeModes(t *testing.T) {
	r := image.Rect(0, 0, 2, 1)
	half := color.NRGBA{200, 100, 0, 128}
	for _, c := range []struct {
		name string
		img  image.Image
		opt  Options
		mode string
		want []uint8 // planes, two pixels each
	}{
		{"grey", fill(image.NewGray(r), color.Gray{7}), Options{}, "PNG, grey, 8 bits", []uint8{7, 7}},
		{"16-bit grey keeps the high byte", fill(image.NewGray16(r), color.Gray16{0x12ff}), Options{}, "PNG, grey, 16 bits", []uint8{0x12, 0x12}},
		{"RGB", fill(image.NewRGBA(r), color.RGBA{1, 2, 3, 255}), Options{}, "PNG, RGB, 8 bits", []uint8{1, 1, 2, 2, 3, 3}},
		{"RGB that is grey", fill(image.NewRGBA(r), color.RGBA{9, 9, 9, 255}), Options{}, "PNG, RGB, 8 bits", []uint8{9, 9}},
		{"16-bit RGB", fill(image.NewRGBA64(r), color.RGBA64{0x1234, 0x5678, 0x9abc, 0xffff}), Options{}, "PNG, RGB, 16 bits", []uint8{0x12, 0x12, 0x56, 0x56, 0x9a, 0x9a}},
		{"alpha lies on white", fill(image.NewNRGBA(r), half), Options{}, "PNG, RGB and alpha, 8 bits", []uint8{227, 227, 177, 177, 127, 127}},
		{"alpha lies on black", fill(image.NewNRGBA(r), half), Options{OnBlack: true}, "PNG, RGB and alpha, 8 bits", []uint8{100, 100, 50, 50, 0, 0}},
		{"fully transparent", fill(image.NewNRGBA(r), color.NRGBA{5, 6, 7, 0}), Options{}, "PNG, RGB and alpha, 8 bits", []uint8{255, 255}},
		{"16-bit alpha", fill(image.NewNRGBA64(r), color.NRGBA64{0xc800, 0x6400, 0, 0x8080}), Options{}, "PNG, RGB and alpha, 16 bits", []uint8{227, 227, 177, 177, 127, 127}},
		{"palette", fill(image.NewPaletted(r, color.Palette{color.NRGBA{9, 8, 7, 255}, half}), half), Options{}, "PNG, palette, 1 bit", []uint8{227, 227, 177, 177, 127, 127}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Decode(encode(c.img), c.opt)
			if err != nil || p.Mode != c.mode || p.Height != 1 || p.Width != 2 {
				t.Fatalf("error %v, picture %+v", err, p)
			}
			if diff := cmp.Diff(c.want, p.Pix); diff != "" {
				t.Error(diff)
			}
		})
	}
	cmyk := Of(fill(image.NewCMYK(r), color.CMYK{0, 128, 255, 0}), Options{})
	if diff := cmp.Diff([]uint8{255, 255, 127, 127, 0, 0}, cmyk.Pix); diff != "" {
		t.Error(diff)
	}
}

// Files of the Go distribution: every one is decoded as the standard library does,
// or refused with a reason.
func TestDecodeCorpus(t *testing.T) {
	root := gobuild.Default.GOROOT
	files, _ := filepath.Glob(filepath.Join(root, "src/image/png/testdata/pngsuite/*.png"))
	more, _ := filepath.Glob(filepath.Join(root, "src/image/*testdata/*"))
	deep, _ := filepath.Glob(filepath.Join(root, "src/image/*/testdata/*"))
	files = append(append(files, more...), deep...)
	if len(files) < 10 {
		t.Skip("skipped: no Go sources")
	}
	good := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // a folder
		}
		p, failed := Decode(b, Options{})
		switch format := filepath.Ext(name); {
		case strings.Contains(name, "invalid-palette"): // indices beyond the palette: the standard library takes them for black
			continue
		case format != ".png" && format != ".jpeg" || strings.HasPrefix(filepath.Base(name), "invalid"):
			if failed == nil && format != ".jpeg" {
				t.Errorf("%s: no problem", name)
			}
			continue
		case failed != nil:
			t.Errorf("%s: %v", name, failed)
			continue
		}
		img, _, err := image.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		good++
		n := p.Height * p.Width
		pix := p.To(3, p.Height, p.Width)
		for i := 0; i < n; i += 1 + n/97 {
			x, y := img.Bounds().Min.X+i%p.Width, img.Bounds().Min.Y+i/p.Width
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			r, g, b := Options{}.over(c)
			if got, want := fmt.Sprint(pix[i], pix[i+n], pix[i+2*n]), fmt.Sprint(r, g, b); got != want {
				t.Errorf("%s: pixel %d is %s, want %s", name, i, got, want)
				break
			}
		}
	}
	t.Logf("%d good images", good)
}

func TestDecodeJPEG(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, fill(image.NewRGBA(image.Rect(0, 0, 16, 16)), color.RGBA{200, 30, 90, 255}), &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	p, err := Decode(b.Bytes(), Options{})
	if err != nil || p.Mode != "JPEG, colour" || p.Channels != 3 {
		t.Fatalf("%v, %+v", err, p)
	}
	for c, want := range []int{200, 30, 90} {
		if got := int(p.Pix[c*256]); got < want-3 || got > want+3 {
			t.Errorf("channel %d is %d, want about %d", c, got, want)
		}
	}
}

// FuzzDecode: no file may make the decoder panic, take more than its share, or
// return pixels that do not fit their shape.
func FuzzDecode(f *testing.F) {
	f.Add(grey(3, 2, 7))
	f.Add(bigPNG())
	f.Add(progressive(3))
	f.Add(encode(fill(image.NewNRGBA(image.Rect(0, 0, 2, 2)), color.NRGBA{1, 2, 3, 4})))
	f.Add(encode(fill(image.NewPaletted(image.Rect(0, 0, 5, 1), color.Palette{color.Black, color.White}), color.White)))
	f.Add([]byte("GIF89a"))
	f.Add(turned(6))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := Decode(file, Options{Pixels: 1 << 16})
		if err != nil {
			if strings.Contains(err.Error(), "gave up") {
				t.Error(err)
			}
			return
		}
		if len(p.Pix) != p.Channels*p.Height*p.Width || p.Channels != 1 && p.Channels != 3 {
			t.Errorf("%d bytes of %d x %d x %d", len(p.Pix), p.Channels, p.Height, p.Width)
		}
		h, err := Look(file, int64(len(file)), Options{Pixels: 1 << 16})
		if err != nil || h.Height != p.Height || h.Width != p.Width || h.Grey && p.Channels != 1 {
			t.Errorf("the header says %+v, %v; the pixels are %d x %d x %d", h, err, p.Channels, p.Height, p.Width)
		}
		p.To(3, 9, 7)
	})
}
