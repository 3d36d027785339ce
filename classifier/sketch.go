package classifier

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
)

// sketched is how many hashes a sketch keeps: 16 KiB.
const sketched = 2048

// Sketch remembers a set of images by a few of their hashes: the least ones. Of any
// other image whose hash is not above the greatest of these it is then known whether
// it is in the set; of a set of up to 2,048 images that is every image, of a
// larger one a fair sample. So the share of one set's images that are in another
// can be told from 16 KiB, whatever the sets' sizes. The zero value is an empty set.
//
// Source: the k minimum values of Bar-Yossef et al., Counting Distinct Elements in
// a Data Stream, 2002.
type Sketch struct {
	Images int `json:"images"` // that were added
	// Least is the least hashes, ascending, eight bytes each, most significant first.
	Least []byte `json:"least"`
}

// hashOf is the first eight bytes of the SHA-256 of an image's bytes.
func hashOf(image []byte) uint64 {
	sum := sha256.Sum256(image)
	return binary.BigEndian.Uint64(sum[:])
}

// Add puts images into the set, each given as the bytes that the model sees:
// channels x height x width.
func (s *Sketch) Add(images ...[]byte) {
	least := s.hashes()
	for _, image := range images {
		s.Images++
		h := hashOf(image)
		if len(least) == sketched && h >= least[sketched-1] {
			continue
		}
		if i, found := slices.BinarySearch(least, h); !found {
			least = slices.Insert(least, i, h)
			least = least[:min(len(least), sketched)]
		}
	}
	s.Least = s.Least[:0]
	for _, h := range least {
		s.Least = binary.BigEndian.AppendUint64(s.Least, h)
	}
}

// Holds says whether an image is in the set, as far as the sketch knows.
func (s *Sketch) Holds(image []byte) (in, known bool) {
	if s == nil {
		return false, false
	}
	h, n := hashOf(image), len(s.Least)/8
	at := func(i int) uint64 { return binary.BigEndian.Uint64(s.Least[8*i:]) }
	i := sort.Search(n, func(i int) bool { return at(i) >= h })
	return i < n && at(i) == h, n < sketched || i < n
}

func (s *Sketch) hashes() []uint64 {
	out := make([]uint64, len(s.Least)/8)
	for i := range out {
		out[i] = binary.BigEndian.Uint64(s.Least[8*i:])
	}
	return out
}

// check returns an error where a sketch from a file is none.
func (s *Sketch) check() error {
	if s == nil {
		return nil
	}
	least := s.hashes()
	switch {
	case len(s.Least)%8 != 0 || len(least) > sketched:
		return fmt.Errorf("%d bytes of hashes; want whole ones of eight bytes, and at most %d", len(s.Least), sketched)
	case s.Images < len(least) || s.Images > 0 && len(least) == 0:
		return fmt.Errorf("%d images with %d hashes", s.Images, len(least))
	}
	for i := 1; i < len(least); i++ {
		if least[i] <= least[i-1] {
			return errors.New("the hashes are not in ascending order")
		}
	}
	return nil
}
