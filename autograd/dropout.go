package autograd

import (
	"fmt"

	"inkling/tensor"
)

// z = x * mask        dx = dz * mask        mask = 0 with probability p, else 1/(1-p)

type dropout struct {
	x    *Var
	mask *tensor.Tensor
}

// Dropout sets each element to 0 with probability p and divides the others by
// 1-p, so that their mean stays (Srivastava et al., 2014), on a tape that trains;
// anywhere else it returns x. The mask is drawn from the tape's generator: see
// Tape.Seed.
func (x *Var) Dropout(p float64) *Var {
	if !(p >= 0 && p < 1) {
		panic(fmt.Sprintf("autograd: dropout with probability %v; it must be at least 0 and less than 1", p))
	}
	x.alive()
	if p == 0 || !x.Training() {
		return x
	}
	mask := x.tape.mask(p, x.Shape())
	return push(x.tape, x.value.Mul(mask), dropout{x, mask})
}

// mask draws zeros with probability p, else 1/(1-p).
func (t *Tape) mask(p float64, shape []int) *tensor.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if cap(t.drawn) < n {
		t.drawn = make([]float32, n)
	}
	values := t.drawn[:n]
	keep := float32(1 / (1 - p))
	for i := range values {
		values[i] = 0
		if float64(t.random.Uint64()>>11)/(1<<53) >= p {
			values[i] = keep
		}
	}
	return tensor.Of(t.mem, values, shape...)
}

func (n *dropout) name() string               { return "dropout" }
func (n *dropout) operands() operands         { return operands{n.x} }
func (n *dropout) backward(dz *tensor.Tensor) { n.x.give(dz.Mul(n.mask)) }
