package cpu

import (
	"inkling/device"
	"inkling/internal/kernel"
)

// MatMul implements device.Backend: one product a batch element, each cut into
// tasks by its own size.
func (b *Backend) MatMul(dst, x, y, bias device.View) {
	last := dst.Rank - 1
	p := kernel.Product{
		M: dst.Dims[last-1], N: dst.Dims[last], K: x.Dims[last],
		ARow: x.Strides[last-1], ACol: x.Strides[last],
		BRow: y.Strides[last-1], BCol: y.Strides[last],
		CRow: dst.Strides[last-1], CCol: dst.Strides[last],
	}
	if p.M == 0 || p.N == 0 {
		return
	}
	if bias.Buf != nil {
		elements, done := b.packed(&bias)
		defer done()
		p.Bias = elements
	}
	batches := 1
	for _, n := range dst.Dims[:last-1] {
		batches *= n
	}
	if batches > 1 && p.M*p.N*p.K < smallProduct {
		b.smallProducts(p, dst, x, y, batches)
		return
	}
	for i := range batches {
		q := batchElement(p, &dst, &x, &y, i)
		b.product(&q)
	}
}

// batchElement is product i of a batch: p with the elements that it is of.
func batchElement(p kernel.Product, dst, x, y *device.View, i int) kernel.Product {
	a, b, c := x.Offset, y.Offset, dst.Offset
	for axis := dst.Rank - 3; axis >= 0; axis-- {
		k := i % dst.Dims[axis]
		i /= dst.Dims[axis]
		a += k * x.Strides[axis]
		b += k * y.Strides[axis]
		c += k * dst.Strides[axis]
	}
	p.A, p.B, p.C = floats(x)[a:], floats(y)[b:], floats(dst)[c:]
	return p
}

// smallProducts computes a batch of products, several to a piece.
func (b *Backend) smallProducts(p kernel.Product, dst, x, y device.View, batches int) {
	each := max(smallProduct/max(p.M*p.N*p.K, 1), 1)
	b.pool.run((batches+each-1)/each, func(i int) {
		for k := i * each; k < min((i+1)*each, batches); k++ {
			q := batchElement(p, &dst, &x, &y, k)
			q.Do()
		}
	})
}

// smallProduct is the number of multiply-adds below which a product of a batch
// is not cut, but computed whole next to its neighbours.
const smallProduct = 1 << 20

func (b *Backend) product(p *kernel.Product) {
	plan := p.Plan()
	defer plan.Release()
	if b.pool.workers == 1 {
		plan.Alone()
		return
	}
	for phase := range plan.Phases() {
		b.pool.run(plan.Tasks(phase), func(i int) { plan.Run(phase, i) })
	}
}
