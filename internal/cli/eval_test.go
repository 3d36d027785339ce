package cli

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"inkling/classifier"
	"inkling/data"
	"inkling/data/idx"
	"inkling/data/synth"
	"inkling/explain"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
	"inkling/train"
)

// untrainedModel is a linear model of digits, asked as it is built.
func untrainedModel(t *testing.T, classes ...string) *classifier.Model {
	t.Helper()
	spec := models.Spec{Channels: 1, Height: 28, Width: 28, Classes: len(classes)}
	net, err := models.New("linear", spec, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	return &classifier.Model{Info: classifier.Info{Architecture: "linear", Spec: spec, Classes: classes, Scale: 1.0 / 255}, Net: net}
}

func TestClassesGoByName(t *testing.T) {
	set := synth.Generate(40, 0, 1).Train
	c := untrainedModel(t, "9", "8", "7", "6", "5", "4", "3", "2", "1", "0")
	got, err := byName(c, set, "digits")
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range got.Labels {
		if want := 9 - set.Labels[i]; l != want {
			t.Fatalf("image %d of class %d has label %d, want %d", i, set.Labels[i], l, want)
		}
	}
	if _, err := byName(untrainedModel(t, "0", "1", "1"), set, "digits"); err == nil || !strings.Contains(err.Error(), "two classes called 1") {
		t.Errorf("two classes of one name: %v", err)
	}
	set.Classes = strings.Split("abcdefghij", "")
	if _, err := byName(c, set, "digits"); err == nil || err.Error() != "digits has images of 10 classes that the model does not know: a, b, c, d, e, f, g, h, i, j; it knows 9, 8, 7, 6, 5, 4, 3, 2, 1, 0" {
		t.Errorf("other classes: %v", err)
	}
	set.Classes = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "\xff"} // as the model file spells it
	c = untrainedModel(t, "0", "1", "2", "3", "4", "5", "6", "7", "8", `\xff`)
	if _, err := byName(c, set, "digits"); err != nil {
		t.Errorf("a class whose name is no text: %v", err)
	}
}

func TestAModelWithoutNumbers(t *testing.T) {
	set := synth.Generate(3, 0, 1).Train
	c := untrainedModel(t, set.Classes...)
	for _, p := range c.Net.Params() {
		p.Value = p.Value.Scale(1e38).Scale(1e38)
	}
	look, show := func(string, []uint8) {}, func(int, int) {}
	if _, err := ask(context.Background(), c, set, look, show); err == nil || !strings.Contains(err.Error(), "for class 0 of image 0: its numbers are too large to be asked") {
		t.Errorf("a model that answers no numbers: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ask(ctx, c, set, look, show); err != context.Canceled {
		t.Errorf("an interrupted question: %v", err)
	}
}

// Many classes with long names, two in a narrow window, one alone: the lines keep
// within the window.
func TestAJudgementKeepsToTheWindow(t *testing.T) {
	for _, c := range []struct{ classes, images, width int }{{200, 3000, 80}, {1000, 2000, 80}, {10, 500, 80}, {10, 500, 60}, {2, 30, 40}, {1, 5, 80}, {3, 0, 80}} {
		rng := rand.New(rand.NewPCG(1, 2))
		logits, labels, names := make([]float32, c.classes*c.images), make([]int32, c.images), make([]string, c.classes)
		for i := range logits {
			logits[i] = float32(3 * rng.NormFloat64())
		}
		for i := range labels {
			labels[i] = int32(rng.IntN(c.classes))
		}
		for i := range names {
			names[i] = strings.Repeat("klass ", 1+i%8) + string(rune('a'+i%26))
		}
		a := &explain.Answers{Evaluation: train.Tally(logits, labels, c.classes), Labels: labels}
		set := &data.Set{Labels: labels, Classes: names, Channels: 1, Height: 1, Width: 1, Images: make([]uint8, c.images)}
		for range labels {
			set.Names = append(set.Names, "a/long/name/of/a/file/in/a/folder/of/a/class/0001.png")
		}
		e := &evaluation{model: "m.safetensors", c: &classifier.Model{Info: classifier.Info{Classes: names}}, set: set, on: &judgedOn{set: set, split: "test", what: "the test images"}}
		j := e.judgement(a, leaks{}, "data", "from")
		var out bytes.Buffer
		s := &screen{w: &out, width: c.width}
		tellJudged(s, j)
		text := out.String()
		for line := range strings.SplitSeq(text, "\n") {
			if columns(line) > c.width && strings.HasPrefix(line, "  ") && !strings.Contains(line, "interval") {
				t.Errorf("%d classes in %d columns: a line of %d: %q", c.classes, c.width, columns(line), line)
			}
		}
		if strings.Contains(text, "NaN") || strings.Contains(text, "%!") {
			t.Errorf("%d classes: %s", c.classes, text)
		}
		if many := strings.Contains(text, "with the least F1"); many != (c.classes >= 200) {
			t.Errorf("%d classes: only the worst are shown: %v", c.classes, many)
		}
	}
}

// Digits for a large model of other things are refused before they are made as large,
// and an interruption ends that.
func TestOtherClassesAreRefusedAtOnce(t *testing.T) {
	e := &evaluation{app: &app{err: io.Discard}, c: &classifier.Model{Info: classifier.Info{
		Spec: models.Spec{Channels: 3, Height: 1024, Width: 1024, Classes: 2}, Classes: []string{"circle", "square"}}}}
	e.live = newTable(newScreen(io.Discard), "", false)
	// As large as the model wants them the digits would not fit; that is not what is said.
	dir := t.TempDir()
	if err := idx.Write(context.Background(), dir, synth.Generate(2000, 50, 1), false); err != nil {
		t.Fatal(err)
	}
	_, err := e.openFor(context.Background(), dir)
	if err == nil || !strings.Contains(err.Error(), "has images of 10 classes that the model does not know: 0, 1, 2") {
		t.Errorf("digits for a model of shapes: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	set := synth.Generate(200, 0, 1).Train
	made := 0
	_, err = brought(ctx, set, 3, 40, 40, func(done, _ int) { made = done; cancel() })
	if err != context.Canceled || made >= 200 {
		t.Errorf("interrupted after %d of 200 images: %v", made, err)
	}
}

// Where a mistake is also a likely label error, that is said, and where the rest of a
// long list is.
func TestListsSayWhatTheyShare(t *testing.T) {
	const images = 60
	logits, labels := make([]float32, 2*images), make([]int32, images)
	for i := range images {
		logits[2*i], labels[i] = 6, 0
		if i%3 == 0 { // surely 0, and labelled 1
			labels[i] = 1
		}
	}
	a := &explain.Answers{Evaluation: train.Tally(logits, labels, 2), Labels: labels}
	set := &data.Set{Labels: labels, Classes: []string{"cat", "dog"}, Channels: 1, Height: 1, Width: 1, Images: make([]uint8, images)}
	e := &evaluation{model: "m.safetensors", c: &classifier.Model{Info: classifier.Info{Classes: set.Classes}}, set: set, on: &judgedOn{set: set, split: "test", what: "the test images"}}
	j := e.judgement(a, leaks{}, "data", "from")
	var out bytes.Buffer
	tellJudged(&screen{w: &out, width: 80}, j)
	for _, want := range []string{"Worst mistakes, 10 of 20: ", "by confident learning: 10 of 20\n", "10 of these are also among the worst mistakes above"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %s", want, out.String())
		}
	}
}
