package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// layouts are the ways in which a test lays out a rows x cols matrix.
var layouts = map[string]func(rows, cols int) (row, col int){
	"rows":      func(rows, cols int) (int, int) { return cols, 1 },
	"columns":   func(rows, cols int) (int, int) { return 1, rows },
	"padded":    func(rows, cols int) (int, int) { return cols + 3, 1 },
	"scattered": func(rows, cols int) (int, int) { return 2*cols + 1, 2 },
	"one row":   func(rows, cols int) (int, int) { return 0, 1 },
	"one value": func(rows, cols int) (int, int) { return 0, 0 },
}

func extent(rows, row, cols, col int) int {
	if rows == 0 || cols == 0 {
		return 0
	}
	return (rows-1)*row + (cols-1)*col + 1
}

// newProduct is a product of random matrices in the given layouts.
func newProduct(rng *rand.Rand, m, n, k int, a, b, c string, bias bool) *Product {
	p := &Product{M: m, N: n, K: k}
	p.ARow, p.ACol = layouts[a](m, k)
	p.BRow, p.BCol = layouts[b](k, n)
	p.CRow, p.CCol = layouts[c](m, n)
	p.A = random(rng, extent(m, p.ARow, k, p.ACol))
	p.B = random(rng, extent(k, p.BRow, n, p.BCol))
	p.C = make([]float32, extent(m, p.CRow, n, p.CCol))
	for i := range p.C {
		p.C[i] = float32(math.NaN()) // what was there must not matter
	}
	if bias {
		p.Bias = random(rng, n)
	}
	return p
}

func random(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = rng.Float32()*2 - 1
	}
	return x
}

// checkProduct compares C with the sum in float64, to the
// greatest error that K roundings can add up to.
func checkProduct(t *testing.T, p *Product) bool {
	t.Helper()
	for i := range p.M {
		for j := range p.N {
			want := 0.0
			if p.Bias != nil {
				want = float64(p.Bias[j])
			}
			size := math.Abs(want)
			for k := range p.K {
				product := float64(p.A[i*p.ARow+k*p.ACol]) * float64(p.B[k*p.BRow+j*p.BCol])
				want += product
				size += math.Abs(product)
			}
			got := float64(p.C[i*p.CRow+j*p.CCol])
			if !(math.Abs(got-want) <= 6e-8*(2+float64(p.K))*size) {
				t.Errorf("C[%d, %d] = %v, want %v", i, j, got, want)
				return false
			}
		}
	}
	return true
}

func eachLevel(t *testing.T, f func(t *testing.T)) {
	for _, level := range Levels() {
		t.Run(level, func(t *testing.T) {
			defer Use(level)()
			f(t)
		})
	}
}

func TestProductSizesAndLayouts(t *testing.T) {
	sizes := [][3]int{
		{0, 3, 2}, {3, 0, 2}, {3, 2, 0}, {1, 1, 1}, {1, 7, 5}, {7, 1, 5}, {5, 7, 1}, {2, 3, 4},
		{13, 17, 19}, {14, 32, 16}, {15, 33, 17}, {29, 31, 33}, {28, 64, 8}, {43, 10, 100},
		{100, 10, 43}, {10, 100, 43}, {3, 70, 129}, {70, 3, 129}, {1, 64, 130}, {64, 1, 130},
		{57, 65, 40}, {8, 8, 200}, {31, 5, 48}, {9, 97, 64},
	}
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, size := range sizes {
			for a := range layouts {
				for b := range layouts {
					for _, c := range []string{"rows", "columns", "padded", "scattered"} {
						bias := rng.IntN(2) == 0
						p := newProduct(rng, size[0], size[1], size[2], a, b, c, bias)
						p.Do()
						if !checkProduct(t, p) {
							t.Fatalf("%v, A by %s, B by %s, C by %s, bias %v", size, a, b, c, bias)
						}
					}
				}
			}
		}
	})
}

// Large enough for several blocks of K, of columns, and several tasks.
func TestProductLarge(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, size := range [][3]int{{61, 530, 900}, {300, 70, 520}, {37, 9, 2500}, {9, 200, 2500}, {1, 2500, 300}, {2, 600, 50}, {700, 2, 40}, {128, 256, 1024}} {
			for _, layout := range [][3]string{{"rows", "rows", "rows"}, {"columns", "rows", "rows"}, {"rows", "columns", "rows"}, {"columns", "columns", "columns"}} {
				p := newProduct(rng, size[0], size[1], size[2], layout[0], layout[1], layout[2], true)
				p.Do()
				if !checkProduct(t, p) {
					t.Fatal(size, layout)
				}
			}
		}
	})
}

