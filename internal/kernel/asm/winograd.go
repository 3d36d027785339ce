package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// winograd writes the transforms of F(4x4, 3x3) (Lavin and Gray, Fast Algorithms
// for Convolutional Neural Networks, 2015), each T x Tᵀ for squares x of vectors.
func winograd(g *gen) {
	four, five, two, eight := 4.0, 5.0, 2.0, 8.0
	g.square2("winogradInput", 6, 6, []float64{four, -five, -four, two, -two}, func(k []operand.Op, x []reg.VecVirtual, put func(int, reg.VecVirtual)) {
		p4, m5, m4, p2, m2 := k[0], k[1], k[2], k[3], k[4]
		t := g.copied(x[4])
		g.VFMADD231PS(m5, x[2], t)
		g.VFMADD231PS(p4, x[0], t)
		put(0, t) // 4 x0 - 5 x2 + x4
		t = g.copied(x[5])
		g.VFMADD231PS(m5, x[3], t)
		g.VFMADD231PS(p4, x[1], t)
		put(5, t) // 4 x1 - 5 x3 + x5
		a, b := g.copied(x[4]), g.copied(x[3])
		g.VFMADD231PS(m4, x[2], a)
		g.VFMADD231PS(m4, x[1], b)
		put(1, g.sum(a, b)) // (x4 - 4 x2) + (x3 - 4 x1)
		put(2, g.difference(a, b))
		c, d := g.difference(x[4], x[2]), g.difference(x[3], x[1])
		e := g.copied(c)
		g.VFMADD231PS(p2, d, e)
		put(3, e) // (x4 - x2) + 2 (x3 - x1)
		g.VFMADD231PS(m2, d, c)
		put(4, c)
	})
	g.square2("winogradOutput", 6, 4, []float64{two, four, eight}, func(k []operand.Op, x []reg.VecVirtual, put func(int, reg.VecVirtual)) {
		s1, d1, s2, d2 := g.sum(x[1], x[2]), g.difference(x[1], x[2]), g.sum(x[3], x[4]), g.difference(x[3], x[4])
		t := g.sum(x[0], s1)
		put(0, g.sum(t, s2)) // x0 + x1 + x2 + x3 + x4
		t = g.copied(d1)
		g.VFMADD231PS(k[0], d2, t)
		put(1, t) // x1 - x2 + 2 (x3 - x4)
		g.VFMADD231PS(k[1], s2, s1)
		put(2, s1) // x1 + x2 + 4 (x3 + x4)
		g.VFMADD231PS(k[2], d2, d1)
		put(3, g.sum(d1, x[5])) // x1 - x2 + 8 (x3 - x4) + x5
	})
	g.square2("winogradOutputGrad", 4, 6, []float64{two, four}, func(k []operand.Op, x []reg.VecVirtual, put func(int, reg.VecVirtual)) {
		put(0, x[0])
		e, o := g.sum(x[0], x[2]), g.sum(x[1], x[3])
		put(1, g.sum(e, o)) // x0 + x1 + x2 + x3
		put(2, g.difference(e, o))
		e, o = g.copied(x[0]), g.copied(x[1])
		g.VFMADD231PS(k[1], x[2], e)
		g.VFMADD231PS(k[1], x[3], o)
		t := g.copied(e)
		g.VFMADD231PS(k[0], o, t)
		put(3, t) // x0 + 2 x1 + 4 x2 + 8 x3
		g.VADDPS(o, o, o)
		put(4, g.difference(e, o))
		put(5, x[3])
	})
	g.square2("winogradFilter", 3, 6, []float64{1.0 / 4, -1.0 / 6, 1.0 / 24, 1.0 / 6, 1.0 / 12}, func(k []operand.Op, x []reg.VecVirtual, put func(int, reg.VecVirtual)) {
		t := g.vec()
		g.VMULPS(k[0], x[0], t)
		put(0, t) // x0 / 4
		e := g.sum(x[0], x[2])
		t = g.sum(e, x[1])
		g.VMULPS(k[1], t, t)
		put(1, t) // -(x0 + x1 + x2) / 6
		t = g.difference(e, x[1])
		g.VMULPS(k[1], t, t)
		put(2, t)
		h, m := g.vec(), g.vec()
		g.VMULPS(k[2], x[0], h)
		g.VFMADD231PS(k[3], x[2], h)
		g.VMULPS(k[4], x[1], m)
		put(3, g.sum(h, m)) // x0 / 24 + x1 / 12 + x2 / 6
		put(4, g.difference(h, m))
		put(5, x[2])
	})
	g.square2("winogradFilterGrad", 6, 3, []float64{1.0 / 4, -1.0 / 6, 1.0 / 24, 1.0 / 6, 1.0 / 12}, func(k []operand.Op, x []reg.VecVirtual, put func(int, reg.VecVirtual)) {
		s1, d1, s2, d2 := g.sum(x[1], x[2]), g.difference(x[2], x[1]), g.sum(x[3], x[4]), g.difference(x[3], x[4])
		t := g.vec()
		g.VMULPS(k[0], x[0], t)
		g.VFMADD231PS(k[1], s1, t)
		g.VFMADD231PS(k[2], s2, t)
		put(0, t) // x0 / 4 - (x1 + x2) / 6 + (x3 + x4) / 24
		t = g.vec()
		g.VMULPS(k[3], d1, t)
		g.VFMADD231PS(k[4], d2, t)
		put(1, t) // (x2 - x1) / 6 + (x3 - x4) / 12
		t = g.copied(x[5])
		g.VFMADD231PS(k[1], s1, t)
		g.VFMADD231PS(k[3], s2, t)
		put(2, t) // -(x1 + x2) / 6 + (x3 + x4) / 6 + x5
	})
}

