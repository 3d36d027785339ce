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
	for ; rows > 0; rows-- {
		y, row := dst[:c], x[:c]
		top := MaxValue(row)
		sum := 0.0
		for j, v := range row {
			e := math.Exp(float64(v - top))
			sum += e
			y[j] = float32(e)
		}
		if log {
			AddScalar(y, row, -top-float32(math.Log(sum)))
		} else {
			MulScalar(y, y, float32(1/sum))
		}
		dst, x = dst[c:], x[c:]
	}
}

// CrossEntropyRows computes, for each of rows rows of c logits,
// probs = softmax(logits) and loss = -log probs[label]. It panics on a label
// outside 0..c-1.
func CrossEntropyRows(loss, probs, logits []float32, labels []int32, rows, c int) {
	checkRows("CrossEntropyRows", rows, c, len(probs), len(logits))
	if len(loss) < rows || len(labels) < rows {
		panic(fmt.Sprintf("[kernel.CrossEntropyRows] %d rows, but %d losses and %d labels", rows, len(loss), len(labels)))
	}
	for i := range rows {
		label := labels[i]
		if label < 0 || int(label) >= c {
			panic(fmt.Sprintf("[kernel.CrossEntropyRows] label %d in row %d: want 0 to %d", label, i, c-1))
		}
		row := logits[i*c : i*c+c]
		top := MaxValue(row)
		at := row[label] - top
		sum := 0.0
		for j, v := range row {
			e := math.Exp(float64(v - top))
			sum += e
			probs[i*c+j] = float32(e)
		}
		loss[i] = float32(math.Log(sum)) - at
		MulScalar(probs[i*c:i*c+c], probs[i*c:i*c+c], float32(1/sum))
	}
}

// ColumnSums computes dst[j] = the sum of column j of x (rows x cols).
func ColumnSums(dst, x []float32, rows, cols int) {
	if len(dst) < cols || len(x) < rows*cols {
		panic(fmt.Sprintf("[kernel.ColumnSums] %d rows of %d: dst has %d elements, x %d", rows, cols, len(dst), len(x)))
	}
	dst = dst[:cols]
	clear(dst)
	for ; rows > 0; rows-- {
		Add(dst, dst, x[:cols])
		x = x[cols:]
	}
}

func checkRows(name string, rows, c, dst, x int) {
	if dst < rows*c || x < rows*c {
		panic(fmt.Sprintf("[kernel.%s] %d rows of %d: dst has %d elements, x %d", name, rows, c, dst, x))
	}
}
