// Package classifier is a trained model as it is kept and used: one file with the
// weights, the class names, what is done to images, and sample answers that the
// file verifies itself with.
package classifier

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"inkling/autograd"
	"inkling/data/augment"
	"inkling/models"
	"inkling/nn"
	"inkling/safetensors"
	"inkling/tensor"
)

// Model is a trained network with all that is needed to answer: what was
// built, what its classes are called and how pixels become numbers.
type Model struct {
	Info
	Net nn.Layer
}

// Info is what a model file says about itself, as JSON under the key "inkling"
// of its metadata.
type Info struct {
	Format       int         `json:"format"`       // 1
	Architecture string      `json:"architecture"` // a name in package models
	Spec         models.Spec `json:"spec"`
	Classes      []string    `json:"classes"`
	Scale        float64     `json:"scale"` // a pixel's byte times this is the number that the model sees
	// Input is what is done to every image before that, as package augment reads it: a
	// recipe without chance, such as standardize. Scale is 1/255 then.
	Input string `json:"input,omitempty"`
	// Temperature divides the logits before the softmax; 0 stands for 1. It is fitted on
	// validation images, so that the model is as sure as it is right (see Probabilities).
	Temperature float64 `json:"temperature,omitempty"`
	// Seen is a sketch of the images that the model was trained on; nil where there is none.
	Seen *Sketch `json:"seen,omitempty"`
	// Typical is what those images look like; nil where they were not measured.
	Typical  *Typical       `json:"typical,omitempty"`
	Training map[string]any `json:"training,omitempty"`
	Weights  string         `json:"weights_sha256"` // of the tensors: names, shapes and bytes
	Samples  []Sample       `json:"samples"`
}

// Sample is an input with the answer that the model gave when it was saved.
// Loading asks again, and refuses a file that answers otherwise.
type Sample struct {
	Image  []byte    `json:"image"` // channels x height x width
	Logits []float32 `json:"logits"`
}

const key = "inkling"

// checkpointKey is where package checkpoint keeps what it says of a file.
const checkpointKey = "inkling_checkpoint"

var errCheckpoint = errors.New("this is a training's checkpoint, not a model")

// maxPixels bounds what a file may ask to be built.
const maxPixels, maxClasses = 1 << 22, 100_000

// Logits runs the model on images (n, channels, height, width) given as bytes. Any
// number of goroutines may ask at the same time, as long as none changes the model.
func (c *Model) Logits(images []byte) []float32 {
	return c.Net.Forward(autograd.Const(c.Numbers(images))).Value().Float32s()
}

// Numbers is what the model sees of images (n, channels, height, width) given as
// bytes: scaled, and with Input done to them. It has that shape.
func (c *Model) Numbers(images []byte) *tensor.Tensor {
	s, pixels := c.Spec, c.Spec.Pixels()
	n := len(images) / pixels
	mem := c.Net.Params()[0].Value.Memory()
	if c.Input == "" {
		return tensor.Of(mem, images, n, s.Channels, s.Height, s.Width).Float().Scale(c.Scale)
	}
	before, err := c.input()
	if err != nil {
		panic("classifier: " + err.Error()) // Save and Load have checked it
	}
	numbers := make([]float32, len(images))
	for i := range n {
		before.Floats(numbers[i*pixels:(i+1)*pixels], images[i*pixels:(i+1)*pixels], augment.Key{})
	}
	return tensor.Of(mem, numbers, n, s.Channels, s.Height, s.Width)
}

// input returns what does Input to an image.
func (i *Info) input() (*augment.Augmenter, error) {
	r, err := augment.Parse(i.Input)
	if err != nil {
		return nil, err
	}
	if r.Random() {
		return nil, fmt.Errorf("%q changes images at random: a model is not asked like that", i.Input)
	}
	return augment.New(r, i.Spec.Channels, i.Spec.Height, i.Spec.Width)
}

