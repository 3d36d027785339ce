package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"inkling/internal/identity"
	"inkling/internal/replace"
)

//go:embed page
var files embed.FS

// page is what the templates see: the story, and methods that draw.
type page struct {
	*Story
	look look
}

func newPage(s *Story) *page { return &page{s, lookOf(s)} }

// Write renders the story as one HTML page that needs nothing else: no network,
// no other file, no JavaScript to be complete.
func Write(w io.Writer, s *Story) error {
	p := newPage(s)
	style, err := p.style("base", "figures", "tables", "deep", "print")
	if err != nil {
		return err
	}
	script, err := files.ReadFile("page/page.js")
	if err != nil {
		return err
	}
	return p.write(w, "index.html", p, style, script)
}

// write renders a template of the page's for what it is to tell.
func (p *page) write(w io.Writer, name string, s any, style, script []byte) error {
	t, err := template.New("page").Funcs(p.functions()).ParseFS(files, "page/*.html")
	if err != nil {
		return fmt.Errorf("the report's template: %w", err)
	}
	policy := "default-src 'none'; img-src data:; style-src '" + hash(style) + "'"
	if script != nil {
		policy += "; script-src '" + hash(script) + "'"
	}
	var out bytes.Buffer
	err = t.ExecuteTemplate(&out, name, map[string]any{
		"S":       s,
		"Style":   template.CSS(style),
		"Script":  template.JS(script),
		"Policy":  policy + "; base-uri 'none'; form-action 'none'",
		"Favicon": template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(identity.MarkSVG()))),
	})
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// Save writes the report to a file; a crash leaves the old file or the new one,
// never half of one.
func Save(path string, s *Story) error {
	var out bytes.Buffer
	if err := Write(&out, s); err != nil {
		return err
	}
	return replace.WriteFile(path, out.Bytes(), 0o644)
}

// style is the style sheet of some parts, after the size that a pixel-exact picture has.
func (p *page) style(parts ...string) ([]byte, error) {
	side := p.Data.Width
	if !p.Data.ownSize() {
		side = 28 // pictures of other sizes are scaled
	}
	out := fmt.Appendf(nil, ":root{--side:%dpx;--many:%d}\n", side, min(max(len(p.Data.Classes), 1), 5))
	out = append(out, p.mapSizes()...)
	out = append(out, identity.Palette...)
	for _, name := range parts {
		css, err := files.ReadFile("page/" + name + ".css")
		if err != nil {
			return nil, err
		}
		out = append(out, css...)
	}
	return out, nil
}

// hash names a script or a style sheet in the page's security policy.
func hash(source []byte) string {
	sum := sha256.Sum256(source)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
