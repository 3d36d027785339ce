package kernel

import (
	"fmt"
	"slices"
)

// Chains computes several matrices with the same columns, each the sum of a
// chain of products:
//
//	C[g.C + r*CRow + j] = Bias[j] + sum over g's links l, and i < l.K, of
//	                      A[l.A + r*ARow + i*ACol] * B[(l.B+i)*BRow + j]
//
// A convolution over maps that lie position by position is that: a group for
// each place of the kernel, a link for each of its taps that meets the map
// (the batch-reduce product of Georganas et al., 2020). So nothing is copied
// to make one large product, and padding is not multiplied.
type Chains struct {
	N          int // columns
	A          []float32
	ARow, ACol int
	B          []float32 // rows of N elements, BRow apart
	BRow       int
	Packed     *Panels // where set, B's rows are counted in these, and B is not read
	C          []float32
	CRow       int
	Bias       []float32 // (N), or nil
	Add        bool      // to what C holds, instead of to Bias
	Groups     []Group
	Chunk      int // so many links of each group are summed before the next; 0 is all

	level              *routines
	sweep              bool // so few rows that what counts is to read B in order
	rowTasks, colTasks int
	slack              []float32
}

// Group is one matrix of Chains: its rows begin at C.
type Group struct {
	Rows, C int
	Links   []Link
}

// Cut prepares the chains and returns the number of tasks, which may run in
// any order and at the same time; each element of C belongs to one of them. It
// panics where a slice is too short.
func (c *Chains) Cut() int {
	c.level = active
	rows, steps := c.check()
	l := c.level
	c.slack = nil
	if c.Packed == nil && !l.ragged && c.N%l.lanes != 0 { // whole vectors are read, past the last row's end
		b, buffer := takeFloats(len(c.B) + l.lanes)
		copy(b, c.B)
		c.B, c.slack = b, buffer
	}
	if rows == 0 || c.N == 0 {
		return 0
	}
	c.sweep = rows <= fewRows && c.Packed == nil && c.Chunk == 0 && !c.Add
	panels := ceilDiv(c.N, l.tileCols)
	want := int(max(1, min(2*float64(steps)*float64(c.N)/l.grain, 32)))
	c.colTasks = min(panels, want)
	c.rowTasks = min(len(c.Groups), ceilDiv(want, c.colTasks))
	if c.sweep {
		c.rowTasks = 1
	}
	return c.rowTasks * c.colTasks
}

// Release gives back what Cut took.
func (c *Chains) Release() {
	releaseFloats(c.slack)
	*c = Chains{}
}

// check returns the rows of all groups, and the elements of A that they read.
func (c *Chains) check() (rows, steps int) {
	if c.ARow < 0 || c.ACol < 0 || c.BRow < 0 || c.CRow < 0 || c.N < 0 {
		panic("[kernel.Chains] a negative size or stride")
	}
	if c.Bias != nil && len(c.Bias) != c.N {
		panic(fmt.Sprintf("[kernel.Chains] bias has %d elements, want %d", len(c.Bias), c.N))
	}
	lastA, lastB, lastC := -1, -1, -1
	for i := range c.Groups {
		g := &c.Groups[i]
		if g.Rows < 1 || g.C < 0 {
			panic(fmt.Sprintf("[kernel.Chains] group %d has %d rows, at %d", i, g.Rows, g.C))
		}
		rows += g.Rows
		lastC = max(lastC, g.C+(g.Rows-1)*c.CRow+c.N-1)
		for _, l := range g.Links {
			if l.A < 0 || l.B < 0 || l.K < 1 {
				panic(fmt.Sprintf("[kernel.Chains] group %d has a link %+v", i, l))
			}
			steps += g.Rows * l.K
			lastA = max(lastA, l.A+(g.Rows-1)*c.ARow+(l.K-1)*c.ACol)
			lastB = max(lastB, l.B+l.K-1)
		}
	}
	switch {
	case lastA >= len(c.A):
		panic(fmt.Sprintf("[kernel.Chains] A has %d elements; %d is read", len(c.A), lastA))
	case lastC >= len(c.C):
		panic(fmt.Sprintf("[kernel.Chains] C has %d elements; %d is written", len(c.C), lastC))
	case c.Packed != nil && (lastB >= c.Packed.rows || c.N != c.Packed.n || c.Packed.level != active):
		panic(fmt.Sprintf("[kernel.Chains] %d packed rows of %d; row %d of %d is read", c.Packed.rows, c.Packed.n, lastB, c.N))
	case c.Packed == nil && lastB >= 0 && lastB*c.BRow+c.N > len(c.B):
		panic(fmt.Sprintf("[kernel.Chains] B has %d elements; row %d is read", len(c.B), lastB))
	}
	return rows, steps
}

