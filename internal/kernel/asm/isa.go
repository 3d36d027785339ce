package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set: how wide a vector is, and whether there are mask
// registers (AVX-512) or masks lie in vectors (AVX2).
type isa struct {
	name, suffix string
	lanes        int
	wide         bool
}

var (
	avx2   = isa{"avx2", "AVX2", 8, false}
	avx512 = isa{"avx512", "AVX512", 16, true}
)

// gen generates for one instruction set. Most instructions have the same name
// in both; what differs has a method here.
type gen struct {
	*build.Context
	isa
	globals map[string]bool
	reach   int // bytes that one vector spans
}

// begin starts a function; loop is the Go loop that it replaces.
func (g *gen) begin(name, signature string, doc ...string) {
	g.reach = 4 * g.lanes
	g.Function(name + g.suffix)
	g.Attributes(attr.NOSPLIT)
	g.Pragma("noescape")
	g.SignatureExpr(signature)
	doc[0] = name + g.suffix + " " + doc[0]
	g.Doc(doc...)
}

func (g *gen) end() {
	g.VZEROUPPER()
	g.RET()
}

func (g *gen) vec() reg.VecVirtual {
	if g.wide {
		return g.ZMM()
	}
	return g.YMM()
}

func (g *gen) zeroed() reg.VecVirtual {
	v := g.vec()
	g.zero(v)
	return v
}

func (g *gen) zero(v reg.VecVirtual) { g.VXORPS(v, v, v) }

func (g *gen) arg(name string) reg.GPVirtual {
	r := g.GP64()
	g.Load(g.Param(name), r)
	return r
}

func (g *gen) base(name string) reg.GPVirtual {
	r := g.GP64()
	g.Load(g.Param(name).Base(), r)
	return r
}

func (g *gen) length(name string) reg.GPVirtual {
	r := g.GP64()
	g.Load(g.Param(name).Len(), r)
	return r
}

// scalar broadcasts a float32 parameter to a vector.
func (g *gen) scalar(name string) reg.VecVirtual {
	v := g.vec()
	addr, err := g.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	g.VBROADCASTSS(addr.Addr, v)
	return v
}

// float is a constant in every lane: a register where there are 32, else a
// memory operand, which instructions take as their first (Go's order).
func (g *gen) float(v float64) operand.Op { return g.bits(math.Float32bits(float32(v))) }

func (g *gen) bits(bits uint32) operand.Op {
	copies := 8
	if g.wide {
		copies = 1
	}
	name := fmt.Sprintf("lanes_%08x_%s", bits, g.name)
	m := operand.NewDataAddr(operand.NewStaticSymbol(name), 0)
	if !g.globals[name] {
		g.globals[name] = true
		g.StaticGlobal(name)
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for range copies {
			g.AppendDatum(operand.U32(bits))
		}
	}
	if !g.wide {
		return m
	}
	r := g.vec()
	g.VBROADCASTSS(m, r)
	return r
}

// register is the constant in a register, for where an instruction wants one.
func (g *gen) register(c operand.Op) reg.VecVirtual {
	if r, ok := c.(reg.VecVirtual); ok {
		return r
	}
	r := g.vec()
	g.VMOVUPS(c, r)
	return r
}

// Predicates of VCMPPS: ordered ones are false where an operand is NaN.
const (
	less      = 0x11
	greater   = 0x1e
	equal     = 0x00
	unordered = 0x03
)

// compare is the mask of the lanes where a stands in relation to b.
func (g *gen) compare(predicate uint64, a reg.Register, b operand.Op) reg.Register {
	if g.wide {
		k := g.K()
		g.VCMPPS(operand.U8(predicate), b, a, k)
		return k
	}
	m := g.vec()
	g.VCMPPS(operand.U8(predicate), b, a, m)
	return m
}

// replace sets v to w in the lanes of the mask.
func (g *gen) replace(v reg.VecVirtual, mask reg.Register, w operand.Op) {
	if g.wide {
		g.VMOVAPS(w, mask, v)
	} else {
		g.VBLENDVPS(mask, w, v, v)
	}
}

// keep clears v outside the mask.
func (g *gen) keep(v reg.VecVirtual, mask reg.Register) {
	if g.wide {
		g.VMOVAPS_Z(v, mask, v)
	} else {
		g.VANDPS(v, mask, v)
	}
}

// masks returns masks of the first n of count*lanes lanes, 0 <= n <= count*lanes <= 32.
func (g *gen) masks(n reg.GPVirtual, count int) []reg.Register {
	var out []reg.Register
	if g.wide {
		ones := g.GP64()
		g.MOVQ(operand.I64(-1), ones)
		g.BZHIQ(n, ones, ones)
		for i := range count {
			if i > 0 {
				g.SHRQ(operand.U8(16), ones)
			}
			k := g.K()
			g.KMOVW(ones.As32(), k)
			out = append(out, k)
		}
		return out
	}
	const name = "masks" // sixteen lanes of ones, sixteen of zeros
	table := operand.NewDataAddr(operand.NewStaticSymbol(name), 0)
	if !g.globals[name] {
		g.globals[name] = true
		g.StaticGlobal(name)
		g.DataAttributes(attr.RODATA | attr.NOPTR)
		for i := range 32 {
			g.AppendDatum(operand.U32(uint32(0xffffffff * uint64(1-i/16))))
		}
	}
	p, skip := g.GP64(), g.GP64()
	g.LEAQ(table, p)
	g.MOVQ(operand.U32(16), skip)
	g.SUBQ(n, skip)
	for i := range count {
		m := g.vec()
		g.VMOVUPS(operand.Mem{Base: p, Index: skip, Scale: 4, Disp: 32 * i}, m)
		out = append(out, m)
	}
	return out
}

// loadMasked loads the lanes of the mask and clears the others; it does not
// touch their memory.
func (g *gen) loadMasked(m operand.Mem, mask reg.Register, v reg.VecVirtual) {
	if g.wide {
		g.VMOVUPS_Z(m, mask, v)
	} else {
		g.VMASKMOVPS(m, mask, v)
	}
}

func (g *gen) storeMasked(v reg.VecVirtual, mask reg.Register, m operand.Mem) {
	if g.wide {
		g.VMOVUPS(v, mask, m)
	} else {
		g.VMASKMOVPS(v, mask, m)
	}
}

// fold combines the lanes of v into one, in all lanes of an XMM register; op
// is an instruction of two operands and a destination.
func (g *gen) fold(v reg.VecVirtual, op func(...operand.Op)) reg.VecVirtual {
	x, t := g.XMM(), g.XMM()
	if g.wide {
		y := g.YMM()
		g.VEXTRACTF64X4(operand.U8(1), v, y)
		op(y, v.AsY(), y)
		g.VEXTRACTF32X4(operand.U8(1), y, x)
		op(x, y.AsX(), x)
	} else {
		g.VEXTRACTF128(operand.U8(1), v, x)
		op(x, v.AsX(), x)
	}
	g.VPERMILPS(operand.U8(0x4e), x, t)
	op(t, x, x)
	g.VPERMILPS(operand.U8(0xb1), x, t)
	op(t, x, x)
	return x
}
