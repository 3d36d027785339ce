package kernel

import (
	"fmt"
	"math"
)

// AdamRates are the numbers of one step of Adam.
type AdamRates struct {
	Beta1, Gain1 float32 // m = Beta1*m + Gain1*g
	Beta2, Gain2 float32 // v = Beta2*v + Gain2*g*g
	Keep         float32 // p = Keep*p - Rate * m / (Root*√v + Eps)
	Rate, Root   float32
	Eps          float32
}

// Adam changes p, m and v by one step of Adam with the gradient g (Kingma and Ba,
// 2015); the slices have the same length. Memory limits it: to leave out the
// stores where g, m and v are 0 gains 8 % with half of them 0, and costs as much
// where p decays.
func Adam(p, m, v, g []float32, r *AdamRates) {
	if len(m) != len(p) || len(v) != len(p) || len(g) != len(p) {
		panic(fmt.Sprintf("[kernel.Adam] lengths differ: p %d, m %d, v %d, g %d", len(p), len(m), len(v), len(g)))
	}
	active.adam(p, m, v, g, r)
}

func adamGo(p, m, v, g []float32, r *AdamRates) {
	for i, d := range g {
		m[i] = r.Beta1*m[i] + r.Gain1*d
		v[i] = r.Beta2*v[i] + r.Gain2*(d*d)
		root := float32(math.Sqrt(float64(v[i])))
		p[i] = r.Keep*p[i] - r.Rate*m[i]/(r.Root*root+r.Eps)
	}
}
