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
	for phase := range plan.Phases() {
		for task := range plan.Tasks(phase) {
			plan.Run(phase, task)
		}
	}
	plan.Release()
}

// Plan is a product cut into tasks. The tasks of one phase may run in any
// order and at the same time; a phase begins when the one before it is done.
// The cut depends on the size of the problem only, so that the result is the
// same bits for any number of workers.
type Plan struct {
	product Product
	tasks   int
}

// Plan checks the product and cuts it. It panics where a slice is too short.
func (p *Product) Plan() *Plan {
	p.check()
	return &Plan{product: *p, tasks: 1}
}

// Phases is the number of phases.
func (plan *Plan) Phases() int { return 1 }

// Tasks is the number of tasks of a phase.
func (plan *Plan) Tasks(phase int) int { return plan.tasks }

// Run runs one task of a phase.
func (plan *Plan) Run(phase, task int) {
	p := &plan.product
	for i := range p.M {
		for j := range p.N {
			var sum float32
			for k := range p.K {
				sum += p.A[i*p.ARow+k*p.ACol] * p.B[k*p.BRow+j*p.BCol]
			}
			if p.Bias != nil {
				sum += p.Bias[j]
			}
			p.C[i*p.CRow+j*p.CCol] = sum
		}
	}
}

// Release gives the plan's scratch memory back. The plan is not used after it.
func (plan *Plan) Release() {}

func (p *Product) check() {
	if p.M < 0 || p.N < 0 || p.K < 0 {
		panic(fmt.Sprintf("[kernel.Product] (%d, %d) x (%d, %d): negative size", p.M, p.K, p.K, p.N))
	}
	short := func(name string, length, rows, row, cols, col int) {
		if rows > 0 && cols > 0 && (rows-1)*row+(cols-1)*col >= length {
			panic(fmt.Sprintf("[kernel.Product] %s is %d x %d with strides %d and %d, but has %d elements", name, rows, cols, row, col, length))
		}
	}
	short("A", len(p.A), p.M, p.ARow, p.K, p.ACol)
	short("B", len(p.B), p.K, p.BRow, p.N, p.BCol)
	short("C", len(p.C), p.M, p.CRow, p.N, p.CCol)
	if p.Bias != nil && len(p.Bias) != p.N {
		panic(fmt.Sprintf("[kernel.Product] bias has %d elements, want %d", len(p.Bias), p.N))
	}
}
