package kernel

import "fmt"

// Functions of several parts of one slice: of what lies under a window that
// slides over maps. Part t begins at offsets[t] and is as long as dst.

// MaxOfParts sets dst[i] to the greatest of x[offsets[t]+i] over t, and index[i] to
// tap[t] of the first part where it is found. NaN counts as greatest.
func MaxOfParts(dst []float32, index []int32, x []float32, offsets []int, taps []int32) {
	checkParts("MaxOfParts", len(dst), len(x), offsets)
	if len(index) != len(dst) || len(taps) != len(offsets) || len(taps) == 0 {
		panic(fmt.Sprintf("[kernel.MaxOfParts] %d elements of %d indices; %d parts of %d taps", len(dst), len(index), len(offsets), len(taps)))
	}
	active.maxOfParts(dst, index, x, offsets, taps)
}

// SumTaken sets dst[i] to the sum over t of dy[offsets[t]+i] where index there is taps[t].
func SumTaken(dst, dy []float32, index []int32, offsets []int, taps []int32) {
	checkParts("SumTaken", len(dst), min(len(dy), len(index)), offsets)
	if len(taps) != len(offsets) {
		panic(fmt.Sprintf("[kernel.SumTaken] %d parts of %d taps", len(offsets), len(taps)))
	}
	active.sumTaken(dst, dy, index, offsets, taps)
}

// SumOfParts sets dst[i] to scale times the sum over t of x[offsets[t]+i].
func SumOfParts(dst, x []float32, offsets []int, scale float32) {
	checkParts("SumOfParts", len(dst), len(x), offsets)
	active.sumOfParts(dst, x, offsets, scale)
}

func checkParts(name string, n, size int, offsets []int) {
	for t, from := range offsets {
		if from < 0 || from+n > size {
			panic(fmt.Sprintf("[kernel.%s] part %d is %d elements from %d on, of %d", name, t, n, from, size))
		}
	}
}

func maxOfPartsGo(dst []float32, index []int32, x []float32, offsets []int, taps []int32) {
	copy(dst, x[offsets[0]:])
	for i := range index {
		index[i] = taps[0]
	}
	for t, from := range offsets[1:] {
		for i, v := range x[from:][:len(dst)] {
			if best := dst[i]; !(v <= best) && best == best {
				dst[i], index[i] = v, taps[t+1]
			}
		}
	}
}

func sumTakenGo(dst, dy []float32, index []int32, offsets []int, taps []int32) {
	clear(dst)
	for t, from := range offsets {
		for i, tap := range index[from:][:len(dst)] {
			if tap == taps[t] {
				dst[i] += dy[from+i]
			}
		}
	}
}

func sumOfPartsGo(dst, x []float32, offsets []int, scale float32) {
	clear(dst)
	for _, from := range offsets {
		addGo(dst, dst, x[from:][:len(dst)])
	}
	scaleGo(dst, dst, scale)
}
