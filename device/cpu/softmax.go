package cpu

import (
	"fmt"

	"inkling/device"
	"inkling/internal/kernel"
)

// rowsPerTask is how many rows of c elements make a task worth handing out.
func rowsPerTask(c int) int { return max(piece/4/max(c, 1), 1) }

// rows runs f for consecutive pieces from..to of n rows of c elements.
func (b *Backend) rows(n, c int, f func(from, to int)) {
	per := rowsPerTask(c)
	if n <= per || b.pool.workers == 1 {
		f(0, n)
		return
	}
	b.pool.run((n+per-1)/per, func(i int) { f(i*per, min((i+1)*per, n)) })
}

// Softmax implements device.Backend.
func (b *Backend) Softmax(dst, x device.View, log bool) {
	c := x.Dims[x.Rank-1]
	if x.Len() == 0 {
		return
	}
	in, done := b.packed(&x)
	defer done()
	out := b.contiguous(&dst)
	to := floats(&out)[out.Offset:]
	b.rows(len(in)/c, c, func(i, j int) {
		kernel.SoftmaxRows(to[i*c:j*c], in[i*c:j*c], j-i, c, log)
	})
	b.deliver(&dst, &out)
}

// SoftmaxGrad implements device.Backend:
//
//	softmax:     dx = y * (dy - sum(y*dy))
//	log-softmax: dx = dy - exp(y) * sum(dy)
func (b *Backend) SoftmaxGrad(dst, y, dy device.View, log bool) {
	c := y.Dims[y.Rank-1]
	if y.Len() == 0 {
		return
	}
	ys, doneY := b.packed(&y)
	defer doneY()
	ds, doneD := b.packed(&dy)
	defer doneD()
	out := b.scratchView(&dst) // dst may be y or dy
	defer release(&out)
	to := floats(&out)
	b.rows(len(ys)/c, c, func(i, j int) {
		for r := i * c; r < j*c; r += c {
			d, p, g := to[r:r+c], ys[r:r+c], ds[r:r+c]
			if log {
				kernel.Exp(d, p)
				kernel.MulScalar(d, d, -kernel.Sum(g))
				kernel.Add(d, d, g)
			} else {
				kernel.AddScalar(d, g, -kernel.Dot(p, g))
				kernel.Mul(d, d, p)
			}
		}
	})
	b.Unary(device.Copy, dst, out)
}

// CrossEntropy implements device.Backend.
func (b *Backend) CrossEntropy(loss, probs, logits, labels device.View) {
	n, c := logits.Dims[0], logits.Dims[1]
	if n == 0 {
		return
	}
	in, done := b.packed(&logits)
	defer done()
	y := ints(&labels)[labels.Offset:]
	if step := labels.Strides[0]; step != 1 && n > 1 {
		y = make([]int32, n)
		for i := range y {
			y[i] = ints(&labels)[labels.Offset+i*step]
		}
	}
	y = y[:n]
	checkIndices("cross-entropy", y, c)
	toLoss, toProbs := b.contiguous(&loss), b.contiguous(&probs)
	p, l := floats(&toProbs)[toProbs.Offset:], floats(&toLoss)[toLoss.Offset:]
	b.rows(n, c, func(i, j int) {
		kernel.CrossEntropyRows(l[i:j], p[i*c:j*c], in[i*c:j*c], y[i:j], j-i, c)
	})
	b.deliver(&loss, &toLoss)
	b.deliver(&probs, &toProbs)
}

// contiguous returns where an operation that writes rows may write for v: v
// itself, or scratch memory, whose contents deliver then copies to v.
func (b *Backend) contiguous(v *device.View) device.View {
	if v.Contiguous() {
		return *v
	}
	return b.scratchView(v)
}

func (b *Backend) deliver(v, from *device.View) {
	if v.Buf != from.Buf {
		b.Unary(device.Copy, *v, *from)
		release(from)
	}
}

// CrossEntropyGrad implements device.Backend.
func (b *Backend) CrossEntropyGrad(dst, probs, labels, dloss device.View) {
	n, c := probs.Dims[0], probs.Dims[1]
	p, done := b.packed(&probs)
	defer done()
	to, y, g := floats(&dst), ints(&labels), floats(&dloss)
	if n > 0 && dloss.Strides[0] == 0 && dst.Contiguous() && dst.Buf != probs.Buf { // a mean: one factor for all
		scale := g[dloss.Offset]
		rows := to[dst.Offset : dst.Offset+n*c]
		kernel.MulScalar(rows, p, scale)
		for i := range n {
			at := i*c + int(y[labels.Offset+i*labels.Strides[0]])
			rows[at] = (p[at] - 1) * scale
		}
		return
	}
	for i := range n {
		scale := g[dloss.Offset+i*dloss.Strides[0]]
		row := to[dst.Offset+i*dst.Strides[0]:]
		label := int(y[labels.Offset+i*labels.Strides[0]])
		for j, v := range p[i*c : (i+1)*c] {
			if j == label {
				v--
			}
			row[j*dst.Strides[1]] = v * scale
		}
	}
}

// checkIndices panics if an index lies outside 0..n-1.
func checkIndices(op string, index []int32, n int) {
	for i, v := range index {
		if v < 0 || int(v) >= n {
			panic(fmt.Sprintf("cpu: [%s] index %d at place %d lies outside 0..%d", op, v, i, n-1))
		}
	}
}
