package tensor

import (
	"fmt"
	"slices"

	"inkling/device"
)

// Conv2D slides filters w (o, c/groups, kh, kw) over maps x (n, c, h, v) and
// returns (n, o, h', v') in the order of maps: at each place the products of the
// filter and what lies under it, summed, plus bias (o), which may be nil. What is
// called a convolution here does not turn the filter round, as everywhere in
// this field.
func (x *Tensor) Conv2D(w, bias *Tensor, g Window) *Tensor {
	x.floats("conv2d", w)
	checkMaps("conv2d", x, x, w)
	t, s := g.conv("conv2d", x.Shape(), w.Shape(), x, w)
	m := home(x, w, bias)
	out := m.Maps(s[0], s[1], s[2], s[3])
	var add device.View
	if bias != nil {
		x.floats("conv2d", bias)
		if bias.Rank() != 1 || bias.Dim(0) != s[1] {
			panic(shapeError("conv2d", fmt.Sprintf("a bias for %d filters wants shape (%d,)", s[1], s[1]), "", x, w, bias))
		}
		add = bias.view
	}
	m.backend.Conv2D(out.view, x.view, w.view, add, t)
	return out
}

// Conv2DInputGrad returns the gradient at maps of the given shape, from the
// gradient x at Conv2D's result and the filters w.
func (x *Tensor) Conv2DInputGrad(w *Tensor, shape []int, g Window) *Tensor {
	x.floats("conv2d-input-grad", w)
	t, s := g.conv("conv2d-input-grad", shape, w.Shape(), x, w)
	x.wantGrad("conv2d-input-grad", s, w)
	m := home(x, w)
	out := m.Maps(shape[0], shape[1], shape[2], shape[3])
	m.backend.Conv2DInputGrad(out.view, x.view, w.view, t)
	return out
}

// Conv2DFilterGrad returns the gradient at filters of the given shape, in the
// order of filters, from the maps x and the gradient dy at Conv2D's result.
func (x *Tensor) Conv2DFilterGrad(dy *Tensor, shape []int, g Window) *Tensor {
	x.floats("conv2d-filter-grad", dy)
	checkMaps("conv2d-filter-grad", x, x, dy)
	t, s := g.conv("conv2d-filter-grad", x.Shape(), shape, x, dy)
	dy.wantGrad("conv2d-filter-grad", s, x)
	m := home(x, dy)
	out := m.Filters(shape[0], shape[1], shape[2], shape[3])
	m.backend.Conv2DFilterGrad(out.view, x.view, dy.view, t)
	return out
}

// Reached returns the taps, from..to-1 down and across, that meet maps of the
// given shape at any place at all, and a window that slides only those: a 3x3
// filter over a padded 1x1 map has one such tap, and the gradient at the eight
// others is zero. Where no window can do that, they are all taps.
func (g Window) Reached(maps, filters []int) (part Window, from, to [2]int) {
	t, s := g.conv("reached", maps, filters)
	part = g
	for a := range 2 {
		from[a], to[a] = t.Size[a], 0
		for tap := range t.Size[a] {
			for i := range s[2+a] {
				if at := t.At(a, i, tap); at >= 0 && at < maps[2+a] {
					from[a], to[a] = min(from[a], tap), tap+1
				}
			}
		}
		part.Pad[a] -= from[a] * t.Dilation[a]
	}
	all := [2]int{t.Size[0], t.Size[1]}
	if to[0] <= from[0] || to[1] <= from[1] || part.Pad[0] < 0 || part.Pad[1] < 0 {
		return g, [2]int{}, all
	}
	_, fewer := part.conv("reached", maps, []int{filters[0], filters[1], to[0] - from[0], to[1] - from[1]})
	if fewer != s {
		return g, [2]int{}, all
	}
	return part, from, to
}

func (x *Tensor) wantGrad(op string, s [4]int, with *Tensor) {
	if !slices.Equal(x.Shape(), s[:]) {
		panic(shapeError(op, "wants a gradient of shape "+formatShape(s[:]), "", x, with))
	}
}

// conv returns the window of a convolution and the shape of its result, for maps
// and filters of the given shapes. xs are the operands that an error names.
func (g Window) conv(op string, maps, filters []int, xs ...*Tensor) (device.Window, [4]int) {
	if len(maps) != 4 || len(filters) != 4 {
		panic(shapeError(op, "wants maps (n, channels, h, w) and filters (outputs, channels, h, w)", "", xs...))
	}
	t := g.taps(op, [2]int{filters[2], filters[3]}, xs...)
	c, o := maps[1], filters[0]
	switch {
	case c%t.Groups != 0 || o%t.Groups != 0:
		panic(shapeError(op, fmt.Sprintf("%d groups do not divide %d channels and %d outputs evenly", t.Groups, c, o), "", xs...))
	case c != filters[1]*t.Groups:
		panic(shapeError(op, fmt.Sprintf("the maps have %d channels, but the filters see %d", c, filters[1]*t.Groups), channelHint(maps, filters, t.Groups), xs...))
	}
	h, v := g.places(op, &t, maps[2], maps[3], xs...)
	return t, [4]int{maps[0], o, h, v}
}

// channelHint finds what would have made the channels of maps and filters meet.
func channelHint(maps, filters []int, groups int) string {
	want := filters[1] * groups
	switch {
	case groups > 1 && maps[1] == filters[1]:
		return fmt.Sprintf("of %d groups each filter sees %d channels: filters (%d, %d, %d, %d)", groups, maps[1]/groups, filters[0], maps[1]/groups, filters[2], filters[3])
	case maps[3] == want:
		return "the channels come second; did you mean Transpose(0, 3, 1, 2) of the maps?"
	case groups == 1 && filters[0] == maps[1]:
		return "filters are (outputs, channels, h, w); did you mean Transpose(1, 0, 2, 3) of the filters?"
	case maps[1] == 1:
		return fmt.Sprintf("BroadcastTo(%d, %d, %d, %d) repeats the one channel without a copy", maps[0], want, maps[2], maps[3])
	}
	return ""
}
