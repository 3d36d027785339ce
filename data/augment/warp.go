package augment

// affine maps places of the result to places of the original, both counted in
// pixels from the centre, right and down:
//
//	x' = xx*x + xy*y + x0    y' = yx*x + yy*y + y0
type affine struct{ xx, xy, x0, yx, yy, y0 float64 }

// warp reads images of one size at places between their pixels.
type warp struct {
	channels, height, width int
	edge                    bool

	// The original as numbers from 0 to 1 with a margin, which is what lies beyond it: one pixel
	// above and to the left, two below and to the right. (channels, height+3, width+3)
	margined []float32
	column   []float32 // how far right of the centre each column lies

	// For each pixel of a row of the result, the place where margined is read,
	x, y []float32
	// and the same as the pixel up and to the left of it, and how far beyond that, 0 to 1.
	corner       []int
	right, below []float32

	grid         int
	nodes        [][2]float32 // (grid, grid): how far right and down the elastic distortion reads at each node
	line         [][2]float32 // (grid): the same along one row of the result
	down, across []place      // where each row and each column lies among the nodes
}

// place is where a row or a column lies: past a node, by a part of the way to
// the next.
type place struct {
	node int
	part float32
}

func newWarp(channels, height, width, grid int, edge bool) *warp {
	w := &warp{
		channels: channels, height: height, width: width, edge: edge, grid: grid,
		margined: make([]float32, channels*(height+3)*(width+3)),
		column:   make([]float32, width),
		x:        make([]float32, width), y: make([]float32, width),
		corner: make([]int, width), right: make([]float32, width), below: make([]float32, width),
		nodes: make([][2]float32, grid*grid), line: make([][2]float32, grid),
		down: places(height, grid), across: places(width, grid),
	}
	for x := range w.column {
		w.column[x] = float32(x) - float32(width-1)/2
	}
	return w
}

// places spreads the nodes over n pixels, the first on the first and the last on the last.
func places(n, nodes int) []place {
	all := make([]place, n)
	for i := range all {
		at := float32(i) / float32(max(n-1, 1)) * float32(nodes-1)
		node := min(int(at), nodes-2)
		all[i] = place{node, at - float32(node)}
	}
	return all
}

// bend draws an elastic distortion whose nodes move by up to so many pixels
// along each axis.
func (w *warp) bend(from *draws, most float32) {
	for i := range w.nodes {
		w.nodes[i] = [2]float32{most * float32(2*from.unit()-1), most * float32(2*from.unit()-1)}
	}
}

// apply computes dst, the image src seen through the map m and then, if bent,
// through the elastic distortion drawn last. Both are (channels, height, width).
func (w *warp) apply(dst []float32, src []uint8, m affine, bent bool) {
	w.load(src)
	stride, plane := w.width+3, (w.height+3)*(w.width+3)
	for y := range w.height {
		w.follow(y, &m)
		if bent {
			w.distort(y)
		}
		w.split()
		for c := range w.channels {
			sample(dst[(c*w.height+y)*w.width:][:w.width], w.margined[c*plane:(c+1)*plane], stride, w.corner, w.right, w.below)
		}
	}
}

// load puts an image into margined.
func (w *warp) load(src []uint8) {
	stride := w.width + 3
	for c := range w.channels {
		plane := w.margined[c*(w.height+3)*stride:][:(w.height+3)*stride]
		for y := range w.height {
			row := plane[(y+1)*stride:][:stride]
			widen(row[1:], src[(c*w.height+y)*w.width:][:w.width])
			if w.edge {
				row[0], row[w.width+1], row[w.width+2] = row[1], row[w.width], row[w.width]
			}
		}
		if w.edge {
			copy(plane, plane[stride:2*stride])
			last := plane[w.height*stride:][:stride]
			copy(plane[(w.height+1)*stride:], last)
			copy(plane[(w.height+2)*stride:], last)
		}
	}
}

