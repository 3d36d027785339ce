package synth

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

func TestSeedDecidesEveryByte(t *testing.T) {
	a, b, c := Generate(200, 100, 7), Generate(300, 50, 7), Generate(200, 100, 8)
	n := len(a.Train.Images)
	if !bytes.Equal(a.Train.Images, b.Train.Images[:n]) || !slices.Equal(a.Train.Labels, b.Train.Labels[:200]) {
		t.Error("the same seed drew different training sets")
	}
	if bytes.Equal(a.Train.Images, c.Train.Images) {
		t.Error("two seeds drew the same training set")
	}
	if bytes.Equal(a.Train.Images[:len(a.Test.Images)], a.Test.Images) {
		t.Error("the test set repeats the training set")
	}
}

func TestProcessorsChangeNoByte(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := Generate(333, 11, 3)
	for _, procs := range []int{2, 3, 8} {
		runtime.GOMAXPROCS(procs)
		many := Generate(333, 11, 3)
		if !bytes.Equal(one.Train.Images, many.Train.Images) || !bytes.Equal(one.Test.Images, many.Test.Images) {
			t.Errorf("%d processors drew other images than one", procs)
		}
	}
}

func TestSetsAreWholeAndBalanced(t *testing.T) {
	d := Generate(1003, 10, 1)
	if d.Name != "synth" || d.Valid != nil {
		t.Errorf("got data set %q with validation set %v, want synth with none", d.Name, d.Valid)
	}
	for _, set := range []interface{ Check() error }{d.Train, d.Test} {
		if err := set.Check(); err != nil {
			t.Error(err)
		}
	}
	for class, n := range d.Train.Counts() {
		if n != 100 && n != 101 {
			t.Errorf("digit %d comes %d times in 1003 images, want 100 or 101", class, n)
		}
	}
	if slices.Equal(d.Train.Labels[:10], d.Train.Labels[10:20]) {
		t.Error("each run of ten has the same order of digits")
	}
	empty := Generate(0, 0, 1)
	if empty.Train.Len() != 0 || empty.Test.Len() != 0 {
		t.Error("a set of no images holds some")
	}
}

// TestDrawIsDigitEnlarged shrinks a digit of 140 pixels by averaging 5 x 5 of
// them, and compares with the one that Digit draws from the same numbers.
func TestDrawIsDigitEnlarged(t *testing.T) {
	const k = 5
	for class := range 10 {
		small := Digit(rand.New(rand.NewPCG(5, uint64(class))), class)
		large := Draw(rand.New(rand.NewPCG(5, uint64(class))), class, k*Side)
		best := 255.
		// Centring rounds to whole pixels, which are finer on the large canvas:
		// the two may lie up to a small pixel apart.
		for shiftY := -k; shiftY <= k; shiftY++ {
			for shiftX := -k; shiftX <= k; shiftX++ {
				best = min(best, meanDifference(small[:], large, k, shiftX, shiftY))
			}
		}
		if best > 6 {
			t.Errorf("digit %d on 140 pixels differs from that on 28 by %.1f grey levels a pixel", class, best)
		}
	}
}

func meanDifference(small, large []uint8, k, shiftX, shiftY int) float64 {
	sum := 0.
	for row := range Side {
		for col := range Side {
			mean := 0
			for y := row*k + shiftY; y < row*k+shiftY+k; y++ {
				for x := col*k + shiftX; x < col*k+shiftX+k; x++ {
					if x >= 0 && y >= 0 && x < k*Side && y < k*Side {
						mean += int(large[y*k*Side+x])
					}
				}
			}
			d := float64(mean)/float64(k*k) - float64(small[row*Side+col])
			sum += max(d, -d)
		}
	}
	return sum / (Side * Side)
}

func BenchmarkGenerate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Generate(7000, 0, 1)
	}
}
