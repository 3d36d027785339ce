package kernel

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arena is memory between two pages that must not be touched: an access
// outside it ends the test program.
type arena struct{ floats []float32 }

func newArena(t *testing.T, n int) *arena {
	page := unix.Getpagesize()
	size := roundUp(4*n, page)
	memory, err := unix.Mmap(-1, 0, size+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(memory) })
	for _, guard := range [][]byte{memory[:page], memory[page+size:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return &arena{unsafe.Slice((*float32)(unsafe.Pointer(&memory[page])), size/4)}
}

// take returns n floats that end, or begin, at a guard.
func (a *arena) take(n int, atEnd bool) []float32 {
	if atEnd {
		return a.floats[len(a.floats)-n:]
	}
	return a.floats[:n:n]
}

func (a *arena) fill(rng *rand.Rand, n int, atEnd bool) []float32 {
	x := a.take(n, atEnd)
	copy(x, random(rng, n))
	return x
}

func TestNothingReadsOutside(t *testing.T) {
	arenas := [4]*arena{}
	for i := range arenas {
		arenas[i] = newArena(t, 1<<18)
	}
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(19, 20))
		for _, atEnd := range []bool{true, false} {
			for _, n := range lengths() {
				dst, x, y := arenas[0].take(n, atEnd), arenas[1].fill(rng, n, atEnd), arenas[2].fill(rng, n, atEnd)
				for _, f := range elementwise {
					f.run(dst, x, y)
				}
				Affine(dst, x, 2, 3)
				AXPY(dst, x, 2)
				SigmoidGrad(dst, x, y)
				TanhGrad(dst, x, y)
				bytes := unsafe.Slice((*uint8)(unsafe.Pointer(unsafe.SliceData(arenas[3].floats))), 4*len(arenas[3].floats))
				if atEnd {
					bytes = bytes[len(bytes)-n:]
				}
				Widen(dst, bytes[:n], 0.5)
				Sum(x)
				Dot(x, y)
				MaxValue(x)
				MinValue(x)
			}
			for _, rows := range []int{1, 2, 7} {
				for c := 1; c < 70; c++ {
					dst, x, loss := arenas[0].take(rows*c, atEnd), arenas[1].fill(rng, rows*c, atEnd), arenas[2].take(rows, atEnd)
					SoftmaxRows(dst, x, rows, c, true)
					SoftmaxRows(dst, x, rows, c, false)
					CrossEntropyRows(loss, dst, x, make([]int32, rows), rows, c)
					ColumnSums(arenas[2].take(c, atEnd), x, rows, c)
				}
			}
		}
	})
}

func TestProductReadsNothingOutside(t *testing.T) {
	arenas := [4]*arena{}
	for i := range arenas {
		arenas[i] = newArena(t, 1<<18)
	}
	sizes := [][3]int{{0, 0, 0}, {1, 1, 1}, {5, 3, 1}, {17, 33, 19}, {29, 47, 31}, {43, 10, 101}, {101, 10, 43}, {1, 65, 77}, {77, 1, 65}, {61, 127, 400}, {9, 9, 1100}}
	for n := 1; n < 40; n++ { // each tile, and each remainder
		sizes = append(sizes, [3]int{n, 41 - n, 23}, [3]int{n, 9, 16 + n}, [3]int{41 - n, n, 130})
	}
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(21, 22))
		for _, atEnd := range []bool{true, false} {
			for _, size := range sizes {
				for _, a := range []string{"rows", "columns", "padded"} {
					for _, b := range []string{"rows", "columns", "padded"} {
						for _, c := range []string{"rows", "columns"} {
							p := newProduct(rng, size[0], size[1], size[2], a, b, c, true)
							for i, x := range []*[]float32{&p.A, &p.B, &p.C, &p.Bias} {
								guarded := arenas[i].take(len(*x), atEnd)
								copy(guarded, *x)
								*x = guarded
							}
							p.Do()
							if !checkProduct(t, p) {
								t.Fatal(size, a, b, c)
							}
						}
					}
				}
			}
		}
	})
}

func TestLayersReadNothingOutside(t *testing.T) {
	arenas := [5]*arena{}
	for i := range arenas {
		arenas[i] = newArena(t, 1<<14)
	}
	eachLevel(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(23, 24))
		for _, atEnd := range []bool{true, false} {
			for _, shape := range shapesOfRows() {
				rows, cols := shape[0], shape[1]
				n := rows * cols
				dst, dy, y, x := arenas[0].take(n, atEnd), arenas[1].fill(rng, n, atEnd), arenas[2].fill(rng, n, atEnd), arenas[3].fill(rng, n, atEnd)
				a := arenas[4].fill(rng, cols, atEnd)
				sum, cross := make([]float32, cols), make([]float32, cols)
				ColumnSquares(sum, x, a, rows, cols)
				for _, out := range [][]float32{nil, y} {
					ChannelAffine(dst, x, a, a, out, rows, cols, true)
					BatchNormSums(sum, cross, nil, dy, out, x, a, rows, cols)
					BatchNormSums(sum, cross, dst, dy, out, x, a, rows, cols)
					BatchNormGrad(dst, dy, out, x, a, a, a, a, rows, cols)
				}
				ColumnSquares(a, x, cross, rows, cols)
				BatchNormSums(a, cross, nil, dy, y, x, sum, rows, cols)
				BatchNormSums(sum, a, nil, dy, y, x, cross, rows, cols)
			}
			for _, n := range lengths() {
				dst, m, v, g := arenas[0].fill(rng, n, atEnd), arenas[1].fill(rng, n, atEnd), arenas[2].fill(rng, n, atEnd), arenas[3].fill(rng, n, atEnd)
				Adam(dst, m, v, g, &AdamRates{Keep: 1})
				index := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(m))), n)
				x := arenas[4].fill(rng, n+9, atEnd)
				MaxOfParts(dst, index, x, []int{9, 0}, []int32{0, 1})
				SumOfParts(dst, x, []int{9, 0}, 1)
				SumTaken(dst, g, index, []int{0, 0}, []int32{0, 1})
			}
		}
	})
}
