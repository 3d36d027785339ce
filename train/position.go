package train

import (
	"fmt"
	"slices"

	"inkling/autograd"
	"inkling/optim"
	"inkling/tensor"
)

// Position is a training on its way: with it, a trainer of the same settings and
// images goes on bit for bit as if it had not been interrupted. What schedules,
// augmentation and dropout's masks depend on follows from the seed, the epoch and
// the batch.
type Position struct {
	Epoch  int     // epochs that have ended
	Batch  int     // batches of the next one that have been learned from
	Loss   float64 // of those batches, summed over their images
	Images int     // in those batches
	Order  []byte  // the generator of the order of the images, as it was when the epoch began

	Model     []*autograd.Param // parameters and running statistics, as in nn.State
	Good      []*autograd.Param // the same at the end of the last good epoch; nil where Model is that
	Optimizer optim.State
	Averages  *optim.State // of the EMA; nil if there is none
}

// SaveHook keeps positions, so that another training can go on from one.
type SaveHook interface {
	// Due is asked after every batch, and when an epoch has ended and its hooks have
	// been called, whether to save.
	Due(ended bool) bool
	// Save is called where one is due, at the end of the last epoch, when a hook has
	// ended the training with an epoch, and when the training is cancelled. It is not
	// called before anything was learned, nor with numbers that are not finite. The tensors are the training's own and
	// change with its next step. An error ends the training.
	Save(p *Position) error
}

// PositionError is the error of a position that belongs to another training. The
// model may have been changed.
type PositionError struct{ Err error }

func (e *PositionError) Error() string { return e.Err.Error() }
func (e *PositionError) Unwrap() error { return e.Err }

// position is where the run is now.
func (r *run) position() *Position {
	p := r.at
	p.Model, p.Optimizer = r.state, r.Optimizer.State()
	if r.EMA != nil {
		averages := r.EMA.State()
		p.Averages = &averages
	}
	if p.Batch > 0 {
		for i, s := range r.state {
			p.Good = append(p.Good, autograd.NewParam(s.Name, r.good[i]))
		}
	}
	return &p
}

// save shows the position to the hooks for which a save is due; to all where it is
// the last one.
func (r *run) save(ended, last bool) error {
	if r.at.Epoch == 0 && r.at.Batch == 0 {
		return nil // nothing has been learned
	}
	for _, h := range r.Hooks {
		h, ok := h.(SaveHook)
		if !ok || !h.Due(ended) && !last || notFinite(r.state) != nil {
			continue
		}
		if err := h.Save(r.position()); err != nil {
			return err
		}
	}
	return nil
}

// goOn puts the run to a position. It returns an error if that belongs to another
// model, other settings or other images.
func (r *run) goOn(p *Position) error {
	switch {
	case p.Epoch < 0 || p.Epoch > r.Epochs || p.Batch < 0 || p.Batch > r.Train.Batches() || p.Epoch == r.Epochs && p.Batch > 0:
		return fmt.Errorf("the position is epoch %d, batch %d, of a training of %d epochs of %d batches", p.Epoch+1, p.Batch, r.Epochs, r.Train.Batches())
	case p.Images != min(p.Batch*r.Train.Batch, r.Train.Set.Len()):
		return fmt.Errorf("the position has %d images in %d batches of %d", p.Images, p.Batch, r.Train.Batch)
	case (p.Averages != nil) != (r.EMA != nil):
		return fmt.Errorf("averages of the weights are kept in one of the position and the training, and not in the other")
	case p.Batch > 0 && p.Good == nil:
		return fmt.Errorf("the position is in the middle of an epoch and does not have the model from before it")
	}
	if err := r.source.UnmarshalBinary(p.Order); err != nil {
		return fmt.Errorf("the generator of the order of the images: %w", err)
	}
	if err := overwrite(r.state, p.Model); err != nil {
		return err
	}
	r.good = snapshot(r.state)
	if p.Batch > 0 {
		var good []*autograd.Param
		for i, s := range r.state {
			good = append(good, autograd.NewParam(s.Name, r.good[i]))
		}
		if err := overwrite(good, p.Good); err != nil {
			return err
		}
	}
	if err := r.Optimizer.SetState(p.Optimizer); err != nil {
		return fmt.Errorf("optimizer: %w", err)
	}
	if r.EMA != nil {
		if err := r.EMA.SetState(*p.Averages); err != nil {
			return fmt.Errorf("averages: %w", err)
		}
	}
	r.at = Position{Epoch: p.Epoch, Batch: p.Batch, Loss: p.Loss, Images: p.Images, Order: p.Order}
	return nil
}

// overwrite copies tensors into others of the same names and shapes.
func overwrite(to, from []*autograd.Param) error {
	if len(to) != len(from) {
		return fmt.Errorf("the position has %d tensors of a model that has %d", len(from), len(to))
	}
	have := map[string]*tensor.Tensor{}
	for _, p := range from {
		have[p.Name] = p.Value
	}
	for _, p := range to {
		switch x := have[p.Name]; {
		case x == nil:
			return fmt.Errorf("the position does not have %s", p.Name)
		case !slices.Equal(x.Shape(), p.Value.Shape()):
			return fmt.Errorf("the position has %s of shape %v, and in the model it has %v", p.Name, x.Shape(), p.Value.Shape())
		}
	}
	for _, p := range to {
		x := have[p.Name]
		if x.Backend() != p.Value.Backend() {
			x = x.CopyTo(p.Value.Memory())
		}
		p.Value.CopyFrom(x)
	}
	return nil
}

// order is the state of the generator of the order of the images.
func (r *run) order() []byte {
	state, err := r.source.MarshalBinary()
	if err != nil {
		panic(err) // a PCG's state is two numbers
	}
	return state
}
