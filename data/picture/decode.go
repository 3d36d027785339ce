package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxScans bounds the passes over a progressive JPEG, and scanPixels passes times
// pixels: an encoder makes about ten passes, a hostile file thousands.
const (
	maxScans   = 500
	scanPixels = 2_000_000_000
)

// bigPixels is where an image counts as big. Decoders take up to 12 bytes a pixel,
// so big images are decoded one at a time.
const bigPixels = 4_000_000

var big sync.Mutex // held while a big image is decoded

// Header is what a file says of its image before it is decoded.
type Header struct {
	Height, Width int // upright
	Mode          string
	Grey          bool // surely of one channel; a file that stores colours may be grey all the same

	orientation orientation
	jpeg        bool
}

// Look reads a file's header, and refuses what Decode would refuse without
// decoding. It needs only the beginning of a file: ErrMore says that it was given too
// little of it to know. whole is the length of the file.
func Look(begin []byte, whole int64, opt Options) (h Header, err error) {
	opt = opt.withDefaults()
	defer func() { // the decoders read what anybody may have written
		if r := recover(); r != nil {
			err = fmt.Errorf("the decoder gave up: %v", r)
		}
	}()
	check, format := checkPNG, "PNG"
	switch {
	case bytes.HasPrefix(begin, []byte("\x89PNG\r\n\x1a\n")):
	case bytes.HasPrefix(begin, []byte("\xff\xd8\xff")):
		check, format = checkJPEG, "JPEG"
	default:
		return h, errors.New(Foreign(begin))
	}
	// Both decoders allocate for the size that a header claims: look first.
	if h, err = check(begin, whole, opt.Pixels); err != nil {
		if int64(len(begin)) < whole && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)) {
			return h, ErrMore
		}
		return h, errors.New(describe(format, err))
	}
	if h.orientation.sideways() {
		h.Height, h.Width = h.Width, h.Height
	}
	return h, nil
}

// ErrMore is the error of Look for a header that goes on beyond what it was given.
var ErrMore = errors.New("the header goes on")

// Decode decodes one PNG or JPEG. The error says what is wrong with the file, which it cannot name.
func Decode(file []byte, opt Options) (p *Picture, err error) {
	opt = opt.withDefaults()
	// Should a decoder panic, the file is to blame and is named like any other.
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("the decoder gave up: %v", r)
		}
	}()
	h, err := Look(file, int64(len(file)), opt)
	if err != nil {
		return nil, err
	}
	decode, format := png.Decode, "PNG"
	if h.jpeg {
		if err := checkScans(file, h); err != nil {
			return nil, errors.New(describe("JPEG", err))
		}
		decode, format = jpeg.Decode, "JPEG"
	}
	if h.Height*h.Width > bigPixels {
		big.Lock()
		defer big.Unlock()
	}
	img, err := decode(bytes.NewReader(file))
	if err != nil {
		return nil, errors.New(describe(format, err))
	}
	p = convert(img, h.orientation, opt)
	p.Mode = h.Mode
	return p, nil
}

// checkPNG reads a PNG's header: size and mode. It refuses more pixels than the
// limit, and more than deflate can make of a file so small (1032 to 1).
func checkPNG(file []byte, whole, limit int64) (h Header, err error) {
	if len(file) < 33 {
		return h, io.ErrUnexpectedEOF
	}
	if string(file[12:16]) != "IHDR" {
		return h, errors.New("its first chunk is not IHDR")
	}
	width, height := int64(binary.BigEndian.Uint32(file[16:])), int64(binary.BigEndian.Uint32(file[20:]))
	if err := checkPixels(width, height, limit); err != nil {
		return h, err
	}
	depth, kind, interlaced := file[24], file[25], file[28] != 0
	samples := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
	if raw := height * (1 + (width*samples*int64(depth)+7)/8); raw > 1032*whole {
		return h, fmt.Errorf("its header promises %d x %d pixels, more than a file of %d bytes can hold", height, width, whole)
	}
	return Header{Height: int(height), Width: int(width), Mode: pngMode(kind, depth, interlaced), Grey: kind == 0, orientation: upright}, nil
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
func checkJPEG(file []byte, whole, limit int64) (h Header, err error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return h, err
	}
	width, height := int64(config.Width), int64(config.Height)
	if err := checkPixels(width, height, limit); err != nil {
		return h, err
	}
	// A block of 64 pixels takes one bit at least.
	if width*height/64 > 8*whole {
		return h, fmt.Errorf("its header promises %d x %d pixels, more than a file of %d bytes can hold", height, width, whole)
	}
	h = Header{Height: int(height), Width: int(width), Mode: "JPEG, colour", orientation: orientationOf(file), jpeg: true}
	switch config.ColorModel {
	case color.GrayModel:
		h.Mode, h.Grey = "JPEG, grey", true
	case color.CMYKModel:
		h.Mode = "JPEG, CMYK"
	}
	return h, nil
}

// checkScans refuses a JPEG that would be gone over too many times.
func checkScans(file []byte, h Header) error {
	// Within coded data a byte ff is followed by 00 or by a restart marker, so
	// this counts every start of a scan, and perhaps a few in a thumbnail.
	scans := int64(bytes.Count(file, []byte{0xff, 0xda}))
	if scans > maxScans || scans*int64(h.Height)*int64(h.Width) > scanPixels {
		return fmt.Errorf("%d scans over %d x %d pixels: too many passes, save it as a baseline JPEG", scans, h.Height, h.Width)
	}
	return nil
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

// Foreign says what a file is that is neither PNG nor JPEG.
func Foreign(file []byte) string {
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
	case webPage(head):
		return "the file is a web page or an SVG, only PNG and JPEG are read"
	case len(head) > 8 && head[8] == '{' && binary.LittleEndian.Uint64(head) < 1<<24:
		return "the file is a safetensors file, such as a model; only PNG and JPEG are read"
	case !bytes.ContainsRune(head, 0) && utf8.Valid(bytes.TrimRight(head, "\x80\xff")):
		return "the file is text, only PNG and JPEG are read"
	}
	return "the file is neither a PNG nor a JPEG"
}

// webPage reports whether a text begins as HTML or XML does. Other texts begin with "<" too,
// such as a README with a picture on top.
func webPage(head []byte) bool {
	head = bytes.TrimSpace(head)
	for _, begin := range []string{"<!doctype", "<html", "<head", "<?xml", "<svg"} {
		if len(head) >= len(begin) && strings.EqualFold(string(head[:len(begin)]), begin) {
			return true
		}
	}
	return false
}
