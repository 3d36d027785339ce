package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"
)

// Write writes f. The bytes depend on the content alone: tensors stand in the
// order of the reference library, wide types first and then by name, whatever
// their order in f.Tensors, and the keys of the metadata are sorted. What Read
// would refuse is refused before the first byte is written.
func (f *File) Write(w io.Writer) error {
	tensors := slices.Clone(f.Tensors)
	slices.SortStableFunc(tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(rank(a.DType), rank(b.DType)), cmp.Compare(a.Name, b.Name))
	})
	header, err := encodeHeader(tensors, f.Metadata)
	if err != nil {
		return err
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(t.Data); err != nil {
			return err
		}
	}
	return nil
}

// encodeHeader lays the tensors out one after the other. Spaces fill the
// header up to a multiple of 8 bytes, so that the data begins aligned.
func encodeHeader(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	member := func(key string) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		writeString(&b, key)
		b.WriteByte(':')
	}

	b.WriteByte('{')
	if len(metadata) > 0 {
		member(metadataKey)
		for i, key := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(key) || !utf8.ValidString(metadata[key]) {
				return nil, fmt.Errorf("metadata %s: not UTF-8 text, which is all that the format can hold", quote(key))
			}
			b.WriteByte("{,"[min(i, 1)])
			writeString(&b, key)
			b.WriteByte(':')
			writeString(&b, metadata[key])
		}
		b.WriteByte('}')
	}
	var at int64
	seen := make(map[string]bool, len(tensors))
	for _, t := range tensors {
		switch _, err := t.check(); {
		case err != nil:
			return nil, err
		case t.Name == metadataKey:
			return nil, fmt.Errorf("tensor %s: the format keeps this name for the metadata", quote(t.Name))
		case !utf8.ValidString(t.Name):
			return nil, fmt.Errorf("tensor %s: the name is not UTF-8 text", quote(t.Name))
		case seen[t.Name]:
			return nil, fmt.Errorf("tensor %s: two tensors have this name", quote(t.Name))
		}
		seen[t.Name] = true
		member(t.Name)
		end := at + int64(len(t.Data))
		shape, _ := json.Marshal(append([]int{}, t.Shape...)) // [] where Shape is nil
		fmt.Fprintf(&b, `{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, t.DType, shape, at, end)
		at = end
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}

	if b.Len() > MaxHeader {
		return nil, fmt.Errorf("the header would have %d bytes, and %d are the limit: put less into the metadata", b.Len(), MaxHeader)
	}
	if size := 8 + int64(b.Len()) + at; size > MaxFile {
		return nil, fmt.Errorf("the file would have %d bytes, and %d are the limit", size, int64(MaxFile))
	}
	return b.Bytes(), nil
}

// writeString writes s as JSON, without the escapes for HTML.
func writeString(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.Encode(s)             // a string into memory: it cannot fail
	b.Truncate(b.Len() - 1) // the line feed that Encode adds
}