// Save writes the classifier to a safetensors file, with up to three of the
// given images as samples; there must be one. What stood at path is kept as its
// previous generation. Nothing is saved that Load would refuse.
func (c *Model) Save(path string, samples [][]byte) error {
	return c.write(safetensors.Save, path, samples)
}

// Replace is Save without a previous generation.
func (c *Model) Replace(path string, samples [][]byte) error {
	return c.write(safetensors.Replace, path, samples)
}

func (c *Model) write(save func(string, *safetensors.File) error, path string, samples [][]byte) error {
	f, err := c.file(samples[:min(len(samples), 3)])
	if err != nil {
		return fmt.Errorf("%s is not saved: %w", safetensors.Quote(path), err)
	}
	return save(path, f)
}

// ClassName is a class's name as a model file keeps it: JSON would make the same
// name of all that are not UTF-8, so these are escaped.
func ClassName(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	q := strconv.Quote(name)
	return q[1 : len(q)-1]
}

func (c *Model) file(samples [][]byte) (*safetensors.File, error) {
	f := &safetensors.File{}
	for _, p := range nn.State(c.Net) {
		f.Tensors = append(f.Tensors, safetensors.FromFloat32s(p.Name, p.Value.Shape(), p.Value.Float32s()))
	}
	if err := f.CheckFinite(); err != nil {
		return nil, err
	}
	info := c.Info
	info.Format = 1
	info.Weights = digest(f)
	info.Samples = nil
	if info.Input != "" {
		if _, err := info.input(); err != nil {
			return nil, err
		}
	}
	info.Classes = slices.Clone(info.Classes)
	for i, name := range info.Classes {
		info.Classes[i] = ClassName(name)
	}
	for i, image := range samples {
		if len(image) != c.Spec.Pixels() {
			return nil, fmt.Errorf("sample %d has %d pixels; the model wants %d", i, len(image), c.Spec.Pixels())
		}
		logits := c.Logits(image)
		if k := slices.IndexFunc(logits, func(v float32) bool { return v-v != 0 }); k >= 0 { // NaN or infinite
			return nil, fmt.Errorf("to sample %d the model answers %v for class %d; it has diverged", i, logits[k], k)
		}
		info.Samples = append(info.Samples, Sample{image, logits})
	}
	if err := info.check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	f.Metadata = map[string]string{key: string(text)}
	return f, nil
}

// Load reads a classifier and verifies it: the tensors are exactly those of the
// architecture, all numbers are finite, and the samples get the answers that
// they got before.
func Load(path string) (*Model, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	f.Path = "" // so that each error names the file once
	c, err := fromFile(f)
	if errors.Is(err, errCheckpoint) {
		model := "the model file beside it"
		if of, ok := strings.CutSuffix(path, ".checkpoint.safetensors"); ok {
			model = safetensors.Quote(of + ".safetensors")
		}
		return nil, fmt.Errorf("%s: %w; name %s, or go on with inkling train --resume", safetensors.Quote(path), err, model)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", safetensors.Quote(path), err)
	}
	return c, nil
}

func fromFile(f *safetensors.File) (*Model, error) {
	text, ok := f.Metadata[key]
	if _, training := f.Metadata[checkpointKey]; !ok && training {
		return nil, errCheckpoint
	}
	if !ok {
		return nil, errors.New("the metadata do not say which model the weights belong to; the file was not saved by inkling")
	}
	c := &Model{}
	if err := json.Unmarshal([]byte(text), &c.Info); err != nil {
		return nil, fmt.Errorf("the metadata under %q: %w", key, err)
	}
	if err := c.Info.check(); err != nil {
		return nil, err
	}
	// Weights and filters are a single zero, repeated to their shapes, until the
	// file is known to have as much: what the metadata claim costs no memory.
	net, err := models.New(c.Architecture, c.Spec, func(_ int, shape ...int) *tensor.Tensor {
		return tensor.CPU.Scalar(0).BroadcastTo(shape...)
	})
	if err != nil {
		return nil, err
	}
	c.Net = net
	var want []safetensors.Spec
	for _, p := range nn.State(net) {
		want = append(want, safetensors.Spec{Name: p.Name, Shape: p.Value.Shape()})
	}
	if err := f.Match(want); err != nil {
		return nil, err
	}
	if err := f.CheckFinite(); err != nil {
		return nil, err
	}
	if c.Weights != digest(f) {
		return nil, errors.New("the weights are not those that the file was saved with; it is damaged or was changed")
	}
	for _, p := range nn.State(net) {
		t, _ := f.Lookup(p.Name)
		values, err := safetensors.Float32s(t)
		if err != nil {
			return nil, err
		}
		if p.Value = tensor.FromFloats(values, p.Value.Shape()...); p.Value.Rank() == 4 { // filters
			p.Value = p.Value.InFilterOrder()
		}
	}
	if err := c.verify(); err != nil {
		return nil, err
	}
	return c, nil
}

