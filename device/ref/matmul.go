package ref

import "inkling/device"

// dst[b, i, j] = sum over p of x[b, i, p] * y[b, p, j], + bias[j]
//
// The product is finished before any of it is stored, so that dst may be x or y.
func (backend) MatMul(dst, x, y, bias device.View) {
	d, a, b := open(dst), open(x), open(y)
	for batch := range indices(d.lead(2)) {
		xs, ys, out := a.at(batch...), b.at(batch...), d.at(batch...)
		m, k, n := xs.shape[0], xs.shape[1], ys.shape[1]
		left, right := xs.values(), ys.values()

		product := make([]float64, m*n) // (m, k) x (k, n) -> (m, n)
		for i := range m {
			for j := range n {
				for p := range k {
					product[i*n+j] += left[i*k+p] * right[p*n+j]
				}
			}
		}
		if bias.Buf != nil {
			shift := open(bias) // (n)
			for i := range m {
				for j := range n {
					product[i*n+j] += shift.get(j)
				}
			}
		}
		for i := range m {
			for j := range n {
				out.set(product[i*n+j], i, j)
			}
		}
	}
}
