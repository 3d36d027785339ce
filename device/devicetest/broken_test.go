package devicetest

import "inkling/device"

// broken is the reference with some operations done otherwise.
type broken struct {
	device.Backend
	download     func(b device.Backend, dst any, src device.Buffer, off int)
	fill         func(b device.Backend, dst device.View, v float64)
	unary        func(b device.Backend, op device.Unary, dst, x device.View)
	binary       func(b device.Backend, op device.Binary, dst, x, y device.View)
	reduce       func(b device.Backend, op device.Reduction, dst, x device.View)
	argMax       func(b device.Backend, dst, x device.View)
	matMul       func(b device.Backend, dst, x, y, bias device.View)
	softmax      func(b device.Backend, dst, x device.View, log bool)
	crossEntropy func(b device.Backend, loss, probs, logits, labels device.View)
	gather       func(b device.Backend, dst, src, index device.View, scale float64)
	scatterAdd   func(b device.Backend, dst, src, index device.View)
}

func (b broken) Download(dst any, src device.Buffer, off int) {
	if b.download == nil {
		b.Backend.Download(dst, src, off)
		return
	}
	b.download(b.Backend, dst, src, off)
}

func (b broken) Fill(dst device.View, v float64) {
	if b.fill == nil {
		b.Backend.Fill(dst, v)
		return
	}
	b.fill(b.Backend, dst, v)
}

func (b broken) Unary(op device.Unary, dst, x device.View) {
	if b.unary == nil {
		b.Backend.Unary(op, dst, x)
		return
	}
	b.unary(b.Backend, op, dst, x)
}

func (b broken) Binary(op device.Binary, dst, x, y device.View) {
	if b.binary == nil {
		b.Backend.Binary(op, dst, x, y)
		return
	}
	b.binary(b.Backend, op, dst, x, y)
}

func (b broken) Reduce(op device.Reduction, dst, x device.View) {
	if b.reduce == nil {
		b.Backend.Reduce(op, dst, x)
		return
	}
	b.reduce(b.Backend, op, dst, x)
}

func (b broken) ArgMax(dst, x device.View) {
	if b.argMax == nil {
		b.Backend.ArgMax(dst, x)
		return
	}
	b.argMax(b.Backend, dst, x)
}

func (b broken) MatMul(dst, x, y, bias device.View) {
	if b.matMul == nil {
		b.Backend.MatMul(dst, x, y, bias)
		return
	}
	b.matMul(b.Backend, dst, x, y, bias)
}

func (b broken) Softmax(dst, x device.View, log bool) {
	if b.softmax == nil {
		b.Backend.Softmax(dst, x, log)
		return
	}
	b.softmax(b.Backend, dst, x, log)
}

func (b broken) CrossEntropy(loss, probs, logits, labels device.View) {
	if b.crossEntropy == nil {
		b.Backend.CrossEntropy(loss, probs, logits, labels)
		return
	}
	b.crossEntropy(b.Backend, loss, probs, logits, labels)
}

func (b broken) Gather(dst, src, index device.View, scale float64) {
	if b.gather == nil {
		b.Backend.Gather(dst, src, index, scale)
		return
	}
	b.gather(b.Backend, dst, src, index, scale)
}

func (b broken) ScatterAdd(dst, src, index device.View) {
	if b.scatterAdd == nil {
		b.Backend.ScatterAdd(dst, src, index)
		return
	}
	b.scatterAdd(b.Backend, dst, src, index)
}