// digest is the SHA-256 of a file's tensors, whatever their order. It sees a
// changed weight that no sample's answer depends on.
func digest(f *safetensors.File) string {
	h := sha256.New()
	for _, t := range slices.SortedFunc(slices.Values(f.Tensors), func(a, b safetensors.Tensor) int { return strings.Compare(a.Name, b.Name) }) {
		fmt.Fprintf(h, "%q %s %v ", t.Name, t.DType, t.Shape)
		h.Write(t.Data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (i *Info) check() error {
	s := i.Spec
	switch {
	case i.Format != 1:
		return fmt.Errorf("the file has format %d; this program reads format 1", i.Format)
	case s.Channels < 1 || s.Height < 1 || s.Width < 1 || s.Channels > 4 || s.Height > maxPixels || s.Width > maxPixels || s.Pixels() > maxPixels:
		return fmt.Errorf("images of %d x %d pixels with %d channels are not possible", s.Height, s.Width, s.Channels)
	case s.Classes < 1 || s.Classes > maxClasses || s.Classes != len(i.Classes):
		return fmt.Errorf("%d classes and %d names for them", s.Classes, len(i.Classes))
	case !(i.Scale > 0) || math.IsInf(i.Scale, 0):
		return fmt.Errorf("a scale of %v for pixels", i.Scale)
	case i.Temperature != 0 && !(i.Temperature > 0 && !math.IsInf(i.Temperature, 0)):
		return fmt.Errorf("a temperature of %v: want a positive number", i.Temperature)
	case i.Seen.check() != nil:
		return fmt.Errorf("the sketch of the training images: %w", i.Seen.check())
	case i.Typical.check(i) != nil:
		return fmt.Errorf("what the training images look like: %w", i.Typical.check(i))
	case len(i.Samples) == 0:
		return errors.New("the file has no sample answers, so that it cannot be verified")
	}
	if i.Input != "" {
		if _, err := i.input(); err != nil {
			return fmt.Errorf("what is done to its images: %w", err)
		}
		if i.Scale != 1.0/255 {
			return fmt.Errorf("a scale of %v for pixels beside %q, which wants 1/255", i.Scale, i.Input)
		}
	}
	return nil
}

// verify asks the samples again. Instruction sets differ in the last bits, a
// changed weight or another preprocessing differs in the first ones.
func (c *Model) verify() error {
	for i, s := range c.Samples {
		if len(s.Image) != c.Spec.Pixels() || len(s.Logits) != c.Spec.Classes {
			return fmt.Errorf("sample %d has %d pixels and %d answers; the model wants %d and %d", i, len(s.Image), len(s.Logits), c.Spec.Pixels(), c.Spec.Classes)
		}
		got := c.Logits(s.Image)
		most := float64(slices.Max(s.Logits) - slices.Min(s.Logits))
		for k, want := range s.Logits {
			if d := math.Abs(float64(got[k] - want)); !(d <= 1e-3*max(most, 1e-3)) {
				return fmt.Errorf("the model does not give the answers that it was saved with: sample %d, class %s: %.6g instead of %.6g; the file is damaged or was changed", i, c.Classes[k], got[k], want)
			}
		}
	}
	return nil
}
