package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// tiles writes the inner loops of the product with lanes over columns: one
// for each number of rows and each width in vectors. The tallest fill the
// registers: 14 rows of two vectors are 28 sums, two vectors of B, two
// elements of A, of 32 registers; AVX2 has 16, for 6 rows.
func tiles(g *gen) {
	rows := 6
	if g.wide {
		rows = 14
	}
	for r := 1; r <= rows; r++ {
		for v := 1; v <= 2; v++ {
			g.tile(r, v)
		}
	}
}

func (g *gen) tile(rows, vectors int) {
	g.begin(fmt.Sprintf("tile%dx%d", rows, vectors),
		"func(links int, link *int, a *float32, aRow, aCol int, b *float32, bRow int, init *float32, initRow int, c *float32, cRow, lanes int)",
		"replaces the loop", "",
		fmt.Sprintf("\tfor r := range %d {", rows),
		fmt.Sprintf("\t\tfor j := range lanes { // 0 to %d", vectors*g.lanes),
		"\t\t\tsum := float32(0)",
		"\t\t\tfor _, l := range links { // link is the first of so many Links",
		"\t\t\t\tfor i := range l.K {",
		"\t\t\t\t\tsum += a[l.A+r*aRow+i*aCol] * b[(l.B+i)*bRow+j]",
		"\t\t\t\t}",
		"\t\t\t}",
		"\t\t\tc[r*cRow+j] = sum + init[r*initRow+j] // but sum where init is nil",
		"\t\t}",
		"\t}", "",
		g.tileNote())
	masks := g.masks(g.arg("lanes"), vectors)

	// A multiply-add takes four cycles, and AVX2 starts two in each: a small
	// tile keeps several sets of sums, for consecutive k.
	sets := 1
	for rows*vectors*sets < 4*(1+g.narrow()) && rows*vectors*sets*2+vectors+1 <= 15 {
		sets *= 2
	}
	sums := make([][][]reg.VecVirtual, sets)
	for s := range sums {
		sums[s] = g.square(rows, vectors)
	}
	for _, set := range sums {
		for _, row := range set {
			for _, sum := range row {
				g.zero(sum)
			}
		}
	}
	g.prefetch(rows, vectors)
	a := g.rowStrides("aRow", rows)
	aCol, bRow := g.bytes("aCol"), g.bytes("bRow")
	var b, k reg.GPVirtual
	step := func(set [][]reg.VecVirtual, full bool) {
		bs := make([]reg.VecVirtual, vectors)
		for v := range bs {
			bs[v] = g.vec()
			m := operand.Mem{Base: b, Disp: v * g.reach}
			if full {
				g.VMOVUPS(m, bs[v])
			} else {
				g.loadMasked(m, masks[v], bs[v])
			}
		}
		for r, row := range set {
			if g.wide && vectors == 1 {
				g.VFMADD231PS_BCST(a.row(r), bs[0], row[0])
				continue
			}
			t := g.vec()
			g.VBROADCASTSS(a.row(r), t)
			for v, sum := range row {
				g.VFMADD231PS(bs[v], t, sum)
			}
		}
		a.advance(g, aCol)
		g.ADDQ(bRow, b)
	}
	// products adds all links up. AVX2 always reads whole vectors of b.
	products := func(name string, full bool) {
		link, links := g.arg("link"), g.arg("links")
		g.TESTQ(links, links)
		g.JLE(operand.LabelRef(name + "Done"))

		g.Label(name + "Link")
		first := g.arg("a")
		offset := g.GP64()
		g.MOVQ(operand.Mem{Base: link}, offset)
		g.LEAQ(operand.Mem{Base: first, Index: offset, Scale: 4}, first)
		a.from(g, first, rows)
		b, k = g.arg("b"), g.GP64()
		row := g.GP64()
		g.MOVQ(operand.Mem{Base: link, Disp: 8}, row)
		g.IMULQ(bRow, row)
		g.ADDQ(row, b)
		g.MOVQ(operand.Mem{Base: link, Disp: 16}, k)

		if sets > 1 {
			g.SUBQ(operand.U8(sets), k)
			g.JLT(operand.LabelRef(name + "Rest"))
			g.Label(name + "Unrolled")
			for _, set := range sums {
				step(set, full)
			}
			g.SUBQ(operand.U8(sets), k)
			g.JGE(operand.LabelRef(name + "Unrolled"))
			g.Label(name + "Rest")
			g.ADDQ(operand.U8(sets), k)
		}
		g.TESTQ(k, k)
		g.JLE(operand.LabelRef(name + "Next"))
		g.Label(name + "Loop")
		step(sums[0], full)
		g.DECQ(k)
		g.JNZ(operand.LabelRef(name + "Loop"))
		g.Label(name + "Next")
		g.ADDQ(operand.U8(24), link)
		g.DECQ(links)
		g.JNZ(operand.LabelRef(name + "Link"))

		g.Label(name + "Done")
		for n := sets / 2; n > 0; n /= 2 {
			for s := range n {
				for r := range rows {
					for v := range vectors {
						g.VADDPS(sums[n+s][r][v], sums[s][r][v], sums[s][r][v])
					}
				}
			}
		}
	}
	finish := func(name string, put func(sum reg.VecVirtual, v int, m operand.Mem)) {
		g.addInit(name, sums[0], masks)
		c := g.rowPointers("c", "cRow", rows)
		for r, row := range sums[0] {
			for v, sum := range row {
				put(sum, v, c.row(r).Offset(v*g.reach))
			}
		}
		g.end()
	}
	plain := func(sum reg.VecVirtual, _ int, m operand.Mem) { g.VMOVUPS(sum, m) }
	masked := func(sum reg.VecVirtual, v int, m operand.Mem) { g.storeMasked(sum, masks[v], m) }

	// Masks cost time, on AVX-512 too: 28 masked stores take longer than the
	// products of thirty steps, and masked loads of b 2 % of all. So full tiles
	// have a way of their own.
	full := operand.U8(vectors * g.lanes)
	if g.wide {
		lanes := g.arg("lanes")
		g.CMPQ(lanes, full)
		g.JNE(operand.LabelRef("ragged"))
		products("full", true)
		finish("full", plain)
		g.Label("ragged")
		products("ragged", false)
		finish("ragged", masked)
		return
	}
	products("any", true)
	lanes := g.arg("lanes")
	masks = g.masks(lanes, vectors) // the sums took the registers of the masks
	g.CMPQ(lanes, full)
	g.JNE(operand.LabelRef("ragged"))
	finish("full", plain)
	g.Label("ragged")
	finish("ragged", masked)
}

