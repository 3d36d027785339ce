package kernel

import "math"

// The plain version of every function: what the assembly must equal, and what
// runs where there is none.

func addGo(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func subGo(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] - y[i]
	}
}

func mulGo(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

func divGo(dst, x, y []float32) {
	for i := range dst {
		dst[i] = x[i] / y[i]
	}
}

func maxGo(dst, x, y []float32) {
	for i := range dst {
		dst[i] = max(x[i], y[i])
	}
}

func minGo(dst, x, y []float32) {
	for i := range dst {
		dst[i] = min(x[i], y[i])
	}
}

func equalGo(dst, x, y []float32) {
	for i := range dst {
		if x[i] == y[i] {
			dst[i] = 1
		} else {
			dst[i] = 0
		}
	}
}

func greaterGo(dst, x, y []float32) {
	for i := range dst {
		if x[i] > y[i] {
			dst[i] = 1
		} else {
			dst[i] = 0
		}
	}
}

func sigmoidGradGo(dst, y, dy []float32) {
	for i := range dst {
		dst[i] = y[i] * (1 - y[i]) * dy[i]
	}
}

func tanhGradGo(dst, y, dy []float32) {
	for i := range dst {
		dst[i] = (1 - y[i]*y[i]) * dy[i]
	}
}

func reluGradGo(dst, y, dy []float32) {
	for i := range dst {
		if y[i] > 0 {
			dst[i] = dy[i]
		} else {
			dst[i] = 0
		}
	}
}

func affineGo(dst, x []float32, a, b float32) {
	for i := range dst {
		dst[i] = a*x[i] + b
	}
}

func axpyGo(dst, x []float32, a float32) {
	for i := range dst {
		dst[i] += a * x[i]
	}
}

func axpy4Go(dst, x0, x1, x2, x3 []float32, s0, s1, s2, s3 float32) {
	x0, x1, x2, x3 = x0[:len(dst)], x1[:len(dst)], x2[:len(dst)], x3[:len(dst)]
	for i := range dst {
		dst[i] += s0*x0[i] + s1*x1[i] + s2*x2[i] + s3*x3[i]
	}
}

func scaleGo(dst, x []float32, s float32) {
	for i := range dst {
		dst[i] = x[i] * s
	}
}

func divScalarGo(dst, x []float32, s float32) {
	for i := range dst {
		dst[i] = x[i] / s
	}
}

func scalarDivGo(dst, x []float32, s float32) {
	for i := range dst {
		dst[i] = s / x[i]
	}
}

func maxScalarGo(dst, x []float32, s float32) {
	for i := range dst {
		dst[i] = max(x[i], s)
	}
}

func minScalarGo(dst, x []float32, s float32) {
	for i := range dst {
		dst[i] = min(x[i], s)
	}
}

func absGo(dst, x []float32) {
	for i := range dst {
		dst[i] = float32(math.Abs(float64(x[i])))
	}
}

func sqrtGo(dst, x []float32) {
	for i := range dst {
		dst[i] = float32(math.Sqrt(float64(x[i])))
	}
}

func reluGo(dst, x []float32) {
	for i := range dst {
		dst[i] = max(x[i], 0)
	}
}

func signGo(dst, x []float32) {
	for i, v := range x {
		switch {
		case v > 0:
			dst[i] = 1
		case v < 0:
			dst[i] = -1
		default:
			dst[i] = v // zero, or NaN
		}
	}
}

func expGo(dst, x []float32) {
	for i := range dst {
		dst[i] = float32(math.Exp(float64(x[i])))
	}
}

func logGo(dst, x []float32) {
	for i := range dst {
		dst[i] = float32(math.Log(float64(x[i])))
	}
}

func sigmoidGo(dst, x []float32) {
	for i := range dst {
		dst[i] = float32(1 / (1 + math.Exp(-float64(x[i]))))
	}
}

func tanhGo(dst, x []float32) {
	for i := range dst {
		dst[i] = float32(math.Tanh(float64(x[i])))
	}
}

func widenGo(dst []float32, src []uint8, scale float32) {
	for i := range dst {
		dst[i] = float32(src[i]) * scale
	}
}

// sumGo keeps four partial sums: one alone waits for each addition to end.
func sumGo(x []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(x) >= 4 {
		s0 += x[0]
		s1 += x[1]
		s2 += x[2]
		s3 += x[3]
		x = x[4:]
	}
	for _, v := range x {
		s0 += v
	}
	return (s0 + s1) + (s2 + s3)
}

func dotGo(x, y []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(x) >= 4 && len(y) >= 4 {
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		x, y = x[4:], y[4:]
	}
	for i := range x {
		s0 += x[i] * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func maxValueGo(x []float32) float32 {
	m := float32(math.Inf(-1))
	for _, v := range x {
		m = max(m, v)
	}
	return m
}

func minValueGo(x []float32) float32 {
	m := float32(math.Inf(1))
	for _, v := range x {
		m = min(m, v)
	}
	return m
}
