package onnx

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"

	"inkling/classifier"
	"inkling/data/augment"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

// Options say what a graph has beside the net.
type Options struct {
	Opset int // of operators, 17 to 21; 0 is 17
	// Preprocess puts what is done to an image into the graph. The input is "image" then, uint8
	// (N, height, width, channels): bytes as decoders of PNG and JPEG give them. Without it the
	// input is "input", float (N, channels, height, width): what the net itself sees.
	Preprocess bool
	// Probabilities adds a second output of that name, float (N, classes): the softmax of the
	// logits, divided by the model's temperature.
	Probabilities bool
}

const (
	imageName         = "image"
	probabilitiesName = "probabilities"
)

// Export returns a model as ONNX. Its first output is "logits", float (N, classes), for any
// number N of images. Batch norms that follow a convolution are folded into it, others
// stay as a factor and a shift.
//
// Classes, architecture, preprocessing and the model's samples stand in the metadata. The
// graph is asked those samples before Export returns, and it is an error where it answers
// otherwise than the model does. So is an operation, or a preprocessing, that cannot be
// expressed.
func Export(c *classifier.Model, o Options) (*Model, error) {
	if o.Opset == 0 {
		o.Opset = minOpset
	}
	s := c.Spec
	g, err := trace(nn.Fold(c.Net), int64(o.Opset), s.Channels, s.Height, s.Width)
	if err != nil {
		return nil, err
	}
	g.Name = c.Architecture
	b := &builder{graph: g, opset: int64(o.Opset)}
	if o.Preprocess {
		if err := b.preprocess(&c.Info); err != nil {
			return nil, err
		}
	}
	if o.Probabilities {
		b.probabilities(&c.Info)
	}
	m := &Model{
		IR: irOf[int64(o.Opset)], Opset: int64(o.Opset), Producer: "inkling", ProducerVersion: version(), Graph: *g,
		Doc: fmt.Sprintf("%s: %s. Before the net sees an image: %s.", c.Architecture, models.Describe(c.Architecture), c.Preprocessing()),
	}
	if m.Metadata, err = metadata(c, o); err != nil {
		return nil, err
	}
	if err := m.verify(c, o); err != nil {
		return nil, err
	}
	return m, nil
}

func version() string {
	if b, ok := debug.ReadBuildInfo(); ok {
		return strings.Trim(b.Main.Version, "()")
	}
	return ""
}

// metadata are strings; what has parts is JSON.
func metadata(c *classifier.Model, o Options) (map[string]string, error) {
	all := map[string]string{"architecture": c.Architecture, "preprocessing": c.Preprocessing()}
	if o.Preprocess {
		all["preprocessing"] = "in the graph: " + c.Preprocessing()
	}
	if c.Temperature != 0 {
		all["temperature"] = fmt.Sprint(c.Temperature)
	}
	for key, v := range map[string]any{"classes": c.Classes, "samples": c.Samples} {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		all[key] = string(text)
	}
	return all, nil
}

// builder adds operators before and after those of the net.
type builder struct {
	graph  *Graph
	opset  int64
	before []Node
}

// node adds an operator before the net and returns the name of its result.
func (b *builder) node(name, op string, inputs []string, attributes ...Attribute) string {
	name = "image." + name
	b.before = append(b.before, Node{Name: name, Op: op, Inputs: inputs, Outputs: []string{name}, Attributes: attributes})
	return name
}

func (b *builder) floats(name string, v []float32, shape ...int) string {
	name = "image." + name
	b.graph.Weights = append(b.graph.Weights, Floats(name, v, shape...))
	return name
}

