package classifier_test

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
	"inkling/classifier"
	"inkling/data/synth"
	"inkling/device/cpu"
	"inkling/models"
	"inkling/nn"
	"inkling/safetensors"
	"inkling/tensor"
)

var samples = func() (images [][]byte) {
	set := synth.Generate(4, 0, 1).Train
	for i := range set.Len() {
		images = append(images, set.Image(i))
	}
	return images
}()

var digits = models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}

// build returns a net with its first weights on the given memory.
func build(t testing.TB, name string, mem *tensor.Memory) nn.Layer {
	t.Helper()
	m, err := models.New(name, digits, nn.FanIn(mem, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// state is all numbers of a net, running statistics included.
func state(m nn.Layer) (all []float32) {
	for _, p := range nn.State(m) {
		all = append(all, p.Value.Float32s()...)
	}
	return all
}

// untrained returns an untrained model with all that a file wants to know.
func untrained(t testing.TB, name string) *classifier.Model {
	return &classifier.Model{
		Info: classifier.Info{
			Architecture: name, Spec: digits, Classes: strings.Split("0123456789", ""), Scale: 1.0 / 255,
			Training: map[string]any{"rate": 0.5, "loss": "cross-entropy"},
		},
		Net: build(t, name, tensor.CPU),
	}
}

// saved writes a classifier to a new folder and returns its path.
func saved(t testing.TB, c *classifier.Model) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := c.Save(path, samples); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSaveAndLoad(t *testing.T) {
	for _, name := range models.Names() {
		c := untrained(t, name)
		path := saved(t, c)
		got, err := classifier.Load(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Equal(state(got.Net), state(c.Net)) {
			t.Errorf("%s: other weights came back", name)
		}
		if !slices.Equal(got.Logits(samples[3]), c.Logits(samples[3])) {
			t.Errorf("%s: another answer came back", name)
		}
		if got.Architecture != name || got.Spec != digits || !slices.Equal(got.Classes, c.Classes) || got.Scale != 1.0/255 || got.Training["loss"] != "cross-entropy" || len(got.Samples) != 3 {
			t.Errorf("%s: the file says %+v", name, got.Info)
		}
		// What was loaded can be trained on, and saved over what it came from.
		got.Net.Params()[0].Value.AddScaled(tensor.Ones(1), 0.5)
		if err := got.Save(path, samples[:1]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if again, err := classifier.Load(path); err != nil || !slices.Equal(state(again.Net), state(got.Net)) || len(again.Samples) != 1 {
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
func inform(t *testing.T, path string, f func(i *classifier.Info)) {
	t.Helper()
	change(t, path, func(file *safetensors.File) {
		var info classifier.Info
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
			inform(t, path, func(i *classifier.Info) { i.Samples[0].Logits[3]++ })
		}, []string{"does not give the answers that it was saved with", "sample 0, class 3"}},
		{"another preprocessing", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Scale = 1.0 / 256 })
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
		{"a training's checkpoint", func(t *testing.T, path string) {
			change(t, path, func(f *safetensors.File) { f.Metadata = map[string]string{"inkling_checkpoint": "{}"} })
		}, []string{"this is a training's checkpoint, not a model; name the model file beside it, or go on with inkling train --resume"}},
		{"metadata that are no JSON", func(t *testing.T, path string) {
			change(t, path, func(f *safetensors.File) { f.Metadata["inkling"] = "{" })
		}, []string{`the metadata under "inkling"`}},
		{"metadata of another type", func(t *testing.T, path string) {
			change(t, path, func(f *safetensors.File) { f.Metadata["inkling"] = `{"format":1,"spec":{"height":1e99}}` })
		}, []string{`the metadata under "inkling"`}},
		{"a later format", func(t *testing.T, path string) { inform(t, path, func(i *classifier.Info) { i.Format = 2 }) }, []string{"format 2; this program reads format 1"}},
		{"an unknown model", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Architecture = "oracle" })
		}, []string{`no model "oracle"`}},
		{"another model", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Architecture = "network" })
		}, []string{`"hidden.weight" is missing`, `"linear.weight" is extra`}},
		{"names too few", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Classes = i.Classes[1:] })
		}, []string{"10 classes and 9 names"}},
		{"a scale of 0", func(t *testing.T, path string) { inform(t, path, func(i *classifier.Info) { i.Scale = 0 }) }, []string{"a scale of 0"}},
		{"no samples", func(t *testing.T, path string) { inform(t, path, func(i *classifier.Info) { i.Samples = nil }) }, []string{"no sample answers"}},
		{"a short sample", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Samples[1].Image = i.Samples[1].Image[1:] })
		}, []string{"sample 1 has 783 pixels and 10 answers"}},
		{"a sample without answers", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Samples[1].Logits = nil })
		}, []string{"sample 1 has 784 pixels and 0 answers"}},
		{"negative sizes", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Spec.Height, i.Spec.Width = -28, -28 })
		}, []string{"images of -28 x -28 pixels"}},
		{"sizes that overflow", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Spec.Height, i.Spec.Width = 1<<32, 1<<32 })
		}, []string{"are not possible"}},
		{"many channels", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Spec.Channels = 1 << 40 })
		}, []string{"are not possible"}},
		{"a negative temperature", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Temperature = -1 })
		}, []string{"a temperature of -1: want a positive number"}},
		{"a sketch that is none", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Seen = &classifier.Sketch{Images: 9, Least: []byte{1, 2, 3}} })
		}, []string{"the sketch of the training images: 3 bytes of hashes"}},
		{"a sketch in disorder", func(t *testing.T, path string) {
			inform(t, path, func(i *classifier.Info) { i.Seen = &classifier.Sketch{Images: 9, Least: make([]byte, 16)} })
		}, []string{"not in ascending order"}},
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
			path := saved(t, untrained(t, "linear"))
			c.harm(t, path)
			got, err := classifier.Load(path)
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
	c := untrained(t, "linear")
	c.Classes[0], c.Classes[1], c.Classes[2] = "\xff", "\xfe", "a\nb"
	got, err := classifier.Load(saved(t, c))
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
		path := saved(t, untrained(t, name))
		inform(t, path, func(i *classifier.Info) {
			i.Spec = models.Spec{Channels: 4, Height: 1 << 10, Width: 1 << 10, Classes: 100_000}
			i.Classes = make([]string, 100_000)
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := classifier.Load(path)
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
		harm       func(c *classifier.Model) [][]byte
	}{
		{"a NaN", "linear.bias", func(c *classifier.Model) [][]byte {
			c.Net.Params()[1].Value.Index(0, 3).Fill(math.NaN())
			return samples
		}},
		{"an infinity", "linear.weight", func(c *classifier.Model) [][]byte {
			c.Net.Params()[0].Value.Index(0, 3).Fill(math.Inf(-1))
			return samples
		}},
		{"weights too large for an answer", "to sample 0 the model answers", func(c *classifier.Model) [][]byte {
			c.Net.Params()[0].Value.Fill(math.MaxFloat32)
			return samples
		}},
		{"no samples", "no sample answers", func(c *classifier.Model) [][]byte { return nil }},
		{"a short sample", "sample 1 has 783 pixels; the model wants 784", func(c *classifier.Model) [][]byte { return [][]byte{samples[0], samples[1][1:]} }},
		{"no scale", "a scale of 0", func(c *classifier.Model) [][]byte { c.Scale = 0; return samples }},
		{"a name missing", "10 classes and 9 names", func(c *classifier.Model) [][]byte { c.Classes = c.Classes[1:]; return samples }},
	} {
		good := untrained(t, "linear")
		path := saved(t, good)
		bad := untrained(t, "linear")
		err := bad.Save(path, c.harm(bad))
		if err == nil || !strings.Contains(err.Error(), path+" is not saved: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if got, err := classifier.Load(path); err != nil || !slices.Equal(state(got.Net), state(good.Net)) {
			t.Errorf("%s: what stood there before was touched: %v", c.name, err)
		}
		if _, err := os.Stat(safetensors.Previous(path)); err == nil {
			t.Errorf("%s: a refused save made a generation", c.name)
		}
	}
}

