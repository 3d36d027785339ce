package recipe

import (
	"reflect"

	"inkling/nn"
	"inkling/train"
)

// SwitchLoss gives a trainer the recipe's loss, which must be possible (Check). A
// training on its way takes it from its next batch on.
func (r Recipe) SwitchLoss(t *train.Trainer) {
	t.Loss = nn.Losses[r.Loss]
	if r.Smoothing > 0 {
		t.Loss = nn.SmoothedCrossEntropy(r.Smoothing)
	}
}

// Switch gives a trainer the recipe's optimiser, schedule and clipping, which must be
// possible (Check). In a training on its way, a StepHook that calls it changes the
// rule for the update that follows. What the earlier optimiser carried goes over to
// the new one where both keep the same numbers; another rule begins with none.
func (r Recipe) Switch(t *train.Trainer) {
	before := t.Optimizer
	t.Optimizer, t.ClipNorm = r.optimizer(t.Model), r.Clip
	if before != nil && reflect.TypeOf(before) == reflect.TypeOf(t.Optimizer) {
		own := t.Optimizer.State()
		if t.Optimizer.SetState(before.State().Clone()) == nil {
			t.Optimizer.SetRate(own.Rate)
			t.Optimizer.SetMomentum(own.Momentum)
		}
	}
	t.Rate, t.Momentum = schedules[findSchedule(r.Schedule)].of(r.Rate)
	if r.Momentum == 0 {
		t.Momentum = nil // a schedule moves the momentum that there is
	}
}
