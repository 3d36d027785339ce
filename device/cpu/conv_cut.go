package cpu

import (
	"sync"

	"inkling/device"
	"inkling/internal/kernel"
)

// convKey is all that the cut of a convolution depends on.
type convKey struct {
	op      int // forward, inputGrad or filterGrad
	level   string
	x, w, y device.View
	g       device.Window
	packed  bool
}

const (
	forward = iota
	inputGrad
	filterGrad
)

// convPlan is a convolution as chains of products; offsets count from the views' own.
type convPlan struct {
	groups     []kernel.Group
	aRow, aCol int
	bRow, cRow int
	chunk      int
	taps       []int // the taps that meet the map anywhere, whose filters are packed
}

var convPlans struct {
	sync.Mutex
	made map[convKey]*convPlan
}

// planOf returns the plan for a key, made by build the first time.
func planOf(key convKey, build func(*convPlan)) *convPlan {
	for _, v := range []*device.View{&key.x, &key.w, &key.y} {
		v.Buf, v.Offset = nil, 0
	}
	const most = 512 // shapes; a program that keeps changing them forgets the old ones
	convPlans.Lock()
	defer convPlans.Unlock()
	if p := convPlans.made[key]; p != nil {
		return p
	}
	if convPlans.made == nil || len(convPlans.made) >= most {
		convPlans.made = map[convKey]*convPlan{}
	}
	p := new(convPlan)
	build(p)
	convPlans.made[key] = p
	return p
}

// meets returns the taps, from..to-1, of the kernel's place i along an axis that
// lie on a map of the given size.
func meets(g *device.Window, axis, i, taps, size int) (from, to int) {
	for from < taps && g.At(axis, i, from) < 0 {
		from++
	}
	to = from
	for to < taps && g.At(axis, i, to) < size {
		to++
	}
	return from, to
}

// add appends a matrix of rows at c, or lets the last group grow if it only
// continues that.
func (p *convPlan) add(rows, c int, links []kernel.Link) {
	if n := len(p.groups); n > 0 {
		last := &p.groups[n-1]
		follows := c == last.C+last.Rows*p.cRow && len(links) == len(last.Links)
		for i := 0; follows && i < len(links); i++ {
			a, b := last.Links[i], links[i]
			follows = b.A == a.A+last.Rows*p.aRow && a.B == b.B && a.K == b.K
		}
		if follows {
			last.Rows += rows
			return
		}
	}
	p.groups = append(p.groups, kernel.Group{Rows: rows, C: c, Links: links})
}

// cutForward makes a group of each place of the kernel, with a link for each tap,
// or for the taps of a row of the kernel where they are evenly spaced.
func (p *convPlan) cutForward(x, w, dst *device.View, g device.Window, packed bool) {
	n, c := x.Dims[0], x.Dims[1]
	kh, kw := w.Dims[2], w.Dims[3]
	p.aRow, p.aCol, p.cRow = x.Strides[0], x.Strides[1], dst.Strides[0]
	if n == 1 { // the places of a row are the rows of a matrix, whatever the stride
		p.aRow, p.cRow = x.Strides[3]*g.Stride[1], dst.Strides[3]
	}
	joined := sideBySide(x, g)
	if c == 1 {
		joined, p.aCol = true, x.Strides[3]*g.Dilation[1]
	}
	place := make([]int, kh*kw) // of a tap's filters among those packed
	if packed {
		used := make([]bool, kh*kw)
		eachMeeting(x, w, dst, &g, func(tap, _, _ int) { used[tap] = true })
		p.use(used, place)
	} else {
		for t := range place {
			place[t] = t
		}
	}
	for i := range dst.Dims[2] {
		a0, a1 := meets(&g, 0, i, kh, x.Dims[2])
		for j := range dst.Dims[3] {
			b0, b1 := meets(&g, 1, j, kw, x.Dims[3])
			var links []kernel.Link
			for a := a0; a < a1; a++ {
				for b := b0; b < b1; b++ {
					l := kernel.Link{
						A: g.At(0, i, a)*x.Strides[2] + g.At(1, j, b)*x.Strides[3],
						B: place[a*kw+b] * c,
						K: c,
					}
					if joined {
						l.K = (b1 - b0) * c
						b = b1
					}
					if l.K > 0 {
						links = append(links, l)
					}
				}
			}
			p.add(n, i*dst.Strides[2]+j*dst.Strides[3], links)
		}
	}
}

