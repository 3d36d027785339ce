package lab_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"inkling/lab"
)

// weights are all numbers of a run's model after some steps.
func weights(t testing.TB, l *lab.Lab, id string, step int) []float32 {
	t.Helper()
	n, err := l.Net(context.Background(), lab.Subject{Run: id, Step: step})
	if err != nil {
		t.Fatalf("step %d of %s: %v", step, id, err)
	}
	var all []float32
	for _, p := range n.Net.Params() {
		all = append(all, p.Value.Float32s()...)
	}
	return all
}

func TestHistoryIsBoundedAndEven(t *testing.T) {
	l := newLab(t)
	r := ended(t, l, `{"epochs": 30, "batch": 32, "model": "linear"}`)
	s, steps := r.Summary(), r.Steps()
	if s.Steps != 34*30 {
		t.Fatalf("%d steps", s.Steps)
	}
	if len(steps) < 32 || len(steps) > 64 || steps[0] != 0 || steps[len(steps)-1] != s.Steps {
		t.Fatalf("%d snapshots from %d to %d of %d steps", len(steps), steps[0], steps[len(steps)-1], s.Steps)
	}
	for i := 1; i < len(steps)-1; i++ {
		if steps[i]-steps[i-1] != steps[1] {
			t.Errorf("the snapshots are uneven: %v", steps)
			break
		}
	}
	if n := len(r.Losses(0)); n != s.Steps {
		t.Errorf("%d losses of %d steps", n, s.Steps)
	}
}

// Any step between the snapshots is replayed: the next snapshot, from the one before it.
func TestReplayGivesTheSameBits(t *testing.T) {
	t.Parallel()
	for _, changes := range []string{
		`{"epochs": 12, "batch": 64}`,
		`{"epochs": 8, "batch": 64, "optimizer": "momentum", "augment": "shift=1"}`,
		`{"epochs": 8, "batch": 64, "fault": "training-mode"}`,
		`{"epochs": 8, "batch": 64, "fault": "no-shuffle"}`,
	} {
		l := newLab(t)
		r := ended(t, l, changes)
		steps := r.Steps()
		kept := steps[len(steps)/2]
		between := kept + 1
		if slices.Contains(steps, between) {
			t.Fatalf("step %d is kept, among %v", between, steps)
		}
		a := weights(t, l, r.ID, between)
		again := ended(t, l, changes) // the same settings: the same bits
		if b := weights(t, l, again.ID, between); !slices.Equal(a, b) {
			t.Errorf("%s: two replays of step %d differ", changes, between)
		}
		// A pause there sees what the replay saw.
		p, err := l.Start(settings(t, l, changes), true)
		if err != nil {
			t.Fatal(err)
		}
		until(t, p, "paused", paused)
		if err := p.Advance(between); err != nil {
			t.Fatal(err)
		}
		until(t, p, "there", func(s lab.Summary) bool { return s.Step == between && paused(s) })
		if b := weights(t, l, p.ID, between); !slices.Equal(a, b) {
			t.Errorf("%s: a replay of step %d is not what the training was at it", changes, between)
		}
		if slices.Equal(a, weights(t, l, r.ID, kept)) {
			t.Errorf("%s: steps %d and %d have the same weights", changes, kept, between)
		}
		for _, wrong := range []int{-2, r.Summary().Steps + 1} {
			if _, err := l.Net(context.Background(), lab.Subject{Run: r.ID, Step: wrong}); err == nil {
				t.Errorf("there is a step %d", wrong)
			}
		}
	}
}

