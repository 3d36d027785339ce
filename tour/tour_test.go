package tour

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/classifier"
	"inkling/data"
	"inkling/data/synth"
)

// take runs a tour on a few drawn digits and returns its events.
func take(t *testing.T, ctx context.Context, opt Options) ([]Event, error) {
	t.Helper()
	var events []Event
	opt.Data, opt.Out = synth.Generate(600, 200, 1), t.TempDir()
	tell := opt.Tell
	opt.Tell = func(e Event) {
		events = append(events, e)
		if tell != nil {
			tell(e)
		}
	}
	err := Run(ctx, opt)
	return events, err
}

func TestEventsTellTheStoryInOrder(t *testing.T) {
	events, err := take(t, t.Context(), Options{Chapters: []string{"linear", "average"}}) // in the story's order all the same
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events {
		if k := e.event(); k != "progress" && k != "doctor" && (len(kinds) == 0 || kinds[len(kinds)-1] != k) {
			kinds = append(kinds, k)
		}
		if text, ok := e.(ChapterBegins); ok && strings.ContainsAny(text.Text, "{}") {
			t.Errorf("a number is missing in the text of %s: %s", text.Chapter, text.Text)
		}
	}
	if want := []string{"data", "chapter", "baseline", "chapter", "epoch", "chapter_end", "done"}; !slices.Equal(kinds, want) {
		t.Errorf("events came as %v, want %v", kinds, want)
	}
}

func TestWhatATourLeavesBehind(t *testing.T) {
	events, err := take(t, t.Context(), Options{Chapters: []string{"cross-entropy"}})
	if err != nil {
		t.Fatal(err)
	}
	done := events[len(events)-1].(Done)
	model, err := classifier.Load(filepath.Join(done.Out, "cross-entropy.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if model.Training["loss"] != "cross-entropy" || model.Classes[9] != "9" {
		t.Errorf("the model file says %v of its training and %v of its classes", model.Training, model.Classes)
	}
	raw, err := os.ReadFile(filepath.Join(done.Out, "metrics.json"))
	if err != nil {
		t.Fatal(err)
	}
	var metrics struct{ Epochs []EpochEnds }
	if err := json.Unmarshal(raw, &metrics); err != nil || len(metrics.Epochs) != epochs {
		t.Fatalf("metrics.json has %d epochs, want %d (%v)", len(metrics.Epochs), epochs, err)
	}
	first, last := metrics.Epochs[0], metrics.Epochs[epochs-1]
	if !(last.TrainLoss < first.TrainLoss) || !(last.Accuracy > 0.5) {
		t.Errorf("the model did not learn: loss %g to %g, accuracy %g", first.TrainLoss, last.TrainLoss, last.Accuracy)
	}
	if _, err := os.Stat(done.Report); err != nil {
		t.Error(err)
	}
}

func TestATourEndsEarly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := take(t, ctx, Options{Chapters: []string{"linear"}, Tell: func(e Event) {
		if _, ok := e.(EpochEnds); ok {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled tour returned %v", err)
	}
	if _, err := take(t, t.Context(), Options{Chapters: []string{"magic"}}); err == nil || !strings.Contains(err.Error(), `no chapter "magic"`) {
		t.Errorf("an unknown chapter gave %v", err)
	}
	err = Run(t.Context(), Options{Data: &data.Dataset{Name: "mine", Train: synth.Generate(20, 10, 1).Train}, Out: t.TempDir(), Tell: func(Event) {}})
	if err == nil || !strings.Contains(err.Error(), "mine has no test images") {
		t.Errorf("data without test images gave %v", err)
	}
}

func TestPostsFiguresStandBesideMNISTOnly(t *testing.T) {
	if postFor(synth.Generate(600, 200, 1)) != nil {
		t.Error("the post's figures were put beside drawn digits")
	}
	p := postFor(asMNIST())
	if p == nil || p.baseline("mse").PerClass[5] != 0.6861 || p.curve("network").Last.Max != 0.9507 {
		t.Errorf("the post's figures are missing or wrong: %+v", p)
	}
}

// asMNIST has as many images as MNIST, and none of its pixels.
func asMNIST() *data.Dataset {
	test := &data.Set{Classes: make([]string, 10)}
	for digit, n := range mnistCounts {
		for range n {
			test.Labels = append(test.Labels, int32(digit))
		}
	}
	return &data.Dataset{Train: &data.Set{Labels: make([]int32, 60000)}, Test: test}
}
