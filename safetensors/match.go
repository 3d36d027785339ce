package safetensors

import (
	"fmt"
	"slices"
	"strings"
)

// Spec is a tensor that a model wants.
type Spec struct {
	Name  string
	DType string // "" takes any
	Shape []int
}

// describe writes a type and shape: F32 [10, 784].
func describe(dtype string, shape []int) string {
	return strings.TrimSpace(dtype + " " + list(shape))
}

// Match returns nil if f holds exactly the expected tensors, and otherwise one
// error that lists all that are missing, of another shape or type, or extra.
func (f *File) Match(expected []Spec) error {
	found := make(map[string]Tensor, len(f.Tensors))
	for _, t := range f.Tensors {
		found[t.Name] = t
	}
	var problems []string
	wanted := make(map[string]bool, len(expected))
	for _, s := range expected {
		wanted[s.Name] = true
		t, ok := found[s.Name]
		switch {
		case !ok:
			problems = append(problems, fmt.Sprintf("%s is missing, wanted %s", quote(s.Name), describe(s.DType, s.Shape)))
		case !slices.Equal(t.Shape, s.Shape) || s.DType != "" && t.DType != s.DType:
			problems = append(problems, fmt.Sprintf("%s is %s, wanted %s", quote(s.Name), describe(t.DType, t.Shape), describe(s.DType, s.Shape)))
		}
	}
	for _, t := range f.Tensors {
		if !wanted[t.Name] {
			problems = append(problems, fmt.Sprintf("%s is extra, %s", quote(t.Name), describe(t.DType, t.Shape)))
		}
	}
	if problems == nil {
		return nil
	}
	// Only what is extra can grow without a limit of our own making.
	const most = 1000
	if more := len(problems) - most; more > 0 {
		problems = append(problems[:most], fmt.Sprintf("and %d more", more))
	}
	return f.named(fmt.Errorf("the tensors are not those of the model, which has %d; was the file saved from another one? %s",
		len(expected), strings.Join(problems, "; ")))
}
