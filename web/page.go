package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"

	"inkling/classifier"
	"inkling/internal/identity"
)

// Page is a model as a page. The zero value is none; see NewPage.
type Page struct {
	model   *classifier.Model
	program *Program
}

// NewPage prepares a model for a page. The error says why it cannot be one.
func NewPage(m *classifier.Model) (*Page, error) {
	program, err := Trace(m)
	if err != nil {
		return nil, err
	}
	if m.Spec.Classes < 1 || len(m.Classes) != m.Spec.Classes {
		return nil, errors.New("the model's classes have no names")
	}
	return &Page{m, program}, nil
}

// Draws reports whether the page has a drawing pad: the model was trained on
// handwriting. Else it takes pictures only.
func (p *Page) Draws() bool { return p.model.Typical != nil && p.model.Typical.Ink != nil }

// Write writes the page as one HTML file that needs nothing else, no network and
// no other file. The same model gives the same bytes.
func (p *Page) Write(w io.Writer) error {
	script, err := files.ReadFile("built/page.js")
	if err != nil {
		return err
	}
	style, err := files.ReadFile("built/page.css")
	if err != nil {
		return err
	}
	t, err := template.ParseFS(files, "page.html")
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	data, err := p.data()
	if err != nil {
		return err
	}
	about := p.about()
	var out bytes.Buffer
	err = t.Execute(&out, map[string]any{
		"Title": about.title, "About": about.sentence, "Rows": about.rows, "Numbers": about.numbers, "One": about.one,
		"Draws": p.Draws(), "Height": p.model.Spec.Height, "Width": p.model.Spec.Width,
		"Classes": p.model.Classes, "Many": len(p.model.Classes) > 12, "HasExamples": len(p.model.Samples) > 0,
		"Model": data, "Weights": template.HTML(p.program.base64()),
		"Style": template.CSS(style), "Script": template.JS(script), "Mark": template.HTML(identity.MarkPaths()),
		"Favicon": template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(identity.MarkSVG()))),
		// Scripts and styles are those that are here, and nothing is loaded or sent.
		"Policy": "default-src 'none'; img-src data:; style-src '" + hash(style) + "'; script-src '" + hash(script) + "'; base-uri 'none'; form-action 'none'",
	})
	if err != nil {
		return fmt.Errorf("the page: %w", err)
	}
	_, err = out.WriteTo(w)
	return err
}

// data is what src/page.ts calls a Model. In a script no browser reads it as
// anything but text: json.Marshal escapes <, > and &.
func (p *Page) data() (template.JS, error) {
	examples := [][]byte{} // as base64
	for _, s := range p.model.Samples {
		examples = append(examples, s.Image)
	}
	temperature := p.model.Temperature
	if temperature == 0 {
		temperature = 1
	}
	text, err := json.Marshal(map[string]any{
		"program": p.program, "classes": p.model.Classes, "temperature": temperature, "typical": p.model.Typical, "examples": examples,
	})
	return template.JS(text), err
}

// base64 is the weights as little-endian float32.
func (p *Program) base64() string {
	raw := make([]byte, 4*len(p.weights))
	for i, v := range p.weights {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// hash names a script or a style sheet in the page's security policy.
func hash(source []byte) string {
	sum := sha256.Sum256(source)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
