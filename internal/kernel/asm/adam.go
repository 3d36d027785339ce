package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// adams writes the step of Adam.
func adams(g *gen) {
	g.begin("adam", "func(p, m, v, g []float32, rates *float32)",
		"replaces the loop, products and sums rounded once, with the rates in the order of AdamRates", "",
		"\tfor i, d := range g {",
		"\t\tm[i] = beta1*m[i] + gain1*d",
		"\t\tv[i] = beta2*v[i] + gain2*d*d",
		"\t\tp[i] = keep*p[i] - rate*m[i]/(root*√v[i] + eps)",
		"\t}")
	p, m, v, grad, n := g.base("p"), g.base("m"), g.base("v"), g.base("g"), g.length("g")
	rates := g.arg("rates")
	var c [8]reg.VecVirtual
	for i := range c {
		c[i] = g.vec()
		g.VBROADCASTSS(operand.Mem{Base: rates, Disp: 4 * i}, c[i])
	}
	beta1, gain1, beta2, gain2, keep, rate, root, eps := c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]
	at := g.GP64()
	g.XORQ(at, at)

	step := func(at cell) {
		d, mean, square, weight := g.loadCell(grad, at), g.loadCell(m, at), g.loadCell(v, at), g.loadCell(p, at)
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
		g.VFMSUB213PS(mean, keep, weight) // keep*weight - mean
		g.storeCell(weight, p, at)
	}
	const vectors = 4
	g.loop("unrolled", n, vectors*g.lanes, func() {
		for u := range vectors {
			step(cell{at, 4, u * g.reach, nil})
		}
		g.ADDQ(operand.U8(vectors*g.lanes), at)
	})
	g.loop("single", n, g.lanes, func() {
		step(cell{at, 4, 0, nil})
		g.ADDQ(operand.U8(g.lanes), at)
	})
	g.TESTQ(n, n)
	g.JZ(operand.LabelRef("done"))
	step(cell{at, 4, 0, g.masks(n, 1)[0]})
	g.Label("done")
	g.end()
}
