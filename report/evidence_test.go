package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
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
