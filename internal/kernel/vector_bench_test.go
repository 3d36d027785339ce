package kernel

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkVector runs functions of 16,384 elements: 64 KB an operand, out of
// the second-level cache.
func BenchmarkVector(b *testing.B) {
	const n = 1 << 14
	rng := rand.New(rand.NewPCG(1, 2))
	dst, x, y, labels, loss := make([]float32, n), random(rng, n), random(rng, n), make([]int32, n), make([]float32, n)
	bytes := make([]uint8, n)
	for _, f := range []struct {
		name string
		run  func()
	}{
		{"Add", func() { Add(dst, x, y) }},
		{"AXPY", func() { AXPY(dst, x, 1e-9) }},
		{"Affine", func() { Affine(dst, x, 2, 3) }},
		{"Div", func() { Div(dst, x, y) }},
		{"Exp", func() { Exp(dst, x) }},
		{"Log", func() { Log(dst, x) }},
		{"Sigmoid", func() { Sigmoid(dst, x) }},
		{"Tanh", func() { Tanh(dst, x) }},
		{"ReLU", func() { ReLU(dst, x) }},
		{"MaxScalar", func() { MaxScalar(dst, x, 1) }},
		{"Greater", func() { Greater(dst, x, y) }},
		{"SigmoidGrad", func() { SigmoidGrad(dst, x, y) }},
		{"Sum", func() { Sum(x) }},
		{"Dot", func() { Dot(x, y) }},
		{"MaxValue", func() { MaxValue(x) }},
		{"Widen", func() { Widen(dst, bytes, 1.0/255) }},
		{"SoftmaxRows10", func() { SoftmaxRows(dst, x, n/10, 10, false) }},
		{"LogSoftmaxRows10", func() { SoftmaxRows(dst, x, n/10, 10, true) }},
		{"CrossEntropyRows10", func() { CrossEntropyRows(loss, dst, x, labels, n/10, 10) }},
		{"CrossEntropyRows1000", func() { CrossEntropyRows(loss, dst, x, labels, n/1000, 1000) }},
		{"ColumnSums10", func() { ColumnSums(dst, x, n/10, 10) }},
		{"ColumnSums64", func() { ColumnSums(dst, x, n/64, 64) }},
	} {
		for _, level := range Levels() {
			b.Run(f.name+"/"+level, func(b *testing.B) {
				defer Use(level)()
				for b.Loop() {
					f.run()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
	}
}
