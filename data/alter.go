package data

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"inkling/data/augment"
	"inkling/tensor"
)

// alterations make the batches of one epoch on the host: images that are augmented,
// or read from files, or both.
type alterations struct {
	set   *Set
	order []int32
	key   augment.Key // but for the image
	by    []worker
	bytes []uint8   // a batch on the host, where the recipe moves whole pixels,
	reals []float32 // or where it does not
	each  []int32   // 0, 1, 2, ...: all images of a batch that is on the device
}

// worker is one of those who share a batch.
type worker struct {
	*augment.Augmenter
	room []uint8 // for an image that is read
}

// alter prepares the batches of an order of images.
func (l *Loader) alter(order []int32) *alterations {
	workers := l.Workers
	if workers < 1 {
		workers = 1
		if l.Prefetch == 0 || l.Set.Streamed() {
			workers = runtime.GOMAXPROCS(0)
		}
	}
	a := &alterations{set: l.Set, order: order, key: augment.Key{Seed: l.seed, Epoch: l.epoch}}
	for range min(workers, l.Batch) {
		one, err := augment.New(l.Augment, l.Set.Channels, l.Set.Height, l.Set.Width)
		if err != nil {
			panic("data: " + err.Error())
		}
		w := worker{Augmenter: one}
		if l.Set.Streamed() {
			w.room = make([]uint8, l.Set.Pixels())
		}
		a.by = append(a.by, w)
	}
	n := min(l.Batch, len(order))
	if l.Augment.WholePixels() {
		a.bytes, a.each = make([]uint8, n*l.Set.Pixels()), make([]int32, n)
		for i := range a.each {
			a.each[i] = int32(i)
		}
	} else {
		a.reals = make([]float32, n*l.Set.Pixels())
	}
	return a
}

// batch returns images from to to-1 of the order, augmented. (to-from, C, H, W)
func (a *alterations) batch(arena *tensor.Memory, from, to int) (*tensor.Tensor, error) {
	n := to - from
	for _, i := range a.order[from:to] { // here, and not in a goroutine whose panic nobody can recover from
		if i < 0 || int(i) >= a.set.Len() {
			panic(fmt.Sprintf("data: image %d of a set of %d", i, a.set.Len()))
		}
	}
	if err := a.share(from, n); err != nil {
		return nil, err
	}
	s := a.set
	if a.bytes != nil {
		all := tensor.Of(arena, a.each[:n], n)
		return tensor.Of(arena, a.bytes[:n*s.Pixels()], n, s.Channels, s.Height, s.Width).GatherFloat(all, 1.0/255), nil
	}
	return tensor.Of(arena, a.reals[:n*s.Pixels()], n, s.Channels, s.Height, s.Width), nil
}

// share lets the workers make n images from one on. Each takes the next few that
// nobody has taken: images that are read take as long as they like. Of several
// errors it returns that of the first image.
func (a *alterations) share(from, n int) error {
	few := max(n/(8*len(a.by)), 1)
	if a.set.Streamed() {
		few = 1
	}
	var next atomic.Int64
	errs := make([]error, len(a.by))
	failedAt := make([]int, len(a.by))
	work := func(w int) {
		for errs[w] == nil {
			first := int(next.Add(int64(few))) - few
			for k := first; k < min(first+few, n) && errs[w] == nil; k++ {
				errs[w], failedAt[w] = a.make(w, from, k), k
			}
			if first+few >= n {
				return
			}
		}
	}
	if len(a.by) == 1 {
		work(0)
	} else {
		var wait sync.WaitGroup
		for w := range a.by {
			wait.Go(func() { work(w) })
		}
		wait.Wait()
	}
	var first error
	at := n
	for w, err := range errs {
		if err != nil && failedAt[w] < at {
			first, at = err, failedAt[w]
		}
	}
	return first
}

// make lets worker w make image k of the batch that begins at from.
func (a *alterations) make(w, from, k int) error {
	key, p := a.key, a.set.Pixels()
	key.Image = int(a.order[from+k])
	src, err := a.set.view(key.Image, a.by[w].room)
	switch {
	case err != nil:
		return err
	case a.bytes != nil:
		a.by[w].Bytes(a.bytes[k*p:(k+1)*p], src, key)
	default:
		a.by[w].Floats(a.reals[k*p:(k+1)*p], src, key)
	}
	return nil
}

// measured is how many images of a streamed set Measure looks at.
const measured = 10_000

// Measure returns the recipe with the set's own mean and standard deviation of
// each channel, where it asks for them: normalize without numbers. They are
// those of the training images, in evaluation too. Of a streamed set 10,000 images
// are looked at, evenly spaced, or all if there are no more; the error is that of
// one that cannot be read.
func (s *Set) Measure(r augment.Recipe) (augment.Recipe, error) {
	if !r.Normalize.Measure {
		return r, nil
	}
	r.Normalize = augment.Normal{Channels: s.Channels}
	area := s.Height * s.Width
	counts := make([][256]int, s.Channels)
	look := s.Len()
	if s.Streamed() {
		look = min(look, measured)
	}
	room := make([]uint8, s.Pixels())
	for k := range look {
		image, err := s.view(k*s.Len()/look, room)
		if err != nil {
			return r, err
		}
		for c := range counts {
			for _, v := range image[c*area : (c+1)*area] {
				counts[c][v]++
			}
		}
	}
	for c := range counts {
		var n, sum, squares float64
		for v, count := range counts[c] {
			x, k := float64(v)/255, float64(count)
			n, sum, squares = n+k, sum+k*x, squares+k*x*x
		}
		mean := sum / max(n, 1)
		std := math.Sqrt(max(squares/max(n, 1)-mean*mean, 0))
		if std < 1.0/255 { // all alike, or as good as that: nothing to divide by
			std = 1
		}
		r.Normalize.Mean[c], r.Normalize.Std[c] = mean, std
	}
	return r, nil
}
