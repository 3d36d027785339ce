package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// shapesOfRows are rows and columns: each number of columns that ends a loop.
func shapesOfRows() [][2]int {
	var out [][2]int
	for cols := 1; cols < 70; cols++ {
		out = append(out, [2]int{1 + cols%5, cols})
	}
	return append(out, [2]int{0, 7}, [2]int{3, 0}, [2]int{300, 10}, [2]int{64, 64}, [2]int{7, 200})
}

// close fails the test where got is further from want than float32 makes it,
// for a sum of terms of the given magnitude.
func closeTo(t *testing.T, what string, got float32, want, magnitude float64) {
	t.Helper()
	if math.IsNaN(want) && got != got {
		return
	}
	if !(math.Abs(float64(got)-want) <= 2e-6*magnitude+1e-37) {
		t.Fatalf("%s is %v, want %v", what, got, want)
	}
}

// guarded is room for n numbers with one behind it that must stay as it is.
func guarded(t *testing.T, n int) []float32 {
	room := make([]float32, n+1)
	room[n] = 42
	t.Cleanup(func() {
		if room[n] != 42 {
			t.Errorf("wrote behind %d elements", n)
		}
	})
	return room[:n:n]
}

func TestColumns(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(31, 32))
		for _, shape := range shapesOfRows() {
			rows, cols := shape[0], shape[1]
			n := rows * cols
			dy, y, x, skip := random(rng, n), random(rng, n), random(rng, n), random(rng, n)
			mean, a, b, c := random(rng, cols), random(rng, cols), random(rng, cols), random(rng, cols)
			name := fmt.Sprintf("%d rows of %d", rows, cols)
			at := func(v []float32, i int) float64 { return float64(v[i]) }

			squares := guarded(t, cols)
			ColumnSquares(squares, x, mean, rows, cols)
			for j := range cols {
				want := 0.0
				for i := j; i < n; i += cols {
					want += (at(x, i) - at(mean, j)) * (at(x, i) - at(mean, j))
				}
				closeTo(t, name+": ColumnSquares", squares[j], want, want)
			}

			for _, relu := range []bool{false, true} {
				for _, other := range [][]float32{nil, skip} {
					dst, inPlace := guarded(t, n), slices.Clone(x)
					ChannelAffine(dst, x, a, b, other, rows, cols, relu)
					ChannelAffine(inPlace, inPlace, a, b, other, rows, cols, relu)
					if !slices.Equal(dst, inPlace) {
						t.Fatal(name, ": ChannelAffine in place differs")
					}
					for i := range n {
						want := at(x, i)*at(a, i%cols) + at(b, i%cols)
						if other != nil {
							want += at(other, i)
						}
						if relu {
							want = max(want, 0)
						}
						closeTo(t, name+": ChannelAffine", dst[i], want, 10)
					}
				}

				var out []float32
				g := slices.Clone(dy)
				if relu {
					out = y
					ReLUGrad(g, y, dy)
				}
				for _, keep := range []bool{false, true} {
					sum, cross := guarded(t, cols), guarded(t, cols)
					var kept []float32
					if keep {
						kept = guarded(t, n)
					}
					BatchNormSums(sum, cross, kept, dy, out, x, mean, rows, cols)
					if keep && !slices.Equal(kept, g) {
						t.Fatal(name, ": BatchNormSums kept something else than g")
					}
					for j := range cols {
						wantSum, wantCross, magnitude := 0.0, 0.0, 0.0
						for i := j; i < n; i += cols {
							wantSum += at(g, i)
							wantCross += at(g, i) * (at(x, i) - at(mean, j))
							magnitude += math.Abs(at(g, i)) * (1 + math.Abs(at(x, i)-at(mean, j)))
						}
						closeTo(t, name+": BatchNormSums' sum", sum[j], wantSum, magnitude)
						closeTo(t, name+": BatchNormSums' cross", cross[j], wantCross, magnitude)
					}
				}
				dx, inPlace := guarded(t, n), slices.Clone(dy)
				BatchNormGrad(dx, dy, out, x, mean, a, b, c, rows, cols)
				BatchNormGrad(inPlace, inPlace, out, x, mean, a, b, c, rows, cols)
				if !slices.Equal(dx, inPlace) {
					t.Fatal(name, ": BatchNormGrad in place differs")
				}
				for i := range n {
					j := i % cols
					want := at(a, j)*at(g, i) + at(b, j)*(at(x, i)-at(mean, j)) + at(c, j)
					closeTo(t, name+": BatchNormGrad", dx[i], want, 10)
				}
			}
		}
	})
}

