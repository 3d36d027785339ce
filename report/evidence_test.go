package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"inkling/internal/browser"
)

// The picture is an XML document whatever the names, holds its three images and
// prints its scales.
func TestWriteEvidence(t *testing.T) {
	e := &Evidence{
		Name: "a<b>&\"\x00\x1b\xff.png", Class: "<script>", Probability: 0.98765, Remark: "ink & paper",
		Channels: 1, Height: 4, Width: 3, Ink: true,
		Pixels: make([]byte, 12), Saliency: make([]float64, 12), Occlusion: make([]float64, 12),
	}
	e.Saliency[3], e.Occlusion[5] = -2.5, 0.75
	var out bytes.Buffer
	if err := WriteEvidence(&out, e); err != nil {
		t.Fatal(err)
	}
	images, texts := 0, ""
	for dec := xml.NewDecoder(bytes.NewReader(out.Bytes())); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("no XML: %v\n%s", err, out.String())
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "image" {
				images++
			}
			if token.Name.Local == "script" {
				t.Error("a class's name became an element")
			}
		case xml.CharData:
			texts += string(token) + "\n"
		}
	}
	if images != 5 { // the image, and under each map once more
		t.Errorf("%d images", images)
	}
	for _, want := range []string{"<script>, 98.77" + thin + "%", "a<b>&\"", "ink & paper", "−2.5", "+75 %", "Gradient × input", "Occlusion", "4 × 3 pixels, 70 times as large"} {
		if !strings.Contains(texts, want) {
			t.Errorf("%q is not said in %q", want, texts)
		}
	}
	if !strings.Contains(strings.Join(strings.Fields(texts), " "), "how the probability falls when a square is covered") {
		t.Errorf("the caption is not whole in %q", texts)
	}
	for channels, size := range map[int]int{3: 512, 1: 8} {
		big := &Evidence{Channels: channels, Height: size, Width: size, Pixels: make([]byte, channels*size*size), Saliency: make([]float64, size*size), Occlusion: make([]float64, size*size)}
		if err := WriteEvidence(io.Discard, big); err != nil {
			t.Error(err)
		}
	}
	if err := WriteEvidence(io.Discard, &Evidence{Channels: 1, Height: 2, Width: 2}); err == nil {
		t.Error("an image without pixels was drawn")
	}
}

// No text runs into the next column or out of the picture, however long the names are
// and however narrow the image is.
func TestEvidenceKeepsToItsColumns(t *testing.T) {
	long := strings.Repeat("a_very_long_name-", 8) + ".jpg"
	for _, e := range []*Evidence{
		{Name: "3.png", Class: "3", Channels: 1, Height: 28, Width: 28},
		{Name: long, Class: strings.Repeat("ein Wort ", 12), Remark: strings.Repeat("unlike the training images ", 9), Channels: 3, Height: 64, Width: 9},
		{Name: "wide", Class: "x", Channels: 1, Height: 9, Width: 400},
	} {
		n := e.Height * e.Width
		e.Pixels, e.Saliency, e.Occlusion = make([]byte, e.Channels*n), make([]float64, n), make([]float64, n)
		var out bytes.Buffer
		if err := WriteEvidence(&out, e); err != nil {
			t.Fatal(err)
		}
		var svg struct {
			Width  int `xml:"width,attr"`
			Height int `xml:"height,attr"`
			Texts  []struct {
				Class  string `xml:"class,attr"`
				Anchor string `xml:"text-anchor,attr"`
				X      int    `xml:"x,attr"`
				Y      int    `xml:"y,attr"`
				Text   string `xml:",chardata"`
			} `xml:"text"`
		}
		if err := xml.Unmarshal(out.Bytes(), &svg); err != nil {
			t.Fatal(err)
		}
		column := (svg.Width - 4*evidenceMargin) / 3
		for _, s := range svg.Texts {
			if s.Y > svg.Height-8 {
				t.Errorf("%s: %q stands at %d of %d", e.Name, s.Text, s.Y, svg.Height)
			}
			end, room := float64(s.X)+6.3*breadth(s.Text), svg.Width-evidenceMargin // a small character of Liberation Sans has 6 pixels on average
			if s.Class == "h" {
				end = float64(s.X) + 12.5*breadth(s.Text)
			} else if s.Y > evidenceSide {
				room = s.X + column
			}
			if s.Anchor == "" && end > float64(room)+1 {
				t.Errorf("%s: %q ends at about %.0f, beyond %d", e.Name, s.Text, end, room)
			}
		}
	}
}

// In a window narrower than the picture it is made smaller, in its proportions.
func TestEvidenceFitsItsWindow(t *testing.T) {
	t.Parallel()
	e := &Evidence{Name: "wide", Class: "x", Channels: 1, Height: 9, Width: 400}
	n := e.Height * e.Width
	e.Pixels, e.Saliency, e.Occlusion = make([]byte, n), make([]float64, n), make([]float64, n)
	var out bytes.Buffer
	if err := WriteEvidence(&out, e); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "wide.svg")
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	v := browser.Visit(t, 500, 700, "light")
	v.File(file)
	size := browser.Eval[[4]float64](v, `const e = document.documentElement, r = e.getBoundingClientRect(), b = e.viewBox.baseVal; return [r.width, r.height, b.width, b.height]`, nil)
	if size[2] <= 500 {
		t.Fatalf("the picture is %g wide and proves nothing", size[2])
	}
	if size[0] > 500 || math.Abs(size[0]/size[1]-size[2]/size[3]) > 0.1 {
		t.Errorf("%g x %g in a window of 500, for a picture of %g x %g", size[0], size[1], size[2], size[3])
	}
}
