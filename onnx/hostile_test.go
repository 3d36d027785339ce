package onnx

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"inkling/device"
	"inkling/models"
	"inkling/tensor"

	"google.golang.org/protobuf/encoding/protowire"
)

// graph is a model of one node op that takes "x" and the given weights.
func graph(op string, attributes []Attribute, weights ...Tensor) *Model {
	n := Node{Name: "n", Op: op, Inputs: []string{"x"}, Outputs: []string{"y"}, Attributes: attributes}
	for _, w := range weights {
		n.Inputs = append(n.Inputs, w.Name)
	}
	return &Model{IR: 8, Opset: 17, Graph: Graph{
		Nodes: []Node{n}, Weights: weights,
		Inputs: []Value{{"x", Float32, []Dim{{}, {}, {}, {}}}}, Outputs: []Value{{"y", Float32, nil}},
	}}
}

// part is a message with one field of bytes.
func part(number protowire.Number, b []byte) []byte {
	var m message
	m.bytes(number, b)
	return m
}

// file is a model's bytes with more of a graph's fields after it.
func file(graphField protowire.Number, b []byte) []byte {
	var m message
	m.int(1, 8)
	m.bytes(7, part(graphField, b))
	return m
}

// weight is a tensor's message with its fields given raw.
func weight(fields func(m *message)) []byte {
	var m message
	m.text(8, "w")
	fields(&m)
	return m
}

