package report

import (
	"bytes"
	"html"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func render(t *testing.T, s *Story) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// words is the page without its pictures, in whose letters anything may occur.
func words(page string) string {
	return regexp.MustCompile(`base64,[A-Za-z0-9+/=]*`).ReplaceAllString(page, "base64,")
}

// broken is what must not be on any page.
var broken = []string{"NaN", "Inf", "%!", "<nil>", "ZgotmplZ", "<no value>", "http://", "https://", "@import", " style=", "#0100"}

func TestTheWholeStory(t *testing.T) {
	page := render(t, synthetic())
	text := words(page)
	for _, bad := range broken {
		if i := strings.Index(text, bad); i >= 0 {
			t.Errorf("the page contains %q: …%s…", bad, text[max(0, i-80):min(len(text), i+80)])
		}
	}
	for _, want := range []string{
		"inkling data get mnist", `id="pixels"`, `id="average"`, `id="linear"`, `id="softmax"`, `id="cross-entropy"`,
		`id="network"`, `id="mistakes"`, `id="unfolded"`, `id="made"`, "93.00\u202f%", "A short cut.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := len(page); n > 3<<20 {
		t.Errorf("the page has %d bytes, more than 3 MiB", n)
	}
	for _, img := range regexp.MustCompile(`<img [^>]*>`).FindAllString(page, -1) {
		if !regexp.MustCompile(`alt="[^"]+"`).MatchString(img) || !strings.Contains(img, `src="data:image/png;base64,`) {
			t.Fatalf("a picture without description or not inline: %.200s", img)
		}
	}
	if again := render(t, synthetic()); again != page {
		t.Error("the same story gave two different pages")
	}
}

func TestThePolicyNamesTheScriptAndTheStyle(t *testing.T) {
	page := render(t, synthetic())
	for _, tag := range []string{"style", "script"} {
		source := regexp.MustCompile(`(?s)<` + tag + `>(.*?)</` + tag + `>`).FindStringSubmatch(page)
		if source == nil || !strings.Contains(html.UnescapeString(page), hash([]byte(source[1]))) {
			t.Errorf("the security policy does not hold the hash of the page's %s", tag)
		}
	}
}

func TestMissingChapters(t *testing.T) {
	for name, cut := range map[string]func(s *Story){
		"nothing":      func(s *Story) { s.Pixels, s.Average, s.Trained = nil, nil, nil },
		"pixels":       func(s *Story) { s.Average, s.Trained = nil, nil },
		"average":      func(s *Story) { s.Pixels, s.Trained = nil, nil },
		"softmax only": func(s *Story) { s.Pixels, s.Average, s.Trained = nil, nil, s.Trained[1:2] },
		"network only": func(s *Story) { s.Pixels, s.Average, s.Trained = nil, nil, s.Trained[3:] },
		"no results":   func(s *Story) { s.Trained = []*Trained{{Chapter: "linear", Model: "linear", Loss: "sigmoid-mse"}} },
		"another":      func(s *Story) { s.Trained = []*Trained{{Chapter: "resnet", Model: "resnet18", Loss: "cross-entropy"}} },
	} {
		t.Run(name, func(t *testing.T) {
			s := synthetic()
			s.Data.BuiltIn = false
			cut(s)
			text := words(render(t, s))
			for _, bad := range append([]string{"inkling data get"}, broken...) {
				if strings.Contains(text, bad) {
					t.Errorf("the page contains %q", bad)
				}
			}
			for _, c := range []struct {
				id  string
				has bool
			}{{"pixels", s.Pixels != nil}, {"average", s.Average != nil}, {"softmax", slices.ContainsFunc(s.Trained, func(t *Trained) bool { return t.Chapter == "softmax" })}} {
				if has := strings.Contains(text, `id="`+c.id+`"`) || strings.Contains(text, `href="#`+c.id+`"`); has != c.has {
					t.Errorf("chapter %s on the page: %v, want %v", c.id, has, c.has)
				}
			}
		})
	}
}

func TestStrangeNamesAreEscaped(t *testing.T) {
	s := synthetic()
	const evil = `<script>alert("1")</script>&'`
	s.Data.Classes[3], s.Data.Name, s.Command = evil, evil, evil
	s.Average.OnlyMAE[0].Picture.Name, s.Pixels.One.Name, s.Doctor[0] = evil, evil, evil
	page := render(t, s)
	if strings.Contains(page, "<script>alert") || strings.Contains(page, `alt="<`) {
		t.Error("a name reached the page without being escaped")
	}
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("%d scripts on the page, want 1", n)
	}
}

