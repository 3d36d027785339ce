package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// edges are values at which functions change their ways.
var edges = []float32{
	0, float32(math.Copysign(0, -1)), 1, -1, 0.5, -0.5, 1e-45, -1e-45, 1e-40, 1.17549435e-38, -1.17549435e-38, 1e-30, -1e-30, 1e-10,
	1e-4, -1e-4, 0.1, 0.3465, 0.624, 0.626, -0.626, 0.70710677, 0.7071068, 1.4142135, 1.4142137, 2, 3, -3, 9, -9, 17, -17, 60, -60,
	87.3, -87.3, 88, -88, 88.72, -88.72, 88.73, -88.73, 89, -89, 103, -103, 104, -104, 150, -150, 1e4, -1e4, 1e30, -1e30,
	math.MaxFloat32, -math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
}

// lengths are all short ones, and some that end each unrolled loop.
func lengths() []int {
	var out []int
	for n := range 71 {
		out = append(out, n)
	}
	return append(out, 95, 96, 97, 127, 128, 129, 255, 256, 257, 1000, 1024, 4099)
}

// values mixes random numbers of many sizes with edges.
func values(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		switch rng.IntN(8) {
		case 0:
			x[i] = edges[rng.IntN(len(edges))]
		case 1:
			x[i] = (rng.Float32()*2 - 1) * 100
		default:
			x[i] = rng.Float32()*4 - 2
		}
	}
	return x
}

// near reports whether got is want, within a relative error; results below the
// smallest normal number may be flushed, and the sign of zero is free.
func near(got float32, want, tolerance float64) bool {
	w := float32(want)
	switch {
	case math.IsNaN(want):
		return got != got
	case got == w:
		return true
	case math.IsInf(float64(got), 0) || math.IsInf(float64(w), 0):
		// At the border of overflow one rounding decides.
		return math.Abs(want) > math.MaxFloat32*(1-1e-6) && math.Abs(float64(got)) > math.MaxFloat32*(1-1e-6) && (got > 0) == (w > 0)
	}
	return math.Abs(float64(got)-want) <= tolerance*math.Abs(want)+1.2e-38
}

// An elementwise function, and what it should give, in float64.
var elementwise = []struct {
	name      string
	run       func(dst, x, y []float32)
	want      func(x, y float64) float64
	tolerance float64
}{
	{"Add", Add, func(x, y float64) float64 { return x + y }, 6e-8},
	{"Sub", Sub, func(x, y float64) float64 { return x - y }, 6e-8},
	{"Mul", Mul, func(x, y float64) float64 { return x * y }, 6e-8},
	{"Div", Div, func(x, y float64) float64 { return x / y }, 6e-8},
	{"Max", Max, func(x, y float64) float64 { return max(x, y) }, 0},
	{"Min", Min, func(x, y float64) float64 { return min(x, y) }, 0},
	{"Equal", Equal, func(x, y float64) float64 { return truth(x == y) }, 0},
	{"Greater", Greater, func(x, y float64) float64 { return truth(x > y) }, 0},
	{"ReLUGrad", ReLUGrad, func(y, dy float64) float64 {
		if y > 0 {
			return dy
		}
		return 0
	}, 0},
	{"AddScalar", func(dst, x, _ []float32) { AddScalar(dst, x, 1.5) }, func(x, _ float64) float64 { return x + 1.5 }, 6e-8},
	{"MulScalar", func(dst, x, _ []float32) { MulScalar(dst, x, 1.7) }, func(x, _ float64) float64 { return x * float64(float32(1.7)) }, 6e-8},
	{"DivScalar", func(dst, x, _ []float32) { DivScalar(dst, x, 3) }, func(x, _ float64) float64 { return x / 3 }, 6e-8},
	{"ScalarDiv", func(dst, x, _ []float32) { ScalarDiv(dst, 3, x) }, func(x, _ float64) float64 { return 3 / x }, 6e-8},
	{"MaxScalar", func(dst, x, _ []float32) { MaxScalar(dst, x, 0.25) }, func(x, _ float64) float64 { return max(x, 0.25) }, 0},
	{"MinScalar", func(dst, x, _ []float32) { MinScalar(dst, x, 0.25) }, func(x, _ float64) float64 { return min(x, 0.25) }, 0},
	{"Neg", unary(Neg), func(x, _ float64) float64 { return -x }, 0},
	{"Abs", unary(Abs), func(x, _ float64) float64 { return math.Abs(x) }, 0},
	{"Square", unary(Square), func(x, _ float64) float64 { return x * x }, 6e-8},
	{"Sqrt", unary(Sqrt), func(x, _ float64) float64 { return math.Sqrt(x) }, 6e-8},
	{"Reciprocal", unary(Reciprocal), func(x, _ float64) float64 { return 1 / x }, 6e-8},
	{"ReLU", unary(ReLU), func(x, _ float64) float64 { return max(x, 0) }, 0},
	{"Sign", unary(Sign), func(x, _ float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x
	}, 0},
	{"Exp", unary(Exp), func(x, _ float64) float64 { return math.Exp(x) }, 2e-7},
	{"Log", unary(Log), func(x, _ float64) float64 { return math.Log(x) }, 2e-7},
	{"Sigmoid", unary(Sigmoid), func(x, _ float64) float64 { return 1 / (1 + math.Exp(-x)) }, 2.5e-7},
	{"Tanh", unary(Tanh), func(x, _ float64) float64 { return math.Tanh(x) }, 2.5e-7},
}

