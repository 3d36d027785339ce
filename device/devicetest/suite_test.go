package devicetest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/device"
	"inkling/device/ref"
)

// TestWrongBackends breaks one thing at a time, as a hand might, and demands
// that the suite says so, and of nothing else.
func TestWrongBackends(t *testing.T) {
	cases := []struct {
		name   string
		wrong  broken
		family string // the trials that must find it
		blames string // how each of their errors begins
	}{
		{"a fill that runs past its view", broken{fill: func(b device.Backend, dst device.View, v float64) {
			for i := range dst.Rank {
				dst.Strides[i] = 0
			}
			for p := range dst.Buf.Len() {
				dst.Offset = p
				b.Fill(dst, v)
			}
		}}, "fill", "[fill"},
		{"a sigmoid-grad wrong by one part in a thousand", broken{binary: func(b device.Backend, op device.Binary, dst, x, y device.View) {
			b.Binary(op, dst, x, y)
			if op == device.SigmoidGrad {
				b.Affine(dst, dst, 1.001, 0)
			}
		}}, "binary", "[sigmoid-grad"},
		{"an add wrong in the fifth digit", broken{binary: func(b device.Backend, op device.Binary, dst, x, y device.View) {
			b.Binary(op, dst, x, y)
			if op == device.Add {
				b.Affine(dst, dst, 1.00001, 0)
			}
		}}, "binary", "[add"},
		{"a ReLU that forgets NaN", broken{unary: func(b device.Backend, op device.Unary, dst, x device.View) {
			b.Unary(op, dst, x)
			if op == device.ReLU {
				clear := scratch(b, dst)
				b.Binary(device.Equal, clear, dst, dst) // 0 for NaN
				b.Binary(device.ReLUGrad, dst, clear, dst)
			}
		}}, "unary", "[relu"},
		{"an exp that is wrong past the sixty-fourth element", broken{unary: func(b device.Backend, op device.Unary, dst, x device.View) {
			b.Unary(op, dst, x)
			if op == device.Exp && dst.Rank == 1 && dst.Dims[0] > 64 {
				dst.Offset, dst.Dims[0] = dst.Offset+64*dst.Strides[0], dst.Dims[0]-64
				b.Affine(dst, dst, 1.00001, 0)
			}
		}}, "unary", "[exp"},
		{"a sum over the wrong axis", broken{reduce: func(b device.Backend, op device.Reduction, dst, x device.View) {
			if op == device.Sum && x.Rank == 2 && x.Dims[0] == x.Dims[1] && dst.Dims[0] != dst.Dims[1] {
				x.Strides[0], x.Strides[1] = x.Strides[1], x.Strides[0]
			}
			b.Reduce(op, dst, x)
		}}, "reduce", "[sum"},
		{"a mean that is a sum", broken{reduce: func(b device.Backend, op device.Reduction, dst, x device.View) {
			if op == device.Mean {
				op = device.Sum
			}
			b.Reduce(op, dst, x)
		}}, "reduce", "[mean"},
		{"an argmax that takes the last of equals", broken{argMax: func(b device.Backend, dst, x device.View) {
			reversed := scratch(b, x)
			last := x.Rank - 1
			for j := range x.Dims[last] {
				from, to := x, reversed
				from.Offset, from.Dims[last] = from.Offset+j*from.Strides[last], 1
				to.Offset, to.Dims[last] = to.Offset+x.Dims[last]-1-j, 1
				b.Unary(device.Copy, to, from)
			}
			b.ArgMax(dst, reversed)
			found := make([]int32, dst.Buf.Len())
			b.Download(found, dst.Buf, 0)
			for _, p := range elements(dst) {
				found[p] = int32(x.Dims[last]) - 1 - found[p]
			}
			b.Upload(dst.Buf, found)
		}}, "argmax", "[argmax"},
		{"a matmul that takes y for contiguous", broken{matMul: func(b device.Backend, dst, x, y, bias device.View) {
			y.Strides = rowMajor(y.Shape()).Strides
			b.MatMul(dst, x, y, bias)
		}}, "matmul", "[matmul"},
		{"a matmul that forgets the bias of the last column", broken{matMul: func(b device.Backend, dst, x, y, bias device.View) {
			b.MatMul(dst, x, y, bias)
			if n := dst.Dims[dst.Rank-1]; bias.Buf != nil && n > 0 {
				dst.Offset, dst.Dims[dst.Rank-1] = dst.Offset+(n-1)*dst.Strides[dst.Rank-1], 1
				y.Offset, y.Dims[y.Rank-1] = y.Offset+(n-1)*y.Strides[y.Rank-1], 1
				b.MatMul(dst, x, y, device.View{})
			}
		}}, "matmul", "[matmul"},
		{"a softmax of numbers as they come", broken{softmax: func(b device.Backend, dst, x device.View, log bool) {
			b.Unary(device.Exp, dst, x)
			column := dst
			column.Dims[dst.Rank-1] = 1
			sum := scratch(b, column)
			b.Reduce(device.Sum, sum, dst)
			sum.Dims[dst.Rank-1], sum.Strides[dst.Rank-1] = dst.Dims[dst.Rank-1], 0
			b.Binary(device.Div, dst, dst, sum)
			if log {
				b.Unary(device.Log, dst, dst)
			}
		}}, "softmax", ""},
		{"a loss from the probability, not from the logit", broken{crossEntropy: func(b device.Backend, loss, probs, logits, labels device.View) {
			b.CrossEntropy(loss, probs, logits, labels)
			b.Affine(loss, loss, -1, 0)
			b.Unary(device.Exp, loss, loss)
			b.Unary(device.Log, loss, loss)
			b.Affine(loss, loss, -1, 0)
		}}, "cross-entropy", "[cross-entropy"},
		{"a gather without its scale", broken{gather: func(b device.Backend, dst, src, index device.View, scale float64) {
			b.Gather(dst, src, index, 1)
		}}, "gather", "[gather"},
		{"a scatter that overwrites", broken{scatterAdd: func(b device.Backend, dst, src, index device.View) {
			for i := range src.Dims[0] {
				at := make([]int32, index.Buf.Len())
				b.Download(at, index.Buf, 0)
				from, to := src, dst
				from.Offset, from.Dims[0] = src.Offset+i*src.Strides[0], 1
				to.Offset, to.Dims[0] = dst.Offset+int(at[index.Offset+i*index.Strides[0]])*dst.Strides[0], 1
				b.Unary(device.Copy, to, from)
			}
		}}, "scatter-add", "[scatter-add"},
		{"a conv2d that turns its filters round", broken{conv2D: func(b device.Backend, dst, x, w, bias device.View, g device.Window) {
			turned := copied(b, w)
			values, n := download(b, turned.Buf), w.Dims[2]*w.Dims[3]
			for p := 0; p < len(values); p += max(n, 1) {
				slices.Reverse(values[p : p+n])
			}
			upload(b, turned.Buf, values)
			b.Conv2D(dst, x, turned, bias, g)
		}}, "conv2d", "[conv2d "},
		{"a conv2d that multiplies the padding", broken{conv2D: func(b device.Backend, dst, x, w, bias device.View, g device.Window) {
			wider := x
			wider.Dims[2] += 2 * g.Pad[0]
			wider.Dims[3] += 2 * g.Pad[1]
			wider = scratch(b, wider)
			b.Fill(wider, 0)
			middle := wider
			middle.Offset += g.Pad[0]*wider.Strides[2] + g.Pad[1]*wider.Strides[3]
			middle.Dims = x.Dims
			b.Unary(device.Copy, middle, x)
			g.Pad = [2]int{}
			b.Conv2D(dst, wider, w, bias, g)
		}}, "conv2d", "[conv2d "},
		{"a conv2d that takes each channel for one of its own", broken{conv2D: func(b device.Backend, dst, x, w, bias device.View, g device.Window) {
			x.Strides[1] = max(x.Strides[1], 1)
			b.Conv2D(dst, x, w, bias, g)
		}}, "conv2d", "[conv2d "},
		{"a gradient that joins what was there", broken{conv2DInputGrad: func(b device.Backend, dst, dy, w device.View, g device.Window) {
			before := copied(b, dst)
			b.Conv2DInputGrad(dst, dy, w, g)
			b.AddScaled(dst, before, 1)
		}}, "conv2d-input-grad", "[conv2d-input-grad"},
		{"a gradient at maps of the first group alone", broken{conv2DInputGrad: func(b device.Backend, dst, dy, w device.View, g device.Window) {
			b.Conv2DInputGrad(dst, dy, w, g)
			if g.Groups > 1 {
				per := dst.Dims[1] / g.Groups
				dst.Offset, dst.Dims[1] = dst.Offset+per*dst.Strides[1], dst.Dims[1]-per
				b.Fill(dst, 0)
			}
		}}, "conv2d-input-grad", "[conv2d-input-grad"},
		{"a gradient at filters without the batch's last map", broken{conv2DFilterGrad: func(b device.Backend, dst, x, dy device.View, g device.Window) {
			if x.Dims[0] > 64 {
				x.Dims[0], dy.Dims[0] = x.Dims[0]-1, dy.Dims[0]-1
			}
			b.Conv2DFilterGrad(dst, x, dy, g)
		}}, "conv2d-filter-grad", "[conv2d-filter-grad"},
		{"a max-pool whose taps count across before down", broken{maxPool: func(b device.Backend, dst, index, x device.View, g device.Window) {
			b.MaxPool(dst, index, x, g)
			edit(b, index, func(_ []int, tap float64) float64 {
				down, across := int(tap)/g.Size[1], int(tap)%g.Size[1]
				return float64(across*g.Size[0] + down)
			})
		}}, "max-pool", "[max-pool"},
		{"a max-pool that loses a NaN", broken{maxPool: func(b device.Backend, dst, index, x device.View, g device.Window) {
			x = copied(b, x)
			edit(b, x, func(_ []int, v float64) float64 {
				if math.IsNaN(v) {
					return -inf
				}
				return v
			})
			b.MaxPool(dst, index, x, g)
		}}, "max-pool", "[max-pool"},
		{"a max-pool with zeros around the map", broken{maxPool: func(b device.Backend, dst, index, x device.View, g device.Window) {
			b.MaxPool(dst, index, x, g)
			edit(b, dst, func(i []int, v float64) float64 {
				if len(inside(g, 0, i[2], x.Dims[2])) < g.Size[0] || len(inside(g, 1, i[3], x.Dims[3])) < g.Size[1] {
					return max(v, 0)
				}
				return v
			})
		}}, "max-pool", "[max-pool"},
		{"a max-pool-grad that adds to what was there", broken{maxPoolGrad: func(b device.Backend, dst, dy, index device.View, g device.Window) {
			before := copied(b, dst)
			b.MaxPoolGrad(dst, dy, index, g)
			b.AddScaled(dst, before, 1)
		}}, "max-pool-grad", "[max-pool-grad"},
		{"an avg-pool that counts the taps inside", broken{avgPool: func(b device.Backend, dst, x device.View, g device.Window) {
			b.AvgPool(dst, x, g)
			edit(b, dst, func(i []int, v float64) float64 {
				taps := len(inside(g, 0, i[2], x.Dims[2])) * len(inside(g, 1, i[3], x.Dims[3]))
				return v * float64(g.Size[0]*g.Size[1]) / float64(taps)
			})
		}}, "avg-pool", "[avg-pool"},
		{"an avg-pool-grad that takes dy for contiguous", broken{avgPoolGrad: func(b device.Backend, dst, dy device.View, g device.Window) {
			dy.Strides = rowMajor(dy.Shape()).Strides
			b.AvgPoolGrad(dst, dy, g)
		}}, "avg-pool-grad", "[avg-pool-grad"},
		{"a variance divided by one less", broken{moments: func(b device.Backend, mean, variance, x device.View) {
			b.Moments(mean, variance, x)
			if n := float64(x.Len()) / float64(max(x.Dims[1], 1)); n > 1 {
				b.Affine(variance, variance, n/(n-1), 0)
			}
		}}, "moments", "[moments"},
		{"a variance as the difference of two means in float32", broken{moments: func(b device.Backend, mean, variance, x device.View) {
			squares, none := scratch(b, x), scratch(b, mean)
			b.Unary(device.Square, squares, x)
			b.Moments(variance, none, squares)
			b.Moments(mean, none, x)
			means := download(b, mean.Buf)
			edit(b, variance, func(i []int, v float64) float64 {
				m := float32(means[mean.Offset+i[0]*mean.Strides[0]])
				return float64(max(float32(v)-m*m, 0))
			})
		}}, "moments", "[moments"},
		{"a relu before the skip", broken{channelAffine: func(b device.Backend, dst, x, scale, shift, skip device.View, relu bool) {
			if skip.Buf != nil {
				skip = copied(b, skip)
			}
			b.ChannelAffine(dst, x, scale, shift, device.View{}, relu)
			if skip.Buf != nil {
				b.AddScaled(dst, skip, 1)
			}
		}}, "channel-affine", "[channel-affine"},
		{"a channel-affine whose relu loses a NaN", broken{channelAffine: func(b device.Backend, dst, x, scale, shift, skip device.View, relu bool) {
			b.ChannelAffine(dst, x, scale, shift, skip, relu)
			edit(b, dst, func(_ []int, v float64) float64 {
				if relu && math.IsNaN(v) {
					return 0
				}
				return v
			})
		}}, "channel-affine", "[channel-affine"},
		{"a channel-affine that takes the channel axis for the last", broken{channelAffine: func(b device.Backend, dst, x, scale, shift, skip device.View, relu bool) {
			if last := x.Rank - 1; x.Dims[1] == x.Dims[last] && skip.Buf == nil {
				for _, v := range []*device.View{&dst, &x} {
					v.Strides[1], v.Strides[last] = v.Strides[last], v.Strides[1]
				}
			}
			b.ChannelAffine(dst, x, scale, shift, skip, relu)
		}}, "channel-affine", "[channel-affine"},
		{"a batch norm for whose gradient the variance is a constant", broken{batchNormGrad: func(b device.Backend, dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale device.View) {
			b.BatchNormGrad(dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale)
			scales, rstds, dscales := download(b, scale.Buf), download(b, rstd.Buf), download(b, dscale.Buf)
			means, xs, n := download(b, mean.Buf), copied(b, x), float64(x.Len())/float64(max(x.Dims[1], 1))
			numbers := download(b, xs.Buf)
			edit(b, dx, func(i []int, v float64) float64 {
				of := func(values []float64, view device.View) float64 { return values[view.Offset+i[1]*view.Strides[0]] }
				p := 0
				for axis := range i {
					p += i[axis] * xs.Strides[axis]
				}
				r := of(rstds, rstd)
				return v + of(scales, scale)*r*(numbers[p]-of(means, mean))*r*of(dscales, dscale)/n
			})
		}}, "batch-norm-grad", "[batch-norm-grad"},
		{"a batch-norm-grad that lets a zero of the relu through", broken{batchNormGrad: func(b device.Backend, dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale device.View) {
			if y.Buf != nil {
				y = copied(b, y)
				b.Affine(y, y, 1, 1e-30)
			}
			b.BatchNormGrad(dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale)
		}}, "batch-norm-grad", "[batch-norm-grad"},
		{"a batch-norm-grad whose skip gets all of dy", broken{batchNormGrad: func(b device.Backend, dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale device.View) {
			dy = copied(b, dy)
			b.BatchNormGrad(dx, dscale, dshift, dskip, dy, y, x, mean, rstd, scale)
			if dskip.Buf != nil {
				b.Unary(device.Copy, dskip, dy)
			}
		}}, "batch-norm-grad", "[batch-norm-grad"},
		{"an Adam without corrections", broken{adam: func(b device.Backend, p, m, v, g device.View, s device.AdamStep) {
			s.Correction1, s.Correction2 = 1, 1
			b.Adam(p, m, v, g, s)
		}}, "adam", "[adam"},
		{"an Adam whose decay joins the gradient", broken{adam: func(b device.Backend, p, m, v, g device.View, s device.AdamStep) {
			if s.Decay > 0 {
				g = copied(b, g)
				b.AddScaled(g, p, s.Decay)
			}
			s.Decay = 0
			b.Adam(p, m, v, g, s)
		}}, "adam", "[adam, decay 0."},
		{"an Adam that spares what does not learn its decay", broken{adam: func(b device.Backend, p, m, v, g device.View, s device.AdamStep) {
			still := copied(b, v)
			for _, x := range []device.View{m, g} {
				size := copied(b, x)
				b.Unary(device.Abs, size, size)
				b.AddScaled(still, size, 1)
			}
			stills, values := download(b, still.Buf), download(b, copied(b, p).Buf)
			b.Adam(p, m, v, g, s)
			at := 0
			edit(b, p, func(_ []int, v float64) float64 {
				at++
				if s.Decay > 0 && stills[at-1] == 0 {
					return values[at-1]
				}
				return v
			})
		}}, "adam", "[adam, decay 0."},
	}
	const enough = 10 // failures to show that a fault is found
	found := make([][]error, len(cases))
	for _, f := range families {
		f.each(func(tr trial) {
			var e *expectation
			for i, c := range cases {
				if c.family != f.name || len(found[i]) >= enough {
					continue
				}
				if e == nil {
					e = tr.expect(ref.New())
				}
				c.wrong.Backend = ref.New()
				if err := e.check("broken", c.wrong, 1e-6); err != nil {
					found[i] = append(found[i], err)
				}
			}
		})
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if len(found[i]) == 0 {
				t.Fatal("the suite found nothing wrong")
			}
			t.Log(found[i][0])
			for _, err := range found[i] {
				if !strings.HasPrefix(err.Error(), c.blames) {
					t.Fatalf("a failure blames something else: %v", err)
				}
			}
		})
	}
}

