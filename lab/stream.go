package lab

import (
	"sync"
)

// Streams are bounded: so many listeners, so many events that one may be behind. Who
// is further behind is dropped, and its browser connects again; nobody waits for it.
const (
	maxListeners = 256
	maxBehind    = 256
)

// broadcaster sends each event to all that listen.
type broadcaster struct {
	mu     sync.Mutex
	to     map[*listener]bool
	closed bool
}

// listener is one stream. Its channel is closed when it is dropped, and at the end.
type listener struct {
	events chan []byte
}

func newBroadcaster() *broadcaster { return &broadcaster{to: map[*listener]bool{}} }

// listen returns a listener, or nil if there are too many, or there is no more to come.
func (b *broadcaster) listen() *listener {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(b.to) >= maxListeners {
		return nil
	}
	n := &listener{make(chan []byte, maxBehind)}
	b.to[n] = true
	return n
}

func (b *broadcaster) leave(n *listener) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(n)
}

// drop is leave under the lock.
func (b *broadcaster) drop(n *listener) {
	if b.to[n] {
		delete(b.to, n)
		close(n.events)
	}
}

func (b *broadcaster) publish(event []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n := range b.to {
		select {
		case n.events <- event:
		default:
			b.drop(n)
		}
	}
}

func (b *broadcaster) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for n := range b.to {
		b.drop(n)
	}
}

// Events, as they go to the page. Each has the key "event".
type (
	// runEvent: a run was begun, or its state has changed.
	runEvent struct {
		Event string `json:"event"` // "run"
		Summary
	}
	// stepsEvent: what has come out since the last one of this run, ten times a
	// second at most.
	stepsEvent struct {
		Event    string  `json:"event"` // "steps"
		Run      string  `json:"run"`
		From     int     `json:"from"`
		To       int     `json:"to"` // the batch just seen; its update is not made yet
		Of       int     `json:"of"`
		Loss     float64 `json:"loss"`     // mean over the batches from From to To
		Accuracy float64 `json:"accuracy"` // on batch To
		Rate     float64 `json:"lr"`
		Seconds  float64 `json:"seconds"`
		Weights  int     `json:"weights"` // the step of the newest weights that can be asked for
	}
	// epochEvent: an epoch has ended.
	epochEvent struct {
		Event string `json:"event"` // "epoch"
		Run   string `json:"run"`
		EpochPoint
	}
	// modelEvent: a model file was loaded.
	modelEvent struct {
		Event string `json:"event"` // "model"
		ModelSummary
	}
	// goneEvent: a run was deleted.
	goneEvent struct {
		Event string `json:"event"` // "gone"
		Run   string `json:"run"`
	}
)