func unary(f func(dst, x []float32)) func(dst, x, y []float32) {
	return func(dst, x, _ []float32) { f(dst, x) }
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func TestElementwise(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, f := range elementwise {
			rng := rand.New(rand.NewPCG(9, 10))
			for _, n := range lengths() {
				for offset := range 4 {
					room := values(rng, 2*(n+8))
					x, y := room[offset:][:n], room[n+8+offset/2:][:n]
					dst := make([]float32, n+offset+1)[offset:]
					dst[n] = 42
					f.run(dst[:n], x, y)
					if dst[n] != 42 {
						t.Fatalf("%s, length %d, offset %d: wrote behind dst", f.name, n, offset)
					}
					inPlace := slices.Clone(x)
					f.run(inPlace, inPlace, y)
					for i := range n {
						want := f.want(float64(x[i]), float64(y[i]))
						if !near(dst[i], want, f.tolerance) {
							t.Fatalf("%s(%v, %v) = %v, want %v (length %d, element %d)", f.name, x[i], y[i], dst[i], want, n, i)
						}
						if math.Float32bits(inPlace[i]) != math.Float32bits(dst[i]) && dst[i] == dst[i] {
							t.Fatalf("%s(%v, %v) in place = %v, apart %v", f.name, x[i], y[i], inPlace[i], dst[i])
						}
					}
				}
			}
		}
	})
}

// Each function at each edge, or pair of edges, in every lane.
func TestElementwiseEdges(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		const n = 37
		dst, x, y := make([]float32, n), make([]float32, n), make([]float32, n)
		for _, f := range elementwise {
			for _, a := range edges {
				for _, b := range edges {
					Fill(x, a)
					Fill(y, b)
					f.run(dst, x, y)
					want := f.want(float64(a), float64(b))
					for i, got := range dst {
						if !near(got, want, f.tolerance) {
							t.Fatalf("%s(%v, %v) = %v, want %v (element %d)", f.name, a, b, got, want, i)
						}
					}
				}
			}
		}
	})
}

