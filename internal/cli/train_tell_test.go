package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"inkling/classifier"
	"inkling/train"
)

// Few images to validate on: how many classes they do not judge, or that they judge little
// at all.
func TestFewImagesToValidateOn(t *testing.T) {
	for _, c := range []struct {
		perClass []int
		want     string
	}{
		{[]int{1, 2, 1, 1}, "  5 images to validate on judge little: one more told right or wrong is 20 % of them.\n"},
		{[]int{30, 2, 1, 30}, "  Fewer than 5 images to validate on in 2 classes, such as 1 of c: this cannot judge them one by one.\n"},
		{[]int{30, 30, 1, 30}, "  1 image of c to validate on: this cannot judge that class.\n"},
		{[]int{30, 30, 30, 30}, ""},
	} {
		e := &train.Evaluation{Accuracy: 1}
		for label, n := range c.perClass {
			row := make([]int, len(c.perClass))
			row[label] = n
			e.Confusion, e.Images = append(e.Confusion, row), e.Images+n
		}
		var out bytes.Buffer
		text := &trainText{screen: newScreen(&out)}
		text.summed(trainEnds{Summary: summary(e, []string{"a", "b", "c", "d"})})
		if _, got, _ := strings.Cut(out.String(), "\n"); got != c.want {
			t.Errorf("%v: %q, want %q", c.perClass, got, c.want)
		}
	}
}

// A training that is stopped names the model of its best epoch.
func TestStoppedNamesTheBest(t *testing.T) {
	var out bytes.Buffer
	text := &trainText{screen: newScreen(&out)}
	text.table = newTable(text.screen, "", true)
	at, accuracy := 4, 1.0
	text.tell(trainStops{Kept: "it is kept", Best: "m.best.safetensors", BestEpoch: &at, BestAccuracy: &accuracy})
	if !strings.Contains(out.String(), "\nBest so far: 100.00 % after epoch 5, in m.best.safetensors.\n") {
		t.Errorf("%s", &out)
	}
}

// In a file a phase that takes long says so once, and one that is soon over nothing.
func TestLongPhasesSpeakInAFile(t *testing.T) {
	var out bytes.Buffer
	r := newReading(&out)
	r.start = time.Now().Add(time.Hour) // however slow the machine is
	r.progress(1, 10)
	if out.Len() > 0 {
		t.Errorf("reading said at once %q", &out)
	}
	r.start = time.Now().Add(-4 * time.Second)
	r.progress(4, 10)
	r.progress(5, 10)
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "inkling: 4 of 10 files read, ") {
		t.Errorf("reading for seconds said %q", got)
	}

	for _, json := range []bool{false, true} {
		out.Reset()
		f := (&app{out: &out, json: json}).newFinding()
		f.start = time.Now().Add(time.Hour)
		f.progress(1, 100)
		if out.Len() > 0 {
			t.Errorf("the rate finder said at once %q", &out)
		}
		f.start = time.Now().Add(-2 * time.Second)
		f.progress(2, 100)
		f.progress(3, 100)
		if got := out.String(); json != (got == "") || !json && (strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "The rate finder tries learning rates in up to 100 steps, about ")) {
			t.Errorf("json %v: the rate finder said %q", json, got)
		}
	}
}

// One image of several digits, and one file for their pictures: the mend can be typed.
func TestOneFileForSeveralDigits(t *testing.T) {
	e, err := newEvidence("p3.svg", &classifier.Model{})
	if err != nil {
		t.Fatal(err)
	}
	if got := e.tooMany("digit").Error(); !strings.HasSuffix(got, "more than one digit to explain; name a folder: --explain p3") {
		t.Error(got)
	}
}
