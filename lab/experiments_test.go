package lab_test

import (
	"bytes"
	"context"
	"testing"

	"inkling/lab"
)

// Each question can be answered, and none is before it is.
func TestExperiments(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	graded := func(name string) lab.Grade {
		t.Helper()
		g, err := l.Grade(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if g.Said == "" || g.Runs == nil {
			t.Errorf("%s: %+v", name, g)
		}
		return g
	}
	for _, e := range lab.Experiments {
		if g := graded(e.Name); g.Done {
			t.Errorf("%s is done before anything was: %s", e.Name, g.Said)
		}
	}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"diverge", func() { ended(t, l, `{"optimizer": "sgd", "lr": 1000, "schedule": "constant", "epochs": 4}`) }},
		{"quick", func() { ended(t, l, `{"model": "cnn", "epochs": 1, "batch": 4, "lr": 0.003, "seed": 2}`) }},
		{"shuffle", func() {
			ended(t, l, `{"epochs": 2, "batch": 32}`)
			ended(t, l, `{"epochs": 2, "batch": 32, "fault": "no-shuffle"}`)
		}},
		{"few-images", func() { ended(t, l, `{"model": "cnn", "images": 500, "epochs": 10, "batch": 20}`) }},
		{"hidden", func() { ended(t, l, `{"model": "linear", "epochs": 2, "batch": 32}`) }},
		{"by-heart", func() { ended(t, l, `{"images": 60, "epochs": 60, "batch": 20}`) }},
		{"same-bits", func() { ended(t, l, `{"epochs": 2, "batch": 32}`) }},
		{"batch", func() { ended(t, l, `{"epochs": 2, "batch": 4}`) }},
		{"fork", func() {
			r := ended(t, l, `{"optimizer": "sgd", "lr": 3, "schedule": "constant", "epochs": 6, "batch": 16, "seed": 5}`)
			f, err := l.Fork(r.ID, 300, []byte(`{"lr": 0.3}`), false)
			if err != nil {
				t.Fatal(err)
			}
			wait(t, f)
		}},
		{"fool", func() {
			at := lab.Subject{Run: "r1", Step: lab.Latest}
			for _, r := range l.State().Runs {
				if r.State == "done" && len(r.Epochs) > 0 && *r.Epochs[len(r.Epochs)-1].Accuracy > 0.8 {
					at.Run = r.ID
				}
			}
			n, err := l.Net(ctx, at)
			if err != nil {
				t.Fatal(err)
			}
			// Pixels that speak for the answer go, those that speak against it come, one by one.
			for index := range 20 {
				image := bytes.Clone(small.Test.Image(index))
				touched := map[int]bool{}
				for range 40 {
					p, err := n.Predict(image)
					if err != nil {
						t.Fatal(err)
					}
					if p.Answer != int(small.Test.Labels[index]) {
						break
					}
					g, err := n.Graph(image, p.Answer)
					if err != nil {
						t.Fatal(err)
					}
					slopes := g.Gradients(g.Image) // what makes the answer less likely
					best, gain := -1, float32(0)
					for i, dx := range slopes {
						if by := max(dx*(255-float32(image[i])), -dx*float32(image[i])); !touched[i] && by > gain {
							best, gain = i, by
						}
					}
					if best < 0 {
						break
					}
					touched[best] = true
					if slopes[best] > 0 {
						image[best] = 255
					} else {
						image[best] = 0
					}
				}
				if f, err := l.Fool(ctx, at, index, image); err != nil || f.Changed > 40 {
					t.Fatalf("image %d: %+v, %v", index, f, err)
				}
			}
		}},
	} {
		if g := graded(step.name); g.Done && step.name != "by-heart" {
			t.Errorf("%s is done before it was tried: %s", step.name, g.Said)
		}
		step.do()
		g := graded(step.name)
		if !g.Done {
			t.Errorf("%s is not done: %s", step.name, g.Said)
		}
		t.Logf("%-11s %s", step.name, g.Said)
	}
	if _, err := l.Grade(ctx, "why"); err == nil {
		t.Error("there is a question why")
	}
}
