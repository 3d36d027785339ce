package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// softmax64 is a row's softmax, and the logarithm of its sum of exponentials.
func softmax64(row []float32) (probs []float64, logSum float64) {
	top := math.Inf(-1)
	for _, v := range row {
		top = max(top, float64(v))
	}
	sum := 0.0
	for _, v := range row {
		e := math.Exp(float64(v) - top)
		probs = append(probs, e)
		sum += e
	}
	for j := range probs {
		probs[j] /= sum
	}
	return probs, top + math.Log(sum)
}

func TestSoftmaxAndCrossEntropyRows(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(15, 16))
		for _, rows := range []int{0, 1, 2, 3, 127, 128, 129, 300} {
			for _, c := range []int{1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 31, 40, 100, 1000} {
				if rows > 130 && c > 20 {
					continue
				}
				x, dst, logs := make([]float32, rows*c), make([]float32, rows*c), make([]float32, rows*c)
				probs, loss, labels := make([]float32, rows*c), make([]float32, rows), make([]int32, rows)
				for i := range x {
					x[i] = float32(rng.NormFloat64() * 20)
				}
				for i := range labels {
					labels[i] = int32(rng.IntN(c))
				}
				SoftmaxRows(dst, x, rows, c, false)
				SoftmaxRows(logs, x, rows, c, true)
				CrossEntropyRows(loss, probs, x, labels, rows, c)
				for i := range rows {
					row := x[i*c : i*c+c]
					want, logSum := softmax64(row)
					for j, p := range want {
						at := i*c + j
						if !near(dst[at], p, 5e-7-6e-8*math.Log(p)) || dst[at] != probs[at] {
							t.Fatalf("%d x %d: probability (%d, %d) = %v and %v, want %v", rows, c, i, j, dst[at], probs[at], p)
						}
						if w := float64(row[j]) - logSum; math.Abs(float64(logs[at])-w) > 1e-6*math.Abs(w)+5e-7 {
							t.Fatalf("%d x %d: log probability (%d, %d) = %v, want %v", rows, c, i, j, logs[at], w)
						}
					}
					if w := logSum - float64(row[labels[i]]); math.Abs(float64(loss[i])-w) > 1e-6*w+5e-7 {
						t.Fatalf("%d x %d: loss %d = %v, want %v", rows, c, i, loss[i], w)
					}
				}
			}
		}
	})
}

func TestSoftmaxOfHugeLogits(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, c := range []int{10, 20} {
			x, dst, loss := make([]float32, c), make([]float32, c), make([]float32, 1)
			x[3], x[4] = 1e38, -1e38
			CrossEntropyRows(loss, dst, x, []int32{3}, 1, c)
			if dst[3] != 1 || dst[4] != 0 || loss[0] != 0 {
				t.Errorf("%d classes: probability %v and %v, loss %v; want 1, 0, 0", c, dst[3], dst[4], loss[0])
			}
			x[5] = float32(math.NaN())
			CrossEntropyRows(loss, dst, x, []int32{3}, 1, c)
			if loss[0] == loss[0] {
				t.Errorf("%d classes: the loss of a NaN is %v", c, loss[0])
			}
		}
	})
}

func TestCrossEntropyRefusesLabels(t *testing.T) {
	for _, label := range []int32{-1, 10} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("label %d of 10 classes did not panic", label)
				}
			}()
			CrossEntropyRows(make([]float32, 2), make([]float32, 20), make([]float32, 20), []int32{0, label}, 2, 10)
		}()
	}
}

func TestColumnSums(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(17, 18))
		for _, rows := range []int{0, 1, 2, 5, 256} {
			for cols := range 140 {
				x, dst := random(rng, rows*cols), make([]float32, cols+1)
				dst[cols] = 42
				ColumnSums(dst[:cols], x, rows, cols)
				for j := range cols {
					want := 0.0
					for i := range rows {
						want += float64(x[i*cols+j])
					}
					if math.Abs(float64(dst[j])-want) > 6e-8*float64(rows)*float64(rows)/2+1e-6 {
						t.Fatalf("%d x %d: sum of column %d = %v, want %v", rows, cols, j, dst[j], want)
					}
				}
				if dst[cols] != 42 {
					t.Fatalf("%d x %d: wrote behind dst", rows, cols)
				}
			}
		}
	})
}