// The relu of ChannelAffine keeps a NaN, and that of the gradient asks y alone.
func TestColumnsKeepNaN(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		nan := float32(math.NaN())
		for cols := 1; cols < 70; cols++ {
			x, one, zero := make([]float32, cols), make([]float32, cols), make([]float32, cols)
			Fill(x, nan)
			Fill(one, 1)
			dst := make([]float32, cols)
			ChannelAffine(dst, x, one, zero, nil, 1, cols, true)
			for _, v := range dst {
				if v == v {
					t.Fatalf("%d columns: relu of NaN is %v", cols, v)
				}
			}
			BatchNormGrad(dst, x, zero, one, one, one, one, one, 1, cols)
			for _, v := range dst {
				if v != 1 { // 1*0 + 1*(1-1) + 1
					t.Fatalf("%d columns: a NaN behind a closed relu gives %v", cols, v)
				}
			}
		}
	})
}

func TestParts(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(33, 34))
		for _, n := range lengths() {
			x := values(rng, n+50)
			for i := range x {
				if rng.IntN(3) == 0 {
					x[i] = float32(rng.IntN(3)) // ties
				}
			}
			offsets, taps := []int{7, 0, 50, 7, 31}, []int32{3, 0, 8, 5, 1}
			for count := 1; count <= len(offsets); count++ {
				offsets, taps := offsets[:count], taps[:count]
				dst, index := guarded(t, n), make([]int32, n)
				MaxOfParts(dst, index, x, offsets, taps)
				wantMax, wantIndex := make([]float32, n), make([]int32, n)
				for i := range n {
					best := 0
					for p := range offsets {
						v, top := x[offsets[p]+i], x[offsets[best]+i]
						if v > top || v != v && top == top {
							best = p
						}
					}
					wantMax[i], wantIndex[i] = x[offsets[best]+i], taps[best]
				}
				for i := range n {
					if index[i] != wantIndex[i] || dst[i] != wantMax[i] && dst[i] == dst[i] {
						t.Fatalf("MaxOfParts, element %d of %d, %d parts: %v by tap %d, want %v by tap %d", i, n, count, dst[i], index[i], wantMax[i], wantIndex[i])
					}
				}
			}

			dy, chosen := random(rng, n+50), make([]int32, n+50)
			for i := range chosen {
				chosen[i] = int32(rng.IntN(9))
			}
			for count := range len(offsets) + 1 {
				offsets, taps := offsets[:count], taps[:count]
				taken, sum := guarded(t, n), guarded(t, n)
				SumTaken(taken, dy, chosen, offsets, taps)
				SumOfParts(sum, dy, offsets, 0.25)
				for i := range n {
					wantTaken, wantSum := 0.0, 0.0
					for p, from := range offsets {
						wantSum += 0.25 * float64(dy[from+i])
						if chosen[from+i] == taps[p] {
							wantTaken += float64(dy[from+i])
						}
					}
					closeTo(t, "SumTaken", taken[i], wantTaken, 10)
					closeTo(t, "SumOfParts", sum[i], wantSum, 10)
				}
			}
		}
	})
}

func TestAdam(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(35, 36))
		for _, keep := range []float32{1, 0.99} {
			r := &AdamRates{Beta1: 0.9, Gain1: 0.1, Beta2: 0.999, Gain2: 0.001, Keep: keep, Rate: 0.02, Root: 3, Eps: 1e-6}
			for _, n := range lengths() {
				p, m, v, g := random(rng, n+1), random(rng, n+1), random(rng, n+1), random(rng, n+1)
				for i := range n { // blocks in which nothing is learned
					v[i] *= v[i]
					if i/64%2 == 1 && rng.IntN(100) > 0 {
						m[i], v[i], g[i] = 0, 0, 0
					}
				}
				q, a, s := slices.Clone(p), slices.Clone(m), slices.Clone(v)
				Adam(p[:n], m[:n], v[:n], g[:n], r)
				if p[n] != q[n] || m[n] != a[n] || v[n] != s[n] {
					t.Fatalf("wrote behind %d elements", n)
				}
				for i := range n {
					d := float64(g[i])
					mean, square := 0.9*float64(a[i])+0.1*d, 0.999*float64(s[i])+0.001*d*d
					closeTo(t, "m", m[i], mean, math.Abs(float64(a[i]))+math.Abs(d))
					closeTo(t, "v", v[i], square, square)
					step := 0.02 * mean / (3*math.Sqrt(square) + 1e-6)
					size := 0.02 * (math.Abs(0.9*float64(a[i])) + math.Abs(0.1*d)) / (3*math.Sqrt(square) + 1e-6)
					closeTo(t, "p", p[i], float64(keep)*float64(q[i])-step, math.Abs(float64(q[i]))+size)
				}
			}
		}
	})
}