// cutInputGrad makes a group of each place of the map, with a link for each tap
// that met it. x is the gradient that is written.
func (p *convPlan) cutInputGrad(x, w, dy *device.View, g device.Window) {
	o, kw := dy.Dims[1], w.Dims[3]
	p.aRow, p.aCol, p.cRow = dy.Strides[0], dy.Strides[1], x.Strides[0]
	used := make([]bool, w.Dims[2]*kw)
	place := make([]int, len(used))
	links := make([][]kernel.Link, x.Dims[2]*x.Dims[3])
	eachMeeting(x, w, dy, &g, func(tap, _, _ int) { used[tap] = true })
	p.use(used, place)
	eachMeeting(x, w, dy, &g, func(tap, from, to int) {
		i, j := to/dy.Dims[3], to%dy.Dims[3]
		links[from] = append(links[from], kernel.Link{A: i*dy.Strides[2] + j*dy.Strides[3], B: place[tap] * o, K: o})
	})
	for at, l := range links {
		p.add(x.Dims[0], at/x.Dims[3]*x.Strides[2]+at%x.Dims[3]*x.Strides[3], l)
	}
}

// cutFilterGrad makes a group of each tap, or of each row of the kernel where x
// is padded and has few channels, with a link for each of the kernel's places.
// w is the gradient that is written.
func (p *convPlan) cutFilterGrad(x, w, dy *device.View, g device.Window) {
	n, c, kw := x.Dims[0], x.Dims[1], w.Dims[3]
	p.aRow, p.aCol = x.Strides[1], x.Strides[0]
	p.bRow, p.cRow = dy.Strides[0], w.Strides[1]
	rows, step := c, 1
	if c < few && x.Strides[0] == 1 && kw > 1 && (c == 1 || sideBySide(x, g)) && w.Strides[3] == c*w.Strides[1] &&
		reaches(x, w, dy, g) {
		rows, step = kw*c, kw
		if c == 1 {
			p.aRow, p.cRow = x.Strides[3]*g.Dilation[1], w.Strides[3]
		}
	}
	links := make([][]kernel.Link, w.Dims[2]*kw)
	eachMeeting(x, w, dy, &g, func(tap, from, to int) {
		if tap%step != 0 {
			return
		}
		i, j := to/dy.Dims[3], to%dy.Dims[3]
		l := kernel.Link{
			A: from/x.Dims[3]*x.Strides[2] + from%x.Dims[3]*x.Strides[3],
			B: (i*dy.Strides[2] + j*dy.Strides[3]) / p.bRow,
			K: n,
		}
		if last := len(links[tap]) - 1; last >= 0 {
			if k := &links[tap][last]; l.A == k.A+k.K*p.aCol && l.B == k.B+k.K {
				k.K += n
				return
			}
		}
		links[tap] = append(links[tap], l)
	})
	longest := 1
	for tap := 0; tap < len(links); tap += step {
		p.groups = append(p.groups, kernel.Group{Rows: rows, C: tap/kw*w.Strides[2] + tap%kw*w.Strides[3], Links: links[tap]})
		for _, l := range links[tap] {
			longest = max(longest, l.K)
		}
	}
	// What one chunk reads of x and dy is read for each tap and each tile again,
	// and should stay in the second-level cache.
	const l2Floats = 128 << 10
	p.chunk = max(1, l2Floats/(longest*(c+dy.Dims[1])))
}

// reaches reports whether every tap meets the map at each of the kernel's places.
func reaches(x, w, dy *device.View, g device.Window) bool {
	for a := range 2 {
		if g.Pad[a] != 0 || g.At(a, dy.Dims[2+a]-1, w.Dims[2+a]-1) >= x.Dims[2+a] {
			return false
		}
	}
	return true
}

// use lists the taps that are used, and where each stands in the list.
func (p *convPlan) use(used []bool, place []int) {
	for t, u := range used {
		if u {
			place[t] = len(p.taps)
			p.taps = append(p.taps, t)
		}
	}
}

// eachMeeting calls f for each tap at each place of the kernel, to, where it
// meets a place of the map, from.
func eachMeeting(x, w, y *device.View, g *device.Window, f func(tap, from, to int)) {
	kh, kw := w.Dims[2], w.Dims[3]
	for i := range y.Dims[2] {
		a0, a1 := meets(g, 0, i, kh, x.Dims[2])
		for j := range y.Dims[3] {
			b0, b1 := meets(g, 1, j, kw, x.Dims[3])
			for a := a0; a < a1; a++ {
				for b := b0; b < b1; b++ {
					f(a*kw+b, g.At(0, i, a)*x.Dims[3]+g.At(1, j, b), i*y.Dims[3]+j)
				}
			}
		}
	}
}
