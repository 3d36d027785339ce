// Package idx reads and writes IDX files, the format of MNIST: a header of four
// bytes (0, 0, element type, rank), one big-endian uint32 for each dimension,
// then the elements. Images are rank 3, labels rank 1, both of unsigned bytes.
// See http://yann.lecun.com/exdb/mnist/, "the IDX file format".
//
// The reader is strict: a file that is longer or shorter than its header says
// is an error. It believes no header: memory grows with the bytes that arrive.
package idx

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
)

// MaxBytes is the largest number of elements one file may hold. The largest
// public set of this kind, EMNIST by class, has 547 million.
const MaxBytes = 1 << 30

// MaxImages is the largest number of images, and of labels, in one file. EMNIST by
// class has 814,255; each costs memory beyond its pixels.
const MaxImages = 1 << 26

// typeByte is the only element type of images and labels; other names what else
// a header may say, for the message.
const typeByte = 0x08

var otherTypes = map[byte]string{0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}

// ReadImages reads images of one channel, plain or gzipped (known by its first
// bytes, not by its name). It returns the pixels, count x height x width,
// row-major, and the three dimensions. The name is for messages only.
func ReadImages(r io.Reader, name string) (pixels []uint8, count, height, width int, err error) {
	pixels, dims, err := read(r, name, 3, MaxBytes)
	if err != nil {
		return nil, 0, 0, 0, err
	}
	return pixels, dims[0], dims[1], dims[2], nil
}

// ReadLabels reads labels, one byte each, plain or gzipped.
func ReadLabels(r io.Reader, name string) ([]uint8, error) {
	labels, _, err := read(r, name, 1, MaxBytes)
	return labels, err
}

// read returns the elements of a file of the given rank, and its dimensions.
func read(r io.Reader, name string, rank int, limit int64) ([]uint8, []int, error) {
	fail := func(format string, args ...any) ([]uint8, []int, error) {
		return nil, nil, fmt.Errorf("%s: %w", quote(name), fmt.Errorf(format, args...))
	}
	br := bufio.NewReaderSize(r, 1<<16)
	r = br
	if magic, _ := br.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(br)
		if err != nil {
			return fail("the gzip header: %w", plain(err))
		}
		r = z
	}
	dims, err := header(r, rank)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", quote(name), err)
	}
	total, ok := product(dims, limit)
	if !ok {
		return fail("bytes 4 to %d: dimensions %s make more than the %d elements that are read at most", 3+4*rank, join(dims), limit)
	}
	if dims[0] > MaxImages {
		return fail("byte 4: the header promises %d %s, more than the %d that are read at most", dims[0], what(part{labels: rank == 1}), MaxImages)
	}
	start := 4 + 4*rank
	body, err := grow(r, total)
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return fail("byte %d: the header promises %s = %d elements, but only %d are there; the file is cut short, fetch it again",
				start+len(body), join(dims), total, len(body))
		}
		return fail("byte %d: %w", start+len(body), plain(err))
	}
	// One byte more: it must not be there, and asking for it makes gzip verify its checksum.
	var one [1]byte
	switch _, err := io.ReadFull(r, one[:]); {
	case err == nil:
		return fail("byte %d: bytes follow the last of the %s elements that the header promises; the header or the file is wrong", start+total, join(dims))
	case !errors.Is(err, io.EOF):
		return fail("byte %d: %w", start+total, plain(err))
	}
	return body, dims, nil
}

