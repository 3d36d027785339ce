package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// function is dst[i] = f(operands[i]) for every i.
type function struct {
	name, signature string
	operands        []string // slices that are read
	scalars         []string // float32 parameters
	formula         string   // the right side of the Go loop
	note            string
	unroll          int
	// prepare loads constants and returns the function of one vector. The
	// function may overwrite its operands, not its scalars.
	prepare func(g *gen) func(x, scalars []reg.VecVirtual) reg.VecVirtual
}

const (
	ofOne    = "func(dst, x []float32)"
	ofTwo    = "func(dst, x, y []float32)"
	ofScalar = "func(dst, x []float32, s float32)"
)

// simple is a function without constants.
func simple(f func(g *gen, x, s []reg.VecVirtual) reg.VecVirtual) func(*gen) func(x, s []reg.VecVirtual) reg.VecVirtual {
	return func(g *gen) func(x, s []reg.VecVirtual) reg.VecVirtual {
		return func(x, s []reg.VecVirtual) reg.VecVirtual { return f(g, x, s) }
	}
}

func elementwise(g *gen) {
	xy, yd, x := []string{"x", "y"}, []string{"y", "dy"}, []string{"x"}
	gradient := "func(dst, y, dy []float32)"
	for _, f := range []function{
		{name: "add", signature: ofTwo, operands: xy, formula: "x[i] + y[i]",
			prepare: simple(func(g *gen, x, _ []reg.VecVirtual) reg.VecVirtual { g.VADDPS(x[1], x[0], x[0]); return x[0] })},
		{name: "sub", signature: ofTwo, operands: xy, formula: "x[i] - y[i]",
			prepare: simple(func(g *gen, x, _ []reg.VecVirtual) reg.VecVirtual { g.VSUBPS(x[1], x[0], x[0]); return x[0] })},
		{name: "mul", signature: ofTwo, operands: xy, formula: "x[i] * y[i]",
			prepare: simple(func(g *gen, x, _ []reg.VecVirtual) reg.VecVirtual { g.VMULPS(x[1], x[0], x[0]); return x[0] })},
		{name: "div", signature: ofTwo, operands: xy, formula: "x[i] / y[i]",
			prepare: simple(func(g *gen, x, _ []reg.VecVirtual) reg.VecVirtual { g.VDIVPS(x[1], x[0], x[0]); return x[0] })},
		{name: "max", signature: ofTwo, operands: xy, formula: "max(x[i], y[i])",
			prepare: simple(func(g *gen, x, _ []reg.VecVirtual) reg.VecVirtual { return g.pick(g.VMAXPS, x) })},
		{name: "min", signature: ofTwo, operands: xy, formula: "min(x[i], y[i])",
			prepare: simple(func(g *gen, x, _ []reg.VecVirtual) reg.VecVirtual { return g.pick(g.VMINPS, x) })},
		{name: "sigmoidGrad", signature: gradient, operands: yd, formula: "y[i] * (1 - y[i]) * dy[i]",
			prepare: func(g *gen) func(x, _ []reg.VecVirtual) reg.VecVirtual {
				one := g.register(g.float(1))
				return func(x, _ []reg.VecVirtual) reg.VecVirtual {
					t := g.vec()
					g.VSUBPS(x[0], one, t)
					g.VMULPS(t, x[0], t)
					g.VMULPS(x[1], t, t)
					return t
				}
			}},
		{name: "tanhGrad", signature: gradient, operands: yd, formula: "(1 - y[i]*y[i]) * dy[i]",
			prepare: func(g *gen) func(x, _ []reg.VecVirtual) reg.VecVirtual {
				one := g.register(g.float(1))
				return func(x, _ []reg.VecVirtual) reg.VecVirtual {
					g.VFNMADD213PS(one, x[0], x[0])
					g.VMULPS(x[1], x[0], x[0])
					return x[0]
				}
			}},
		{name: "reluGrad", signature: gradient, operands: yd, formula: "dy[i] if y[i] > 0 else 0",
			prepare: func(g *gen) func(x, _ []reg.VecVirtual) reg.VecVirtual {
				zero := g.zeroed()
				return func(x, _ []reg.VecVirtual) reg.VecVirtual {
					g.keep(x[1], g.compare(greater, x[0], zero))
					return x[1]
				}
			}},
		{name: "abs", signature: ofOne, operands: x, formula: "|x[i]|",
			prepare: func(g *gen) func(x, _ []reg.VecVirtual) reg.VecVirtual {
				rest := g.bits(0x7fffffff)
				return func(x, _ []reg.VecVirtual) reg.VecVirtual { g.VANDPS(rest, x[0], x[0]); return x[0] }
			}},
		{name: "sqrt", signature: ofOne, operands: x, formula: "√x[i]",
			prepare: simple(func(g *gen, x, _ []reg.VecVirtual) reg.VecVirtual { g.VSQRTPS(x[0], x[0]); return x[0] })},
		{name: "relu", signature: ofOne, operands: x, formula: "max(x[i], 0)",
			prepare: func(g *gen) func(x, _ []reg.VecVirtual) reg.VecVirtual {
				zero := g.zeroed()
				return func(x, _ []reg.VecVirtual) reg.VecVirtual {
					g.VMAXPS(x[0], zero, x[0]) // of a NaN and a number, the first in Go's order
					return x[0]
				}
			}},
		{name: "affine", signature: "func(dst, x []float32, a, b float32)", operands: x, scalars: []string{"a", "b"},
			formula: "a*x[i] + b", note: "rounded once",
			prepare: simple(func(g *gen, x, s []reg.VecVirtual) reg.VecVirtual { g.VFMADD213PS(s[1], s[0], x[0]); return x[0] })},
		{name: "axpy", signature: ofScalar, operands: []string{"dst", "x"}, scalars: []string{"s"},
			formula: "dst[i] + s*x[i]", note: "rounded once",
			prepare: simple(func(g *gen, x, s []reg.VecVirtual) reg.VecVirtual { g.VFMADD231PS(s[0], x[1], x[0]); return x[0] })},
		{name: "axpy4", signature: "func(dst, x0, x1, x2, x3 []float32, s0, s1, s2, s3 float32)",
			operands: []string{"dst", "x0", "x1", "x2", "x3"}, scalars: []string{"s0", "s1", "s2", "s3"},
			formula: "dst[i] + s0*x0[i] + s1*x1[i] + s2*x2[i] + s3*x3[i]", note: "each rounded once", unroll: 2,
			prepare: simple(func(g *gen, x, s []reg.VecVirtual) reg.VecVirtual {
				for i := range s {
					g.VFMADD231PS(s[i], x[1+i], x[0])
				}
				return x[0]
			})},
		{name: "scale", signature: ofScalar, operands: x, scalars: []string{"s"}, formula: "x[i] * s",
			prepare: simple(func(g *gen, x, s []reg.VecVirtual) reg.VecVirtual { g.VMULPS(s[0], x[0], x[0]); return x[0] })},
		{name: "divScalar", signature: ofScalar, operands: x, scalars: []string{"s"}, formula: "x[i] / s",
			prepare: simple(func(g *gen, x, s []reg.VecVirtual) reg.VecVirtual { g.VDIVPS(s[0], x[0], x[0]); return x[0] })},
		{name: "scalarDiv", signature: ofScalar, operands: x, scalars: []string{"s"}, formula: "s / x[i]",
			prepare: simple(func(g *gen, x, s []reg.VecVirtual) reg.VecVirtual { g.VDIVPS(x[0], s[0], x[0]); return x[0] })},
		{name: "exp", signature: ofOne, operands: x, formula: "eˣ of x[i]", note: "within two units in the last place", unroll: 2, prepare: expFunction},
		{name: "sigmoid", signature: ofOne, operands: x, formula: "1 / (1 + e⁻ˣ of x[i])", unroll: 2, prepare: sigmoidFunction},
		{name: "tanh", signature: ofOne, operands: x, formula: "tanh x[i]", unroll: 1, prepare: tanhFunction},
		{name: "log", signature: ofOne, operands: x, formula: "ln x[i]", unroll: 1, prepare: logFunction},
	} {
		g.elementwise(f)
	}
	g.widen()
	g.prefetchLines("prefetch", g.PREFETCHNTA)
	g.prefetchLines("prefetchFar", g.PREFETCHT1)
}