// TestWorkersThatDisagree gives one backend of three another last digit.
func TestWorkersThatDisagree(t *testing.T) {
	var f family
	f.trials = func(s *suite) {
		s.try(trial{
			name: "add",
			args: []operand{floats(contiguous, s.normal(1), 5), floats(contiguous, s.normal(1), 5)},
			do:   func(b device.Backend, v []device.View) { b.Binary(device.Add, v[0], v[0], v[1]) },
		})
	}
	late := broken{Backend: ref.New(), binary: func(b device.Backend, op device.Binary, dst, x, y device.View) {
		b.Binary(op, dst, x, y)
		b.Affine(dst, dst, 1+0x1p-52, 0)
	}}
	if got := failures(f, sameBits([]int{1, 2}, []device.Backend{ref.New(), ref.New()})); len(got) != 0 {
		t.Errorf("two backends that agree: %v", got)
	}
	if got := failures(f, sameBits([]int{1, 2}, []device.Backend{ref.New(), late})); len(got) != 1 {
		t.Errorf("two backends that do not agree: %d failures, want 1", len(got))
	}
}

// failures are the errors of a family's trials.
func failures(f family, check func(trial) error) []error {
	var all []error
	f.each(func(tr trial) {
		if err := check(tr); err != nil {
			all = append(all, err)
		}
	})
	return all
}

