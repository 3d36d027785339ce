// Package safetensors reads and writes the .safetensors format: tensors by
// name, and a few strings beside them. Nothing in such a file can run.
//
//	8 bytes    length N of the header, little-endian
//	N bytes    {"name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},...}
//	the rest   the numbers, little-endian, row-major, without holes
//
// The reader is strict: what it accepts means one thing only, and it
// allocates nothing that the size of the file does not bear out. The format:
// https://github.com/huggingface/safetensors#format
package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits that a file has to keep, whether it is read or written.
const (
	MaxHeader = 16 << 20 // bytes of header; that of a model with 1000 tensors has about 100 KB
	MaxFile   = 4 << 30  // bytes in all, as the whole file is held in memory
	MaxRank   = 64       // dimensions of a tensor
)

// Tensor is one named array. Data holds the elements of Shape in row-major
// order, little-endian; a Shape without dimensions is a single number.
type Tensor struct {
	Name  string
	DType string // F32, F16, BF16, F64, U8, I32, I64, ...: the format's own names
	Shape []int
	Data  []byte
}

// File is what a .safetensors file holds. Names are just names, whatever
// they look like: nothing is ever written to a place named by a tensor.
type File struct {
	Tensors  []Tensor          // in the order of their data
	Metadata map[string]string // nil if there is none
	Path     string            // where Open found it, for messages; not a part of the content
}

// Lookup returns the tensor of that name, and whether there is one.
func (f *File) Lookup(name string) (Tensor, bool) {
	for _, t := range f.Tensors {
		if t.Name == name {
			return t, true
		}
	}
	return Tensor{}, false
}

// Open reads the file at path. Each error begins with the path.
func Open(path string) (*File, error) {
	// Looked at before it is opened: opening a named pipe would wait for ever.
	info, err := os.Stat(path)
	if err == nil {
		err = regular(info.Mode())
	}
	if err != nil {
		return nil, ofFile(path, err)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, ofFile(path, err)
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil {
		return nil, ofFile(path, err)
	}
	f, err := Read(file, info.Size())
	if err != nil {
		return nil, ofFile(path, err)
	}
	f.Path = path
	return f, nil
}

// ofFile puts a path before an error, once: an error of package os has it, too. What a
// terminal should not be sent is escaped.
func ofFile(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == path {
		err = p.Err
	}
	return fmt.Errorf("%s: %w", Quote(path), err)
}

// Quote leaves a harmless path as it is and escapes any other.
func Quote(path string) string {
	if q := strconv.Quote(path); q[1:len(q)-1] != path {
		return q
	}
	return path
}

// Read reads the size bytes of r, such as a bytes.Reader and its length. The
// tensors share one allocation.
func Read(r io.ReaderAt, size int64) (*File, error) {
	header, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	start := int64(8 + len(header))
	entries, metadata, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	if err := checkLayout(entries, size-start); err != nil {
		return nil, err
	}

	data := make([]byte, size-start)
	if err := readFull(r, data, start); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	f := &File{Tensors: make([]Tensor, len(entries)), Metadata: metadata}
	for i, e := range entries {
		e.Data = data[e.begin:e.end:e.end] // no append can reach the next tensor
		f.Tensors[i] = e.Tensor
	}
	return f, nil
}

// readHeader returns the header, its length checked against size and the
// limits before a byte is allocated for it. A file that is of another format
// altogether, as one can tell by its first bytes, is refused as such.
func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	if size <= 0 {
		return nil, fmt.Errorf("is empty; a safetensors file has 10 bytes at least")
	}
	head := make([]byte, min(size, 512))
	if err := readFull(r, head, 0); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	refuse := func(format string, args ...any) ([]byte, error) {
		if what := otherFormat(head); what != "" {
			return nil, fmt.Errorf("is %s", what)
		}
		return nil, fmt.Errorf(format, args...)
	}
	if size < 10 {
		return refuse("is cut off: %d bytes, and a safetensors file has 10 at least", size)
	}
	switch n := binary.LittleEndian.Uint64(head); {
	case n > MaxHeader:
		return refuse("the header claims %d bytes, and %d are the limit: not a safetensors file, or a damaged one", n, MaxHeader)
	case int64(n) > size-8:
		return refuse("the header claims %d bytes, but only %d follow: the file is cut off, or no safetensors file", n, size-8)
	case head[8] != '{':
		return refuse("the header begins with %q and not with \"{\": not a safetensors file, or a damaged one", head[8])
	case size > min(MaxFile, math.MaxInt):
		return nil, fmt.Errorf("has %d bytes, and %d are the limit", size, int64(min(MaxFile, math.MaxInt)))
	default:
		header := make([]byte, n)
		if err := readFull(r, header, 8); err != nil {
			return nil, fmt.Errorf("header: %w", err)
		}
		return header, nil
	}
}

