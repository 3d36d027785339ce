package tensor_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"inkling/tensor"
)

func TestReductions(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		x := count(mem, 2, 3, 4)
		want(t, x.Sum(), []int{}, 276)
		want(t, x.Sum(0), []int{3, 4}, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34)
		want(t, x.Sum(1), []int{2, 4}, 12, 15, 18, 21, 48, 51, 54, 57)
		want(t, x.Sum(-1), []int{2, 3}, 6, 22, 38, 54, 70, 86)
		want(t, x.Sum(0, 2), []int{3}, 60, 92, 124)
		want(t, x.Sum(-1, 0), []int{3}, 60, 92, 124)
		want(t, x.Sum(0, 1, 2), []int{}, 276)
		want(t, x.SumKeep(0, 2), []int{1, 3, 1}, 60, 92, 124)
		want(t, x.SumKeep(), []int{1, 1, 1}, 276)
		want(t, x.Mean(1), []int{2, 4}, 4, 5, 6, 7, 16, 17, 18, 19)
		want(t, x.MeanKeep(-1), []int{2, 3, 1}, 1.5, 5.5, 9.5, 13.5, 17.5, 21.5)
		want(t, x.Max(0, 1), []int{4}, 20, 21, 22, 23)
		want(t, x.MaxKeep(2), []int{2, 3, 1}, 3, 7, 11, 15, 19, 23)
		want(t, x.Min(1, 2), []int{2}, 0, 12)
		want(t, x.Transpose(2, 0, 1).Sum(0), []int{2, 3}, 6, 22, 38, 54, 70, 86)
		want(t, x.Slice(2, 1, 3).Max(2), []int{2, 3}, 2, 6, 10, 14, 18, 22)
		want(t, mem.Scalar(3).BroadcastTo(4, 5).Sum(0), []int{5}, 12, 12, 12, 12, 12)
		want(t, mem.Scalar(3).Mean(), []int{}, 3)
		want(t, of(mem, 1, math.NaN(), 2).Max(), []int{}, math.NaN())
		want(t, of(mem, 1, math.NaN(), 2).Min(), []int{}, math.NaN())
		want(t, of(mem, -1, math.Inf(-1)).Max(), []int{}, -1)
	})
}

func TestReductionsOfNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		want(t, mem.Full(1, 0).Sum(), []int{}, 0)
		want(t, mem.Full(1, 3, 0).Sum(1), []int{3}, 0, 0, 0)
		want(t, mem.Full(1, 3, 0).Sum(0), []int{0})
		want(t, mem.Full(1, 3, 0).Max(0), []int{0})
		for text, f := range map[string]func(){
			"[max] (3, 0): of no elements":    func() { mem.Full(1, 3, 0).Max(1) },
			"[mean] (0,): of no elements":     func() { mem.Full(1, 0).Mean() },
			"[argmax] (3, 0): of no elements": func() { mem.Full(1, 3, 0).ArgMax(1) },
		} {
			if got := shapeSaid(t, f); got != text {
				t.Errorf("said %q, want %q", got, text)
			}
		}
	})
}

func TestReductionErrors(t *testing.T) {
	x := tensor.Zeros(2, 3)
	for text, f := range map[string]func(){
		"[sum] (2, 3): axis 1 is named twice":                                     func() { x.Sum(1, -1) },
		"[mean] (2, 3): has no axis 2; axes run from -2 to 1":                     func() { x.Mean(2) },
		"[argmax] (2, 3): has no axis -3; axes run from -2 to 1":                  func() { x.ArgMax(-3) },
		"[sum-to] (2, 3) x (1, 2, 3): the second does not broadcast to the first": func() { x.SumTo(1, 2, 3) },
	} {
		if got := shapeSaid(t, f); got != text {
			t.Errorf("said %q, want %q", got, text)
		}
	}
}

// SumTo undoes a broadcast: each element gets the sum over its repetitions.
func TestSumTo(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		x := count(mem, 2, 3, 2)
		want(t, x.SumTo(3, 2), []int{3, 2}, 6, 8, 10, 12, 14, 16)
		want(t, x.SumTo(3, 1), []int{3, 1}, 14, 22, 30)
		want(t, x.SumTo(2, 1, 1), []int{2, 1, 1}, 15, 51)
		want(t, x.SumTo(), []int{}, 66)
		if x.SumTo(2, 3, 2) != x {
			t.Error("SumTo of the same shape is a copy")
		}
	})
}

