package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// The collector lets garbage grow to what is alive, and again as much. For a training
// that holds images and weights this is hundreds of megabytes for nothing, as a step in
// steady state makes hardly any; for a command that holds little and decodes files it is
// a collection every few milliseconds. So garbage may be allowance bytes, whatever is
// alive, but no less than leastPercent of that, and no more than mostPercent.
const (
	allowance    = 64 << 20
	leastPercent = 20
	mostPercent  = 400
)

// boundGarbage sets the collector's percentage after each collection, by what it has
// left alive. Who sets GOGC has decided otherwise.
var boundGarbage = sync.OnceFunc(func() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(mostPercent)
	afterCollection(mostPercent)
})

// afterCollection waits for the next collection with an object that nobody holds.
func afterCollection(percent int) {
	sentinel := new([64]byte) // not so small that it shares its place with something that lives on
	runtime.AddCleanup(sentinel, func(percent int) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		next := garbagePercent(live[0].Value.Uint64())
		if next != percent {
			debug.SetGCPercent(next)
		}
		afterCollection(next)
	}, percent)
}

// garbagePercent is how much garbage may come to so many bytes that are alive.
func garbagePercent(live uint64) int {
	return int(min(max(100*allowance/max(live, 1), leastPercent), mostPercent))
}
