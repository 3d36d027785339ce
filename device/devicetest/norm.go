package devicetest

import (
	"fmt"
	"math"
	"slices"

	"inkling/device"
)

// channelShapes are of x (n, c, ...).
var channelShapes = [][]int{
	{1, 1}, {5, 1}, {1, 7}, {6, 10}, {64, 17}, {3, 64},
	{1, 1, 1, 1}, {1, 3, 1, 1}, {5, 16, 1, 1}, {2, 3, 4, 5}, {3, 33, 2, 2}, {4, 10, 3, 1}, {70, 2, 3, 3}, {2, 3, 4}, {2, 3, 2, 1, 2},
}

// overChannels calls for shapes and layouts: two for maps.
func overChannels(s *suite, call func(name string, shape []int, one, other layout)) {
	s.group("shapes", func() {
		for _, shape := range channelShapes {
			call("contiguous", shape, contiguous, contiguous)
			call("by position", shape, maps, maps)
		}
		for _, c := range channelCounts {
			for _, n := range []int{1, 2, 33} {
				call("by position", []int{n, c, 2, 2}, maps, maps)
				call("contiguous", []int{n, c, 2, 2}, contiguous, contiguous)
				call("a matrix", []int{n, c}, contiguous, contiguous)
			}
		}
	})
	s.group("layouts", func() {
		for _, shape := range [][]int{{6, 10}, {2, 3, 4, 5}, {3, 17, 2, 2}} {
			for _, one := range mapTargets {
				for _, other := range mapTargets {
					call(one.name+" and "+other.name, shape, one, other)
				}
			}
		}
	})
}

func momentsTrial(name string, x operand, channel layout) trial {
	perChannel := func() operand { return floats(channel, cycle([]float64{nan, 1}, 0), x.view.Dims[1]) }
	return trial{
		name: "moments, " + name,
		args: []operand{perChannel(), perChannel(), x},
		outs: 2,
		do:   func(b device.Backend, v []device.View) { b.Moments(v[0], v[1], v[2]) },
		// The mean may be off by tol times the magnitudes; the variance by
		// tol of itself, and by the square of what the mean is off.
		terms: func(b device.Backend, v []device.View) {
			b.Moments(v[0], v[1], v[2])
			b.Unary(device.Square, v[1], v[0])
			b.Affine(v[1], v[1], 1e-5, 0)
		},
	}
}

func moments(s *suite) {
	try := func(name string, x operand, channel layout) { s.try(momentsTrial(name, x, channel)) }
	overChannels(s, func(name string, shape []int, one, _ layout) {
		try(name, floats(one, s.normal(2), shape...), contiguous)
	})
	s.group("far from zero", func() {
		for _, far := range []float64{10, -1000, 3e4} {
			for _, shape := range channelShapes {
				for _, l := range []layout{contiguous, maps} {
					try(fmt.Sprint("around ", far), floats(l, func() float64 { return far + s.normal(1)() }, shape...), contiguous)
					try(fmt.Sprint("nothing but ", far+0.1), floats(l, s.oneOf(far+0.1), shape...), contiguous)
				}
			}
		}
	})
	s.group("repeated", func() {
		for _, l := range append(slices.Clip(mapSources), repeatedFirst, repeatedLast) {
			try(l.name, floats(l, s.normal(1), 3, 5, 4, 2), contiguous)
		}
		for _, channel := range targets {
			try("to "+channel.name, floats(maps, s.normal(1), 3, 5, 4, 2), channel)
		}
	})
	s.group("edges", func() {
		for _, odd := range []float64{nan, inf, -inf} {
			for _, shape := range [][]int{{6, 10}, {3, 17, 2, 2}} {
				x := floats(maps, s.normal(1), shape...)
				x.values[len(x.values)/2] = odd
				try(fmt.Sprint(odd, " in one channel"), x, contiguous)
			}
		}
		try("no channel", floats(contiguous, s.normal(1), 3, 0, 2, 2), contiguous)
		try("no row", floats(contiguous, s.normal(1), 0, 5), contiguous)
		try("no row", floats(maps, s.normal(1), 0, 5, 2, 2), contiguous)
	})
}

