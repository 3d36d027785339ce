package synth

import (
	"bytes"
	"slices"
	"testing"
)

func TestSeedDecidesEveryByte(t *testing.T) {
	a, b, c := Generate(200, 100, 7), Generate(300, 50, 7), Generate(200, 100, 8)
	if !bytes.Equal(a.Train.Images, b.Train.Images[:len(a.Train.Images)]) || !slices.Equal(a.Train.Labels, b.Train.Labels[:200]) {
		t.Error("the same seed drew different training sets")
	}
	if bytes.Equal(a.Train.Images, c.Train.Images) {
		t.Error("two seeds drew the same training set")
	}
	if bytes.Equal(a.Train.Images[:len(a.Test.Images)], a.Test.Images) {
		t.Error("the test set repeats the training set")
	}
}
