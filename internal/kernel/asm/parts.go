package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// parts writes the functions of several parts of one slice.
func parts(g *gen) {
	g.maxOfParts()
	g.sumTaken()
	g.sumOfParts()
}

// Predicates of VCMPPS beside those of isa.go.
const (
	notLessOrEqual = 0x16 // true where an operand is NaN
	ordered        = 0x07 // neither is NaN
)

// both is the mask of the lanes that are in a and in b.
func (g *gen) both(a, b reg.Register) reg.Register {
	if g.wide {
		k := g.K()
		g.KANDW(a, b, k)
		return k
	}
	m := g.vec()
	g.VANDPS(a, b, m)
	return m
}

// same is the mask of the lanes where the integers of a and b are equal.
func (g *gen) same(a, b reg.VecVirtual) reg.Register {
	if g.wide {
		k := g.K()
		g.VPCMPEQD(b, a, k)
		return k
	}
	m := g.vec()
	g.VPCMPEQD(b, a, m)
	return m
}

// alongParts walks dst, four vectors at a time: start begins them, part takes one
// part's, whose first element lies at index from of the slice (part is -1 past
// the last), and finish stores.
func (g *gen) alongParts(first int, start func(v int, c cell, from reg.GPVirtual), part func(v int, c cell, from, t reg.GPVirtual), finish func(v int, c cell)) {
	n, offsets, count := g.length("dst"), g.base("offsets"), g.length("offsets")
	at := g.GP64()
	g.XORQ(at, at)
	block := func(label string, vectors int, mask reg.Register) {
		t, from, left := g.GP64(), g.GP64(), g.GP64()
		here, there := make([]cell, vectors), make([]cell, vectors)
		for v := range here {
			here[v], there[v] = cell{at, 4, v * g.reach, mask}, cell{from, 4, v * g.reach, mask}
		}
		if first > 0 {
			g.MOVQ(operand.Mem{Base: offsets}, from)
			g.ADDQ(at, from)
		}
		for v := range here {
			start(v, there[v], from)
		}
		g.MOVQ(operand.U32(first), t)
		g.MOVQ(count, left)
		if first > 0 {
			g.SUBQ(operand.U8(first), left)
		}
		g.loop(label+"Parts", left, 1, func() {
			g.MOVQ(operand.Mem{Base: offsets, Index: t, Scale: 8}, from)
			g.ADDQ(at, from)
			for v := range here {
				part(v, there[v], from, t)
			}
			g.INCQ(t)
		})
		for v := range here {
			finish(v, here[v])
		}
		g.ADDQ(operand.U32(vectors*g.lanes), at)
	}
	g.loop("unrolled", n, 4*g.lanes, func() { block("unrolled", 4, nil) })
	g.loop("single", n, g.lanes, func() { block("single", 1, nil) })
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	block("rest", 1, g.masks(n, 1)[0])
	g.Label("done")
}

// lanes of one integer in memory
func (g *gen) broadcast(m operand.Mem) reg.VecVirtual {
	v := g.vec()
	g.VPBROADCASTD(m, v)
	return v
}

func (g *gen) maxOfParts() {
	g.begin("maxOfParts", "func(dst []float32, index []int32, x []float32, offsets []int, taps []int32)", "replaces the loop", "",
		"\tfor i := range dst {",
		"\t\tdst[i], index[i] = x[offsets[0]+i], taps[0]",
		"\t\tfor t := 1; t < len(offsets); t++ {",
		"\t\t\tif v := x[offsets[t]+i]; !(v <= dst[i]) && dst[i] == dst[i] {",
		"\t\t\t\tdst[i], index[i] = v, taps[t]",
		"\t\t\t}", "\t\t}", "\t}")
	dst, index, x, taps := g.base("dst"), g.base("index"), g.base("x"), g.base("taps")
	var best, found [4]reg.VecVirtual
	var tap reg.VecVirtual
	g.alongParts(1,
		func(v int, c cell, _ reg.GPVirtual) {
			best[v], found[v] = g.loadCell(x, c), g.broadcast(operand.Mem{Base: taps})
		},
		func(v int, c cell, _, t reg.GPVirtual) {
			if v == 0 {
				tap = g.broadcast(operand.Mem{Base: taps, Index: t, Scale: 4})
			}
			next := g.loadCell(x, c)
			better := g.both(g.compare(notLessOrEqual, next, best[v]), g.compare(ordered, best[v], best[v]))
			g.replace(best[v], better, next)
			g.replace(found[v], better, tap)
		},
		func(v int, c cell) { g.storeCell(best[v], dst, c); g.storeCell(found[v], index, c) })
	g.end()
}

func (g *gen) sumTaken() {
	g.begin("sumTaken", "func(dst, dy []float32, index []int32, offsets []int, taps []int32)", "replaces the loop, from dst = 0", "",
		"\tfor i := range dst {", "\t\tfor t, from := range offsets {",
		"\t\t\tif index[from+i] == taps[t] {", "\t\t\t\tdst[i] += dy[from+i]", "\t\t\t}", "\t\t}", "\t}")
	dst, dy, index, taps := g.base("dst"), g.base("dy"), g.base("index"), g.base("taps")
	var sums [4]reg.VecVirtual
	var tap reg.VecVirtual
	g.alongParts(0,
		func(v int, _ cell, _ reg.GPVirtual) { sums[v] = g.zeroed() },
		func(v int, c cell, _, t reg.GPVirtual) {
			if v == 0 {
				tap = g.broadcast(operand.Mem{Base: taps, Index: t, Scale: 4})
			}
			d := g.loadCell(dy, c)
			g.keep(d, g.same(g.loadCell(index, c), tap))
			g.VADDPS(d, sums[v], sums[v])
		},
		func(v int, c cell) { g.storeCell(sums[v], dst, c) })
	g.end()
}

func (g *gen) sumOfParts() {
	g.begin("sumOfParts", "func(dst, x []float32, offsets []int, scale float32)", "replaces the loop", "",
		"\tfor i := range dst {", "\t\tdst[i] = 0", "\t\tfor _, from := range offsets {", "\t\t\tdst[i] += x[from+i]", "\t\t}", "\t\tdst[i] *= scale", "\t}")
	dst, x, scale := g.base("dst"), g.base("x"), g.scalar("scale")
	var sums [4]reg.VecVirtual
	g.alongParts(0,
		func(v int, _ cell, _ reg.GPVirtual) { sums[v] = g.zeroed() },
		func(v int, c cell, _, _ reg.GPVirtual) { g.VADDPS(g.loadCell(x, c), sums[v], sums[v]) },
		func(v int, c cell) { g.VMULPS(scale, sums[v], sums[v]); g.storeCell(sums[v], dst, c) })
	g.end()
}
