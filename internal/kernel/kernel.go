// Package kernel computes on slices of float32: matrix products, elementary
// functions, sums. Each function exists as a plain Go loop and, on amd64, as
// generated assembly for AVX2 and AVX-512; which of them runs is the level,
// chosen once at start.
//
// Nothing here starts a goroutine or allocates in steady state. Unless a
// function says otherwise, dst and the operands have the same length, and dst
// may be one of the operands but may not overlap one in any other way.
package kernel

import (
	"fmt"
	"os"
	"strings"
)

// The levels, from the least to the most demanding.
const (
	levelGo     = "go"
	levelAVX2   = "avx2"
	levelAVX512 = "avx512"
)

// The environment variable that forces a level.
const levelVariable = "INKLING_CPU"

var (
	active   *routines // the routines that every exported function calls
	levelErr error
)

func init() { active, levelErr = choose(os.Getenv(levelVariable)) }

// choose returns the routines of the wanted level, or the best ones that this
// machine can run where none is wanted. A wish that cannot be met is an error;
// the routines that come with it work, but are not what was asked for.
func choose(wanted string) (*routines, error) {
	best := available[len(available)-1]
	if wanted == "" {
		return best, nil
	}
	for _, r := range available {
		if r.level == wanted {
			return r, nil
		}
	}
	return best, fmt.Errorf("%s=%s: this machine can run %s", levelVariable, wanted, strings.Join(Levels(), ", "))
}

// Level is the instruction set in use: "avx512", "avx2" or "go".
func Level() string { return active.level }

// Err reports an INKLING_CPU that names an unknown level, or one that this
// machine cannot run. A command must show it and stop.
func Err() error { return levelErr }

// Levels lists what this machine can run, the best last.
func Levels() []string {
	names := make([]string, len(available))
	for i, r := range available {
		names[i] = r.level
	}
	return names
}

// Use switches to a level and returns a function that switches back. It panics
// on a level that is not in Levels. It is for tests and benchmarks: no other
// function of this package may run meanwhile.
func Use(level string) (restore func()) {
	before := active
	r, err := choose(level)
	if err != nil || level == "" {
		panic(fmt.Sprintf("[kernel.Use] level %q: this machine can run %s", level, strings.Join(Levels(), ", ")))
	}
	active = r
	return func() { active = before }
}