func TestADamagedFileLeavesThePreviousGeneration(t *testing.T) {
	first, second := untrained(t, "linear"), untrained(t, "linear")
	second.Net.Params()[1].Value.Fill(0.25)
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
	if _, err := classifier.Load(path); err == nil {
		t.Error("half a file was loaded")
	}
	if got, err := classifier.Load(safetensors.Previous(path)); err != nil || !slices.Equal(state(got.Net), state(first.Net)) {
		t.Errorf("the previous generation: %v", err)
	}
}

// A model need not lie on the default device to be saved.
func TestSaveFromAnotherDevice(t *testing.T) {
	mem := tensor.On(cpu.New(1)) // not the default device
	c := untrained(t, "linear")
	m, err := models.New("linear", digits, nn.FanIn(mem, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	c.Net = m
	got, err := classifier.Load(saved(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if got.Net.Forward(autograd.Const(tensor.Zeros(1, 1, 28, 28))).Shape()[1] != 10 {
		t.Error("the loaded model does not run")
	}
}

// What is loaded lies in memory as a new model does.
func TestLoadedFiltersLieAsFilters(t *testing.T) {
	c := untrained(t, "resnet-small")
	for _, b := range nn.Buffers(c.Net) {
		b.Value.Fill(1.5)
	}
	got, err := classifier.Load(saved(t, c))
	if err != nil {
		t.Fatal(err)
	}
	fresh := build(t, "resnet-small", tensor.CPU)
	for i, p := range nn.State(got.Net) {
		if want := nn.State(fresh)[i]; p.Name != want.Name || !slices.Equal(p.Value.Strides(), want.Value.Strides()) {
			t.Errorf("%s has strides %v, in a new model %s has %v", p.Name, p.Value.Strides(), want.Name, want.Value.Strides())
		}
	}
	if !slices.Equal(state(got.Net), state(c.Net)) {
		t.Error("other numbers came back")
	}
	if want, err := models.New("resnet-small", digits, models.Init("resnet-small", tensor.CPU, rand.New(rand.NewPCG(1, 0)))); err != nil || slices.Equal(state(want), state(fresh)) {
		t.Error("the recipe's initial values are those of any model")
	}
}