func channelAffines(s *suite) {
	// alias is which operand dst is: 1 for x, 4 for skip, 0 for none.
	try := func(name string, dst, x, scale, shift, skip operand, alias int) {
		for _, relu := range []bool{false, true} {
			for _, skipped := range []bool{false, true} {
				if alias == 4 && !skipped {
					continue
				}
				args := []operand{dst, x, scale, shift, skip}
				if !skipped {
					args = args[:4]
				}
				if alias > 0 { // what dst is comes first, as it is written
					args = slices.Delete(slices.Clone(args), 0, 1)
					args[0], args[alias-1] = args[alias-1], args[0]
				}
				do := func(b device.Backend, v []device.View, relu bool) {
					all := slices.Clone(v)
					if alias > 0 {
						all[0], all[alias-1] = all[alias-1], all[0]
						all = slices.Insert(all, 0, all[alias-1])
					}
					if !skipped {
						all = append(all, device.View{})
					}
					b.ChannelAffine(all[0], all[1], all[2], all[3], all[4], relu)
				}
				s.try(trial{
					name:  fmt.Sprintf("channel-affine, %s, skip %v, relu %v", name, skipped, relu),
					args:  args,
					do:    func(b device.Backend, v []device.View) { do(b, v, relu) },
					terms: func(b device.Backend, v []device.View) { do(b, v, false) },
				})
			}
		}
	}
	call := func(name string, shape []int, dst, x, skip, channel layout, alias int) {
		full := func(l layout) operand { return floats(l, s.normal(2), shape...) }
		perChannel := [2]operand{floats(channel, s.normal(1), shape[1]), floats(channel, s.normal(1), shape[1])}
		try(name, full(dst), full(x), perChannel[0], perChannel[1], full(skip), alias)
	}
	overChannels(s, func(name string, shape []int, one, other layout) {
		call(name, shape, one, one, other, contiguous, 0)
		call(name+" to another", shape, one, other, one, contiguous, 0)
	})
	s.group("in place", func() {
		for _, shape := range channelShapes {
			for _, l := range []layout{contiguous, maps, sliced, transposed} {
				call("dst is x, "+l.name, shape, l, l, l, contiguous, 1)
				call("dst is skip, "+l.name, shape, l, l, l, contiguous, 4)
				call("dst is x, "+l.name, shape, l, l, contiguous, contiguous, 1)
				call("dst is skip, "+l.name, shape, l, maps, l, contiguous, 4)
			}
		}
	})
	s.group("repeated", func() {
		for _, l := range mapSources {
			call("x "+l.name, []int{3, 5, 4, 2}, maps, l, maps, contiguous, 0)
			call("skip "+l.name, []int{3, 5, 4, 2}, maps, maps, l, contiguous, 0)
		}
		for _, l := range sources {
			call("channels "+l.name, []int{3, 5, 4, 2}, maps, maps, maps, l, 0)
		}
	})
	s.group("empty", func() {
		for _, shape := range [][]int{{0, 5}, {3, 0}, {0, 5, 2, 2}, {3, 0, 2, 2}, {3, 5, 0, 2}} {
			call("contiguous", shape, contiguous, contiguous, contiguous, contiguous, 0)
			call("by position", shape, maps, maps, maps, contiguous, 0)
		}
	})
	s.group("edges", func() {
		few := s.oneOf(-1, 0, 1)
		for _, shape := range [][]int{{6, 10}, {3, 17, 2, 2}, {2, 64, 2, 2}} {
			for _, odd := range []source{s.oneOf(nan, 1), s.oneOf(inf, 2), s.oneOf(-inf, -2), s.oneOf(1e-40, -1e-40, 1)} {
				plain := func() operand { return floats(maps, few, shape...) }
				scale, shift := floats(contiguous, s.oneOf(-1, 1), shape[1]), floats(contiguous, few, shape[1])
				try("edges in x", plain(), floats(maps, odd, shape...), scale, shift, plain(), 0)
				try("edges in skip", plain(), plain(), scale, shift, floats(maps, odd, shape...), 0)
				try("edges in shift", plain(), plain(), scale, floats(contiguous, odd, shape[1]), plain(), 0)
			}
		}
	})
}

