package onnx_test

import (
	"bytes"
	"fmt"
	"log"
	"math/rand/v2"

	"inkling/classifier"
	"inkling/models"
	"inkling/nn"
	"inkling/onnx"
	"inkling/tensor"
)

// A model goes out as ONNX and is read back: the same answers.
func Example() {
	spec := models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 2}
	model := &classifier.Model{
		Info: classifier.Info{Architecture: "network", Spec: spec, Classes: []string{"cat", "dog"}, Scale: 1.0 / 255},
		Net:  models.NewNetwork(spec, 64, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0)))),
	}
	made, err := onnx.Export(model, onnx.Options{Preprocess: true})
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if err := made.Write(&file); err != nil {
		log.Fatal(err)
	}

	read, err := onnx.Decode(file.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	session, err := onnx.NewSession(read)
	if err != nil {
		log.Fatal(err)
	}
	image := make([]byte, spec.Pixels())
	out, err := session.Run(map[string]*tensor.Tensor{"image": tensor.FromBytes(image, 1, 28, 28, 1)})
	if err != nil {
		log.Fatal(err)
	}
	far := out["logits"].Sub(tensor.FromFloats(model.Logits(image), 1, 2)).Abs().Max().Item()
	fmt.Println(read.Metadata["classes"], read.Graph.Inputs[0].Dims, far < 1e-6)
	// Output: ["cat","dog"] [N 28 28 1] true
}
