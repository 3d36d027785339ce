package lab

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"

	"inkling/autograd"
	"inkling/data"
	"inkling/nn"
	"inkling/tensor"
	"inkling/train"
)

// Fault is a mistake that people make, to be switched on in a real training.
type Fault struct {
	Name    string `json:"fault"`
	Title   string `json:"title"`
	Mistake string `json:"mistake"` // what is wrong in the program
	Symptom string `json:"symptom"` // what shows in the curves
	Check   string `json:"check"`   // the doctor's check that finds it
	Cure    string `json:"cure"`

	settings func(*Settings)                            // beyond the museum's own
	trainer  func(*train.Trainer)                       // what is done to a training
	model    func(model nn.Layer, seed uint64) nn.Layer // what is done to a model, for good
	first    func(model nn.Layer)                       // what is done to its first weights
}

// Faults is the museum.
var Faults = []*Fault{
	{
		Name: "no-shuffle", Title: "The images are not shuffled",
		Mistake: "The training images come in the order of their folders: all of class 0, then all of class 1, to the end.",
		Symptom: "Within a stretch of one class the loss drops to nothing, then jumps when the next class begins; on the validation images the model knows little but the class that came last.",
		Check:   "shuffle", Cure: "Shuffle the training images anew in every epoch.",
		trainer: func(t *train.Trainer) {
			byClass := make([]int, t.Train.Set.Len())
			for i := range byClass {
				byClass[i] = i
			}
			set := t.Train.Set
			slices.SortStableFunc(byClass, func(a, b int) int { return cmp.Compare(set.Labels[a], set.Labels[b]) })
			before := *t.Train
			t.Train = data.NewLoader(tensor.CPU, set.Subset(byClass), before.Batch)
			t.Train.DropLast, t.Train.Augment, t.Train.Prefetch = before.DropLast, before.Augment, before.Prefetch
			t.Train.InOrder = true
		},
	},
	{
		Name: "softmax-twice", Title: "Softmax is taken twice",
		Mistake: "The model ends with a softmax, and the cross-entropy takes another one of its probabilities.",
		Symptom: "The loss falls, slowly, and never far: the second softmax cannot make more than e/(e+9) = 23 % of probabilities, so the loss stays above 1.46 however right the answers are.",
		Check:   "probabilities", Cure: "Let the model give logits, and leave the softmax to the loss.",
		model: func(model nn.Layer, _ uint64) nn.Layer {
			return append(sequential(model), nn.Func(func(x *autograd.Var) *autograd.Var { return x.Softmax(1) }))
		},
	},
	{
		Name: "rate-too-high", Title: "The learning rate is too high",
		Mistake: "The rate is 100 where 0.5 would do.",
		Symptom: "The loss jumps up at the first steps and then leaps about, far above where it began.",
		Check:   "by-heart", Cure: "Take a tenth of the rate until the loss falls, or ask inkling lrfind.",
		settings: func(s *Settings) { s.Recipe.Rate = 100 },
	},
	{
		Name: "frozen-layer", Title: "A layer is never trained",
		Mistake: "The first layer's weights were taken off the tape, as with detach: no gradient reaches them.",
		Symptom: "It learns, and worse than its twin: only the last layer follows the data, on features that stay random.",
		Check:   "unused", Cure: "Compare the weights before and after a step: each parameter has to move.",
		model: func(model nn.Layer, _ uint64) nn.Layer {
			net := sequential(model)
			for i, l := range net {
				if len(l.Params()) > 0 {
					net[i] = detached(l)
					break
				}
			}
			return net
		},
	},
	{
		Name: "training-mode", Title: "It is evaluated in training mode",
		Mistake: "Dropout is still on when the model answers.",
		Symptom: "The validation accuracy lies below what the model can do, and the same image gets another answer each time.",
		Check:   "repeat", Cure: "Switch to inference before answering; here the tape does it by itself.",
		model: func(model nn.Layer, seed uint64) nn.Layer {
			net := sequential(model)
			return slices.Insert(net, max(len(net)-1, 0), nn.Layer(&stuckDropout{p: 0.7, rng: rand.New(rand.NewPCG(seed, 7))}))
		},
	},
	{
		Name: "dead-units", Title: "The hidden units are dead",
		Mistake: "The first layer's biases begin at -40: every sigmoid sits where it is flat.",
		Symptom: "The loss stays at ln 10 = 2.3: whatever the image, the hidden units say the same, and no gradient gets through them.",
		Check:   "dead-units", Cure: "Begin with small weights and biases of 0, and scale the pixels to 0..1.",
		first: func(model nn.Layer) {
			for _, p := range model.Params() {
				if p.Value.Rank() == 1 {
					p.Value.Fill(-40)
					break
				}
			}
		},
	},
}

