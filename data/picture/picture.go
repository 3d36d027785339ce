// Package picture reads one image file, PNG or JPEG, and brings it to the size
// that a model wants. Training and prediction prepare images with it alike.
//
// # Pixels
//
// A Picture is grey, with one channel, if every pixel has red = green = blue; else
// it has three. 16-bit samples keep their high byte, palettes and CMYK are looked
// up, transparent pixels lie on white (Options.OnBlack), colour profiles and gamma
// are ignored. A JPEG that its camera says was taken upside down or on its side is
// turned upright (Exif orientation).
//
// # Size
//
// Picture.To keeps proportions and loses nothing: the whole picture is scaled so
// that it just fits, and lies in the middle; what it leaves free at two sides gets
// the colour of the picture's own border, the median of each channel there. So a symbol on paper keeps its ends
// and gets more paper, where a crop would cut them off; a photograph is seen whole.
// Scaling is anti-aliased: boxes are averaged first where much is to be lost, then
// come Catmull-Rom splines, whose support widens when an image gets smaller, so that
// fine strokes turn grey instead of breaking. A picture that has the size stays as it is.
//
// # Hostile files
//
// Nothing is believed that a header says before it has been compared with the limits
// and with the length of the file: not the size, not the number of a progressive
// JPEG's passes. Big images are decoded one at a time, whoever asks.
package picture

import (
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
)

// Picture is a decoded image, upright.
type Picture struct {
	Pix                     []uint8 // Channels x Height x Width, row-major
	Channels, Height, Width int     // Channels: 1 for grey, 3 for colour
	Mode                    string  // as the file stores it: "PNG, grey, 8 bits"; "" without a file
}

// Options say how to read. The zero value is a good choice.
type Options struct {
	OnBlack   bool  // transparent pixels lie on black, not on white
	FileBytes int64 // limit of a file; 0 is 64 MiB
	Pixels    int64 // limit of an image; 0 is 50 million
}

// Limits of a file's bytes and of an image's pixels.
const (
	FileBytes = 64 << 20
	Pixels    = 50_000_000
)

func (o Options) withDefaults() Options {
	if o.FileBytes == 0 {
		o.FileBytes = FileBytes
	}
	if o.Pixels == 0 {
		o.Pixels = Pixels
	}
	return o
}

// Open reads and decodes a file. The error names the file, and says what is wrong with it.
func Open(path string, opt Options) (*Picture, error) {
	opt = opt.withDefaults()
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file", quote(path))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", quote(path), cause(err))
	}
	if !info.Mode().IsRegular() { // not opened: a FIFO would block
		return nil, fmt.Errorf("%s: not a file but a folder, a FIFO or a device", quote(path))
	}
	file, _, err := ReadFile(path, 0, opt.FileBytes, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", quote(path), err)
	}
	p, err := Decode(file, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", quote(path), err)
	}
	return p, nil
}

// Read decodes what a stream holds, up to the limit of a file.
func Read(r io.Reader, opt Options) (*Picture, error) {
	opt = opt.withDefaults()
	file, err := io.ReadAll(io.LimitReader(r, opt.FileBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(file)) > opt.FileBytes {
		return nil, fmt.Errorf("more than the %d bytes that are read at most", opt.FileBytes)
	}
	return Decode(file, opt)
}

// ReadFile reads a file that is known to be regular into buf, which it grows; only
// its first bytes, if most is not 0. The error does not name the file; one with more
// than limit bytes is not read. It returns what the file was when it was opened, too:
// whoever noted its time of modification can compare.
func ReadFile(path string, most, limit int64, buf []byte) ([]byte, fs.FileInfo, error) {
	// It was regular when it was listed. Should a FIFO stand there by now, this does not wait for a writer.
	f, err := os.OpenFile(path, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, nil, cause(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, cause(err)
	case !info.Mode().IsRegular():
		return nil, info, errors.New("not a file any more but a folder, a FIFO or a device")
	case info.Size() > limit:
		return nil, info, fmt.Errorf("the file has %d bytes, more than the %d that are read at most", info.Size(), limit)
	}
	n := int(info.Size())
	if most > 0 && most < info.Size() {
		n = int(most)
	}
	buf = slices.Grow(buf[:0], n+1)[:n+1] // one byte more than expected finds the end in the same call
	got, err := io.ReadFull(f, buf)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, info, cause(err)
	}
	if got < n || got > n && int64(n) == info.Size() {
		return nil, info, errors.New("the file changed while it was read; try again")
	}
	return buf[:n], info, nil
}

// cause is an error without the path that os puts before it.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// quote leaves a harmless name as it is and escapes any other.
func quote(name string) string {
	if q := strconv.Quote(name); q[1:len(q)-1] != name {
		return q
	}
	return name
}

// Of returns the picture of an image that is decoded already.
func Of(img image.Image, opt Options) *Picture { return convert(img, upright, opt) }
