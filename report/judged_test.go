package report

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"inkling/explain"
	"inkling/internal/browser"
	"inkling/train"
)

// judgedOf makes up a model's answers to images: right in most cases, surely wrong in
// some, and labels that are wrong in a few.
func judgedOf(channels, side, classes, images int) *Judged {
	rng := rand.New(rand.NewPCG(1, 2))
	var logits []float32
	var labels []int32
	for i := range images {
		label := rng.IntN(classes)
		labels = append(labels, int32(label))
		right := label
		if i%7 == 3 {
			right = (label + 1 + rng.IntN(max(classes-1, 1))) % classes
		}
		for k := range classes {
			z := rng.NormFloat64()
			if k == right {
				z += 4 + 4*rng.Float64()
			}
			logits = append(logits, float32(z))
		}
	}
	j := &Judged{
		Version: "0.0-test", Date: "2026-11-23", Command: "inkling eval m.safetensors digits", Model: "m.safetensors", Kind: "linear", On: fmt.Sprintf("the %d test images", images),
		Data:    Data{Name: "digits", From: "drawn by program", Test: images, Channels: channels, Height: side, Width: side},
		Answers: &explain.Answers{Evaluation: train.Tally(logits, labels, classes), Labels: labels, Temperature: 1.5},
		Notes:   []string{"There is something to say."},
	}
	for c := range classes {
		j.Data.Classes = append(j.Data.Classes, fmt.Sprint(c))
	}
	j.Low, j.High = explain.Wilson(int(j.Answers.Accuracy*float64(images)+0.5), images)
	pictureOf := func(i int) Picture {
		pixels := make([]uint8, channels*side*side)
		for k := range pixels {
			if pixels[k] = uint8(rng.IntN(256)); channels == 1 && (k%side < side/4 || k%side > 3*side/4) {
				pixels[k] = 0
			}
		}
		return Picture{Pixels: pixels, Label: int(labels[i]), Name: fmt.Sprintf("test/%d/a file with a name that is long %d.jpg", labels[i], i)}
	}
	for _, m := range j.Answers.Worst(12) {
		j.Mistakes = append(j.Mistakes, Mistake{pictureOf(m.Index), m.Answer, m.Probs})
	}
	suspects, all := j.Answers.LabelErrors(12)
	j.AllSuspects = all
	for _, s := range suspects {
		j.Suspects = append(j.Suspects, Mistake{pictureOf(s.Index), s.Likely, s.Probs})
	}
	return j
}

func renderJudged(t *testing.T, j *Judged) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteJudged(&out, j); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	for _, bad := range append([]string{"<script"}, broken...) {
		if text := words(page); strings.Contains(text, bad) {
			i := strings.Index(text, bad)
			t.Errorf("the page contains %q: …%s…", bad, text[max(0, i-60):min(len(text), i+60)])
		}
	}
	return page
}

func TestAJudgedModel(t *testing.T) {
	j := judgedOf(1, 28, 10, 600)
	page := renderJudged(t, j)
	right := 0
	for i, a := range j.Answers.Answers {
		if a == j.Answers.Labels[i] {
			right++
		}
	}
	for _, want := range []string{
		share(j.Answers.Accuracy), fmt.Sprintf("%d right, %d wrong", right, 600-right), share(j.Low) + " to " + share(j.High), `id="classes"`, `id="confusion"`, `id="mistakes"`,
		`id="calibration"`, `id="labels"`, `id="made"`, `href="#labels"`, "There is something to say.", fixed(j.Answers.Calibration().LogLoss, 4), "temperature, 1.500,", "Northcutt",
		`class="right"`, `aria-label="Share of right answers`, "a file with a name that is long",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(page, `class="ink x3"`); n != len(j.Mistakes)+len(j.Suspects) {
		t.Errorf("%d pictures of %d mistakes and %d suspects", n, len(j.Mistakes), len(j.Suspects))
	}
}

func TestJudgedAtTheEdges(t *testing.T) {
	for name, j := range map[string]*Judged{
		"one image": judgedOf(1, 28, 10, 1), "one class": judgedOf(1, 28, 1, 20), "a pixel": judgedOf(3, 1, 2, 30),
		"many classes": judgedOf(3, 32, 1000, 3000), "no image": judgedOf(1, 28, 3, 0), "photographs": judgedOf(3, 500, 4, 40),
	} {
		t.Run(name, func(t *testing.T) {
			page := renderJudged(t, j)
			if n := len(page); n > 3<<20 {
				t.Errorf("the page has %d bytes", n)
			}
			if many := strings.Contains(page, "<details>"); many != (name == "many classes") {
				t.Errorf("classes folded away: %v", many)
			}
			if matrix := strings.Contains(page, `class="matrix"`); matrix != (name == "many classes") {
				t.Errorf("the matrix as a picture: %v", matrix)
			}
			if photo := strings.Contains(page, "data:image/jpeg"); photo != (name == "photographs") {
				t.Errorf("photographs as JPEG: %v", photo)
			}
		})
	}
}

func TestJudgedNamesAreEscaped(t *testing.T) {
	const evil = `<script>alert("1")</script>&'`
	j := judgedOf(1, 28, 3, 100)
	j.Data.Classes[1], j.Data.Name, j.Model, j.Command, j.Kind, j.On, j.Notes[0], j.Data.From = evil, evil, evil, evil, evil, evil, evil, evil
	j.Mistakes[0].Picture.Name, j.Suspects[0].Picture.Name = evil, evil
	var out bytes.Buffer
	if err := WriteJudged(&out, j); err != nil {
		t.Fatal(err)
	}
	if page := out.String(); strings.Contains(page, "<script") || strings.Contains(page, `alt="<`) {
		t.Error("a name reached the page without being escaped")
	}
}

func TestJudgedInABrowser(t *testing.T) {
	t.Parallel()
	v := browser.Visit(t, 1600, 900, "light")
	long := judgedOf(3, 224, 12, 300)
	for i := range long.Data.Classes {
		long.Data.Classes[i] = fmt.Sprintf("a class whose name is very long, number %d", i)
	}
	long.Command = strings.Repeat("a-very-long-folder-name", 12)
	for name, j := range map[string]*Judged{"digits": judgedOf(1, 28, 10, 600), "photographs": long, "many": judgedOf(3, 32, 300, 900)} {
		file := filepath.Join(t.TempDir(), name+".html")
		if err := SaveJudged(file, j); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int64{320, 360, 1200, 1600} {
			for _, scheme := range []string{"light", "dark"} {
				open(v, file, width, scheme, "screen")
				fits(t, v, width)
				paper := map[string]string{"light": "rgb(250, 247, 242)", "dark": "rgb(22, 21, 20)"}[scheme]
				if got := browser.Eval[string](v, `return getComputedStyle(document.documentElement).backgroundColor`, nil); got != paper {
					t.Errorf("%s: the paper is %s, want %s", name, got, paper)
				}
				if n := browser.Eval[int](v, `return [...document.images].filter(i => !i.complete || !i.naturalWidth).length`, nil); n > 0 {
					t.Errorf("%s: %d pictures cannot be shown", name, n)
				}
				if n := browser.Eval[int](v, `return [...document.querySelectorAll("a[href]")].filter(a => !document.querySelector(a.getAttribute("href"))).length`, nil); n > 0 {
					t.Errorf("%s: %d links lead nowhere", name, n)
				}
			}
		}
	}
	v.Quiet()
}
