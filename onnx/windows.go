package onnx

import (
	"fmt"

	"inkling/tensor"
)

// slide is how a window slides over maps: padding on each side, which need not be alike.
type slide struct {
	size, stride, dilation [2]int
	before, after          [2]int
	beyond                 [2]int // how far the last place reaches over the padding, where places are rounded up
}

// most bounds the numbers of a window, so that no sum of them overflows.
const most = 1 << 24

// window reads the attributes of a window over maps x (n, c, h, w). size is that of a
// convolution's filters; of a pool it is named by an attribute.
func (c *call) window(x *tensor.Tensor, size []int) (slide, error) {
	var s slide
	if x.Rank() != 4 {
		return s, fmt.Errorf("the shape is %v; images (n, channels, h, w) are read", x.Shape())
	}
	if named := c.list("kernel_shape"); size == nil {
		size = named
	} else if named != nil && (len(named) != 2 || named[0] != size[0] || named[1] != size[1]) {
		return s, fmt.Errorf("a kernel of %v with filters of %v", named, size)
	}
	if size == nil {
		return s, fmt.Errorf("no kernel_shape is given")
	}
	for _, v := range []struct {
		name  string
		list  []int
		least int
		usual int
		to    []*int
	}{
		{"kernel_shape", size, 1, 0, []*int{&s.size[0], &s.size[1]}},
		{"strides", c.list("strides"), 1, 1, []*int{&s.stride[0], &s.stride[1]}},
		{"dilations", c.list("dilations"), 1, 1, []*int{&s.dilation[0], &s.dilation[1]}},
		{"pads", c.list("pads"), 0, 0, []*int{&s.before[0], &s.before[1], &s.after[0], &s.after[1]}},
	} {
		if v.list != nil && len(v.list) != len(v.to) {
			return s, fmt.Errorf("%s %v; wanted %d numbers", v.name, v.list, len(v.to))
		}
		for i, to := range v.to {
			*to = v.usual
			if v.list != nil {
				*to = v.list[i]
			}
			if *to < v.least || *to > most {
				return s, fmt.Errorf("%s %v", v.name, v.list)
			}
		}
	}
	auto := "NOTSET"
	if a := c.attribute("auto_pad"); a != nil {
		auto = a.Text
	}
	shape := []int{x.Dim(0), x.Dim(1), 0, 0}
	for a := range 2 {
		in, reach := x.Dim(2+a), s.dilation[a]*(s.size[a]-1)+1
		switch auto {
		case "NOTSET", "":
		case "VALID":
			s.before[a], s.after[a] = 0, 0
		case "SAME_UPPER", "SAME_LOWER": // as many places as strides fit into the map
			total := max(((in+s.stride[a]-1)/s.stride[a]-1)*s.stride[a]+reach-in, 0)
			s.before[a], s.after[a] = total/2, total-total/2
			if auto == "SAME_LOWER" {
				s.before[a], s.after[a] = s.after[a], s.before[a]
			}
		default:
			return s, fmt.Errorf("auto_pad %q", auto)
		}
		room := in + s.before[a] + s.after[a] - reach
		places := max(room+s.stride[a], 0) / s.stride[a]
		if c.int("ceil_mode", 0) != 0 && room+s.stride[a] > 0 && room%s.stride[a] != 0 && places*s.stride[a] < in+s.before[a] { // one more that starts inside
			s.beyond[a] = places*s.stride[a] - room
			places++
		}
		if places < 1 {
			return s, fmt.Errorf("a window that spans %d does not fit into maps of shape %v", reach, x.Shape())
		}
		shape[2+a] = places
	}
	if err := fits(shape...); err != nil {
		return s, err
	}
	return s, fits(x.Dim(0), x.Dim(1), x.Dim(2)+s.before[0]+s.after[0]+s.beyond[0], x.Dim(3)+s.before[1]+s.after[1]+s.beyond[1])
}

// even reports whether a tensor.Window can say it all.
func (s *slide) even() bool { return s.before == s.after && s.beyond == [2]int{} }

// inside is the window over maps that are padded already.
func (s *slide) inside() tensor.Window {
	return tensor.Window{Size: s.size, Stride: s.stride, Dilation: s.dilation}
}

// pad puts value where the padding is, and further where the last place reaches.
func (s *slide) pad(x *tensor.Tensor, value, further float64) *tensor.Tensor {
	x = x.Pad(value, [2]int{s.before[0], s.after[0]}, [2]int{s.before[1], s.after[1]})
	return x.Pad(further, [2]int{0, s.beyond[0]}, [2]int{0, s.beyond[1]})
}

func convolution(c call) (*tensor.Tensor, error) {
	x, w := c.in[0], c.in[1]
	if w.Rank() != 4 || w.Dim(2) < 1 || w.Dim(3) < 1 || w.Dim(0) < 1 {
		return nil, fmt.Errorf("filters of shape %v; (outputs, channels, h, w) are read", w.Shape())
	}
	groups := c.int("group", 1)
	if groups < 1 || groups > w.Dim(0) {
		return nil, fmt.Errorf("%d groups of %d filters", groups, w.Dim(0))
	}
	s, err := c.window(x, []int{w.Dim(2), w.Dim(3)})
	if err != nil {
		return nil, err
	}
	g := s.inside()
	if g.Groups = groups; s.even() {
		g.Pad = s.before
	} else {
		x = s.pad(x, 0, 0)
	}
	if err := fits(x.Dim(0), w.Dim(0), x.Dim(2)+2*g.Pad[0], x.Dim(3)+2*g.Pad[1]); err != nil {
		return nil, err
	}
	var bias *tensor.Tensor
	if len(c.in) > 2 {
		bias = c.in[2]
	}
	return x.Conv2D(w, bias, g), nil
}
