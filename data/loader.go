package data

import (
	"fmt"
	"iter"
	"math/rand/v2"

	"inkling/data/augment"
	"inkling/tensor"
)

// Loader deals a Set out in batches: floats from 0 to 1, and labels. The images
// lie on the device as bytes and are widened while a batch is gathered; with
// Augment, and those of a streamed Set, they are made on the host.
type Loader struct {
	Set   *Set
	Batch int // images in a batch; the last one of an epoch may be smaller
	// DropLast leaves a smaller last batch out: some of the images, others in each epoch.
	DropLast bool
	// InOrder deals every epoch in the Set's own order, as if nobody had thought of
	// shuffling: a mistake, for showing what it does.
	InOrder bool
	// Prefetch is how many batches are gathered ahead, beside the training; with
	// 0 a batch is gathered when it is asked for. The bits are the same.
	Prefetch int
	// Augment changes the images, anew in every epoch; evaluation takes its Test
	// counterpart. What happens to an image follows from the seed and the epoch
	// (see Restart) and from its number in the Set. Epoch and Of panic if the
	// recipe does not fit the images: ask Augment.Fits about one that comes from outside.
	Augment augment.Recipe
	// Workers is how many goroutines share a batch that is made on the host. 0 is one
	// where it is made ahead, beside a training that has its own, else as many as
	// there are cores; also for images that are read from files, which takes longer than
	// to change them. The bits are the same.
	Workers int

	mem    *tensor.Memory
	images *tensor.Tensor // byte, (N, C, H, W); nil for a streamed set
	labels *tensor.Tensor // int, (N)

	seed  uint64 // of the augmentation
	epoch int    // that the next shuffled Epoch is
	err   error  // why the last Epoch or Of ended early
}

// aheadOfFiles is how many batches of a streamed set are made ahead.
const aheadOfFiles = 2

// NewLoader moves a Set to a device and returns its loader. Of a streamed Set only
// the labels are moved, and Prefetch is 2. It panics on a batch of less than one image.
func NewLoader(mem *tensor.Memory, set *Set, batch int) *Loader {
	if batch < 1 {
		panic(fmt.Sprintf("data: batches of %d images", batch))
	}
	l := &Loader{Set: set, Batch: batch, mem: mem, labels: tensor.Of(mem, set.Labels, set.Len())}
	if set.Streamed() {
		l.Prefetch = aheadOfFiles
	} else {
		l.images = tensor.Of(mem, set.Images, set.Len(), set.Channels, set.Height, set.Width)
	}
	return l
}

// Err returns why the batches ended early: a *ReadError where an image of a streamed
// Set could not be read, nil where all have come. Ask it after ranging over Epoch or Of.
func (l *Loader) Err() error { return l.err }

// Batches is the number of batches in an epoch.
func (l *Loader) Batches() int { return (l.dealt(l.Set.Len()) + l.Batch - 1) / l.Batch }

// dealt is how many of n images come in batches.
func (l *Loader) dealt(n int) int {
	if l.DropLast {
		n -= n % l.Batch
	}
	return n
}

// Restart says what Augment draws from: a seed, and the number of epochs that
// came before the next one. A new loader has seed 0 and epoch 0; each call of
// Epoch with a generator is one epoch.
func (l *Loader) Restart(seed uint64, epoch int) { l.seed, l.epoch = seed, epoch }

// Epoch yields every image once, but for those that DropLast leaves out, in an order drawn from rng; in the Set's own
// order if rng is nil. Images come as (n, C, H, W) and labels as (n). Both are
// valid until the next batch is asked for.
func (l *Loader) Epoch(rng *rand.Rand) iter.Seq2[*tensor.Tensor, *tensor.Tensor] {
	return l.EpochFrom(rng, 0)
}

// EpochFrom is Epoch without its first batches: they are drawn, so that those that
// follow are the same, and left out. It panics if there are fewer.
func (l *Loader) EpochFrom(rng *rand.Rand, first int) iter.Seq2[*tensor.Tensor, *tensor.Tensor] {
	if first < 0 || first > l.Batches() {
		panic(fmt.Sprintf("data: an epoch of %d batches from batch %d on", l.Batches(), first))
	}
	order := make([]int32, l.Set.Len())
	for i := range order {
		order[i] = int32(i)
	}
	if rng != nil && !l.InOrder {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	batches := l.Of(order[min(first*l.Batch, len(order)):])
	if rng != nil {
		l.epoch++
	}
	return batches
}

// Of yields the images named by order, in batches.
func (l *Loader) Of(order []int32) iter.Seq2[*tensor.Tensor, *tensor.Tensor] {
	order = order[:l.dealt(len(order))]
	index := tensor.Of(l.mem, order, len(order))
	var altered *alterations
	if l.Augment != (augment.Recipe{}) || l.Set.Streamed() {
		altered = l.alter(order)
	}
	l.err = nil
	if l.Prefetch > 0 {
		return l.ahead(index, altered)
	}
	return func(yield func(x, y *tensor.Tensor) bool) {
		arena := l.mem.Arena()
		for from := 0; from < len(order); from += l.Batch {
			arena.Reset()
			x, y, err := l.gather(arena, index, altered, from)
			if l.err = err; err != nil || !yield(x, y) {
				return
			}
		}
	}
}

func (l *Loader) gather(arena *tensor.Memory, index *tensor.Tensor, altered *alterations, from int) (x, y *tensor.Tensor, err error) {
	index = arena.Enter(index)
	to := min(from+l.Batch, index.Len())
	rows := index.Slice(0, from, to)
	if altered != nil {
		if x, err = altered.batch(arena, from, to); err != nil {
			return nil, nil, err
		}
		return x, l.labels.Gather(rows), nil
	}
	if to < index.Len() { // what comes next can be fetched while this batch is computed with
		defer l.images.Soon(index.Slice(0, to, min(to+l.Batch, index.Len())))
	}
	return l.images.GatherFloat(rows, 1.0/255), l.labels.Gather(rows), nil
}

// ahead gathers batches on a goroutine of its own, each into one of a ring of
// arenas: as many as may wait, and one for the batch that is in use.
func (l *Loader) ahead(index *tensor.Tensor, altered *alterations) iter.Seq2[*tensor.Tensor, *tensor.Tensor] {
	type batch struct {
		arena  *tensor.Memory
		x, y   *tensor.Tensor
		err    error
		failed any // what gathering panicked with
	}
	return func(yield func(x, y *tensor.Tensor) bool) {
		free := make(chan *tensor.Memory, l.Prefetch+1)
		for range l.Prefetch + 1 {
			free <- l.mem.Arena()
		}
		ready, stop := make(chan batch, l.Prefetch), make(chan struct{})
		go func() {
			defer close(ready)
			defer func() { // a panic belongs to the caller, who may recover from it
				if failure := recover(); failure != nil {
					select {
					case ready <- batch{failed: failure}:
					case <-stop:
					}
				}
			}()
			for from := 0; from < index.Len(); from += l.Batch {
				select {
				case <-stop:
					return
				case arena := <-free:
					x, y, err := l.gather(arena, index, altered, from)
					select {
					case ready <- batch{arena, x, y, err, nil}:
					case <-stop:
						return
					}
					if err != nil {
						return
					}
				}
			}
		}()
		defer func() {
			close(stop)
			for range ready { // until the goroutine has gone
			}
		}()
		for b := range ready {
			if b.failed != nil {
				panic(b.failed)
			}
			if l.err = b.err; b.err != nil || !yield(b.x, b.y) {
				return
			}
			b.arena.Reset() // here, so that a stale use panics in the caller
			free <- b.arena
		}
	}
}
