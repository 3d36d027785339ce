package lab

import "slices"

// link is one term of a number: element i of operand a, times element m of operand b,
// or times c where b is -1, is added to element j of the result. Where a is -1, it is
// c alone.
type link struct {
	a, i, b, m int
	c          float64
	j          int
}

// linear yields all links of an operation whose numbers are sums of products, and
// reports whether it is one. A function may follow the sum: see gate. All
// operations walk their elements row-major, as Float32s gives them.
func (g *Graph) linear(node int, yield func(link)) bool {
	v := g.vars[node]
	from := g.Nodes[node].From
	z := g.shape(node)
	shape := func(k int) []int { return g.shape(from[k]) }
	// same links each element of operand k to its own, or to those that it is broadcast to.
	same := func(k, b int, c float64) {
		x := shape(k)
		each(z, func(j int, at []int) { yield(link{k, within(x, at), b, 0, c, j}) })
	}
	switch op := g.Nodes[node].Op; op {
	case "reshape":
		for j := range size(z) {
			yield(link{0, j, -1, 0, 1, j})
		}
	case "broadcast", "relu", "sigmoid", "tanh", "exp", "log", "sqrt", "abs":
		same(0, -1, 1)
	case "add":
		same(0, -1, 1)
		same(1, -1, 1)
	case "square":
		for j := range size(z) {
			yield(link{0, j, 0, j, 0, j})
		}
	case "mul":
		x, y := shape(0), shape(1)
		each(z, func(j int, at []int) { yield(link{0, within(x, at), 1, within(y, at), 0, j}) })
	case "affine":
		scale, shift, _ := v.Factors()
		for j := range size(z) {
			yield(link{0, j, -1, 0, scale, j})
			if shift != 0 {
				yield(link{-1, 0, -1, 0, shift, j})
			}
		}
	case "sum":
		x := shape(0)
		if len(x) != len(z) && len(z) != 0 { // some axes, dropped: no model here does it
			return false
		}
		each(x, func(i int, at []int) { yield(link{0, i, -1, 0, 1, within(z, at)}) })
	case "concat":
		axis := 0
		for axis < len(z)-1 && shape(0)[axis] == z[axis] {
			axis++
		}
		x, y := shape(0), shape(1)
		each(z, func(j int, at []int) {
			if at[axis] < x[axis] {
				yield(link{0, within(x, at), -1, 0, 1, j})
				return
			}
			at = slices.Clone(at)
			at[axis] -= x[axis]
			yield(link{1, within(y, at), -1, 0, 1, j})
		})
	case "matmul", "matmul-add":
		x, w := shape(0), shape(1)
		if len(x) != 2 || len(w) != 2 {
			return false
		}
		for r := range x[0] {
			for o := range w[1] {
				j := r*w[1] + o
				for k := range x[1] {
					yield(link{0, r*x[1] + k, 1, k*w[1] + o, 0, j})
				}
				if op == "matmul-add" {
					yield(link{2, o, -1, 0, 1, j})
				}
			}
		}
	case "channel-affine", "channel-affine-relu", "channel-affine-add", "channel-affine-add-relu":
		area := size(z) / (z[0] * z[1])
		for j := range size(z) {
			c := j / area % z[1]
			yield(link{0, j, 1, c, 0, j})
			yield(link{2, c, -1, 0, 1, j})
			if len(from) == 4 {
				yield(link{3, j, -1, 0, 1, j})
			}
		}
	case "conv2d":
		g.convolution(node, yield)
	case "avg-pool":
		x := shape(0)
		window := v.Window()
		n := float64(window.Size[0] * window.Size[1])
		places(z, x, window.Size, pair(window.Stride), window.Pad, pair(window.Dilation), func(j, c, _, i int) { yield(link{0, i, -1, 0, 1 / n, j}) })
	default:
		return false
	}
	return true
}

// convolution yields the links of a convolution: each tap that meets the map, and the bias.
func (g *Graph) convolution(node int, yield func(link)) {
	from := g.Nodes[node].From
	x, w, z := g.shape(from[0]), g.shape(from[1]), g.shape(node)
	window := g.vars[node].Window()
	groups := max(window.Groups, 1)
	taps, area := w[2]*w[3], x[2]*x[3]
	outs := w[0] / groups // of a group
	// The places of one map; the channels are walked here.
	one := []int{1, 1, z[2], z[3]}
	places(one, []int{1, 1, x[2], x[3]}, [2]int{w[2], w[3]}, pair(window.Stride), window.Pad, pair(window.Dilation), func(place, _, tap, under int) {
		for n := range x[0] {
			for o := range w[0] {
				j := (n*z[1]+o)*z[2]*z[3] + place
				for c := range w[1] {
					channel := o/outs*w[1] + c
					yield(link{0, (n*x[1]+channel)*area + under, 1, (o*w[1]+c)*taps + tap, 0, j})
				}
			}
		}
	})
	if len(from) == 3 {
		for j := range size(z) {
			yield(link{2, j / (z[2] * z[3]) % z[1], -1, 0, 1, j})
		}
	}
}

// places walks the taps of a window over maps x (n, c, h, w) that meet the map: j is
// the place in z, i the element of x under tap, c its channel.
func places(z, x []int, size, stride, pad, dilation [2]int, yield func(j, c, tap, i int)) {
	for n := range z[0] {
		for c := range z[1] {
			for row := range z[2] {
				for column := range z[3] {
					j := ((n*z[1]+c)*z[2]+row)*z[3] + column
					for tap := range size[0] * size[1] {
						y := row*stride[0] - pad[0] + tap/size[1]*dilation[0]
						v := column*stride[1] - pad[1] + tap%size[1]*dilation[1]
						if y >= 0 && y < x[2] && v >= 0 && v < x[3] {
							yield(j, c, tap, ((n*x[1]+c)*x[2]+y)*x[3]+v)
						}
					}
				}
			}
		}
	}
}

// pair replaces the zeros that count as one.
func pair(p [2]int) [2]int { return [2]int{max(p[0], 1), max(p[1], 1)} }

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// each walks the elements of a shape, row-major. at is overwritten at each call.
func each(shape []int, f func(i int, at []int)) {
	at := make([]int, len(shape))
	for i := range size(shape) {
		f(i, at)
		for axis := len(shape) - 1; axis >= 0; axis-- {
			if at[axis]++; at[axis] < shape[axis] {
				break
			}
			at[axis] = 0
		}
	}
}

// within is the element of a shape that is broadcast to place at: axes are aligned at
// their ends, and those of size 1 repeat.
func within(shape, at []int) int {
	i := 0
	for axis, d := range shape {
		i *= d
		if d > 1 {
			i += at[len(at)-len(shape)+axis]
		}
	}
	return i
}
