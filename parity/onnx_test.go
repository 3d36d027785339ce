package parity

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/classifier"
	"inkling/data"
	"inkling/models"
	"inkling/onnx"
	"inkling/recipe"
	"inkling/tensor"
)

// onnxRuntime returns a folder whose node_modules has ONNX Runtime: that of
// $INKLING_ORT, or a new one.
func onnxRuntime(t *testing.T) string {
	t.Helper()
	if folder := os.Getenv("INKLING_ORT"); folder != "" {
		return folder
	}
	folder := t.TempDir()
	cmd := exec.Command("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder, "onnxruntime-node@1.30")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm install onnxruntime-node: %v\n%s", err, out)
	}
	return folder
}

// learned trains a model for a while: long enough that its answers are of the usual size.
func learned(t *testing.T, set *data.Set, name, augment string, images int) *classifier.Model {
	t.Helper()
	c := &classifier.Model{Info: classifier.Info{
		Architecture: name, Classes: set.Classes, Scale: 1.0 / 255, Input: augment,
		Spec: models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)},
	}}
	some := set.Subset(firstIndices(images))
	if name == "average-mse" {
		average := models.NewAverage(c.Spec, models.MeanSquared)
		average.Fit(tensor.FromBytes(some.Images, images, set.Pixels()), c.Scale, some.Labels)
		c.Net = average
	} else {
		r, err := recipe.ByName("plain")
		if err != nil {
			t.Fatal(err)
		}
		r.Model, r.Augment, r.Epochs = name, augment, 1
		trainer, err := r.Trainer(some, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := trainer.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		c.Net = trainer.Model
	}
	c.Samples = []classifier.Sample{{Image: set.Image(0), Logits: c.Logits(set.Image(0))}}
	return c
}

// ONNX Runtime answers as the program does: the same class for each of MNIST's 10,000 test
// images, and logits within 1e-4.
func TestONNXRuntimeAcceptance(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("skipped: an acceptance run; set INKLING_ACCEPTANCE=1")
	}
	mnist := MNIST(t)
	folder := onnxRuntime(t)
	for _, c := range []struct {
		model, input string
		images       int // to learn from
		options      onnx.Options
	}{
		{"linear", "", 60000, onnx.Options{}},
		{"network", "", 60000, onnx.Options{Opset: 21}},
		{"network", "normalize=0.1307/0.3081", 10000, onnx.Options{Opset: 18, Preprocess: true}},
		{"cnn", "", 10000, onnx.Options{}},
		{"cnn", "standardize", 5000, onnx.Options{Preprocess: true, Probabilities: true}},
		{"linear", "standardize", 5000, onnx.Options{Opset: 20, Preprocess: true}},
		{"average-mse", "", 60000, onnx.Options{Opset: 19}},
		{"resnet18", "", 6400, onnx.Options{}},
	} {
		t.Run(c.model+" "+c.input, func(t *testing.T) {
			m := learned(t, mnist.Train, c.model, c.input, c.images)
			dir := t.TempDir()
			model, input, output := filepath.Join(dir, "model.onnx"), filepath.Join(dir, "input"), filepath.Join(dir, "output")
			graph, err := onnx.Export(m, c.options)
			if err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(model)
			if err != nil {
				t.Fatal(err)
			}
			if err := graph.Write(f); err != nil || f.Close() != nil {
				t.Fatal(err)
			}
			var want []float32
			var raw []byte
			const batch = 500
			for from := 0; from < mnist.Test.Len(); from += batch {
				pixels := mnist.Test.Images[from*mnist.Test.Pixels():][:batch*mnist.Test.Pixels()]
				want = append(want, m.Logits(pixels)...)
				if c.options.Preprocess {
					raw = append(raw, pixels...) // of one channel: the order is the same
					continue
				}
				for _, v := range m.Numbers(pixels).Float32s() {
					raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
				}
			}
			if err := os.WriteFile(input, raw, 0o666); err != nil {
				t.Fatal(err)
			}
			kind, dims := "float32", "1,28,28"
			if c.options.Preprocess {
				kind, dims = "uint8", "28,28,1"
			}
			if out, err := exec.Command("node", "testdata/onnxruntime.mjs", folder, model, kind, dims, input, output).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			got, err := os.ReadFile(output)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 4*len(want) {
				t.Fatalf("%d bytes of logits, wanted %d", len(got), 4*len(want))
			}
			classes, wrong, far, most := len(m.Classes), 0, 0.0, 0.0
			for i := 0; i < len(want); i += classes {
				row := make([]float32, classes)
				for k := range row {
					row[k] = math.Float32frombits(binary.LittleEndian.Uint32(got[4*(i+k):]))
					far = max(far, math.Abs(float64(row[k]-want[i+k])))
					most = max(most, math.Abs(float64(want[i+k])))
				}
				if slices.Index(row, slices.Max(row)) != slices.Index(want[i:i+classes], slices.Max(want[i:i+classes])) {
					wrong++
				}
			}
			t.Logf("%s: of %d images %d get another class; logits up to %.3g, the greatest difference %.2g", strings.TrimSpace(c.model+" "+c.input), len(want)/classes, wrong, most, far)
			if wrong > 0 || !(far <= 1e-4) {
				t.Errorf("wanted the same classes, and logits within 1e-4")
			}
		})
	}
}
