package onnx

import (
	"errors"
	"io"
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxFile is what a protocol buffer may have.
const maxFile = 1<<31 - 1

// Write writes m as a file. The bytes depend on the content alone.
func (m *Model) Write(w io.Writer) error {
	b := m.bytes()
	if len(b) > maxFile {
		return errors.New("an ONNX file holds 2 GB at most, and the model has more")
	}
	_, err := w.Write(b)
	return err
}

// message is a protocol buffer that is being written. The numbers of its fields are
// those of onnx.proto.
type message []byte

func (b *message) int(field protowire.Number, v int64) {
	*b = protowire.AppendTag(*b, field, protowire.VarintType)
	*b = protowire.AppendVarint(*b, uint64(v))
}

func (b *message) float(field protowire.Number, v uint32) {
	*b = protowire.AppendTag(*b, field, protowire.Fixed32Type)
	*b = protowire.AppendFixed32(*b, v)
}

func (b *message) bytes(field protowire.Number, v []byte) {
	*b = protowire.AppendTag(*b, field, protowire.BytesType)
	*b = protowire.AppendBytes(*b, v)
}

// text leaves an empty string out, as the format does with what has its usual value.
func (b *message) text(field protowire.Number, v string) {
	if v != "" {
		b.bytes(field, []byte(v))
	}
}

// texts writes all strings, the empty ones too.
func (b *message) texts(field protowire.Number, all []string) {
	for _, v := range all {
		b.bytes(field, []byte(v))
	}
}

func (m *Model) bytes() []byte {
	var b message
	b.int(1, m.IR)
	b.text(2, m.Producer)
	b.text(3, m.ProducerVersion)
	b.text(6, m.Doc)
	b.bytes(7, m.Graph.bytes())
	var set message
	set.int(2, m.Opset)
	b.bytes(8, set)
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		var entry message
		entry.text(1, key)
		entry.text(2, m.Metadata[key])
		b.bytes(14, entry)
	}
	return b
}

func (g *Graph) bytes() []byte {
	var b message
	for i := range g.Nodes {
		b.bytes(1, g.Nodes[i].bytes())
	}
	b.text(2, g.Name)
	for i := range g.Weights {
		b.bytes(5, g.Weights[i].bytes())
	}
	for i := range g.Inputs {
		b.bytes(11, g.Inputs[i].bytes())
	}
	for i := range g.Outputs {
		b.bytes(12, g.Outputs[i].bytes())
	}
	return b
}

func (n *Node) bytes() []byte {
	var b message
	b.texts(1, n.Inputs)
	b.texts(2, n.Outputs)
	b.text(3, n.Name)
	b.text(4, n.Op)
	for i := range n.Attributes {
		b.bytes(5, n.Attributes[i].bytes())
	}
	b.text(7, n.domain)
	return b
}

func (a *Attribute) bytes() []byte {
	var b message
	b.text(1, a.Name)
	switch a.Kind {
	case KindFloat:
		b.float(2, bits(a.Float))
	case KindInt:
		b.int(3, a.Int)
	case KindText:
		b.bytes(4, []byte(a.Text))
	case KindFloats:
		for _, v := range a.Floats {
			b.float(7, bits(v))
		}
	case KindInts:
		for _, v := range a.Ints {
			b.int(8, v)
		}
	}
	b.int(20, int64(a.Kind))
	return b
}

func (t *Tensor) bytes() []byte {
	var b message
	for _, d := range t.Dims {
		b.int(1, d)
	}
	b.int(2, int64(t.Type))
	b.text(8, t.Name)
	b.bytes(9, t.Data)
	return b
}

func (v *Value) bytes() []byte {
	var shape, tensor, kind, b message
	for _, d := range v.Dims {
		var dim message
		if d.known {
			dim.int(1, d.Size)
		} else {
			dim.text(2, d.Name)
		}
		shape.bytes(1, dim)
	}
	tensor.int(1, int64(v.Type))
	tensor.bytes(2, shape)
	kind.bytes(1, tensor)
	b.text(1, v.Name)
	b.bytes(2, kind)
	return b
}
