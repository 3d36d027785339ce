package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// grey makes a PNG of height x width pixels, all of one value.
func grey(height, width int, v uint8) []byte {
	m := image.NewGray(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = v
	}
	return encode(m)
}

func encode(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// plain makes an image of one colour.
func plain(height, width int, c color.NRGBA) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// plant writes a tree of files; a nil file is an empty folder.
func plant(t testing.TB, files map[string][]byte) string {
	t.Helper()
	root := t.TempDir()
	for name, b := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		dir := filepath.Dir(path)
		if b == nil {
			dir = path
		}
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if b != nil {
			if err := os.WriteFile(path, b, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

// wantError checks that an error has one line and every one of the parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q has several lines", err)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q, want one with %q", err, p)
		}
	}
}

func open(t *testing.T, files map[string][]byte, opt Options) (*findingsOf, error) {
	t.Helper()
	ds, r, err := Open(context.Background(), plant(t, files), opt)
	if err != nil {
		return &findingsOf{report: r}, err
	}
	f := &findingsOf{report: r, classes: ds.Train.Classes, channels: ds.Train.Channels}
	f.train, f.pixels = ds.Train.Names, ds.Train.Images
	if ds.Valid != nil {
		f.valid = ds.Valid.Names
	}
	if ds.Test != nil {
		f.test = ds.Test.Names
	}
	return f, nil
}

// findingsOf is what a test asks of an opened tree.
type findingsOf struct {
	classes, train, valid, test []string
	channels                    int
	pixels                      []uint8
	report                      *Report
}

func TestLayout(t *testing.T) {
	a, b := grey(2, 2, 1), grey(2, 2, 2)
	for _, c := range []struct {
		name                 string
		files                map[string][]byte
		classes, train, test []string
	}{
		{"classes", map[string][]byte{"dog/x.png": a, "cat/y.png": b}, []string{"cat", "dog"}, []string{"cat/y.png", "dog/x.png"}, nil},
		{"natural order", map[string][]byte{"10/a.png": a, "2/a10.png": a, "2/a9.png": b}, []string{"2", "10"}, []string{"2/a9.png", "2/a10.png", "10/a.png"}, nil},
		{"training and testing", map[string][]byte{"training/0/a.png": a, "training/1/b.png": a, "testing/1/c.png": b},
			[]string{"0", "1"}, []string{"training/0/a.png", "training/1/b.png"}, []string{"testing/1/c.png"}},
		{"one folder above", map[string][]byte{"m/train/0/a.png": a, "m/train/1/b.png": a, "m/README": []byte("hello")},
			[]string{"0", "1"}, []string{"m/train/0/a.png", "m/train/1/b.png"}, nil},
		{"numbers are indices", map[string][]byte{"0/7.png": a, "0/010.png": a, "1/9.png": b}, []string{"0", "1"}, []string{"0/7.png", "1/9.png", "0/010.png"}, nil},
		{"numbers twice", map[string][]byte{"0/7.png": a, "0/10.png": a, "1/7.png": b}, []string{"0", "1"}, []string{"0/7.png", "0/10.png", "1/7.png"}, nil},
		{"a class called train", map[string][]byte{"bus/1.png": a, "train/2.png": b}, []string{"bus", "train"}, []string{"bus/1.png", "train/2.png"}, nil},
		{"left behind by systems", map[string][]byte{"0/a.png": a, "1/b.png": a, "0/.DS_Store": []byte("x"), "0/Thumbs.db": []byte("x"), "__MACOSX/0/._a.png": []byte("x"), ".git/x/y": []byte("x")},
			[]string{"0", "1"}, []string{"0/a.png", "1/b.png"}, nil},
		{"names as they come", map[string][]byte{"a\nb/x\x1b[31m.png": a, "\xff/y.png": b}, []string{"a\nb", "\xff"}, []string{"a\nb/x\x1b[31m.png", "\xff/y.png"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := open(t, c.files, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([][]string{c.classes, c.train, c.test}, [][]string{got.classes, got.train, got.test}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLayoutRefused(t *testing.T) {
	a := grey(2, 2, 1)
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"empty folder", nil, "the folder is empty"},
		{"images without folders", map[string][]byte{"1.png": a, "2.png": a}, "2 files but no folders"},
		{"one class", map[string][]byte{"cat/1.png": a}, "only one class, cat"},
		{"empty class", map[string][]byte{"cat/1.png": a, "dog": nil}, "class dog has no readable training images"},
		{"test class unknown", map[string][]byte{"train/0/1.png": a, "train/1/2.png": a, "test/2/3.png": a}, "class 2 is in test, but has no training images"},
		{"test alone", map[string][]byte{"test/0/1.png": a, "test/1/2.png": a}, "no training images beside test"},
		{"train twice", map[string][]byte{"train/0/1.png": a, "training/0/1.png": a}, "are both the train split"},
		{"no classes in train", map[string][]byte{"train/1.png": a, "test/0/1.png": a}, "folder inside a class"},
		{"folder in a class", map[string][]byte{"cat/1.png": a, "cat/more/2.png": a, "dog/3.png": a}, "cat/more: a folder inside a class"},
		{"escaped", map[string][]byte{"a\nb/x\x1b[31m.png": []byte("junk"), "c/y.png": a}, `"a\nb/x\x1b[31m.png": the file is text`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(t, c.files, Options{})
			wantError(t, err, c.want)
		})
	}
	_, _, err := Open(context.Background(), filepath.Join(t.TempDir(), "no\nsuch"), Options{})
	wantError(t, err, `no\nsuch": no such file or folder`)
}

// Broken files are named, all of them up to a number; with SkipBroken they are
// left out and reported.
func TestBroken(t *testing.T) {
	files := map[string][]byte{"a/0.png": grey(2, 2, 1), "b/0.png": grey(2, 2, 2)}
	for i := range 8 {
		files[fmt.Sprintf("a/bad%d.png", i)] = []byte("not an image")
		files[fmt.Sprintf("b/good%d.png", i)] = grey(2, 2, uint8(10+i))
	}
	_, err := open(t, files, Options{})
	wantError(t, err, "8 files are not readable images", "a/bad0.png: the file is text", "a/bad4.png", "and 3 more")
	var broken *BrokenError
	if !errors.As(err, &broken) || len(broken.Offenders) != 8 {
		t.Errorf("%v is no BrokenError with 8 offenders", err)
	}
	got, err := open(t, files, Options{SkipBroken: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.train) != 10 || len(got.report.Offenders) != 8 {
		t.Errorf("%d images and %d offenders, want 10 and 8", len(got.train), len(got.report.Offenders))
	}
	files["a/0.png"] = []byte{}
	_, err = open(t, files, Options{SkipBroken: true})
	wantError(t, err, "class a has no readable training images")
	for i := range 8 {
		files[fmt.Sprintf("b/good%d.png", i)] = []byte("neither")
	}
	_, err = open(t, files, Options{SkipBroken: true})
	wantError(t, err, "17 of 18 files cannot be read as images, which is more than half", "a/0.png: the file is empty")
}

// A file is what its content says, whatever it is called.
func TestWrongExtensions(t *testing.T) {
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 2, 2)), nil); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, map[string][]byte{"a/1.jpg": grey(2, 2, 9), "a/2.txt": grey(2, 2, 8), "b/3.png": photo.Bytes(), "b/4": photo.Bytes()}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a/1.jpg", "a/2.txt", "b/3.png", "b/4"}; !slices.Equal(got.train, want) || got.pixels[0] != 9 || got.pixels[4] != 8 {
		t.Errorf("images %v, pixels %v", got.train, got.pixels)
	}
}

// The number of workers changes nothing.
func TestWorkers(t *testing.T) {
	files := make(map[string][]byte)
	for i := range 700 {
		m := image.NewGray(image.Rect(0, 0, 3, 2))
		for k := range m.Pix {
			m.Pix[k] = uint8(i*7 + k)
		}
		files[fmt.Sprintf("%d/x%d.png", i%3, i)] = encode(m)
	}
	root := plant(t, files)
	want, _, err := Open(context.Background(), root, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	var done int
	got, _, err := Open(context.Background(), root, Options{Workers: 7, Progress: func(d, total int) {
		if done = d; total != 700 {
			t.Errorf("progress of %d, want 700", total)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || done != 700 {
		t.Errorf("%d done; %s", done, diff)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Open(ctx, root, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	_, _, err = Open(context.Background(), root, Options{Limits: Limits{Files: 100}})
	wantError(t, err, "more than 100 files")
}

func TestScale(t *testing.T) {
	files := map[string][]byte{"a/1.png": grey(28, 28, 7), "a/2.png": grey(56, 40, 9), "b/3.png": encode(plain(3, 5, color.NRGBA{1, 2, 3, 255}))}
	got, err := open(t, files, Options{Height: 28, Width: 28})
	if err != nil {
		t.Fatal(err)
	}
	n := 28 * 28
	if got.channels != 3 || len(got.pixels) != 3*3*n || got.pixels[0] != 7 || got.pixels[3*n] != 9 || got.pixels[6*n] != 1 || got.pixels[8*n] != 3 ||
		got.report.Height != 28 || got.report.Width != 28 || got.report.Channels != 3 || got.report.Streamed {
		t.Errorf("%d channels, %d bytes", got.channels, len(got.pixels))
	}
	_, err = open(t, files, Options{Height: 28})
	wantError(t, err, "cannot scale images to 28 x 0")
}

func TestScan(t *testing.T) {
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 4, 4)), nil); err != nil {
		t.Fatal(err)
	}
	root := plant(t, map[string][]byte{
		"train/a/1.png": grey(2, 2, 1), "train/a/2.png": grey(2, 2, 2), "train/b/3.png": grey(2, 2, 1), "train/b/4.jpg": jpg.Bytes(),
		"test/a/5.png": grey(2, 2, 2), "test/a/6.png": []byte{},
	})
	r, err := Scan(context.Background(), root, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := &Report{
		Images: 5, Classes: []string{"a", "b"},
		Splits:    []SplitCount{{"train", []int{2, 2}}, {"test", []int{1, 0}}},
		Sizes:     []SizeCount{{2, 2, 4, "train/a/1.png"}, {4, 4, 1, "train/b/4.jpg"}},
		Modes:     []ModeCount{{"PNG, grey, 8 bits", 4, "train/a/1.png"}, {"JPEG, grey", 1, "train/b/4.jpg"}},
		Offenders: []Offender{{"test/a/6.png", "the file is empty"}},
		Copies: []Copy{{Name: "train/b/3.png", Split: "train", Class: "b", Of: "train/a/1.png", OfSplit: "train", OfClass: "a"},
			{Name: "test/a/5.png", Split: "test", Class: "a", Of: "train/a/2.png", OfSplit: "train", OfClass: "a"}},
		Channels: 1, Height: 8, Width: 8,
	}
	problems, warnings := r.Problems, r.Warnings
	r.Problems, r.Warnings = nil, nil
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
	if len(r.Leaks()) != 1 || len(r.Contradictions()) != 1 {
		t.Errorf("%d leaks and %d contradictions, want 1 and 1", len(r.Leaks()), len(r.Contradictions()))
	}
	if rare, common, fewest, most := r.Balance(); rare != "a" || common != "a" || fewest != 2 || most != 2 {
		t.Errorf("balance %s %s %d %d", rare, common, fewest, most)
	}
	if len(problems) != 0 || len(warnings) != 2 {
		t.Errorf("problems %q, warnings %q", problems, warnings)
	}
}

func TestNatural(t *testing.T) {
	names := []string{"", "01", "1", "1a", "2", "10", "a", "a1", "a01b", "a2", "a10", "b"}
	want := []string{"", "01", "1", "1a", "2", "10", "a", "a1", "a01b", "a2", "a10", "b"}
	slices.Reverse(names)
	slices.SortFunc(names, Natural)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-b0-2\.]{0,5}`), 3, 3, rapid.ID).Draw(t, "names")
		slices.SortFunc(s, Natural)
		for i := range s {
			for j := range s {
				if got, want := Natural(s[i], s[j]), max(-1, min(1, i-j)); got != want {
					t.Fatalf("Natural(%q, %q) = %d, want %d: no order", s[i], s[j], got, want)
				}
			}
		}
	})
}

// Images to judge a model on need not be of two classes, nor of all.
func TestFoldersToJudgeOn(t *testing.T) {
	a := grey(2, 2, 1)
	for name, files := range map[string]map[string][]byte{
		"one class": {"cat/1.png": a}, "an empty class": {"cat/1.png": a, "dog": nil},
	} {
		if got, err := open(t, files, Options{Judged: true}); err != nil || len(got.train) != 1 {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := open(t, files, Options{}); err == nil {
			t.Errorf("%s is enough to be trained on", name)
		}
	}
}
