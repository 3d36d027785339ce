package idx

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"inkling/data"
	"inkling/internal/replace"
)

// WriteImages writes the images of a set as an IDX file of rank 3, which holds
// grey images only.
func WriteImages(w io.Writer, s *data.Set) error {
	if s.Len() == 0 {
		return errors.New("there are no images to write")
	}
	if s.Channels != 1 {
		return fmt.Errorf("an IDX file holds grey images, these have %d channels", s.Channels)
	}
	if err := s.Check(); err != nil {
		return err
	}
	return write(w, s.Images, s.Len(), s.Height, s.Width)
}

// WriteLabels writes the labels of a set as an IDX file of rank 1. A label is
// one byte, so there are 256 classes at most.
func WriteLabels(w io.Writer, s *data.Set) error {
	if len(s.Classes) > 256 {
		return fmt.Errorf("an IDX file tells 256 classes apart, there are %d", len(s.Classes))
	}
	labels := make([]uint8, s.Len())
	for i, l := range s.Labels {
		if l < 0 || int(l) >= len(s.Classes) {
			return fmt.Errorf("%s has label %d, outside the %d classes", s.Name(i), l, len(s.Classes))
		}
		labels[i] = uint8(l)
	}
	return write(w, labels, len(labels))
}

func write(w io.Writer, body []uint8, dims ...int) error {
	head := []byte{0, 0, typeByte, byte(len(dims))}
	for _, d := range dims {
		head = binary.BigEndian.AppendUint32(head, uint32(d))
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

// Write writes a data set into a folder, which it makes, under the usual names,
// gzipped or not. Class names other than 0, 1, ... go to ClassesFile. Each file
// appears whole or not at all, and none after the context's end; a split without
// images is left out. A folder that holds the other form, plain for
// gzipped, is refused: Open would prefer the plain one.
func Write(ctx context.Context, dir string, ds *data.Dataset, zip bool) error {
	if ds.Train == nil || ds.Train.Len() == 0 {
		return errors.New("a data set without training images cannot be written")
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for _, split := range []struct {
		prefix string
		set    *data.Set
	}{{"train", ds.Train}, {"valid", ds.Valid}, {"t10k", ds.Test}} {
		if split.set == nil || split.set.Len() == 0 {
			continue
		}
		for _, file := range []struct {
			name  string
			write func(io.Writer, *data.Set) error
		}{{"-images-idx3-ubyte", WriteImages}, {"-labels-idx1-ubyte", WriteLabels}} {
			path := filepath.Join(dir, split.prefix+file.name)
			other := path + ".gz"
			if zip {
				path, other = other, path
			}
			if _, err := os.Lstat(other); err == nil {
				return fmt.Errorf("%s is there already, and would stand beside %s; remove it or write to another folder", quote(other), quote(path))
			}
			if err := writeFile(ctx, path, split.set, zip, file.write); err != nil {
				return fmt.Errorf("%s: %w", quote(path), err)
			}
		}
	}
	list := filepath.Join(dir, ClassesFile)
	largest := slices.Max(ds.Train.Labels)
	for _, set := range []*data.Set{ds.Valid, ds.Test} {
		if set != nil && set.Len() > 0 {
			largest = max(largest, slices.Max(set.Labels))
		}
	}
	if numbered(ds.Train.Classes) && largest == int32(len(ds.Train.Classes)-1) {
		if err := os.Remove(list); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return replace.WriteFile(list, []byte(strings.Join(ds.Train.Classes, "\n")+"\n"), 0o666)
}

func writeFile(ctx context.Context, path string, s *data.Set, zip bool, write func(io.Writer, *data.Set) error) error {
	f, err := replace.New(path, replace.Options{Perm: 0o666, Keep: true})
	if err != nil {
		return err
	}
	defer f.Cleanup()
	var w io.Writer = stoppable{ctx, f}
	if zip {
		w = gzip.NewWriter(w)
	}
	if err := write(w, s); err != nil {
		return err
	}
	if z, ok := w.(*gzip.Writer); ok {
		if err := z.Close(); err != nil {
			return err
		}
	}
	return f.CloseAtomicallyReplace()
}

// stoppable writes until the context ends.
type stoppable struct {
	ctx context.Context
	w   io.Writer
}

func (s stoppable) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.w.Write(p)
}

// numbered says whether classes are named 0, 1, ... in order.
func numbered(classes []string) bool {
	for i, c := range classes {
		if c != strconv.Itoa(i) {
			return false
		}
	}
	return true
}
