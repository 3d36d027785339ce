package synth_test

import (
	"fmt"

	"inkling/data/synth"
)

// Drawn digits: the same seed draws the same bytes.
func Example() {
	a, b := synth.Generate(100, 10, 7), synth.Generate(100, 10, 7)
	fmt.Println(a.Train.Counts(), a.Train.Fingerprint() == b.Train.Fingerprint())
	// Output: [10 10 10 10 10 10 10 10 10 10] true
}
