package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"inkling/nn"
	"inkling/optim"
)

// What FindRate tries: rates from lowest to highest in so many steps, until the
// loss is so many times its best.
const (
	lowestRate, highestRate = 1e-7, 10.0
	rateSteps               = 100
	exploded                = 4.0
	smoothing               = 0.98
)

// RateCurve is the loss of a training whose learning rate rises with every step.
type RateCurve struct {
	Rates  []float64
	Losses []float64 // exponential averages of the steps' losses, corrected for their beginning
	// Valley and Steepest are suggestions: the rate two thirds through the longest
	// stretch over which the loss falls, and that at which it falls fastest; 0 where
	// it never falls.
	Valley, Steepest float64
}

// Drawn are the losses for a chart: at most one and a half times the first, since the
// explosion at the end would flatten all the rest.
func (c *RateCurve) Drawn() []float64 {
	const most = 1.5
	drawn := slices.Clone(c.Losses)
	for i := range drawn {
		drawn[i] = min(drawn[i], most*c.Losses[0])
	}
	return drawn
}

// FindRate trains for up to 100 batches while the rate rises from 1e-7 to 10 by the
// same factor at each, and stops early where the smoothed loss is four times its
// best or no number any more (Smith, Cyclical Learning Rates, 2017; the rest is
// fastai's). Then the model and the optimiser are put back to where they were.
// progress, which may be nil, is called after each step. The trainer's schedule,
// averages and hooks take no part.
func FindRate(ctx context.Context, t *Trainer, progress func(step, steps int)) (*RateCurve, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	model := nn.State(t.Model)
	before, state := snapshot(model), t.Optimizer.State().Clone()
	defer func() {
		restore(model, before)
		if err := t.Optimizer.SetState(state); err != nil {
			panic("train: an optimiser refuses its own state: " + err.Error())
		}
	}()
	trial := *t
	trial.Rate, trial.Momentum, trial.EMA, trial.Hooks = optim.Exponential(lowestRate, highestRate), nil, nil, nil
	tape := t.tape(model[0].Value.Memory())
	rng := rand.New(rand.NewPCG(t.Seed, 1))
	t.Train.Restart(t.Seed, 0)
	c := &RateCurve{}
	average, best := 0.0, math.Inf(1)
	for epoch := 0; len(c.Rates) < rateSteps; epoch++ {
		batch := 0
		for x, y := range t.Train.Epoch(rng) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			p := float64(len(c.Rates)) / rateSteps
			trial.schedule(p)
			tape.Seed(t.Seed, uint64(len(c.Rates)))
			loss, err := trial.step(tape, x, y, epoch, batch)
			var diverged *Diverged
			if errors.As(err, &diverged) {
				return c, c.suggest()
			}
			if err != nil {
				return nil, err
			}
			batch++
			average = smoothing*average + (1-smoothing)*loss
			c.Rates = append(c.Rates, trial.Rate(p))
			smooth := average / (1 - math.Pow(smoothing, float64(len(c.Rates))))
			c.Losses = append(c.Losses, smooth)
			if progress != nil {
				progress(len(c.Rates), rateSteps)
			}
			best = min(best, smooth)
			if smooth > exploded*best || len(c.Rates) == rateSteps {
				return c, c.suggest()
			}
		}
		if err := t.Train.Err(); err != nil {
			return nil, err
		}
	}
	return c, c.suggest()
}

// The first tenth of the steps is noise and the last ones are the explosion: like
// fastai, the suggestions leave both out.
const skipFirst, skipLast = rateSteps / 10, 5

func (c *RateCurve) suggest() error {
	if len(c.Rates) < skipFirst+skipLast+3 {
		return fmt.Errorf("the loss exploded at step %d, at a rate below %.1g: nothing can be suggested; look at the data and the initial values, with inkling doctor", len(c.Rates)+1, lowestRate*math.Pow(highestRate/lowestRate, float64(len(c.Rates)+1)/rateSteps))
	}
	rates := c.Rates[skipFirst : len(c.Rates)-skipLast]
	losses := c.Losses[skipFirst : len(c.Losses)-skipLast]
	if from, to := longestFall(losses); to > from {
		// What fastai's documentation says; its program stops half way.
		c.Valley = rates[from+(to-from)*2/3]
	}
	fastest := 0.0
	for i := range len(losses) - 1 { // the rates' logarithms lie evenly
		if fall := losses[i] - losses[i+1]; fall > fastest {
			fastest, c.Steepest = fall, rates[i]
		}
	}
	return nil
}

// longestFall returns the ends of the longest strictly falling subsequence: a loss
// may rise now and then on its way down.
func longestFall(losses []float64) (from, to int) {
	length, start := make([]int, len(losses)), make([]int, len(losses))
	for i := range losses {
		length[i], start[i] = 1, i
		for j := range i {
			if losses[i] < losses[j] && length[j]+1 > length[i] {
				length[i], start[i] = length[j]+1, start[j]
			}
		}
		if length[i] > length[to] {
			from, to = start[i], i
		}
	}
	return from, to
}
