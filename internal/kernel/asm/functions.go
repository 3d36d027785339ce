package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The polynomials are those of the Cephes library's expf, tanhf and logf
// (Stephen Moshier, 1989).

// expConstants is what exp needs in registers or memory.
type expConstants struct {
	low, high              reg.VecVirtual
	log2e, ln2High, ln2Low operand.Op
	first                  operand.Op
	polynomial             []operand.Op
	one, bias              operand.Op
}

func (g *gen) expConstants() *expConstants {
	c := &expConstants{
		// Beyond these the result is 0 and +Inf, and no later step overflows.
		low: nil, high: nil,
		log2e: g.float(math.Log2E), ln2High: g.float(0.693359375), ln2Low: g.float(-2.12194440e-4),
		first: g.float(1.9875691500e-4), one: g.float(1),
	}
	for _, v := range []float64{1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1} {
		c.polynomial = append(c.polynomial, g.float(v))
	}
	c.low, c.high = g.register(g.float(-104)), g.register(g.float(89))
	if !g.wide {
		c.bias = g.bits(127)
	}
	return c
}

// exp overwrites t with eᵗ: t = n ln 2 + r, and eʳ = 1 + r + r² p(r) with |r| < 0.35.
func (g *gen) exp(c *expConstants, t reg.VecVirtual) {
	g.VMINPS(t, c.high, t) // in this order NaN stays NaN
	g.VMAXPS(t, c.low, t)
	n, p, z := g.vec(), g.vec(), g.vec()
	g.VMULPS(c.log2e, t, n)
	if g.wide {
		g.VRNDSCALEPS(operand.U8(8), n, n)
	} else {
		g.VROUNDPS(operand.U8(8), n, n)
	}
	g.VFNMADD231PS(c.ln2High, n, t)
	g.VFNMADD231PS(c.ln2Low, n, t)
	g.VMOVUPS(c.first, p)
	for _, coefficient := range c.polynomial {
		g.VFMADD213PS(coefficient, t, p)
	}
	g.VMULPS(t, t, z)
	g.VFMADD213PS(t, z, p)
	g.VADDPS(c.one, p, p)
	if g.wide {
		g.VSCALEFPS(n, p, t)
		return
	}
	// 2ⁿ may be out of range where p·2ⁿ is not: multiply by two halves of it.
	half := g.vec()
	g.VCVTPS2DQ(n, n)
	g.VPSRAD(operand.U8(1), n, half)
	g.VPSUBD(half, n, n)
	for _, e := range []reg.VecVirtual{half, n} {
		g.VPADDD(c.bias, e, e)
		g.VPSLLD(operand.U8(23), e, e)
		g.VMULPS(e, p, p)
	}
	g.VMOVAPS(p, t)
}

func expFunction(g *gen) func(x, _ []reg.VecVirtual) reg.VecVirtual {
	c := g.expConstants()
	return func(x, _ []reg.VecVirtual) reg.VecVirtual { g.exp(c, x[0]); return x[0] }
}

func sigmoidFunction(g *gen) func(x, _ []reg.VecVirtual) reg.VecVirtual {
	c, sign := g.expConstants(), g.bits(1<<31)
	one := c.one
	return func(x, _ []reg.VecVirtual) reg.VecVirtual {
		g.VXORPS(sign, x[0], x[0])
		g.exp(c, x[0])
		g.VADDPS(one, x[0], x[0])
		y := g.vec()
		g.VMOVUPS(one, y)
		g.VDIVPS(x[0], y, y)
		return y
	}
}

// tanhFunction is 1 - 2/(e²ˣ+1), and near 0, where that would cancel, x + x³ p(x²).
func tanhFunction(g *gen) func(x, _ []reg.VecVirtual) reg.VecVirtual {
	c, sign, border, two := g.expConstants(), g.bits(1<<31), g.float(0.625), g.float(2)
	var polynomial []operand.Op
	for _, v := range []float64{-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1} {
		polynomial = append(polynomial, g.float(v))
	}
	return func(x, _ []reg.VecVirtual) reg.VecVirtual {
		magnitude, s, t := g.vec(), g.vec(), g.vec()
		g.VMOVUPS(sign, s)
		g.VANDNPS(x[0], s, magnitude)
		g.VANDPS(x[0], s, s)
		g.VADDPS(magnitude, magnitude, t)
		g.exp(c, t)
		g.VADDPS(c.one, t, t)
		far := g.vec()
		g.VMOVUPS(two, far)
		g.VDIVPS(t, far, far)
		g.VMOVUPS(c.one, t)
		g.VSUBPS(far, t, far)
		g.VORPS(s, far, far)

		z, p := g.vec(), g.vec()
		g.VMULPS(x[0], x[0], z)
		g.VMOVUPS(polynomial[0], p)
		for _, coefficient := range polynomial[1:] {
			g.VFMADD213PS(coefficient, z, p)
		}
		g.VMULPS(x[0], z, z)
		g.VFMADD213PS(x[0], z, p)
		g.replace(far, g.compare(less, magnitude, border), p)
		return far
	}
}

// logFunction splits x = m·2ᵉ with √½ <= m < √2, and ln m = f - f²/2 + f³ p(f), f = m-1.
func logFunction(g *gen) func(x, _ []reg.VecVirtual) reg.VecVirtual {
	tiny, lift, liftBits := g.float(0x1p-126), g.float(0x1p23), g.float(23)
	half, mantissa := g.bits(0x3f3504f3), g.bits(0x007fffff)
	one, minusHalf := g.float(1), g.float(-0.5)
	ln2High, ln2Low := g.float(0.693359375), g.float(-2.12194440e-4)
	inf, minusInf, nan := g.float(math.Inf(1)), g.float(math.Inf(-1)), g.bits(0x7fc00000)
	var polynomial []operand.Op
	for _, v := range []float64{7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1,
		1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1} {
		polynomial = append(polynomial, g.float(v))
	}
	return func(x, _ []reg.VecVirtual) reg.VecVirtual {
		v, e, t, zero := g.vec(), g.vec(), g.vec(), g.vec()
		// A denormal is lifted into the normal range, and its exponent lowered.
		g.VMOVAPS(x[0], v)
		denormal := g.compare(less, x[0], tiny)
		g.VMULPS(lift, x[0], t)
		g.replace(v, denormal, t)
		g.VPSUBD(half, v, v)
		g.VPSRAD(operand.U8(23), v, e)
		g.VCVTDQ2PS(e, e)
		g.VSUBPS(liftBits, e, t)
		g.replace(e, denormal, t)
		if g.wide {
			g.VPANDD(mantissa, v, v)
		} else {
			g.VPAND(mantissa, v, v)
		}
		g.VPADDD(half, v, v)
		g.VSUBPS(one, v, v)

		p, z := g.vec(), g.vec()
		g.VMOVUPS(polynomial[0], p)
		for _, coefficient := range polynomial[1:] {
			g.VFMADD213PS(coefficient, v, p)
		}
		g.VMULPS(v, v, z)
		g.VMULPS(v, p, p)
		g.VMULPS(z, p, p)
		g.VFMADD231PS(ln2Low, e, p)
		g.VFMADD231PS(minusHalf, z, p)
		g.VADDPS(v, p, p)
		g.VFMADD231PS(ln2High, e, p)

		g.zero(zero)
		g.replace(p, g.compare(equal, x[0], zero), minusInf)
		g.replace(p, g.compare(less, x[0], zero), nan)
		g.replace(p, g.compare(equal, x[0], inf), inf)
		g.replace(p, g.compare(unordered, x[0], x[0]), nan)
		return p
	}
}
