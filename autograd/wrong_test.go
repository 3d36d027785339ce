package autograd

import (
	"fmt"
	"strings"
	"testing"

	"inkling/device/ref"
	"inkling/tensor"
)

// A gradient that was summed over the wrong axis does not pass for one: it has another
// shape than the value. TestCheckCatchesAWrongGradient has those of the right shape.
func TestGradientsHaveTheValuesShape(t *testing.T) {
	mem := tensor.On(ref.New())
	b := NewParam("b", mem.Full(1, 3)) // (3), added to the rows of (5, 3)
	sum := NewTapeOn(mem).Input(mem.Full(0, 5, 3)).Add(b)
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "a gradient of shape [5] came for a value of shape [5 3] (add)") {
			t.Errorf("panicked with %q", got)
		}
	}()
	sum.give(mem.Full(1, 5))
}
