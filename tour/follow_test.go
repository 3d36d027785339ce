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
	"inkling/data/synth"
	"inkling/report"
)

// quickly puts small recipes in the place of a chapter's, for as long as a test takes.
func quickly(t *testing.T, name string, runs ...run) {
	t.Helper()
	i := slices.IndexFunc(chapters, func(c chapter) bool { return c.name == name })
	old := chapters[i].runs
	t.Cleanup(func() { chapters[i].runs = old })
	chapters[i].runs = runs
}

// small is the story's recipe for a model and a number of epochs that a test has time for.
func small() run {
	r := preset("story")
	r.Model, r.Rate, r.Epochs = "resnet-small", 0.02, 2
	return run{recipe: r}
}

// of returns the events of one type.
func of[T Event](events []Event) (found []T) {
	for _, e := range events {
		if e, ok := e.(T); ok {
			found = append(found, e)
		}
	}
	return found
}

func TestRunsOfAChapterByRecipes(t *testing.T) {
	changed := small()
	changed.name, changed.change, changed.recipe.Smoothing = "smoothed", "The labels are smoothed.", 0.1
	quickly(t, "resnet", small(), changed)
	events, err := take(t, t.Context(), Options{Chapters: []string{"resnet"}})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events {
		if k := e.event(); k != "progress" && k != "doctor" && (len(kinds) == 0 || kinds[len(kinds)-1] != k) {
			kinds = append(kinds, k)
		}
	}
	one := []string{"run", "epoch", "maps", "chapter_end"}
	if want := slices.Concat([]string{"data", "chapter", "convolution"}, one, one, []string{"done"}); !slices.Equal(kinds, want) {
		t.Errorf("events came as %v, want %v", kinds, want)
	}
	begins := of[RunBegins](events)
	if b := begins[0]; b.Batches != 9 || b.Settings.DropLast != true || !(b.Step > 0) || !(b.Seconds > 18*b.Step) || b.Rates[30] != 0.02 || b.Momenta[30] != 0.85 {
		t.Errorf("the run begins with %+v", b)
	}
	if begins[1].Run != "smoothed" || begins[1].Change == "" || begins[1].Settings.Smoothing != 0.1 {
		t.Errorf("the changed run begins with %+v", begins[1])
	}
	epochs := of[EpochEnds](events)
	if len(epochs) != 4 || epochs[1].Left != 0 || !(epochs[0].Left > 0) || epochs[3].Run != "smoothed" || !(epochs[1].Rate > 0 && epochs[1].Rate < epochs[0].Rate) {
		t.Errorf("epochs: %+v", epochs)
	}
	for i, e := range of[ChapterEnds](events) {
		model, err := classifier.Load(e.Model)
		if err != nil {
			t.Fatal(err)
		}
		if model.Training["schedule"] != "one-cycle" || model.Training["smoothing"] != begins[i].Settings.Smoothing || model.Training["validated_on"] != "test" {
			t.Errorf("%s says of its training %v", e.Model, model.Training)
		}
	}
	page, err := os.ReadFile(of[Done](events)[0].Report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`id="resnet"`, `id="resnet-smoothed"`, "The labels are smoothed."} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// What a recipe does to test images is done to the image that is looked into, and
// is in the model file.
func TestARecipeWithStandardizedImages(t *testing.T) {
	r := small()
	r.recipe.Augment, r.recipe.Epochs = "shift=1,standardize", 1
	quickly(t, "beyond", r)
	events, err := take(t, t.Context(), Options{Chapters: []string{"beyond"}})
	if err != nil {
		t.Fatal(err)
	}
	model, err := classifier.Load(of[ChapterEnds](events)[0].Model)
	if err != nil {
		t.Fatal(err)
	}
	if model.Input != "standardize" {
		t.Errorf("the file says that images are changed by %q", model.Input)
	}
	if m := of[Maps](events); len(m) != 1 || len(m[0].Stages) != 5 || m[0].Stages[0].Maps != 8 || len(m[0].Stages[1].Strong) != 16 {
		t.Errorf("maps: %+v", m)
	}
}

func TestAnInterruptedRunKeepsWhatCameOut(t *testing.T) {
	r := small()
	r.recipe.Epochs = 1000
	quickly(t, "resnet", r)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events, err := take(t, ctx, Options{Chapters: []string{"average", "resnet"}, Tell: func(e Event) {
		if e, ok := e.(EpochEnds); ok && e.Epoch == 1 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the tour ended with %v", err)
	}
	last, ok := events[len(events)-1].(Stopped)
	if !ok || last.Epochs != 2 || last.At != "after epoch 2 of 1000" || last.Problem != "" {
		t.Fatalf("the last event is %+v", events[len(events)-1])
	}
	model, err := classifier.Load(last.Model)
	if err != nil {
		t.Fatal(err)
	}
	if model.Training["stopped"] != last.At {
		t.Errorf("the file says of its training %v", model.Training)
	}
	page, err := os.ReadFile(last.Report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`id="average"`, `id="resnet"`, "after epoch 2 of 1000"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	var metrics struct{ Epochs []EpochEnds }
	raw, err := os.ReadFile(filepath.Join(filepath.Dir(last.Report), "metrics.json"))
	if err == nil {
		err = json.Unmarshal(raw, &metrics)
	}
	if err != nil || len(metrics.Epochs) != 2 {
		t.Errorf("metrics.json has %d epochs (%v)", len(metrics.Epochs), err)
	}
}

// Every chapter keeps what has come out, however early the interruption comes.
func TestAnInterruptionIsRescuedInEveryChapter(t *testing.T) {
	r := small()
	r.recipe.Epochs = 1000
	quickly(t, "resnet", r)
	const early = "before the end of its first epoch"
	for _, c := range []struct {
		chapters, last string
		at             func(Event) bool // where Ctrl-C comes
		epochs         int
		want           []string // on the page
	}{
		{"linear", "linear", func(e Event) bool { _, ok := e.(Doctor); return ok }, 0, []string{`id="linear"`, early, "squeezes it between"}},
		{"linear", "linear", func(e Event) bool { p, ok := e.(Progress); return ok && p.Epoch == 0 }, 0, []string{"after 1 of 3 batches in epoch 1 of 41"}},
		{"linear,softmax", "softmax", func(e Event) bool { p, ok := e.(EpochEnds); return ok && p.Chapter == "softmax" && p.Epoch == 1 }, 2, []string{`id="linear"`, `id="softmax"`, "was stopped after epoch 2 of 41"}},
		{"cross-entropy", "cross-entropy", func(e Event) bool { p, ok := e.(EpochEnds); return ok && p.Epoch == 4 }, 5, []string{`id="cross-entropy"`, "was stopped after epoch 5 of 41"}},
		{"network", "network", func(e Event) bool { p, ok := e.(EpochEnds); return ok && p.Epoch == 0 }, 1, []string{`id="network"`, "was stopped after epoch 1 of 41"}},
		{"pixels,average", "average", func(e Event) bool { _, ok := e.(Baseline); return ok }, 0, []string{`id="pixels"`}},
		{"average,resnet", "resnet", func(e Event) bool { _, ok := e.(RunBegins); return ok }, 0, []string{`id="average"`, `id="resnet"`, early, "taken apart", "The learning rate over the run", "The momentum goes the other way"}},
		{"resnet", "resnet", func(e Event) bool { p, ok := e.(Progress); return ok && p.Batch == 3 }, 0, []string{"was stopped after 4 of 9 batches in epoch 1 of 1000", "resnet stopped after 4 of 9 batches", "taken apart", "The learning rate over the run"}},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		events, err := take(t, ctx, Options{Chapters: strings.Split(c.chapters, ","), Tell: func(e Event) {
			if c.at(e) {
				cancel()
			}
		}})
		cancel()
		last, ok := events[len(events)-1].(Stopped)
		if !errors.Is(err, context.Canceled) || !ok || last.Chapter != c.last || last.Epochs != c.epochs || last.Problem != "" {
			t.Errorf("%s: %v, and the last event is %+v", c.chapters, err, events[len(events)-1])
			continue
		}
		if last.Epochs+last.Batches > 0 {
			if model, err := classifier.Load(last.Model); err != nil || model.Training["stopped"] != last.At {
				t.Errorf("%s: the model's file: %v", c.chapters, err)
			}
		}
		if (last.Accuracy != nil) != (last.Epochs > 0 && last.Batches == 0) {
			t.Errorf("%s: an accuracy of %v after %d epochs and %d batches", c.chapters, last.Accuracy, last.Epochs, last.Batches)
		}
		page, err := os.ReadFile(last.Report)
		if err != nil {
			t.Error(err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(page), want) {
				t.Errorf("%s: the page lacks %s", c.chapters, want)
			}
		}
		if strings.Contains(string(page), "NaN") {
			t.Errorf("%s: NaN on the page", c.chapters)
		}
	}
}

// A recipe that the data will not do for ends the tour with an error, and leaves the
// page with the chapters before it.
func TestARunThatCannotBegin(t *testing.T) {
	r := small()
	r.recipe.Batch = 1000
	quickly(t, "resnet", r)
	events, err := take(t, t.Context(), Options{Chapters: []string{"average", "resnet"}})
	if err == nil || !strings.Contains(err.Error(), "600 training images do not fill one batch of 1000") {
		t.Fatalf("the tour ended with %v", err)
	}
	last, ok := events[len(events)-1].(Stopped)
	if !ok || last.Model != "" || last.Problem != "" {
		t.Fatalf("the last event is %+v", events[len(events)-1])
	}
	if page, err := os.ReadFile(last.Report); err != nil || !strings.Contains(string(page), `id="average"`) || strings.Contains(string(page), `id="resnet"`) {
		t.Errorf("the page: %v", err)
	}
}

// What takes minutes is left out where nobody asked for it and the data will not do.
func TestChaptersThatAreLeftOut(t *testing.T) {
	opt := Options{Data: synth.Generate(60, 10, 1)}
	r := &guide{Options: opt, story: &report.Story{}}
	r.spec.Classes = 10
	chosen, err := choose(nil)
	if err != nil {
		t.Fatal(err)
	}
	last := chosen[len(chosen)-1]
	if last.name != "resnet" {
		t.Fatalf("without names the last chapter is %s", last.name)
	}
	for _, c := range []struct {
		change func()
		why    string
	}{
		{func() {}, "batches of 64 images, and there are only 60"},
		{func() { r.Data = synth.Generate(64, 10, 1) }, ""},
		{func() { r.spec.Classes = 1 }, "only one class"},
		{func() { r.Quick = true }, "some minutes"},
		{func() { r.StandIn = true }, "kept for real digits"},
		{func() { r.Chapters = []string{"resnet"} }, ""},
	} {
		c.change()
		if why, _ := r.skips(last); !strings.Contains(why, c.why) || (why == "") != (c.why == "") {
			t.Errorf("left out because %q, want %q", why, c.why)
		}
	}
}

func TestPyTorchsRunsStandBesideTheSameRecipeOnly(t *testing.T) {
	p := postFor(asMNIST())
	if o := p.others("resnet", true); o.Post != 0.994 || len(o.PyTorch) != 2 || o.PyTorch[1].Accuracy[3] != 0.9935 {
		t.Errorf("others: %+v", o)
	}
	if o := p.others("resnet", false); o.Post != 0.994 || len(o.PyTorch) != 0 {
		t.Errorf("beside a changed recipe: %+v", o)
	}
	var none *post
	if p.others("beyond", true) != nil || none.others("resnet", true) != nil {
		t.Error("others stand where there is nothing to compare with")
	}
}

func TestAnAblationOfAnotherRecipeIsNotShown(t *testing.T) {
	old := beyondJSON
	t.Cleanup(func() { beyondJSON = old })
	r := preset("best")
	settings, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	beyondJSON = []byte(`{"settings":` + string(settings) + `,"recipe":"best","machine":"m","variants":[{"left_out":"","seeds":[0],"accuracies":[0.997],"seconds":[9]}]}`)
	if a := ablationOf(r); a == nil || a.Recipe != "best" || a.Variants[0].Accuracies[0] != 0.997 {
		t.Errorf("the ablation is %+v", a)
	}
	r.Rate *= 2
	if a := ablationOf(r); a != nil {
		t.Errorf("of another recipe it is %+v", a)
	}
}
