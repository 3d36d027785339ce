package train

import (
	"math"

	"inkling/autograd"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
)

// Memory is what a training takes beyond its images and its model, in bytes.
type Memory struct {
	Model      int64 // the optimiser's state, the model of the last good epoch, a checkpoint while it is written
	Step       int64 // a batch on its way through the model and back
	Evaluation int64 // a batch of the images that are validated on, on its way through
	Batches    int64 // batches that are made ahead
}

// spare and more are for what is not counted: garbage that the collector has not found
// yet, the scratch memory of kernels. Measured without them, the growth of the process
// was 0.7 to 1.0 of the estimate for cnn and resnet18 on 28 x 28 to 128 x 128 pixels,
// where it came to more than 100 MB.
const spare, more = 1.2, 64 << 20

// Total is all of it, with some to spare. An evaluation's memory counts twice: the last
// one's may not have been collected yet.
func (m Memory) Total() int64 {
	return int64(spare*(float64(m.Model)+float64(m.Step)+2*float64(m.Evaluation)+float64(m.Batches))) + more
}

// Memory estimates what Run will take: two images and three go through the model and
// back, and what the third one adds counts for each of a batch. Nothing is learned.
func (t *Trainer) Memory() Memory {
	state := nn.State(t.Model)
	before := snapshot(state) // what batch norm keeps changes on the way
	defer restore(state, before)
	s := t.Train.Set
	pixels := s.Pixels()
	images := func(n int) *tensor.Tensor { // (n, C, H, W)
		return state[0].Value.Memory().Full(0.5, n, s.Channels, s.Height, s.Width)
	}
	step := func(n int) int64 {
		tape := t.tape(state[0].Value.Memory())
		labels := tensor.Of(state[0].Value.Memory(), make([]int32, n), n)
		t.Loss(t.Model.Forward(tape.Input(images(n))), labels).Backward()
		return tape.Memory().Bytes()
	}
	forward := func(n int) int64 {
		arena := state[0].Value.Memory().Arena()
		t.Model.Forward(autograd.Const(arena.Enter(images(n))))
		return arena.Bytes()
	}
	numbers, trained := int64(0), int64(0)
	for _, p := range state {
		numbers += 4 * int64(p.Value.Len())
	}
	for _, p := range t.Model.Params() {
		trained += 4 * int64(p.Value.Len())
	}
	slots := trained * int64(slots(t.Optimizer))
	checkpoint := 2*numbers + slots // the model, the last good one
	if t.EMA != nil {
		checkpoint += numbers
	}
	m := Memory{
		Model:   slots + numbers + checkpoint,
		Step:    grown(step, min(t.Train.Batch, s.Len())),
		Batches: int64(t.Train.Prefetch+1) * int64(min(t.Train.Batch, s.Len())) * int64(pixels) * 4,
	}
	if t.Valid != nil {
		m.Evaluation = grown(forward, min(t.Valid.Batch, t.Valid.Set.Len()))
	}
	return m
}

// grown is what n images take by what two and three do.
func grown(of func(n int) int64, n int) int64 {
	two := of(2)
	if n <= 2 {
		return two
	}
	each := of(3) - two
	if each > 0 && int64(n) > (math.MaxInt64-two)/each/2 {
		return math.MaxInt64 / 2
	}
	return two + each*int64(n-2)
}

// slots is how many tensors of its own a rule keeps for each parameter.
func slots(o optim.Optimizer) int {
	if sgd, ok := o.(*optim.SGD); ok {
		if sgd.Momentum == 0 {
			return 0
		}
		return 1
	}
	return 2 // as Adam, until another rule says otherwise
}
