package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowKernels writes the functions of a matrix: softmax of short rows, which
// stay in registers from the first load to the last store, and column sums.
func rowKernels(g *gen) {
	g.softmaxShort()
	g.columnSums()
}

func (g *gen) softmaxShort() {
	g.begin("softmaxShort", "func(dst, x, top, sum *float32, rows, c int)", "replaces the loop, for c of 1 to 16", "",
		"\tfor i := range rows {",
		"\t\ttop[i] = max(x[i*c], ..., x[i*c+c-1])",
		"\t\tfor j := range c {",
		"\t\t\tdst[i*c+j] = e to the power of x[i*c+j]-top[i]",
		"\t\t}",
		"\t\tsum[i] = dst[i*c] + ... + dst[i*c+c-1]",
		"\t\tfor j := range c {",
		"\t\t\tdst[i*c+j] /= sum[i]",
		"\t\t}",
		"\t}")
	vectors := 16 / g.lanes
	dst, x, top, sum := g.arg("dst"), g.arg("x"), g.arg("top"), g.arg("sum")
	rows, c := g.arg("rows"), g.arg("c")
	constants, least := g.expConstants(), g.float(math.Inf(-1))
	var masks []reg.Register
	if g.wide {
		masks = g.masks(c, vectors)
	}
	g.TESTQ(rows, rows)
	g.JLE(operand.LabelRef("done"))
	g.Label("row")
	fresh := func() []reg.Register { // AVX2 has too few registers to keep masks
		if g.wide {
			return masks
		}
		return g.masks(c, vectors)
	}
	v := make([]reg.VecVirtual, vectors)
	for i, mask := range fresh() {
		v[i] = g.vec()
		t := g.vec()
		g.loadMasked(operand.Mem{Base: x, Disp: i * g.reach}, mask, t)
		g.VMOVUPS(least, v[i])
		g.replace(v[i], mask, t)
	}
	highest := g.vec()
	g.VMOVAPS(v[0], highest)
	for _, w := range v[1:] {
		g.VMAXPS(w, highest, highest)
	}
	m := g.fold(highest, g.VMAXPS)
	g.VMOVSS(m, operand.Mem{Base: top})
	shift := g.vec()
	g.VBROADCASTSS(m, shift)
	for i, mask := range fresh() {
		g.VSUBPS(shift, v[i], v[i])
		g.keep(v[i], mask) // the exponential of -Inf would take the slow way of denormals
	}
	for _, w := range v {
		g.exp(constants, w)
	}
	total := g.vec()
	for i, mask := range fresh() {
		g.keep(v[i], mask)
		if i == 0 {
			g.VMOVAPS(v[0], total)
		} else {
			g.VADDPS(v[i], total, total)
		}
	}
	s := g.fold(total, g.VADDPS)
	g.VMOVSS(s, operand.Mem{Base: sum})
	divisor := g.vec()
	g.VBROADCASTSS(s, divisor)
	for i, mask := range fresh() {
		g.VDIVPS(divisor, v[i], v[i])
		g.storeMasked(v[i], mask, operand.Mem{Base: dst, Disp: i * g.reach})
	}
	for _, p := range []reg.GPVirtual{dst, x} {
		g.LEAQ(operand.Mem{Base: p, Index: c, Scale: 4}, p)
	}
	for _, p := range []reg.GPVirtual{top, sum} {
		g.ADDQ(operand.U8(4), p)
	}
	g.DECQ(rows)
	g.JNZ(operand.LabelRef("row"))
	g.Label("done")
	g.end()
}

func (g *gen) columnSums() {
	g.begin("columnSums", "func(dst, x *float32, rows, cols int)", "replaces the loop, from dst = 0", "",
		"\tfor i := range rows {", "\t\tfor j := range cols {", "\t\t\tdst[j] += x[i*cols+j]", "\t\t}", "\t}")
	dst, x, rows, n := g.arg("dst"), g.arg("x"), g.arg("rows"), g.arg("cols")
	stride := g.bytes("cols")
	// down adds the rows of some columns from p on.
	down := func(label string, vectors int, add func(v int, p reg.GPVirtual, sum reg.VecVirtual)) []reg.VecVirtual {
		sums := make([]reg.VecVirtual, vectors)
		for v := range sums {
			sums[v] = g.zeroed()
		}
		p, left := g.GP64(), g.GP64()
		g.MOVQ(x, p)
		g.MOVQ(rows, left)
		g.loop(label, left, 1, func() {
			for v, sum := range sums {
				add(v, p, sum)
			}
			g.ADDQ(stride, p)
		})
		return sums
	}
	for _, vectors := range []int{4, 1} {
		name := map[int]string{4: "wide", 1: "single"}[vectors]
		g.loop(name, n, vectors*g.lanes, func() {
			sums := down(name+"Rows", vectors, func(v int, p reg.GPVirtual, sum reg.VecVirtual) {
				g.VADDPS(operand.Mem{Base: p, Disp: v * g.reach}, sum, sum)
			})
			for v, sum := range sums {
				g.VMOVUPS(sum, operand.Mem{Base: dst, Disp: v * g.reach})
			}
			g.ADDQ(operand.U32(vectors*g.reach), x)
			g.ADDQ(operand.U32(vectors*g.reach), dst)
		})
	}
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	mask := g.masks(n, 1)[0]
	sums := down("restRows", 1, func(v int, p reg.GPVirtual, sum reg.VecVirtual) {
		t := g.vec()
		g.loadMasked(operand.Mem{Base: p}, mask, t)
		g.VADDPS(t, sum, sum)
	})
	g.storeMasked(sums[0], mask, operand.Mem{Base: dst})
	g.Label("done")
	g.end()
}
