package explain

import (
	"math"
	"math/rand/v2"

	"inkling/device"
	"inkling/device/ref"
	"inkling/tensor"
)

// ExamineMachine computes a product and a softmax on a device and on the
// reference, and compares.
func ExamineMachine(b device.Backend) Finding {
	const m, k, n = 63, 129, 17
	rng := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float32, m*k), make([]float32, k*n)
	for _, s := range [][]float32{x, y} {
		for i := range s {
			s[i] = float32(rng.NormFloat64())
		}
	}
	answer := func(mem *tensor.Memory) []float64 {
		return tensor.Of(mem, x, m, k).MatMul(tensor.Of(mem, y, k, n)).Scale(0.1).Softmax(1).Float64s()
	}
	got, want := answer(tensor.On(b)), answer(tensor.On(ref.New()))
	for i := range want {
		if d := math.Abs(got[i] - want[i]); !(d <= 1e-5) {
			return ill("machine", "This machine computes wrongly: a softmax of a product is off by %.2g on %s.", d, b.Describe())
		}
	}
	return fine("machine", "This machine computes as the reference does (%s).", b.Describe())
}
