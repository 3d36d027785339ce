package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
)

func bits(v float32) uint32 { return math.Float32bits(v) }

// Open reads the file at path. Each error begins with the path.
func Open(path string) (*Model, error) {
	b, err := contents(path)
	if err != nil {
		return nil, ofFile(path, err)
	}
	m, err := Decode(b)
	if err != nil {
		return nil, ofFile(path, err)
	}
	return m, nil
}

// ofFile puts a path before an error, once. What a terminal should not be sent is escaped.
func ofFile(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	if q := strconv.Quote(path); q[1:len(q)-1] != path {
		path = q
	}
	return fmt.Errorf("%s: %w", path, err)
}

func contents(path string) ([]byte, error) {
	info, err := os.Stat(path) // before it is opened: opening a named pipe would wait for ever
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("is no ordinary file")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("has %d bytes, and an ONNX file 2 GB at most", info.Size())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, err
	}
	return b, nil
}

// Decode reads a model from the bytes of a file. Its weights share them. What it returns
// is well-formed, no more: NewSession says whether it can be computed. Nothing in a file
// makes it open another one.
func Decode(b []byte) (*Model, error) {
	m := &Model{}
	graphs := 0
	err := fields(b, func(f field) (err error) {
		switch f.number {
		case 1:
			m.IR, err = f.int()
		case 2:
			m.Producer, err = f.text()
		case 3:
			m.ProducerVersion, err = f.text()
		case 6:
			m.Doc, err = f.text()
		case 7:
			graphs++
			err = f.message(m.Graph.field)
		case 8:
			err = m.opset(f)
		case 14:
			var key, value string
			if key, value, err = f.entry(); err == nil {
				if m.Metadata == nil {
					m.Metadata = map[string]string{}
				}
				m.Metadata[key] = value
			}
		}
		return named(err, "model", f.number)
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("not an ONNX file, or a damaged one: %w", err)
	case graphs != 1 || m.IR == 0:
		return nil, fmt.Errorf("not an ONNX file: it has %d graphs and version %d of the format", graphs, m.IR)
	}
	return m, nil
}

func (m *Model) opset(f field) error {
	var domain string
	var version int64
	err := f.message(func(f field) (err error) {
		switch f.number {
		case 1:
			domain, err = f.text()
		case 2:
			version, err = f.int()
		}
		return err
	})
	if domain == "" || domain == "ai.onnx" { // the operators of other sets are refused by their names
		m.Opset = version
	}
	return err
}

func (g *Graph) field(f field) (err error) {
	switch f.number {
	case 1:
		var n Node
		err = f.message(n.field)
		g.Nodes = append(g.Nodes, n)
	case 2:
		g.Name, err = f.text()
	case 5:
		var t Tensor
		t, err = f.tensor()
		g.Weights = append(g.Weights, t)
	case 11:
		var v Value
		err = f.message(v.field)
		g.Inputs = append(g.Inputs, v)
	case 12:
		var v Value
		err = f.message(v.field)
		g.Outputs = append(g.Outputs, v)
	case 15:
		g.sparse = true
	}
	return named(err, "graph", f.number)
}

func (n *Node) field(f field) (err error) {
	switch f.number {
	case 1, 2:
		var name string
		name, err = f.text()
		if f.number == 1 {
			n.Inputs = append(n.Inputs, name)
		} else {
			n.Outputs = append(n.Outputs, name)
		}
	case 3:
		n.Name, err = f.text()
	case 4:
		n.Op, err = f.text()
	case 5:
		var a Attribute
		err = f.message(a.field)
		n.Attributes = append(n.Attributes, a)
	case 7:
		n.domain, err = f.text()
	}
	return named(err, "node", f.number)
}

// field reads a part of an attribute. Subgraphs, tensors and what else an attribute may
// be are skipped; the kind tells that they were there.
func (a *Attribute) field(f field) (err error) {
	var v int64
	switch f.number {
	case 1:
		a.Name, err = f.text()
	case 2:
		var u uint32
		u, err = f.fixed32()
		a.Float = math.Float32frombits(u)
	case 3:
		a.Int, err = f.int()
	case 4:
		a.Text, err = f.text()
	case 7:
		err = f.floats(&a.Floats)
	case 8:
		err = f.ints(&a.Ints)
	case 20:
		v, err = f.int()
		a.Kind = Kind(v)
	}
	return named(err, "attribute", f.number)
}

func (v *Value) field(f field) (err error) {
	switch f.number {
	case 1:
		v.Name, err = f.text()
	case 2: // a type; 1 in it a tensor's
		err = f.message(func(f field) error {
			if f.number != 1 {
				return nil // a sequence or a map, whose element type stays 0
			}
			return f.message(func(f field) (err error) {
				var t int64
				switch f.number {
				case 1:
					t, err = f.int()
					v.Type = Type(t)
				case 2:
					err = f.message(v.dim)
				}
				return err
			})
		})
	}
	return named(err, "value", f.number)
}

func (v *Value) dim(f field) error {
	if f.number != 1 {
		return nil
	}
	var d Dim
	err := f.message(func(f field) (err error) {
		switch f.number {
		case 1:
			d.Size, err = f.int()
			d.known = true
		case 2:
			d.Name, err = f.text()
			d.known = false
		}
		return err
	})
	v.Dims = append(v.Dims, d)
	return err
}

// tensor reads a tensor and brings its elements into the form of Data, whichever of the
// format's fields they came in.
func (f field) tensor() (Tensor, error) {
	var t Tensor
	var raw, doubles []byte
	var floats []float32
	var short, long, unsigned []int64
	external, hasRaw := "", false
	err := f.message(func(f field) (err error) {
		var v int64
		switch f.number {
		case 1:
			err = f.ints(&t.Dims)
		case 2:
			v, err = f.int()
			t.Type = Type(v)
		case 3:
			err = errors.New("a tensor in segments")
		case 4:
			err = f.floats(&floats)
		case 5:
			err = f.ints(&short)
		case 7:
			err = f.ints(&long)
		case 8:
			t.Name, err = f.text()
		case 9:
			raw, err = f.raw()
			hasRaw = true
		case 10:
			err = f.doubles(&doubles)
		case 11:
			err = f.ints(&unsigned)
		case 13:
			var key, value string
			if key, value, err = f.entry(); key == "location" {
				external = value
			}
		case 14:
			if v, err = f.int(); v == 1 && external == "" {
				external = "another file"
			}
		}
		return named(err, "tensor", f.number)
	})
	if err != nil {
		return t, err
	}
	if external != "" {
		return t, fmt.Errorf("the tensor %q lies in %q, outside of the file: save the model with its weights inside", t.Name, external)
	}
	n := int64(1)
	for _, d := range t.Dims {
		if d < 0 || d > 0 && n > math.MaxInt32/d {
			return t, fmt.Errorf("the tensor %q has shape %v", t.Name, t.Dims)
		}
		n *= d
	}
	size := t.Type.kind().size
	if size == 0 {
		return t, nil // of a type that is not read: whoever wants it says so
	}
	switch {
	case hasRaw:
		t.Data = raw
	case t.Type == Float32:
		for _, v := range floats {
			t.Data = binary.LittleEndian.AppendUint32(t.Data, bits(v))
		}
	case t.Type == Double:
		t.Data = doubles
	case t.Type == Int64:
		t.Data = little(long, size)
	case t.Type == Uint32, t.Type == Uint64:
		t.Data = little(unsigned, size)
	default: // the smaller integers, and the bits of the smaller floats
		t.Data = little(short, size)
	}
	if int64(len(t.Data)) != n*int64(size) {
		return t, fmt.Errorf("the tensor %q of type %v and shape %v has %d bytes, wanted %d", t.Name, t.Type, t.Dims, len(t.Data), n*int64(size))
	}
	return t, nil
}

// little are the last bytes of each number, as many as size says.
func little(v []int64, size int) []byte {
	var data, one []byte
	for _, x := range v {
		one = binary.LittleEndian.AppendUint64(one[:0], uint64(x))
		data = append(data, one[:size]...)
	}
	return data
}
