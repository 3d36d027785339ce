package kernel

import (
	"sync"
	"unsafe"
)

// copyMatrix computes dst[i*dstRow+j*dstCol] = src[i*srcRow+j*srcCol] for rows
// x cols, by whole rows or columns or by transposing blocks where it can.
func copyMatrix(l *routines, dst []float32, dstRow, dstCol int, src []float32, srcRow, srcCol, rows, cols int) {
	switch {
	case rows == 0 || cols == 0:
	case dstCol == 1 && srcCol == 1:
		for i := range rows {
			if next := (i + 12) * srcRow; cols <= 32 && next+cols <= len(src) {
				l.prefetch(bytesOf(src[next : next+cols]))
			}
			to, from := dst[i*dstRow:][:cols], src[i*srcRow:][:cols]
			if cols == 32 { // a panel of the widest tile: the compiler writes the copy out
				*(*[32]float32)(to) = *(*[32]float32)(from)
			} else {
				copy(to, from)
			}
		}
	case dstRow == 1 && srcRow == 1:
		for j := range cols {
			copy(dst[j*dstCol:][:rows], src[j*srcCol:])
		}
	case dstRow == 1 && srcCol == 1:
		transpose(l, dst, dstCol, src, srcRow, rows, cols)
	case dstCol == 1 && srcRow == 1:
		transpose(l, dst, dstRow, src, srcCol, cols, rows)
	default:
		for i := range rows {
			for j := range cols {
				dst[i*dstRow+j*dstCol] = src[i*srcRow+j*srcCol]
			}
		}
	}
}

// transpose computes dst[j*dstRow+i] = src[i*srcRow+j] for rows x cols of src, in
// blocks of 8 x 8. The last blocks overlap those before them where a size is no
// multiple of eight: to write a few elements twice is faster than one by one.
func transpose(l *routines, dst []float32, dstRow int, src []float32, srcRow, rows, cols int) {
	if l.transpose == nil || rows < 8 || cols < 8 {
		transposeGo(dst, dstRow, src, srcRow, rows, cols)
		return
	}
	for i := 0; i < rows; i += 8 {
		r := min(i, rows-8)
		l.transpose(&dst[r], dstRow, &src[r*srcRow], srcRow, cols/8)
		if last := cols - 8; cols%8 != 0 {
			l.transpose(&dst[last*dstRow+r], dstRow, &src[r*srcRow+last], srcRow, 1)
		}
	}
}

func transposeGo(dst []float32, dstRow int, src []float32, srcRow, rows, cols int) {
	for i := range rows {
		for j, v := range src[i*srcRow:][:cols] {
			dst[j*dstRow+i] = v
		}
	}
}

// scratch is what one running task needs.
type scratch struct {
	tile tile
	one  [1]Link // the links of a tile that has one
	// of Winograd's squares
	from, to [points]*float32
	// of a sweep
	links []Link
	rows  []row
	dots  dotTile
	c     [16 * 64]float32 // a tile of C, for the largest of any level
	a     []float32        // packed rows of A
}

var freeScratch freeList[*scratch]

func takeScratch() *scratch {
	if s, ok := freeScratch.take(); ok {
		return s
	}
	return new(scratch)
}

// releaseScratch forgets the caller's slices, so that they can be collected.
func releaseScratch(s *scratch) {
	s.tile, s.one, s.dots = tile{}, [1]Link{}, dotTile{}
	clear(s.from[:])
	clear(s.to[:])
	freeScratch.give(s)
}

// freeList keeps what was released for the next taker. A sync.Pool would
// forget it at each garbage collection.
type freeList[T any] struct {
	mu   sync.Mutex
	free []T
}

func (l *freeList[T]) take() (item T, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		item, ok = l.free[n-1], true
		l.free = l.free[:n-1]
	}
	return item, ok
}

func (l *freeList[T]) give(item T) {
	l.mu.Lock()
	l.free = append(l.free, item)
	l.mu.Unlock()
}

// The buffers for packed matrices, by the binary logarithm of their length.
var freeFloats [48]freeList[[]float32]

// takeFloats returns n aligned floats of undefined contents, and the buffer
// to release.
func takeFloats(n int) (x, buffer []float32) {
	class := 10
	for 1<<class < n {
		class++
	}
	buffer, ok := freeFloats[class].take()
	if !ok {
		buffer = alignedFloats(1 << class)
	}
	return buffer[:n], buffer
}

func releaseFloats(buffer []float32) {
	if buffer == nil {
		return
	}
	class := 0
	for 1<<class < len(buffer) {
		class++
	}
	freeFloats[class].give(buffer)
}

// alignedFloats starts at a cache line, so that no vector lies across two.
func alignedFloats(n int) []float32 {
	x := make([]float32, n+15)
	skip := int(-uintptr(unsafe.Pointer(&x[0])) / 4 % 16)
	return x[skip:][:n:n]
}

func roundUp(n, step int) int { return ceilDiv(n, step) * step }

func bytesOf(x []float32) []uint8 {
	return unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}