// follow sets x and y to where m leads from row y of the result. Margined begins
// one pixel before the original.
func (w *warp) follow(y int, m *affine) {
	fromCentre := float64(y) - float64(w.height-1)/2
	x0 := float32(m.xy*fromCentre + m.x0 + float64(w.width-1)/2 + 1)
	y0 := float32(m.yy*fromCentre + m.y0 + float64(w.height-1)/2 + 1)
	xx, yx := float32(m.xx), float32(m.yx)
	xs, ys := w.x[:len(w.column)], w.y[:len(w.column)]
	for i, v := range w.column {
		xs[i] = xx*v + x0
		ys[i] = yx*v + y0
	}
}

// distort adds the elastic distortion to x and y, for row y of the result: cubic
// curves through the nodes (Catmull and Rom, 1974), first down, then across.
func (w *warp) distort(y int) {
	at, g := w.down[y], w.grid
	before, after := max(at.node-1, 0), min(at.node+2, g-1)
	n0, n1, n2, n3 := w.nodes[before*g:][:g], w.nodes[at.node*g:][:g], w.nodes[(at.node+1)*g:][:g], w.nodes[after*g:][:g]
	for j := range w.line {
		for axis := range 2 {
			k := curve(n0[j][axis], n1[j][axis], n2[j][axis], n3[j][axis])
			w.line[j][axis] = ((k[3]*at.part+k[2])*at.part+k[1])*at.part + k[0]
		}
	}
	for from := 0; from < w.width; {
		node := w.across[from].node
		to := from + 1
		for to < w.width && w.across[to].node == node {
			to++
		}
		l0, l1, l2, l3 := &w.line[max(node-1, 0)], &w.line[node], &w.line[node+1], &w.line[min(node+2, g-1)]
		kx, ky := curve(l0[0], l1[0], l2[0], l3[0]), curve(l0[1], l1[1], l2[1], l3[1])
		parts := w.across[from:to]
		xs, ys := w.x[from:to][:len(parts)], w.y[from:to][:len(parts)]
		for i := range parts {
			t := parts[i].part
			xs[i] += ((kx[3]*t+kx[2])*t+kx[1])*t + kx[0]
			ys[i] += ((ky[3]*t+ky[2])*t+ky[1])*t + ky[0]
		}
		from = to
	}
}

// curve returns the coefficients of the cubic that goes from b (at 0) to c (at
// 1), after a and before d.
func curve(a, b, c, d float32) [4]float32 {
	return [4]float32{b, (c - a) / 2, a - 2.5*b + 2*c - d/2, (d-a)/2 + 1.5*(b-c)}
}

// split sets corner, right and below from x and y. A place beyond the margin is
// moved there.
func (w *warp) split() {
	stride := w.width + 3
	lastX, lastY := float32(w.width+1), float32(w.height+1)
	n := w.width
	xs, ys, corner, right, below := w.x[:n], w.y[:n], w.corner[:n], w.right[:n], w.below[:n]
	for i := range xs {
		x, y := xs[i], ys[i]
		if x < 0 {
			x = 0
		} else if x > lastX {
			x = lastX
		}
		if y < 0 {
			y = 0
		} else if y > lastY {
			y = lastY
		}
		column, row := int(x), int(y)
		corner[i] = row*stride + column
		right[i], below[i] = x-float32(column), y-float32(row)
	}
}

// sample reads a plane between four pixels each (bilinear interpolation).
func sample(dst, plane []float32, stride int, corner []int, right, below []float32) {
	corner, right, below = corner[:len(dst)], right[:len(dst)], below[:len(dst)]
	for i := range dst {
		at := corner[i]
		top, bottom := plane[at:at+2], plane[at+stride:][:2]
		x := right[i]
		above := top[0] + x*(top[1]-top[0])
		under := bottom[0] + x*(bottom[1]-bottom[0])
		dst[i] = above + below[i]*(under-above)
	}
}
