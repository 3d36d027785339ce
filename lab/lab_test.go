package lab_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"inkling/data"
	"inkling/data/synth"
	"inkling/internal/browser"
	"inkling/lab"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(browser.Main{M: m}, goleak.IgnoreAnyFunction("inkling/device/cpu.(*pool).help"))
}

// small is the data of most tests: 1,200 drawn digits to learn from, and 300.
var small = synth.Generate(1200, 300, 0)

func newLab(t testing.TB) *lab.Lab {
	t.Helper()
	l := lab.New(lab.Options{
		Data: []string{"synth"},
		Open: func(context.Context, string) (*data.Dataset, error) { return small, nil },
	})
	t.Cleanup(l.Close)
	return l
}

func settings(t testing.TB, l *lab.Lab, changes string) lab.Settings {
	t.Helper()
	s, err := l.Usual().With([]byte(changes))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ended starts a run and waits for its end.
func ended(t testing.TB, l *lab.Lab, changes string) *lab.Run {
	t.Helper()
	r, err := l.Start(settings(t, l, changes), false)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, r)
	return r
}

func wait(t testing.TB, r *lab.Run) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	if err := r.Wait(ctx); err != nil {
		t.Fatalf("run %s has not ended: %v: %+v", r.ID, err, r.Summary())
	}
}

// until waits for a state of a run that is on its way.
func until(t testing.TB, r *lab.Run, what string, is func(lab.Summary) bool) {
	t.Helper()
	for begun := time.Now(); !is(r.Summary()); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 60*time.Second {
			t.Fatalf("run %s is not %s: %+v", r.ID, what, r.Summary())
		}
	}
}

func paused(s lab.Summary) bool { return s.State == "paused" }

// A run of the lab is the training that its recipe makes, bit for bit, whoever looks.
func TestARunIsTheRecipesTraining(t *testing.T) {
	l := newLab(t)
	r := ended(t, l, `{"epochs": 2, "seed": 3}`)
	if s := r.Summary(); s.State != "done" || len(s.Epochs) != 2 || s.Step != s.Steps {
		t.Fatalf("ended as %+v", s)
	}
	n, err := l.Net(context.Background(), lab.Subject{Run: r.ID, Step: lab.Latest})
	if err != nil {
		t.Fatal(err)
	}
	set, valid := small.Train.Split(0.1, seeded(3, 2))
	trainer, err := n.Settings.Recipe.Trainer(set, valid, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := trainer.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	for i, p := range trainer.Model.Params() {
		if got := n.Net.Params()[i]; !slices.Equal(got.Value.Float32s(), p.Value.Float32s()) {
			t.Errorf("%s is not what the recipe's trainer learns", p.Name)
		}
	}
}

func TestPauseStepStop(t *testing.T) {
	l := newLab(t)
	r, err := l.Start(settings(t, l, `{"epochs": 20}`), true)
	if err != nil {
		t.Fatal(err)
	}
	until(t, r, "paused", paused)
	if s := r.Summary(); s.Step != 0 {
		t.Errorf("paused before its first step it has made %d", s.Step)
	}
	for want := 1; want <= 3; want++ {
		if err := r.Advance(1); err != nil {
			t.Fatal(err)
		}
		until(t, r, "one step on", func(s lab.Summary) bool { return s.Step == want && paused(s) })
	}
	if err := r.Advance(5); err != nil {
		t.Fatal(err)
	}
	until(t, r, "five steps on", func(s lab.Summary) bool { return s.Step == 8 && paused(s) })
	if n, err := l.Net(context.Background(), lab.Subject{Run: r.ID, Step: lab.Latest}); err != nil || n.Subject.Step != 8 {
		t.Errorf("the newest weights are not those of step 8: %+v, %v", n.Subject, err)
	}
	if err := r.Resume(); err != nil {
		t.Fatal(err)
	}
	until(t, r, "running on", func(s lab.Summary) bool { return s.Step > 20 })
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	wait(t, r)
	if s := r.Summary(); s.State != "stopped" || s.Step < 20 || s.Step >= s.Steps {
		t.Errorf("stopped, it is %s at step %d of %d", s.State, s.Step, s.Steps)
	}
	if err := r.Resume(); err == nil {
		t.Error("a run that was stopped goes on")
	}
}

// Whoever hears that a run goes on can ask for its weights at once.
func TestARunThatGoesOnHasWeights(t *testing.T) {
	l := newLab(t)
	for range 10 {
		r, err := l.Start(settings(t, l, `{}`), false)
		if err != nil {
			t.Fatal(err)
		}
		for r.Summary().State == "waiting" {
		}
		if _, err := r.At(context.Background(), lab.Latest); err != nil {
			t.Fatal(err)
		}
		r.Stop()
	}
}

// Whoever closes the lab does not wait for the visitors.
func TestCloseEndsPausedRuns(t *testing.T) {
	l := newLab(t)
	for range 6 { // two more than may compute
		if _, err := l.Start(settings(t, l, `{"epochs": 50}`), true); err != nil {
			t.Fatal(err)
		}
	}
	closed := make(chan struct{})
	go func() { l.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(20 * time.Second):
		t.Fatal("the lab does not close while runs are paused")
	}
}

func TestSettings(t *testing.T) {
	l := newLab(t)
	s := settings(t, l, `{"optimizer": "sgd", "seed": 4, "images": 100}`)
	if s.Recipe.Optimizer != "sgd" || s.Recipe.Rate != 0.5 || s.Seed != 4 || s.Images != 100 {
		t.Errorf("sgd with its own rate is %+v", s)
	}
	for _, wrong := range []string{`{"rate": 1}`, `{"lr": "high"}`, `[]`, ``, `{"seed": -1}`, `{} {}`, `{"images": 1.5}`} {
		if s, err := l.Usual().With([]byte(wrong)); err == nil {
			t.Errorf("%s is accepted as %+v", wrong, s)
		}
	}
	for _, wrong := range []string{`{"model": "average-mse"}`, `{"data": "mnist"}`, `{"fault": "gremlins"}`, `{"epochs": 0}`, `{"images": -1}`} {
		s, err := l.Usual().With([]byte(wrong))
		if err != nil {
			t.Errorf("%s: %v", wrong, err)
			continue
		}
		if _, err := l.Start(s, false); err == nil {
			t.Errorf("a run with %s begins", wrong)
		}
	}
	// What shows only when the training is prepared ends the run with a sentence.
	for _, wrong := range []string{`{"images": 5000}`, `{"epochs": 190000}`} {
		if s := ended(t, l, wrong).Summary(); s.State != "failed" || s.Problem == "" {
			t.Errorf("a run with %s is %+v", wrong, s)
		}
	}
}

func TestDivergence(t *testing.T) {
	l := newLab(t)
	s := ended(t, l, `{"model": "cnn", "optimizer": "sgd", "lr": 1e6, "schedule": "constant", "images": 200}`).Summary()
	if s.State != "diverged" || s.Problem == "" {
		t.Errorf("with a rate of a million the run is %+v", s)
	}
}

func TestImagesAreOfEachClassAlike(t *testing.T) {
	l := newLab(t)
	r := ended(t, l, `{"images": 50, "epochs": 1, "batch": 10}`)
	if s := r.Summary(); s.Steps != 5 {
		t.Errorf("50 images in batches of 10 make %d steps", s.Steps)
	}
}

func seeded(seed, stream uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, stream)) }
