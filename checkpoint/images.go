package checkpoint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"

	"inkling/data"
)

// Images tells a set of images from another, and says in what they differ.
type Images struct {
	Channels int     `json:"channels"`
	Height   int     `json:"height"`
	Width    int     `json:"width"`
	Classes  []Class `json:"classes"`
	Order    string  `json:"order"` // digest of the labels, one after the other
}

// Class is the images of one class.
type Class struct {
	Name   string `json:"name"`
	Images int    `json:"images"`
	// Contents is a digest of their pixels, in their order; of names, sizes and times of
	// modification of files that are streamed, which would take as long to read as an epoch.
	Contents string `json:"contents"`
}

// Fingerprint returns what tells the images of a set from others.
func Fingerprint(s *data.Set) Images {
	f := Images{Channels: s.Channels, Height: s.Height, Width: s.Width}
	contents, order := make([]hash.Hash, len(s.Classes)), sha256.New()
	for i, name := range s.Classes {
		f.Classes = append(f.Classes, Class{Name: name})
		contents[i] = sha256.New()
	}
	for i, label := range s.Labels {
		f.Classes[label].Images++
		if s.Streamed() {
			fmt.Fprintf(contents[label], "%q %q ", s.Name(i), s.Source.Stamp(i))
		} else {
			contents[label].Write(s.Image(i))
		}
	}
	binary.Write(order, binary.LittleEndian, s.Labels) // a hash takes everything
	f.Order = digest(order)
	for i := range f.Classes {
		f.Classes[i].Contents = digest(contents[i])
	}
	return f
}

// digest is as much of a hash as tells one set from another.
func digest(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)[:8]) }

// Change says what is another thing in the images here than in those of a checkpoint;
// "" if nothing is.
func (f Images) Change(here Images) string {
	if here.Channels != f.Channels || here.Height != f.Height || here.Width != f.Width {
		return fmt.Sprintf("they have %d x %d pixels and %d channels here, and %d x %d and %d in the checkpoint", here.Height, here.Width, here.Channels, f.Height, f.Width, f.Channels)
	}
	names := map[string]bool{}
	for _, c := range f.Classes {
		names[c.Name] = true
	}
	for _, c := range here.Classes {
		if !names[c.Name] {
			return fmt.Sprintf("class %q is here, and not in the checkpoint", c.Name)
		}
		delete(names, c.Name)
	}
	for _, c := range f.Classes {
		if names[c.Name] {
			return fmt.Sprintf("class %q is in the checkpoint, and not here", c.Name)
		}
	}
	for i, c := range f.Classes {
		switch now := here.Classes[i]; {
		case now.Name != c.Name:
			return "their classes come in another order"
		case now.Images != c.Images:
			return fmt.Sprintf("class %q has %d of them here, and %d in the checkpoint", c.Name, now.Images, c.Images)
		}
	}
	for i, c := range f.Classes {
		if here.Classes[i].Contents != c.Contents {
			return fmt.Sprintf("those of class %q have other contents, or another order", c.Name)
		}
	}
	if here.Order != f.Order {
		return "they come in another order"
	}
	return ""
}
