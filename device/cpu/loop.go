package cpu

import "inkling/device"

// loop walks up to three views of one shape together: rows of n elements along
// an inner axis, and an odometer over the outer ones. Axes are ordered by the
// first view's strides and merged where the memory allows, so that a contiguous
// operation is a single row and a bias is added row by row.
type loop struct {
	views   int
	rank    int // outer axes
	rows    int // product of the outer axes
	n       int // elements of a row
	step    [3]int
	dims    [device.MaxRank]int
	strides [3][device.MaxRank]int
	offset  [3]int
}

func newLoop(views ...*device.View) loop {
	l := loop{views: len(views)}
	first := views[0]
	for i := range first.Rank {
		if first.Dims[i] == 1 {
			continue
		}
		at := l.rank // insertion sort, greatest stride first
		for at > 0 && l.strides[0][at-1] < first.Strides[i] {
			l.dims[at] = l.dims[at-1]
			for k := range views {
				l.strides[k][at] = l.strides[k][at-1]
			}
			at--
		}
		l.dims[at] = first.Dims[i]
		for k, v := range views {
			l.strides[k][at] = v.Strides[i]
		}
		l.rank++
	}
	for k, v := range views {
		l.offset[k] = v.Offset
	}
	for i := l.rank - 2; i >= 0; i-- { // merge axis i+1 into i
		if l.merges(i) {
			l.dims[i] *= l.dims[i+1]
			for k := range views {
				l.strides[k][i] = l.strides[k][i+1]
			}
			for j := i + 1; j < l.rank-1; j++ {
				l.dims[j] = l.dims[j+1]
				for k := range views {
					l.strides[k][j] = l.strides[k][j+1]
				}
			}
			l.rank--
		}
	}
	l.n, l.rows = 1, 1
	l.step = [3]int{1, 1, 1} // of a single element: it counts as a row like any other
	if l.rank > 0 {
		l.rank--
		l.n = l.dims[l.rank]
		for k := range views {
			l.step[k] = l.strides[k][l.rank]
		}
	}
	for _, d := range l.dims[:l.rank] {
		l.rows *= d
	}
	return l
}

func (l *loop) merges(i int) bool {
	for k := range l.views {
		if l.strides[k][i] != l.strides[k][i+1]*l.dims[i+1] {
			return false
		}
	}
	return true
}

// piece is the number of elements that one piece of a parallel operation
// handles: some microseconds of work, more than it costs to hand it out.
const piece = 1 << 14

// pieces is the number of pieces that the loop is cut into.
func (l *loop) pieces() int {
	if l.rows == 1 {
		return max((l.n+piece-1)/piece, 1)
	}
	per := l.rowsPerPiece()
	return (l.rows + per - 1) / per
}

func (l *loop) rowsPerPiece() int { return max(piece/max(l.n, 1), 1) }

// run computes each row of piece i.
func (l *loop) run(i int, s *strip) {
	l.rowsOf(i, s.row)
}

// rowsOf calls f for each row of piece i, with where it starts in each view and
// how many elements it has.
func (l *loop) rowsOf(i int, f func(at [3]int, n int)) {
	if l.n == 0 || l.rows == 0 {
		return
	}
	if l.rows == 1 {
		pieces := l.pieces() // as even as they go: two workers end together
		from, to := i*l.n/pieces, (i+1)*l.n/pieces
		at := l.offset
		for k := range l.views {
			at[k] += from * l.step[k]
		}
		f(at, to-from)
		return
	}
	per := l.rowsPerPiece()
	from, to := i*per, min((i+1)*per, l.rows)
	var index [device.MaxRank]int
	at, rest := l.offset, from
	for a := l.rank - 1; a >= 0; a-- {
		index[a] = rest % l.dims[a]
		rest /= l.dims[a]
		for k := range l.views {
			at[k] += index[a] * l.strides[k][a]
		}
	}
	for range to - from {
		f(at, l.n)
		for a := l.rank - 1; a >= 0; a-- {
			index[a]++
			for k := range l.views {
				at[k] += l.strides[k][a]
			}
			if index[a] < l.dims[a] {
				break
			}
			for k := range l.views {
				at[k] -= index[a] * l.strides[k][a]
			}
			index[a] = 0
		}
	}
}