// batchNorm is a trial of BatchNormGrad in the making.
type batchNorm struct {
	name            string
	shape           []int
	dx, dskip       layout
	dy, y, x        layout
	channel         layout
	relu, skip      bool
	inPlace         bool // dx is dy
	center, spread  float64
	gradients, outs source // of dy and y
}

func batchNormGrads(s *suite) {
	try := func(n batchNorm) {
		if n.gradients == nil {
			n.gradients = s.normal(1)
		}
		if n.outs == nil {
			n.outs = func() float64 { return max(0, s.normal(1)()) }
		}
		s.try(n.trial(s))
	}
	plain := func(name string, shape []int, l layout) batchNorm {
		return batchNorm{name: name, shape: shape, dx: l, dskip: l, dy: l, y: l, x: l, channel: contiguous, spread: 1}
	}
	// The operands may be there or not, in eight ways: each tries them all, next
	// one after the other.
	way := 0
	next := func(n batchNorm) {
		n.relu, n.skip, n.inPlace = way&1 != 0, way&2 != 0, way&4 != 0
		way++
		try(n)
	}
	each := func(n batchNorm) {
		for range 8 {
			next(n)
		}
	}
	overChannels(s, func(name string, shape []int, one, other layout) {
		n := plain(name, shape, one)
		if one.name == other.name {
			if shape[0] < 7 {
				each(n)
			} else {
				next(n)
			}
			return
		}
		n.relu, n.skip = true, true
		n.dy, n.y = other, other
		try(n)
		n.dskip, n.x, n.dy, n.y = other, other, one, one
		next(n)
	})
	s.group("operands", func() {
		for _, l := range append(slices.Clip(mapSources), repeatedFirst, repeatedLast) {
			for _, relu := range []bool{false, true} {
				n := plain("", []int{3, 5, 4, 2}, maps)
				n.relu, n.skip = relu, !relu
				n.dy, n.name = l, "dy "+l.name
				try(n)
				n.dy, n.x, n.name = maps, l, "x "+l.name
				try(n)
			}
		}
		for _, l := range targets {
			n := plain("channels "+l.name, []int{3, 5, 4, 2}, maps)
			n.channel = l
			each(n)
		}
	})
	s.group("far from zero", func() {
		for _, shape := range [][]int{{64, 17}, {3, 33, 2, 2}, {2, 3, 4, 5}} {
			for _, l := range []layout{contiguous, maps} {
				n := plain("x around 1000", shape, l)
				n.center = 1000
				each(n)
				n.name, n.gradients = "dy around 50", func() float64 { return 50 + s.normal(1)() }
				each(n)
			}
		}
	})
	s.group("edges", func() {
		for _, shape := range [][]int{{6, 10}, {3, 17, 2, 2}} {
			n := plain("NaN behind a closed relu", shape, maps)
			n.gradients, n.outs = s.oneOf(nan), s.oneOf(0)
			n.relu, n.skip = true, true
			try(n)
			n = plain("y at its edges", shape, maps)
			n.outs = s.oneOf(0, math.Copysign(0, -1), 0x1p-126, 1e30, inf)
			each(n)
			n = plain("NaN in dy", shape, maps)
			n.gradients = s.oneOf(nan, 1, 1, 1, 1, 1, 1, 1)
			each(n)
		}
		for _, shape := range [][]int{{3, 0}, {3, 0, 2, 2}, {0, 5}, {0, 5, 2, 2}} {
			each(plain("empty", shape, maps))
		}
	})
}

