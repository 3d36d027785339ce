package tour_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"inkling/data/synth"
	"inkling/tour"
)

// A chapter on drawn digits, its events as they come.
func Example() {
	out, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(out)
	err = tour.Run(context.Background(), tour.Options{
		Data: synth.Generate(500, 100, 1), Chapters: []string{"average"}, Out: out,
		Tell: func(event tour.Event) {
			if b, ok := event.(tour.Baseline); ok {
				fmt.Println(b.Distance, b.Accuracy > 0.3)
			}
		},
	})
	fmt.Println(err)
	// Output:
	// mae true
	// mse true
	// <nil>
}
