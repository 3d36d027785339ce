// Package onnx writes models down in the Open Neural Network Exchange format, which
// other programs run, and reads such files back: the operators that it writes, computed
// by package tensor.
//
// A file is a protocol buffer (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto):
// a graph of named values, each the result of a node or given with the file, and a few
// strings beside it. The parts of the format that nothing here uses are left out; where
// they would change an answer the reader refuses them by name.
package onnx

import (
	"encoding/binary"
	"math"
)

// Model is what an ONNX file holds.
type Model struct {
	IR              int64 // version of the format itself
	Producer        string
	ProducerVersion string
	Doc             string
	Opset           int64             // version of the operators
	Metadata        map[string]string // nil if there is none
	Graph           Graph
}

// Graph is the computation: the nodes in an order in which each finds its inputs computed.
type Graph struct {
	Name    string
	Nodes   []Node
	Weights []Tensor // values that are given; the format calls them initializers
	Inputs  []Value
	Outputs []Value

	sparse bool // holds weights in a form that is not read
}

// Node is one operation. An input called "" is one that is left out.
type Node struct {
	Name, Op        string
	Inputs, Outputs []string
	Attributes      []Attribute

	domain string // of the operator; "" is the standard's own
}

// Attribute is a setting of a node: one of its fields, by Kind.
type Attribute struct {
	Name   string
	Kind   Kind
	Float  float32
	Int    int64
	Text   string
	Floats []float32
	Ints   []int64
}

// Kind is the type of an attribute, by the format's numbers. Those without a name here
// are never used by the operators that are read.
type Kind int32

// The kinds of attributes that are written and read.
const (
	KindFloat  Kind = 1
	KindInt    Kind = 2
	KindText   Kind = 3
	KindFloats Kind = 6
	KindInts   Kind = 7
)

// Value names an input or an output of the graph and says what it holds.
type Value struct {
	Name string
	Type Type
	Dims []Dim
}

// Dim is the size of an axis: a number, or a name for one that is free; "" where nothing
// is known.
type Dim struct {
	Size int64 // 0 or more where Name is "" and Known is set
	Name string

	known bool
}

// Fixed is an axis of n elements.
func Fixed(n int) Dim { return Dim{Size: int64(n), known: true} }

// Free is an axis of any size, which goes by a name.
func Free(name string) Dim { return Dim{Name: name} }

// Tensor is a value that is given: Data holds its elements in row-major order, little-endian.
type Tensor struct {
	Name string
	Type Type
	Dims []int64
	Data []byte
}

// Floats returns a tensor with a copy of v; shape holds exactly that many.
func Floats(name string, v []float32, shape ...int) Tensor {
	data := make([]byte, 0, 4*len(v))
	for _, x := range v {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return Tensor{name, Float32, sizes(shape), data}
}

// Ints returns an int64 tensor of one axis: a shape, or axes.
func Ints(name string, v ...int64) Tensor {
	data := make([]byte, 0, 8*len(v))
	for _, x := range v {
		data = binary.LittleEndian.AppendUint64(data, uint64(x))
	}
	return Tensor{name, Int64, []int64{int64(len(v))}, data}
}

func sizes(shape []int) []int64 {
	dims := make([]int64, len(shape))
	for i, d := range shape {
		dims[i] = int64(d)
	}
	return dims
}