// readFull fills p from r at offset. Less than that means that the file
// shrank after its size was taken.
func readFull(r io.ReaderAt, p []byte, offset int64) error {
	n, err := io.ReadFull(io.NewSectionReader(r, offset, int64(len(p))), p)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("ends after %d of %d bytes: %w", n, len(p), io.ErrUnexpectedEOF)
	}
	return err
}

// regular refuses what is no plain file.
func regular(mode fs.FileMode) error {
	switch {
	case mode.IsDir():
		return errors.New("is a folder, wanted a .safetensors file")
	case !mode.IsRegular():
		return fmt.Errorf("is no regular file (%s), wanted a .safetensors file", mode.Type())
	}
	return nil
}

// otherFormat explains what a file is that begins like this, as far as one
// may take it for a model, and how to get a safetensors file from it.
func otherFormat(head []byte) string {
	const mend = "save it as safetensors (in Python: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\"))"
	const onnx = "an ONNX file, which is for other programs; name the .safetensors file that it was made of"
	for _, f := range []struct{ magic, what string }{
		{"\x80\x02", "a PyTorch pickle, which can run code when loaded; " + mend},
		{"\x80\x03", "a Python pickle, which can run code when loaded; " + mend},
		{"\x80\x04", "a Python pickle, which can run code when loaded; " + mend},
		{"\x80\x05", "a Python pickle, which can run code when loaded; " + mend},
		{"PK\x03\x04", "a zip archive; a .pt file of this kind is a PyTorch pickle, which can run code when loaded; " + mend},
		{"\x89HDF\r\n", "an HDF5 file, as Keras writes; save it as safetensors"},
		{"\x93NUMPY", "a NumPy array; save it as safetensors (in Python: safetensors.numpy.save_file)"},
		{"\x08\x07\x12", onnx}, {"\x08\x08\x12", onnx}, {"\x08\x09\x12", onnx}, {"\x08\x0a\x12", onnx}, // its version, then who made it
		{"GGUF", "a GGUF file; save it as safetensors"},
		{"\x1f\x8b", "compressed by gzip; unpack it first"},
		{"version https://git-lfs", "a Git LFS pointer and not the model; fetch the model itself with `git lfs pull`"},
		{"\x89PNG", "a picture (PNG)"}, {"\xff\xd8\xff", "a picture (JPEG)"}, {"GIF8", "a picture (GIF)"},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return f.what
		}
	}
	text := bytes.TrimSpace(head)
	for _, begin := range []string{"<!doctype", "<html", "<head", "<?xml"} {
		if len(text) >= len(begin) && strings.EqualFold(string(text[:len(begin)]), begin) {
			return "a web page or XML, perhaps a failed download; fetch the model again"
		}
	}
	if len(text) > 0 && !bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }) && validText(head) {
		return "text"
	}
	return ""
}

// validText reports whether the beginning of a file is UTF-8, but for a letter that is
// cut in its middle.
func validText(head []byte) bool {
	for cut := range min(utf8.UTFMax, len(head)) {
		if utf8.Valid(head[:len(head)-cut]) {
			return true
		}
	}
	return false
}
