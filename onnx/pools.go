package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"inkling/tensor"
)

func maxPool(c call) (*tensor.Tensor, error) {
	x := c.in[0]
	s, err := c.window(x, nil)
	if err != nil {
		return nil, err
	}
	g := s.inside()
	if s.even() {
		g.Pad = s.before
	} else {
		x = s.pad(x, math.Inf(-1), math.Inf(-1))
	}
	y, taps := x.MaxPool(g)
	if len(c.out) > 1 {
		c.out[1], err = s.places(taps, c.in[0].Shape(), c.int("storage_order", 0) != 0)
	}
	return y, err
}

// places says where in maps of the given shape each tap lies: how many elements come before
// it, all of x counted, row by row or column by column within a map.
func (s *slide) places(taps *tensor.Tensor, shape []int, columns bool) (*tensor.Tensor, error) {
	all := taps.Ints()
	high, wide := taps.Dim(2), taps.Dim(3)
	h, w := shape[2], shape[3]
	for i, tap := range all {
		at := [2]int{i / wide % high, i % wide}
		for a, t := range [2]int{int(tap) / s.size[1], int(tap) % s.size[1]} {
			at[a] = at[a]*s.stride[a] + t*s.dilation[a] - s.before[a]
		}
		if at[0] < 0 || at[1] < 0 || at[0] >= h || at[1] >= w { // as nothing in the map is greater than that
			return nil, errors.New("the greatest at a place is the padding")
		}
		in := at[0]*w + at[1]
		if columns {
			in = at[1]*h + at[0]
		}
		all[i] = int32(i/(high*wide)*h*w + in)
	}
	return tensor.FromInts(all, taps.Shape()...), nil
}

// averagePool divides by the number of taps that count: those in the map, and those in the
// padding where that is wanted. The sum is that of maps padded by zeros; the share of taps
// that count is the same average of a map of ones.
func averagePool(c call) (*tensor.Tensor, error) {
	x := c.in[0]
	s, err := c.window(x, nil)
	if err != nil {
		return nil, err
	}
	counts := 0.0
	if c.int("count_include_pad", 0) != 0 {
		counts = 1
	}
	y := s.pad(x, 0, 0).AvgPool(s.inside())
	if s.beyond == [2]int{} && (counts == 1 || s.before == [2]int{} && s.after == [2]int{}) {
		return y, nil
	}
	ones := x.Memory().Full(1, 1, 1, x.Dim(2), x.Dim(3))
	return y.Div(s.pad(ones, counts, 0).AvgPool(s.inside())), nil
}

// planes lets a pool of maps pool lines and solids too. A line is a map of one row. In a
// solid (d, h, w) the pool is that of its maps, and then that along d: the greatest of the
// greatest is the greatest, and the mean of means is the mean, as the taps that count are
// at each place a box of them.
func planes(pool func(c call) (*tensor.Tensor, error)) func(c call) (*tensor.Tensor, error) {
	return func(c call) (*tensor.Tensor, error) {
		x := c.in[0]
		s := x.Shape()
		switch len(s) {
		case 3: // (n, c, w) -> (n, c, 1, w)
			y, err := c.along(pool, x.Unsqueeze(2), -1, 0)
			if err != nil {
				return nil, err
			}
			if len(c.out) > 1 {
				c.out[1] = c.out[1].Squeeze(2)
			}
			return y.Squeeze(2), nil
		case 5: // (n, c, d, h, w) -> (n, c*d, h, w) -> (n, c, d, h'*w')
			if len(c.out) > 1 {
				return nil, fmt.Errorf("the shape is %v; places are given in images (n, channels, h, w)", s)
			}
			y, err := c.along(pool, x.Reshape(s[0], s[1]*s[2], s[3], s[4]), 1, 2)
			if err != nil {
				return nil, err
			}
			h, w := y.Dim(2), y.Dim(3)
			y, err = c.along(pool, y.Reshape(s[0], s[1], s[2], h*w), 0, -1)
			if err != nil {
				return nil, err
			}
			return y.Reshape(s[0], s[1], y.Dim(2), h, w), nil
		}
		return pool(c)
	}
}

// along pools maps x by a window of which the node names the sides: two of its axes; -1 is
// one that the window does not slide along.
func (c call) along(pool func(c call) (*tensor.Tensor, error), x *tensor.Tensor, axes ...int) (*tensor.Tensor, error) {
	named := len(c.in[0].Shape()) - 2
	n := *c.Node
	n.Attributes = slices.Clone(n.Attributes)
	for i := range n.Attributes {
		a := &n.Attributes[i]
		usual, sides := int64(1), 1
		if a.Name == "pads" {
			usual, sides = 0, 2
		}
		if a.Kind != KindInts {
			continue
		}
		if len(a.Ints) != sides*named {
			return nil, fmt.Errorf("%s %v; wanted %d numbers", a.Name, a.Ints, sides*named)
		}
		var list []int64
		for side := range sides {
			for _, axis := range axes {
				v := usual
				if axis >= 0 {
					v = a.Ints[side*named+axis]
				}
				list = append(list, v)
			}
		}
		a.Ints = list
	}
	return pool(call{&n, []*tensor.Tensor{x}, c.out})
}

// wholeMap folds each map to one number: (n, c, ...) -> (n, c, 1, ...).
func wholeMap(fold func(x *tensor.Tensor, axes ...int) *tensor.Tensor) func(c call) (*tensor.Tensor, error) {
	return func(c call) (*tensor.Tensor, error) {
		x := c.in[0]
		if x.Rank() < 3 || x.Len() == 0 {
			return nil, fmt.Errorf("the shape is %v; images (n, channels, h, w) are read", x.Shape())
		}
		var axes []int
		for a := 2; a < x.Rank(); a++ {
			axes = append(axes, a)
		}
		return fold(x, axes...), nil
	}
}