func (g *gen) tileNote() string {
	if g.wide {
		return "It reads b[i*bRow+j] for j < lanes only."
	}
	return "It reads whole vectors of b, whatever lanes is."
}

func (g *gen) narrow() int {
	if g.wide {
		return 0
	}
	return 1
}

// addInit adds init to the sums, unless it is nil.
func (g *gen) addInit(name string, sums [][]reg.VecVirtual, masks []reg.Register) {
	init := g.arg("init")
	g.TESTQ(init, init)
	g.JZ(operand.LabelRef(name + "Added"))
	from := g.rowPointers("init", "initRow", len(sums))
	for r, row := range sums {
		for v, sum := range row {
			t := g.vec()
			g.loadMasked(from.row(r).Offset(v*g.reach), masks[v], t)
			g.VADDPS(t, sum, sum)
		}
	}
	g.Label(name + "Added")
}

// prefetch fetches the rows of c, which are wanted when the sums are done.
func (g *gen) prefetch(rows, vectors int) {
	c := g.rowPointers("c", "cRow", rows)
	for r := range rows {
		for at := 0; at < vectors*g.reach; at += 64 {
			g.PREFETCHT0(c.row(r).Offset(at))
		}
	}
}

func (g *gen) square(rows, cols int) [][]reg.VecVirtual {
	out := make([][]reg.VecVirtual, rows)
	for r := range out {
		for range cols {
			out[r] = append(out[r], g.vec())
		}
	}
	return out
}

// bytes is a parameter that counts float32s, in bytes.
func (g *gen) bytes(name string) reg.GPVirtual {
	r := g.arg(name)
	g.SHLQ(operand.U8(2), r)
	return r
}

// rowPointers addresses up to 14 rows a stride apart with few registers: each
// base serves seven, at 0, 1, 2, 3, 4, 5 and 6 strides.
type rowPointers struct {
	bases          []reg.GPVirtual
	stride, s3, s5 reg.GPVirtual
}

func (g *gen) rowPointers(pointer, stride string, rows int) rowPointers {
	p := g.rowStrides(stride, rows)
	p.from(g, g.arg(pointer), rows)
	return p
}

// rowStrides prepares the strides; from sets where the rows begin.
func (g *gen) rowStrides(stride string, rows int) rowPointers {
	p := rowPointers{stride: g.bytes(stride)}
	if rows > 3 {
		p.s3 = g.GP64()
		g.LEAQ(operand.Mem{Base: p.stride, Index: p.stride, Scale: 2}, p.s3)
	}
	if rows > 5 {
		p.s5 = g.GP64()
		g.LEAQ(operand.Mem{Base: p.stride, Index: p.stride, Scale: 4}, p.s5)
	}
	return p
}

func (p *rowPointers) from(g *gen, first reg.GPVirtual, rows int) {
	p.bases = []reg.GPVirtual{first}
	if rows > 7 {
		second := g.GP64()
		g.LEAQ(p.row(6), second)
		g.ADDQ(p.stride, second)
		p.bases = append(p.bases, second)
	}
}

func (p rowPointers) row(r int) operand.Mem {
	m := operand.Mem{Base: p.bases[r/7]}
	switch r % 7 {
	case 1, 2, 4:
		return m.Idx(p.stride, uint8(r%7))
	case 3, 6:
		return m.Idx(p.s3, uint8(r%7/3))
	case 5:
		return m.Idx(p.s5, 1)
	}
	return m
}

func (p rowPointers) advance(g *gen, by operand.Op) {
	for _, base := range p.bases {
		g.ADDQ(by, base)
	}
}