// damaged are files that cannot be decoded, and what is said of each.
func damaged() map[string]struct {
	b    []byte
	want string
} {
	whole := graph("Relu", nil).bytes()
	type c = struct {
		b    []byte
		want string
	}
	external := func(path string) []byte {
		var entry message
		entry.text(1, "location")
		entry.text(2, path)
		return file(5, weight(func(m *message) { m.int(1, 1); m.int(2, 1); m.bytes(13, entry); m.int(14, 1) }))
	}
	return map[string]c{
		"nothing":              {nil, "it has 0 graphs and version 0"},
		"text":                 {[]byte("a model, honestly"), "not an ONNX file, or a damaged one"},
		"a PNG":                {[]byte("\x89PNG\r\n\x1a\n\x00\x00"), "not an ONNX file"},
		"a pickle":             {[]byte("\x80\x02\x8a\x0al\xfc\x9cF"), "not an ONNX file, or a damaged one"},
		"truncated":            {whole[:len(whole)-3], "unexpected EOF"},
		"truncated in a tag":   {append(whole[:len(whole):len(whole)], 0x80), "unexpected EOF"},
		"oversized varint":     {append([]byte{8}, bytes.Repeat([]byte{0xff}, 11)...), "variable length integer overflow"},
		"length past the end":  {[]byte{8, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f}, "field 7: unexpected EOF"},
		"length of 2^63":       {[]byte{8, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, "field 7: unexpected EOF"},
		"length past its part": {append([]byte{8, 8, 0x3a, 2, 0x0a, 100}, make([]byte, 200)...), "model, field 7: field 1: unexpected EOF"},
		"field 0":              {[]byte{0, 1}, "invalid field number"},
		"groups":               {bytes.Repeat([]byte{0x0b}, 100000), "is of wire type 3"},
		"two graphs":           {append(whole[:len(whole):len(whole)], part(7, nil)...), "it has 2 graphs"},
		"a number for a graph": {[]byte{8, 8, 0x38, 1}, "model, field 7: is not of the type that it should be"},
		"a name not in UTF-8":  {file(2, []byte{0xff, 0xfe}), "graph, field 2: is not UTF-8"},

		"external, above":    {external("../../etc/passwd"), `the tensor "w" lies in "../../etc/passwd", outside of the file`},
		"external, absolute": {external("/etc/passwd"), `the tensor "w" lies in "/etc/passwd", outside of the file`},
		"external, beside":   {external("weights.bin"), `the tensor "w" lies in "weights.bin", outside of the file: save the model with its weights inside`},
		"external, unnamed":  {file(5, weight(func(m *message) { m.int(1, 1); m.int(2, 1); m.int(14, 1) })), `lies in "another file"`},
		"segments":           {file(5, weight(func(m *message) { m.bytes(3, nil) })), "a tensor in segments"},

		"negative size":                {file(5, weight(func(m *message) { m.int(1, -1); m.int(2, 1) })), `the tensor "w" has shape [-1]`},
		"product overflow":             {file(5, weight(func(m *message) { m.int(1, 1<<32); m.int(1, 1<<32); m.int(2, 1) })), `has shape [4294967296 4294967296]`},
		"product overflow hidden by 0": {file(5, weight(func(m *message) { m.int(1, 1<<32); m.int(1, 0); m.int(2, 1) })), `has shape [4294967296 0]`},
		"too few numbers":              {file(5, weight(func(m *message) { m.int(1, 1000000000); m.int(2, 1); m.bytes(9, make([]byte, 8)) })), `has 8 bytes, wanted 4000000000`},
		"too many numbers":             {file(5, weight(func(m *message) { m.int(1, 1); m.int(2, 7); m.bytes(7, []byte{1, 2, 3}) })), `of type int64 and shape [1] has 24 bytes, wanted 8`},
		"no numbers":                   {file(5, weight(func(m *message) { m.int(1, 2); m.int(2, 1) })), `has 0 bytes, wanted 8`},
	}
}

func TestDamaged(t *testing.T) {
	for name, c := range damaged() {
		m, err := Decode(c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: read as %.200v, and said %v; wanted %q", name, m, err, c.want)
			continue
		}
		oneLine(t, err)
	}
}

func oneLine(t testing.TB, err error) {
	t.Helper()
	if s := err.Error(); strings.ContainsAny(s, "\n\r\x00\x1b") || len(s) > 1000 {
		t.Errorf("the error is not one short line: %.2000q", s)
	}
}

// Every cut of a real file is refused, or is a graph that gives nothing.
func TestTruncated(t *testing.T) {
	m, _ := written(t, model(t, "network", models.Spec{Channels: 1, Height: 3, Width: 3, Classes: 2}, ""), Options{Preprocess: true})
	whole := m.bytes()
	for n := range whole {
		m, err := Decode(whole[:n])
		if err == nil {
			_, err = NewSession(m)
		}
		if err == nil && n < bytes.LastIndex(whole, []byte("architecture"))-4 { // the first of the metadata
			t.Errorf("a file cut at byte %d of %d is taken", n, len(whole))
		}
	}
}

// deep is an attribute with subgraphs within subgraphs, as an If has them.
func deep(levels int) []byte {
	var b []byte
	for range levels {
		b = part(1, part(5, part(6, b))) // a node, its attribute, the graph in that
		if len(b) > 1<<16 {
			break
		}
	}
	return b
}

// A subgraph is skipped unread, however deep it nests: no operator here has one.
func TestDeepNesting(t *testing.T) {
	var m message
	m.int(1, 8)
	m.bytes(7, deep(100000))
	if got, err := Decode(m); err != nil || len(got.Graph.Nodes) != 1 {
		t.Errorf("decoded as %v nodes, %v", got, err)
	}
}

// What is well-formed and cannot be computed is refused before or while it runs.
func TestImpossible(t *testing.T) {
	ints := func(name string, v ...int64) Attribute { return numbers(name, v...) }
	x := tensor.CPU.Full(1, 1, 2, 4, 4)
	several := graph("Relu", nil)
	for i, op := range []string{"LSTM", "If", "LSTM", "Einsum"} {
		several.Graph.Nodes = append(several.Graph.Nodes, Node{Op: op, Outputs: []string{string(rune('a' + i))}})
	}
	several.Graph.Nodes = append(several.Graph.Nodes, Node{Op: "Relu", domain: "com.example", Outputs: []string{"z"}})
	circle := graph("Relu", nil)
	circle.Graph.Nodes[0].Inputs[0] = "y"
	twice := graph("Relu", nil)
	twice.Graph.Nodes = append(twice.Graph.Nodes, twice.Graph.Nodes[0])
	missing := graph("Relu", nil)
	missing.Graph.Outputs[0].Name = "z"
	old := graph("Softmax", nil)
	old.Opset = 11
	future := graph("Relu", nil)
	future.Opset = 99
	sparse := graph("Relu", nil)
	sparse.Graph.sparse = true
	for want, m := range map[string]*Model{
		`operators that are not read: "Einsum", "If", "LSTM", "com.example.Relu"`: several,
		`wants "y", which nothing before it gives`:                                circle,
		`gives "y", which is there already`:                                       twice,
		`the graph's output "z" is given by no node`:                              missing,
		`versions up to 21 are read`:                                              future,
		`this one is read from version 13 on`:                                     old,
		`sparse weights`:                                                          sparse,
		`has the attribute "activation", which is not read`:                       graph("Conv", []Attribute{{Name: "activation", Kind: KindText}}, Floats("w", []float32{1}, 1, 1, 1, 1)),
		`has the attribute "axis" as kind 1, wanted 2`:                            graph("Softmax", []Attribute{{Name: "axis", Kind: KindFloat}}),
		`has the attribute "axis" twice`:                                          graph("Softmax", []Attribute{number("axis", 1), number("axis", 1)}),
		`has 1 inputs`:                                                            graph("Add", nil),
		`has 3 inputs`:                                                            graph("Add", nil, Floats("w", []float32{1}), Floats("v", []float32{1})),
		`two weights are called "w", or none`:                                     graph("Gemm", nil, Floats("w", []float32{1}), Floats("w", []float32{1})),
		`has 9 axes; 8 are read`:                                                  graph("Add", nil, Floats("w", []float32{1}, 1, 1, 1, 1, 1, 1, 1, 1, 1)),
		`the tensor "w" has the number 4294967296; integers of 32 bits are read`:  graph("Reshape", nil, Ints("w", 1<<32)),
		`is of type complex64, which is not read`:                                 graph("Add", nil, Tensor{Name: "w", Type: 14, Dims: []int64{1}}),
		`axes [9] of shape [1 2 4 4]`:                                             graph("Softmax", []Attribute{number("axis", 9)}),
		`which is more than`:                                                      graph("Expand", nil, Ints("w", 2000000000, 1, 2, 4, 4)),
		`would have 12 axes`:                                                      graph("Expand", nil, Ints("w", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)),
		`the shape [5 -1] for 32 elements`:                                        graph("Reshape", nil, Ints("w", 5, -1)),
		`the shape [-1 -1]`:                                                       graph("Reshape", nil, Ints("w", -1, -1)),
		`takes over axis 5`:                                                       graph("Reshape", nil, Ints("w", 1, 2, 4, 4, 1, 0)),
		`input 1 is of type float and shape []; wanted a row of integers`:         graph("Reshape", nil, Floats("w", []float32{1})),
		`input 1 is of type int64, and input 0 of type float`:                     graph("Add", nil, Ints("w", 1)),
		`the order [0 0 1 2] for shape [1 2 4 4]`:                                 graph("Transpose", []Attribute{ints("perm", 0, 0, 1, 2)}),
		`no kernel_shape is given`:                                                graph("MaxPool", nil),
		`a window that spans 9 does not fit`:                                      graph("MaxPool", []Attribute{ints("kernel_shape", 9, 9)}),
		`strides [0 1]`:                                                           graph("MaxPool", []Attribute{ints("kernel_shape", 1, 1), ints("strides", 0, 1)}),
		`kernel_shape [9223372036854775807 1]`:                                    graph("MaxPool", []Attribute{ints("kernel_shape", 1<<63-1, 1)}),
		`pads [-1 0 0 0]`:                                                         graph("MaxPool", []Attribute{ints("kernel_shape", 1, 1), ints("pads", -1, 0, 0, 0)}),
		`pads [1]; wanted 4 numbers`:                                              graph("MaxPool", []Attribute{ints("kernel_shape", 1, 1), ints("pads", 1)}),
		`would have shape [1 2 16777220 16777220]`:                                graph("AveragePool", []Attribute{ints("kernel_shape", 1, 1), ints("pads", 1<<23, 1<<23, 1<<23, 1<<23)}),
		`auto_pad "SAME"`:                                                         graph("MaxPool", []Attribute{ints("kernel_shape", 1, 1), {Name: "auto_pad", Kind: KindText, Text: "SAME"}}),
		`7 groups of 2 filters`:                                                   graph("Conv", []Attribute{number("group", 7)}, Floats("w", []float32{1, 1}, 2, 1, 1, 1)),
		`the maps have 2 channels, but the filters see 1`:                         graph("Conv", nil, Floats("w", []float32{1, 1}, 2, 1, 1, 1)),
		`filters of shape [2]; (outputs, channels, h, w) are read`:                graph("Conv", nil, Floats("w", []float32{1, 1}, 2)),
		`to type string, which is not read`:                                       graph("Cast", []Attribute{number("to", 8)}),
		`"y" is declared as float, and is double`:                                 graph("Cast", []Attribute{number("to", 11)}),
		`wanted two matrices`:                                                     graph("Gemm", nil, Floats("w", []float32{1, 1}, 2, 1)),
		`axis 7 of shape [1 2 4 4]`:                                               graph("Flatten", []Attribute{number("axis", 7)}),
		`no axis is named`:                                                        graph("Concat", nil),
	} {
		s, err := NewSession(m)
		if err == nil {
			_, err = s.Run(map[string]*tensor.Tensor{"x": x})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("said %v, wanted %q", err, want)
			continue
		}
		oneLine(t, err)
	}
}

// FuzzDecode: whatever the bytes, there is no panic and an error is one line; what can be
// computed is computed, and what is read is written as a file that reads alike.
func FuzzDecode(f *testing.F) {
	for _, c := range damaged() {
		if len(c.b) < 4096 {
			f.Add(c.b)
		}
	}
	f.Add(deep(20))
	for _, name := range []string{"linear", "cnn", "resnet-small", "average-mse"} {
		m, _ := written(f, model(f, name, models.Spec{Channels: 1, Height: 2, Width: 3, Classes: 2}, "standardize"), Options{Preprocess: true, Probabilities: true})
		m.Metadata = nil
		for i := range m.Graph.Weights { // what is small can be mutated
			if w := &m.Graph.Weights[i]; len(w.Data) > 64 {
				*w = Floats(w.Name, []float32{1}, 1)
			}
		}
		f.Add(m.bytes())
	}
	f.Add(graph("Conv", []Attribute{numbers("pads", 1, 2, 0, 1), numbers("strides", 2, 1)}, Floats("w", []float32{1, 2}, 1, 2, 1, 1)).bytes())
	f.Add(graph("AveragePool", []Attribute{numbers("kernel_shape", 2, 2), number("ceil_mode", 1), number("count_include_pad", 1)}).bytes())
	f.Add(graph("MaxPool", []Attribute{numbers("kernel_shape", 1, 2), number("storage_order", 1)}).bytes())
	for typ, k := range kinds {
		if k.size > 0 {
			f.Add(graph("Cast", []Attribute{number("to", int64(typ))}, of("w", Type(typ), 3)).bytes())
		}
	}
	for op := range operators {
		f.Add(graph(op, nil, Ints("w", 1)).bytes())
	}
	usual := maxElements
	maxElements = 1 << 16
	f.Cleanup(func() { maxElements = usual })
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			oneLine(t, err)
			return
		}
		again, err := Decode(m.bytes())
		if err != nil {
			t.Fatalf("what was read is written as what cannot be read: %v", err)
		}
		if !bytes.Equal(m.bytes(), again.bytes()) {
			t.Error("other bytes when written again")
		}
		s, err := NewSession(m)
		if err != nil {
			oneLine(t, err)
			return
		}
		in := map[string]*tensor.Tensor{}
		for _, v := range m.Graph.Inputs {
			shape := []int{}
			for _, d := range v.Dims {
				if d.known {
					shape = append(shape, int(min(d.Size, 1<<20)))
				} else {
					shape = append(shape, 2)
				}
			}
			if fits(shape...) != nil {
				return
			}
			n := 1
			for _, d := range shape {
				n *= d
			}
			switch v.Type.kind().as {
			case device.Float:
				in[v.Name] = tensor.CPU.Full(1, shape...)
			case device.Byte:
				in[v.Name] = tensor.FromBytes(make([]byte, n), shape...)
			default:
				in[v.Name] = tensor.FromInts(make([]int32, n), shape...)
			}
		}
		start := time.Now()
		out, err := s.Run(in)
		if d := time.Since(start); d > time.Minute {
			t.Errorf("it took %v", d)
		}
		if err != nil {
			oneLine(t, err)
			return
		}
		for _, y := range out {
			if y.DType() == device.Float {
				y.Float32s()
			}
		}
	})
}
