package autograd

import (
	"fmt"
	"slices"

	"inkling/tensor"
)

// Var is a tensor with a history: the operation that made it, and through its
// operands everything that it depends on.
type Var struct {
	value *tensor.Tensor
	grad  *tensor.Tensor
	block bool   // grad is only a block of the gradient, which is zero elsewhere
	from  [2]int // where the block begins along the last two axes
	node  node   // nil for inputs, parameters and constants
	param *Param // of a leaf that is a parameter
	tape  *Tape
	gen   uint32
	needs bool // whether a gradient has to reach it
}

// Param is a tensor that training changes.
type Param struct {
	Name  string
	Value *tensor.Tensor
}

// NewParam returns a parameter.
func NewParam(name string, value *tensor.Tensor) *Param { return &Param{name, value} }

// Operand is what a Var can be combined with: another Var, or a Param.
type Operand interface {
	// on returns the operand as a Var of the tape; of none if t is nil.
	on(t *Tape) *Var
}

// Const wraps a tensor in a Var off the tape: nothing that is computed from
// constants and parameters alone is recorded.
func Const(x *tensor.Tensor) *Var { return &Var{value: x} }

// Value is the tensor.
func (v *Var) Value() *tensor.Tensor {
	v.alive()
	return v.value
}

// Shape is the tensor's shape.
func (v *Var) Shape() []int { return v.value.Shape() }

// Want panics with a *tensor.ShapeError unless the shape is as given.
func (v *Var) Want(dims ...any) *Var {
	v.value.Want(dims...)
	return v
}

// Op names the operation that made the Var: "matmul", "sigmoid"; for leaves
// "input", or the parameter's name.
func (v *Var) Op() string {
	switch {
	case v.param != nil:
		return "param " + v.param.Name
	case v.node == nil:
		return "input"
	}
	return v.node.name()
}

// Training reports whether the Var is on a tape on which batch norm and dropout train.
func (v *Var) Training() bool { return v.tape != nil && v.tape.training }

// Param is the parameter that a leaf stands for; nil for any other Var.
func (v *Var) Param() *Param { return v.param }

// Operands are the Vars that v was computed from.
func (v *Var) Operands() []*Var {
	var list []*Var
	if v.node != nil {
		for _, x := range v.node.operands() {
			if x != nil {
				list = append(list, x)
			}
		}
	}
	return list
}

func (v *Var) alive() {
	if v.tape != nil && v.gen != v.tape.gen {
		panic("autograd: a Var was used after its tape was reset; read what you need before Reset, or copy it with CopyTo")
	}
}

func (v *Var) on(t *Tape) *Var {
	v.alive()
	if v.tape != nil && v.tape != t {
		panic("autograd: an operation on Vars of two tapes; each worker has a tape of its own")
	}
	return v
}

func (p *Param) on(t *Tape) *Var {
	if t == nil {
		return Const(p.Value)
	}
	v := t.params[p]
	if v == nil {
		v = t.leaf(t.mem.Enter(p.Value), true)
		v.param = p
		t.params[p] = v
	}
	return v
}

// meet returns the tape of an operation on x and y, and both as Vars.
func meet(x *Var, y Operand) (*Tape, *Var, *Var) {
	t := x.tape
	if v, ok := y.(*Var); ok && t == nil {
		t = v.tape
	}
	return t, x.on(t), y.on(t)
}

// give adds g to the Var's gradient. Gradients are never changed in place,
// because one tensor may be the gradient of several Vars.
func (v *Var) give(g *tensor.Tensor) {
	if !slices.Equal(g.Shape(), v.value.Shape()) {
		panic(fmt.Sprintf("autograd: a gradient of shape %v came for a value of shape %v (%s)", g.Shape(), v.value.Shape(), v.Op()))
	}
	if v.grad == nil {
		v.grad = g
	} else {
		v.grad = v.gradient().Add(g)
	}
}