func TestProductTasksInAnyOrder(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 6))
		for _, size := range [][3]int{{256, 64, 784}, {256, 10, 784}, {784, 10, 256}, {200, 300, 400}, {701, 33, 129}, {300, 20, 2500}} {
			for _, a := range []string{"rows", "columns"} {
				p := newProduct(rng, size[0], size[1], size[2], a, "rows", "rows", true)
				p.Do()
				want := append([]float32(nil), p.C...)
				for i := range p.C {
					p.C[i] = 7
				}
				plan := p.Plan()
				if n := plan.Tasks(plan.mainPhase()); n < 2 {
					t.Errorf("%v, A by %s: %d tasks, want several", size, a, n)
				}
				for phase := range plan.Phases() {
					for _, task := range rng.Perm(plan.Tasks(phase)) {
						plan.Run(phase, task)
					}
				}
				plan.Release()
				for i := range want {
					if p.C[i] != want[i] {
						t.Fatalf("%v, A by %s: element %d is %v after tasks in another order, %v before", size, a, i, p.C[i], want[i])
					}
				}
			}
		}
	})
}

func TestProductDoesNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, size := range [][3]int{{64, 64, 64}, {32, 10, 784}, {100, 200, 300}} {
		p := newProduct(rng, size[0], size[1], size[2], "rows", "columns", "rows", true)
		if n := testing.AllocsPerRun(10, p.Do); n > 0 {
			t.Errorf("%v: %v allocations", size, n)
		}
	}
}

func TestProductRefusesShortSlices(t *testing.T) {
	good := func() *Product { return newProduct(rand.New(rand.NewPCG(1, 1)), 3, 4, 5, "rows", "rows", "rows", true) }
	for name, spoil := range map[string]func(p *Product){
		"A":        func(p *Product) { p.A = p.A[1:] },
		"B":        func(p *Product) { p.B = p.B[1:] },
		"C":        func(p *Product) { p.C = p.C[1:] },
		"bias":     func(p *Product) { p.Bias = p.Bias[1:] },
		"size":     func(p *Product) { p.M = -1 },
		"negative": func(p *Product) { p.ARow = -5 },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			p := good()
			spoil(p)
			p.Do()
		})
	}
}

var benchmarkShapes = []struct {
	name    string
	m, n, k int
	a, b    string
}{
	{"a/1024x1024x1024", 1024, 1024, 1024, "rows", "rows"},
	{"b/256x784·784x64", 256, 64, 784, "rows", "rows"},
	{"b/dW 784x256·256x64", 784, 64, 256, "columns", "rows"},
	{"b/dX 256x64·64x784", 256, 784, 64, "rows", "columns"},
	{"c/256x784·784x10", 256, 10, 784, "rows", "rows"},
	{"d/dW 784x256·256x10", 784, 10, 256, "columns", "rows"},
	{"e/dX 256x10·10x64", 256, 64, 10, "rows", "columns"},
	{"e/dX 256x10·10x784", 256, 784, 10, "rows", "columns"},
	{"e/256x64·64x10", 256, 10, 64, "rows", "rows"},
	{"e/dW 64x256·256x10", 64, 10, 256, "columns", "rows"},
	{"e/1x784·784x64", 1, 64, 784, "rows", "rows"},
	{"e/1x784·784x10", 1, 10, 784, "rows", "rows"},
	{"e/1024x1024·1024x1", 1024, 1, 1024, "rows", "rows"},
	{"e/1x1024·1024x1024", 1, 1024, 1024, "rows", "rows"},
	{"conv/3136x576·576x64", 3136, 64, 576, "rows", "rows"},
	{"conv/64x256·256x256", 64, 256, 256, "rows", "rows"},
}

func BenchmarkProduct(b *testing.B) {
	for _, shape := range benchmarkShapes {
		for _, level := range Levels() {
			b.Run(fmt.Sprintf("%s/%s", shape.name, level), func(b *testing.B) {
				defer Use(level)()
				rng := rand.New(rand.NewPCG(1, 2))
				p := newProduct(rng, shape.m, shape.n, shape.k, shape.a, shape.b, "rows", false)
				for b.Loop() {
					p.Do()
				}
				reportFlops(b, p)
			})
		}
	}
}

func reportFlops(b *testing.B, p *Product) {
	flops := 2 * float64(p.M) * float64(p.N) * float64(p.K) * float64(b.N)
	b.ReportMetric(flops/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
