package kernel

import "unsafe"

// The matrices of F(4x4, 3x3), for the points 0, 1, -1, 2, -2 and infinity.
var (
	winogradB = [][]float32{ // Bᵀ
		{4, 0, -5, 0, 1, 0},
		{0, -4, -4, 1, 1, 0},
		{0, 4, -4, -1, 1, 0},
		{0, -2, -1, 2, 1, 0},
		{0, 2, -1, -2, 1, 0},
		{0, 4, 0, -5, 0, 1},
	}
	winogradA = [][]float32{ // Aᵀ
		{1, 1, 1, 1, 1, 0},
		{0, 1, -1, 2, -2, 0},
		{0, 1, 1, 4, 4, 0},
		{0, 1, -1, 8, -8, 1},
	}
	winogradG = [][]float32{
		{1. / 4, 0, 0},
		{-1. / 6, -1. / 6, -1. / 6},
		{-1. / 6, 1. / 6, -1. / 6},
		{1. / 24, 1. / 12, 1. / 6},
		{1. / 24, -1. / 12, 1. / 6},
		{0, 0, 1},
	}
)

func transposed(m [][]float32) [][]float32 {
	t := make([][]float32, len(m[0]))
	for i := range t {
		for j := range m {
			t[i] = append(t[i], m[j][i])
		}
	}
	return t
}

// square returns the function that computes dst[i][e] = m src[i][e] mᵀ.
func square(m [][]float32) func(dst, src **float32, tmp *float32, n int) {
	out, in := len(m), len(m[0])
	return func(dst, src **float32, _ *float32, n int) {
		to, from := unsafe.Slice(dst, out*out), unsafe.Slice(src, in*in)
		var half [6][6]float32
		for e := range n {
			at := func(p *float32) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*e)) }
			for i := range out {
				for j := range in {
					half[i][j] = 0
					for k, v := range m[i] {
						if v != 0 {
							half[i][j] += v * *at(from[k*in+j])
						}
					}
				}
			}
			for i := range out {
				for j := range out {
					sum := float32(0)
					for k, v := range m[j] {
						if v != 0 {
							sum += v * half[i][k]
						}
					}
					*at(to[i*out+j]) = sum
				}
			}
		}
	}
}
