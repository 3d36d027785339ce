package tensor_test

import (
	"math"
	"testing"

	"inkling/tensor"
)

func TestPrint(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	mem := tensor.CPU
	for _, c := range []struct {
		name string
		x    *tensor.Tensor
		want string
	}{
		{"a scalar", mem.Scalar(0.25), `tensor(0.2500, shape ())`},
		{"a whole number", mem.Scalar(3), `tensor(3, shape ())`},
		{"a vector", of(mem, 1, -2.5, 300), `tensor([  1.0000,  -2.5000, 300.0000], shape (3,))`},
		{"a matrix", count(mem, 2, 3), `
tensor([[0, 1, 2],
        [3, 4, 5]], shape (2, 3))`},
		{"a view", count(mem, 2, 3).T().Slice(0, 1, 3), `
tensor([[1, 4],
        [2, 5]], shape (2, 2))`},
		{"rank 3", count(mem, 2, 2, 3).Scale(0.5), `
tensor([[[0.0000, 0.5000, 1.0000],
         [1.5000, 2.0000, 2.5000]],

        [[3.0000, 3.5000, 4.0000],
         [4.5000, 5.0000, 5.5000]]], shape (2, 2, 3))`},
		{"a long vector", count(mem, 100), `tensor([ 0,  1,  2, ..., 97, 98, 99], shape (100,))`},
		{"a dozen", count(mem, 12), `tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11], shape (12,))`},
		{"a large matrix", count(mem, 60, 20), `
tensor([[   0,    1,    2, ...,   17,   18,   19],
        [  20,   21,   22, ...,   37,   38,   39],
        [  40,   41,   42, ...,   57,   58,   59],
        ...,
        [1140, 1141, 1142, ..., 1157, 1158, 1159],
        [1160, 1161, 1162, ..., 1177, 1178, 1179],
        [1180, 1181, 1182, ..., 1197, 1198, 1199]], shape (60, 20))`},
		{"a stack of images", tensor.FromBytes(make([]byte, 100*8*4), 100, 8, 4), `
tensor([[[0, 0, 0, 0],
         [0, 0, 0, 0],
         [0, 0, 0, 0],
         ...,
         [0, 0, 0, 0],
         [0, 0, 0, 0],
         [0, 0, 0, 0]],

        ...,

        [[0, 0, 0, 0],
         [0, 0, 0, 0],
         [0, 0, 0, 0],
         ...,
         [0, 0, 0, 0],
         [0, 0, 0, 0],
         [0, 0, 0, 0]]], shape (100, 8, 4), byte)`},
		{"small numbers", of(mem, 1e-6, -2.5e-7), `tensor([ 1.0000e-06, -2.5000e-07], shape (2,))`},
		{"large numbers", of(mem, 1.5e10, 0.5), `tensor([1.5000e+10, 5.0000e-01], shape (2,))`},
		{"small beside ordinary ones", of(mem, 1, 1e-6), `tensor([1.0000, 0.0000], shape (2,))`},
		{"ints", tensor.FromInts([]int32{1, -20, 300}, 3), `tensor([  1, -20, 300], shape (3,), int)`},
		{"bytes", tensor.FromBytes([]byte{0, 255, 7, 8}, 2, 2), `
tensor([[  0, 255],
        [  7,   8]], shape (2, 2), byte)`},
		{"nothing", tensor.Zeros(0), `tensor([], shape (0,))`},
		{"rows of nothing", tensor.Zeros(3, 0), `tensor([], shape (3, 0))`},
		{"NaN and infinities", of(mem, nan, 1.5, inf, -inf), `tensor([   NaN, 1.5000,   +Inf,   -Inf], shape (4,))`},
		{"NaN among whole numbers", of(mem, nan, 1, -inf), `tensor([ NaN,    1, -Inf], shape (3,))`},
		{"only NaN", of(mem, nan), `tensor([NaN], shape (1,))`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, want := c.x.String(), c.want; got != want && "\n"+got != want {
				t.Errorf("printed\n%s\nwant\n%s", got, want)
			}
		})
	}
}
