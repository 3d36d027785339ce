package report

import "math"

// MeanSpread is the mean of some figures and their standard deviation, that of a
// sample: 0 for a single figure. Of none both are NaN.
func MeanSpread(v []float64) (mean, spread float64) {
	if len(v) == 0 {
		return math.NaN(), math.NaN()
	}
	for _, x := range v {
		mean += x / float64(len(v))
	}
	if len(v) == 1 {
		return mean, 0
	}
	for _, x := range v {
		spread += (x - mean) * (x - mean) / float64(len(v)-1)
	}
	return mean, math.Sqrt(spread)
}

// Chance is the standard deviation of an accuracy p measured on n images, were
// they drawn anew: that of a binomial share.
func Chance(p float64, n int) float64 { return math.Sqrt(p * (1 - p) / float64(max(n, 1))) }
