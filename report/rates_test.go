package report

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/train"
)

// The figure of a search is a document of its own: well-formed, with its colours
// in it, a label on every decade and on both suggestions, and words for those
// who cannot see it.
func TestRatesFigure(t *testing.T) {
	c := &train.RateCurve{}
	for i := range 80 {
		c.Rates = append(c.Rates, 1e-7*math.Pow(10, float64(i)/10))
		c.Losses = append(c.Losses, 2.3-0.02*float64(i))
	}
	c.Valley, c.Steepest = c.Rates[40], c.Rates[45]
	path := filepath.Join(t.TempDir(), "rates.svg")
	if err := SaveRates(path, "network on <digits>", c); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for dec := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
	for _, want := range []string{
		`<svg xmlns="http://www.w3.org/2000/svg"`, "prefers-color-scheme: dark", ">1e−7<", ">1e−4<", ">0.1<", ">learning rate<", ">loss<",
		">valley 0.001<", ">steepest 0.0032<", `aria-label="network on &lt;digits&gt;: the loss of a training whose learning rate rises from 1e−7 to 7.9. The suggestion by valley is 0.001.`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the figure has no %s", want)
		}
	}
	for _, class := range classes {
		if strings.Contains(text, `"stroke-`+class+`"`) && !strings.Contains(text, ".stroke-"+class) || strings.Contains(text, `"fill-`+class+`"`) && !strings.Contains(text, ".fill-"+class) {
			t.Errorf("the figure has no colour for %s", class)
		}
	}
	if strings.Contains(text, "#0100") {
		t.Error("a sentinel colour is left")
	}
}

func TestRateLabel(t *testing.T) {
	for rate, want := range map[float64]string{1e-7: "1e−7", 0.00012: "1e−4", 0.001: "0.001", 0.0316: "0.032", 10: "10"} {
		if got := rateLabel(rate); got != want {
			t.Errorf("%v is written %s, want %s", rate, got, want)
		}
	}
}
