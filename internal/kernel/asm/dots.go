package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// dots writes the inner loops of the product with lanes over the inner size,
// for few columns: rows x cols dot products at a time.
func dots(g *gen) {
	rows, cols := 3, 4
	if g.wide {
		rows, cols = 5, 5
	}
	for r := 1; r <= rows; r++ {
		for c := 1; c <= cols; c++ {
			g.dotTile(r, c)
		}
	}
}

func (g *gen) dotTile(rows, cols int) {
	g.begin(fmt.Sprintf("dots%dx%d", rows, cols),
		"func(k int, a *float32, aRow int, b *float32, bRow int, out *float32)",
		"replaces the loop", "",
		fmt.Sprintf("\tfor r := range %d {", rows),
		fmt.Sprintf("\t\tfor j := range %d {", cols),
		"\t\t\tsum := float32(0)",
		"\t\t\tfor i := range k {",
		"\t\t\t\tsum += a[r*aRow+i] * b[j*bRow+i]",
		"\t\t\t}",
		fmt.Sprintf("\t\t\tout[r*%d+j] = sum", cols),
		"\t\t}",
		"\t}", "",
		fmt.Sprintf("Where k is no multiple of %d, it reads up to that multiple of b's rows, and", g.lanes),
		"they must be zero there. It writes whole groups of four to out.")
	sums := g.square(rows, cols)
	for _, row := range sums {
		for _, sum := range row {
			g.zero(sum)
		}
	}
	a, b, k := g.rowPointers("a", "aRow", rows), g.rowPointers("b", "bRow", cols), g.arg("k")
	step := func(load func(operand.Mem, reg.VecVirtual)) {
		as := make([]reg.VecVirtual, rows)
		for r := range as {
			as[r] = g.vec()
			load(a.row(r), as[r])
		}
		for c := range cols {
			if rows == 1 {
				g.VFMADD231PS(b.row(c), as[0], sums[0][c])
				continue
			}
			t := g.vec()
			g.VMOVUPS(b.row(c), t)
			for r := range rows {
				g.VFMADD231PS(as[r], t, sums[r][c])
			}
		}
	}
	g.SUBQ(operand.U8(g.lanes), k)
	g.JLT(operand.LabelRef("tail"))
	g.Label("loop")
	step(func(m operand.Mem, v reg.VecVirtual) { g.VMOVUPS(m, v) })
	a.advance(g, operand.U8(g.reach))
	b.advance(g, operand.U8(g.reach))
	g.SUBQ(operand.U8(g.lanes), k)
	g.JGE(operand.LabelRef("loop"))
	g.Label("tail")
	g.ADDQ(operand.U8(g.lanes), k)
	g.JZ(operand.LabelRef("reduce"))
	mask := g.masks(k, 1)[0]
	step(func(m operand.Mem, v reg.VecVirtual) { g.loadMasked(m, mask, v) })

	g.Label("reduce")
	out := g.arg("out")
	var flat []reg.VecVirtual
	for _, row := range sums {
		flat = append(flat, row...)
	}
	for i := 0; i < len(flat); i += 4 {
		four := [4]reg.VecVirtual{}
		for j := range four {
			four[j] = flat[min(i+j, len(flat)-1)]
		}
		g.VMOVUPS(g.sums4(four), operand.Mem{Base: out, Disp: 4 * i})
	}
	g.end()
}

// sums4 is the sums of four vectors' lanes, in an XMM register.
func (g *gen) sums4(v [4]reg.VecVirtual) reg.Register {
	if !g.wide {
		p, q, x := g.YMM(), g.YMM(), g.XMM()
		g.VHADDPS(v[1], v[0], p)
		g.VHADDPS(v[3], v[2], q)
		g.VHADDPS(q, p, p)
		g.VEXTRACTF128(operand.U8(1), p, x)
		g.VADDPS(p.AsX(), x, x)
		return x
	}
	// Quarters of 128 bits: 0 and 1 of a beside those of b, then 2 and 3.
	meet := func(a, b reg.VecVirtual, even, odd uint64) reg.VecVirtual {
		p, q := g.ZMM(), g.ZMM()
		g.VSHUFF32X4(operand.U8(even), b, a, p)
		g.VSHUFF32X4(operand.U8(odd), b, a, q)
		g.VADDPS(q, p, p)
		return p
	}
	ab, cd := meet(v[0], v[1], 0x44, 0xee), meet(v[2], v[3], 0x44, 0xee)
	sum := meet(ab, cd, 0x88, 0xdd) // one quarter for each of the four
	t := g.ZMM()
	g.VPERMILPS(operand.U8(0x4e), sum, t)
	g.VADDPS(t, sum, sum)
	g.VPERMILPS(operand.U8(0xb1), sum, t)
	g.VADDPS(t, sum, sum)
	g.VPERMPS(sum, g.quarters(), sum)
	return sum.AsX()
}

// quarters is the index of the first lane of each quarter.
func (g *gen) quarters() reg.VecVirtual {
	const name = "quarters"
	m := operand.NewDataAddr(operand.NewStaticSymbol(name), 0)
	if !g.globals[name] {
		g.globals[name] = true
		g.StaticGlobal(name)
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 16 {
			g.AppendDatum(operand.U32(uint32(i % 4 * 4)))
		}
	}
	index := g.ZMM()
	g.VMOVUPS(m, index)
	return index
}
