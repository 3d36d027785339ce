package kernel

// The second form of a product: lanes are consecutive k, for few columns.

// dotTile is one call of the inner loop: out[r*cols+j] = the dot product of
// a's row r and b's row j. Where k is no multiple of the vector, b's rows go on
// with zeros to the next.
type dotTile struct {
	rows, cols, k int
	a             []float32
	aRow          int
	b             []float32
	bRow          int
	out           []float32
}

func dotsGo(d *dotTile) {
	for r := range d.rows {
		for j := range d.cols {
			d.out[r*d.cols+j] = dotGo(d.a[r*d.aRow:][:d.k], d.b[j*d.bRow:][:d.k])
		}
	}
}

func dotInPlace(p *Product, l *routines) bool { return p.BRow == 1 && p.K%l.lanes == 0 }

func (plan *Plan) cutDots() {
	p, l := &plan.problem, plan.level
	plan.rowPanels, plan.colPanels = ceilDiv(p.M, l.dotRows), ceilDiv(p.N, l.dotCols)
	plan.deal()
	const kMost = 1024 // five rows of A and five of B: 40 KB
	blocks := ceilDiv(p.K, kMost)
	plan.kBlock = roundUp(ceilDiv(p.K, blocks), l.lanes)
	if !dotInPlace(p, l) {
		plan.packed, plan.buffer = takeFloats(p.N * roundUp(p.K, l.lanes))
	}
}

// packDots copies B's columns one after another, each filled up with zeros to
// a whole vector.
func (plan *Plan) packDots(from, to int) {
	p, l := &plan.problem, plan.level
	col, _ := part(p.N, plan.colPanels, from)
	end, _ := part(p.N, plan.colPanels, to)
	row := roundUp(p.K, l.lanes)
	for j := col; j < end; j++ {
		clear(plan.packed[j*row+p.K : (j+1)*row])
	}
	copyMatrix(l, plan.packed[col*row:], 1, row, p.B[col*p.BCol:], p.BRow, p.BCol, p.K, end-col)
}

// runDots computes a task's part of C.
func (plan *Plan) runDots(task int) {
	p, l := &plan.problem, plan.level
	s := takeScratch()
	d := &s.dots
	d.out = s.c[:]
	row0, row1, col0, col1 := plan.panels(task)
	b, bRow := p.B, p.BCol
	if plan.packed != nil {
		b, bRow = plan.packed, roundUp(p.K, l.lanes)
	}
	d.aRow, d.bRow = p.ARow, bRow
	for k0 := 0; k0 < p.K; k0 += plan.kBlock {
		d.k = min(plan.kBlock, p.K-k0)
		for q := col0; q < col1; q++ {
			j, jEnd := part(p.N, plan.colPanels, q)
			d.cols, d.b = jEnd-j, b[j*bRow+k0:]
			for r := row0; r < row1; r++ {
				i, iEnd := part(p.M, plan.rowPanels, r)
				d.rows, d.a = iEnd-i, p.A[i*p.ARow+k0:]
				l.dots(d)
				l.fetchSoon()
				plan.addDots(d, i, j, k0 == 0)
			}
		}
	}
	releaseScratch(s)
}

// addDots stores a tile's sums in C, with the bias, or adds them to those of
// the blocks before.
func (plan *Plan) addDots(d *dotTile, i, j int, first bool) {
	p := &plan.problem
	for r := range d.rows {
		at := (i+r)*p.CRow + j*p.CCol
		for n, sum := range d.out[r*d.cols:][:d.cols] {
			switch {
			case !first:
				sum += p.C[at]
			case plan.bias == nil:
			case plan.turned:
				sum += plan.bias[i+r]
			default:
				sum += plan.bias[j+n]
			}
			p.C[at] = sum
			at += p.CCol
		}
	}
}
