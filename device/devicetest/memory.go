package devicetest

import (
	"math"
	"slices"
	"testing"

	"inkling/device"
)

// memory tests what goes to a backend and comes back.
func memory(t *testing.T, b device.Backend) {
	t.Run("names", func(t *testing.T) {
		if b.Name() == "" || b.Describe() == "" {
			t.Errorf("a backend says what it is: name %q, description %q", b.Name(), b.Describe())
		}
	})
	t.Run("alloc", func(t *testing.T) {
		for _, dtype := range []device.DType{device.Float, device.Byte, device.Int} {
			for _, n := range []int{0, 1, 63, 100_000} {
				if buf := b.Alloc(dtype, n); buf.Len() != n || buf.Type() != dtype {
					t.Errorf("alloc(%v, %d) gave a buffer of %d elements of %v", dtype, n, buf.Len(), buf.Type())
				}
			}
		}
	})
	t.Run("float", func(t *testing.T) {
		values := []float32{0, -1.5, math.MaxFloat32, float32(math.Inf(-1)), 1e-3, 7}
		there(t, b, device.Float, values, values)
		there(t, b, device.Float, values, converted[float64](values))
		there(t, b, device.Float, converted[float64](values), values)
		there(t, b, device.Float, converted[float64](values), converted[float64](values))
	})
	t.Run("byte", func(t *testing.T) {
		values := []uint8{0, 1, 127, 128, 255}
		there(t, b, device.Byte, values, values)
	})
	t.Run("int", func(t *testing.T) {
		values := []int32{0, -1, math.MaxInt32, math.MinInt32}
		there(t, b, device.Int, values, values)
	})
	t.Run("upload of fewer elements leaves the others", func(t *testing.T) {
		buf := b.Alloc(device.Int, 4)
		b.Upload(buf, []int32{1, 2, 3, 4})
		b.Upload(buf, []int32{9, 8})
		got := make([]int32, 4)
		b.Download(got, buf, 0)
		if want := []int32{9, 8, 3, 4}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("upload keeps nothing of the host's slice", func(t *testing.T) {
		host := []float32{1, 2, 3}
		buf := b.Alloc(device.Float, 3)
		b.Upload(buf, host)
		host[0] = 100
		got := make([]float32, 3)
		b.Download(got, buf, 0)
		if want := []float32{1, 2, 3}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("download waits for what came before", func(t *testing.T) {
		const n, steps = 100_003, 20
		v := rowMajor([]int{n})
		v.Buf = b.Alloc(device.Float, n)
		b.Fill(v, 1)
		for range steps {
			b.Affine(v, v, 1, 1)
		}
		got := make([]float32, n)
		b.Download(got, v.Buf, 0)
		b.Sync()
		for i, x := range got {
			if x != steps+1 {
				t.Fatalf("element %d is %v after %d additions to 1", i, x, steps)
			}
		}
	})
}

// there tests that values come back the same, from any place on.
func there[E float32 | float64 | uint8 | int32](t *testing.T, b device.Backend, dtype device.DType, back []E, values any) {
	t.Helper()
	buf := b.Alloc(dtype, len(back))
	b.Upload(buf, values)
	for off := range len(back) + 1 {
		got := make([]E, len(back)-off)
		b.Download(got, buf, off)
		if !slices.Equal(got, back[off:]) {
			t.Errorf("uploaded %T %v: download from %d gave %v, want %v", values, values, off, got, back[off:])
		}
	}
}
