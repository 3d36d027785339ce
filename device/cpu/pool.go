package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// pool runs the pieces of one operation on several cores. The caller works too;
// its helpers spin for a moment after each operation, because the next one is
// usually microseconds away, and then sleep.
//
// How an operation is cut depends on the operation alone, never on the number
// of workers: that is what makes results the same bits everywhere.
type pool struct {
	workers int

	mu   sync.Mutex // held while an operation runs; a second caller computes alone
	task func(piece int)

	// Each worker begins with a share of its own, the same part of every
	// operation, so that what it wrote it also reads: two cores may have no cache
	// in common. A worker whose share is done takes pieces from the others'.
	shares []share
	open   atomic.Bool  // task and shares may be read
	active atomic.Int64 // helpers that may be reading them
	failed atomic.Pointer[any]

	parked atomic.Int64
	wake   chan struct{}
	start  sync.Once

	// Where other programs want the cores too, a helper may be stopped in the
	// middle of a piece for milliseconds, and everyone waits for it. After such
	// a wait the caller works alone for as long, and for twice as long if it
	// happens again soon: time that goes well together is taken off again.
	alone, patience time.Duration
}

// share is consecutive pieces, on cache lines of their own.
type share struct {
	next atomic.Int64 // the next piece to hand out
	end  int64
	_    [48]byte
}

// spins is how often a helper looks for work before it sleeps: some 200 microseconds.
const spins = 300_000

// tooLong is a wait for helpers, beyond that for a few pieces, which says that
// they do not have their cores to themselves; most is how long the caller then
// works alone at most, and nap how long it sleeps at a time while it waits on:
// the helper may take its core.
const (
	tooLong = 200 * time.Microsecond
	most    = 50 * time.Millisecond
	nap     = 50 * time.Microsecond
)

func newPool(workers int) *pool {
	workers = max(workers, 1)
	return &pool{workers: workers, shares: make([]share, workers), wake: make(chan struct{}, workers)}
}

// run calls task(0), ..., task(n-1), in any order, and returns when all are done.
func (p *pool) run(n int, task func(piece int)) {
	if n <= 1 || p.workers == 1 || !p.mu.TryLock() {
		for i := range n {
			task(i)
		}
		return
	}
	defer p.mu.Unlock()
	start := time.Now()
	if p.alone > 0 {
		for i := range n {
			task(i)
		}
		p.alone -= time.Since(start)
		return
	}
	p.start.Do(func() {
		for worker := 1; worker < p.workers; worker++ {
			go p.help(worker)
		}
	})
	p.task = task
	for w := range p.shares {
		s := &p.shares[w]
		s.next.Store(int64(w * n / p.workers))
		s.end = int64((w + 1) * n / p.workers)
	}
	p.open.Store(true)
	for range min(int(p.parked.Load()), n-1) {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	done := p.work(0)
	took := time.Since(start)
	p.open.Store(false)
	p.wait(took, tooLong+3*took/time.Duration(max(done, 1)))
	p.task = nil
	if failure := p.failed.Swap(nil); failure != nil {
		panic(*failure)
	}
}

// wait returns when no helper is at work, after an operation that took so long
// until then, and notes whether the wait was longer than it should be.
func (p *pool) wait(took, limit time.Duration) {
	for range spins {
		if p.active.Load() == 0 {
			p.patience = max(p.patience-took, 0)
			return
		}
	}
	start := time.Now()
	for p.active.Load() != 0 {
		if time.Since(start) > limit {
			time.Sleep(nap)
		} else {
			runtime.Gosched()
		}
	}
	if waited := time.Since(start); waited > limit {
		p.patience = min(max(2*p.patience, waited), most)
		p.alone = p.patience
	}
}

// work does pieces until none is left, the worker's own share first, and returns
// how many. A piece that panics does so in the caller of run.
func (p *pool) work(worker int) (done int) {
	defer func() {
		if failure := recover(); failure != nil {
			kept := failure // &failure would be an allocation at every call, panic or not
			p.failed.CompareAndSwap(nil, &kept)
			for w := range p.shares {
				p.shares[w].next.Store(p.shares[w].end)
			}
		}
	}()
	for k := range p.workers {
		s := &p.shares[(worker+k)%p.workers]
		for {
			i := s.next.Add(1) - 1
			if i >= s.end {
				break
			}
			p.task(int(i))
			done++
		}
	}
	return done
}

func (p *pool) help(worker int) {
	idle := 0
	for {
		// Counting itself in before it looks keeps the caller from changing the
		// task under a helper: the caller closes first and then waits for zero.
		if p.open.Load() {
			p.active.Add(1)
			if p.open.Load() {
				p.work(worker)
				idle = 0
			}
			p.active.Add(-1)
		}
		if idle++; idle < spins {
			continue
		}
		idle = 0
		p.parked.Add(1)
		if !p.open.Load() {
			<-p.wake
		}
		p.parked.Add(-1)
	}
}
