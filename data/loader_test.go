package data_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"inkling/data"
	"inkling/data/augment"
	"inkling/data/synth"
	"inkling/device"
	"inkling/device/cpu"
	"inkling/device/ref"
	"inkling/tensor"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("inkling/device/cpu.(*pool).help"))
}

// batch is what a loader gave, kept.
type batch struct {
	shape  []int
	pixels []float32
	labels []int32
}

func epoch(l *data.Loader, rng *rand.Rand) (all []batch) {
	for x, y := range l.Epoch(rng) {
		all = append(all, batch{slices.Clone(x.Shape()), x.Float32s(), y.Ints()})
	}
	return all
}

// order lists the images that the batches hold.
func order(t *testing.T, s *data.Set, all []batch) (out []int) {
	t.Helper()
	p := s.Pixels()
	for _, b := range all {
		if !slices.Equal(b.shape, []int{len(b.labels), s.Channels, s.Height, s.Width}) {
			t.Fatalf("a batch of %d labels has images of shape %v", len(b.labels), b.shape)
		}
		for k, label := range b.labels {
			image := b.pixels[k*p : (k+1)*p]
			i := int(image[0]*255+0.5) | int(image[1]*255+0.5)<<8
			if s.Labels[i] != label {
				t.Fatalf("image %d comes with label %d, want %d", i, label, s.Labels[i])
			}
			for j, v := range image {
				if want := float32(s.Image(i)[j]) / 255; v < want-1e-7 || v > want+1e-7 {
					t.Fatalf("pixel %d of image %d is %v, want %v", j, i, v, want)
				}
			}
			out = append(out, i)
		}
	}
	return out
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func TestEveryImageOnce(t *testing.T) {
	set := numbered(300, 4, func(i int) int32 { return int32(i * 7 % 4) })
	for _, mem := range []*tensor.Memory{tensor.CPU, tensor.On(ref.New())} {
		for _, prefetch := range []int{0, 1, 3} {
			l := data.NewLoader(mem, set, 64)
			l.Prefetch = prefetch
			in := order(t, set, epoch(l, nil))
			if len(in) != 300 || !slices.IsSorted(in) {
				t.Errorf("without a seed the images do not come in the set's order")
			}
			all := epoch(l, seeded(1))
			if len(all) != 5 || l.Batches() != 5 || len(all[4].labels) != 300-4*64 {
				t.Errorf("300 images in batches of 64 gave %d batches, the last of %d", len(all), len(all[len(all)-1].labels))
			}
			got := order(t, set, all)
			if slices.IsSorted(got) {
				t.Error("the images are not shuffled")
			}
			slices.Sort(got)
			if !slices.Equal(got, in) {
				t.Error("an epoch does not show every image once")
			}
		}
	}
}

// Without the short last batch each epoch leaves out as few images, and not
// always the same ones.
func TestDropLast(t *testing.T) {
	set := numbered(300, 4, func(i int) int32 { return int32(i * 7 % 4) })
	for _, prefetch := range []int{0, 2} {
		l := data.NewLoader(tensor.CPU, set, 64)
		l.DropLast, l.Prefetch = true, prefetch
		rng := seeded(1)
		one, two := epoch(l, rng), epoch(l, rng)
		if l.Batches() != 4 || len(one) != 4 || len(two) != 4 || len(one[3].labels) != 64 {
			t.Fatalf("%d batches, then %d, the last of %d images; want 4 of 64", len(one), len(two), len(one[len(one)-1].labels))
		}
		a, b := order(t, set, one), order(t, set, two)
		slices.Sort(a)
		slices.Sort(b)
		if len(slices.Compact(a)) != 256 || slices.Equal(a, b) {
			t.Error("an image comes twice in an epoch, or the same ones are left out of both")
		}
		l.Batch = 301
		if l.Batches() != 0 || len(epoch(l, rng)) != 0 {
			t.Error("a batch of 301 from 300 images")
		}
		l.Batch = 100
		if l.Batches() != 3 || len(epoch(l, rng)) != 3 {
			t.Error("300 images make three batches of 100, with nothing to drop")
		}
	}
}

func TestSeedsDecideTheOrder(t *testing.T) {
	set := numbered(100, 2, func(i int) int32 { return int32(i % 2) })
	l := data.NewLoader(tensor.CPU, set, 32)
	rng := seeded(1)
	first, second := order(t, set, epoch(l, rng)), order(t, set, epoch(l, rng))
	if slices.Equal(first, second) {
		t.Error("two epochs of one generator have the same order")
	}
	if again := order(t, set, epoch(l, seeded(1))); !slices.Equal(first, again) {
		t.Error("the same seed gave another order")
	}
	if other := order(t, set, epoch(l, seeded(2))); slices.Equal(first, other) {
		t.Error("two seeds gave the same order")
	}
}

func TestPrefetchChangesNoBit(t *testing.T) {
	set := numbered(1000, 10, func(i int) int32 { return int32(i % 10) })
	var want []batch
	for _, prefetch := range []int{0, 1, 3, 100} {
		l := data.NewLoader(tensor.CPU, set, 33)
		l.Prefetch = prefetch
		got := epoch(l, seeded(5))
		if want == nil {
			want = got
		}
		for i := range want {
			if !slices.Equal(got[i].pixels, want[i].pixels) || !slices.Equal(got[i].labels, want[i].labels) {
				t.Fatalf("prefetch %d: batch %d differs", prefetch, i)
			}
		}
	}
}

// counting is a device that counts the rows it was asked to gather.
type counting struct {
	device.Backend
	gathered atomic.Int64
}

func (c *counting) Gather(dst, src, index device.View, scale float64) {
	c.Backend.Gather(dst, src, index, scale)
	if src.Rank > 1 { // images, and not their labels
		c.gathered.Add(1)
	}
}

// While the first batch is in use, as many as asked for are gathered, and no more.
func TestPrefetchGathersAhead(t *testing.T) {
	set := numbered(100, 2, func(i int) int32 { return int32(i % 2) })
	for _, prefetch := range []int{0, 1, 3} {
		c := &counting{Backend: cpu.New(1)}
		l := data.NewLoader(tensor.On(c), set, 10)
		l.Prefetch = prefetch
		for range l.Epoch(nil) {
			want := int64(1 + prefetch)
			for wait := 0; c.gathered.Load() < want && wait < 60_000; wait++ {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(20 * time.Millisecond)
			if got := c.gathered.Load(); got != want {
				t.Errorf("prefetch %d: %d batches are gathered while the first is in use, want %d", prefetch, got, want)
			}
			break
		}
	}
}

// Whoever leaves the loop early leaves nothing behind; TestMain looks.
func TestLeavingEarly(t *testing.T) {
	set := numbered(200, 2, func(i int) int32 { return int32(i % 2) })
	for _, prefetch := range []int{0, 1, 3} {
		l := data.NewLoader(tensor.CPU, set, 10)
		l.Prefetch = prefetch
		for range 20 {
			for range l.Epoch(seeded(1)) {
				break
			}
		}
		l.Epoch(seeded(1)) // asked for and never begun
		func() {
			defer func() {
				if recover() != "on purpose" {
					t.Error("the panic of the loop's body was lost")
				}
			}()
			for range l.Epoch(nil) {
				panic("on purpose")
			}
		}()
	}
}

func TestBatchesAreValidUntilTheNext(t *testing.T) {
	set := numbered(30, 2, func(i int) int32 { return int32(i % 2) })
	for _, prefetch := range []int{0, 2} {
		l := data.NewLoader(tensor.CPU, set, 10)
		l.Prefetch = prefetch
		var before *tensor.Tensor
		for x := range l.Epoch(nil) {
			if before != nil {
				func() {
					defer func() {
						if r := recover(); !strings.Contains(fmt.Sprint(r), "used after its arena was reset") {
							t.Errorf("prefetch %d: the batch before was read: %v", prefetch, r)
						}
					}()
					before.Float32s()
				}()
			}
			before = x
		}
	}
}

// An order that names an image that is not there panics where one can recover,
// also if the batch was gathered ahead.
func TestAWrongOrderPanicsInTheCaller(t *testing.T) {
	set := numbered(30, 2, func(i int) int32 { return int32(i % 2) })
	for _, prefetch := range []int{0, 2} {
		l := data.NewLoader(tensor.CPU, set, 10)
		l.Prefetch = prefetch
		func() {
			defer func() {
				if r := recover(); !strings.Contains(fmt.Sprint(r), "30") {
					t.Errorf("prefetch %d: image 30 of 30 gave %v", prefetch, r)
				}
			}()
			for range l.Of([]int32{1, 2, 30}) {
			}
		}()
	}
}

func TestLoaderEdges(t *testing.T) {
	empty := data.NewLoader(tensor.CPU, numbered(0, 2, nil), 8)
	if got := epoch(empty, seeded(1)); len(got) != 0 || empty.Batches() != 0 {
		t.Errorf("an empty set gives %d batches", len(got))
	}
	one := data.NewLoader(tensor.CPU, numbered(3, 1, func(int) int32 { return 0 }), 1)
	if got := epoch(one, nil); len(got) != 3 {
		t.Errorf("batches of one: %d of 3", len(got))
	}
	defer func() {
		if r := recover(); r != "data: batches of 0 images" {
			t.Errorf("a batch of 0 gave %v", r)
		}
	}()
	data.NewLoader(tensor.CPU, numbered(3, 1, func(int) int32 { return 0 }), 0)
}

// An epoch taken up in its middle goes on with the same batches, augmented alike.
func TestEpochFrom(t *testing.T) {
	set := synth.Generate(103, 0, 1).Train
	shift, err := augment.Parse("shift=2")
	if err != nil {
		t.Fatal(err)
	}
	for _, drop := range []bool{false, true} {
		loader := data.NewLoader(tensor.CPU, set, 10)
		loader.DropLast, loader.Augment = drop, shift
		of := func(first int) (all []batch) {
			loader.Restart(5, 3)
			for x, y := range loader.EpochFrom(seeded(7), first) {
				all = append(all, batch{slices.Clone(x.Shape()), x.Float32s(), y.Ints()})
			}
			return all
		}
		whole := of(0)
		for _, first := range []int{1, 4, loader.Batches() - 1, loader.Batches()} {
			if !reflect.DeepEqual(append(whole[:first:first], of(first)...), whole) {
				t.Errorf("drop %v: from batch %d on the epoch is another", drop, first)
			}
		}
		for _, first := range []int{-1, loader.Batches() + 1} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("an epoch from batch %d on is dealt", first)
					}
				}()
				loader.EpochFrom(seeded(7), first)
			}()
		}
	}
}

func TestInOrder(t *testing.T) {
	set := synth.Generate(20, 0, 3).Train
	l := data.NewLoader(tensor.CPU, set, 6)
	l.InOrder = true
	var got []int32
	for _, y := range l.Epoch(seeded(1)) {
		got = append(got, y.Ints()...)
	}
	if !slices.Equal(got, set.Labels) {
		t.Errorf("labels come as %v, want the set's own order %v", got, set.Labels)
	}
}