// giveBlock is give for a gradient that is zero but for a block of the last two
// axes, which begins at from: the taps of a filter that met the map. Of a
// ResNet-18's filters on small images those are the smaller part, so that the
// zeros are only written where somebody asks for them.
func (v *Var) giveBlock(g *tensor.Tensor, from [2]int) {
	if slices.Equal(g.Shape(), v.value.Shape()) {
		v.give(g)
		return
	}
	if v.grad == nil {
		v.grad, v.block, v.from = g, true, from
		return
	}
	v.give(whole(g, from, v.value))
}

// gradient returns the whole gradient, or nil.
func (v *Var) gradient() *tensor.Tensor {
	if v.block {
		v.grad, v.block = whole(v.grad, v.from, v.value), false
	}
	return v.grad
}

// whole returns a block of a gradient with the zeros around it, for value.
func whole(block *tensor.Tensor, from [2]int, value *tensor.Tensor) *tensor.Tensor {
	g := block.Memory().Like(value)
	g.Fill(0)
	BlockOf(g, block.Shape(), from).CopyFrom(block)
	return g
}

// BlockOf returns the block of x that has the given shape and begins at from
// along the last two axes.
func BlockOf(x *tensor.Tensor, shape []int, from [2]int) *tensor.Tensor {
	for a := range 2 {
		axis := x.Rank() - 2 + a
		x = x.Slice(axis, from[a], from[a]+shape[axis])
	}
	return x
}

// Backward computes the gradient of v, a single number, with respect to every
// parameter and watched input on its tape.
func (v *Var) Backward() Grads {
	v.alive()
	t := v.tape
	if t == nil {
		panic("autograd: Backward of a Var that is on no tape; begin with tape.Input")
	}
	if v.value.Len() != 1 {
		panic(&tensor.ShapeError{Op: "backward", Shapes: [][]int{slices.Clone(v.Shape())}, Problem: "wants a single number", Hint: "reduce it first, with Sum or Mean"})
	}
	for _, x := range t.vars {
		x.grad, x.block = nil, false
	}
	v.grad = t.mem.Full(1, v.Shape()...)
	for i := len(t.vars) - 1; i >= 0; i-- {
		if x := t.vars[i]; x.grad != nil && x.node != nil && x.needs {
			x.node.backward(x.gradient())
		}
	}
	return Grads{t, t.gen}
}

// Grads are the gradients of one Backward, valid until the tape's Reset.
type Grads struct {
	tape *Tape
	gen  uint32
}

// Of returns the gradient of a parameter, or nil where the result does not
// depend on it.
func (g Grads) Of(p *Param) *tensor.Tensor {
	g.alive()
	if v := g.tape.params[p]; v != nil {
		return v.gradient()
	}
	return nil
}

// Block is Of for a gradient that is zero outside of a block: it returns that
// block, and where it begins along the last two axes. Of any other gradient the
// block is the whole.
func (g Grads) Block(p *Param) (dp *tensor.Tensor, from [2]int) {
	g.alive()
	v := g.tape.params[p]
	switch {
	case v == nil:
		return nil, from
	case v.block:
		return v.grad, v.from
	}
	return v.grad, from
}

// Replace puts another gradient, of the parameter's shape, in the place of that
// which Of returns: a clipped one. A parameter without a gradient keeps none.
func (g Grads) Replace(p *Param, dp *tensor.Tensor) {
	g.alive()
	v := g.tape.params[p]
	if v == nil || v.grad == nil {
		return
	}
	v.grad, v.block = nil, false
	v.give(dp)
}

// At returns the gradient at any Var of the tape; nil where none arrived.
func (g Grads) At(v *Var) *tensor.Tensor {
	g.alive()
	v.alive()
	return v.gradient()
}

func (g Grads) alive() {
	if g.gen != g.tape.gen {
		panic("autograd: gradients were used after their tape was reset")
	}
}
