package recipe

import (
	"inkling/data"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

// ModelBytes is what the numbers of the recipe's model take, for these images, before
// it is built: each of its tensors is one number here, repeated.
func (r Recipe) ModelBytes(set *data.Set) (int64, error) {
	spec := models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)}
	net, err := models.New(r.Model, spec, func(_ int, shape ...int) *tensor.Tensor {
		return tensor.CPU.Scalar(0).BroadcastTo(shape...)
	})
	if err != nil {
		return 0, err
	}
	sum := int64(0)
	for _, p := range nn.State(net) {
		sum += 4 * int64(p.Value.Len())
	}
	return sum, nil
}
