package classifier_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/classifier"
	"inkling/models"
	"inkling/nn"
	"inkling/safetensors"
	"inkling/tensor"
)

// fresh returns a model with initial values of its own.
func fresh(t *testing.T, name string, s models.Spec, seed uint64) nn.Layer {
	t.Helper()
	m, err := models.New(name, s, models.Init(name, tensor.CPU, rand.New(rand.NewPCG(seed, 0))))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// same compares two models' numbers by name, those of the head and all others.
func same(a, b nn.Layer) (body, head bool) {
	of := models.HeadOf(a)
	body, head = true, true
	for i, p := range nn.State(a) {
		q := nn.State(b)[i]
		equal := slices.Equal(p.Value.Float32s(), q.Value.Float32s())
		if strings.HasPrefix(p.Name, of) {
			head = head && equal
		} else {
			body = body && equal
		}
	}
	return body, head
}

// A model file of ours goes on with its head where the classes are the same, and with
// a new one where they are not.
func TestBeginWithAModelFile(t *testing.T) {
	spec := models.Spec{Channels: 3, Height: 16, Width: 12, Classes: 3}
	for _, name := range []string{"resnet-quick", "cnn", "network", "resnet-small", "resnet8"} {
		m := &classifier.Model{
			Info: classifier.Info{Architecture: name, Spec: spec, Classes: []string{"a", "b", "c"}, Scale: 1.0 / 255, Input: "standardize"},
			Net:  fresh(t, name, spec, 1),
		}
		path := filepath.Join(t.TempDir(), "m.safetensors")
		if err := m.Save(path, [][]byte{make([]byte, spec.Pixels())}); err != nil {
			t.Fatal(err)
		}
		p, err := classifier.OpenPretrained(path)
		if err != nil {
			t.Fatal(err)
		}
		if p.Architecture != name || p.Input != "standardize" || p.Channels != 3 || p.Height != 16 || p.Width != 12 || p.Torchvision() {
			t.Errorf("%+v", p)
		}
		next := fresh(t, name, spec, 2)
		if kept, err := p.Start(next, []string{"a", "b", "c"}); err != nil || !kept {
			t.Errorf("%s: the head is kept: %v, %v", name, kept, err)
		}
		if body, head := same(m.Net, next); !body || !head {
			t.Errorf("%s: the body is the file's: %v, the head: %v", name, body, head)
		}
		wide := spec
		wide.Classes = 5
		next, untouched := fresh(t, name, wide, 2), fresh(t, name, wide, 2)
		if kept, err := p.Start(next, []string{"a", "b", "c", "d", "e"}); err != nil || kept {
			t.Errorf("%s: the head is kept for other classes: %v, %v", name, kept, err)
		}
		if _, head := same(untouched, next); !head {
			t.Errorf("%s: the new head is not new", name)
		}
		for i, q := range nn.State(next) {
			if !strings.HasPrefix(q.Name, models.HeadOf(next)) && !slices.Equal(q.Value.Float32s(), nn.State(m.Net)[i].Value.Float32s()) {
				t.Errorf("%s: %s is not the file's", name, q.Name)
			}
		}
	}
	// Another model's tensors are listed, and the net is left as it was.
	m := &classifier.Model{Info: classifier.Info{Architecture: "cnn", Spec: spec, Classes: []string{"a", "b", "c"}, Scale: 1.0 / 255}, Net: fresh(t, "cnn", spec, 1)}
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := m.Save(path, [][]byte{make([]byte, spec.Pixels())}); err != nil {
		t.Fatal(err)
	}
	p, err := classifier.OpenPretrained(path)
	if err != nil {
		t.Fatal(err)
	}
	larger := spec
	larger.Height = 32
	next, untouched := fresh(t, "cnn", larger, 2), fresh(t, "cnn", larger, 2)
	if _, err := p.Start(next, m.Classes); err == nil || !strings.Contains(err.Error(), "hidden.weight is [384 128], wanted [768 128]") {
		t.Errorf("said %v", err)
	}
	if body, head := same(untouched, next); !body || !head {
		t.Error("a refused start has changed the net")
	}
}

// Torchvision's state gives the body; whatever head it has, the net's is new. What is
// missing, extra or of another shape is listed, all of it.
func TestBeginWithTorchvision(t *testing.T) {
	const name = "resnet18-torchvision"
	theirs := models.Spec{Channels: 3, Height: 32, Width: 32, Classes: 9}
	m := &classifier.Model{Info: classifier.Info{Architecture: name, Spec: theirs, Classes: make([]string, 9), Scale: 1.0 / 255}, Net: fresh(t, name, theirs, 1)}
	f, err := m.Torchvision(false)
	if err != nil {
		t.Fatal(err)
	}
	save := func(f *safetensors.File) string {
		path := filepath.Join(t.TempDir(), "state.safetensors")
		if err := safetensors.Save(path, f); err != nil {
			t.Fatal(err)
		}
		return path
	}
	p, err := classifier.OpenPretrained(save(f))
	if err != nil {
		t.Fatal(err)
	}
	if p.Architecture != name || p.Channels != 3 || p.Height != 0 || p.Input != classifier.ImageNet || !p.Torchvision() {
		t.Errorf("%+v", p)
	}
	next := fresh(t, name, models.Spec{Channels: 3, Height: 40, Width: 24, Classes: 9}, 2)
	if kept, err := p.Start(next, make([]string, 9)); err != nil || kept {
		t.Errorf("the head is kept: %v, %v", kept, err)
	}
	if body, head := same(m.Net, next); !body || head {
		t.Errorf("the body is the file's: %v, the head too: %v", body, head)
	}

	broken := &safetensors.File{Tensors: []safetensors.Tensor{{Name: "layer9.weight", DType: "F32", Shape: []int{1}, Data: make([]byte, 4)}}}
	for _, tensor := range f.Tensors {
		switch tensor.Name {
		case "layer1.0.bn1.running_mean":
			continue
		case "conv1.weight":
			tensor.Shape = []int{64, 7, 3, 7}
		}
		broken.Tensors = append(broken.Tensors, tensor)
	}
	_, err = classifier.OpenPretrained(save(broken))
	for _, want := range []string{`"layer1.0.bn1.running_mean" is missing`, `"conv1.weight" is F32 [64, 7, 3, 7], wanted [64, 3, 7, 7]`, `"layer9.weight" is extra`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("said %v, want %s", err, want)
		}
	}
	deeper := &safetensors.File{Tensors: append(slices.Clone(f.Tensors), safetensors.Tensor{Name: "layer1.0.conv3.weight", DType: "F32", Shape: []int{1}, Data: make([]byte, 4)})}
	if _, err := classifier.OpenPretrained(save(deeper)); err == nil || !strings.HasPrefix(err.Error(), "a deeper ResNet") {
		t.Errorf("said %v", err)
	}
}

// What cannot be gone on with is refused.
func TestBeginWithNothing(t *testing.T) {
	if _, err := classifier.OpenPretrained(filepath.Join(t.TempDir(), "none.safetensors")); err == nil {
		t.Error("a file that is not there is begun with")
	}
	if _, err := classifier.OpenPretrained(saved(t, untrained(t, "average-mse"))); err == nil || !strings.Contains(err.Error(), "gradient descent") {
		t.Errorf("said %v", err)
	}
}