// header reads the magic number and the dimensions of a file of the given rank.
func header(r io.Reader, rank int) ([]int, error) {
	var magic [4]byte
	if n, err := io.ReadFull(r, magic[:]); err != nil {
		if n == 0 && errors.Is(err, io.EOF) {
			return nil, errors.New("the file is empty")
		}
		return nil, fmt.Errorf("byte %d: the header is cut short: %w", n, plain(err))
	}
	if magic[0] != 0 || magic[1] != 0 {
		return nil, notIDX(magic, r)
	}
	if t := magic[2]; t != typeByte {
		if other := otherTypes[t]; other != "" {
			return nil, fmt.Errorf("byte 2: elements are of type %s, only unsigned bytes (0x08) are read", other)
		}
		return nil, fmt.Errorf("byte 2: 0x%02x is no element type of IDX, want 0x08, unsigned bytes", t)
	}
	if got := int(magic[3]); got != rank {
		switch {
		case rank == 3 && got == 1:
			return nil, errors.New("byte 3: the file holds labels (rank 1) where images (rank 3) are wanted; images and labels are swapped")
		case rank == 1 && got == 3:
			return nil, errors.New("byte 3: the file holds images (rank 3) where labels (rank 1) are wanted; images and labels are swapped")
		}
		return nil, fmt.Errorf("byte 3: rank %d, want %d: images have rank 3 (count, height, width), labels rank 1", got, rank)
	}
	raw := make([]byte, 4*rank)
	if n, err := io.ReadFull(r, raw); err != nil {
		return nil, fmt.Errorf("byte %d: the header is cut short: %w", 4+n, plain(err))
	}
	dims := make([]int, rank)
	for i := range dims {
		d := binary.BigEndian.Uint32(raw[4*i:])
		if d == 0 {
			return nil, fmt.Errorf("byte %d: dimension %d of %d is 0: the file holds nothing", 4+4*i, i+1, rank)
		}
		if d > 1<<31-1 { // would be negative where int has 32 bits
			return nil, fmt.Errorf("byte %d: dimension %d of %d is %d, more than the %d elements that are read at most", 4+4*i, i+1, rank, d, MaxBytes)
		}
		dims[i] = int(d)
	}
	return dims, nil
}

// notIDX says what a file seems to be that does not begin as IDX does.
func notIDX(magic [4]byte, r io.Reader) error {
	rest := make([]byte, 60)
	n, _ := io.ReadFull(r, rest)
	head := append(magic[:], rest[:n]...)
	switch {
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return errors.New("byte 0: a Git LFS pointer, not the data itself; run 'git lfs pull'")
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")):
		return errors.New("byte 0: a web page, not an IDX file; fetch the file again")
	case magic[0] == 'P' && magic[1] == 'K':
		return errors.New("byte 0: a zip archive, not an IDX file")
	}
	return fmt.Errorf("byte 0: starts with % x, an IDX file starts with 00 00 08", magic)
}

// grow reads exactly n bytes, taking memory only as they arrive. With an error
// it returns what it got until then.
func grow(r io.Reader, n int) ([]uint8, error) {
	buf := make([]uint8, 0, min(n, 1<<20))
	for len(buf) < n {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, min(n-len(buf), len(buf)))
		}
		got, err := io.ReadFull(r, buf[len(buf):min(cap(buf), n)])
		buf = buf[:len(buf)+got]
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return buf, err
		}
	}
	return slices.Clip(buf), nil
}

// product multiplies dimensions, and says whether the result is within limit.
func product(dims []int, limit int64) (int, bool) {
	total := uint64(1)
	for _, d := range dims {
		hi, lo := bits.Mul64(total, uint64(d))
		if hi != 0 || lo > uint64(limit) {
			return 0, false
		}
		total = lo
	}
	return int(total), true
}

// plain gives the errors of gzip and io words that a person can act on.
func plain(err error) error {
	switch {
	case errors.Is(err, gzip.ErrChecksum):
		return fmt.Errorf("the gzip checksum does not fit: the file is damaged, fetch it again (%w)", err)
	case errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("what follows is not gzip: the file is damaged, fetch it again (%w)", err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("the file is cut short, fetch it again (%w)", io.ErrUnexpectedEOF)
	}
	return err
}

// join writes dimensions as 60000 x 28 x 28.
func join(dims []int) string {
	var b bytes.Buffer
	for i, d := range dims {
		if i > 0 {
			b.WriteString(" x ")
		}
		fmt.Fprint(&b, d)
	}
	return b.String()
}

// quote leaves a harmless file name as it is and escapes any other, so that no
// file name can write to a terminal what is not its name.
func quote(name string) string {
	if q := fmt.Sprintf("%q", name); q[1:len(q)-1] != name {
		return q
	}
	return name
}
