package folder

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// picture is a decoded image, or the reason why there is none.
type picture struct {
	pix                     []uint8 // channels x height x width
	channels, height, width int     // channels: 1 for grey, 3 for colour
	mode                    string  // as the file stores it: "PNG, grey, 8 bits"
	problem                 string  // "" for an image
}

// maxScans bounds the passes over a progressive JPEG, and scanPixels passes times
// pixels: an encoder makes about ten passes, a hostile file thousands.
const (
	maxScans   = 500
	scanPixels = 2_000_000_000
)

// bigPixels is where an image counts as big. Decoders take up to 12 bytes a pixel,
// so big images are decoded one at a time.
const bigPixels = 4_000_000

// decoder decodes the files of one worker.
type decoder struct {
	opt  Options
	slab []uint8     // where the next pictures' pixels go
	big  *sync.Mutex // held while a big image is decoded; shared by all workers
}

// decode decodes one PNG or JPEG. It never fails: what is wrong becomes the
// picture's problem.
func (d *decoder) decode(file []byte) (p picture) {
	// The decoders read what anybody may have written. Should one of them panic,
	// the file is to blame and is named like any other.
	defer func() {
		if r := recover(); r != nil {
			p = picture{problem: fmt.Sprintf("the decoder gave up: %v", r)}
		}
	}()
	isPNG := bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n"))
	if !isPNG && !bytes.HasPrefix(file, []byte("\xff\xd8\xff")) {
		return picture{problem: foreign(file)}
	}
	check, decode, format := checkPNG, png.Decode, "PNG"
	if !isPNG {
		check, decode, format = checkJPEG, jpeg.Decode, "JPEG"
	}
	// Both decoders allocate for the size that a header claims: look first.
	height, width, mode, err := check(file, d.opt.Limits.Pixels)
	if err != nil {
		return picture{problem: describe(format, err)}
	}
	if height*width > bigPixels {
		d.big.Lock()
		defer d.big.Unlock()
	}
	img, err := decode(bytes.NewReader(file))
	if err != nil {
		return picture{problem: describe(format, err)}
	}
	p = d.convert(img)
	p.mode = mode
	return p
}

// checkPNG reads a PNG's header: size and mode. It refuses more pixels than the
// limit, and more than deflate can make of a file so small (1032 to 1).
func checkPNG(file []byte, limit int64) (height, width int, mode string, err error) {
	if len(file) < 33 {
		return 0, 0, "", io.ErrUnexpectedEOF
	}
	if string(file[12:16]) != "IHDR" {
		return 0, 0, "", errors.New("its first chunk is not IHDR")
	}
	w, h := int64(binary.BigEndian.Uint32(file[16:])), int64(binary.BigEndian.Uint32(file[20:]))
	if err := checkPixels(w, h, limit); err != nil {
		return 0, 0, "", err
	}
	depth, kind, interlaced := file[24], file[25], file[28] != 0
	samples := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
	if raw := h * (1 + (w*samples*int64(depth)+7)/8); raw > 1032*int64(len(file)) {
		return 0, 0, "", fmt.Errorf("its header promises %d x %d pixels, more than a file of %d bytes can hold", h, w, len(file))
	}
	return int(h), int(w), pngMode(kind, depth, interlaced), nil
}

func checkPixels(w, h, limit int64) error {
	if w == 0 || h == 0 {
		return fmt.Errorf("it has %d x %d pixels, that is none", h, w)
	}
	if w > limit || h > limit || w*h > limit {
		return fmt.Errorf("its header promises %d x %d pixels, more than the %d that are read at most", h, w, limit)
	}
	return nil
}

// pngMode names a colour type of PNG, without making a new string for the usual one.
func pngMode(kind, depth byte, interlaced bool) string {
	if kind == 0 && depth == 8 && !interlaced {
		return "PNG, grey, 8 bits"
	}
	name := map[byte]string{0: "grey", 2: "RGB", 3: "palette", 4: "grey and alpha", 6: "RGB and alpha"}[kind]
	mode := fmt.Sprintf("PNG, %s, %d bits", name, depth)
	if depth == 1 {
		mode = fmt.Sprintf("PNG, %s, 1 bit", name)
	}
	if interlaced {
		mode += ", interlaced"
	}
	return mode
}

