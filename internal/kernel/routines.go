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
	widen                             func(dst []float32, src []uint8, scale float32)
	sum, maxValue                     func(x []float32) float32
	dot                               func(x, y []float32) float32

	peakFMA func(n int) (flops int)
}

var plain = routines{
	level: levelGo,

	add: addGo, sub: subGo, mul: mulGo, div: divGo, max: maxGo, min: minGo,
	sigmoidGrad: sigmoidGradGo, tanhGrad: tanhGradGo, reluGrad: reluGradGo,
	abs: absGo, sqrt: sqrtGo, relu: reluGo,
	exp: expGo, log: logGo, sigmoid: sigmoidGo, tanh: tanhGo,
	affine: affineGo,
	axpy:   axpyGo, scale: scaleGo, divScalar: divScalarGo, scalarDiv: scalarDivGo,
	widen: widenGo,
	sum:   sumGo, maxValue: maxValueGo,
	dot: dotGo,

	peakFMA: peakFMAGo,
}

// available holds the levels that this machine can run, the best last.
var available = append([]*routines{&plain}, assembled()...)
