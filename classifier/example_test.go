package classifier_test

import (
	"fmt"
	"image"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"inkling/classifier"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

// A model is kept in one file, which is verified when it is loaded.
func Example() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "model.safetensors")
	spec := models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 2}
	made := &classifier.Model{
		Info: classifier.Info{Architecture: "linear", Spec: spec, Classes: []string{"cat", "dog"}, Scale: 1.0 / 255},
		Net:  models.NewLinear(spec, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0)))),
	}
	if err := made.Save(path, [][]byte{make([]byte, spec.Pixels())}); err != nil {
		log.Fatal(err)
	}

	model, err := classifier.Load(path)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := model.Classify(image.NewGray(image.Rect(0, 0, 640, 480)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Class, len(answer.Probabilities), model.Preprocessing() != "")
	// Output: dog 2 true
}
