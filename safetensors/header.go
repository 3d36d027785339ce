package safetensors

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

const metadataKey = "__metadata__" // the one key of the header that names no tensor

// entry is a tensor of the header and the place of its data.
type entry struct {
	Tensor
	begin, end int64
}

// parseHeader reads the JSON by hand, token by token, because json.Unmarshal
// takes the last of two equal keys in silence, ignores what it does not know
// and mends invalid text. Nesting beyond what the format has is refused where
// it begins, so there is no depth to run out of.
func parseHeader(raw []byte) ([]entry, map[string]string, error) {
	if at := invalidText(raw); at >= 0 {
		return nil, nil, fmt.Errorf("header, byte %d: not UTF-8 text", at)
	}
	p := headerParser{json.NewDecoder(bytes.NewReader(raw))}
	p.json.UseNumber()

	var entries []entry
	var metadata map[string]string
	err := p.object("the header", func(key string) error {
		if key == metadataKey {
			var err error
			metadata, err = p.metadata()
			return err
		}
		e, err := p.tensor(key)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", quote(key), err)
		}
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	end := int(p.json.InputOffset())
	if rest := bytes.TrimLeft(raw[end:], " "); len(rest) > 0 {
		return nil, nil, fmt.Errorf("header, byte %d: only spaces may follow the JSON, found %q", len(raw)-len(rest), rest[0])
	}
	return entries, metadata, nil
}

// checkLayout sorts the entries by their place and refuses them unless they
// cover the size bytes of data exactly, each byte once.
func checkLayout(entries []entry, size int64) error {
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	var at int64
	for i, e := range entries {
		switch {
		case e.end > size:
			return fmt.Errorf("tensor %s: its data ends at byte %d, but there are only %d bytes of data; is the file cut off?", quote(e.Name), e.end, size)
		case e.begin < at:
			return fmt.Errorf("tensor %s: its data begins at byte %d and overlaps that of %s, which ends at %d", quote(e.Name), e.begin, quote(entries[i-1].Name), at)
		case e.begin > at:
			return fmt.Errorf("tensor %s: its data begins at byte %d, wanted %d: the bytes between belong to no tensor", quote(e.Name), e.begin, at)
		}
		at = e.end
	}
	if at != size {
		return fmt.Errorf("%d bytes of data follow the last tensor, which ends at byte %d; none may", size-at, at)
	}
	return nil
}

type headerParser struct{ json *json.Decoder }

// tensor reads {"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}, its keys
// in any order, and checks the parts against each other.
func (p headerParser) tensor(name string) (entry, error) {
	var dtypeName string
	var shape []int
	var offsets []int
	err := p.object("its description", func(key string) (err error) {
		switch key {
		case "dtype":
			dtypeName, err = p.text(key)
		case "shape":
			shape, err = p.array(key, MaxRank)
		case "data_offsets":
			offsets, err = p.array(key, 2)
		default:
			err = fmt.Errorf("unknown key %s, wanted dtype, shape and data_offsets", quote(key))
		}
		return err
	})
	switch {
	case err != nil:
		return entry{}, err
	case dtypeName == "":
		return entry{}, fmt.Errorf("has no dtype")
	case shape == nil:
		return entry{}, fmt.Errorf("has no shape")
	case len(offsets) != 2:
		return entry{}, fmt.Errorf("has %d data_offsets, wanted 2: begin and end", len(offsets))
	case offsets[0] > offsets[1]:
		return entry{}, fmt.Errorf("data_offsets %s end before they begin", list(offsets))
	}
	e := entry{Tensor{Name: name, DType: dtypeName, Shape: shape}, int64(offsets[0]), int64(offsets[1])}
	_, want, err := e.layout()
	if err != nil {
		return entry{}, err
	}
	if got := e.end - e.begin; got != want {
		return entry{}, fmt.Errorf("data_offsets %s span %d bytes, but %s %s wants %d", list(offsets), got, e.DType, list(shape), want)
	}
	return e, nil
}

func (p headerParser) metadata() (map[string]string, error) {
	var m map[string]string
	err := p.object(metadataKey, func(key string) error {
		value, err := p.text("the value of " + quote(key))
		if m == nil {
			m = map[string]string{}
		}
		m[key] = value
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", metadataKey, err)
	}
	return m, nil
}

// object reads {"key":value,...}, calls member to read each value, and
// refuses a key that comes twice.
func (p headerParser) object(what string, member func(key string) error) error {
	if t, err := p.token(); err != nil {
		return err
	} else if t != json.Delim('{') {
		return p.unlike(what, "an object", t)
	}
	seen := map[string]bool{}
	for p.json.More() {
		key, err := p.text("a key")
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("header, byte %d: key %s comes twice", p.json.InputOffset(), quote(key))
		}
		seen[key] = true
		if err := member(key); err != nil {
			return err
		}
	}
	_, err := p.token() // the brace: after More, the decoder lets nothing else pass
	return err
}

// array reads at most limit whole numbers; it never returns nil without an error.
func (p headerParser) array(what string, limit int) ([]int, error) {
	if t, err := p.token(); err != nil {
		return nil, err
	} else if t != json.Delim('[') {
		return nil, p.unlike(what, "a list of numbers", t)
	}
	numbers := []int{}
	for p.json.More() {
		t, err := p.token()
		if err != nil {
			return nil, err
		}
		number, ok := t.(json.Number)
		if !ok {
			return nil, p.unlike(what, "a whole number", t)
		}
		// No sign, no fraction, no exponent, and it fits an int.
		n, err := strconv.ParseUint(number.String(), 10, strconv.IntSize-1)
		if err != nil {
			return nil, p.unlike(what, fmt.Sprintf("a whole number from 0 to 2^%d-1", strconv.IntSize-1), t)
		}
		if len(numbers) == limit {
			return nil, fmt.Errorf("%s has more than %d numbers", what, limit)
		}
		numbers = append(numbers, int(n))
	}
	_, err := p.token()
	return numbers, err
}

func (p headerParser) text(what string) (string, error) {
	t, err := p.token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", p.unlike(what, "a string", t)
	}
	return s, nil
}

func (p headerParser) token() (json.Token, error) {
	t, err := p.json.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("header, byte %d: not JSON: %w", p.json.InputOffset(), err)
	}
	return t, nil
}

func (p headerParser) unlike(what, want string, got json.Token) error {
	found := "null"
	if got != nil {
		found = quote(fmt.Sprint(got))
	}
	return fmt.Errorf("header, byte %d: %s: wanted %s, found %s", p.json.InputOffset(), what, want, found)
}

// invalidText returns the place of the first byte that is not UTF-8, or of an
// escape such as \ud800 for half a character, which no UTF-8 text can hold;
// -1 if there is none. The decoder would put U+FFFD there in silence.
func invalidText(raw []byte) int {
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		if r != '\\' {
			i += n
			continue
		}
		switch first, ok := unicodeEscape(raw[i:]); {
		case !ok:
			i += 2 // an escape of one letter
		case first < 0xd800 || first > 0xdfff:
			i += 6
		default:
			second, ok := unicodeEscape(raw[i+6:])
			if first >= 0xdc00 || !ok || second < 0xdc00 || second > 0xdfff {
				return i
			}
			i += 12
		}
	}
	return -1
}

// unicodeEscape reads \uXXXX at the beginning of s.
func unicodeEscape(s []byte) (uint64, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return v, err == nil
}
