package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// reductions writes the functions of a whole slice: sum, dot, the greatest
// element, and the rate of multiply-adds.
func reductions(g *gen) {
	g.reduce("sum", "func(x []float32) float32", []string{"x"}, "\ts += x[i]", "in 4 partial sums of vectors", 0,
		func(acc reg.VecVirtual, x []reg.VecVirtual, _ reg.Register) { g.VADDPS(x[0], acc, acc) }, g.VADDPS)
	g.reduce("dot", "func(x, y []float32) float32", []string{"x", "y"}, "\ts += x[i] * y[i]", "in 4 partial sums of vectors", 0,
		func(acc reg.VecVirtual, x []reg.VecVirtual, _ reg.Register) { g.VFMADD231PS(x[1], x[0], acc) }, g.VADDPS)
	g.maxValue()
	g.expSum()
	g.peak()
}

func (g *gen) reduce(name, signature string, operands []string, line, note string, start float64,
	take func(acc reg.VecVirtual, x []reg.VecVirtual, mask reg.Register), join func(...operand.Op)) {
	g.begin(name, signature, "replaces the loop, "+note, "", "\tfor i := range x {", "\t"+line, "\t}")
	n, at := g.length("x"), g.GP64()
	bases := make([]reg.GPVirtual, len(operands))
	for i, name := range operands {
		bases[i] = g.base(name)
	}
	g.XORQ(at, at)
	acc := [4]reg.VecVirtual{g.zeroed(), g.zeroed(), g.zeroed(), g.zeroed()}
	load := func(u int, mask reg.Register) []reg.VecVirtual {
		x := make([]reg.VecVirtual, len(bases))
		for i, base := range bases {
			x[i] = g.vec()
			m := operand.Mem{Base: base, Index: at, Scale: 4, Disp: u * g.reach}
			if mask != nil {
				g.loadMasked(m, mask, x[i])
			} else {
				g.VMOVUPS(m, x[i])
			}
		}
		return x
	}
	g.loop("unrolled", n, 4*g.lanes, func() {
		for u := range acc {
			take(acc[u], load(u, nil), nil)
		}
		g.ADDQ(operand.U32(4*g.lanes), at)
	})
	g.loop("single", n, g.lanes, func() {
		take(acc[0], load(0, nil), nil)
		g.ADDQ(operand.U32(g.lanes), at)
	})
	mask := g.masks(n, 1)[0]
	take(acc[1], load(0, mask), mask)
	join(acc[1], acc[0], acc[0])
	join(acc[3], acc[2], acc[2])
	join(acc[2], acc[0], acc[0])
	g.Store(g.fold(acc[0], join), g.ReturnIndex(0))
	g.end()
}

// maxValue remembers a NaN apart: the instruction may lose it.
func (g *gen) maxValue() {
	g.begin("maxValue", "func(x []float32) float32", "replaces the loop, from m = -Inf", "",
		"\tfor i := range x {", "\t\tm = max(m, x[i])", "\t}")
	base, n := g.base("x"), g.length("x")
	least := g.float(math.Inf(-1))
	m, nan := g.vec(), g.zeroed()
	g.VMOVUPS(least, m)
	take := func(x reg.VecVirtual) {
		// x is first in Go's order, so a NaN in x enters m, but the next number
		// in the same lane drives it out again.
		g.VMAXPS(x, m, m)
		bad := g.compare(unordered, x, x)
		g.replace(nan, bad, x)
	}
	g.loop("vector", n, g.lanes, func() {
		x := g.vec()
		g.VMOVUPS(operand.Mem{Base: base}, x)
		take(x)
		g.ADDQ(operand.U8(g.reach), base)
	})
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("fold"))
	mask, x, rest := g.masks(n, 1)[0], g.vec(), g.vec()
	g.loadMasked(operand.Mem{Base: base}, mask, x)
	g.VMOVUPS(least, rest)
	g.replace(rest, mask, x)
	take(rest)
	g.Label("fold")
	// nan holds 0 or NaN in each lane; the sum of its lanes is NaN if one is.
	result, bad := g.fold(m, g.VMAXPS), g.fold(nan, g.VADDPS)
	g.VUCOMISS(bad, bad)
	g.JPC(operand.LabelRef("number"))
	g.VMOVAPS(bad, result)
	g.Label("number")
	g.Store(result, g.ReturnIndex(0))
	g.end()
}

func (g *gen) expSum() {
	g.begin("expSum", "func(dst, x []float32, shift float32) float32", "replaces the loop, in partial sums of vectors", "",
		"\tfor i := range dst {", "\t\tdst[i] = eˣ of x[i] - shift", "\t\ts += dst[i]", "\t}")
	dst, x, n := g.base("dst"), g.base("x"), g.length("dst")
	shift, c := g.scalar("shift"), g.expConstants()
	sum := g.zeroed()
	g.loop("vector", n, g.lanes, func() {
		v := g.vec()
		g.VMOVUPS(operand.Mem{Base: x}, v)
		g.VSUBPS(shift, v, v)
		g.exp(c, v)
		g.VADDPS(v, sum, sum)
		g.VMOVUPS(v, operand.Mem{Base: dst})
		g.ADDQ(operand.U8(g.reach), x)
		g.ADDQ(operand.U8(g.reach), dst)
	})
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("fold"))
	v := g.vec()
	mask := g.masks(n, 1)[0]
	g.loadMasked(operand.Mem{Base: x}, mask, v)
	g.VSUBPS(shift, v, v)
	g.exp(c, v)
	if !g.wide { // the mask made way for exp's registers
		mask = g.masks(n, 1)[0]
	}
	g.keep(v, mask)
	g.VADDPS(v, sum, sum)
	g.storeMasked(v, mask, operand.Mem{Base: dst})
	g.Label("fold")
	g.Store(g.fold(sum, g.VADDPS), g.ReturnIndex(0))
	g.end()
}

// peak multiplies and adds in twelve independent registers: more than the four
// cycles that one takes, times the two that AVX2 starts in each.
func (g *gen) peak() {
	const sums = 12
	g.begin("peak", "func(rounds int)", "runs 12 vector multiply-adds in registers, that many times:", "",
		"\tfor range rounds {", "\t\ts0 = s0*x + y // and s1 to s11", "\t}")
	n, x := g.arg("rounds"), g.zeroed()
	var acc [sums]reg.VecVirtual
	for i := range acc {
		acc[i] = g.zeroed()
	}
	g.loop("loop", n, 1, func() {
		for _, a := range acc {
			g.VFMADD213PS(x, x, a)
		}
	})
	g.end()
}
