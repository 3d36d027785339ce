package safetensors_test

import (
	"fmt"
	"os"
	"path/filepath"

	"inkling/safetensors"
)

func Example() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "model.safetensors")

	err = safetensors.Save(path, &safetensors.File{
		Tensors: []safetensors.Tensor{
			safetensors.FromFloat32s("fc.weight", []int{2, 2}, []float32{1, 2, 3, 4}),
			safetensors.FromFloat32s("fc.bias", []int{2}, []float32{0.5, -0.5}),
		},
		Metadata: map[string]string{"architecture": "linear"},
	})
	if err != nil {
		panic(err)
	}

	f, err := safetensors.Open(path)
	if err != nil {
		panic(err)
	}
	for _, t := range f.Tensors {
		v, err := safetensors.Float32s(t)
		fmt.Println(t.Name, t.DType, t.Shape, v, err)
	}
	f.Path = "model.safetensors"
	fmt.Println(f.Match([]safetensors.Spec{{"fc.weight", "F32", []int{2, 784}}, {"fc.bias", "F32", []int{2}}}))
	// Output:
	// fc.bias F32 [2] [0.5 -0.5] <nil>
	// fc.weight F32 [2 2] [1 2 3 4] <nil>
	// model.safetensors: the tensors are not those of the model, which has 2; was the file saved from another one? "fc.weight" is F32 [2, 2], wanted F32 [2, 784]
}
