package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// norms writes the functions of matrices with a number for each column.
func norms(g *gen) {
	g.columnSquares()
	g.batchNormSums("batchNormSums", false, false)
	g.batchNormSums("batchNormSumsReLU", true, false)
	g.batchNormSums("batchNormSumsKept", true, true)
	g.channelAffine("channelAffine", false)
	g.channelAffine("channelAffineSkip", true)
	g.batchNormGrad("batchNormGrad", false)
	g.batchNormGrad("batchNormGradReLU", true)
}

// cell is a vector's place in each of several slices: at an index, all of its
// lanes or those of the mask.
type cell struct {
	at    reg.GPVirtual
	scale uint8 // bytes that at counts
	disp  int
	mask  reg.Register
}

func (c cell) of(base reg.GPVirtual) operand.Mem {
	return operand.Mem{Base: base, Index: c.at, Scale: c.scale, Disp: c.disp}
}

func (g *gen) loadCell(base reg.GPVirtual, c cell) reg.VecVirtual {
	v := g.vec()
	if c.mask != nil {
		g.loadMasked(c.of(base), c.mask, v)
	} else {
		g.VMOVUPS(c.of(base), v)
	}
	return v
}

func (g *gen) storeCell(v reg.VecVirtual, base reg.GPVirtual, c cell) {
	if c.mask != nil {
		g.storeMasked(v, c.mask, c.of(base))
	} else {
		g.VMOVUPS(v, c.of(base))
	}
}

// downColumns walks blocks of columns, one or two vectors wide: for each, start
// loads what belongs to the columns, row takes a vector of each row, and finish
// stores. bases advance from block to block; rows are stride bytes apart.
func (g *gen) downColumns(rows, cols, stride reg.GPVirtual, bases []reg.GPVirtual,
	start func(v int, c cell), row func(v int, c cell), finish func(v int, c cell)) {
	block := func(label string, vectors int, mask reg.Register) {
		down, left := g.GP64(), g.GP64()
		cells := make([]cell, vectors)
		for v := range cells {
			cells[v] = cell{down, 1, v * g.reach, mask}
		}
		g.XORQ(down, down)
		for v, c := range cells {
			start(v, c)
		}
		g.MOVQ(rows, left)
		g.loop(label+"Rows", left, 1, func() {
			for v, c := range cells {
				row(v, c)
			}
			g.ADDQ(stride, down)
		})
		g.XORQ(down, down)
		for v, c := range cells {
			finish(v, c)
		}
		for _, base := range bases {
			g.ADDQ(operand.U32(vectors*g.reach), base)
		}
	}
	g.loop("double", cols, 2*g.lanes, func() { block("double", 2, nil) })
	g.loop("single", cols, g.lanes, func() { block("single", 1, nil) })
	g.TESTQ(cols, cols)
	g.JZ(operand.LabelRef("done"))
	block("rest", 1, g.masks(cols, 1)[0])
	g.Label("done")
}

func (g *gen) columnSquares() {
	g.begin("columnSquares", "func(dst, x, center []float32, rows, cols int)", "replaces the loop, from dst = 0", "",
		"\tfor i := range rows {", "\t\tfor j := range cols {", "\t\t\tdst[j] += (x[i*cols+j] - center[j])²", "\t\t}", "\t}")
	dst, x, center := g.base("dst"), g.base("x"), g.base("center")
	var sums, centers [2]reg.VecVirtual
	g.downColumns(g.arg("rows"), g.arg("cols"), g.bytes("cols"), []reg.GPVirtual{dst, x, center},
		func(v int, c cell) { sums[v], centers[v] = g.zeroed(), g.loadCell(center, c) },
		func(v int, c cell) {
			far := g.loadCell(x, c)
			g.VSUBPS(centers[v], far, far)
			g.VFMADD231PS(far, far, sums[v])
		},
		func(v int, c cell) { g.storeCell(sums[v], dst, c) })
	g.end()
}

func (g *gen) batchNormSums(name string, relu, kept bool) {
	signature, gradient := "func(sum, cross, dy, x, mean []float32, rows, cols int)", "dy[i*cols+j]"
	lines := []string{"replaces the loop, from sum = cross = 0", "", "\tfor i := range rows {", "\t\tfor j := range cols {"}
	if relu {
		signature, gradient = "func(sum, cross, dy, y, x, mean []float32, rows, cols int)", gradient+" if y[i*cols+j] > 0 else 0"
	}
	lines = append(lines, "\t\t\tg := "+gradient)
	if kept {
		signature = "func(sum, cross, kept, dy, y, x, mean []float32, rows, cols int)"
		lines = append(lines, "\t\t\tkept[i*cols+j] = g")
	}
	g.begin(name, signature, append(lines, "\t\t\tsum[j] += g", "\t\t\tcross[j] += g * (x[i*cols+j] - mean[j])", "\t\t}", "\t}")...)
	sum, cross, dy, x, mean := g.base("sum"), g.base("cross"), g.base("dy"), g.base("x"), g.base("mean")
	bases := []reg.GPVirtual{sum, cross, dy, x, mean}
	var y, keeps reg.GPVirtual
	var zero reg.VecVirtual
	if relu {
		y, zero = g.base("y"), g.zeroed()
		bases = append(bases, y)
	}
	if kept {
		keeps = g.base("kept")
		bases = append(bases, keeps)
	}
	var sums, crosses, means [2]reg.VecVirtual
	g.downColumns(g.arg("rows"), g.arg("cols"), g.bytes("cols"), bases,
		func(v int, c cell) { sums[v], crosses[v], means[v] = g.zeroed(), g.zeroed(), g.loadCell(mean, c) },
		func(v int, c cell) {
			d, far := g.loadCell(dy, c), g.loadCell(x, c)
			if relu {
				g.keep(d, g.compare(greater, g.loadCell(y, c), zero))
			}
			if kept {
				g.storeCell(d, keeps, c)
			}
			g.VSUBPS(means[v], far, far)
			g.VADDPS(d, sums[v], sums[v])
			g.VFMADD231PS(d, far, crosses[v])
		},
		func(v int, c cell) { g.storeCell(sums[v], sum, c); g.storeCell(crosses[v], cross, c) })
	g.end()
}

