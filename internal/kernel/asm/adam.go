package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adams writes the step of Adam.
func adams(g *gen) {
	g.begin("adam", "func(p, m, v, g []float32, rates *float32, decays bool)",
		"replaces the loop, products and sums rounded once, with the rates in the order of AdamRates. Where g, m and v",
		"are 0 it does not write them, nor p if decays is false, since nothing would change.", "",
		"\tfor i, d := range g {",
		"\t\tm[i] = beta1*m[i] + gain1*d",
		"\t\tv[i] = beta2*v[i] + gain2*d*d",
		"\t\tp[i] = keep*p[i] - rate*m[i]/(root*√v[i] + eps)",
		"\t}")
	p, m, v, grad, n := g.base("p"), g.base("m"), g.base("v"), g.base("g"), g.length("g")
	rates, decays := g.arg("rates"), g.GP8()
	g.Load(g.Param("decays"), decays)
	var c [8]reg.VecVirtual
	for i := range c {
		c[i] = g.vec()
		g.VBROADCASTSS(operand.Mem{Base: rates, Disp: 4 * i}, c[i])
	}
	beta1, gain1, beta2, gain2, keep, rate, root, eps := c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
	at := g.GP64()
	g.XORQ(at, at)

	step := func(at cell, d, mean, square reg.VecVirtual) {
		g.VMULPS(beta1, mean, mean)
		g.VFMADD231PS(gain1, d, mean)
		g.storeCell(mean, m, at)
		g.VMULPS(d, d, d)
		g.VMULPS(beta2, square, square)
		g.VFMADD231PS(gain2, d, square)
		g.storeCell(square, v, at)
		g.VSQRTPS(square, square)
		g.VFMADD213PS(eps, root, square) // root*square + eps
		g.VMULPS(rate, mean, mean)
		g.VDIVPS(square, mean, mean)
		weight := g.loadCell(p, at)
		g.VFMSUB213PS(mean, keep, weight) // keep*weight - mean
		g.storeCell(weight, p, at)
	}
	const vectors = 4
	g.loop("unrolled", n, vectors*g.lanes, func() {
		some := g.vec()
		for u := range vectors {
			at := cell{at, 4, u * g.reach, nil}
			if u == 0 {
				g.VMOVUPS(at.of(grad), some)
			} else {
				g.VORPS(at.of(grad), some, some)
			}
			g.VORPS(at.of(m), some, some)
			g.VORPS(at.of(v), some, some)
		}
		if g.wide {
			k := g.K()
			g.VPTESTMD(some, some, k)
			g.KORTESTW(k, k)
		} else {
			g.VPTEST(some, some)
		}
		g.JNZ(operand.LabelRef("learns"))
		g.TESTB(decays, decays)
		g.JZ(operand.LabelRef("next"))
		for u := range vectors {
			at := cell{at, 4, u * g.reach, nil}
			weight := g.loadCell(p, at)
			g.VMULPS(keep, weight, weight)
			g.storeCell(weight, p, at)
		}
		g.JMP(operand.LabelRef("next"))
		g.Label("learns")
		for u := range vectors {
			at := cell{at, 4, u * g.reach, nil}
			step(at, g.loadCell(grad, at), g.loadCell(m, at), g.loadCell(v, at))
		}
		g.Label("next")
		g.ADDQ(operand.U8(vectors*g.lanes), at)
	})
	one := func(at cell) { step(at, g.loadCell(grad, at), g.loadCell(m, at), g.loadCell(v, at)) }
	g.loop("single", n, g.lanes, func() {
		one(cell{at, 4, 0, nil})
		g.ADDQ(operand.U8(g.lanes), at)
	})
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	one(cell{at, 4, 0, g.masks(n, 1)[0]})
	g.Label("done")
	g.end()
}
