package data_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"inkling/data"
	"inkling/data/augment"
	"inkling/data/synth"
	"inkling/device/ref"
	"inkling/tensor"
)

func recipe(t testing.TB, text string) augment.Recipe {
	t.Helper()
	r, err := augment.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const (
	wholePixels = "shift=2,erase=0.1"
	warped      = "crop=25,rotate=10,elastic=1,standardize"
)

// The same images in three epochs, whatever the number of workers and of
// batches ahead, and whatever the size of the batches.
func TestAugmentationIsTheSameEveryTime(t *testing.T) {
	set := synth.Generate(150, 0, 1).Train
	images := func(text string, batch, prefetch, workers int, seed uint64) (all []float32) {
		l := data.NewLoader(tensor.CPU, set, batch)
		l.Augment, l.Prefetch, l.Workers = recipe(t, text), prefetch, workers
		l.Restart(seed, 0)
		rng := seeded(4)
		for range 3 {
			for _, b := range epoch(l, rng) {
				all = append(all, b.pixels...)
			}
		}
		return all
	}
	for _, text := range []string{wholePixels, warped} {
		want := images(text, 32, 0, 1, 5)
		for _, c := range [][3]int{{32, 0, 0}, {32, 2, 0}, {32, 3, 4}, {7, 1, 3}, {150, 0, 200}, {1, 0, 8}} {
			if got := images(text, c[0], c[1], c[2], 5); !slices.Equal(got, want) {
				t.Errorf("%s: batches of %d, %d ahead, %d workers: other images", text, c[0], c[1], c[2])
			}
		}
		if slices.Equal(images(text, 32, 0, 1, 6), want) {
			t.Errorf("%s: another seed gives the same images", text)
		}
	}
}

// An image is shown anew in every epoch, and always with its own label; what is
// drawn belongs to the image, not to its place in the order.
func TestAugmentationFollowsTheImage(t *testing.T) {
	set := synth.Generate(60, 0, 1).Train
	for _, prefetch := range []int{0, 2} {
		l := data.NewLoader(tensor.CPU, set, 16)
		l.Augment, l.Prefetch = recipe(t, warped), prefetch
		l.Restart(9, 3)
		by, err := augment.New(l.Augment, 1, 28, 28)
		if err != nil {
			t.Fatal(err)
		}
		order := make([]int32, 60)
		for e := 3; e < 6; e++ {
			for i := range order {
				order[i] = int32(i)
			}
			seeded(uint64(e)).Shuffle(60, func(i, j int) { order[i], order[j] = order[j], order[i] })
			at := 0
			for x, y := range l.Epoch(seeded(uint64(e))) {
				labels, pixels := y.Ints(), x.Float32s()
				if !slices.Equal(x.Shape(), []int{len(labels), 1, 28, 28}) {
					t.Fatalf("a batch of shape %v", x.Shape())
				}
				for k, label := range labels {
					i := int(order[at])
					want := make([]float32, 784)
					by.Floats(want, set.Image(i), augment.Key{Seed: 9, Epoch: e, Image: i})
					if label != set.Labels[i] || !slices.Equal(pixels[k*784:(k+1)*784], want) {
						t.Fatalf("epoch %d: what comes at place %d is not image %d, augmented", e, at, i)
					}
					at++
				}
			}
			if at != 60 {
				t.Fatalf("an epoch of %d images", at)
			}
		}
	}
}

// A recipe that does nothing to the pixels leaves every bit as it is without it,
// on each device.
func TestNoAugmentationNoChange(t *testing.T) {
	set := numbered(100, 2, func(i int) int32 { return int32(i % 2) })
	for _, mem := range []*tensor.Memory{tensor.CPU, tensor.On(ref.New())} {
		plain := epoch(data.NewLoader(mem, set, 9), seeded(1))
		for _, text := range []string{"shift=0%", "erase=1e-9", "scale=1..1", "normalize=0/1"} {
			l := data.NewLoader(mem, set, 9)
			l.Augment = recipe(t, text)
			for i, b := range epoch(l, seeded(1)) {
				if !slices.Equal(b.labels, plain[i].labels) {
					t.Errorf("%s: other labels", text)
				}
				for k, v := range b.pixels {
					if math.Abs(float64(v-plain[i].pixels[k])) > 1e-7 || mem == tensor.CPU && v != plain[i].pixels[k] {
						t.Fatalf("%s: pixel %d is %v, and %v without the recipe", text, k, v, plain[i].pixels[k])
					}
				}
			}
		}
	}
}

// The order of the images is what it is without augmentation.
func TestAugmentationKeepsTheOrder(t *testing.T) {
	set := synth.Generate(80, 0, 1).Train
	labels := func(text string) (all []int32) {
		l := data.NewLoader(tensor.CPU, set, 10)
		l.Augment = recipe(t, text)
		rng := seeded(3)
		for range 2 {
			for _, b := range epoch(l, rng) {
				all = append(all, b.labels...)
			}
		}
		return all
	}
	if !slices.Equal(labels("none"), labels(warped)) {
		t.Error("with augmentation the images come in another order")
	}
}

func TestAugmentationEdges(t *testing.T) {
	set := numbered(30, 2, func(i int) int32 { return int32(i % 2) }) // 2 x 3 pixels
	for _, prefetch := range []int{0, 2} {
		for _, c := range []struct {
			recipe string
			order  []int32
			want   string
		}{
			{"shift=1", []int32{1, 2, 30}, "image 30 of a set of 30"},
			{"rotate=10", []int32{-1}, "image -1 of a set of 30"},
			{"shift=5", []int32{1}, "data: shift=5 is too much for images of 2 x 3 pixels: 1 at most"},
		} {
			l := data.NewLoader(tensor.CPU, set, 10)
			l.Augment, l.Prefetch, l.Workers = recipe(t, c.recipe), prefetch, 2
			func() {
				defer func() {
					if r := recover(); !strings.Contains(fmt.Sprint(r), c.want) {
						t.Errorf("%s of %v: %v, want %q", c.recipe, c.order, r, c.want)
					}
				}()
				for range l.Of(c.order) {
				}
			}()
		}
		for range 20 { // leaving early leaves nothing behind; TestMain looks
			l := data.NewLoader(tensor.CPU, set, 3)
			l.Augment, l.Prefetch, l.Workers = recipe(t, "rotate=10"), prefetch, 3
			for range l.Epoch(seeded(1)) {
				break
			}
		}
		empty := data.NewLoader(tensor.CPU, numbered(0, 2, nil), 8)
		empty.Augment, empty.Prefetch = recipe(t, "rotate=10"), prefetch
		if got := epoch(empty, seeded(1)); len(got) != 0 {
			t.Errorf("an empty set gives %d batches", len(got))
		}
	}
}

// A set's own mean and deviation make its batches come out at 0 and 1, channel
// by channel.
func TestMeasure(t *testing.T) {
	set := &data.Set{Channels: 2, Height: 3, Width: 2, Classes: []string{"a"}}
	for i := range 50 * 12 {
		v := i * 7 % 50
		if i/6%2 == 1 {
			v = 100 + i*31%140
		}
		set.Images = append(set.Images, uint8(v))
	}
	set.Labels = make([]int32, 50)
	r, err := set.Measure(recipe(t, "shift=1,normalize"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Shift.Value != 1 || r.Normalize.Channels != 2 {
		t.Fatalf("measured: %v", r)
	}
	l := data.NewLoader(tensor.CPU, set, 50)
	l.Augment = r.Test()
	for x := range l.Epoch(nil) {
		mean := x.Mean(0, 2, 3)
		for c := range 2 {
			square := 0.0
			for i, v := range x.Float32s() {
				if i/6%2 == c {
					square += float64(v) * float64(v) / 300
				}
			}
			if math.Abs(mean.At(c)) > 1e-5 || math.Abs(square-1) > 1e-5 {
				t.Errorf("channel %d comes out with mean %v and mean square %v", c, mean.At(c), square)
			}
		}
	}
	if again, err := set.Measure(r); again != r || err != nil {
		t.Error("numbers that are given are measured again")
	}
	for _, s := range []*data.Set{{Channels: 1, Height: 1, Width: 1}, {Channels: 1, Height: 1, Width: 2, Images: []uint8{9, 9}, Labels: []int32{0}}} {
		if r, err := s.Measure(recipe(t, "normalize")); err != nil {
			t.Error(err)
		} else if n := r.Normalize; n.Std[0] != 1 || math.IsNaN(n.Mean[0]) {
			t.Errorf("of images without contrast: %+v", n)
		}
	}
}

// BenchmarkAugmentedEpoch is what loading alone costs, an image.
func BenchmarkAugmentedEpoch(b *testing.B) {
	set := synth.Generate(5000, 0, 1).Train
	for _, text := range []string{"none", "shift=2", "shift=2,rotate=10,scale=0.9..1.1,elastic=1.5"} {
		for _, prefetch := range []int{0, 2} {
			b.Run(fmt.Sprintf("%s/prefetch=%d/cores=%d", text, prefetch, runtime.GOMAXPROCS(0)), func(b *testing.B) {
				l := data.NewLoader(tensor.CPU, set, 128)
				l.Augment, l.Prefetch = recipe(b, text), prefetch
				rng := seeded(1)
				for b.Loop() {
					for range l.Epoch(rng) {
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*set.Len()), "ns/image")
			})
		}
	}
}
