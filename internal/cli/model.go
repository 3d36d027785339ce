package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"inkling/classifier"
	"inkling/data/folder"
)

// modelEnd is how the names of model files end.
const modelEnd = ".safetensors"

// loadModel loads a model that a person has named. Where that is no model file, the error
// says what one is, and which there are.
func loadModel(path string) (*classifier.Model, error) {
	m, err := classifier.Load(path)
	if err == nil {
		return m, nil
	}
	if info, missing := os.Stat(path); missing == nil && (strings.HasSuffix(path, modelEnd) && !info.IsDir()) {
		return nil, err // a model that is damaged, or something else that calls itself one
	}
	return nil, fmt.Errorf("%w; %s", err, modelsIn("."))
}

// namedModels is how many models of a folder are named.
const namedModels = 3

// modelsIn says which models are in a folder, or where models come from.
func modelsIn(dir string) string {
	entries, _ := os.ReadDir(dir) // without leave to look there are none to name
	var names []string
	for _, e := range entries {
		if name := e.Name(); filepath.Ext(name) == modelEnd && e.Type().IsRegular() && !strings.HasSuffix(name, ".checkpoint"+modelEnd) {
			names = append(names, quote(name))
		}
	}
	slices.SortFunc(names, folder.Natural)
	switch n := len(names); {
	case n == 0:
		return "a MODEL is a file that inkling train writes, such as inkling-model" + modelEnd
	case n == 1:
		return "a MODEL is a file that inkling train writes; here is " + names[0]
	case n > namedModels:
		names = append(names[:namedModels], count(n-namedModels, "other"))
	}
	last := len(names) - 1
	return "a MODEL is a file that inkling train writes; here are " + strings.Join(names[:last], ", ") + " and " + names[last]
}
