package explain

import (
	"math"
	"math/rand/v2"

	"inkling/autograd"
	"inkling/nn"
	"inkling/tensor"
)

// slopes measures how the loss on one batch changes with one parameter. All of it
// is taken on tapes that train, with the same masks of dropout.
type slopes struct {
	model     nn.Layer
	loss      nn.Loss
	x, labels *tensor.Tensor
	trial     *autograd.Tape // of losses whose gradients nobody wants
}

func (s *slopes) on(tape *autograd.Tape) *autograd.Var {
	tape.Seed(0, 0)
	return s.loss(s.model.Forward(tape.Input(s.x)), s.labels)
}

func (s *slopes) gradients() autograd.Grads {
	return s.on(autograd.NewTapeOn(s.x.Memory())).Backward()
}

// at is the loss with p at from + step * direction. It leaves p there.
func (s *slopes) at(p *autograd.Param, from, direction *tensor.Tensor, step float64) float64 {
	defer s.trial.Reset()
	p.Value.CopyFrom(from)
	p.Value.AddScaled(direction, step)
	return s.on(s.trial).Value().Item()
}

// The steps of a measurement: the smaller one where a ReLU bends within the larger.
const longStep, shortStep = 1e-2, 1e-3

// near reports whether two slopes are the same but for what rounding and the
// curvature of the loss do.
func near(a, b float64) bool {
	return math.Abs(a-b) <= 0.1*max(math.Abs(a), math.Abs(b))+1e-4
}

// compare measures the slope of the loss along the gradient g of p, whose length it
// must have. steady is whether the measurements agree with one another, with both
// steps and from both sides; where they do not, the loss has a kink. It leaves p as
// it is.
func (s *slopes) compare(p *autograd.Param, g *tensor.Tensor) (agrees, steady bool, length, slope float64) {
	from := p.Value.Clone()
	defer p.Value.CopyFrom(from)
	if length = math.Sqrt(g.Square().Sum().Item()); length == 0 {
		return true, true, 0, 0
	}
	d := g.Scale(1 / length)
	long := (s.at(p, from, d, longStep) - s.at(p, from, d, -longStep)) / (2 * longStep)
	if near(long, length) {
		return true, true, length, long
	}
	ahead, behind := s.at(p, from, d, shortStep), s.at(p, from, d, -shortStep)
	slope = (ahead - behind) / (2 * shortStep)
	if near(slope, length) {
		return true, true, length, slope
	}
	here := s.at(p, from, d, 0)
	steady = near(long, slope) && near((ahead-here)/shortStep, (here-behind)/shortStep)
	return false, steady, length, slope
}

// examineSlope compares the gradient with the measured slope of the loss along it.
// Where they disagree, the parameter may stand at a kink of a ReLU or a max-pool: a
// bias of 0 has all blank pixels there. A kink has no slope, so the parameter is
// moved a little and judged where the measurements agree among themselves.
func examineSlope(model nn.Layer, loss nn.Loss, x, labels *tensor.Tensor) Finding {
	const places, moved = 4, 0.02
	s := &slopes{model, loss, x, labels, autograd.NewTapeOn(x.Memory())}
	grads := s.gradients()
	rng := rand.New(rand.NewPCG(0, 0))
	bent := ""
	for _, p := range model.Params() {
		g := grads.Of(p)
		if g == nil {
			return ill("unused", "No gradient reaches %s: the loss does not depend on it, and it will never learn.", p.Name)
		}
		agrees, _, _, _ := s.compare(p, g)
		from, steady := p.Value.Clone(), agrees
		for i := 0; i < places && !steady; i++ {
			var length, slope float64
			p.Value.CopyFrom(from)
			p.Value.AddScaled(x.Memory().Uniform(rng, -moved, moved, from.Shape()...), 1)
			agrees, steady, length, slope = s.compare(p, s.gradients().Of(p))
			if steady && !agrees {
				p.Value.CopyFrom(from)
				return ill("slope", "The gradient of %s says that the loss rises by %.4g a unit, but measured it is %.4g: the backward pass is wrong.", p.Name, length, slope)
			}
		}
		p.Value.CopyFrom(from)
		if !agrees {
			bent = p.Name
		}
	}
	if bent != "" {
		return fine("slope", "No gradient disagrees with the measured slope of the loss; along that of %s the loss bends too sharply to be measured.", bent)
	}
	return fine("slope", "Every parameter's gradient agrees with the measured slope of the loss.")
}