func TestFork(t *testing.T) {
	l := newLab(t)
	ctx := context.Background()
	parent := ended(t, l, `{"epochs": 8, "batch": 32}`)
	for _, changes := range []string{`{"lr": 0.0003}`, `{"optimizer": "sgd"}`, `{"loss": "softmax-mse"}`, `{"schedule": "constant"}`, `{"clip": 0.01}`} {
		const at = 150
		f, err := l.Fork(parent.ID, at, []byte(changes), false)
		if err != nil {
			t.Fatalf("%s: %v", changes, err)
		}
		wait(t, f)
		if s := f.Summary(); s.State != "done" || s.Parent != parent.ID || s.Fork != at || s.Step != s.Steps || len(s.Epochs) != 8 {
			t.Errorf("%s: %+v", changes, s)
		}
		if a, b := parent.Losses(0)[:at], f.Losses(0)[:at]; !slices.Equal(a, b) {
			t.Errorf("%s: the losses before the fork differ", changes)
		}
		if len(f.Losses(0)) != len(parent.Losses(0)) {
			t.Errorf("%s: %d losses, and its parent has %d", changes, len(f.Losses(0)), len(parent.Losses(0)))
		}
		d, err := l.Compare(ctx, parent.ID, f.ID)
		if err != nil {
			t.Fatalf("%s: %v", changes, err)
		}
		if d.Same != at || d.Step != at+1 || d.First == nil || d.Different == 0 {
			t.Errorf("%s: the runs part as %+v", changes, d)
			continue
		}
		if d.First.A == d.First.B || d.First.Parameter == "" {
			t.Errorf("%s: the first weight that differs is %+v", changes, d.First)
		}
	}
	for _, wrong := range []string{`{"model": "cnn"}`, `{"seed": 9}`, `{"batch": 16}`, `{"epochs": 9}`, `{"augment": "shift=1"}`, `{"nonsense": 1}`} {
		if _, err := l.Fork(parent.ID, 10, []byte(wrong), false); err == nil {
			t.Errorf("a fork changes %s", wrong)
		}
	}
	for _, step := range []int{-1, parent.Summary().Steps, 1 << 40} {
		if _, err := l.Fork(parent.ID, step, []byte(`{"lr": 1}`), false); err == nil {
			t.Errorf("a fork at step %d", step)
		}
	}
}

// A fork of a fork, and one that changes nothing.
func TestForksOfForks(t *testing.T) {
	l := newLab(t)
	parent := ended(t, l, `{"epochs": 6, "batch": 32, "model": "linear"}`)
	same, err := l.Fork(parent.ID, 77, []byte(`{}`), false)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, same)
	if !slices.Equal(weights(t, l, parent.ID, lab.Latest), weights(t, l, same.ID, lab.Latest)) {
		t.Error("a fork that changes nothing ends elsewhere")
	}
	first, err := l.Fork(parent.ID, 100, []byte(`{"lr": 0.03}`), false)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, first)
	second, err := l.Fork(first.ID, 150, []byte(`{"lr": 0.0001}`), false)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, second)
	if !slices.Equal(first.Losses(0)[:151], second.Losses(0)[:151]) {
		t.Error("before its own fork the second differs from the first")
	}
	d, err := l.Compare(context.Background(), first.ID, second.ID)
	if err != nil || d.Same != 150 || d.Step != 151 {
		t.Errorf("they part as %+v, %v", d, err)
	}
	if d, err = l.Compare(context.Background(), parent.ID, second.ID); err != nil || d.Same != 100 {
		t.Errorf("from the first of all it parts as %+v, %v", d, err)
	}
}

func TestTimeline(t *testing.T) {
	l := newLab(t)
	r := ended(t, l, `{"epochs": 3}`)
	image := bytes.Clone(small.Test.Image(0))
	moments, err := l.Timeline(context.Background(), r.ID, image)
	if err != nil {
		t.Fatal(err)
	}
	if len(moments) != len(r.Steps()) {
		t.Fatalf("%d moments of %d snapshots", len(moments), len(r.Steps()))
	}
	last := moments[len(moments)-1]
	n, err := l.Net(context.Background(), lab.Subject{Run: r.ID, Step: lab.Latest})
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.Predict(image)
	if err != nil {
		t.Fatal(err)
	}
	if last.Answer != p.Answer || !slices.Equal(last.Probabilities, p.Probabilities) {
		t.Errorf("at the end the timeline says %+v, and the net %+v", last, p)
	}
	if slices.Equal(moments[0].Probabilities, last.Probabilities) {
		t.Error("the answer does not change over the run")
	}
	if _, err := l.Timeline(context.Background(), r.ID, image[1:]); err == nil {
		t.Error("an image that is too short has a timeline")
	}
}
