package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// raw puts a file together from any header and data.
func raw(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func withLength(n uint64, rest string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, n), rest...)
}

// one is a header with the single tensor w.
func one(dtype, shape, offsets string) string {
	return fmt.Sprintf(`{"w":{"dtype":%s,"shape":%s,"data_offsets":%s}}`, dtype, shape, offsets)
}

// two is a header with two U8 tensors at the given places.
func two(a, b [2]int) string {
	return fmt.Sprintf(`{"a":{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]},"b":{"dtype":"U8","shape":[%d],"data_offsets":[%d,%d]}}`,
		a[1]-a[0], a[0], a[1], b[1]-b[0], b[0], b[1])
}

// refused holds a file for each way to be wrong, and what its error says.
var refused = []struct {
	name string
	file []byte
	want string
}{
	{"empty file", nil, "is empty"},
	{"shorter than the length", []byte{1, 2, 3}, "cut off: 3 bytes"},
	{"header length 2^64-1", withLength(math.MaxUint64, "{}"), "claims 18446744073709551615 bytes"},
	{"header length 2^63", withLength(1<<63, "{}"), "claims 9223372036854775808 bytes"},
	{"header beyond the file", withLength(100, "{}"), "claims 100 bytes, but only 2 follow"},
	{"header length 0", withLength(0, "{}"), "not JSON"},
	{"header of 100 MB", withLength(100<<20, "{}"), "16777216 are the limit"},
	{"not an object", raw(`[1,2,3]`, 0), `begins with '['`},
	{"leading space", raw(` {}`, 0), `begins with ' '`},

	{"pickle", []byte("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."), "PyTorch pickle, which can run code"},
	{"pickle of a few bytes", []byte("\x80\x02}."), "PyTorch pickle, which can run code"},
	{"pickle, protocol 4", []byte("\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94."), "pickle, which can run code"},
	{"zip", []byte("PK\x03\x04\x00\x00\x08\x08\x00\x00\x00\x00archive/data.pkl"), "PyTorch pickle, which can run code"},
	{"ONNX", []byte("\x08\x08\x12\x07inkling:\x00\x00"), "is an ONNX file"},
	{"git lfs", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"), "git lfs pull"},
	{"web page", []byte("<!DOCTYPE html><html>"), "web page"},
	{"web page, further down", []byte("\n <HTML>"), "web page"},
	{"text that begins like one", []byte("<img src=\"mark.svg\">\n\n# Inkling\n\nDigits, naïvely"), "is text"},
	{"text", []byte("notes"), "is text"},
	{"text, cut in a letter", []byte(strings.Repeat("x", 511) + "é"), "is text"},
	{"PNG", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "is a picture (PNG)"},
	{"JPEG", []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), "is a picture (JPEG)"},

	{"header not JSON", raw(`{"w":what}`, 0), "not JSON"},
	{"header cut off", raw(`{"w":{"dtype":"U8"`, 0), "not JSON"},
	{"missing comma", raw(`{"__metadata__":{"a":"b" "c":"d"}}`, 0), "not JSON"},
	{"trailing comma", raw(`{"__metadata__":{"a":"b",}}`, 0), "not JSON"},
	{"trailing comma in list", raw(one(`"U8"`, "[1,]", "[0,1]"), 1), "not JSON"},
	{"comment", raw(`{/* */}`, 0), "not JSON"},
	{"second value", raw(`{}{}`, 0), "only spaces may follow"},
	{"zero padding", raw("{}\x00\x00", 0), "only spaces may follow"},
	{"line feed at the end", raw("{}\n", 0), "only spaces may follow"},
	{"not UTF-8", raw("{\"\xff\":{}}", 0), "byte 2: not UTF-8"},
	{"overlong UTF-8", raw("{\"\xc0\xaf\":{}}", 0), "byte 2: not UTF-8"},
	{"half a character", raw(`{"\ud800":{}}`, 0), "byte 2: not UTF-8"},
	{"the other half", raw(`{"\udc00":{}}`, 0), "byte 2: not UTF-8"},
	{"two first halves", raw(`{"\ud800\ud800":{}}`, 0), "byte 2: not UTF-8"},
	{"deep nesting", raw(`{"w":`+strings.Repeat("[", 100000)+strings.Repeat("]", 100000)+`}`, 0), "wanted an object"},
	{"deep nesting of objects", raw(strings.Repeat(`{"w":`, 100000)+`{}`+strings.Repeat("}", 100000), 0), "unknown key"},
	{"deep shape", raw(one(`"U8"`, strings.Repeat("[", 100000), "[0,1]"), 1), "wanted a whole number"},

	{"tensor twice", raw(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2), `"w" comes twice`},
	{"tensor twice, once escaped", raw(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0077":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2), `"w" comes twice`},
	{"shape twice", raw(`{"w":{"dtype":"U8","shape":[1],"shape":[2],"data_offsets":[0,1]}}`, 1), `"shape" comes twice`},
	{"metadata twice", raw(`{"__metadata__":{},"__metadata__":{}}`, 0), `"__metadata__" comes twice`},
	{"metadata key twice", raw(`{"__metadata__":{"a":"1","a":"2"}}`, 0), `"a" comes twice`},
	{"metadata number", raw(`{"__metadata__":{"a":1}}`, 0), `wanted a string, found "1"`},
	{"metadata null", raw(`{"__metadata__":null}`, 0), "wanted an object, found null"},

	{"tensor null", raw(`{"w":null}`, 0), `tensor "w": header, byte 9: its description: wanted an object, found null`},
	{"no dtype", raw(`{"w":{"shape":[1],"data_offsets":[0,1]}}`, 1), "no dtype"},
	{"no shape", raw(`{"w":{"dtype":"U8","data_offsets":[0,1]}}`, 1), "no shape"},
	{"no offsets", raw(`{"w":{"dtype":"U8","shape":[1]}}`, 1), "0 data_offsets"},
	{"unknown key", raw(`{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"crc":1}}`, 1), `unknown key "crc"`},
	{"key in capitals", raw(`{"w":{"DTYPE":"U8","shape":[1],"data_offsets":[0,1]}}`, 1), `unknown key "DTYPE"`},
	{"unknown type", raw(one(`"F12"`, "[1]", "[0,1]"), 1), `unknown type "F12", wanted one of U64`},
	{"type in small letters", raw(one(`"f32"`, "[1]", "[0,4]"), 4), `unknown type "f32"`},
	{"type a number", raw(one(`32`, "[1]", "[0,4]"), 4), "wanted a string"},

	{"offsets fractional", raw(one(`"U8"`, "[1]", "[0,1.0]"), 1), `wanted a whole number from 0 to 2^63-1, found "1.0"`},
	{"offsets with exponent", raw(one(`"U8"`, "[1]", "[0,1e0]"), 1), `found "1e0"`},
	{"offsets negative", raw(one(`"U8"`, "[1]", "[-1,0]"), 1), `found "-1"`},
	{"offsets minus zero", raw(one(`"U8"`, "[1]", "[-0,1]"), 1), `found "-0"`},
	{"offsets text", raw(one(`"U8"`, "[1]", `["0","1"]`), 1), `wanted a whole number, found "0"`},
	{"offsets huge", raw(one(`"U8"`, "[1]", "[0,99999999999999999999]"), 1), "wanted a whole number from 0"},
	{"offsets 2^63", raw(one(`"U8"`, "[1]", "[9223372036854775808,9223372036854775809]"), 1), "wanted a whole number from 0"},
	{"one offset", raw(one(`"U8"`, "[1]", "[0]"), 1), "has 1 data_offsets"},
	{"three offsets", raw(one(`"U8"`, "[1]", "[0,1,1]"), 1), "more than 2 numbers"},
	{"offsets reversed", raw(one(`"U8"`, "[1]", "[1,0]"), 1), "[1, 0] end before they begin"},
	{"offsets beyond the data", raw(one(`"U8"`, "[4]", "[0,4]"), 3), "ends at byte 4, but there are only 3"},
	{"offsets far beyond the data", raw(one(`"U8"`, "[9223372036854775807]", "[0,9223372036854775807]"), 3), "only 3 bytes of data"},
	{"overlap", raw(two([2]int{0, 4}, [2]int{2, 6}), 6), `tensor "b": its data begins at byte 2 and overlaps that of "a"`},
	{"the same place", raw(two([2]int{0, 4}, [2]int{0, 4}), 4), "overlaps"},
	{"empty inside another", raw(two([2]int{0, 4}, [2]int{2, 2}), 4), "overlaps"},
	{"hole", raw(two([2]int{0, 4}, [2]int{5, 9}), 9), `tensor "b": its data begins at byte 5, wanted 4`},
	{"hole at the start", raw(one(`"U8"`, "[1]", "[1,2]"), 2), "begins at byte 1, wanted 0"},
	{"trailing bytes", raw(one(`"U8"`, "[1]", "[0,1]"), 3), "2 bytes of data follow the last tensor"},
	{"data without tensors", raw(`{}`, 3), "3 bytes of data follow"},

	{"product overflow", raw(one(`"F32"`, "[4294967296,4294967296]", "[0,0]"), 0), "more bytes than 2^63-1"},
	{"product overflow to a match", raw(one(`"U8"`, "[4294967296,4294967296,1]", "[0,0]"), 0), "more bytes than 2^63-1"},
	{"product overflow hidden by 0", raw(one(`"U8"`, "[4294967296,0,4294967296]", "[0,0]"), 0), "more bytes than 2^63-1"},
	{"overflow by the type alone", raw(one(`"F64"`, "[2305843009213693952]", "[0,0]"), 0), "more bytes than 2^63-1"},
	{"size unlike shape", raw(one(`"F32"`, "[3]", "[0,8]"), 8), "span 8 bytes, but F32 [3] wants 12"},
	{"rank 65", raw(one(`"U8"`, "["+strings.Repeat("1,", 64)+"1]", "[0,1]"), 1), "more than 64 numbers"},
	{"overflow of many dimensions", raw(one(`"U8"`, "["+strings.Repeat("9223372036854775807,", 63)+"1]", "[0,1]"), 1), "9223372036854775807, ...] has more bytes"},
	{"long name", raw(`{"`+strings.Repeat("x", 10000)+`":null}`, 0), `xxx"...: header`},
	{"shape negative", raw(one(`"U8"`, "[-1]", "[0,1]"), 1), `found "-1"`},
	{"shape null", raw(one(`"U8"`, "null", "[0,1]"), 1), "wanted a list of numbers, found null"},
}

func TestRefused(t *testing.T) {
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(bytes.NewReader(c.file), int64(len(c.file)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got error %v, wanted %q in it", err, c.want)
			}
			oneLine(t, err)
		})
	}
}

