package ref_test

import (
	"fmt"

	"inkling/device/ref"
	"inkling/tensor"
)

// The same code in double precision: only the memory is another.
func Example() {
	mem := tensor.On(ref.New())
	x := mem.Full(1, 3).Div(mem.Full(3, 3))
	fmt.Println(x.Float64s()[0], tensor.Ones(3).Scale(1.0 / 3).Float64s()[0])
	// Output: 0.3333333333333333 0.3333333432674408
}