// preprocess makes what the net sees of bytes (N, height, width, channels).
func (b *builder) preprocess(i *classifier.Info) error {
	r, err := augment.Parse(i.Input)
	if err != nil {
		return err
	}
	rest := r
	rest.Standardize, rest.Normalize = false, augment.Normal{}
	if text := rest.String(); text != (augment.Recipe{}).String() {
		return fmt.Errorf("what the model does to images before it sees them cannot be put into the graph: %s; export it without the preprocessing", text)
	}
	x := b.node("float", "Cast", []string{imageName}, number("to", int64(Float32)))
	x = b.node("channels", "Transpose", []string{x}, numbers("perm", 0, 3, 1, 2))
	x = b.node("scaled", "Mul", []string{x, b.floats("scale", []float32{float32(i.Scale)})})
	switch n := &r.Normalize; {
	case r.Standardize:
		b.standardize(x, i.Spec.Pixels())
	case n.Channels > 0:
		scale, shift := make([]float32, i.Spec.Channels), make([]float32, i.Spec.Channels)
		for c := range scale {
			of := min(c, n.Channels-1)
			scale[c], shift[c] = float32(1/n.Std[of]), float32(-n.Mean[of]/n.Std[of])
		}
		x = b.node("divided", "Mul", []string{x, b.floats("factor", scale, len(scale), 1, 1)})
		b.node("shifted", "Add", []string{x, b.floats("shift", shift, len(shift), 1, 1)})
	}
	b.before[len(b.before)-1].Outputs[0] = b.graph.Inputs[0].Name
	b.graph.Nodes = append(b.before, b.graph.Nodes...)
	b.graph.Inputs = []Value{{imageName, Uint8, []Dim{Free(imagesAxis), Fixed(i.Spec.Height), Fixed(i.Spec.Width), Fixed(i.Spec.Channels)}}}
	return nil
}

// standardize subtracts each image's mean and divides by its standard deviation, which
// counts as 1/sqrt(pixels) at least.
func (b *builder) standardize(x string, pixels int) {
	mean := func(name, x string) string {
		if b.opset < 18 {
			return b.node(name, "ReduceMean", []string{x}, numbers("axes", 1, 2, 3), number("keepdims", 1))
		}
		axes := "image." + name + ".axes"
		b.graph.Weights = append(b.graph.Weights, Ints(axes, 1, 2, 3))
		return b.node(name, "ReduceMean", []string{x, axes}, number("keepdims", 1))
	}
	distance := b.node("distance", "Sub", []string{x, mean("mean", x)})
	variance := mean("variance", b.node("square", "Mul", []string{distance, distance}))
	least := b.floats("least", []float32{float32(1 / float64(pixels))})
	std := b.node("std", "Sqrt", []string{b.node("bounded", "Max", []string{variance, least})})
	b.node("standardized", "Div", []string{distance, std})
}

// probabilities adds the softmax of the logits, divided by the temperature.
func (b *builder) probabilities(i *classifier.Info) {
	g, x := b.graph, logitsName
	if t := i.Temperature; t != 0 && t != 1 {
		g.Weights = append(g.Weights, Floats("temperature", []float32{float32(t)}))
		g.Nodes = append(g.Nodes, Node{Name: "tempered", Op: "Div", Inputs: []string{x, "temperature"}, Outputs: []string{"tempered"}})
		x = "tempered"
	}
	g.Nodes = append(g.Nodes, Node{Name: probabilitiesName, Op: "Softmax", Inputs: []string{x}, Outputs: []string{probabilitiesName}, Attributes: []Attribute{number("axis", 1)}})
	g.Outputs = append(g.Outputs, Value{probabilitiesName, Float32, []Dim{Free(imagesAxis), Fixed(i.Spec.Classes)}})
}

// verify reads the model back as it is written and asks it the samples.
func (m *Model) verify(c *classifier.Model, o Options) error {
	read, err := Decode(m.bytes())
	if err != nil {
		return err
	}
	session, err := NewSession(read)
	if err != nil {
		return err
	}
	s := c.Spec
	for i, sample := range c.Samples {
		in := map[string]*tensor.Tensor{}
		if o.Preprocess {
			in[imageName] = tensor.FromBytes(sample.Image, 1, s.Channels, s.Height, s.Width).Transpose(0, 2, 3, 1)
		} else {
			in[inputName] = c.Numbers(sample.Image)
		}
		out, err := session.Run(in)
		if err != nil {
			return err
		}
		got, want := out[logitsName].Float32s(), c.Logits(sample.Image)
		most := float64(slices.Max(want) - slices.Min(want))
		for k := range want {
			if d := math.Abs(float64(got[k] - want[k])); !(d <= 1e-3*max(most, 1e-3)) {
				return fmt.Errorf("the graph does not answer as the model does: sample %d, class %s: %.6g instead of %.6g", i, c.Classes[k], got[k], want[k])
			}
		}
	}
	return nil
}
