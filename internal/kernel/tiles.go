package kernel

// The first form of a product: lanes are columns of C.

// Link is one product of a sum: A is where its first element of a lies, B its
// first row of b, K how many columns of a and rows of b meet.
type Link struct{ A, B, K int }

// tile is one call of the inner loop: c = the sum of a·b over the links, and then
// init, for some rows and lanes.
type tile struct {
	rows, lanes int
	links       []Link
	a           []float32
	aRow, aCol  int
	b           []float32
	bRow        int
	init        []float32 // zeros where nil
	initRow     int
	c           []float32
	cRow        int
}

// tileGo takes four k at a time, so that sums are loaded and stored a quarter as often.
func tileGo(t *tile) {
	var sums [64]float32
	for r := range t.rows {
		c := sums[:t.lanes]
		clear(c)
		for _, l := range t.links {
			at, b := l.A+r*t.aRow, l.B*t.bRow
			i := 0
			for ; i+4 <= l.K; i += 4 {
				a0, a1, a2, a3 := t.a[at], t.a[at+t.aCol], t.a[at+2*t.aCol], t.a[at+3*t.aCol]
				b0 := t.b[b:][:len(c)]
				b1 := t.b[b+t.bRow:][:len(c)]
				b2 := t.b[b+2*t.bRow:][:len(c)]
				b3 := t.b[b+3*t.bRow:][:len(c)]
				for j := range c {
					c[j] += a0*b0[j] + a1*b1[j] + a2*b2[j] + a3*b3[j]
				}
				at += 4 * t.aCol
				b += 4 * t.bRow
			}
			for ; i < l.K; i++ {
				axpyGo(c, t.b[b:][:len(c)], t.a[at])
				at += t.aCol
				b += t.bRow
			}
		}
		if t.init != nil {
			addGo(c, c, t.init[r*t.initRow:][:t.lanes])
		}
		copy(t.c[r*t.cRow:], c)
	}
}

// tileInPlace says whether B is read where it lies: its rows must be
// contiguous, and its last panel full where the level reads whole vectors.
// Packing pays where the panel's rows are far apart and read many times.
func tileInPlace(p *Product, l *routines) bool {
	if p.BCol != 1 && p.N > 1 || !l.ragged && p.N%l.lanes != 0 {
		return false
	}
	return l.level == levelGo || p.BRow <= 128 || p.M <= 3*l.tileRows
}

func (plan *Plan) cutTiles() {
	p, l := &plan.problem, plan.level
	plan.rowPanels, plan.colPanels = ceilDiv(p.M, l.tileRows), ceilDiv(p.N, l.tileCols)
	plan.sweep = p.M <= fewRows && p.N >= 128 && p.CCol == 1 && tileInPlace(p, l)
	plan.halve()
	plan.deal()
	// Rows or columns of A that lie a multiple of 1 KB apart fall into a few
	// sets of the cache and evict each other: copy the panel, if it is read often.
	far := func(stride, count int) bool { return stride >= 256 && stride%256 == 0 && count > 4 }
	plan.packA = l.level != levelGo && plan.colPanels/plan.colTasks >= 4 &&
		(far(p.ARow, p.M) || far(p.ACol, p.K))

	// A's panel of rows should stay in the first-level cache, with room for
	// B to stream through, and B's block of columns in the second.
	const kMost, l2Floats = 512, 192 << 10
	blocks := max(1, ceilDiv(plan.sums(), kMost))
	plan.kBlock = max(1, ceilDiv(plan.sums(), blocks))
	plan.colBlock = max(1, l2Floats/(plan.kBlock*l.tileCols))

	if !tileInPlace(p, l) {
		width := (plan.colPanels-1)*l.tileCols + roundUp(p.N-(plan.colPanels-1)*l.tileCols, l.lanes)
		plan.packed, plan.buffer = takeFloats(p.K * max(0, width))
	}
}

// packTiles copies column panels of B: each k's lanes beside each other, the
// last panel's filled up with zeros to a whole vector.
func (plan *Plan) packTiles(from, to int) {
	p, l := &plan.problem, plan.level
	for q := from; q < to; q++ {
		col := q * l.tileCols
		lanes := min(l.tileCols, p.N-col)
		width := roundUp(lanes, l.lanes)
		dst := plan.packed[col*p.K:][:width*p.K]
		if lanes < width {
			clear(dst)
		}
		copyMatrix(l, dst, width, 1, p.B[min(len(p.B), col*p.BCol):], p.BRow, p.BCol, p.K, lanes)
	}
}

