package kernel

// routines is what a level consists of. A level starts as a copy of plain and
// replaces what it has something better for.
type routines struct {
	level string

	add, sub, mul, div, max, min      func(dst, x, y []float32)
	sigmoidGrad, tanhGrad, reluGrad   func(dst, y, dy []float32)
	abs, sqrt, relu                   func(dst, x []float32)
	exp, log, sigmoid, tanh           func(dst, x []float32)
	affine                            func(dst, x []float32, a, b float32)
	axpy, scale, divScalar, scalarDiv func(dst, x []float32, s float32)
	axpy4                             func(dst, x0, x1, x2, x3 []float32, s0, s1, s2, s3 float32)
	widen                             func(dst []float32, src []uint8, scale float32)
	prefetch, prefetchFar             func(src []uint8)
	sum, maxValue                     func(x []float32) float32
	dot                               func(x, y []float32) float32

	expSum       func(dst, x []float32, shift float32) float32
	softmaxShort func(dst, x, top, sum []float32, rows, c int) // c <= 16
	columnSums   func(dst, x []float32, rows, cols int)

	// Channels: matrices of rows x cols, and a number for each column.
	columnSquares     func(dst, x, center []float32, rows, cols int)
	channelAffine     func(dst, x, scale, shift []float32, rows, cols int, least float32)
	channelAffineSkip func(dst, x, scale, shift, skip []float32, rows, cols int, least float32)
	batchNormSums     func(sum, cross, dy, x, mean []float32, rows, cols int)
	batchNormSumsReLU func(sum, cross, dy, y, x, mean []float32, rows, cols int)
	batchNormSumsKept func(sum, cross, kept, dy, y, x, mean []float32, rows, cols int)
	batchNormGrad     func(dx, dy, x, mean, a, b, c []float32, rows, cols int)
	batchNormGradReLU func(dx, dy, y, x, mean, a, b, c []float32, rows, cols int)

	// Windows: parts of one slice, each as long as dst.
	maxOfParts func(dst []float32, index []int32, x []float32, offsets []int, taps []int32)
	sumTaken   func(dst, dy []float32, index []int32, offsets []int, taps []int32)
	sumOfParts func(dst, x []float32, offsets []int, scale float32)

	adam func(p, m, v, g []float32, r *AdamRates)

	// The product: lanes in a vector, the greatest tile of each form, whether
	// tile reads no more of b than its lanes, and the operations that are
	// worth a task, some 20 µs.
	lanes, tileRows, tileCols int
	dotRows, dotCols          int
	ragged                    bool
	grain                     float64
	tile                      func(*tile)
	dots                      func(*dotTile)
	transpose                 func(dst *float32, dstRow int, src *float32, srcRow, blocks int)

	winogradInput, winogradOutput, winogradOutputGrad, winogradFilter, winogradFilterGrad func(dst, src **float32, tmp *float32, n int)

	peakFMA func(n int) (flops int)
}

var plain = routines{
	level: levelGo,

	add: addGo, sub: subGo, mul: mulGo, div: divGo, max: maxGo, min: minGo,
	sigmoidGrad: sigmoidGradGo, tanhGrad: tanhGradGo, reluGrad: reluGradGo,
	abs: absGo, sqrt: sqrtGo, relu: reluGo,
	exp: expGo, log: logGo, sigmoid: sigmoidGo, tanh: tanhGo,
	affine: affineGo,
	axpy:   axpyGo, axpy4: axpy4Go, scale: scaleGo, divScalar: divScalarGo, scalarDiv: scalarDivGo,
	widen: widenGo, prefetch: func([]uint8) {}, prefetchFar: func([]uint8) {},
	sum: sumGo, maxValue: maxValueGo,
	dot: dotGo,

	expSum: expSumGo, softmaxShort: softmaxShortGo, columnSums: columnSumsGo,

	columnSquares: columnSquaresGo, channelAffine: channelAffineGo, channelAffineSkip: channelAffineSkipGo,
	batchNormSums: batchNormSumsGo, batchNormSumsReLU: batchNormSumsReLUGo, batchNormSumsKept: batchNormSumsKeptGo,
	batchNormGrad: batchNormGradGo, batchNormGradReLU: batchNormGradReLUGo,
	maxOfParts: maxOfPartsGo, sumTaken: sumTakenGo, sumOfParts: sumOfPartsGo,
	adam: adamGo,

	lanes: 1, tileRows: 16, tileCols: 64, dotRows: 4, dotCols: 4, ragged: true, grain: 1e5,
	tile: tileGo, dots: dotsGo,

	winogradInput: square(winogradB), winogradOutput: square(winogradA), winogradOutputGrad: square(transposed(winogradA)),
	winogradFilter: square(winogradG), winogradFilterGrad: square(transposed(winogradG)),

	peakFMA: peakFMAGo,
}

// available holds the levels that this machine can run, the best last.
var available = append([]*routines{&plain}, assembled()...)