// pick is the greater or lesser of two, NaN where either is. The instruction
// gives its second operand where one is NaN, which is wrong for a NaN in the first.
func (g *gen) pick(op func(...operand.Op), x []reg.VecVirtual) reg.VecVirtual {
	nan := g.compare(unordered, x[0], x[0])
	op(x[1], x[0], x[1])
	g.replace(x[1], nan, x[0])
	return x[1]
}

func (g *gen) elementwise(f function) {
	doc := "replaces the loop"
	if f.note != "" {
		doc += ", " + f.note
	}
	g.begin(f.name, f.signature, doc, "", "\tfor i := range dst {", "\t\tdst[i] = "+f.formula, "\t}")
	dst, n := g.base("dst"), g.length("dst")
	operands := make([]reg.GPVirtual, len(f.operands))
	for i, name := range f.operands {
		if name == "dst" {
			operands[i] = dst
		} else {
			operands[i] = g.base(name)
		}
	}
	scalars := make([]reg.VecVirtual, len(f.scalars))
	for i, name := range f.scalars {
		scalars[i] = g.scalar(name)
	}
	body := f.prepare(g)
	at := g.GP64()
	g.XORQ(at, at)
	unroll := f.unroll
	if unroll == 0 {
		unroll = 4
	}
	block := func(count int) {
		results := make([]reg.VecVirtual, count)
		for u := range count {
			x := make([]reg.VecVirtual, len(operands))
			for i, base := range operands {
				x[i] = g.vec()
				g.VMOVUPS(operand.Mem{Base: base, Index: at, Scale: 4, Disp: u * g.reach}, x[i])
			}
			results[u] = body(x, scalars)
		}
		for u, r := range results {
			g.VMOVUPS(r, operand.Mem{Base: dst, Index: at, Scale: 4, Disp: u * g.reach})
		}
		g.ADDQ(operand.U32(count*g.lanes), at)
	}
	g.loop("unrolled", n, unroll*g.lanes, func() { block(unroll) })
	if unroll > 1 {
		g.loop("single", n, g.lanes, func() { block(1) })
	}
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	mask := g.masks(n, 1)[0]
	x := make([]reg.VecVirtual, len(operands))
	for i, base := range operands {
		x[i] = g.vec()
		g.loadMasked(operand.Mem{Base: base, Index: at, Scale: 4}, mask, x[i])
	}
	g.storeMasked(body(x, scalars), mask, operand.Mem{Base: dst, Index: at, Scale: 4})
	g.Label("done")
	g.end()
}

