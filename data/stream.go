package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Source reads the images of a Set that are too many to be held in memory.
type Source interface {
	// Read writes image i, Channels x Height x Width bytes, to dst. Several goroutines
	// call it at the same time. An error says what is wrong, and need not name the image.
	Read(i int, dst []uint8) error
	// Stamp is what image i looks like from outside, such as its file's size and time of
	// modification: it changes when the image does, and costs no reading.
	Stamp(i int) string
}

// ReadError is the error of an image that could not be read when it was its turn:
// its file was deleted, replaced or damaged since the data set was opened.
type ReadError struct {
	Name string // where the image comes from
	Err  error
}

func (e *ReadError) Error() string { return e.Name + ": " + e.Err.Error() }

func (e *ReadError) Unwrap() error { return e.Err }

// Streamed reports whether the images are read while they are used, and not held in memory.
func (s *Set) Streamed() bool { return s.Source != nil }

// Read writes the bytes of image i to dst. The error of a streamed image is a *ReadError.
func (s *Set) Read(i int, dst []uint8) error {
	if s.Source == nil {
		copy(dst, s.Image(i))
		return nil
	}
	if err := s.Source.Read(i, dst); err != nil {
		return &ReadError{s.Name(i), err}
	}
	return nil
}

// view returns the bytes of image i: where they are held, or read into buf.
func (s *Set) view(i int, buf []uint8) ([]uint8, error) {
	if s.Source == nil {
		return s.Image(i), nil
	}
	return buf, s.Read(i, buf)
}

// Held returns the set with its images in memory; itself, if they are. A set
// of more than limit bytes is an error that says so.
func (s *Set) Held(limit int64) (*Set, error) {
	if s.Source == nil {
		return s, nil
	}
	if n := int64(s.Len()) * int64(s.Pixels()); n > limit {
		return nil, fmt.Errorf("%s images of %s are %.1f GB, more than the %.1f GB that are held in memory", Thousands(s.Len()), Size(s.Height, s.Width), float64(n)/1e9, float64(limit)/1e9)
	}
	held := *s
	held.Source, held.Images = nil, make([]uint8, s.Len()*s.Pixels())
	for i := range s.Len() {
		if err := s.Read(i, held.Image(i)); err != nil {
			return nil, err
		}
	}
	return &held, nil
}

// Fingerprint tells one set from another: a digest of its shape, classes, labels
// and names, and of its pixels; of the stamps instead, for a streamed set.
func (s *Set) Fingerprint() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %d %d %q %q\n", s.Len(), s.Channels, s.Height, s.Width, s.Classes, s.Names)
	var line []byte
	for _, l := range s.Labels {
		if line = binary.LittleEndian.AppendUint32(line, uint32(l)); len(line) >= 1<<16 {
			h.Write(line)
			line = line[:0]
		}
	}
	h.Write(line)
	if s.Source == nil {
		h.Write(s.Images)
	} else {
		for i := range s.Len() {
			fmt.Fprintf(h, "%q", s.Source.Stamp(i))
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// chosen are some images of a source.
type chosen struct {
	Source
	index []int
}

func (c *chosen) Read(i int, dst []uint8) error { return c.Source.Read(c.index[i], dst) }

func (c *chosen) Stamp(i int) string { return c.Source.Stamp(c.index[i]) }

// choose returns those of a source's images. A choice of a choice is one choice.
func choose(s Source, indices []int) Source {
	c := &chosen{s, make([]int, len(indices))}
	copy(c.index, indices)
	if before, ok := s.(*chosen); ok {
		c.Source = before.Source
		for k, i := range indices {
			c.index[k] = before.index[i]
		}
	}
	return c
}
