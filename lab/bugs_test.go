package lab

import (
	"context"
	"slices"
	"testing"
	"time"

	"inkling/data"
	"inkling/data/synth"
	"inkling/explain"
)

// Every fault shows: the doctor finds it by its check, and does not find that in the
// sound twin; and the curves are worse, as the symptom says.
func TestTheMuseum(t *testing.T) {
	ds := synth.Generate(4000, 300, 0)
	l := New(Options{Data: []string{"synth"}, Open: func(context.Context, string) (*data.Dataset, error) { return ds, nil }})
	defer l.Close()
	if len(Faults) != 6 {
		t.Errorf("%d faults", len(Faults))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	for _, f := range Faults {
		faulty, sound, err := l.Exhibit(f.Name, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []*Run{faulty, sound} {
			if err := r.Wait(ctx); err != nil {
				t.Fatal(err)
			}
		}
		a, b := faulty.Summary(), sound.Summary()
		if !slices.ContainsFunc(a.Doctor, func(x explain.Finding) bool { return x.Check == f.Check }) {
			t.Errorf("%s: the doctor does not find %s, but %+v", f.Name, f.Check, a.Doctor)
		}
		if a.State == failed || b.State != done {
			t.Fatalf("%s: faulty %+v, sound %+v", f.Name, a, b)
		}
		set, err := l.divide(ds, b.Settings)
		if err != nil {
			t.Fatal(err)
		}
		twin, err := sound.on(set.train, set.valid)
		if err != nil {
			t.Fatal(err)
		}
		settings := b.Settings
		ill, err := diagnose(twin, settings, func(l *data.Loader) []int32 { return f.usual(l) })
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(ill, func(x explain.Finding) bool { return x.Check == f.Check }) {
			t.Errorf("%s: the doctor finds %s in the sound twin too: %+v", f.Name, f.Check, ill)
		}
		if accuracy(a) > accuracy(b)-0.015 {
			t.Errorf("%s: the faulty run reaches %.3f, and the sound one %.3f", f.Name, accuracy(a), accuracy(b))
		}
		t.Logf("%-14s %.3f (sound %.3f), %d findings: %v", f.Name, accuracy(a), accuracy(b), len(a.Doctor), a.Doctor)
		l.Delete(a.ID)
		l.Delete(b.ID)
	}
	if _, _, err := l.Exhibit("gremlins", 0); err == nil {
		t.Error("there are gremlins")
	}
}
