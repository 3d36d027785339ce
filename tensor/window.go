package tensor

import (
	"fmt"
	"slices"

	"inkling/device"
)

// Window says how a kernel slides over maps (n, c, h, w), down and across. Its
// places along an axis of h elements are
//
//	floor((h + 2 pad - dilation (size-1) - 1) / stride) + 1
//
// The zero value slides by one, without padding.
type Window struct {
	Size     [2]int // of pooling; a convolution has the size of its filters
	Stride   [2]int // from one place to the next; 0 counts as 1
	Pad      [2]int // rows above and below the map, columns left and right of it
	Dilation [2]int // from one tap to the next; 0 counts as 1
	Groups   int    // of a convolution: each group of outputs sees its own group of channels; 0 counts as 1
	Direct   bool   // of a convolution: each tap is multiplied as it stands, also where sums of taps (Winograd) need fewer products
	Ceil     bool   // round the places up: the last one may reach beyond the padding, if it starts inside of the map or left of it
}

// Square is the window of size x size taps that moves by stride over maps padded by pad.
func Square(size, stride, pad int) Window {
	return Window{Size: [2]int{size, size}, Stride: [2]int{stride, stride}, Pad: [2]int{pad, pad}}
}

// taps returns the window as a device sees it. xs are the operands that an error names.
func (g Window) taps(op string, size [2]int, xs ...*Tensor) device.Window {
	w := device.Window{Size: size, Stride: g.Stride, Pad: g.Pad, Dilation: g.Dilation, Groups: g.Groups, Direct: g.Direct}
	if w.Groups == 0 {
		w.Groups = 1
	}
	for a := range 2 {
		if w.Stride[a] == 0 {
			w.Stride[a] = 1
		}
		if w.Dilation[a] == 0 {
			w.Dilation[a] = 1
		}
		if w.Size[a] < 1 || w.Stride[a] < 1 || w.Dilation[a] < 1 || w.Pad[a] < 0 || w.Groups < 1 {
			panic(shapeError(op, fmt.Sprintf("no window has size %v, stride %v, padding %v, dilation %v, %d groups", w.Size, g.Stride, g.Pad, g.Dilation, w.Groups), "", xs...))
		}
	}
	return w
}

// places returns how many places w has down and across maps of h x v.
func (g Window) places(op string, w *device.Window, h, v int, xs ...*Tensor) (int, int) {
	var n [2]int
	for a, size := range [2]int{h, v} {
		reach := w.Dilation[a]*(w.Size[a]-1) + 1
		room := size + 2*w.Pad[a] - reach
		n[a] = floorDiv(room, w.Stride[a]) + 1
		if g.Ceil {
			n[a] = -floorDiv(-room, w.Stride[a]) + 1
			if (n[a]-1)*w.Stride[a] >= size+w.Pad[a] {
				n[a]--
			}
		}
		if n[a] < 1 {
			axis := [2]string{"height", "width"}[a]
			panic(shapeError(op, fmt.Sprintf("a window that spans %d does not fit into a map of %s %d, padded by %d", reach, axis, size, w.Pad[a]),
				fmt.Sprintf("a padding of %d would do; or were there too many strides before?", (reach-size+1)/2), xs...))
		}
	}
	return n[0], n[1]
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// checkMaps panics unless x is a batch of maps (n, c, h, w).
func checkMaps(op string, x *Tensor, xs ...*Tensor) {
	if x.Rank() == 4 {
		return
	}
	hint := ""
	switch s := x.Shape(); x.Rank() {
	case 3:
		hint = fmt.Sprintf("one image is a batch of one: Reshape(1, %d, %d, %d)", s[0], s[1], s[2])
	case 2:
		hint = fmt.Sprintf("Reshape(%d, channels, height, width) makes images of rows of pixels", s[0])
	}
	panic(shapeError(op, "wants images or maps (n, channels, h, w)", hint, xs...))
}

// pool returns the window and the shape of pooling maps of the given shape.
func (g Window) pool(op string, shape []int, xs ...*Tensor) (device.Window, [4]int) {
	if len(shape) != 4 {
		panic(&ShapeError{Op: op, Shapes: [][]int{slices.Clone(shape)}, Problem: "wants images or maps (n, channels, h, w)"})
	}
	w := g.taps(op, g.Size, xs...)
	h, v := g.places(op, &w, shape[2], shape[3], xs...)
	return w, [4]int{shape[0], shape[1], h, v}
}

// MaxPool returns the greatest element of x (n, c, h, w) under each place of the
// window, (n, c, h', w'), and which tap it was (int): the first of equal ones,
// counted row by row. Padding does not count. It panics where a place has no
// tap inside the map.
func (x *Tensor) MaxPool(g Window) (y, index *Tensor) {
	x.floats("max-pool", x)
	checkMaps("max-pool", x, x)
	w, s := g.pool("max-pool", x.Shape(), x)
	for a, places := range s[2:] {
		for i := range places {
			inside := false
			for t := 0; t < w.Size[a] && !inside; t++ {
				at := w.At(a, i, t)
				inside = at >= 0 && at < x.view.Dims[2+a]
			}
			if !inside {
				panic(shapeError("max-pool", fmt.Sprintf("place %d of the window lies in the padding alone", i), "pad by half the window's size at most", x))
			}
		}
	}
	y = x.mem.Maps(s[0], s[1], s[2], s[3])
	index = x.mem.maps(device.Int, s[0], s[1], s[2], s[3])
	x.mem.backend.MaxPool(y.view, index.view, x.view, w)
	return y, index
}

// MaxPoolGrad returns the gradient at maps of the given shape, from the gradient
// x at MaxPool's result and its index: each element goes where the greatest was.
func (x *Tensor) MaxPoolGrad(index *Tensor, shape []int, g Window) *Tensor {
	x.floats("max-pool-grad", x)
	x.meets("max-pool-grad", index)
	w, s := g.pool("max-pool-grad", shape, x, index)
	if index.typ != device.Int || !slices.Equal(s[:], x.Shape()) || !slices.Equal(s[:], index.Shape()) {
		panic(shapeError("max-pool-grad", "wants a gradient and MaxPool's index of shape "+formatShape(s[:]), "", x, index))
	}
	m := home(x, index)
	out := m.Maps(shape[0], shape[1], shape[2], shape[3])
	m.backend.MaxPoolGrad(out.view, x.view, index.view, w)
	return out
}

// AvgPool returns the mean of x (n, c, h, w) under each place of the window,
// (n, c, h', w'): the sum, divided by the number of all its taps. Those in the
// padding, and beyond it where Ceil let the last place reach there, count as zeros.
func (x *Tensor) AvgPool(g Window) *Tensor {
	x.floats("avg-pool", x)
	checkMaps("avg-pool", x, x)
	w, s := g.pool("avg-pool", x.Shape(), x)
	out := x.mem.Maps(s[0], s[1], s[2], s[3])
	x.mem.backend.AvgPool(out.view, x.view, w)
	return out
}

// AvgPoolGrad returns the gradient at maps of the given shape, from the gradient
// x at AvgPool's result.
func (x *Tensor) AvgPoolGrad(shape []int, g Window) *Tensor {
	x.floats("avg-pool-grad", x)
	w, s := g.pool("avg-pool-grad", shape, x)
	if !slices.Equal(s[:], x.Shape()) {
		panic(shapeError("avg-pool-grad", "wants a gradient of shape "+formatShape(s[:]), "", x))
	}
	out := x.mem.Maps(shape[0], shape[1], shape[2], shape[3])
	x.mem.backend.AvgPoolGrad(out.view, x.view, w)
	return out
}
