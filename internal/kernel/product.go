package kernel

import "fmt"

// Product is a matrix product C = A·B + Bias: (M, K) x (K, N) -> (M, N).
// Element (i, j) of A is A[i*ARow+j*ACol], and likewise for B and C; strides
// are never negative, and only those of A and B may be 0. Bias is nil, or has
// N elements and is added to every row. C may not overlap the others.
type Product struct {
	M, N, K    int
	A          []float32
	ARow, ACol int
	B          []float32
	BRow, BCol int
	C          []float32
	CRow, CCol int
	Bias       []float32
}

// Do computes the product on the calling goroutine.
func (p *Product) Do() {
	plan := p.Plan()
	plan.Alone()
	plan.Release()
}

// transposed is the same product as Cᵀ = Bᵀ·Aᵀ, without its bias.
func (p *Product) transposed() Product {
	return Product{
		M: p.N, N: p.M, K: p.K,
		A: p.B, ARow: p.BCol, ACol: p.BRow,
		B: p.A, BRow: p.ACol, BCol: p.ARow,
		C: p.C, CRow: p.CCol, CCol: p.CRow,
	}
}

func (p *Product) check() {
	if p.M < 0 || p.N < 0 || p.K < 0 {
		panic(fmt.Sprintf("[kernel.Product] (%d, %d) x (%d, %d): negative size", p.M, p.K, p.K, p.N))
	}
	checkMatrix("A", p.A, p.M, p.ARow, p.K, p.ACol)
	checkMatrix("B", p.B, p.K, p.BRow, p.N, p.BCol)
	checkMatrix("C", p.C, p.M, p.CRow, p.N, p.CCol)
	if p.Bias != nil && len(p.Bias) != p.N {
		panic(fmt.Sprintf("[kernel.Product] bias has %d elements, want %d", len(p.Bias), p.N))
	}
}

func checkMatrix(name string, x []float32, rows, row, cols, col int) {
	if row < 0 || col < 0 {
		panic(fmt.Sprintf("[kernel.Product] %s has strides %d and %d: negative", name, row, col))
	}
	if rows > 0 && cols > 0 && (rows-1)*row+(cols-1)*col >= len(x) {
		panic(fmt.Sprintf("[kernel.Product] %s is %d x %d with strides %d and %d, but has %d elements",
			name, rows, cols, row, col, len(x)))
	}
}
