package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go -C asm run . ..

// assembled returns the levels written in assembly that this machine can run.
func assembled() []*routines {
	var levels []*routines
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		levels = append(levels, routinesAVX2())
		if cpu.X86.HasBMI2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL {
			levels = append(levels, routinesAVX512())
		}
	}
	return levels
}

// The inner loops that the generator writes, by rows and by vectors or columns.
type (
	tileRoutine func(links int, link *int, a *float32, aRow, aCol int, b *float32, bRow int, init *float32, initRow int, c *float32, cRow, lanes int)
	dotRoutine  func(k int, a *float32, aRow int, b *float32, bRow int, out *float32)
)

// linkData is the links as the three ints that each consists of.
func linkData(links []Link) *int { return (*int)(unsafe.Pointer(unsafe.SliceData(links))) }

func routinesAVX2() *routines {
	return &routines{
		level: levelAVX2,

		add: addAVX2, sub: subAVX2, mul: mulAVX2, div: divAVX2, max: maxAVX2, min: minAVX2,
		sigmoidGrad: sigmoidGradAVX2, tanhGrad: tanhGradAVX2, reluGrad: reluGradAVX2,
		abs: absAVX2, sqrt: sqrtAVX2, relu: reluAVX2,
		exp: expAVX2, log: logAVX2, sigmoid: sigmoidAVX2, tanh: tanhAVX2,
		affine: affineAVX2, axpy: axpyAVX2, axpy4: axpy4AVX2, scale: scaleAVX2, divScalar: divScalarAVX2, scalarDiv: scalarDivAVX2,
		widen: widenAVX2, prefetch: prefetchAVX2, prefetchFar: prefetchFarAVX2, sum: sumAVX2, maxValue: maxValueAVX2, dot: dotAVX2, expSum: expSumAVX2,
		softmaxShort: func(dst, x, top, sum []float32, rows, c int) {
			softmaxShortAVX2(unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(top), unsafe.SliceData(sum), rows, c)
		},
		columnSums: func(dst, x []float32, rows, cols int) {
			columnSumsAVX2(unsafe.SliceData(dst), unsafe.SliceData(x), rows, cols)
		},

		columnSquares: columnSquaresAVX2, channelAffine: channelAffineAVX2, channelAffineSkip: channelAffineSkipAVX2,
		batchNormSums: batchNormSumsAVX2, batchNormSumsReLU: batchNormSumsReLUAVX2, batchNormSumsKept: batchNormSumsKeptAVX2,
		batchNormGrad: batchNormGradAVX2, batchNormGradReLU: batchNormGradReLUAVX2,
		maxOfParts: maxOfPartsAVX2, sumTaken: sumTakenAVX2, sumOfParts: sumOfPartsAVX2,
		adam: func(p, m, v, g []float32, r *AdamRates) { adamAVX2(p, m, v, g, &r.Beta1) },

		lanes: 8, tileRows: len(tilesAVX2), tileCols: 16, dotRows: len(dotsAVX2), dotCols: len(dotsAVX2[0]), ragged: false, grain: 1.9e6,
		tile: func(t *tile) {
			routine := tilesAVX2[t.rows-1][(t.lanes-1)/8]
			routine(len(t.links), linkData(t.links), unsafe.SliceData(t.a), t.aRow, t.aCol, unsafe.SliceData(t.b), t.bRow,
				unsafe.SliceData(t.init), t.initRow, unsafe.SliceData(t.c), t.cRow, t.lanes)
		},
		dots: func(d *dotTile) {
			routine := dotsAVX2[d.rows-1][d.cols-1]
			routine(d.k, unsafe.SliceData(d.a), d.aRow, unsafe.SliceData(d.b), d.bRow, unsafe.SliceData(d.out))
		},
		transpose: transposeAVX2,

		winogradInput: winogradInputAVX2, winogradOutput: winogradOutputAVX2, winogradOutputGrad: winogradOutputGradAVX2,
		winogradFilter: winogradFilterAVX2, winogradFilterGrad: winogradFilterGradAVX2,

		peakFMA: func(n int) (flops int) {
			const perRound = 12 * 8
			rounds := n/perRound + 1
			peakAVX2(rounds)
			return 2 * perRound * rounds
		},
	}
}

