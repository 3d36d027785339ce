package report

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// says checks what is and what is not among the words of a page, whose tags are
// taken out and whose lines are joined.
func says(t *testing.T, s *Story, wants, nots []string) {
	t.Helper()
	text := words(render(t, s))
	plain := regexp.MustCompile(`\s+`).ReplaceAllString(regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>|<[^>]*>`).ReplaceAllString(text, ""), " ")
	for _, want := range wants {
		if !strings.Contains(plain, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, not := range append(nots, broken...) {
		if i := strings.Index(plain, not); i >= 0 {
			t.Errorf("the page says %q: …%s…", not, plain[max(0, i-60):min(len(plain), i+60)])
		}
	}
}

func TestAColourStory(t *testing.T) {
	says(t, recast(3, true), []string{
		"each pixel holds three bytes", "That makes 1,200 numbers", "four axes", "(200, 3, 20, 20)", "tensor of rank 3 and shape (3, 20, 20)", "here 4.",
		"With 400 pixels of three numbers each and 2 classes that makes 2,402 numbers", "three weights for every pixel",
		"The red channel alone", "the sum of its three weights", "One answer, unfolded", "1,200 products and one bias", ", green", ", blue",
		"all 200 images, the step", "After 1 epoch and 4\u202fms", "about 50\u202f%",
	}, []string{"ink speaks", "ink here", "one byte:", "paper", "Where they fail", "synth: synth", "inked", "1 epochs", "As a mean of the classes"})
}

func TestTheLookOfGreyImages(t *testing.T) {
	if l := lookOf(synthetic()); l != asInk {
		t.Errorf("drawn digits look like %d", l)
	}
	says(t, recast(1, false), []string{"0 for paper, 255 for full ink", "ink here speaks"}, nil)
	says(t, recast(0, false), []string{"0 for paper, 255 for full ink"}, []string{"three bytes"})
	says(t, recast(1, true), []string{"0 for black, 255 for white", "The lighter the pixel", "light here speaks", "rank 2 and shape (20, 20)"}, []string{"paper", "ink here"})
	s := recast(1, true) // decided without the first chapter, and without pictures of mistakes
	s.Pixels = nil
	for i := range s.Average.Means[0] {
		s.Average.Means[0][i], s.Average.Means[1][i] = 0.7, 0.7
	}
	if l := lookOf(s); l != asGrey {
		t.Errorf("averages with a light border look like %d", l)
	}
}

func TestColourIsAddedUp(t *testing.T) {
	s := recast(3, true)
	p := newPage(s)
	u := p.Unfold()
	if u == nil {
		t.Fatal("nothing is unfolded")
	}
	weights := s.Trained[2].Snapshots[1].Weights[u.Answer]
	for i, w := range u.Weights {
		if want := float64(weights[i] + weights[400+i] + weights[800+i]); math.Abs(w-want) > 1e-5 {
			t.Fatalf("pixel %d: weights add up to %g, want %g", i, w, want)
		}
	}
	for _, one := range slices.Concat(u.Up, u.Down) {
		plane := slices.Index([]string{"red", "green", "blue"}, one.Channel)
		if w := float64(weights[plane*400+one.Row*20+one.Column]); math.Abs(w-one.Weight) > 1e-5 {
			t.Errorf("pixel (%d, %d), %s: weight %g, want %g", one.Row, one.Column, one.Channel, one.Weight, w)
		}
	}
}

func TestHowACurveEnds(t *testing.T) {
	rising := func(from, step float64, n int) *Trained {
		t := &Trained{Chapter: "linear", Start: Point{Accuracy: from}}
		for e := 1; e <= n; e++ {
			t.Curve = append(t.Curve, Point{Epoch: e, Accuracy: from + step*float64(e)})
		}
		return t
	}
	p := newPage(synthetic())
	for _, c := range []struct {
		t    *Trained
		want string
	}{
		{rising(0.3, 0.005, 41), "climbing"}, {rising(0.3, 0.002, 41), "stalled"}, {rising(0.95, 0.001, 41), "settled"},
		{rising(0.3, 0.1, 1), "climbing"}, {rising(math.NaN(), 0, 3), "settled"}, {rising(0.5, 0, 0), "stalled"},
	} {
		if got := p.Pace(c.t); got != c.want {
			t.Errorf("%d epochs to %g: %s, want %s", len(c.t.Curve), c.t.accuracy(), got, c.want)
		}
	}
}

func TestResultsOutsideThePostsRuns(t *testing.T) {
	const clause = "outside those ten runs: another random start ends elsewhere"
	s := synthetic()
	s.Trained = s.Trained[:1]
	s.Trained[0].Final.Accuracy = 0.91
	says(t, s, []string{"ten runs end between 90.00"}, []string{clause})
	for _, v := range []float64{0.8999, 0.9201} {
		s.Trained[0].Final.Accuracy = v
		says(t, s, []string{clause}, nil)
	}
}

func TestChaptersHaveOneName(t *testing.T) {
	says(t, synthetic(), []string{"split a validation set off the training images", "least probability, the least first"},
		[]string{"sigmoid-mse", "softmax-mse", "inkling train", "inkling eval", "surest mistakes</h3>", "dark pixels"})
	p := newPage(synthetic())
	if got := strings.Join(p.Heads(), " "); got != "average linear softmax cross-entropy network resnet resnet-smoothed beyond" {
		t.Errorf("the columns are %s", got)
	}
	if got := p.Title(p.Trained[0]); got != "Linear" {
		t.Errorf("the first chapter that trains is headed %q", got)
	}
}

func TestWeightsAreShownWithoutTheirStart(t *testing.T) {
	p := newPage(synthetic())
	st := p.Stages(p.Trained[0])
	if len(st.Items) != 3 || st.Items[0].Epoch != 1 || len(st.Raw) != 2 || st.Raw[1].Epoch != 41 {
		t.Fatalf("%d changes, %d pictures of the weights themselves", len(st.Items), len(st.Raw))
	}
	first, last := p.Trained[0].Snapshots[0].Weights, p.Trained[0].Snapshots[3].Weights
	if most := reach(less(last[0], first[0])); most > st.Most {
		t.Errorf("a change of %g on a scale of %g", most, st.Most)
	}
	one := &Trained{Snapshots: p.Trained[0].Snapshots[:1]}
	if st := p.Stages(one); len(st.Items) != 0 || len(st.Raw) != 1 {
		t.Errorf("of one snapshot, %d changes and %d pictures", len(st.Items), len(st.Raw))
	}
}
