package source_test

import (
	"context"
	"fmt"

	"inkling/data/source"
)

// Whatever a person calls DATA: a known name, a folder, an archive.
func Example() {
	opened, err := source.Open(context.Background(), source.Synth, source.Options{SynthTrain: 200, SynthTest: 50})
	if err != nil {
		panic(err)
	}
	fmt.Println(opened.Name, opened.Train.Len(), opened.Test.Len())
	_, err = source.Open(context.Background(), "./no/such/folder", source.Options{})
	fmt.Println(err != nil)
	// Output:
	// synth 200 50
	// true
}
