package data

import (
	"fmt"
	"math"
	"runtime"
	"sync"

	"inkling/data/augment"
	"inkling/tensor"
)

// alterations make the batches of one epoch whose images are augmented.
type alterations struct {
	set   *Set
	order []int32
	key   augment.Key // but for the image
	by    []*augment.Augmenter
	bytes []uint8   // a batch on the host, where the recipe moves whole pixels,
	reals []float32 // or where it does not
	each  []int32   // 0, 1, 2, ...: all images of a batch that is on the device
}

// alter prepares the batches of an order of images.
func (l *Loader) alter(order []int32) *alterations {
	workers := l.Workers
	if workers < 1 {
		workers = 1
		if l.Prefetch == 0 {
			workers = runtime.GOMAXPROCS(0)
		}
	}
	a := &alterations{set: l.Set, order: order, key: augment.Key{Seed: l.seed, Epoch: l.epoch}}
	for range min(workers, l.Batch) {
		one, err := augment.New(l.Augment, l.Set.Channels, l.Set.Height, l.Set.Width)
		if err != nil {
			panic("data: " + err.Error())
		}
		a.by = append(a.by, one)
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
func (a *alterations) batch(arena *tensor.Memory, from, to int) *tensor.Tensor {
	n := to - from
	for _, i := range a.order[from:to] { // here, and not in a goroutine whose panic nobody can recover from
		if i < 0 || int(i) >= a.set.Len() {
			panic(fmt.Sprintf("data: image %d of a set of %d", i, a.set.Len()))
		}
	}
	if len(a.by) == 1 {
		a.make(0, from, 0, n)
	} else {
		var wait sync.WaitGroup
		for w := range a.by {
			wait.Go(func() { a.make(w, from, w*n/len(a.by), (w+1)*n/len(a.by)) })
		}
		wait.Wait()
	}
	s := a.set
	if a.bytes != nil {
		all := tensor.Of(arena, a.each[:n], n)
		return tensor.Of(arena, a.bytes[:n*s.Pixels()], n, s.Channels, s.Height, s.Width).GatherFloat(all, 1.0/255)
	}
	return tensor.Of(arena, a.reals[:n*s.Pixels()], n, s.Channels, s.Height, s.Width)
}

// make lets worker w make images first to last-1 of the batch that begins at from.
func (a *alterations) make(w, from, first, last int) {
	key, p := a.key, a.set.Pixels()
	for k := first; k < last; k++ {
		key.Image = int(a.order[from+k])
		if src := a.set.Image(key.Image); a.bytes != nil {
			a.by[w].Bytes(a.bytes[k*p:(k+1)*p], src, key)
		} else {
			a.by[w].Floats(a.reals[k*p:(k+1)*p], src, key)
		}
	}
}

// Measure returns the recipe with the set's own mean and standard deviation of
// each channel, where it asks for them: normalize without numbers. They are
// those of the training images, in evaluation too.
func (s *Set) Measure(r augment.Recipe) augment.Recipe {
	if !r.Normalize.Measure {
		return r
	}
	r.Normalize = augment.Normal{Channels: s.Channels}
	area := s.Height * s.Width
	for c := range s.Channels {
		var counts [256]int
		for i := range s.Len() {
			for _, v := range s.Image(i)[c*area : (c+1)*area] {
				counts[v]++
			}
		}
		var n, sum, squares float64
		for v, count := range counts {
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
	return r
}
