package inkling

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may lists, for each package, which others of the project it may import. It is
// the layout of DESIGN.md: whatever is not here is not allowed, and what is here
// but not used is reported too, so that the table stays true.
var may = map[string][]string{
	"internal/kernel":   {},
	"device":            {},
	"device/ref":        {"device"},
	"device/cpu":        {"device", "internal/kernel"},
	"device/devicetest": {"device", "device/ref"},
	"tensor":            {"device", "device/cpu"},
	"autograd":          {"tensor"},
	"nn":                {"autograd", "tensor"},
	"optim":             {"autograd", "device", "tensor"},
	"models":            {"autograd", "nn", "tensor"},
	"data/augment":      {},
	"data":              {"data/augment", "tensor"},
	"data/idx":          {"data", "internal/replace"},
	"data/picture":      {},
	"data/ink":          {},
	"data/folder":       {"data", "data/idx", "data/picture", "internal/replace"},
	"data/fetch":        {},
	"data/synth":        {"data"},
	"data/source":       {"data", "data/fetch", "data/folder", "data/idx", "data/synth"},
	"safetensors":       {"internal/replace"},
	"classifier":        {"autograd", "data/augment", "data/ink", "data/picture", "models", "nn", "safetensors", "tensor"},
	"onnx":              {"autograd", "classifier", "data/augment", "device", "models", "nn", "tensor"},
	"train":             {"autograd", "data", "nn", "optim", "tensor"},
	"checkpoint":        {"autograd", "data", "optim", "safetensors", "tensor", "train"},
	"recipe":            {"autograd", "data", "data/augment", "models", "nn", "optim", "tensor", "train"},
	"explain":           {"autograd", "data", "device", "device/ref", "nn", "optim", "tensor", "train"},
	"web":               {"autograd", "classifier", "data", "data/augment", "internal/identity", "models", "nn", "tensor"},
	"report":            {"explain", "internal/identity", "internal/replace", "train"},
	"tour":              {"autograd", "classifier", "data", "explain", "internal/replace", "models", "nn", "optim", "recipe", "report", "tensor", "train"},
	"internal/cli":      {"autograd", "checkpoint", "classifier", "data", "data/augment", "data/folder", "data/idx", "data/picture", "data/source", "data/synth", "device/cpu", "explain", "internal/cli/bench", "internal/kernel", "internal/replace", "lab", "models", "nn", "onnx", "recipe", "report", "safetensors", "tensor", "tour", "train", "web"},
	"internal/identity": {},
	"internal/replace":  {},
	"internal/scenes":   {},
	"internal/browser":  {}, // tests only
	"lab":               {"autograd", "classifier", "data", "data/augment", "data/ink", "data/picture", "explain", "models", "nn", "recipe", "safetensors", "tensor", "train", "web"},
	"cmd/inkling":       {"internal/cli"},
	"docs/recipes":      {"recipe", "report"},
	"parity":            {"data", "data/idx"},

	"examples":                 {}, // tests only
	"examples/beautiful_mnist": {"autograd", "data", "data/source", "models", "nn", "optim", "tensor", "train"},
	"examples/http":            {"classifier", "data/picture"},
	"examples/watch":           {"classifier", "data/picture"},

	"internal/cli/bench": {"autograd", "data", "data/folder", "data/source", "data/synth", "device/cpu", "internal/kernel", "models", "nn", "optim", "tensor", "train"},
}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		name, ok := strings.CutPrefix(p.ImportPath, "inkling/")
		if !ok {
			continue // the root, which holds tests only
		}
		seen[name] = true
		allowed, known := may[name]
		if !known {
			t.Errorf("package %s has no place in the table of imports_test.go", name)
			continue
		}
		used := map[string]bool{}
		for _, i := range p.Imports {
			if own, ok := strings.CutPrefix(i, "inkling/"); ok {
				used[own] = true
				if !slices.Contains(allowed, own) {
					t.Errorf("%s imports %s, which the table does not allow", name, own)
				}
			}
		}
		for _, a := range allowed {
			if !used[a] {
				t.Errorf("%s may import %s but does not; take it out of the table", name, a)
			}
		}
	}
	for name := range may {
		if !seen[name] {
			t.Errorf("the table speaks of %s, which is not there", name)
		}
	}
}