func faultByName(name string) (*Fault, error) {
	var names []string
	for _, f := range Faults {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return nil, unknown("there is no fault %q; choose one of %q", name, names)
}

// Exhibit begins two runs that differ in nothing but a fault: the faulty one and its
// sound twin.
func (l *Lab) Exhibit(name string, seed uint64) (faulty, sound *Run, err error) {
	f, err := faultByName(name)
	if err != nil {
		return nil, nil, err
	}
	s := l.Usual()
	s.Seed = seed
	s.Recipe = s.Recipe.With("sgd")
	s.Recipe.Schedule, s.Recipe.Epochs, s.Recipe.Batch = "constant", 2, 32
	if sound, err = l.Start(s, false); err != nil {
		return nil, nil, err
	}
	if f.settings != nil {
		f.settings(&s)
	}
	s.Fault = f.Name
	if faulty, err = l.Start(s, false); err != nil {
		return nil, nil, errors.Join(err, l.Delete(sound.ID))
	}
	return faulty, sound, nil
}

// apply puts the fault into a training that has not begun.
func (f *Fault) apply(t *train.Trainer) {
	if f.first != nil {
		f.first(t.Model)
	}
	if f.model != nil { // the optimiser has the parameters, which stay the same
		t.Model = f.model(t.Model, t.Seed)
	}
	if f.trainer != nil {
		f.trainer(t)
	}
}

// firstBatch is the images that a training sees first.
func (f *Fault) firstBatch(l *data.Loader) []int32 {
	if l.InOrder {
		order := make([]int32, min(doctorImages, l.Set.Len()))
		for i := range order {
			order[i] = int32(i)
		}
		return order
	}
	return f.usual(l)
}

// doctorImages is how many images the doctor looks at.
const doctorImages = 64

// usual is a shuffled batch.
func (f *Fault) usual(l *data.Loader) []int32 {
	order := make([]int32, l.Set.Len())
	for i := range order {
		order[i] = int32(i)
	}
	rand.New(rand.NewPCG(0, 1)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order[:min(doctorImages, len(order))]
}

// sequential is a copy of a model that layers can be added to.
func sequential(model nn.Layer) nn.Sequential {
	if s, ok := model.(nn.Sequential); ok {
		return slices.Clone(s)
	}
	return nn.Sequential{model}
}

// detached returns a layer with the same parameters that no gradient reaches.
func detached(l nn.Layer) nn.Layer {
	forward := func(x *autograd.Var) *autograd.Var {
		return autograd.Const(l.Forward(autograd.Const(x.Value())).Value())
	}
	switch l := l.(type) {
	case *nn.Linear:
		if l.Bias != nil {
			forward = func(x *autograd.Var) *autograd.Var {
				return x.MatMulAdd(autograd.Const(l.Weight.Value), autograd.Const(l.Bias.Value))
			}
		}
	case *nn.Conv2D:
		forward = func(x *autograd.Var) *autograd.Var {
			if l.Bias == nil {
				return x.Conv2D(autograd.Const(l.Weight.Value), nil, l.Window)
			}
			return x.Conv2D(autograd.Const(l.Weight.Value), autograd.Const(l.Bias.Value), l.Window)
		}
	}
	return cutOff{l, forward}
}

type cutOff struct {
	nn.Layer
	forward func(x *autograd.Var) *autograd.Var
}

// Forward implements nn.Layer.
func (c cutOff) Forward(x *autograd.Var) *autograd.Var { return c.forward(x) }

// stuckDropout is a dropout that never stops: on a tape that trains it is nn.Dropout,
// and elsewhere it draws masks of its own.
type stuckDropout struct {
	p   float64
	mu  sync.Mutex
	rng *rand.Rand
}

// Forward implements nn.Layer.
func (d *stuckDropout) Forward(x *autograd.Var) *autograd.Var {
	if x.Training() {
		return x.Dropout(d.p)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	mask := make([]float32, x.Value().Len())
	for i := range mask {
		if d.rng.Float64() >= d.p {
			mask[i] = float32(1 / (1 - d.p))
		}
	}
	return x.Mul(autograd.Const(tensor.FromFloats(mask, x.Shape()...)))
}

// Params implements nn.Layer; there are none.
func (*stuckDropout) Params() []*autograd.Param { return nil }