// square2 writes a function that transforms the columns, then the rows, of a
// square of in x in vectors to one of out x out. line is the transform of one
// line, which may not change x.
func (g *gen) square2(name string, in, out int, constants []float64, line func(k []operand.Op, x []reg.VecVirtual, put func(int, reg.VecVirtual))) {
	g.begin(name, "func(dst, src **float32, tmp *float32, n int)",
		fmt.Sprintf("computes dst[i][e] = T src[i][e] Tᵀ for each e < n, a multiple of %d, where src is the", g.lanes),
		fmt.Sprintf("pointers of a %d x %d square, and dst those of a %d x %d one, row by row. tmp has room for %d floats.", in, in, out, out, in*out*g.lanes))
	dst, src, tmp, n := g.arg("dst"), g.arg("src"), g.arg("tmp"), g.arg("n")
	k := make([]operand.Op, len(constants))
	for i, v := range constants {
		k[i] = g.float(v)
	}
	at, p := g.GP64(), g.GP64()
	g.XORQ(at, at)
	there := func(table reg.GPVirtual, i int) operand.Mem {
		g.MOVQ(operand.Mem{Base: table, Disp: 8 * i}, p)
		return operand.Mem{Base: p, Index: at, Scale: 4}
	}
	g.TESTQ(n, n)
	g.JLE(operand.LabelRef("done"))
	g.Label("vector")
	x := make([]reg.VecVirtual, in)
	for j := range in {
		for i := range x {
			x[i] = g.vec()
			g.VMOVUPS(there(src, i*in+j), x[i])
		}
		line(k, x, func(i int, v reg.VecVirtual) { g.VMOVUPS(v, operand.Mem{Base: tmp, Disp: (i*in + j) * g.reach}) })
	}
	for i := range out {
		for j := range x {
			x[j] = g.vec()
			g.VMOVUPS(operand.Mem{Base: tmp, Disp: (i*in + j) * g.reach}, x[j])
		}
		line(k, x, func(j int, v reg.VecVirtual) { g.VMOVUPS(v, there(dst, i*out+j)) })
	}
	g.ADDQ(operand.U8(g.lanes), at)
	g.CMPQ(at, n)
	g.JLT(operand.LabelRef("vector"))
	g.Label("done")
	g.end()
}

func (g *gen) copied(v reg.VecVirtual) reg.VecVirtual {
	t := g.vec()
	g.VMOVAPS(v, t)
	return t
}

// sum is x + y, and difference x - y, in a new register.
func (g *gen) sum(x, y reg.VecVirtual) reg.VecVirtual {
	t := g.vec()
	g.VADDPS(y, x, t)
	return t
}

func (g *gen) difference(x, y reg.VecVirtual) reg.VecVirtual {
	t := g.vec()
	g.VSUBPS(y, x, t)
	return t
}