// Run runs one task.
func (c *Chains) Run(task int) {
	l := c.level
	panel0, panel1 := part(ceilDiv(c.N, l.tileCols), c.colTasks, task%c.colTasks)
	group0, group1 := part(len(c.Groups), c.rowTasks, task/c.colTasks)
	s := takeScratch()
	if c.sweep {
		c.runSweep(s, panel0*l.tileCols, min(panel1*l.tileCols, c.N))
		releaseScratch(s)
		return
	}
	groups := c.Groups[group0:group1]
	longest := 1
	for i := range groups {
		longest = max(longest, len(groups[i].Links))
	}
	chunk := c.Chunk
	if chunk == 0 {
		chunk = longest
	}
	t := &s.tile
	t.aRow, t.aCol, t.cRow = c.ARow, c.ACol, c.CRow
	for from := 0; from == 0 || from < longest; from += chunk {
		for q := panel0; q < panel1; q++ {
			j := q * l.tileCols
			t.lanes = min(l.tileCols, c.N-j)
			if c.Packed != nil {
				t.b, t.bRow = c.Packed.panel(q)
			} else {
				t.b, t.bRow = c.B[j:], c.BRow
			}
			for i := range groups {
				g := &groups[i]
				if from > 0 && from >= len(g.Links) {
					continue
				}
				t.links = g.Links[from:min(from+chunk, len(g.Links))] // none where no tap meets the map
				tiles := ceilDiv(g.Rows, l.tileRows)
				for k := range tiles {
					r, end := part(g.Rows, tiles, k)
					t.rows = end - r
					t.a = c.A[min(r*c.ARow, len(c.A)):]
					t.c = c.C[g.C+r*c.CRow+j:]
					t.init, t.initRow = nil, 0
					if from > 0 || c.Add {
						t.init, t.initRow = t.c, t.cRow
					} else if c.Bias != nil {
						t.init = c.Bias[j:]
					}
					l.tile(t)
					l.fetchSoon()
				}
			}
		}
	}
	releaseScratch(s)
}

// fewRows is how many rows of A are too few for tiles: each row of B is then
// read once, in order, and added to each row of C, which stays in the cache.
const fewRows = 4

// row is a row of A, and the row of C that its product with B joins.
type row struct{ a, c int }

// runSweep computes columns from..to of all groups, which have few rows together.
// It goes through B in order, whichever groups' links a part of it belongs to.
func (c *Chains) runSweep(s *scratch, from, to int) {
	s.links, s.rows = s.links[:0], s.rows[:0]
	for i := range c.Groups {
		g := &c.Groups[i]
		for r := range g.Rows {
			out := c.C[g.C+r*c.CRow+from : g.C+r*c.CRow+to]
			if c.Bias != nil {
				copy(out, c.Bias[from:to])
			} else {
				clear(out)
			}
		}
		for _, l := range g.Links {
			for r := range g.Rows {
				at := len(s.links)
				for at > 0 && s.links[at-1].B > l.B {
					at--
				}
				s.links = slices.Insert(s.links, at, Link{l.A + r*c.ARow, l.B, l.K})
				s.rows = slices.Insert(s.rows, at, row{l.A + r*c.ARow, g.C + r*c.CRow + from})
			}
		}
	}
	for i := 0; i < len(s.links); {
		l, end := s.links[i], i+1
		for end < len(s.links) && s.links[end].B == l.B && s.links[end].K == l.K {
			end++
		}
		c.level.sweep(c.C, c.A, c.ACol, s.rows[i:end], c.B[l.B*c.BRow+from:], c.BRow, l.K, to-from)
		i = end
	}
}

// sweep adds to n elements of each row's c its a times the k rows of b.
func (l *routines) sweep(c, a []float32, aCol int, rows []row, b []float32, bRow, k, n int) {
	i := 0
	for ; i+4 <= k; i += 4 {
		b0, b1, b2, b3 := b[i*bRow:][:n], b[(i+1)*bRow:][:n], b[(i+2)*bRow:][:n], b[(i+3)*bRow:][:n]
		for next := i + 4; next < min(i+8, k); next++ { // rows are too short for the processor to see where this goes
			l.prefetch(bytesOf(b[next*bRow:][:n]))
		}
		for _, r := range rows {
			at := r.a + i*aCol
			l.axpy4(c[r.c:][:n], b0, b1, b2, b3, a[at], a[at+aCol], a[at+2*aCol], a[at+3*aCol])
		}
	}
	for ; i < k; i++ {
		for _, r := range rows {
			l.axpy(c[r.c:][:n], b[i*bRow:][:n], a[r.a+i*aCol])
		}
	}
}

// Panels is rows of B packed for Chains: the columns of a tile beside each
// other, row after row, so that a tile reads memory in order.
type Panels struct {
	rows, n int
	level   *routines
	packed  []float32
	buffer  []float32
}

// Take makes room for rows of n columns.
func (p *Panels) Take(rows, n int) {
	*p = Panels{rows: rows, n: n, level: active}
	if n > 0 {
		last := (n - 1) / active.tileCols * active.tileCols
		p.packed, p.buffer = takeFloats(rows * (last + roundUp(n-last, active.lanes)))
	}
}

// Release gives the room back.
func (p *Panels) Release() {
	releaseFloats(p.buffer)
	*p = Panels{}
}

// Count is the number of panels, which may be packed at the same time.
func (p *Panels) Count() int { return ceilDiv(p.n, active.tileCols) }

// panel is panel q and the distance of its rows.
func (p *Panels) panel(q int) ([]float32, int) {
	col := q * p.level.tileCols
	return p.packed[col*p.rows:], roundUp(min(p.level.tileCols, p.n-col), p.level.lanes)
}

// Pack copies panel q of k rows of a matrix to rows at, at+1, ...: element i, j
// is b[i*row+j*col].
func (p *Panels) Pack(q, at int, b []float32, row, col, k int) {
	dst, width := p.panel(q)
	j := q * p.level.tileCols
	lanes := min(p.level.tileCols, p.n-j)
	dst = dst[at*width:][:k*width]
	if lanes < width {
		clear(dst)
	}
	copyMatrix(p.level, dst, width, 1, b[j*col:], row, col, k, lanes)
}

// ReadsInPlace says whether rows of B, n elements each and so far apart, are
// read where they lie: whether packing them would take longer than it saves
// when they meet so many rows of A.
func ReadsInPlace(rows, n, apart int) bool {
	p := Product{M: rows, N: n, K: 1, BRow: apart, BCol: 1}
	return tileInPlace(&p, active)
}
