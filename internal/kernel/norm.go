package kernel

import (
	"fmt"
	"math"
)

// Functions of channels: matrices of rows x cols whose rows lie one after
// another, with a number for each column.

// ColumnSquares computes dst[j] = the sum of (x[i, j] - center[j])² over the rows of x (rows x cols).
func ColumnSquares(dst, x, center []float32, rows, cols int) {
	checkColumns("ColumnSquares", rows, cols, [][]float32{dst, center}, x)
	active.columnSquares(dst, x, center, rows, cols)
}

// ChannelAffine computes dst[i, j] = x[i, j]*scale[j] + shift[j] + skip[i, j], and the
// greater of that and 0 where relu is set; NaN stays NaN. skip may be nil.
// dst may be x or skip.
func ChannelAffine(dst, x, scale, shift, skip []float32, rows, cols int, relu bool) {
	checkColumns("ChannelAffine", rows, cols, [][]float32{scale, shift}, dst, x)
	least := float32(math.Inf(-1))
	if relu {
		least = 0
	}
	if skip == nil {
		active.channelAffine(dst, x, scale, shift, rows, cols, least)
		return
	}
	checkColumns("ChannelAffine", rows, cols, nil, skip)
	active.channelAffineSkip(dst, x, scale, shift, skip, rows, cols, least)
}

// BatchNormSums computes, with g = dy where y > 0, else 0,
//
//	sum[j]   = the sum of g[i, j]
//	cross[j] = the sum of g[i, j] * (x[i, j] - mean[j])
//	kept     = g
//
// y may be nil: g is dy then. kept may be nil.
func BatchNormSums(sum, cross, kept, dy, y, x, mean []float32, rows, cols int) {
	checkColumns("BatchNormSums", rows, cols, [][]float32{sum, cross, mean}, dy, x)
	if kept != nil {
		checkColumns("BatchNormSums", rows, cols, nil, kept)
	}
	if y == nil {
		active.batchNormSums(sum, cross, dy, x, mean, rows, cols)
		if kept != nil {
			copy(kept[:rows*cols], dy)
		}
		return
	}
	checkColumns("BatchNormSums", rows, cols, nil, y)
	if kept == nil {
		active.batchNormSumsReLU(sum, cross, dy, y, x, mean, rows, cols)
		return
	}
	active.batchNormSumsKept(sum, cross, kept, dy, y, x, mean, rows, cols)
}

// BatchNormGrad computes dx[i, j] = a[j]*g[i, j] + b[j]*(x[i, j] - mean[j]) + c[j],
// with g = dy where y > 0, else 0. y may be nil: g is dy then. dx may be dy.
func BatchNormGrad(dx, dy, y, x, mean, a, b, c []float32, rows, cols int) {
	checkColumns("BatchNormGrad", rows, cols, [][]float32{mean, a, b, c}, dx, dy, x)
	if y == nil {
		active.batchNormGrad(dx, dy, x, mean, a, b, c, rows, cols)
		return
	}
	checkColumns("BatchNormGrad", rows, cols, nil, y)
	active.batchNormGradReLU(dx, dy, y, x, mean, a, b, c, rows, cols)
}

func checkColumns(name string, rows, cols int, perColumn [][]float32, matrices ...[]float32) {
	for _, v := range perColumn {
		if len(v) < cols {
			panic(fmt.Sprintf("[kernel.%s] %d columns, but %d numbers for them", name, cols, len(v)))
		}
	}
	for _, m := range matrices {
		if len(m) < rows*cols {
			panic(fmt.Sprintf("[kernel.%s] %d rows of %d, but %d elements", name, rows, cols, len(m)))
		}
	}
}

func columnSquaresGo(dst, x, center []float32, rows, cols int) {
	clear(dst[:cols])
	for i := range rows {
		for j, v := range x[i*cols:][:cols] {
			far := v - center[j]
			dst[j] += far * far
		}
	}
}

func channelAffineGo(dst, x, scale, shift []float32, rows, cols int, least float32) {
	for i := range rows {
		to := dst[i*cols:][:cols]
		for j, v := range x[i*cols:][:cols] {
			to[j] = max(v*scale[j]+shift[j], least)
		}
	}
}

func channelAffineSkipGo(dst, x, scale, shift, skip []float32, rows, cols int, least float32) {
	for i := range rows {
		to, other := dst[i*cols:][:cols], skip[i*cols:][:cols]
		for j, v := range x[i*cols:][:cols] {
			to[j] = max(v*scale[j]+shift[j]+other[j], least)
		}
	}
}

func batchNormSumsGo(sum, cross, dy, x, mean []float32, rows, cols int) {
	clear(sum[:cols])
	clear(cross[:cols])
	for i := range rows {
		numbers := x[i*cols:][:cols]
		for j, g := range dy[i*cols:][:cols] {
			sum[j] += g
			cross[j] += g * (numbers[j] - mean[j])
		}
	}
}

func batchNormSumsReLUGo(sum, cross, dy, y, x, mean []float32, rows, cols int) {
	clear(sum[:cols])
	clear(cross[:cols])
	for i := range rows {
		numbers, out := x[i*cols:][:cols], y[i*cols:][:cols]
		for j, g := range dy[i*cols:][:cols] {
			if out[j] > 0 {
				sum[j] += g
				cross[j] += g * (numbers[j] - mean[j])
			}
		}
	}
}

func batchNormSumsKeptGo(sum, cross, kept, dy, y, x, mean []float32, rows, cols int) {
	reluGradGo(kept[:rows*cols], y, dy)
	batchNormSumsGo(sum, cross, kept, x, mean, rows, cols)
}

func batchNormGradGo(dx, dy, x, mean, a, b, c []float32, rows, cols int) {
	for i := range rows {
		to, numbers := dx[i*cols:][:cols], x[i*cols:][:cols]
		for j, g := range dy[i*cols:][:cols] {
			to[j] = a[j]*g + (b[j]*(numbers[j]-mean[j]) + c[j])
		}
	}
}

func batchNormGradReLUGo(dx, dy, y, x, mean, a, b, c []float32, rows, cols int) {
	for i := range rows {
		to, numbers, out := dx[i*cols:][:cols], x[i*cols:][:cols], y[i*cols:][:cols]
		for j, g := range dy[i*cols:][:cols] {
			if !(out[j] > 0) {
				g = 0
			}
			to[j] = a[j]*g + (b[j]*(numbers[j]-mean[j]) + c[j])
		}
	}
}
