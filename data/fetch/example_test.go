package fetch_test

import (
	"fmt"

	"inkling/data/fetch"
)

// The data sets that can be downloaded; Download verifies each file.
func Example() {
	for _, s := range fetch.Known()[:2] {
		fmt.Println(s.Name, s.Train, s.Test, s.Side, len(s.Files))
	}
	// Output:
	// mnist 60000 10000 28 4
	// fashion-mnist 60000 10000 28 4
}
