package cli

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"inkling/classifier"
	"inkling/explain"
	"inkling/internal/replace"
	"inkling/report"
)

// evidence draws what in images spoke for a model's answers.
type evidence struct {
	c    *classifier.Model
	dir  string
	file string // for one image; "" where there is a folder
	used map[string]bool
}

// newEvidence checks that pictures can be written.
func newEvidence(to string, c *classifier.Model) (*evidence, error) {
	e := &evidence{c: c, dir: to, used: map[string]bool{}}
	if strings.EqualFold(filepath.Ext(to), ".svg") {
		e.file = to
		if err := outFile(to); err != nil {
			return nil, fmt.Errorf("--explain: %w", err)
		}
		return e, nil
	}
	if _, err := outFolder(to); err != nil {
		return nil, fmt.Errorf("--explain: %w", err)
	}
	return e, nil
}

// tooMany is the error where there are several images, or digits on the one, and one
// file to explain them in.
func (e *evidence) tooMany(what string) error {
	return fmt.Errorf("--explain %s is one file, and there is more than one %s to explain; name a folder: --explain %s",
		quote(e.file), what, quote(strings.TrimSuffix(e.file, filepath.Ext(e.file))))
}

// write draws one answer and returns the file's name.
func (e *evidence) write(name string, a *classifier.Answer) (string, error) {
	path := e.file
	if path == "" {
		path = e.free(name, a)
	}
	e.used[path] = true
	s := e.c.Spec
	empty := e.c.Empty(a.Image)
	of := func(images []byte) (all []float64) {
		probabilities := e.c.Probabilities(e.c.Logits(images))
		for at := a.Index; at < len(probabilities); at += s.Classes {
			all = append(all, probabilities[at])
		}
		return all
	}
	shown := &report.Evidence{
		Name: filepath.Base(name), Class: a.Class, Probability: a.Probability,
		Channels: s.Channels, Height: s.Height, Width: s.Width, Pixels: a.Image,
		Saliency:  explain.Saliency(e.c.Net, e.c.Numbers(a.Image), e.c.Numbers(empty), a.Index),
		Occlusion: explain.Occlusion(a.Image, empty, s.Channels, s.Height, s.Width, of),
	}
	if a.Digits > 1 {
		shown.Name += fmt.Sprintf(", digit %d of %d", a.Digit+1, a.Digits)
	}
	if t := e.c.Typical; t != nil && t.Ink != nil {
		shown.Ink, shown.Light = true, t.Ink.Light
	}
	if len(a.Unlike) > 0 {
		shown.Remark = "Unlike the training images: " + a.Unlike[0]
	}
	var out bytes.Buffer
	if err := report.WriteEvidence(&out, shown); err != nil {
		return "", err
	}
	if err := replace.WriteFile(path, out.Bytes(), 0o644); err != nil {
		return "", fmt.Errorf("--explain: %s: %w", quote(path), cause(err))
	}
	return path, nil
}

// free is the path of a new picture, named after the image.
func (e *evidence) free(name string, a *classifier.Answer) string {
	base := filepath.Base(name)
	if a.Digits > 1 {
		base += fmt.Sprintf("-%d", a.Digit+1)
	}
	path := filepath.Join(e.dir, base+".svg")
	for k := 2; e.used[path]; k++ {
		path = filepath.Join(e.dir, fmt.Sprintf("%s (%d).svg", base, k))
	}
	return path
}
