package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"inkling/report"
	"inkling/tour"
)

// told is what a window of a width shows of some events.
func told(width int, events ...tour.Event) string {
	var b bytes.Buffer
	s := newStory(&b)
	s.width = width
	for _, e := range events {
		s.tell(e)
	}
	return b.String()
}

func epochs(n int) []tour.Event {
	var list []tour.Event
	for i := range n {
		list = append(list, tour.EpochEnds{Chapter: "linear", Epoch: i, Epochs: n, TrainLoss: 0.5, TestLoss: 0.25, Accuracy: float64(i) / 100, Seconds: 0.0123})
	}
	return list
}

// No line is longer than the window, which all of these can keep to.
func TestNarrowWindows(t *testing.T) {
	var ten []string
	for c := range 10 {
		ten = append(ten, fmt.Sprint(c))
	}
	events := append(epochs(41),
		tour.ChapterBegins{Title: "The baseline: which average is nearest, and by which measure of distance?", Text: strings.Repeat("Some words. ", 20) + "End."},
		tour.Baseline{Distance: "mse", PerClass: make([]float64, 10), Classes: ten, Post: &report.PostBaseline{PerClass: make([]float64, 10)}},
		tour.Baseline{Distance: "mae", PerClass: make([]float64, 100), Classes: slices.Repeat([]string{"a rather long name of a class", "字字字字字字字字字"}, 50)},
		tour.ChapterEnds{Curve: slices.Repeat([]float64{0.1, 0.9}, 100), Accuracy: 0.9},
		tour.Doctor{}, tour.Done{Seconds: 1})
	for _, width := range []int{40, 53, 80, 120} {
		for line := range strings.Lines(told(width, events...)) {
			line = strings.TrimRight(line, "\n")
			if n := columns(line); n > width && !strings.Contains(line, "of the test images") && !strings.Contains(line, "The report is") { // wrapped on terminals only
				t.Errorf("%d columns in a window of %d: %q", n, width, line)
			}
		}
	}
	head := func(width int) string { return strings.Split(told(width, epochs(1)...), "\n")[0] }
	for width, want := range map[int]string{
		80: "  epoch  train loss   test loss    accuracy      time",
		52: "  epoch  train loss    accuracy      time",
		40: "  epoch  train loss    accuracy",
	} {
		if got := head(width); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}

func TestClassTable(t *testing.T) {
	got := told(40, tour.Baseline{Distance: "mse", PerClass: []float64{0.5, 0.25, 1, 0, 0.125}, MeanOfClasses: 0.375, Classes: []string{"2", "10", "a b", "x", "y"}})
	want := "nearest by mean squared error: 0.00 % of the test images\n" +
		"  class          2     10  \"a b\"\n  yours     0.5000 0.2500 1.0000\n\n" +
		"  class          x      y   mean\n  yours     0.0000 0.1250 0.3750\n\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{{"ab", 4, "  ab"}, {"abcdef", 4, "abc…"}, {"字字字", 4, " 字…"}, {"字字", 4, "字字"}, {"e\u0301e", 3, " e\u0301e"}} {
		if got := fit(c.text, c.width); got != c.want {
			t.Errorf("fit(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// The curve's labels are the data's own extremes, and its last column the last value.
func TestCurve(t *testing.T) {
	s := newScreen(new(bytes.Buffer))
	for _, width := range []int{40, 80, 120} {
		s.width = width
		for _, values := range [][]float64{{0.103, 0.987}, {0.5, 0.123, 0.91}, append(slices.Repeat([]float64{0.4}, 40), 0.8), slices.Repeat([]float64{0.3, 0.7}, 50)} {
			curve := s.curve(values)
			lines := strings.Split(curve, "\n")
			if top := fmt.Sprintf("%.1f ┤", 100*slices.Max(values)); !strings.Contains(lines[0], top) {
				t.Errorf("%v in %d columns: the first line is %q, want %s", values, width, lines[0], top)
			}
			if bottom := fmt.Sprintf("%.1f ", 100*slices.Min(values)); !strings.Contains(lines[len(lines)-2], bottom) {
				t.Errorf("%v in %d columns: the last line is %q, want %s", values, width, lines[len(lines)-2], bottom)
			}
		}
	}
	if got := stretch([]float64{1, 2, 3}, 7); !slices.Equal(got, []float64{1, 1, 2, 2, 3, 3}) {
		t.Errorf("three values in seven columns: %v", got)
	}
	if got := stretch([]float64{1, 2, 3, 4, 5}, 3); !slices.Equal(got, []float64{1, 3, 5}) {
		t.Errorf("five values in three columns: %v", got)
	}
	if got := s.curve([]float64{0.5}); got != "" {
		t.Errorf("a curve of one value: %s", got)
	}
}

func TestOutsideTheTenRuns(t *testing.T) {
	post := &report.PostCurve{Last: report.Range{Min: 0.91, Max: 0.92}}
	for accuracy, want := range map[float64]bool{0.905: true, 0.91: false, 0.915: false, 0.93: true} {
		got := strings.Contains(told(80, tour.ChapterEnds{Accuracy: accuracy, Post: post}), "outside those ten: another start ends elsewhere")
		if got != want {
			t.Errorf("accuracy %g: outside is said: %t", accuracy, got)
		}
	}
}

// One empty line stands before and after a complaint that comes when the table is printed.
func TestDoctorAfterTheTable(t *testing.T) {
	var dead tour.Doctor
	dead.Sentence = "Units are dead."
	got := told(80, append(epochs(2), dead, tour.ChapterEnds{Curve: []float64{0, 0.01}, Seconds: 0.02})...)
	if !strings.Contains(got, "12.3 ms\n\ndoctor: Units are dead.\n\n 1.0 ") {
		t.Errorf("got\n%s", got)
	}
	if !strings.Contains(got, "epochs 1 to 2\n\nAccuracy on the test images: 0.00 %\nTrained in 20.0 ms.\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestFiguresInWords(t *testing.T) {
	for got, want := range map[string]string{
		count(1, "image"): "1 image", count(2, "copy"): "2 copies", count(0, "class"): "0 classes", count(60000, "image"): "60,000 images",
		rounded(291234): "291,000", rounded(12.3456): "12.35", rounded(1234): "1,230", brief(0.05): "50.0 ms", brief(1.5): "1.50 s", total(9.44): "9.4 s", total(12.6): "13 s",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
