package onnx

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/device"
	"inkling/tensor"

	"google.golang.org/protobuf/encoding/protowire"
)

// operatorCases is where Debian's libonnx-testdata puts the standard's own tests: for each
// a graph, inputs and the outputs that it must have.
const operatorCases = "/usr/share/libonnx-testdata/data/node"

// beyond are operators' cases that are not read, and why. They are matched by what the
// reader says; a reason that explains no case fails the test. Double is computed as float32,
// which is well within what the standard's own runner allows.
var beyond = []struct{ said, why string }{
	{"type string, which is not read", "text: what is computed here are tensors, which hold numbers; no model of images has any"},
}

// TestOperatorCases runs every case of the standard that uses only operators which Export
// can write. Each either gives the expected output or is refused for a reason in beyond.
func TestOperatorCases(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(operatorCases, "test_*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) == 0 {
		t.Skip("skipped: no operator cases; apt-get install libonnx-testdata")
	}
	passed, explained := 0, map[string][]string{}
	perOperator := map[string]int{}
	applied := 0
	for _, folder := range folders {
		name := filepath.Base(folder)
		m, err := Open(filepath.Join(folder, "model.onnx"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if slices.ContainsFunc(m.Graph.Nodes, func(n Node) bool { return n.domain != "" || operators[n.Op].run == nil }) {
			continue // not an operator that is written
		}
		applied++
		err = runCase(folder, m)
		if err == nil {
			passed++
			for _, n := range m.Graph.Nodes {
				perOperator[n.Op]++
			}
			continue
		}
		var wrong wrongAnswer
		i := slices.IndexFunc(beyond, func(b struct{ said, why string }) bool { return strings.Contains(err.Error(), b.said) })
		if i < 0 || errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		explained[beyond[i].why] = append(explained[beyond[i].why], strings.TrimPrefix(name, "test_"))
	}
	t.Logf("%d of %d cases use only operators that are written; %d pass", applied, len(folders), passed)
	for _, b := range beyond {
		if len(explained[b.why]) == 0 {
			t.Errorf("no case is left out for the reason %q", b.why)
		}
		t.Logf("%d left out, %s: %s", len(explained[b.why]), b.why, strings.Join(explained[b.why], ", "))
	}
	for op := range operators {
		if perOperator[op] == 0 {
			t.Errorf("%s is in no case that passes", op)
		}
	}
}

// wrongAnswer is a case that was computed, with another result than it should have.
type wrongAnswer struct{ error }

func runCase(folder string, m *Model) error {
	s, err := NewSession(m)
	if err != nil {
		return err
	}
	for set := 0; ; set++ {
		data := filepath.Join(folder, fmt.Sprintf("test_data_set_%d", set))
		if _, err := os.Stat(data); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		in := map[string]*tensor.Tensor{}
		for i, v := range m.Graph.Inputs {
			x, err := readCase(filepath.Join(data, fmt.Sprintf("input_%d.pb", i)), v.Type)
			if err != nil {
				return err
			}
			in[v.Name] = x
		}
		out, err := s.Run(in)
		if err != nil {
			return err
		}
		for i, v := range m.Graph.Outputs {
			want, err := readCase(filepath.Join(data, fmt.Sprintf("output_%d.pb", i)), v.Type)
			if err != nil {
				return err
			}
			if got := out[v.Name]; !alike(got, want, v.Type) {
				return wrongAnswer{fmt.Errorf("the output %s is %v, wanted %v", v.Name, got, want)}
			}
		}
	}
}

// readCase reads a tensor of the given type.
func readCase(path string, as Type) (*tensor.Tensor, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t, err := field{bytes: b, wire: protowire.BytesType}.tensor()
	if err != nil {
		return nil, err
	}
	if as == BFloat16 && t.Type == Uint16 { // its bits: the cases were made by NumPy, which has no bfloat16
		t.Type = as
	}
	if t.Type != as {
		return nil, fmt.Errorf("%s: is of type %v, and declared as %v", filepath.Base(path), t.Type, as)
	}
	return t.tensor()
}

// alike holds to what the standard's own runner allows: a thousandth, or 1e-7. A bfloat16
// may be its own step off: these cases cut digits off, where the standard has since decided
// to round (github.com/onnx/onnx/issues/3876); TestRound holds to that.
func alike(got, want *tensor.Tensor, as Type) bool {
	if got == nil || got.DType() != want.DType() || !slices.Equal(got.Shape(), want.Shape()) {
		return false
	}
	if got.DType() == device.Int {
		return slices.Equal(got.Ints(), want.Ints())
	}
	if got.DType() == device.Byte {
		return slices.Equal(got.Bytes(), want.Bytes())
	}
	relative := 1e-3
	if as == BFloat16 {
		relative = 1.0 / 128
	}
	return slices.EqualFunc(got.Float64s(), want.Float64s(), func(a, b float64) bool {
		return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-7+relative*math.Abs(b)
	})
}
