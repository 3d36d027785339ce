package onnx

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/tensor"
)

// pooled is a pool by plain loops over maps of any number of axes: of x (n, c, ...), one
// number for each place, and for the greatest where it lies.
func pooled(x []float64, shape []int, size, stride, before, after []int, kind string) (y []float64, index []int32, out []int) {
	maps, axes := shape[0]*shape[1], shape[2:]
	out = slices.Clone(shape[:2])
	inMap, places, taps := 1, 1, 1
	for a, d := range axes {
		out = append(out, (d+before[a]+after[a]-size[a])/stride[a]+1)
		inMap, places, taps = inMap*d, places*out[2+a], taps*size[a]
	}
	for m := range maps {
		for p := range places {
			sum, counted, greatest, at := 0.0, 0, math.Inf(-1), -1
			for tap := range taps {
				// the places and the taps, counted with the last axis fastest
				from, step, pRest, tRest, inside := 0, 1, p, tap, true
				for a := len(axes) - 1; a >= 0; a-- {
					i := pRest%out[2+a]*stride[a] + tRest%size[a] - before[a]
					pRest, tRest = pRest/out[2+a], tRest/size[a]
					inside = inside && i >= 0 && i < axes[a]
					from, step = from+i*step, step*axes[a]
				}
				if inside {
					v := x[m*inMap+from]
					sum, counted = sum+v, counted+1
					if v > greatest {
						greatest, at = v, m*inMap+from
					}
				}
			}
			switch kind {
			case "greatest":
				y, index = append(y, greatest), append(index, int32(at))
			case "mean":
				y = append(y, sum/float64(counted))
			case "mean with padding":
				y = append(y, sum/float64(taps))
			}
		}
	}
	return y, index, out
}

// Pools over one axis, two and three are those of plain loops, with strides and uneven
// padding, and so are the places of the greatest.
func TestPools(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ shape, size, stride, before, after []int }{
		{[]int{2, 3, 9}, []int{3}, []int{2}, []int{1}, []int{0}},
		{[]int{1, 2, 4}, []int{2}, []int{1}, []int{1}, []int{1}},
		{[]int{2, 3, 7, 5}, []int{3, 2}, []int{2, 1}, []int{1, 0}, []int{2, 1}},
		{[]int{2, 2, 6, 5}, []int{3, 3}, []int{1, 2}, []int{1, 1}, []int{1, 1}},
		{[]int{2, 3, 5, 6, 7}, []int{2, 3, 2}, []int{1, 2, 3}, []int{0, 1, 1}, []int{1, 2, 0}},
		{[]int{1, 1, 4, 4, 4}, []int{2, 2, 2}, []int{2, 2, 2}, []int{0, 0, 0}, []int{0, 0, 0}},
	} {
		n := 1
		for _, d := range c.shape {
			n *= d
		}
		x, f := make([]float64, n), make([]float32, n)
		for i := range x {
			f[i] = float32(rng.IntN(41) - 20) // ties too
			x[i] = float64(f[i])
		}
		window := []Attribute{numbers("kernel_shape", c.size...), numbers("strides", c.stride...), numbers("pads", append(slices.Clone(c.before), c.after...)...)}
		for kind, m := range map[string]*Model{
			"greatest":          graph("MaxPool", window),
			"mean":              graph("AveragePool", window),
			"mean with padding": graph("AveragePool", append(window, number("count_include_pad", 1))),
		} {
			places := kind == "greatest" && len(c.shape) < 5
			if places {
				m.Graph.Nodes[0].Outputs = append(m.Graph.Nodes[0].Outputs, "places")
				m.Graph.Outputs = append(m.Graph.Outputs, Value{"places", Int64, nil})
			}
			m.Graph.Inputs[0].Dims = make([]Dim, len(c.shape))
			s, err := NewSession(m)
			if err != nil {
				t.Fatal(err)
			}
			out, err := s.Run(map[string]*tensor.Tensor{"x": tensor.FromFloats(f, c.shape...)})
			if err != nil {
				t.Fatalf("%s of %v: %v", kind, c, err)
			}
			want, index, shape := pooled(x, c.shape, c.size, c.stride, c.before, c.after, kind)
			if got := out["y"]; !slices.Equal(got.Shape(), shape) || !slices.EqualFunc(got.Float64s(), want, func(a, b float64) bool { return math.Abs(a-b) < 1e-5 }) {
				t.Errorf("%s of %v: shape %v, wanted %v", kind, c, got.Shape(), shape)
			}
			if places && !slices.Equal(out["places"].Ints(), index) {
				t.Errorf("places of %v: %v, wanted %v", c, out["places"].Ints(), index)
			}
		}
	}
}

// Where nothing in the map is greater than padding, and where a solid is asked for places,
// the reader says so.
func TestPlacesRefused(t *testing.T) {
	for want, shape := range map[string][]int{
		`node 0 ("n", MaxPool): the greatest at a place is the padding`:                                   {1, 1, 2, 2},
		`node 0 ("n", MaxPool): the shape is [1 1 2 2 2]; places are given in images (n, channels, h, w)`: {1, 1, 2, 2, 2},
		`node 0 ("n", MaxPool): the shape is [1 1 2 2 2 2]; images (n, channels, h, w) are read`:          {1, 1, 2, 2, 2, 2},
		`node 0 ("n", MaxPool): kernel_shape [2 2]; wanted 1 numbers`:                                     {1, 1, 2},
	} {
		m := graph("MaxPool", []Attribute{numbers("kernel_shape", 2, 2), numbers("pads", 1, 1, 0, 0)})
		m.Graph.Nodes[0].Outputs = append(m.Graph.Nodes[0].Outputs, "places")
		m.Graph.Inputs[0].Dims = make([]Dim, len(shape))
		s, err := NewSession(m)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Run(map[string]*tensor.Tensor{"x": tensor.CPU.Full(math.Inf(-1), shape...)})
		if fmt.Sprint(err) != want {
			t.Errorf("said %v, wanted %s", err, want)
		}
	}
}