// trial has the operands dx, dscale, dshift, and dskip where it is wanted; dy
// where dx is not dy; y behind a relu; x, mean, rstd, scale.
func (n batchNorm) trial(s *suite) trial {
	c := n.shape[1]
	x := floats(n.x, func() float64 { return n.center + n.spread*s.rng.NormFloat64() }, n.shape...)
	mean, rstd := moment(x, n.channel)
	garbage := s.oneOf(nan, 1)
	dy := floats(n.dy, n.gradients, n.shape...)
	args := []operand{floats(n.dx, garbage, n.shape...), floats(n.channel, garbage, c), floats(n.channel, garbage, c)}
	if n.inPlace {
		args[0] = floats(n.dx, n.gradients, n.shape...)
	}
	outs := 3
	if n.skip {
		args = append(args, floats(n.dskip, garbage, n.shape...))
		outs++
	}
	if !n.inPlace {
		args = append(args, dy)
	}
	if n.relu {
		args = append(args, floats(n.y, n.outs, n.shape...))
	}
	args = append(args, x, mean, rstd, floats(n.channel, s.normal(1), c))

	// views puts them into the order of the call.
	views := func(v []device.View) (all [10]device.View) {
		all[0], all[1], all[2] = v[0], v[1], v[2]
		v = v[3:]
		if n.skip {
			all[3], v = v[0], v[1:]
		}
		if n.inPlace {
			all[4] = all[0]
		} else {
			all[4], v = v[0], v[1:]
		}
		if n.relu {
			all[5], v = v[0], v[1:]
		}
		copy(all[6:], v)
		return all
	}
	do := func(b device.Backend, v []device.View) {
		b.BatchNormGrad(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9])
	}
	return trial{
		name: fmt.Sprintf("batch-norm-grad, %s, relu %v, skip %v, in place %v", n.name, n.relu, n.skip, n.inPlace),
		args: args,
		outs: outs,
		do: func(b device.Backend, v []device.View) {
			all := views(v)
			do(b, all[:])
		},
		// With g and xhat for their magnitudes: sum g*xhat, sum g, and
		// scale*rstd*(g + sum g / count + xhat * sum g*xhat / count).
		terms: func(b device.Backend, v []device.View) {
			all := views(v)
			upload(b, all[6].Buf, x.values) // with their signs: x - mean is one rounding
			upload(b, all[7].Buf, mean.values)
			dx, dscale, dshift, dy, y := all[0], all[1], all[2], all[4], all[5]
			zero, one := scratch(b, dscale), scratch(b, dscale)
			b.Fill(zero, 0)
			b.Fill(one, 1)

			g, xhat := scratch(b, dx), scratch(b, dx)
			b.Unary(device.Copy, g, dy)
			if n.relu {
				b.Binary(device.ReLUGrad, g, y, dy)
			}
			shift := scratch(b, dscale)
			b.Binary(device.Mul, shift, all[7], all[8])
			b.Unary(device.Neg, shift, shift)
			b.ChannelAffine(xhat, all[6], all[8], shift, device.View{}, false)
			b.Unary(device.Abs, xhat, xhat)

			all[6], all[7], all[8] = xhat, zero, one
			do(b, all[:])
			a, k := scratch(b, dscale), scratch(b, dscale)
			b.Binary(device.Mul, a, views(v)[8], all[9])
			b.Affine(a, a, float64(c)/float64(max(dx.Len(), 1)), 0) // scale*rstd/count
			b.Binary(device.Mul, k, a, dshift)
			b.Binary(device.Mul, shift, a, dscale)
			b.ChannelAffine(dx, xhat, shift, k, device.View{}, false)
			b.Affine(a, a, float64(dx.Len())/float64(max(c, 1)), 0)
			b.ChannelAffine(dx, g, a, zero, dx, false)
		},
	}
}

// moment is the mean of each channel of x, and 1/sqrt(variance + 1e-5).
func moment(x operand, l layout) (mean, rstd operand) {
	c := x.view.Dims[1]
	sum, squares, count := make([]float64, c), make([]float64, c), float64(x.view.Len())/float64(max(c, 1))
	for index, p := range elements(x.view) {
		sum[index[1]] += x.values[p] / count
	}
	for index, p := range elements(x.view) {
		far := x.values[p] - sum[index[1]]
		squares[index[1]] += far * far / count
	}
	mean, rstd = floats(l, cycle([]float64{0}, 0), c), floats(l, cycle([]float64{0}, 0), c)
	for index, p := range elements(mean.view) {
		mean.values[p] = float64(float32(sum[index[0]]))
		rstd.values[p] = float64(float32(1 / math.Sqrt(squares[index[0]]+1e-5)))
	}
	return mean, rstd
}