func TestArgMax(t *testing.T) {
	nan := math.NaN()
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		for _, c := range []struct {
			x    *tensor.Tensor
			axis int
			want []int32
		}{
			{tensor.Of(mem, []float32{1, 3, 3, 9, 9, 9, -1, -2, -1}, 3, 3), 1, []int32{1, 0, 0}}, // ties: the first
			{tensor.Of(mem, []float32{1, 3, 3, 9, 9, 9, -1, -2, -1}, 3, 3), 0, []int32{1, 1, 1}},
			{of(mem, 5, nan, 7, nan), 0, []int32{1}}, // NaN is greatest
			{of(mem, math.Inf(-1), math.Inf(-1)), -1, []int32{0}},
			{count(mem, 2, 3, 4), 1, []int32{2, 2, 2, 2, 2, 2, 2, 2}},
			{count(mem, 2, 3).T(), 0, []int32{2, 2}},
			{mem.Full(0, 0, 3), 1, nil},
		} {
			if got := c.x.ArgMax(c.axis).Ints(); !slices.Equal(got, c.want) {
				t.Errorf("argmax along %d of %v is %v, want %v", c.axis, c.x, got, c.want)
			}
		}
	})
}

func TestMatMul(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		a, b := count(mem, 2, 3), count(mem, 3, 2) // 0 1 2 | 3 4 5 and 0 1 | 2 3 | 4 5
		v := of(mem, 1, 10, 100)
		want(t, a.MatMul(b), []int{2, 2}, 10, 13, 28, 40)
		want(t, a.MatMulAdd(b, of(mem, 100, 200)), []int{2, 2}, 110, 213, 128, 240)
		want(t, a.MatMul(v), []int{2}, 210, 543)
		want(t, v.MatMul(b), []int{2}, 420, 531)
		want(t, v.MatMul(v), []int{}, 10101)
		want(t, b.T().MatMul(a.T()), []int{2, 2}, 10, 28, 13, 40)
		want(t, a.MatMul(a.T()), []int{2, 2}, 5, 14, 14, 50)
		want(t, a.Slice(1, 1, 3).MatMul(b.Slice(0, 0, 2)), []int{2, 2}, 4, 7, 10, 19)

		x, y := count(mem, 2, 2, 3), count(mem, 2, 3, 2)
		want(t, x.MatMul(y), []int{2, 2, 2}, 10, 13, 28, 40, 172, 193, 244, 274)
		want(t, x.MatMul(b), []int{2, 2, 2}, 10, 13, 28, 40, 46, 67, 64, 94)     // the matrix for each of the batch
		want(t, a.MatMul(y), []int{2, 2, 2}, 10, 13, 28, 40, 28, 31, 100, 112)   // likewise on the left
		want(t, x.Unsqueeze(1).MatMul(y), []int{2, 2, 2, 2}, 10, 13, 28, 40, 28) // (2, 1) and (2) make (2, 2)
		want(t, x.MatMul(v), []int{2, 2}, 210, 543, 876, 1209)
		want(t, v.MatMul(y), []int{2, 2}, 420, 531, 1086, 1197)
		want(t, x.Transpose(0, 2, 1).MatMul(x).Index(0, 0), []int{3, 3}, 9, 12, 15, 12, 17, 22, 15, 22, 29)

		want(t, mem.Full(1, 2, 0).MatMul(mem.Full(1, 0, 3)), []int{2, 3}, 0, 0, 0, 0, 0, 0)
		want(t, mem.Full(1, 2, 0).MatMulAdd(mem.Full(1, 0, 2), of(mem, 3, 4)), []int{2, 2}, 3, 4, 3, 4)
		want(t, mem.Full(1, 0, 3).MatMul(mem.Full(1, 3, 2)), []int{0, 2})
	})
}

// A transposed operand is read where it lies: the product makes its result and
// no other buffer.
func TestMatMulReadsTransposesInPlace(t *testing.T) {
	arena := tensor.CPU.Arena()
	x, y := arena.Full(1, 8, 4), arena.Full(1, 8, 4)
	held := arena.Held()
	x.T().MatMul(y)
	x.MatMul(y.T())
	if got := arena.Held() - held; got != 2 {
		t.Errorf("two products made %d buffers", got)
	}
}