func TestOddNumbers(t *testing.T) {
	s := synthetic()
	nan, inf := math.NaN(), math.Inf(1)
	s.Average.MSE.Accuracy, s.Average.MSE.PerClass[2] = nan, inf
	c := s.Trained[2]
	c.Curve[3].Accuracy, c.Curve[4].TrainLoss, c.Start.Accuracy = nan, inf, nan
	c.Push[2].Gradient, c.Seconds, c.Final.PerClass[1] = nan, nan, nan
	c.Snapshots[1].Weights[0][5] = float32(nan)
	c.Unfolded.Classes[4].Products[300], c.Unfolded.Classes[4].Logit, c.Unfolded.Classes[4].Probability = nan, nan, nan
	s.Trained[3].Hidden[0].Out[1] = float32(inf)
	text := words(render(t, s))
	for _, bad := range []string{"NaN", "Inf", "%!"} {
		if i := strings.Index(text, bad); i >= 0 {
			t.Errorf("the page contains %q: …%s…", bad, text[max(0, i-80):min(len(text), i+80)])
		}
	}
}

func TestTheUnfoldedSumsAddUp(t *testing.T) {
	p := newPage(synthetic())
	u := p.Unfold()
	if u.Trained.Chapter != "cross-entropy" {
		t.Fatalf("unfolds the chapter %s, want the last linear one", u.Trained.Chapter)
	}
	share := 0.0
	for _, s := range u.Sums {
		if d := s.Bias + s.Positive + s.Negative - s.Logit; math.Abs(d) > 1e-9 {
			t.Errorf("class %d: bias, for and against miss the logit by %g", s.Class, d)
		}
		if d := s.Exp/u.Total - s.Probability; math.Abs(d) > 1e-9 {
			t.Errorf("class %d: the shown quotient misses the probability by %g", s.Class, d)
		}
		share += s.Exp / u.Total
	}
	if math.Abs(share-1) > 1e-9 {
		t.Errorf("the probabilities add up to %g", share)
	}
	for _, term := range slices.Concat(u.Up, u.Down) {
		if d := term.Pixel*term.Weight - term.Product; math.Abs(d) > 1e-9 {
			t.Errorf("pixel (%d, %d): %g × %g is not %g", term.Row, term.Column, term.Pixel, term.Weight, term.Product)
		}
		if w := u.Weights[term.Row*28+term.Column]; math.Abs(w-term.Weight) > 1e-5 {
			t.Errorf("pixel (%d, %d): weight %g by the product, %g in the picture", term.Row, term.Column, term.Weight, w)
		}
	}
}

func TestNumbersReadAsAPersonWritesThem(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(60000), "60,000"}, {count(999), "999"}, {count(1234567), "1,234,567"},
		{share(0.9141), "91.41\u202f%"}, {rough(1), "100.0\u202f%"}, {fixed(-0.001, 2), "0.00"}, {fixed(-1.5, 1), "−1.5"},
		{plus(1.146, 2), "+1.15"}, {probability(0.00001), "<\u202f0.05\u202f%"}, {probability(0.99999), ">\u202f99.95\u202f%"}, {probability(1), "100.0\u202f%"},
		{seconds(4.61), "4.6\u202fs"}, {seconds(0.045), "45\u202fms"}, {seconds(0), "<\u202f1\u202fms"}, {seconds(0.1), "0.1\u202fs"}, {seconds(99.7), "1\u202fmin 40\u202fs"}, {seconds(3700), "1\u202fh 1\u202fmin"},
		{list([]string{"a", "b", "c"}), "a, b and c"}, {string(power(7.94e-14)), "7.9·10<sup>−14</sup>"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestSaveReplacesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Save(path, synthetic()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.HasPrefix(got, []byte("<!DOCTYPE html>")) {
		t.Errorf("the file begins with %.20q, %v", got, err)
	}
	if err := Save(filepath.Join(path, "no", "folder.html"), synthetic()); err == nil {
		t.Error("a folder that is a file: no error")
	}
}
