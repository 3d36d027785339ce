package lab

import (
	"slices"
)

// A run's history is its weights at even intervals, a power of two that leaves no more
// than the limit for the whole run. Should there be more all the same, every second one
// goes and the interval doubles.
const (
	historyBytes = 32 << 20 // of a run; two snapshots are kept whatever they take
	historyMost  = 64       // snapshots
)

// Snapshot is a run's weights after some steps. They are not changed any more.
type Snapshot struct {
	Step    int
	weights []float32 // parameters and buffers, in the order of nn.State
}

// history is the snapshots of a run.
type history struct {
	every  int // steps from one to the next; 0 is 1
	kept   []Snapshot
	forced map[int]bool
	latest *Snapshot // what visitors see while the training goes on
}

// wants reports whether a step is one whose weights are kept.
func (h *history) wants(step int) bool { return step%max(h.every, 1) == 0 }

// most is how many snapshots of so many numbers are kept.
func most(numbers int) int {
	return min(max(historyBytes/(4*max(numbers, 1)), 2), historyMost)
}

// plan sets the interval for a run of so many steps of a model of so many numbers.
func (h *history) plan(steps, numbers int) {
	h.every = max(h.every, 1)
	for steps/h.every >= most(numbers) {
		h.every *= 2
	}
}

// add keeps a snapshot, and thins out.
func (h *history) add(s Snapshot) {
	if i, found := h.find(s.Step); found {
		h.kept[i] = s
	} else {
		h.kept = slices.Insert(h.kept, i, s)
	}
	for len(h.kept) > most(len(s.weights)) {
		before := len(h.kept)
		h.every = 2 * max(h.every, 1)
		last := h.kept[before-1].Step
		h.kept = slices.DeleteFunc(h.kept, func(s Snapshot) bool {
			return s.Step%h.every != 0 && s.Step != last && !h.forced[s.Step]
		})
		if len(h.kept) == before && h.every > last { // nothing left to thin out but what is asked for
			break
		}
	}
}

func (h *history) find(step int) (int, bool) {
	return slices.BinarySearchFunc(h.kept, step, func(s Snapshot, step int) int { return s.Step - step })
}

func (h *history) latestStep() int {
	if h.latest == nil {
		return 0
	}
	return h.latest.Step
}

// forces reports whether a step's weights are kept whatever the interval.
func (r *Run) forces(step int) bool { return slices.Contains(r.forced, step) }

func (r *Run) keep(step int, weights []float32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.history.forced == nil {
		r.history.forced = map[int]bool{}
		for _, step := range r.forced {
			r.history.forced[step] = true
		}
	}
	r.history.add(Snapshot{step, weights})
}

func (r *Run) publish(step int, weights []float32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.latest = &Snapshot{step, weights}
}

// Latest is the step argument for the newest weights that there are.
const Latest = -1

// Steps lists the steps whose weights are kept.
func (r *Run) Steps() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	steps := []int{}
	for _, s := range r.history.kept {
		steps = append(steps, s.Step)
	}
	return steps
}

// snapshot returns the weights after so many steps, if they are kept.
func (r *Run) snapshot(step int) (*Snapshot, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := &r.history
	if step == Latest {
		return h.latest, h.latest != nil
	}
	if h.latest != nil && h.latest.Step == step {
		return h.latest, true
	}
	if r.replayed != nil && r.replayed.Step == step {
		return r.replayed, true
	}
	if i, found := h.find(step); found {
		s := h.kept[i]
		return &s, true
	}
	return nil, false
}