// The functions of one number, over a fine grid of their range.
func TestFunctionsAccurate(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, f := range elementwise {
			if f.name != "Exp" && f.name != "Log" && f.name != "Sigmoid" && f.name != "Tanh" {
				continue
			}
			const n = 1 << 12
			x, dst := make([]float32, n), make([]float32, n)
			worst := 0.0
			for block := range 1 << 6 {
				for i := range x { // every 2^14th float32: all signs and exponents
					x[i] = math.Float32frombits(uint32(block<<12+i) << 14)
				}
				f.run(dst, x, x)
				for i := range x {
					want := f.want(float64(x[i]), 0)
					if !near(dst[i], want, f.tolerance) {
						t.Fatalf("%s(%v) = %v, want %v", f.name, x[i], dst[i], want)
					}
					if e := math.Abs(float64(dst[i])-want) / math.Abs(want); math.Abs(want) > 1.2e-38 && e > worst && !math.IsInf(want, 0) && !math.IsInf(float64(dst[i]), 0) {
						worst = e
					}
				}
			}
			t.Logf("%s: greatest relative error %.2g", f.name, worst)
		}
	})
}

func TestRoundedTwice(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 12))
		for _, n := range lengths() {
			x, y, z, dst := random(rng, n), random(rng, n), random(rng, n), make([]float32, n)
			check := func(name string, want func(i int) (value, size float64)) {
				t.Helper()
				for i := range dst {
					w, size := want(i)
					if !(math.Abs(float64(dst[i])-w) <= 2.5e-7*(size+math.Abs(w))) {
						t.Fatalf("%s: element %d of %d is %v, want %v", name, i, n, dst[i], w)
					}
				}
			}
			wide := func(s []float32, i int) float64 { return float64(s[i]) }
			Affine(dst, x, 1.5, -0.25)
			check("Affine", func(i int) (float64, float64) { return 1.5*wide(x, i) - 0.25, 1 })
			copy(dst, z)
			AXPY(dst, x, 0.75)
			check("AXPY", func(i int) (float64, float64) { return wide(z, i) + 0.75*wide(x, i), 1 })
			SigmoidGrad(dst, x, y)
			check("SigmoidGrad", func(i int) (float64, float64) { return wide(x, i) * (1 - wide(x, i)) * wide(y, i), 0 })
			TanhGrad(dst, x, y)
			check("TanhGrad", func(i int) (float64, float64) { return (1 - wide(x, i)*wide(x, i)) * wide(y, i), 1 })
			bytes := make([]uint8, n)
			for i := range bytes {
				bytes[i] = uint8(rng.IntN(256))
			}
			Widen(dst, bytes, 1.0/255)
			check("Widen", func(i int) (float64, float64) { return float64(bytes[i]) / 255, 0 })
		}
	})
}

func TestReductions(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, n := range lengths() {
			for offset := range 4 {
				x, y := random(rng, n+offset)[offset:], random(rng, n+offset)[offset:]
				sum, dot, size := 0.0, 0.0, 1e-6
				top, bottom := float32(math.Inf(-1)), float32(math.Inf(1))
				for i := range x {
					sum += float64(x[i])
					dot += float64(x[i]) * float64(y[i])
					size += math.Abs(float64(x[i]))
					top, bottom = max(top, x[i]), min(bottom, x[i])
				}
				if got := Sum(x); math.Abs(float64(got)-sum) > 1e-6*size {
					t.Fatalf("Sum of %d = %v, want %v", n, got, sum)
				}
				if got := Dot(x, y); math.Abs(float64(got)-dot) > 1e-6*size {
					t.Fatalf("Dot of %d = %v, want %v", n, got, dot)
				}
				if got := MaxValue(x); got != top {
					t.Fatalf("MaxValue of %d = %v, want %v", n, got, top)
				}
				if got := MinValue(x); got != bottom {
					t.Fatalf("MinValue of %d = %v, want %v", n, got, bottom)
				}
				if n > 0 {
					x[rng.IntN(n)] = float32(math.NaN())
					if got := MaxValue(x); got == got {
						t.Fatalf("MaxValue of %d with a NaN = %v", n, got)
					}
				}
			}
		}
	})
}

func TestLengthsMustAgree(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Add of different lengths did not panic")
		}
	}()
	Add(make([]float32, 3), make([]float32, 3), make([]float32, 4))
}
