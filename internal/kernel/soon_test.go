package kernel

import (
	"slices"
	"testing"
)

// A hint about rows, right or wrong, changes no product.
func TestSoonChangesNothing(t *testing.T) {
	const m, n, k = 60, 40, 50
	a, b := make([]float32, m*k), make([]float32, k*n)
	for i := range a {
		a[i] = float32(i%7) - 3
	}
	for i := range b {
		b[i] = float32(i%5) - 2
	}
	product := func() []float32 {
		p := Product{M: m, N: n, K: k, A: a, ARow: k, ACol: 1, B: b, BRow: n, BCol: 1, C: make([]float32, m*n), CRow: n, CCol: 1}
		p.Do()
		return p.C
	}
	for _, level := range Levels() {
		restore := Use(level)
		want := product()
		images := make([]uint8, 100*28)
		for name, index := range map[string][]int32{"none": {}, "some": {3, 99, 0}, "outside": {-1, 100, 1 << 30}, "many": make([]int32, 1000)} {
			Soon(images, 28, index)
			for range 3 {
				if !slices.Equal(product(), want) {
					t.Errorf("%s: with %s rows to come the product is another", level, name)
				}
			}
		}
		restore()
	}
}
