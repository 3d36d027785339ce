// Package autograd differentiates. A Tape records each operation on Vars as it
// happens; Backward walks the record once in reverse and applies the chain rule,
// operation by operation. There is one file per family of operations, each with
// the formula, the forward and the backward computation next to one another.
package autograd

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"inkling/tensor"
)

// Tape records operations. The tensors that they make live in the tape's arena
// and go back to it at Reset. A tape belongs to one goroutine at a time.
//
// Whether batch norm and dropout train or infer is a property of the tape, not
// of the layers, so that no model is left in the wrong mode:
//   - on a tape made by NewTape or NewTapeOn they train: batch norm uses the
//     batch's own statistics and dropout drops;
//   - on one made by NewInferenceTapeOn they infer, and everything is recorded
//     all the same: for the gradients of a trained model at its input;
//   - off the tape (Const) they infer, and nothing is recorded.
type Tape struct {
	mem      *tensor.Memory
	gen      uint32
	training bool
	direct   bool     // convolutions multiply each tap
	random   rand.PCG // of dropout's masks
	drawn    []float32
	vars     []*Var // in order of creation, which is a topological order
	slab     []Var
	params   map[*Param]*Var
}

// node is an operation on the tape: its operands, and what it must remember for
// the way back.
type node interface {
	// name is what the operation is called where a tape is printed.
	name() string
	// operands are the Vars that it was computed from.
	operands() operands
	// backward adds to each operand's gradient, given dz, the gradient at the result.
	backward(dz *tensor.Tensor)
}

// operands are up to four Vars; those not there are nil. An array costs no
// allocation each time an operation is recorded.
type operands = [4]*Var

// NewTape returns a tape on the default device, for training.
func NewTape() *Tape { return NewTapeOn(tensor.CPU) }

// NewTapeOn returns a tape for training whose tensors lie on the device of mem.
func NewTapeOn(mem *tensor.Memory) *Tape {
	t := NewInferenceTapeOn(mem)
	t.training = true
	return t
}

// NewInferenceTapeOn returns a tape on which batch norm and dropout do what they
// do in a trained model.
func NewInferenceTapeOn(mem *tensor.Memory) *Tape {
	return &Tape{mem: mem.Arena(), params: map[*Param]*Var{}}
}

// Training reports whether batch norm and dropout train on this tape.
func (t *Tape) Training() bool { return t.training }

// Direct has every convolution on this tape, and its gradients, multiply each tap as it
// stands (tensor.Window.Direct).
func (t *Tape) Direct(on bool) { t.direct = on }

// Seed sets the generator that dropout's masks are drawn from. A trainer calls it
// before each step with the run's seed and the number of the step: the masks of
// a step then depend on nothing else, and a run can be repeated, or taken up in
// its middle, without any state in the layers. A new tape has the seeds 0 and 0;
// Reset changes nothing here.
func (t *Tape) Seed(seed, step uint64) { t.random.Seed(seed, step) }

// Input puts a tensor on the tape as a constant: a batch of images.
func (t *Tape) Input(x *tensor.Tensor) *Var { return t.leaf(t.mem.Enter(x), false) }

// Watch is Input for a tensor whose gradient is wanted: the pixels, to see which
// of them mattered.
func (t *Tape) Watch(x *tensor.Tensor) *Var { return t.leaf(t.mem.Enter(x), true) }

func (t *Tape) leaf(x *tensor.Tensor, needs bool) *Var {
	v := t.add()
	v.value, v.needs = x, needs
	return v
}

// add appends an empty Var.
func (t *Tape) add() *Var {
	if len(t.slab) == cap(t.slab) {
		t.slab = make([]Var, 0, 32)
	}
	t.slab = append(t.slab, Var{tape: t, gen: t.gen})
	v := &t.slab[len(t.slab)-1]
	t.vars = append(t.vars, v)
	return v
}

// push records an operation and its result; without a tape it only wraps the
// result. The operation's struct is reused if the same kind stood at this place
// before the last Reset, so that a training step makes no garbage here.
func push[T any, P interface {
	*T
	node
}](t *Tape, value *tensor.Tensor, operation T) *Var {
	if t == nil {
		return &Var{value: value}
	}
	var n P
	place := len(t.vars)
	if place < cap(t.vars) {
		if old := t.vars[:place+1][place]; old != nil {
			n, _ = old.node.(P)
		}
	}
	if n == nil {
		n = new(T)
	}
	*n = operation
	v := t.add()
	v.value, v.node = value, n
	for _, x := range n.operands() {
		v.needs = v.needs || x != nil && x.needs
	}
	return v
}

// Reset forgets the record and takes back its memory. Vars and gradients from
// before panic when they are used again.
func (t *Tape) Reset() {
	n := len(t.vars)
	t.vars = t.vars[:0] // the old pointers stay behind its end, for push to reuse their nodes
	t.slab = make([]Var, 0, n)
	t.gen++
	clear(t.params)
	t.mem.Reset()
}

// Memory is the tape's arena.
func (t *Tape) Memory() *tensor.Memory { return t.mem }

// Vars returns the record in order of creation.
func (t *Tape) Vars() []*Var { return t.vars }

// String prints the record, one operation a line:
//
//	%4 = matmul %0, %1            (256, 10)
func (t *Tape) String() string {
	place := make(map[*Var]int, len(t.vars))
	for i, v := range t.vars {
		place[v] = i
	}
	var b strings.Builder
	for i, v := range t.vars {
		var from []string
		for _, x := range v.Operands() {
			name := "const"
			if k, ok := place[x]; ok {
				name = fmt.Sprintf("%%%d", k)
			}
			from = append(from, name)
		}
		line := v.Op() + " " + strings.Join(from, ", ")
		fmt.Fprintf(&b, "%%%d = %-32s %v\n", i, line, v.value.Shape())
	}
	return b.String()
}