func routinesAVX512() *routines {
	return &routines{
		level: levelAVX512,

		add: addAVX512, sub: subAVX512, mul: mulAVX512, div: divAVX512, max: maxAVX512, min: minAVX512,
		sigmoidGrad: sigmoidGradAVX512, tanhGrad: tanhGradAVX512, reluGrad: reluGradAVX512,
		abs: absAVX512, sqrt: sqrtAVX512, relu: reluAVX512,
		exp: expAVX512, log: logAVX512, sigmoid: sigmoidAVX512, tanh: tanhAVX512,
		affine: affineAVX512, axpy: axpyAVX512, axpy4: axpy4AVX512, scale: scaleAVX512, divScalar: divScalarAVX512, scalarDiv: scalarDivAVX512,
		widen: widenAVX512, prefetch: prefetchAVX512, prefetchFar: prefetchFarAVX512, sum: sumAVX512, maxValue: maxValueAVX512, dot: dotAVX512, expSum: expSumAVX512,
		softmaxShort: func(dst, x, top, sum []float32, rows, c int) {
			softmaxShortAVX512(unsafe.SliceData(dst), unsafe.SliceData(x), unsafe.SliceData(top), unsafe.SliceData(sum), rows, c)
		},
		columnSums: func(dst, x []float32, rows, cols int) {
			columnSumsAVX512(unsafe.SliceData(dst), unsafe.SliceData(x), rows, cols)
		},

		columnSquares: columnSquaresAVX512, channelAffine: channelAffineAVX512, channelAffineSkip: channelAffineSkipAVX512,
		batchNormSums: batchNormSumsAVX512, batchNormSumsReLU: batchNormSumsReLUAVX512, batchNormSumsKept: batchNormSumsKeptAVX512,
		batchNormGrad: batchNormGradAVX512, batchNormGradReLU: batchNormGradReLUAVX512,
		maxOfParts: maxOfPartsAVX512, sumTaken: sumTakenAVX512, sumOfParts: sumOfPartsAVX512,
		adam: func(p, m, v, g []float32, r *AdamRates) { adamAVX512(p, m, v, g, &r.Beta1) },

		lanes: 16, tileRows: len(tilesAVX512), tileCols: 32, dotRows: len(dotsAVX512), dotCols: len(dotsAVX512[0]), ragged: true, grain: 1.9e6,
		tile: func(t *tile) {
			routine := tilesAVX512[t.rows-1][(t.lanes-1)/16]
			routine(len(t.links), linkData(t.links), unsafe.SliceData(t.a), t.aRow, t.aCol, unsafe.SliceData(t.b), t.bRow,
				unsafe.SliceData(t.init), t.initRow, unsafe.SliceData(t.c), t.cRow, t.lanes)
		},
		dots: func(d *dotTile) {
			routine := dotsAVX512[d.rows-1][d.cols-1]
			routine(d.k, unsafe.SliceData(d.a), d.aRow, unsafe.SliceData(d.b), d.bRow, unsafe.SliceData(d.out))
		},
		transpose: transposeAVX2,

		winogradInput: winogradInputAVX512, winogradOutput: winogradOutputAVX512, winogradOutputGrad: winogradOutputGradAVX512,
		winogradFilter: winogradFilterAVX512, winogradFilterGrad: winogradFilterGradAVX512,

		peakFMA: func(n int) (flops int) {
			const perRound = 12 * 16
			rounds := n/perRound + 1
			peakAVX512(rounds)
			return 2 * perRound * rounds
		},
	}
}

var tilesAVX2 = [...][2]tileRoutine{
	{tile1x1AVX2, tile1x2AVX2},
	{tile2x1AVX2, tile2x2AVX2},
	{tile3x1AVX2, tile3x2AVX2},
	{tile4x1AVX2, tile4x2AVX2},
	{tile5x1AVX2, tile5x2AVX2},
	{tile6x1AVX2, tile6x2AVX2},
}

var dotsAVX2 = [...][4]dotRoutine{
	{dots1x1AVX2, dots1x2AVX2, dots1x3AVX2, dots1x4AVX2},
	{dots2x1AVX2, dots2x2AVX2, dots2x3AVX2, dots2x4AVX2},
	{dots3x1AVX2, dots3x2AVX2, dots3x3AVX2, dots3x4AVX2},
}

var tilesAVX512 = [...][2]tileRoutine{
	{tile1x1AVX512, tile1x2AVX512},
	{tile2x1AVX512, tile2x2AVX512},
	{tile3x1AVX512, tile3x2AVX512},
	{tile4x1AVX512, tile4x2AVX512},
	{tile5x1AVX512, tile5x2AVX512},
	{tile6x1AVX512, tile6x2AVX512},
	{tile7x1AVX512, tile7x2AVX512},
	{tile8x1AVX512, tile8x2AVX512},
	{tile9x1AVX512, tile9x2AVX512},
	{tile10x1AVX512, tile10x2AVX512},
	{tile11x1AVX512, tile11x2AVX512},
	{tile12x1AVX512, tile12x2AVX512},
	{tile13x1AVX512, tile13x2AVX512},
	{tile14x1AVX512, tile14x2AVX512},
}

var dotsAVX512 = [...][5]dotRoutine{
	{dots1x1AVX512, dots1x2AVX512, dots1x3AVX512, dots1x4AVX512, dots1x5AVX512},
	{dots2x1AVX512, dots2x2AVX512, dots2x3AVX512, dots2x4AVX512, dots2x5AVX512},
	{dots3x1AVX512, dots3x2AVX512, dots3x3AVX512, dots3x4AVX512, dots3x5AVX512},
	{dots4x1AVX512, dots4x2AVX512, dots4x3AVX512, dots4x4AVX512, dots4x5AVX512},
	{dots5x1AVX512, dots5x2AVX512, dots5x3AVX512, dots5x4AVX512, dots5x5AVX512},
}