func TestSoftmax(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		x := tensor.Of(mem, []float64{0, math.Log(3), math.Log(2), math.Log(2), 5, 5}, 3, 2)
		want(t, x.Softmax(1), []int{3, 2}, 0.25, 0.75, 0.5, 0.5, 0.5, 0.5)
		want(t, x.T().Softmax(0), []int{2, 3}, 0.25, 0.5, 0.5, 0.75, 0.5, 0.5)
		want(t, x.LogSoftmax(-1), []int{3, 2}, math.Log(0.25), math.Log(0.75), -math.Ln2, -math.Ln2, -math.Ln2, -math.Ln2)
		y := count(mem, 2, 3, 4).Sqrt()
		for axis := range 3 {
			p := y.Softmax(axis)
			for _, sum := range p.Sum(axis).Float64s() {
				if math.Abs(sum-1) > 1e-6 {
					t.Errorf("softmax along axis %d sums to %v", axis, sum)
				}
			}
			moved := y.Transpose((axis+1)%3, (axis+2)%3, axis).Softmax(2) // the same, along the last axis
			order := [3][]int{{2, 0, 1}, {1, 2, 0}, {0, 1, 2}}[axis]
			want(t, p, []int{2, 3, 4}, moved.Transpose(order...).Float64s()...)
		}

		sure := tensor.Of(mem, []float32{1e4, -1e4, 0, -1e4, -1e4, -1e4}, 2, 3)
		want(t, sure.Softmax(1), []int{2, 3}, 1, 0, 0, 1.0/3, 1.0/3, 1.0/3)
		want(t, sure.LogSoftmax(1), []int{2, 3}, 0, -2e4, -1e4, -math.Log(3), -math.Log(3), -math.Log(3))
		losses, probs := sure.CrossEntropy(tensor.Of(mem, []int32{1, 2}, 2))
		want(t, losses, []int{2}, 2e4, math.Log(3))
		want(t, probs, []int{2, 3}, 1, 0, 0, 1.0/3, 1.0/3, 1.0/3)
		want(t, mem.Full(0, 2, 0).Softmax(1), []int{2, 0})
		want(t, mem.Full(0, 2, 0).Softmax(0), []int{2, 0})
	})
	if got := shapeSaid(t, func() { tensor.Zeros(4, 1).CrossEntropy(tensor.FromInts([]int32{0, 0}, 2)) }); !strings.HasPrefix(got, "[cross-entropy] (4, 1) x (2,): wants predictions (n, classes)") {
		t.Errorf("said %q", got)
	}
	if got := said(func() { tensor.Zeros(1, 3).CrossEntropy(tensor.FromInts([]int32{3}, 1)) }); !strings.Contains(got, "3") {
		t.Errorf("a label of 3 among 3 classes said %q", got)
	}
	if got := shapeSaid(t, func() {
		tensor.Zeros(2, 3).CrossEntropyGrad(tensor.FromInts([]int32{0, 0}, 2), tensor.Zeros())
	}); !strings.Contains(got, "wants one gradient an image, (2,)") {
		t.Errorf("said %q", got)
	}
}

func TestOneHotGatherScatter(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		ints := func(v ...int32) *tensor.Tensor { return tensor.Of(mem, v, len(v)) }
		want(t, ints(2, 0).OneHot(3), []int{2, 3}, 0, 0, 1, 1, 0, 0)
		want(t, ints(0, 1, 1, 0).Reshape(2, 2).T().OneHot(2), []int{2, 2, 2}, 1, 0, 0, 1, 0, 1, 1, 0)
		want(t, ints().OneHot(3), []int{0, 3})

		x := count(mem, 3, 2)
		want(t, x.Gather(ints(2, 0, 2)), []int{3, 2}, 4, 5, 0, 1, 4, 5)
		want(t, x.T().Gather(ints(1)), []int{1, 3}, 1, 3, 5)
		want(t, x.Gather(ints(0, 1, 2, 0).Slice(0, 1, 3)), []int{2, 2}, 2, 3, 4, 5)
		want(t, x.Gather(ints()), []int{0, 2})
		images := tensor.Of(mem, []uint8{0, 51, 255, 102, 7, 8}, 3, 2)
		want(t, images.GatherFloat(ints(1, 0), 1.0/255), []int{2, 2}, 1, 0.4, 0, 0.2)
		want(t, images.T().GatherFloat(ints(1), 1), []int{1, 3}, 51, 102, 8)
		if got := images.Gather(ints(2)).Bytes(); !slices.Equal(got, []uint8{7, 8}) {
			t.Errorf("bytes gathered are %v", got)
		}
		if got := ints(7, 8, 9).Gather(ints(2, 1, 1)).Ints(); !slices.Equal(got, []int32{9, 8, 8}) {
			t.Errorf("labels gathered are %v", got)
		}
		want(t, count(mem, 3, 2).ScatterAdd(ints(1, 3, 1), 4), []int{4, 2}, 0, 0, 4, 6, 0, 0, 2, 3)

		for text, f := range map[string]func(){
			"wants rows and a vector of int indices": func() { x.Gather(of(mem, 1)) },
			"wants rows and an int index for each":   func() { x.ScatterAdd(ints(0), 3) },
			"labels are ints":                        func() { x.OneHot(3) },
			"index 3":                                func() { x.Gather(ints(0, 3)) },
			"index -1":                               func() { x.Gather(ints(-1)) },
			"index 4":                                func() { ints(4).OneHot(4) },
			"9 axes":                                 func() { ints(0).Reshape(1, 1, 1, 1, 1, 1, 1, 1).OneHot(2) },
		} {
			if got := said(f); !strings.Contains(got, text) {
				t.Errorf("said %q, want something with %q", got, text)
			}
		}
	})
}
