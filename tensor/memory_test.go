package tensor_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/device/ref"
	"inkling/tensor"
)

// The same seed gives these numbers for ever: a model of today can be trained
// again tomorrow.
func TestRandomNumbersAreGolden(t *testing.T) {
	normal := []float32{0.09486137, 0.018684512, 0.050017104, -0.2813286}
	uniform := []float32{0.35291132, -0.07722756, 0.017094795, -0.1404145}
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		seeded := func() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }
		if got := mem.Normal(seeded(), 0.25, 2, 2).Float32s(); !slices.Equal(got, normal) {
			t.Errorf("normal: %v, want %v", got, normal)
		}
		if got := mem.Uniform(seeded(), -1, 1, 4).Float32s(); !slices.Equal(got, uniform) {
			t.Errorf("uniform: %v, want %v", got, uniform)
		}
		rng := seeded()
		x := mem.Normal(rng, 2, 20000)
		mean := x.Mean().Item()
		if variance := x.Square().Mean().Item() - mean*mean; mean*mean > 0.01 || variance < 3.8 || variance > 4.2 {
			t.Errorf("mean %v and variance %v; want 0 and 4", mean, variance)
		}
		u := mem.Uniform(rng, 3, 5, 20000)
		if u.Min().Item() < 3 || u.Max().Item() >= 5 || u.Mean().Item() < 3.95 || u.Mean().Item() > 4.05 {
			t.Errorf("uniform from 3 to 5 runs from %v to %v", u.Min().Item(), u.Max().Item())
		}
	})
}

// A result lives where its operands live, and in the arena if one of them does.
func TestResultsLiveInTheArena(t *testing.T) {
	arena := tensor.CPU.Arena()
	outside, inside := tensor.Ones(2, 2), arena.Full(1, 2, 2)
	labels := tensor.FromInts([]int32{0, 1}, 2)
	losses, probs := inside.CrossEntropy(labels)
	for name, x := range map[string]*tensor.Tensor{
		"left": inside.Add(outside), "right": outside.Add(inside), "matmul": outside.MatMul(inside), "vector": outside.MatMul(inside.Index(0, 0)),
		"view": inside.T(), "reduce": inside.Sum(0), "unary": inside.Exp(), "argmax": inside.ArgMax(0), "gather": outside.Gather(arena.Enter(labels)),
		"entered": arena.Enter(outside), "entered and computed": arena.Enter(outside).Neg(), "one-hot": arena.Enter(labels).OneHot(2),
		"losses": losses, "probs": probs, "scatter": inside.ScatterAdd(labels, 2), "softmax": inside.Softmax(0), "clone": inside.Clone(),
	} {
		if x.Memory() != arena {
			t.Errorf("%s: the result lies outside the arena", name)
		}
	}
	if outside.Add(outside).Memory() != tensor.CPU {
		t.Error("a result of ordinary tensors lies in an arena")
	}
}

func TestStaleTensorsPanic(t *testing.T) {
	arena := tensor.CPU.Arena()
	x, ok := arena.Full(1, 2, 2), tensor.Ones(2, 2)
	labels := tensor.Of(arena, []int32{0, 1}, 2)
	kept := x.CopyTo(tensor.CPU)
	arena.Reset()
	arena.Full(7, 2, 2) // takes x's memory
	want(t, kept, []int{2, 2}, 1, 1, 1, 1)
	for name, use := range map[string]func(){
		"unary": func() { x.Exp() }, "left": func() { x.Add(ok) }, "right": func() { ok.Add(x) }, "matmul": func() { ok.MatMul(x) },
		"sum": func() { x.Sum() }, "view": func() { x.T() }, "reshape": func() { x.Reshape(4) }, "item": func() { x.At(0, 0) }, "print": func() { _ = x.String() },
		"copy": func() { x.CopyTo(tensor.CPU) }, "copy from": func() { ok.CopyFrom(x) }, "copy into": func() { x.CopyFrom(ok) }, "fill": func() { x.Fill(0) },
		"add scaled": func() { ok.AddScaled(x, 1) }, "floats": func() { x.Float32s() }, "ints": func() { labels.Ints() }, "gather": func() { ok.Gather(labels) },
		"one-hot": func() { labels.OneHot(2) }, "cross-entropy": func() { ok.CrossEntropy(labels) }, "softmax": func() { x.Softmax(0) }, "set": func() { tensor.Set(x, []float32{1, 2, 3, 4}) },
		"device": func() { x.View() }, "enter": func() { arena.Enter(x) },
	} {
		if got := said(use); !strings.Contains(got, "used after its arena was reset; copy what must outlive a step with CopyTo") {
			t.Errorf("%s: a stale use said %q", name, got)
		}
	}
	if said(func() { tensor.CPU.Reset() }) == "" {
		t.Error("ordinary memory was reset")
	}
}

// After the first step an arena serves every other from what it has.
func TestArenaHoldsAConstantNumberOfBuffers(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		arena := mem.Arena()
		w := mem.Full(0.5, 3, 4)
		step := func(n int) {
			x := arena.Enter(mem.Full(1, n, 3))
			x.MatMul(w).Sigmoid().Mean(0).Float32s()
			arena.Reset()
		}
		step(8)
		step(5) // the last, short batch
		held := arena.Held()
		for i := range 20 {
			step([]int{8, 8, 5}[i%3])
			if got := arena.Held(); got != held {
				t.Fatalf("step %d: %d buffers, %d before", i, got, held)
			}
		}
		if held != 5 {
			t.Errorf("%d buffers for three results of two sizes of batch", held)
		}
	})
}

func TestRefIsExact(t *testing.T) {
	mem := tensor.On(ref.New())
	if got := tensor.Of(mem, []float64{0.1, 0.2}, 2).Sum().Item(); got != 0.30000000000000004 {
		t.Errorf("0.1 + 0.2 is %v on the reference device", got)
	}
}
