// Package bench measures how fast this machine computes, trains and reads images.
package bench

import (
	"context"
	"slices"
	"time"

	"inkling/data"
	"inkling/device/cpu"
)

// Row is one figure of a benchmark. Which of the figures are there depends on
// what was measured.
type Row struct {
	Event string `json:"event"` // "bench"
	Name  string `json:"name"`
	Model string `json:"model,omitempty"`
	Shape string `json:"shape,omitempty"`
	// Direction is that of a convolution, or "all directions".
	Direction string  `json:"direction,omitempty"`
	Batch     int     `json:"batch,omitempty"`
	Direct    bool    `json:"direct,omitempty"` // convolutions multiplied each tap
	Threads   int     `json:"threads"`
	Rounds    int     `json:"rounds"`
	Best      float64 `json:"best_s"`
	Median    float64 `json:"median_s"`
	Rate      float64 `json:"rate,omitempty"`          // at the median, in Unit
	Unit      string  `json:"unit,omitempty"`          // "GFLOP/s", "GB/s", "images/s"
	Share     float64 `json:"share_of_peak,omitempty"` // of the multiply-add peak measured in the same run
}

// Bench is what is to be measured, and who is told.
type Bench struct {
	Rounds int      // how often each figure is taken, at least 1
	Batch  int      // images in a batch; 0 for what is usual for each benchmark
	Models []string // that step, epoch and predict are for
	Data   string   // the images: a name or a path
	Direct bool     // step and epoch: convolutions multiply each tap

	Show func(Row) // takes a figure
	// ShowLayers takes those of the convolutions: first none, then of a layer, or of
	// the net, in up to three directions. One that was not measured has no Event.
	ShowLayers func(name string, batch int, rows []Row)
	// WriteTree writes images into a folder as PNG files.
	WriteTree func(ctx context.Context, dir string, ds *data.Dataset) error
}

// ModelError is that of a model which cannot be for such images.
type ModelError struct{ error }

// Names are the benchmarks.
var Names = []string{"kernels", "conv", "step", "epoch", "decode", "predict"}

// Run takes the figures of one of the benchmarks.
func (b *Bench) Run(ctx context.Context, name string) error {
	return map[string]func(context.Context) error{
		"kernels": b.kernels, "conv": b.convolutions, "step": b.steps, "epoch": b.epochs, "decode": b.decode, "predict": b.predictions,
	}[name](ctx)
}

// batch is how many images are in a batch, where so many are usual.
func (b *Bench) batch(usual int) int {
	if b.Batch > 0 {
		return b.Batch
	}
	return usual
}

// measure runs f for each round and reports the times of one call. f is called
// `inner` times a round, so that short work can be timed. When the context ends,
// so does the measuring, and nothing of the row is to be believed.
func (b *Bench) measure(ctx context.Context, row Row, inner int, work float64, f func()) Row {
	times := make([]float64, b.Rounds)
	f() // once to warm caches up
	for i := range times {
		start := time.Now()
		for range inner {
			if ctx.Err() != nil {
				return row
			}
			f()
		}
		times[i] = time.Since(start).Seconds() / float64(inner)
	}
	slices.Sort(times)
	row.Event, row.Threads, row.Rounds = "bench", cpu.Default().Workers(), b.Rounds
	row.Best, row.Median = times[0], times[len(times)/2]
	if work > 0 {
		row.Rate = work / row.Median
	}
	return row
}
