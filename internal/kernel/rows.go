package kernel

import (
	"fmt"
	"math"
)

// Functions of a matrix whose rows lie one after another.

// SoftmaxRows computes, for each of rows rows of c elements,
// dst = exp(x - max x) / sum exp(x - max x), or its logarithm.
func SoftmaxRows(dst, x []float32, rows, c int, log bool) {
	checkRows("SoftmaxRows", rows, c, len(dst), len(x))
	s := takeRowScratch()
	for rows > 0 && c > 0 {
		n := min(rows, rowBlock)
		probs := dst
		if log {
			probs = s.probs(n * c)
		}
		softmaxBlock(probs, x, s.top[:], s.sum[:], n, c)
		if log {
			active.log(s.sum[:n], s.sum[:n])
			for i := range n {
				// Apart, so that a great element's distance to the greatest stays exact.
				top, logSum := s.top[i], s.sum[i]
				y, row := dst[i*c:i*c+c], x[i*c:i*c+c]
				if c > 32 { // worth two calls
					active.affine(y, row, 1, -top)
					active.affine(y, y, 1, -logSum)
					continue
				}
				for j, v := range row {
					y[j] = v - top - logSum
				}
			}
		}
		dst, x, rows = dst[n*c:], x[n*c:], rows-n
	}
	freeRows.give(s)
}

// CrossEntropyRows computes, for each of rows rows of c logits,
// probs = softmax(logits) and loss = -log probs[label]. It panics on a label
// outside 0..c-1. probs may be logits.
func CrossEntropyRows(loss, probs, logits []float32, labels []int32, rows, c int) {
	checkRows("CrossEntropyRows", rows, c, len(probs), len(logits))
	if len(loss) < rows || len(labels) < rows {
		panic(fmt.Sprintf("[kernel.CrossEntropyRows] %d rows, but %d losses and %d labels", rows, len(loss), len(labels)))
	}
	s := takeRowScratch()
	for rows > 0 {
		n := min(rows, rowBlock)
		for i, label := range labels[:n] {
			if label < 0 || int(label) >= c {
				panic(fmt.Sprintf("[kernel.CrossEntropyRows] label %d: want 0 to %d", label, c-1))
			}
			loss[i] = logits[i*c+int(label)]
		}
		softmaxBlock(probs, logits, s.top[:], s.sum[:], n, c)
		active.log(s.sum[:n], s.sum[:n])
		for i, at := range loss[:n] {
			loss[i] = s.sum[i] - (at - s.top[i]) // the log of the sum of exponentials, less the label's
		}
		loss, probs, logits, labels, rows = loss[n:], probs[n*c:], logits[n*c:], labels[n:], rows-n
	}
	freeRows.give(s)
}

// softmaxBlock computes n rows' softmax, and each row's greatest element and
// sum of exponentials.
func softmaxBlock(dst, x, top, sum []float32, n, c int) {
	if c <= 16 {
		active.softmaxShort(dst, x, top, sum, n, c)
		return
	}
	for i := range n {
		row, y := x[i*c:i*c+c], dst[i*c:i*c+c]
		top[i] = active.maxValue(row)
		sum[i] = active.expSum(y, row, top[i])
		active.divScalar(y, y, sum[i])
	}
}

// ColumnSums computes dst[j] = the sum of column j of x (rows x cols).
func ColumnSums(dst, x []float32, rows, cols int) {
	if len(dst) < cols || len(x) < rows*cols {
		panic(fmt.Sprintf("[kernel.ColumnSums] %d rows of %d: dst has %d elements, x %d", rows, cols, len(dst), len(x)))
	}
	active.columnSums(dst, x, rows, cols)
}

func expSumGo(dst, x []float32, shift float32) float32 {
	sum := 0.0
	for i, v := range x {
		e := math.Exp(float64(v - shift))
		sum += e
		dst[i] = float32(e)
	}
	return float32(sum)
}

func softmaxShortGo(dst, x, top, sum []float32, rows, c int) {
	for i := range rows {
		row, y := x[i*c:i*c+c], dst[i*c:i*c+c]
		top[i] = maxValueGo(row)
		sum[i] = expSumGo(y, row, top[i])
		divScalarGo(y, y, sum[i])
	}
}

func columnSumsGo(dst, x []float32, rows, cols int) {
	clear(dst[:cols])
	for i := range rows {
		addGo(dst[:cols], dst[:cols], x[i*cols:][:cols])
	}
}

const rowBlock = 128 // rows at a time, so that a block of few classes stays in cache

// rowScratch is the greatest elements and sums of a block of rows.
type rowScratch struct {
	top, sum [rowBlock]float32
	block    []float32
}

var freeRows freeList[*rowScratch]

func takeRowScratch() *rowScratch {
	if s, ok := freeRows.take(); ok {
		return s
	}
	return new(rowScratch)
}

// probs is room for probabilities that nobody asked for.
func (s *rowScratch) probs(n int) []float32 {
	if len(s.block) < n {
		s.block = make([]float32, n)
	}
	return s.block[:n]
}

func checkRows(name string, rows, c, dst, x int) {
	if dst < rows*c || x < rows*c {
		panic(fmt.Sprintf("[kernel.%s] %d rows of %d: dst has %d elements, x %d", name, rows, c, dst, x))
	}
}
