package cli

import (
	"os"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// The more is alive the smaller is the share that garbage may come to.
func TestGarbageIsBounded(t *testing.T) {
	if os.Getenv("GOGC") != "" {
		t.Skip("skipped: GOGC is set, which decides")
	}
	boundGarbage()
	percent := func() uint64 {
		s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(s)
		return s[0].Value.Uint64()
	}
	becomes := func(ok func(uint64) bool, what string) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; runtime.GC() {
			if ok(percent()) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: garbage may come to %d %% of what is alive", what, percent())
			}
			time.Sleep(time.Millisecond)
		}
	}
	large := make([]byte, 6*allowance)
	becomes(func(p uint64) bool { return p == leastPercent }, "with 384 MB alive")
	runtime.KeepAlive(large)
	large = nil
	becomes(func(p uint64) bool { return p > 2*leastPercent }, "without them")
}

func TestGarbagePercent(t *testing.T) {
	for live, want := range map[uint64]int{0: mostPercent, 1 << 20: mostPercent, allowance: 100, 2 * allowance: 50, 100 * allowance: leastPercent} {
		if got := garbagePercent(live); got != want {
			t.Errorf("%d bytes alive: %d %%, want %d", live, got, want)
		}
	}
}