// each calls for every trial of a family.
func (f family) each(try func(trial)) {
	f.trials(&suite{rng: newRand(), group: func(name string, body func()) { body() }, try: try})
}

// TestHonestFloat32 shows that the suite asks no more of float32 than that each
// result is rounded to it, and denormals flushed or not.
func TestHonestFloat32(t *testing.T) {
	const halfUlp = 0x1p-24
	rounded := func(x float64) float64 { return float64(float32(x)) }
	for _, f := range families[:len(families)-1] {
		f.each(func(tr trial) {
			e := tr.expect(ref.New())
			for name, round := range map[string]func(float64) float64{
				"rounded":             rounded,
				"rounded and flushed": func(x float64) float64 { return flush(rounded(x)) },
			} {
				got := make([][]float64, len(e.want()))
				for i, values := range e.want() {
					got[i] = slices.Clone(values)
					if e.args[i].dtype != device.Float {
						continue
					}
					for p, x := range values {
						got[i][p] = round(x)
					}
				}
				if err := e.judge(name, got, halfUlp); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		got, want, near float64
		ok              bool
	}{
		{1, 1, 0, true},
		{1, 1.5, 0.5, true},
		{1, 1.6, 0.5, false},
		{math.Copysign(0, -1), 0, 0, true},
		{nan, nan, 0, true},
		{nan, 1, inf, false},
		{1, nan, inf, false},
		{inf, inf, 0, true},
		{-inf, inf, 1, false},
		{1, inf, inf, false},
		{inf, 1e39, 0, true}, // beyond float32
		{-inf, 1e39, 0, false},
		{inf, 1e38, 1, false},
	} {
		if within(c.got, c.want, c.near) != c.ok {
			t.Errorf("within(%v, %v, %v) is %v", c.got, c.want, c.near, !c.ok)
		}
	}
}

func TestLayouts(t *testing.T) {
	zero := func() float64 { return 0 }
	for _, l := range sources {
		for _, shape := range shapes {
			o := floats(l, zero, shape...)
			seen := map[int]bool{}
			for index, p := range elements(o.view) {
				if p < 0 || p >= len(o.values) {
					t.Errorf("%s: element %v of %v lies at %d of %d", l.name, index, o, p, len(o.values))
				}
				seen[p] = true
			}
			if got := fmt.Sprint(o.view.Shape()); got != fmt.Sprint(shape) {
				t.Errorf("%s: shape %v became %s", l.name, shape, got)
			}
			if repeated := strings.HasPrefix(l.name, "repeated"); !repeated && len(seen) != o.view.Len() {
				t.Errorf("%s: %v shows %d places, want %d", l.name, o, len(seen), o.view.Len())
			}
		}
	}
}
