package classifier_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"inkling/classifier"
	"inkling/data"
	"inkling/data/augment"
	"inkling/data/idx"
	"inkling/data/picture"
	"inkling/data/synth"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

// taught trains a model for some epochs and measures its training images.
func taught(t testing.TB, name string, set *data.Set, epochs int, change string) *classifier.Model {
	t.Helper()
	spec := models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)}
	net, err := models.New(name, spec, models.Init(name, tensor.CPU, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	r, err := augment.Parse(change)
	if err != nil {
		t.Fatal(err)
	}
	loader := data.NewLoader(tensor.CPU, set, 64)
	if loader.Augment, err = set.Measure(r); err != nil {
		t.Fatal(err)
	}
	trainer := &train.Trainer{Model: net, Loss: nn.CrossEntropy, Optimizer: optim.NewAdam(net.Params(), 0.003), Epochs: epochs, Train: loader}
	if err := trainer.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := &classifier.Model{Info: classifier.Info{Architecture: name, Spec: spec, Classes: set.Classes, Scale: 1.0 / 255}, Net: net}
	typical, err := classifier.NewTypical(spec, set.Len(), func(i int) ([]byte, error) { return set.Image(i), nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Measure(typical); err != nil {
		t.Fatal(err)
	}
	return c
}

var reader = sync.OnceValue(func() *classifier.Model {
	return taught(&testing.T{}, "network", synth.Generate(3000, 0, 2).Train, 3, "")
})

// grey is an image of bytes in rows.
func grey(pixels []uint8, width int) *image.Gray {
	return &image.Gray{Pix: pixels, Stride: width, Rect: image.Rect(0, 0, width, len(pixels)/width)}
}

// What is known of the training images travels in the file, and a drawing is read
// as the same digit in the training's form is.
func TestClassify(t *testing.T) {
	trained := reader()
	c, err := classifier.Load(saved(t, trained))
	if err != nil {
		t.Fatal(err)
	}
	if c.Typical == nil || c.Typical.Ink == nil || c.Typical.Ink.Side.Median != 20 {
		t.Fatalf("the file says of its training images: %+v", c.Typical)
	}
	test := synth.Generate(0, 50, 9).Test
	same := 0
	for i := range test.Len() {
		plain, err := c.Classify(grey(test.Image(i), 28))
		if err != nil {
			t.Fatal(err)
		}
		if !plain.Ink.Unchanged || !bytes.Equal(plain.Image, test.Image(i)) {
			t.Fatal("an image like the training's was changed")
		}
		sum := 0.0
		for _, p := range plain.Probabilities {
			sum += p
		}
		if plain.Class != c.Classes[plain.Index] || plain.Probability != plain.Probabilities[plain.Index] || plain.Probability != slices.Max(plain.Probabilities) ||
			math.Abs(sum-1) > 1e-9 || plain.Best()[0] != plain.Index || plain.Digits != 1 {
			t.Fatalf("%+v", plain)
		}
		// Drawn large in blue on white, in a corner.
		large := image.NewNRGBA(image.Rect(0, 0, 300, 250))
		for k := range 300 * 250 {
			large.SetNRGBA(k%300, k/300, color.NRGBA{255, 255, 255, 255})
			if x, y := k%300/6, k/300/6; x < 28 && y < 28 {
				v := 255 - test.Image(i)[y*28+x]
				large.SetNRGBA(k%300, k/300, color.NRGBA{v, v, 127 + v/2, 255})
			}
		}
		drawn, err := c.Classify(large)
		if err != nil {
			t.Fatal(err)
		}
		if drawn.Class == plain.Class && !drawn.Ink.Unchanged && len(drawn.Unlike) == 0 {
			same++
		}
	}
	if same < 48 {
		t.Errorf("only %d of 50 digits are read as before when they are drawn large", same)
	}
}

// Ink on nothing: a drawing program saves what was not drawn on as transparent.
func TestClassifyTransparent(t *testing.T) {
	c, digit := reader(), synth.Generate(0, 1, 9).Test.Image(0)
	want, err := c.Classify(grey(digit, 28))
	if err != nil {
		t.Fatal(err)
	}
	for _, pen := range []uint8{0, 255} {
		m := image.NewNRGBA(image.Rect(0, 0, 40, 40))
		for i, v := range digit {
			m.SetNRGBA(i%28+6, i/28+6, color.NRGBA{pen, pen, pen, v})
		}
		got, err := c.Classify(m)
		if err != nil || got.Class != want.Class || math.Abs(got.Probability-want.Probability) > 0.1 {
			t.Errorf("a pen of %d: %v, %v", pen, got.Class, err)
		}
	}
	if _, err := c.Classify(image.NewNRGBA(image.Rect(0, 0, 40, 40))); err == nil || !strings.Contains(err.Error(), "no ink") {
		t.Errorf("nothing at all: %v", err)
	}
}

func TestSeveralDigits(t *testing.T) {
	c, test := reader(), synth.Generate(0, 2, 9).Test
	m := image.NewGray(image.Rect(0, 0, 120, 60))
	for k := range 2 {
		for i, v := range test.Image(k) {
			m.SetGray(10+60*k+i%28, 15+i/28, color.Gray{v})
		}
	}
	answers, err := c.Read(func(o picture.Options) (*picture.Picture, error) { return picture.Of(m, o), nil })
	if err != nil || len(answers) != 2 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	for k, a := range answers {
		want, _ := c.Classify(grey(test.Image(k), 28))
		if a.Class != want.Class || a.Digit != k || a.Digits != 2 {
			t.Errorf("digit %d of %d is read as %s, want %s", a.Digit, a.Digits, a.Class, want.Class)
		}
	}
	if one, err := c.Classify(m); err != nil || !strings.Contains(strings.Join(one.Unlike, " "), "2 digits stand on it") {
		t.Errorf("%q, %v", one.Unlike, err)
	}
}

// A model of other things takes a picture whole, and says in what it is unlike.
func TestClassifyPhotographs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	set := &data.Set{Channels: 3, Height: 16, Width: 16, Classes: []string{"left", "right"}}
	for i := range 200 {
		day := 40 + rng.IntN(40)
		for k := range 3 * 256 {
			light := day + 8*(k%16)
			if i%2 == 0 {
				light = day + 8*(15-k%16)
			}
			set.Images = append(set.Images, uint8(light+10*(k/256)))
		}
		set.Labels = append(set.Labels, int32(i%2))
	}
	c := taught(t, "linear", set, 5, "")
	if c.Typical.Ink != nil {
		t.Fatal("photographs are taken for ink")
	}
	picture := func(add int, colour bool) image.Image {
		m := image.NewNRGBA(image.Rect(0, 0, 64, 64))
		for k := range 64 * 64 {
			light := uint8(60 + 2*(k%64) + add)
			m.SetNRGBA(k%64, k/64, color.NRGBA{light, light + 10, light + 20, 255})
			if colour {
				m.SetNRGBA(k%64, k/64, color.NRGBA{light, 0, 255 - light, 255})
			}
		}
		return m
	}
	a, err := c.Classify(picture(0, false))
	if err != nil || a.Class != "right" || len(a.Unlike) != 0 || a.Prepared.Ink != nil || len(a.Image) != 3*256 {
		t.Errorf("an ordinary one: %s, unlike %q, %v", a.Class, a.Unlike, err)
	}
	if a, _ = c.Classify(picture(-60, false)); !strings.Contains(strings.Join(a.Unlike, " "), "its brightness is") || !strings.Contains(strings.Join(a.Unlike, " "), "more light") {
		t.Errorf("a dark one: %q", a.Unlike)
	}
	if a, _ = c.Classify(picture(0, true)); !strings.Contains(strings.Join(a.Unlike, " "), "colourfulness") {
		t.Errorf("a colourful one: %q", a.Unlike)
	}
}

// One loaded model answers many goroutines at once, each as if it were alone.
func TestConcurrentUse(t *testing.T) {
	for _, c := range []*classifier.Model{reader(), untrained(t, "resnet-small")} {
		test := synth.Generate(0, 16, 9).Test
		var want [16]classifier.Answer
		for i := range want {
			var err error
			if want[i], err = c.Classify(grey(test.Image(i), 28)); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for i := range want {
			wg.Go(func() {
				for range 5 {
					got, err := c.Classify(grey(test.Image(i), 28))
					if err != nil || !slices.Equal(got.Probabilities, want[i].Probabilities) {
						t.Errorf("goroutine %d: %v, %v; alone it was %v", i, got.Class, err, want[i].Class)
					}
				}
			})
		}
		wg.Wait()
	}
}

// A file that tells nonsense of its training images is refused.
func TestTypicalIsChecked(t *testing.T) {
	for want, spoil := range map[string]func(*classifier.Info){
		"a range": func(i *classifier.Info) { i.Typical.Energy.Low = 1e9 },
		"ink on":  func(i *classifier.Info) { i.Typical.Ink.Height = 29 },
		"ink of":  func(i *classifier.Info) { i.Typical.Ink.Stroke.Median, i.Typical.Ink.Stroke.High = 1e3, 1e3 },
	} {
		path := saved(t, reader())
		inform(t, path, spoil)
		if _, err := classifier.Load(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "training images look like") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := classifier.NewTypical(digits, 3, func(int) ([]byte, error) { return nil, errors.New("gone") }); err == nil {
		t.Error("an image that cannot be read")
	}
	if _, err := classifier.NewTypical(digits, 0, nil); err == nil {
		t.Error("no images")
	}
}

// mnist are the real images; a test without them is skipped.
func mnist(t *testing.T) *data.Dataset {
	t.Helper()
	dir := "../../shared/mnist"
	if root := os.Getenv("INKLING_DATA"); root != "" {
		dir = filepath.Join(root, "mnist")
	}
	if _, err := os.Stat(filepath.Join(dir, "train-images-idx3-ubyte.gz")); err != nil {
		t.Skip("skipped: no MNIST")
	}
	ds, err := idx.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// Photographs of test digits, written with a pen on paper, are read; so are the
// digits as they are in the files, every byte as it is.
func TestPhotographs(t *testing.T) {
	ds := mnist(t)
	learn, epochs, seeds, want := 15_000, 2, uint64(1), 0.9 // in a few seconds; the rest wants a better model
	if os.Getenv("INKLING_ACCEPTANCE") != "" {
		learn, epochs, seeds, want = 60_000, 3, 10, 0.95
	}
	some := make([]int, learn)
	for i := range some {
		some[i] = i
	}
	c := taught(t, "cnn", ds.Train.Subset(some), epochs, "shift=2,rotate=10")

	asFiles := 0
	for i := range ds.Test.Len() {
		inputs, err := c.Prepare(func(o picture.Options) (*picture.Picture, error) {
			return picture.Of(grey(ds.Test.Image(i), 28), o), nil
		})
		if err == nil && len(inputs) == 1 && bytes.Equal(inputs[0].Image, ds.Test.Image(i)) {
			asFiles++
		}
	}
	if asFiles != ds.Test.Len() {
		t.Errorf("%d of %d test images reach the model as they are", asFiles, ds.Test.Len())
	}

	const each = 50
	all, right := 0, 0
	for seed := range seeds {
		rng, here := rand.New(rand.NewPCG(seed, 7)), 0
		for range each {
			i := rng.IntN(ds.Test.Len())
			m, err := jpeg.Decode(bytes.NewReader(photograph(rng, ds.Test.Image(i))))
			if err != nil {
				t.Fatal(err)
			}
			if a, err := c.Classify(m); err == nil && a.Class == ds.Test.Classes[ds.Test.Labels[i]] {
				here++
			}
		}
		all, right = all+each, right+here
		if float64(here) < 0.9*each {
			t.Errorf("seed %d: %d of %d photographs are read", seed, here, each)
		}
	}
	t.Logf("%d of %d photographs are read", right, all)
	if float64(right) < want*float64(all) {
		t.Errorf("%d of %d photographs are read, want %.0f %%", right, all, 100*want)
	}
}
