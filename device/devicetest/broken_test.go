package devicetest

import "inkling/device"

// broken is the reference with some operations done otherwise.
type broken struct {
	device.Backend
	fill             func(b device.Backend, dst device.View, v float64)
	unary            func(b device.Backend, op device.Unary, dst, x device.View)
	binary           func(b device.Backend, op device.Binary, dst, x, y device.View)
	reduce           func(b device.Backend, op device.Reduction, dst, x device.View)
	argMax           func(b device.Backend, dst, x device.View)
	matMul           func(b device.Backend, dst, x, y, bias device.View)
	softmax          func(b device.Backend, dst, x device.View, log bool)
	crossEntropy     func(b device.Backend, loss, probs, logits, labels device.View)
	gather           func(b device.Backend, dst, src, index device.View, scale float64)
	scatterAdd       func(b device.Backend, dst, src, index device.View)
	conv2D           func(b device.Backend, dst, x, w, bias device.View, g device.Window)
	conv2DInputGrad  func(b device.Backend, dst, dy, w device.View, g device.Window)
	conv2DFilterGrad func(b device.Backend, dst, x, dy device.View, g device.Window)
	maxPool          func(b device.Backend, dst, index, x device.View, g device.Window)
	maxPoolGrad      func(b device.Backend, dst, dy, index device.View, g device.Window)
	avgPool          func(b device.Backend, dst, x device.View, g device.Window)
	avgPoolGrad      func(b device.Backend, dst, dy device.View, g device.Window)
	moments          func(b device.Backend, mean, variance, x device.View)
	channelAffine    func(b device.Backend, dst, x, scale, shift, skip device.View, relu bool)
	batchNormGrad    func(b device.Backend, dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale device.View)
	adam             func(b device.Backend, p, m, v, g device.View, s device.AdamStep)
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

func (b broken) Conv2D(dst, x, w, bias device.View, g device.Window) {
	if b.conv2D == nil {
		b.Backend.Conv2D(dst, x, w, bias, g)
		return
	}
	b.conv2D(b.Backend, dst, x, w, bias, g)
}

func (b broken) Conv2DInputGrad(dst, dy, w device.View, g device.Window) {
	if b.conv2DInputGrad == nil {
		b.Backend.Conv2DInputGrad(dst, dy, w, g)
		return
	}
	b.conv2DInputGrad(b.Backend, dst, dy, w, g)
}

func (b broken) Conv2DFilterGrad(dst, x, dy device.View, g device.Window) {
	if b.conv2DFilterGrad == nil {
		b.Backend.Conv2DFilterGrad(dst, x, dy, g)
		return
	}
	b.conv2DFilterGrad(b.Backend, dst, x, dy, g)
}

func (b broken) MaxPool(dst, index, x device.View, g device.Window) {
	if b.maxPool == nil {
		b.Backend.MaxPool(dst, index, x, g)
		return
	}
	b.maxPool(b.Backend, dst, index, x, g)
}

func (b broken) MaxPoolGrad(dst, dy, index device.View, g device.Window) {
	if b.maxPoolGrad == nil {
		b.Backend.MaxPoolGrad(dst, dy, index, g)
		return
	}
	b.maxPoolGrad(b.Backend, dst, dy, index, g)
}

func (b broken) AvgPool(dst, x device.View, g device.Window) {
	if b.avgPool == nil {
		b.Backend.AvgPool(dst, x, g)
		return
	}
	b.avgPool(b.Backend, dst, x, g)
}

func (b broken) AvgPoolGrad(dst, dy device.View, g device.Window) {
	if b.avgPoolGrad == nil {
		b.Backend.AvgPoolGrad(dst, dy, g)
		return
	}
	b.avgPoolGrad(b.Backend, dst, dy, g)
}

func (b broken) Moments(mean, variance, x device.View) {
	if b.moments == nil {
		b.Backend.Moments(mean, variance, x)
		return
	}
	b.moments(b.Backend, mean, variance, x)
}

func (b broken) ChannelAffine(dst, x, scale, shift, skip device.View, relu bool) {
	if b.channelAffine == nil {
		b.Backend.ChannelAffine(dst, x, scale, shift, skip, relu)
		return
	}
	b.channelAffine(b.Backend, dst, x, scale, shift, skip, relu)
}

func (b broken) BatchNormGrad(dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale device.View) {
	if b.batchNormGrad == nil {
		b.Backend.BatchNormGrad(dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale)
		return
	}
	b.batchNormGrad(b.Backend, dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale)
}

func (b broken) Adam(p, m, v, g device.View, s device.AdamStep) {
	if b.adam == nil {
		b.Backend.Adam(p, m, v, g, s)
		return
	}
	b.adam(b.Backend, p, m, v, g, s)
}

// edit changes each element of a view.
func edit(b device.Backend, v device.View, f func(index []int, x float64) float64) {
	values := download(b, v.Buf)
	for index, p := range elements(v) {
		values[p] = f(index, values[p])
	}
	upload(b, v.Buf, values)
}

// copied is a new view with v's numbers.
func copied(b device.Backend, v device.View) device.View {
	other := scratch(b, v)
	b.Unary(device.Copy, other, v)
	return other
}
