package train_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/data/synth"
	"inkling/models"
	"inkling/nn"
	"inkling/safetensors"
	"inkling/tensor"
	"inkling/train"
)

var samples = func() (images [][]byte) {
	set := synth.Generate(4, 0, 1).Train
	for i := range set.Len() {
		images = append(images, set.Image(i))
	}
	return images
}()

// classifier returns an untrained model with all that a file wants to know.
func classifier(t testing.TB, name string) *train.Classifier {
	return &train.Classifier{
		Info: train.Info{
			Architecture: name, Spec: digits, Classes: strings.Split("0123456789", ""), Scale: 1.0 / 255,
			Training: map[string]any{"rate": 0.5, "loss": "cross-entropy"},
		},
		Model: build(t, name, tensor.CPU),
	}
}

// saved writes a classifier to a new folder and returns its path.
func saved(t testing.TB, c *train.Classifier) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := c.Save(path, samples); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSaveAndLoad(t *testing.T) {
	for _, name := range models.Names() {
		c := classifier(t, name)
		path := saved(t, c)
		got, err := train.Load(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Equal(state(got.Model), state(c.Model)) {
			t.Errorf("%s: other weights came back", name)
		}
		if !slices.Equal(got.Logits(samples[3]), c.Logits(samples[3])) {
			t.Errorf("%s: another answer came back", name)
		}
		if got.Architecture != name || got.Spec != digits || !slices.Equal(got.Classes, c.Classes) || got.Scale != 1.0/255 || got.Training["loss"] != "cross-entropy" || len(got.Samples) != 3 {
			t.Errorf("%s: the file says %+v", name, got.Info)
		}
		// What was loaded can be trained on, and saved over what it came from.
		got.Model.Params()[0].Value.AddScaled(tensor.Ones(1), 0.5)
		if err := got.Save(path, samples[:1]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if again, err := train.Load(path); err != nil || !slices.Equal(weights(again.Model), weights(got.Model)) || len(again.Samples) != 1 {
			t.Errorf("%s: saved again: %v", name, err)
		}
	}
}

// change rewrites a model file.
func change(t *testing.T, path string, f func(f *safetensors.File)) {
	t.Helper()
	file, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f(file)
	if err := safetensors.Save(path, file); err != nil {
		t.Fatal(err)
	}
}

// inform changes what the file says about itself.
func inform(t *testing.T, path string, f func(i *train.Info)) {
	t.Helper()
	change(t, path, func(file *safetensors.File) {
		var info train.Info
		if err := json.Unmarshal([]byte(file.Metadata["inkling"]), &info); err != nil {
			t.Fatal(err)
		}
		f(&info)
		text, err := json.Marshal(info)
		if err != nil {
			t.Fatal(err)
		}
		file.Metadata["inkling"] = string(text)
	})
}

// setWeight changes one number of a tensor in the file.
func setWeight(name string, at int, v float32) func(f *safetensors.File) {
	return func(f *safetensors.File) {
		for i, x := range f.Tensors {
			if x.Name == name {
				values, _ := safetensors.Float32s(x)
				values[at] = v
				f.Tensors[i] = safetensors.FromFloat32s(name, x.Shape, values)
			}
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name string
		harm func(t *testing.T, path string)
		want []string
	}{
		{"a changed weight", func(t *testing.T, path string) {
			change(t, path, setWeight("linear.bias", 3, 0.5))
		}, []string{"the weights are not those that the file was saved with"}},
		{"a changed weight of a pixel that is blank in all samples", func(t *testing.T, path string) {
			change(t, path, setWeight("linear.weight", 0, 0.5))
		}, []string{"the weights are not those that the file was saved with"}},
		{"another answer", func(t *testing.T, path string) {
			inform(t, path, func(i *train.Info) { i.Samples[0].Logits[3]++ })
		}, []string{"does not give the answers that it was saved with", "sample 0, class 3"}},
		{"another preprocessing", func(t *testing.T, path string) {
			inform(t, path, func(i *train.Info) { i.Scale = 1.0 / 256 })
		}, []string{"does not give the answers"}},
		{"a NaN", func(t *testing.T, path string) { change(t, path, setWeight("linear.bias", 3, nan)) }, []string{"linear.bias", "NaN"}},
		{"an infinity", func(t *testing.T, path string) {
			change(t, path, setWeight("linear.weight", 7, float32(math.Inf(1))))
		}, []string{"linear.weight", "[0, 7]", "infinite"}},
		{"other tensors", func(t *testing.T, path string) {
			change(t, path, func(f *safetensors.File) {
				f.Tensors = []safetensors.Tensor{
					safetensors.FromFloat32s("linear.weight", []int{10, 784}, make([]float32, 7840)),
					safetensors.FromFloat32s("../../x", []int{1}, []float32{1}),
				}
			})
		}, []string{`"linear.weight" is F32 [10, 784], wanted [784, 10]`, `"linear.bias" is missing`, `"../../x" is extra`}},
		{"no metadata", func(t *testing.T, path string) {
			change(t, path, func(f *safetensors.File) { f.Metadata = nil })
		}, []string{"not saved by inkling"}},
		{"metadata that are no JSON", func(t *testing.T, path string) {
			change(t, path, func(f *safetensors.File) { f.Metadata["inkling"] = "{" })
		}, []string{`the metadata under "inkling"`}},
		{"metadata of another type", func(t *testing.T, path string) {
			change(t, path, func(f *safetensors.File) { f.Metadata["inkling"] = `{"format":1,"spec":{"height":1e99}}` })
		}, []string{`the metadata under "inkling"`}},
		{"a later format", func(t *testing.T, path string) { inform(t, path, func(i *train.Info) { i.Format = 2 }) }, []string{"format 2; this program reads format 1"}},
		{"an unknown model", func(t *testing.T, path string) { inform(t, path, func(i *train.Info) { i.Architecture = "oracle" }) }, []string{`no model "oracle"`}},
		{"another model", func(t *testing.T, path string) {
			inform(t, path, func(i *train.Info) { i.Architecture = "network" })
		}, []string{`"hidden.weight" is missing`, `"linear.weight" is extra`}},
		{"names too few", func(t *testing.T, path string) { inform(t, path, func(i *train.Info) { i.Classes = i.Classes[1:] }) }, []string{"10 classes and 9 names"}},
		{"a scale of 0", func(t *testing.T, path string) { inform(t, path, func(i *train.Info) { i.Scale = 0 }) }, []string{"a scale of 0"}},
		{"no samples", func(t *testing.T, path string) { inform(t, path, func(i *train.Info) { i.Samples = nil }) }, []string{"no sample answers"}},
		{"a short sample", func(t *testing.T, path string) {
			inform(t, path, func(i *train.Info) { i.Samples[1].Image = i.Samples[1].Image[1:] })
		}, []string{"sample 1 has 783 pixels and 10 answers"}},
		{"a sample without answers", func(t *testing.T, path string) {
			inform(t, path, func(i *train.Info) { i.Samples[1].Logits = nil })
		}, []string{"sample 1 has 784 pixels and 0 answers"}},
		{"negative sizes", func(t *testing.T, path string) {
			inform(t, path, func(i *train.Info) { i.Spec.Height, i.Spec.Width = -28, -28 })
		}, []string{"images of -28 x -28 pixels"}},
		{"sizes that overflow", func(t *testing.T, path string) {
			inform(t, path, func(i *train.Info) { i.Spec.Height, i.Spec.Width = 1<<32, 1<<32 })
		}, []string{"are not possible"}},
		{"many channels", func(t *testing.T, path string) { inform(t, path, func(i *train.Info) { i.Spec.Channels = 1 << 40 }) }, []string{"are not possible"}},
		{"a file cut off", func(t *testing.T, path string) {
			if err := os.Truncate(path, 1000); err != nil {
				t.Fatal(err)
			}
		}, []string{"cut off"}},
		{"a folder", func(t *testing.T, path string) {
			os.Remove(path)
			os.Mkdir(path, 0o700)
		}, []string{"is a folder"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := saved(t, classifier(t, "linear"))
			c.harm(t, path)
			got, err := train.Load(path)
			if err == nil || got != nil {
				t.Fatalf("the file was loaded: %v, %v", got, err)
			}
			if strings.Contains(err.Error(), "\n") || strings.Count(err.Error(), path) != 1 {
				t.Errorf("the error is no line that names the file once: %q", err)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not speak of %q", err, part)
				}
			}
		})
	}
}

// Class names come from folders, whose names need not be text; no two become one.
func TestClassNamesThatAreNoText(t *testing.T) {
	c := classifier(t, "linear")
	c.Classes[0], c.Classes[1], c.Classes[2] = "\xff", "\xfe", "a\nb"
	got, err := train.Load(saved(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if want := append([]string{`\xff`, `\xfe`, "a\nb"}, c.Classes[3:]...); !slices.Equal(got.Classes, want) || c.Classes[0] != "\xff" {
		t.Errorf("classes %q came back, want %q", got.Classes, want)
	}
}

// A file may claim a model of any size: what it does not hold is not allocated.
func TestHugeClaimsCostNothing(t *testing.T) {
	for _, name := range models.Names() {
		path := saved(t, classifier(t, name))
		inform(t, path, func(i *train.Info) {
			i.Spec = models.Spec{Channels: 4, Height: 1 << 10, Width: 1 << 10, Classes: 100_000}
			i.Classes = make([]string, 100_000)
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := train.Load(path)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), "wanted") {
			t.Errorf("%s: %v", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
			t.Errorf("%s: refusing the file took %d MB", name, used>>20)
		}
	}
}

func TestSaveRefuses(t *testing.T) {
	for _, c := range []struct {
		name, want string
		harm       func(c *train.Classifier) [][]byte
	}{
		{"a NaN", "linear.bias", func(c *train.Classifier) [][]byte {
			c.Model.Params()[1].Value.Index(0, 3).Fill(math.NaN())
			return samples
		}},
		{"an infinity", "linear.weight", func(c *train.Classifier) [][]byte {
			c.Model.Params()[0].Value.Index(0, 3).Fill(math.Inf(-1))
			return samples
		}},
		{"weights too large for an answer", "to sample 0 the model answers", func(c *train.Classifier) [][]byte {
			c.Model.Params()[0].Value.Fill(math.MaxFloat32)
			return samples
		}},
		{"no samples", "no sample answers", func(c *train.Classifier) [][]byte { return nil }},
		{"a short sample", "sample 1 has 783 pixels; the model wants 784", func(c *train.Classifier) [][]byte { return [][]byte{samples[0], samples[1][1:]} }},
		{"no scale", "a scale of 0", func(c *train.Classifier) [][]byte { c.Scale = 0; return samples }},
		{"a name missing", "10 classes and 9 names", func(c *train.Classifier) [][]byte { c.Classes = c.Classes[1:]; return samples }},
	} {
		good := classifier(t, "linear")
		path := saved(t, good)
		bad := classifier(t, "linear")
		err := bad.Save(path, c.harm(bad))
		if err == nil || !strings.Contains(err.Error(), path+" is not saved: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if got, err := train.Load(path); err != nil || !slices.Equal(weights(got.Model), weights(good.Model)) {
			t.Errorf("%s: what stood there before was touched: %v", c.name, err)
		}
		if _, err := os.Stat(safetensors.Previous(path)); err == nil {
			t.Errorf("%s: a refused save made a generation", c.name)
		}
	}
}

func TestADamagedFileLeavesThePreviousGeneration(t *testing.T) {
	first, second := classifier(t, "linear"), classifier(t, "linear")
	second.Model.Params()[1].Value.Fill(0.25)
	path := saved(t, first)
	if err := second.Save(path, samples); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw[:len(raw)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := train.Load(path); err == nil {
		t.Error("half a file was loaded")
	}
	if got, err := train.Load(safetensors.Previous(path)); err != nil || !slices.Equal(weights(got.Model), weights(first.Model)) {
		t.Errorf("the previous generation: %v", err)
	}
}

// A model need not lie on the default device to be saved.
func TestSaveFromAnotherDevice(t *testing.T) {
	mem := otherDevice()
	c := classifier(t, "linear")
	m, err := models.New("linear", digits, nn.FanIn(mem, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	c.Model = m
	got, err := train.Load(saved(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if got.Model.Forward(autograd.Const(tensor.Zeros(1, 1, 28, 28))).Shape()[1] != 10 {
		t.Error("the loaded model does not run")
	}
}
