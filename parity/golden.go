// Package parity holds the engine against PyTorch: its tests run the golden
// numbers in testdata, which torch_golden.py there writes, on every device and
// instruction set.
package parity

import "math"

// Fill is the formula by which the golden inputs are made, the same in
// torch_golden.py: n pseudo-random float32s in [-1, 1), scaled and shifted.
func Fill(key, n int, scale, shift float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		u := uint32(i+1)*2654435761 + uint32(key+1)*2246822519
		u ^= u >> 15
		u *= 2246822519
		u ^= u >> 13
		out[i] = float32((2*(float64(u)/(1<<32))-1)*scale + shift)
	}
	return out
}

// Distance is the greatest difference between got and want, relative to the
// greatest magnitude in want (or to 1e-30, where all of it is zero).
func Distance(got, want []float64) float64 {
	most, diff := 1e-30, 0.0
	for i, w := range want {
		most = max(most, math.Abs(w))
		d := math.Abs(got[i] - w)
		if d > diff || d != d {
			diff = d
		}
	}
	return diff / most
}
