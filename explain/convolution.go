package explain

import (
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/nn"
	"inkling/tensor"
)

// Convolution is what one filter of 3 x 3 makes of an image, and how one of its
// numbers comes about.
type Convolution struct {
	Filter      []float64 // row by row
	Row, Column int       // the place: the middle of the filter lies there
	Pixels      []float64 // under the filter, row by row; 0 beyond the image's border
	Products    []float64 // pixel * weight
	Sum         float64   // of the products
	Map         []float64 // height x width: such a sum for every place
}

// UpperEdges is a filter of 3 x 3 that answers where paper lies above ink.
var UpperEdges = []float64{-1, -1, -1, 0, 0, 0, 1, 1, 1}

// Convolve slides a filter of 3 x 3 over an image (height x width) padded with
// zeros, and takes the place apart where the sum is greatest, the first of them.
func Convolve(image []float64, height, width int, filter []float64) *Convolution {
	c := &Convolution{Filter: filter}
	at := func(row, column int) float64 {
		if row < 0 || column < 0 || row >= height || column >= width {
			return 0
		}
		return image[row*width+column]
	}
	for row := range height {
		for column := range width {
			sum := 0.0
			for k, w := range filter {
				sum += w * at(row+k/3-1, column+k%3-1)
			}
			c.Map = append(c.Map, sum)
			if row == 0 && column == 0 || sum > c.Sum {
				c.Row, c.Column, c.Sum = row, column, sum
			}
		}
	}
	for k, w := range filter {
		p := at(c.Row+k/3-1, c.Column+k%3-1)
		c.Pixels, c.Products = append(c.Pixels, p), append(c.Products, w*p+0) // 0, and not -0
	}
	return c
}

// Maps is what a stage of a model makes of an image: its feature maps.
type Maps struct {
	Name          string // "stem", "stage 1", or how the stage's parameters are called
	Height, Width int
	Values        [][]float32 // a map for each channel, height x width
}

// FeatureMaps runs a batch of one image (1, c, h, w) through a model as it
// answers, and returns the last maps of each shape on the way: for ResNet-18 those
// of its stem and its four stages. It returns none of a model that is no
// nn.Sequential, or that makes no maps.
func FeatureMaps(model nn.Layer, x *tensor.Tensor) []Maps {
	net, _ := model.(nn.Sequential)
	var all []Maps
	var last []int
	name := ""
	v := autograd.Const(x)
	for _, layer := range net {
		if v = layer.Forward(v); len(v.Shape()) != 4 {
			break
		}
		if params := layer.Params(); len(params) > 0 {
			name = stage(params[0].Name)
		}
		if name == "" { // nothing but a change of shape so far
			continue
		}
		s := slices.Clone(v.Shape())
		m := Maps{Name: name, Height: s[2], Width: s[3], Values: slices.Collect(slices.Chunk(v.Value().Float32s(), s[2]*s[3]))}
		if slices.Equal(s, last) {
			all[len(all)-1] = m
		} else {
			all = append(all, m)
		}
		last = s
	}
	return all
}

// stage names the part of a model that a parameter belongs to.
func stage(param string) string {
	part, _, _ := strings.Cut(param, ".")
	switch {
	case part == "conv1" || part == "bn1":
		return "stem"
	case strings.HasPrefix(part, "layer"):
		return "stage " + strings.TrimPrefix(part, "layer")
	case strings.HasPrefix(part, "stage"):
		return "stage " + strings.TrimPrefix(part, "stage")
	}
	return part
}

// FirstFilters returns the weights (out, in, h, w) of a model's first convolution;
// nil where it has none.
func FirstFilters(model nn.Layer) *tensor.Tensor {
	for _, p := range model.Params() {
		if p.Value.Rank() == 4 {
			return p.Value
		}
	}
	return nil
}