// loop runs body while n >= step, and takes step off n each time.
func (g *gen) loop(label string, n reg.GPVirtual, step int, body func()) {
	g.SUBQ(operand.U32(step), n)
	g.JLT(operand.LabelRef(label + "End"))
	g.Label(label)
	body()
	g.SUBQ(operand.U32(step), n)
	g.JGE(operand.LabelRef(label))
	g.Label(label + "End")
	g.ADDQ(operand.U32(step), n)
}

// prefetchLines asks for the cache lines of src and waits for none of them: near,
// to be read at once and not kept, or far, into the second-level cache.
func (g *gen) prefetchLines(name string, ask func(operand.Op)) {
	g.begin(name, "func(src []uint8)", "asks for the memory of src, which is about to be read.")
	n, src := g.length("src"), g.base("src")
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	g.Label("line")
	ask(operand.Mem{Base: src})
	g.ADDQ(operand.U8(64), src)
	g.SUBQ(operand.U8(64), n)
	g.JG(operand.LabelRef("line"))
	g.Label("done")
	g.RET()
}

func (g *gen) widen() {
	g.begin("widen", "func(dst []float32, src []uint8, scale float32)",
		"replaces the loop", "", "\tfor i := range dst {", "\t\tdst[i] = float32(src[i]) * scale", "\t}")
	dst, n, src := g.base("dst"), g.length("dst"), g.base("src")
	scale := g.scalar("scale")
	g.loop("vector", n, g.lanes, func() {
		v := g.vec()
		g.VPMOVZXBD(operand.Mem{Base: src}, v)
		g.VCVTDQ2PS(v, v)
		g.VMULPS(scale, v, v)
		g.VMOVUPS(v, operand.Mem{Base: dst})
		g.ADDQ(operand.U8(g.lanes), src)
		g.ADDQ(operand.U8(g.reach), dst)
	})
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	g.Label("rest")
	pixel, v := g.GP32(), g.XMM()
	g.MOVBLZX(operand.Mem{Base: src}, pixel)
	g.VCVTSI2SSL(pixel, scale.AsX(), v)
	g.VMULSS(scale.AsX(), v, v)
	g.VMOVSS(v, operand.Mem{Base: dst})
	g.INCQ(src)
	g.ADDQ(operand.U8(4), dst)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("rest"))
	g.Label("done")
	g.end()
}
