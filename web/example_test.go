package web_test

import (
	"bytes"
	"fmt"
	"log"
	"math/rand/v2"

	"inkling/classifier"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
	"inkling/web"
)

// A model as one page that needs nothing else.
func Example() {
	spec := models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}
	model := &classifier.Model{
		Info: classifier.Info{Architecture: "linear", Spec: spec, Classes: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, Scale: 1.0 / 255},
		Net:  models.NewLinear(spec, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0)))),
	}
	page, err := web.NewPage(model)
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if err := page.Write(&file); err != nil {
		log.Fatal(err)
	}
	fmt.Println(bytes.HasPrefix(file.Bytes(), []byte("<!DOCTYPE html>")), file.Len() < 1<<20, page.Draws())
	// Output: true true false
}
