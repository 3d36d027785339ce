package bench

import (
	"context"
	"fmt"
	"math/rand/v2"

	"inkling/device/cpu"
	"inkling/tensor"
)

// mapLayer is a convolution of ResNet-18 on images of 28 x 28: maps of size x
// size with so many channels, to out channels; times is how often the net has it.
type mapLayer struct{ size, channels, out, kernel, stride, times int }

func (l mapLayer) String() string {
	return fmt.Sprintf("%dx%d %d to %d, %dx%d/%d", l.size, l.size, l.channels, l.out, l.kernel, l.kernel, l.stride)
}

var resnetLayers = []mapLayer{
	{28, 3, 64, 7, 2, 1},
	{7, 64, 64, 3, 1, 4},
	{7, 64, 128, 3, 2, 1}, {7, 64, 128, 1, 2, 1}, {4, 128, 128, 3, 1, 3},
	{4, 128, 256, 3, 2, 1}, {4, 128, 256, 1, 2, 1}, {2, 256, 256, 3, 1, 3},
	{2, 256, 512, 3, 2, 1}, {2, 256, 512, 1, 2, 1}, {1, 512, 512, 3, 1, 3},
}

// meetings is the number of times that a tap meets the map along one axis, over
// all places of the kernel: padding is not counted.
func (l mapLayer) meetings() int {
	places, pad, n := (l.size-1)/l.stride+1, l.kernel/2, 0
	for i := range places {
		for t := range l.kernel {
			if at := i*l.stride - pad + t; at >= 0 && at < l.size {
				n++
			}
		}
	}
	return n
}

// convolutions measures each layer shape of ResNet-18 forward, backward to its
// input and backward to its filters, and sums them up over the net.
func (b *Bench) convolutions(ctx context.Context) error {
	limit, err := b.peak(ctx)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	n := b.batch(64)
	b.ShowLayers("", n, nil)
	var total [4]Row // in each direction, and in all
	var work [4]float64
	for _, l := range resnetLayers {
		window := tensor.Square(l.kernel, l.stride, l.kernel/2)
		x := filled(tensor.CPU.Maps(n, l.channels, l.size, l.size), rng)
		w := filled(tensor.CPU.Filters(l.out, l.channels, l.kernel, l.kernel), rng)
		y := x.Conv2D(w, nil, window)
		arena := tensor.CPU.Arena()
		gflop := 2 * float64(n*l.channels*l.out) * float64(l.meetings()*l.meetings()) / 1e9
		var rows [3]Row
		for i, f := range []func(){
			func() { arena.Enter(x).Conv2D(w, nil, window) },
			func() { arena.Enter(y).Conv2DInputGrad(w, x.Shape(), window) },
			func() { arena.Enter(x).Conv2DFilterGrad(y, w.Shape(), window) },
		} {
			row := Row{Name: "conv", Direction: directions[i], Shape: l.String(), Batch: n, Unit: "GFLOP/s"}
			if l.channels == 3 && i == 1 {
				continue // nothing asks for the gradient at the images
			}
			row = b.measure(ctx, row, max(int(1/gflop), 3), gflop, func() {
				arena.Reset()
				f()
			})
			if err := ctx.Err(); err != nil {
				return err
			}
			row.Share = row.Rate / limit
			rows[i] = row
			for _, k := range []int{i, 3} {
				total[k].Best += float64(l.times) * row.Best
				total[k].Median += float64(l.times) * row.Median
				work[k] += float64(l.times) * gflop
			}
		}
		b.ShowLayers(l.String(), n, rows[:])
	}
	for k := range total {
		row := &total[k]
		row.Event, row.Name, row.Direction, row.Shape, row.Batch, row.Unit = "bench", "conv", "all directions", "the net", n, "GFLOP/s"
		if k < len(directions) {
			row.Direction = directions[k]
		}
		row.Threads, row.Rounds = cpu.Default().Workers(), b.Rounds
		row.Rate = work[k] / row.Median
		row.Share = row.Rate / limit
	}
	b.ShowLayers("the net", n, total[:3])
	b.ShowLayers("all directions", n, total[3:])
	return nil
}

var directions = []string{"forward", "to the input", "to the filters"}

func filled(x *tensor.Tensor, rng *rand.Rand) *tensor.Tensor {
	x.CopyFrom(tensor.CPU.Normal(rng, 1, x.Shape()...))
	return x
}
