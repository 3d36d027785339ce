package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// dtype describes one type of number. An element is made of words; a word is
// NaN or infinite if and only if all bits of mask are set in it.
type dtype struct {
	name string
	size int    // bytes of an element
	word int    // bytes of a word
	mask uint64 // 0 for integers
}

// dtypes is in the order in which a file holds them: wide ones first, so that
// every tensor is aligned. It is the order of the format's reference library.
var dtypes = []dtype{
	{"U64", 8, 8, 0},
	{"I64", 8, 8, 0},
	{"F64", 8, 8, 0x7ff << 52},
	{"C64", 8, 4, 0xff << 23},
	{"F32", 4, 4, 0xff << 23},
	{"U32", 4, 4, 0},
	{"I32", 4, 4, 0},
	{"BF16", 2, 2, 0xff << 7},
	{"F16", 2, 2, 0x1f << 10},
	{"U16", 2, 2, 0},
	{"I16", 2, 2, 0},
	{"F8_E8M0", 1, 1, 0xff},
	{"F8_E4M3", 1, 1, 0x7f},
	{"F8_E5M2", 1, 1, 0x1f << 2},
	{"I8", 1, 1, 0},
	{"U8", 1, 1, 0},
	{"BOOL", 1, 1, 0},
}

// rank returns the place of the type in dtypes, -1 if it is unknown.
func rank(name string) int {
	for i, d := range dtypes {
		if d.name == name {
			return i
		}
	}
	return -1
}

// layout returns the type of t and the number of bytes that type and shape
// want. A dimension of 0 makes the tensor empty, but no excuse for the others.
func (t Tensor) layout() (dtype, int64, error) {
	i := rank(t.DType)
	if i < 0 {
		var known []string
		for _, d := range dtypes {
			known = append(known, d.name)
		}
		return dtype{}, 0, fmt.Errorf("unknown type %s, wanted one of %s", quote(t.DType), strings.Join(known, ", "))
	}
	if len(t.Shape) > MaxRank {
		return dtype{}, 0, fmt.Errorf("has %d dimensions, and %d are the limit", len(t.Shape), MaxRank)
	}
	d := dtypes[i]
	total, empty := int64(d.size), false
	for _, n := range t.Shape {
		switch {
		case n < 0:
			return dtype{}, 0, fmt.Errorf("shape %s has a negative dimension", list(t.Shape))
		case n == 0:
			empty = true
		case int64(n) > math.MaxInt64/total:
			return dtype{}, 0, fmt.Errorf("%s %s has more bytes than 2^63-1", d.name, list(t.Shape))
		default:
			total *= int64(n)
		}
	}
	if empty {
		total = 0
	}
	return d, total, nil
}

// check returns the type of t, or an error if the parts do not fit together.
func (t Tensor) check() (dtype, error) {
	d, want, err := t.layout()
	if err == nil && int64(len(t.Data)) != want {
		err = fmt.Errorf("has %d bytes of data, but %s %s wants %d", len(t.Data), d.name, list(t.Shape), want)
	}
	if err != nil {
		return dtype{}, fmt.Errorf("tensor %s: %w", quote(t.Name), err)
	}
	return d, nil
}

// CheckFinite returns an error that names the first tensor and element that is
// NaN or infinite. The rule: a file with such a weight is refused as a model,
// as every answer of that model would be nonsense.
func (f *File) CheckFinite() error {
	for _, t := range f.Tensors {
		if err := CheckFinite(t); err != nil {
			return f.named(err)
		}
	}
	return nil
}

// CheckFinite is the check of one tensor.
func CheckFinite(t Tensor) error {
	d, err := t.check()
	if err != nil || d.mask == 0 {
		return err
	}
	for at := 0; at < len(t.Data); at += d.word {
		if d.bits(t.Data[at:])&d.mask == d.mask {
			return fmt.Errorf("tensor %s: element %s is NaN or infinite (bits %#x); the training that wrote it diverged, or the file is damaged",
				quote(t.Name), list(position(at/d.size, t.Shape)), d.bits(t.Data[at:]))
		}
	}
	return nil
}

func (d dtype) bits(b []byte) uint64 {
	switch d.word {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	default:
		return binary.LittleEndian.Uint64(b)
	}
}

// position turns the number of an element into one index per dimension.
func position(i int, shape []int) []int {
	index := make([]int, len(shape))
	for k := len(shape) - 1; k >= 0; k-- {
		index[k], i = i%shape[k], i/shape[k]
	}
	return index
}

// named puts the path of the file before an error.
func (f *File) named(err error) error {
	if f.Path == "" {
		return err
	}
	return ofFile(f.Path, err)
}

// quote makes a string from a file fit for one line of a message.
func quote(s string) string {
	const limit = 120
	if len(s) > limit {
		return strconv.Quote(s[:limit]) + "..."
	}
	return strconv.Quote(s)
}

// list writes a shape as the header has it: [10, 784].
func list(numbers []int) string {
	const limit = 16
	var words []string
	for i, n := range numbers {
		if i == limit {
			words = append(words, "...")
			break
		}
		words = append(words, strconv.Itoa(n))
	}
	return "[" + strings.Join(words, ", ") + "]"
}