// runTiles computes a task's part of C, or of one half of its sums.
func (plan *Plan) runTiles(task int) {
	p, l := &plan.problem, plan.level
	task, from, to, out := plan.half(task)
	row0, row1, col0, col1 := plan.panels(task)
	if plan.sweep {
		plan.runSweep(col0*l.tileCols, min(p.N, col1*l.tileCols))
		return
	}
	s := takeScratch()
	t := &s.tile
	t.links = s.one[:]
	for k0 := from; k0 == from || k0 < to; k0 += plan.kBlock {
		t.links[0].K = min(plan.kBlock, to-k0)
		for block := col0; block < col1; block += plan.colBlock {
			for r := row0; r < row1; r++ {
				i, end := part(p.M, plan.rowPanels, r)
				t.rows = end - i
				t.a, t.aRow, t.aCol = p.A[min(len(p.A), i*p.ARow+k0*p.ACol):], p.ARow, p.ACol
				if plan.packA {
					s.packRows(l, t)
				}
				for q := block; q < min(block+plan.colBlock, col1); q++ {
					j := q * l.tileCols
					t.lanes = min(l.tileCols, p.N-j)
					plan.rowsOfB(t, j, k0)
					plan.runTile(s, out, i, j, k0 > from, from == 0)
				}
			}
		}
	}
	releaseScratch(s)
}

// rowsOfB sets where a tile finds row k of B from column j on.
func (plan *Plan) rowsOfB(t *tile, j, k int) {
	p := &plan.problem
	if plan.packed != nil {
		t.bRow = roundUp(t.lanes, plan.level.lanes)
		t.b = plan.packed[j*p.K+k*t.bRow:]
	} else {
		t.b, t.bRow = p.B[min(len(p.B), k*p.BRow+j):], p.BRow
	}
}

// runSweep computes columns from..to of C for very few rows, by adding up rows
// of B. Nothing of B is used again, so what counts is that it is read in order.
func (plan *Plan) runSweep(from, to int) {
	p, l := &plan.problem, plan.level
	const most = 2048 // elements of C, which stay in the first-level cache
	var rows [fewRows]row
	for ; from < to; from += most {
		end := min(to, from+most)
		for i := range p.M {
			c := p.C[i*p.CRow+from : i*p.CRow+end]
			rows[i] = row{i * p.ARow, i*p.CRow + from}
			switch {
			case plan.bias == nil:
				clear(c)
			case plan.turned:
				Fill(c, plan.bias[i])
			default:
				copy(c, plan.bias[from:end])
			}
		}
		l.sweep(p.C, p.A, p.ACol, rows[:p.M], p.B[from:], p.BRow, p.K, end-from)
	}
}

// runTile sets a tile's start and destination, and runs it: on out itself, which is C
// or laid out as it is, where its rows are contiguous, else on scratch that is copied.
// Where it goes on it adds to what is there; else it may begin with the bias.
func (plan *Plan) runTile(s *scratch, out []float32, i, j int, goesOn, bias bool) {
	p, l, t := &plan.problem, plan.level, &s.tile
	c := out[i*p.CRow+j*p.CCol:]
	direct := p.CCol == 1 || p.N == 1
	if direct {
		t.c, t.cRow = c, p.CRow
	} else {
		t.c, t.cRow = s.c[:], l.tileCols
	}
	t.init, t.initRow = nil, 0
	if goesOn {
		t.init, t.initRow = t.c, t.cRow
		if !direct {
			copyMatrix(l, s.c[:], l.tileCols, 1, c, p.CRow, p.CCol, t.rows, t.lanes)
		}
	} else if bias {
		plan.startWithBias(s, i, j)
	}
	l.tile(t)
	l.fetchSoon()
	if !direct {
		copyMatrix(l, c, p.CRow, p.CCol, s.c[:], l.tileCols, 1, t.rows, t.lanes)
	}
}

// startWithBias has a tile's sums begin with the bias, if there is one.
func (plan *Plan) startWithBias(s *scratch, i, j int) {
	t, cols := &s.tile, plan.level.tileCols
	switch {
	case plan.bias != nil && plan.turned:
		t.init, t.initRow = s.c[:], cols
		for r := range t.rows {
			Fill(s.c[r*cols:][:t.lanes], plan.bias[i+r])
		}
	case plan.bias != nil:
		t.init, t.initRow = plan.bias[j:], 0
	}
}

// packRows copies the tile's rows of A to scratch, in the order of its strides.
func (s *scratch) packRows(l *routines, t *tile) {
	k := t.links[0].K
	row, col := roundUp(k, 16)+16, 1
	if t.aCol != 1 {
		row, col = 1, 16
	}
	if need := 16 * (roundUp(k, 16) + 16); len(s.a) < need {
		s.a = alignedFloats(need)
	}
	copyMatrix(l, s.a, row, col, t.a, t.aRow, t.aCol, t.rows, k)
	t.a, t.aRow, t.aCol = s.a, row, col
}
