package lab_test

import (
	"context"
	"fmt"
	"log"

	"inkling/data"
	"inkling/lab"
)

// A run is started, followed to its end, and gone through afterwards; Handler serves
// the same over HTTP.
func Example() {
	l := lab.New(lab.Options{
		Data: []string{"synth"},
		Open: func(context.Context, string) (*data.Dataset, error) { return small, nil },
	})
	defer l.Close()
	settings, err := l.Usual().With([]byte(`{"model":"linear","epochs":1,"batch":100}`))
	if err != nil {
		log.Fatal(err)
	}
	run, err := l.Start(settings, false)
	if err != nil {
		log.Fatal(err)
	}
	if err := run.Wait(context.Background()); err != nil {
		log.Fatal(err)
	}
	s := run.Summary()
	fmt.Println(s.State, s.Step, s.Steps)
	// Output: done 11 11
}