// checkJPEG does for a JPEG what checkPNG does for a PNG.
func checkJPEG(file []byte, limit int64) (height, width int, mode string, err error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return 0, 0, "", err
	}
	w, h := int64(config.Width), int64(config.Height)
	if err := checkPixels(w, h, limit); err != nil {
		return 0, 0, "", err
	}
	// A block of 64 pixels takes one bit at least.
	if w*h/64 > 8*int64(len(file)) {
		return 0, 0, "", fmt.Errorf("its header promises %d x %d pixels, more than a file of %d bytes can hold", h, w, len(file))
	}
	// Within coded data a byte ff is followed by 00 or by a restart marker, so
	// this counts every start of a scan, and perhaps a few in a thumbnail.
	scans := int64(bytes.Count(file, []byte{0xff, 0xda}))
	if scans > maxScans || scans*w*h > scanPixels {
		return 0, 0, "", fmt.Errorf("%d scans over %d x %d pixels: too many passes, save it as a baseline JPEG", scans, h, w)
	}
	switch config.ColorModel {
	case color.GrayModel:
		mode = "JPEG, grey"
	case color.CMYKModel:
		mode = "JPEG, CMYK"
	default:
		mode = "JPEG, colour"
	}
	return int(h), int(w), mode, nil
}

// describe says what a decoder's error means.
func describe(format string, err error) string {
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "png: "), "jpeg: ")
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), strings.Contains(text, "unexpected EOF"):
		text = "the file is cut short"
	case strings.Contains(text, "invalid checksum"):
		text = "a checksum does not fit: the file is damaged"
	}
	return "a broken " + format + ": " + text
}

// foreign says what a file is that is neither PNG nor JPEG.
func foreign(file []byte) string {
	if len(file) == 0 {
		return "the file is empty"
	}
	head := file[:min(len(file), 512)]
	for _, f := range []struct{ magic, name string }{
		{"GIF8", "a GIF"}, {"BM", "a BMP"}, {"II*\x00", "a TIFF"}, {"MM\x00*", "a TIFF"}, {"%PDF", "a PDF"},
		{"PK\x03\x04", "a zip archive"}, {"\x1f\x8b", "gzip data"}, {"P5", "a PGM"}, {"P6", "a PPM"},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) && !(len(f.magic) == 2 && utf8.Valid(head)) {
			return "the file is " + f.name + ", only PNG and JPEG are read: convert it"
		}
	}
	switch {
	case len(head) > 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return "the file is a WebP, only PNG and JPEG are read: convert it"
	case len(head) > 12 && string(head[4:8]) == "ftyp":
		return "the file is a HEIC, AVIF or video, only PNG and JPEG are read: convert it"
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return "the file is a Git LFS pointer, not the image itself: run 'git lfs pull'"
	case bytes.HasPrefix(head, []byte("\x89PNG")):
		return "a broken PNG: its first bytes were changed, as by a transfer in text mode"
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")):
		return "the file is a web page or an SVG, only PNG and JPEG are read"
	case !bytes.ContainsRune(head, 0) && utf8.Valid(bytes.TrimRight(head, "\x80\xff")):
		return "the file is text, only PNG and JPEG are read"
	}
	return "the file is neither a PNG nor a JPEG"
}

// take returns n bytes for a picture, cut from a slab: 70,000 small images would
// else be 70,000 objects.
func (d *decoder) take(n int) []uint8 {
	if n > cap(d.slab)-len(d.slab) {
		if n > 1<<18 {
			return make([]uint8, n)
		}
		d.slab = make([]uint8, 0, 1<<20)
	}
	at := len(d.slab)
	d.slab = d.slab[:at+n]
	return d.slab[at : at+n : at+n]
}

// convert makes a picture of an image: one channel if it is grey, else three.
func (d *decoder) convert(img image.Image) picture {
	b := img.Bounds()
	height, width := b.Dy(), b.Dx()
	if grey, ok := img.(*image.Gray); ok && d.opt.Color != RGB {
		p := picture{pix: d.take(height * width), channels: 1, height: height, width: width}
		for y := range height {
			copy(p.pix[y*width:(y+1)*width], grey.Pix[y*grey.Stride:])
		}
		return d.scale(p)
	}
	at := d.opt.reader(img)
	n := height * width
	p := picture{pix: make([]uint8, 3*n), channels: 3, height: height, width: width}
	red, green, blue := p.pix[:n:n], p.pix[n:2*n:2*n], p.pix[2*n:]
	isGrey := true
	i := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, b := at(x, y)
			red[i], green[i], blue[i] = r, g, b
			isGrey = isGrey && r == g && g == b
			i++
		}
	}
	switch {
	case d.opt.Color == RGB:
	case isGrey:
		p.pix, p.channels = append(d.take(n)[:0], red...), 1
	case d.opt.Color == Grey:
		grey := d.take(n)
		for i := range grey {
			grey[i] = luma(red[i], green[i], blue[i])
		}
		p.pix, p.channels = grey, 1
	}
	return d.scale(p)
}

// luma is the brightness of a colour after ITU-R 601, rounded; the weights are
// those of image/color.
func luma(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}