// eachRow walks rows from left to right, so that memory is read in order. bases
// advance from row to row; a cell's index counts columns, for them and for
// what there is one of for each column.
func (g *gen) eachRow(rows, cols, stride reg.GPVirtual, bases []reg.GPVirtual, body func(c cell)) {
	at, n, rest := g.GP64(), g.GP64(), g.GP64()
	g.MOVQ(cols, rest)
	g.ANDQ(operand.I8(int8(g.lanes-1)), rest)
	mask := g.masks(rest, 1)[0]
	g.loop("row", rows, 1, func() {
		g.XORQ(at, at)
		g.MOVQ(cols, n)
		step := func(vectors int) func() {
			return func() {
				for v := range vectors {
					body(cell{at, 4, v * g.reach, nil})
				}
				g.ADDQ(operand.U8(vectors*g.lanes), at)
			}
		}
		g.loop("unrolled", n, 4*g.lanes, step(4))
		g.loop("single", n, g.lanes, step(1))
		g.TESTQ(n, n)
		g.JZ(operand.LabelRef("next"))
		body(cell{at, 4, 0, mask})
		g.Label("next")
		for _, base := range bases {
			g.ADDQ(stride, base)
		}
	})
}

func (g *gen) channelAffine(name string, skipped bool) {
	signature, more := "func(dst, x, scale, shift []float32, rows, cols int, least float32)", ""
	if skipped {
		signature, more = "func(dst, x, scale, shift, skip []float32, rows, cols int, least float32)", " + skip[i*cols+j]"
	}
	g.begin(name, signature, "replaces the loop, x*scale + shift rounded once", "", "\tfor i := range rows {", "\t\tfor j := range cols {",
		"\t\t\tdst[i*cols+j] = max(x[i*cols+j]*scale[j] + shift[j]"+more+", least)", "\t\t}", "\t}")
	dst, x, scale, shift, least := g.base("dst"), g.base("x"), g.base("scale"), g.base("shift"), g.scalar("least")
	bases := []reg.GPVirtual{dst, x}
	var skip reg.GPVirtual
	if skipped {
		skip = g.base("skip")
		bases = append(bases, skip)
	}
	g.eachRow(g.arg("rows"), g.arg("cols"), g.bytes("cols"), bases, func(c cell) {
		v := g.loadCell(x, c)
		g.VFMADD213PS(g.loadCell(shift, c), g.loadCell(scale, c), v)
		if skipped {
			g.VADDPS(g.loadCell(skip, c), v, v)
		}
		g.VMAXPS(v, least, v) // of a NaN and a number, the first in Go's order
		g.storeCell(v, dst, c)
	})
	g.end()
}

func (g *gen) batchNormGrad(name string, relu bool) {
	signature, gradient := "func(dx, dy, x, mean, a, b, c []float32, rows, cols int)", "dy[i*cols+j]"
	if relu {
		signature, gradient = "func(dx, dy, y, x, mean, a, b, c []float32, rows, cols int)", gradient+" if y[i*cols+j] > 0 else 0"
	}
	g.begin(name, signature, "replaces the loop, each product and sum rounded once", "", "\tfor i := range rows {", "\t\tfor j := range cols {",
		"\t\t\tg := "+gradient, "\t\t\tdx[i*cols+j] = a[j]*g + (b[j]*(x[i*cols+j]-mean[j]) + c[j])", "\t\t}", "\t}")
	dx, dy, x := g.base("dx"), g.base("dy"), g.base("x")
	mean, a, b, c := g.base("mean"), g.base("a"), g.base("b"), g.base("c")
	bases := []reg.GPVirtual{dx, dy, x}
	var y reg.GPVirtual
	var zero reg.VecVirtual
	if relu {
		y, zero = g.base("y"), g.zeroed()
		bases = append(bases, y)
	}
	g.eachRow(g.arg("rows"), g.arg("cols"), g.bytes("cols"), bases, func(at cell) {
		d, far := g.loadCell(dy, at), g.loadCell(x, at)
		if relu {
			g.keep(d, g.compare(greater, g.loadCell(y, at), zero))
		}
		g.VSUBPS(g.loadCell(mean, at), far, far)
		g.VFMADD213PS(g.loadCell(c, at), g.loadCell(b, at), far)
		g.VFMADD231PS(g.loadCell(a, at), d, far)
		g.storeCell(far, dx, at)
	})
	g.end()
}
