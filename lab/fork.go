package lab

import (
	"context"
	"encoding/json"
	"math"
	"slices"

	"inkling/nn"
)

// fixed are the settings that a fork cannot change: the images and their order, and
// the model, are those of the run that it leaves.
var fixed = []string{"data", "images", "seed", "fault", "model", "epochs", "batch", "drop_last", "augment", "ema"}

// Fork begins a run that is bit for bit another one until step, and then goes its own
// way, with settings changed as Settings.With reads them: the loss of batch step is
// already another, and its update is made by the other rule. What the optimiser
// carries goes along where the new one can use it (see recipe.Recipe.Switch).
func (l *Lab) Fork(id string, step int, changes []byte, paused bool) (*Run, error) {
	parent, err := l.Run(id)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(parent.program, func(p phase) bool { return p.From >= step && p.From > 0 })
	program := slices.Clone(parent.program)
	if at >= 0 {
		program = program[:at]
	}
	before := program[len(program)-1].Settings
	after, err := before.With(changes)
	if err != nil {
		return nil, err
	}
	if err := sameFixed(before, after); err != nil {
		return nil, err
	}
	parent.mu.Lock()
	defer parent.mu.Unlock()
	if step < 0 || step > parent.step || step >= parent.steps {
		return nil, invalid("run %s has made %d of %d steps: it cannot be forked at step %d", id, parent.step, parent.steps, step)
	}
	r := &Run{parent: id, from: step, begin: parent.begin, images: parent.images, forced: []int{step, step + 1}}
	r.program = append(program, phase{step, after})
	if step == 0 {
		r.program = []phase{{0, after}}
	}
	// It goes on from the last position that both have, with what the parent had
	// seen by then.
	var begun int
	if r.at, begun = parent.positions.before(step); r.at == nil && parent.at != nil && parent.begun <= step {
		r.at, begun = parent.at, parent.begun
	}
	r.begun, r.step = begun, begun
	r.losses = slices.Clone(parent.losses[:min(begun, len(parent.losses))])
	for _, e := range parent.epochs {
		if e.Step <= begun {
			r.epochs = append(r.epochs, e)
		}
	}
	r.history.every = parent.history.every
	for _, s := range parent.history.kept {
		if s.Step < begun {
			r.history.kept = append(r.history.kept, s)
		}
	}
	return l.start(r, paused)
}

// sameFixed returns an error that names a setting which a fork cannot change.
func sameFixed(a, b Settings) error {
	flat := func(s Settings) map[string]any {
		m := map[string]any{"data": s.Data, "images": float64(s.Images), "seed": s.Seed, "fault": s.Fault}
		text, err := json.Marshal(s.Recipe)
		if err != nil {
			panic("lab: " + err.Error()) // a recipe of ours
		}
		if err := json.Unmarshal(text, &m); err != nil {
			panic("lab: " + err.Error())
		}
		return m
	}
	x, y := flat(a), flat(b)
	for _, key := range fixed {
		if x[key] != y[key] {
			return invalid("a fork cannot change %s: it is what both runs have in common; begin another run for that", key)
		}
	}
	return nil
}

// Difference is where two runs part.
type Difference struct {
	Same  int `json:"same"` // the last step after which all their weights are the same bits
	Step  int `json:"step"` // the first after which some differ; -1 if none do
	First *struct {
		Parameter string  `json:"parameter"`
		Index     []int   `json:"index"` // in its shape
		A         float32 `json:"a"`
		B         float32 `json:"b"`
	} `json:"first,omitempty"` // the first weight that differs then
	Different int `json:"different"` // how many weights do
	Of        int `json:"of"`
}

// Compare names the first weight in which two runs differ. They must have the same
// images, seed and model, as a fork and its parent have.
func (l *Lab) Compare(ctx context.Context, a, b string) (*Difference, error) {
	x, err := l.Run(a)
	if err != nil {
		return nil, err
	}
	y, err := l.Run(b)
	if err != nil {
		return nil, err
	}
	if err := sameFixed(x.program[0].Settings, y.program[0].Settings); err != nil {
		return nil, invalid("runs %s and %s have nothing in common: %v", a, b, err)
	}
	fork := parting(x.program, y.program)
	d := &Difference{Same: -1, Step: -1}
	// An update can be the same although the settings differ: of one with momentum,
	// the first.
	for step := fork; step <= fork+4; step++ {
		p, err := x.At(ctx, step)
		if err != nil {
			return nil, err
		}
		q, err := y.At(ctx, step)
		if err != nil {
			return nil, err
		}
		if d.Of = len(p.weights); len(q.weights) != d.Of {
			return nil, invalid("runs %s and %s have models of another size", a, b)
		}
		if slices.Equal(bits(p.weights), bits(q.weights)) {
			d.Same = step
			continue
		}
		d.Step = step
		net, err := l.Net(ctx, Subject{Run: a, Step: step})
		if err != nil {
			return nil, err
		}
		d.find(net.Net, p.weights, q.weights)
		return d, nil
	}
	return d, nil
}

// parting is the first step at which two programs say something else.
func parting(a, b []phase) int {
	same := func(p, q phase) bool {
		x, _ := json.Marshal(p)
		y, _ := json.Marshal(q)
		return slices.Equal(x, y)
	}
	i := 0
	for i < len(a) && i < len(b) && same(a[i], b[i]) {
		i++
	}
	at := math.MaxInt
	for _, p := range [][]phase{a, b} {
		if i < len(p) {
			at = min(at, p[i].From)
		}
	}
	if at == math.MaxInt {
		return 0
	}
	return at
}

func (d *Difference) find(model nn.Layer, a, b []float32) {
	at := 0
	for _, p := range nn.State(model) {
		for k := range p.Value.Len() {
			if math.Float32bits(a[at+k]) == math.Float32bits(b[at+k]) {
				continue
			}
			if d.Different++; d.First != nil {
				continue
			}
			index := make([]int, p.Value.Rank())
			for axis, rest := p.Value.Rank()-1, k; axis >= 0; axis-- {
				index[axis] = rest % p.Value.Dim(axis)
				rest /= p.Value.Dim(axis)
			}
			d.First = &struct {
				Parameter string  `json:"parameter"`
				Index     []int   `json:"index"`
				A         float32 `json:"a"`
				B         float32 `json:"b"`
			}{p.Name, index, a[at+k], b[at+k]}
		}
		at += p.Value.Len()
	}
}

// bits makes NaNs comparable.
func bits(w []float32) []uint32 {
	out := make([]uint32, len(w))
	for i, v := range w {
		out[i] = math.Float32bits(v)
	}
	return out
}
