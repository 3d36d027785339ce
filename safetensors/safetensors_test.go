package safetensors

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// golden is a file written by hand from the description of the format.
const golden = "\xe8\x00\x00\x00\x00\x00\x00\x00" +
	`{"__metadata__":{"arch":"mlp","note":"<b> & é"},` +
	`"step":{"dtype":"I64","shape":[],"data_offsets":[0,8]},` +
	`"fc.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},` +
	`"mask":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}}` + "       " + // 225 bytes and 7
	"\xfe\xff\xff\xff\xff\xff\xff\xff" + // -2
	"\x00\x00\x80\x3f\x00\x00\x20\xc0" + // 1, -2.5
	"\x01\x00\xff"

func goldenFile() *File {
	return &File{
		Tensors: []Tensor{
			FromInts("mask", []int{3}, []uint8{1, 0, 255}),
			FromInts("step", nil, []int64{-2}),
			FromFloat32s("fc.weight", []int{1, 2}, []float32{1, -2.5}),
		},
		Metadata: map[string]string{"note": "<b> & é", "arch": "mlp"},
	}
}

func TestGolden(t *testing.T) {
	if diff := cmp.Diff(golden, string(encoded(t, goldenFile()))); diff != "" {
		t.Errorf("Write (-want +got):\n%s", diff)
	}
	f := read(t, []byte(golden))
	want := goldenFile()
	want.Tensors = []Tensor{want.Tensors[1], want.Tensors[2], want.Tensors[0]}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("Read (-want +got):\n%s", diff)
	}
	if _, ok := f.Lookup("mask"); !ok {
		t.Error("no tensor mask")
	}
	if _, ok := f.Lookup("Mask"); ok {
		t.Error("a tensor Mask")
	}
}

// The reference library's own tests expect these bytes of an empty file.
func TestEmptyFile(t *testing.T) {
	if got := string(encoded(t, &File{})); got != "\x08\x00\x00\x00\x00\x00\x00\x00{}      " {
		t.Errorf("%q", got)
	}
}

func encoded(t testing.TB, f *File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := Read(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// files draws any content that Write takes.
func files() *rapid.Generator[*File] {
	return rapid.Custom(func(t *rapid.T) *File {
		f := &File{}
		name := rapid.String().Filter(func(s string) bool { return s != metadataKey })
		for _, name := range rapid.SliceOfNDistinct(name, 0, 6, rapid.ID).Draw(t, "names") {
			d := rapid.SampledFrom(dtypes).Draw(t, "type")
			shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")
			n := d.size
			for _, s := range shape {
				n *= s
			}
			data := rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "data")
			f.Tensors = append(f.Tensors, Tensor{name, d.name, append([]int{}, shape...), data})
		}
		if m := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata"); len(m) > 0 {
			f.Metadata = m
		}
		return f
	})
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := files().Draw(t, "file")
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		got, err := Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sorted(f), sorted(got)); diff != "" {
			t.Fatalf("-want +got:\n%s", diff)
		}

		// The same content in another order: the same bytes.
		f.Tensors = rapid.Permutation(f.Tensors).Draw(t, "order")
		var again bytes.Buffer
		if err := f.Write(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Fatalf("another order of the same tensors: other bytes, or error %v", err)
		}

		// Every tensor is aligned to its type, and none can grow into the next.
		at := 8 + int(b.Bytes()[0]) + int(b.Bytes()[1])<<8 + int(b.Bytes()[2])<<16
		for _, x := range got.Tensors {
			if i := rank(x.DType); at%dtypes[i].size != 0 || cap(x.Data) != len(x.Data) {
				t.Fatalf("%s at byte %d, %d bytes with room for %d", x.DType, at, len(x.Data), cap(x.Data))
			}
			at += len(x.Data)
		}
	})
}

func sorted(f *File) *File {
	g := *f
	g.Tensors = slices.SortedFunc(slices.Values(f.Tensors), func(a, b Tensor) int { return strings.Compare(a.Name, b.Name) })
	return &g
}

func TestWriteRefuses(t *testing.T) {
	w := FromFloat32s("w", []int{2}, []float32{1, 2})
	changed := func(change func(*Tensor)) *File {
		x := w
		change(&x)
		return &File{Tensors: []Tensor{x}}
	}
	for want, f := range map[string]*File{
		"two tensors have this name":               {Tensors: []Tensor{w, w}},
		"keeps this name":                          changed(func(x *Tensor) { x.Name = metadataKey }),
		"name is not UTF-8":                        changed(func(x *Tensor) { x.Name = "\xff" }),
		`unknown type "F33"`:                       changed(func(x *Tensor) { x.DType = "F33" }),
		"has 8 bytes of data, but F32 [3] wants":   changed(func(x *Tensor) { x.Shape = []int{3} }),
		"negative dimension":                       changed(func(x *Tensor) { x.Shape = []int{-1, -2} }),
		"2^63-1":                                   changed(func(x *Tensor) { x.Shape = []int{math.MaxInt, 8} }),
		"65 dimensions":                            changed(func(x *Tensor) { x.Shape = make([]int, 65) }),
		`metadata "a": not UTF-8`:                  {Metadata: map[string]string{"a": "\xff"}},
		`metadata "\xed\xa0\x80": not UTF-8 text,`: {Metadata: map[string]string{"\xed\xa0\x80": ""}},
	} {
		var b bytes.Buffer
		err := f.Write(&b)
		if err == nil || !strings.Contains(err.Error(), want) || b.Len() > 0 {
			t.Errorf("got error %v after %d bytes, wanted %q after none", err, b.Len(), want)
		}
	}
}

// Write hands on what the writer says, wherever it fails.
func TestWriteFails(t *testing.T) {
	for n := range len(golden) {
		if err := goldenFile().Write(&failsAfter{n}); err != io.ErrShortWrite {
			t.Errorf("after %d bytes: got error %v", n, err)
		}
	}
}

type failsAfter struct{ left int }

func (f *failsAfter) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// FuzzRead: whatever the bytes, there is no panic and an error is one line;
// what is accepted can be written, and read again as the same content.
func FuzzRead(f *testing.F) {
	f.Add([]byte(golden))
	for _, c := range refused {
		if len(c.file) < 4096 {
			f.Add(c.file)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Read(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			oneLine(t, err)
			return
		}
		first := encoded(t, file)
		again := read(t, first)
		if diff := cmp.Diff(sorted(file), sorted(again)); diff != "" {
			t.Errorf("-first +again:\n%s", diff)
		}
		if !bytes.Equal(first, encoded(t, again)) {
			t.Error("other bytes when written again")
		}
		file.CheckFinite()
		for _, x := range file.Tensors {
			Float32s(x)
			Ints[int8](x)
		}
	})
}