func oneLine(t testing.TB, err error) {
	t.Helper()
	if s := err.Error(); strings.ContainsAny(s, "\n\r\x00\x1b") || len(s) > 1000 {
		t.Errorf("the error is not one short line: %q", s)
	}
}

func TestAccepted(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
	}{
		{"no tensor", raw(`{}`, 0)},
		{"rank 0", raw(one(`"F32"`, "[]", "[0,4]"), 4)},
		{"zero size", raw(one(`"F32"`, "[3,0,2]", "[0,0]"), 0)},
		{"empty tensors between others", raw(two([2]int{4, 4}, [2]int{0, 4}), 4)},
		{"unaligned", raw(one(`"F32"`, "[1]", "[0,4]")+" ", 4)},
		{"padded", raw(one(`"F32"`, "[1]", "[0,4]")+"      ", 4)},
		{"keys in another order", raw(`{"w":{"data_offsets":[0,1],"shape":[1],"dtype":"U8"}}`, 1)},
		{"spaces inside", raw("{ \"w\" : { \"dtype\" : \"U8\",\n\"shape\":[ 1 ],\"data_offsets\":[0 ,1]}}", 1)},
		{"escapes", raw(`{"\ud83d\ude00\\ud800\"\n":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1)},
		{"a name like a path", raw(`{"../../x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1)},
		{"header of 640 bytes, like a pickle", raw(one(`"U8"`, "[1]", "[0,1]")+strings.Repeat(" ", 640-52), 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := Read(bytes.NewReader(c.file), int64(len(c.file)))
			if err != nil {
				t.Fatal(err)
			}
			if err := f.CheckFinite(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A header at the limit is read, and one that only claims to be there costs nothing.
func TestHeaderLimit(t *testing.T) {
	full := raw("{}"+strings.Repeat(" ", MaxHeader-2), 0)
	if _, err := Read(bytes.NewReader(full), int64(len(full))); err != nil {
		t.Error(err)
	}
	claim := withLength(MaxHeader, "{}")
	if n := testing.AllocsPerRun(1, func() { Read(bytes.NewReader(claim), int64(len(claim))) }); n > 50 {
		t.Errorf("%v allocations", n)
	}
	over := &File{Metadata: map[string]string{"a": strings.Repeat("x", MaxHeader)}}
	if err := over.Write(io.Discard); err == nil || !strings.Contains(err.Error(), "limit") {
		t.Errorf("writing a header that Read would refuse: got error %v", err)
	}
}

// The most tensors that fit a header: memory stays within a few times its size.
func TestManyTensors(t *testing.T) {
	if testing.Short() {
		t.Skip("parses 16 MB of JSON")
	}
	var b strings.Builder
	for i := 0; b.Len() < MaxHeader-100; i++ {
		fmt.Fprintf(&b, `,"%d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`, i)
	}
	file := raw("{"+b.String()[1:]+"}", 0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	if _, err := Read(bytes.NewReader(file), int64(len(file))); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
	t.Logf("%d MB allocated in %v", allocated, time.Since(start))
	if allocated > 1024 {
		t.Errorf("%d MB allocated in all for a header of 16 MB", allocated)
	}
}

// The file shrinks while it is read: its size was true a moment ago.
func TestShrinks(t *testing.T) {
	b := raw(one(`"F32"`, "[100]", "[0,400]"), 400)
	for _, n := range []int{0, 20, 100, len(b) - 1} {
		_, err := Read(bytes.NewReader(b[:n]), int64(len(b)))
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: got error %v", n, err)
		}
	}
}

func TestOpenErrorsNameTheFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	os.WriteFile(path, raw(one(`"U8"`, "[1]", "[1,2]"), 2), 0o600)
	loop := filepath.Join(dir, "loop")
	os.Symlink(loop, loop)
	// A hole in a file takes no room on disk: a big file that costs an attacker nothing.
	sparse := filepath.Join(dir, "sparse")
	header := one(`"U8"`, "[1099511627776]", "[0,1099511627776]")
	os.WriteFile(sparse, raw(header, 0), 0o600)
	if err := os.Truncate(sparse, int64(8+len(header))+1<<40); err != nil {
		t.Skip(err)
	}
	for path, want := range map[string]string{
		path:                         `tensor "w"`,
		dir:                          "is a folder",
		filepath.Join(dir, "absent"): "no such file",
		loop:                         "too many",
		os.DevNull:                   "no regular file",
		sparse:                       "4294967296 are the limit",
	} {
		_, err := Open(path)
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || strings.Count(err.Error(), path) != 1 || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, wanted %q and the path before it, once", err, want)
		}
	}
	odd := filepath.Join(dir, "a\nb\x1b[31m")
	_, absent := Open(odd)
	os.WriteFile(odd, nil, 0o600)
	_, empty := Open(odd)
	for want, err := range map[string]error{`a\nb\x1b[31m": no such file`: absent, `a\nb\x1b[31m": is empty`: empty} {
		if oneLine(t, err); !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, wanted %s", err, want)
		}
	}
}
