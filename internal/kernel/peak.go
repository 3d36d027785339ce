package kernel

// PeakFMA runs about n multiply-adds in registers, as fast as the level's
// instructions allow, and returns how many floating-point operations that was
// (two each). Timed, it gives the limit that no product can pass.
func PeakFMA(n int) (flops int) { return active.peakFMA(n) }

func peakFMAGo(n int) (flops int) {
	const x, y = 0.999, 0.001
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	rounds := n/8 + 1
	for range rounds {
		s0 = s0*x + y
		s1 = s1*x + y
		s2 = s2*x + y
		s3 = s3*x + y
		s4 = s4*x + y
		s5 = s5*x + y
		s6 = s6*x + y
		s7 = s7*x + y
	}
	if s0+s1+s2+s3+s4+s5+s6+s7 < 0 { // never, but the compiler must compute the sums to know
		return 0
	}
	return 2 * 8 * rounds
}
