package ref

import (
	"math"

	"inkling/device"
)

// p = p - rate*decay*p
// m = beta1*m + (1-beta1)*g
// v = beta2*v + (1-beta2)*g*g
// p = p - rate * (m/correction1) / (sqrt(v/correction2) + eps)
func (backend) Adam(p, m, v, g device.View, s device.AdamStep) {
	param, first, second, grad := open(p), open(m), open(v), open(g)
	for i := range indices(grad.shape) {
		d := grad.get(i...)
		a := s.Beta1*first.get(i...) + (1-s.Beta1)*d
		b := s.Beta2*second.get(i...) + (1-s.Beta2)*d*d
		w := param.get(i...)
		w -= s.Rate * s.Decay * w
		w -= s.Rate * (a / s.Correction1) / (math.Sqrt(b/s.Correction2) + s.Eps)
		first.set(a, i...)
		second.set(b, i...)
		param.set(w, i...)
	}
}
