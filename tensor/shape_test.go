package tensor_test

import (
	"slices"
	"testing"

	"inkling/tensor"
)

// NumPy's rule of broadcasting, as its documentation tabulates it.
func TestBroadcasting(t *testing.T) {
	type s = []int
	for _, c := range []struct{ x, y, want s }{
		{s{256, 256, 3}, s{3}, s{256, 256, 3}},
		{s{8, 1, 6, 1}, s{7, 1, 5}, s{8, 7, 6, 5}},
		{s{5, 4}, s{1}, s{5, 4}},
		{s{5, 4}, s{4}, s{5, 4}},
		{s{15, 3, 5}, s{15, 1, 5}, s{15, 3, 5}},
		{s{15, 3, 5}, s{3, 5}, s{15, 3, 5}},
		{s{15, 3, 5}, s{3, 1}, s{15, 3, 5}},
		{s{}, s{2, 3}, s{2, 3}},
		{s{}, s{}, s{}},
		{s{1}, s{0}, s{0}},
		{s{3, 1}, s{1, 0}, s{3, 0}},
		{s{4, 1}, s{4}, s{4, 4}},
		{s{3}, s{4}, nil},
		{s{2, 1}, s{8, 4, 3}, nil},
		{s{15, 3, 5}, s{15, 3}, nil},
		{s{0}, s{2}, nil},
	} {
		x, y := tensor.Ones(c.x...), tensor.Ones(c.y...)
		if c.want == nil {
			shapeSaid(t, func() { x.Add(y) })
			shapeSaid(t, func() { y.Add(x) })
			continue
		}
		for _, z := range []*tensor.Tensor{x.Add(y), y.Add(x)} {
			if !slices.Equal(z.Shape(), c.want) {
				t.Errorf("%v and %v give %v, want %v", c.x, c.y, z.Shape(), c.want)
			}
			for _, v := range z.Float32s() {
				if v != 2 {
					t.Fatalf("%v and %v: 1 + 1 is %v", c.x, c.y, v)
				}
			}
		}
	}
}

func TestBroadcastValues(t *testing.T) {
	onBoth(t, func(t *testing.T, mem *tensor.Memory) {
		row, col := of(mem, 0, 1, 2), of(mem, 10, 20).Reshape(2, 1)
		want(t, row.Add(col), []int{2, 3}, 10, 11, 12, 20, 21, 22)
		want(t, col.Sub(row), []int{2, 3}, 10, 9, 8, 20, 19, 18)
		want(t, mem.Scalar(2).Div(of(mem, 1, 2, 4)), []int{3}, 2, 1, 0.5)
		want(t, count(mem, 2, 3).T().Mul(of(mem, 1, 10)), []int{3, 2}, 0, 30, 1, 40, 2, 50)
	})
}

func TestShapeErrors(t *testing.T) {
	z := tensor.Zeros
	for _, c := range []struct {
		text string
		f    func()
	}{
		{"[matmul] (256, 784) x (10, 784): inner sizes 784 and 10 differ; did you mean the transpose (784, 10)?", func() { z(256, 784).MatMul(z(10, 784)) }},
		{"[matmul] (784, 256) x (784, 10): inner sizes 256 and 784 differ; did you mean the transpose (256, 784) of the first?", func() { z(784, 256).MatMul(z(784, 10)) }},
		{"[matmul] (256, 28, 28) x (784, 10): inner sizes 28 and 784 differ; did you mean to flatten the first to (256, 784)?", func() { z(256, 28, 28).MatMul(z(784, 10)) }},
		{"[matmul] (784,) x (10, 784): inner sizes 784 and 10 differ; did you mean the transpose (784, 10)?", func() { z(784).MatMul(z(10, 784)) }},
		{"[matmul] (3, 4) x (3,): inner sizes 4 and 3 differ; did you mean the transpose (4, 3) of the first?", func() { z(3, 4).MatMul(z(3)) }},
		{"[matmul] (2, 3) x (2, 5, 7): inner sizes 3 and 5 differ", func() { z(2, 3).MatMul(z(2, 5, 7)) }},
		{"[matmul] (3,) x (4,): inner sizes 3 and 4 differ", func() { z(3).MatMul(z(4)) }},
		{"[matmul] () x (2, 2): a scalar has no rows or columns; did you mean Mul?", func() { z().MatMul(z(2, 2)) }},
		{"[matmul] (2, 3, 4) x (5, 4, 3): batch sizes 2 and 5 do not broadcast", func() { z(2, 3, 4).MatMul(z(5, 4, 3)) }},
		{"[matmul] (2, 3) x (3, 4) x (3,): a bias for 4 columns wants shape (4,)", func() { z(2, 3).MatMulAdd(z(3, 4), z(3)) }},
		{"[add] (256, 10) x (256,): sizes 10 and 256 do not broadcast; axes are aligned at the last one; did you mean (256, 1)?", func() { z(256, 10).Add(z(256)) }},
		{"[mul] (3, 4) x (4, 3): sizes 4 and 3 do not broadcast; did you mean the transpose (3, 4)?", func() { z(3, 4).Mul(z(4, 3)) }},
		{"[sub] (3,) x (4,): sizes 3 and 4 do not broadcast", func() { z(3).Sub(z(4)) }},
		{"[want] (10, 784): wanted (784, 10)", func() { z(10, 784).Want(784, 10) }},
		{"[want] (256, 28, 28): wanted (batch, 784); that is 2 axes, not 3", func() { z(256, 28, 28).Want("batch", 784) }},
	} {
		if got := shapeSaid(t, c.f); got != c.text {
			t.Errorf("said\n%s\nwant\n%s", got, c.text)
		}
	}
}

func TestWant(t *testing.T) {
	x := tensor.Zeros(256, 784)
	if x.Want("batch", 784) != x || x.Want(256, 784) != x || tensor.Zeros().Want().Rank() != 0 {
		t.Error("Want does not return its tensor")
	}
	if said(func() { x.Want("batch", int64(1)) }) == "" {
		t.Error("Want took an int64 for the name of an axis")
	}
	n := 1000 + x.Rank() // no constant, and too large for the runtime's table of small ints
	x = tensor.Zeros(3, n)
	if allocs := testing.AllocsPerRun(100, func() { x.Want("batch", n) }); allocs != 0 {
		t.Errorf("Want allocates %v times a call", allocs)
	}
}

func BenchmarkWant(b *testing.B) {
	x, n := tensor.Zeros(256, 784), 784
	b.ReportAllocs()
	for b.Loop() {
		x.Want("batch", n)
	}
}

func TestStrictModeReportsAddedAxes(t *testing.T) {
	var reports []string
	tensor.Strict(func(e *tensor.ShapeError) { reports = append(reports, e.Error()) })
	defer tensor.Strict(nil)
	tensor.Ones(4, 1).Sub(tensor.Ones(4)) // the classic: (4, 4) where (4, 1) was meant
	tensor.Ones(4, 3).Add(tensor.Ones(4, 1))
	tensor.Ones(4, 3).Add(tensor.Ones(4, 3))
	want := []string{"[sub] (4, 1) x (4,): the broadcast adds an axis; say so with Reshape, or Unsqueeze, if it is meant"}
	if !slices.Equal(reports, want) {
		t.Errorf("reported %q, want %q", reports, want)
	}
	tensor.Strict(nil)
	tensor.Ones(4, 1).Sub(tensor.Ones(4))
	if len(reports) != 1 {
		t.Error("strict mode reports after it was turned off")
	}
}
