package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose writes the transposition of 8 x 8 blocks, for packing.
func transpose(g *gen) {
	g.begin("transpose", "func(dst *float32, dstRow int, src *float32, srcRow, blocks int)",
		"replaces the loop", "",
		"\tfor i := range 8 {", "\t\tfor j := range 8 * blocks {", "\t\t\tdst[j*dstRow+i] = src[i*srcRow+j]", "\t\t}", "\t}")
	blocks := g.arg("blocks")
	to := g.rowPointers("dst", "dstRow", 8)
	from := g.rowPointers("src", "srcRow", 8)
	down := g.GP64()
	g.MOVQ(to.stride, down)
	g.SHLQ(operand.U8(3), down)
	g.loop("block", blocks, 1, func() {
		var a, b [8]reg.VecVirtual
		for i := range a {
			a[i] = g.YMM()
			g.VMOVUPS(from.row(i), a[i])
		}
		for i := range b {
			b[i] = g.YMM()
		}
		for i := 0; i < 8; i += 2 { // pairs of rows
			g.VUNPCKLPS(a[i+1], a[i], b[i])
			g.VUNPCKHPS(a[i+1], a[i], b[i+1])
		}
		for i := range a {
			a[i] = g.YMM()
		}
		for i := 0; i < 8; i += 4 { // fours
			for j := range 2 {
				g.VSHUFPS(operand.U8(0x44), b[i+2+j], b[i+j], a[i+2*j])
				g.VSHUFPS(operand.U8(0xee), b[i+2+j], b[i+j], a[i+2*j+1])
			}
		}
		for i := range 4 { // eights
			low, high := g.YMM(), g.YMM()
			g.VPERM2F128(operand.U8(0x20), a[i+4], a[i], low)
			g.VPERM2F128(operand.U8(0x31), a[i+4], a[i], high)
			g.VMOVUPS(low, to.row(i))
			g.VMOVUPS(high, to.row(i+4))
		}
		from.advance(g, operand.U8(32))
		to.advance(g, down)
	})
	g.end()
}
