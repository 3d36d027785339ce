package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"inkling/data"
	"inkling/models"
	"inkling/report"
)

// pictured is how many mistakes, and how many likely label errors, a page shows.
const pictured = 48

// write writes the page of a judgement.
func (e *evaluation) write(j *judged) error {
	spec := e.c.Spec
	kind := models.Describe(e.c.Architecture)
	if kind != "" {
		kind = ", " + kind
	}
	page := &report.Judged{
		Version: version(), Date: time.Now().Format("2006-01-02"), Command: oneLine("inkling " + strings.Join(e.args, " ")),
		Model: printable(filepath.Base(e.model)), Kind: e.c.Architecture + kind,
		Data: report.Data{Name: printable(j.Data), From: oneLine(j.From), Test: j.Images, Channels: spec.Channels, Height: spec.Height, Width: spec.Width},
		On:   j.what, Notes: j.Notes, Answers: j.answers, Low: j.Interval.Low, High: j.Interval.High,
		AllSuspects: j.AllErrors, InSample: j.InSample,
	}
	for _, c := range e.c.Classes {
		page.Data.Classes = append(page.Data.Classes, printable(c))
	}
	var err error
	if page.Mistakes, err = pictures(j.set, j.Mistakes); err != nil {
		return err
	}
	if page.Suspects, err = pictures(j.set, j.LabelErrors); err != nil {
		return err
	}
	if err := report.SaveJudged(e.page, page); err != nil {
		return fmt.Errorf("%s: %w", quote(e.page), cause(err))
	}
	return nil
}

// pictures are the first of some images, as a page shows them.
func pictures(set *data.Set, all []judgedImage) (out []report.Mistake, err error) {
	for _, m := range all[:min(len(all), pictured)] {
		pixels := make([]uint8, set.Pixels())
		if err := set.Read(m.index, pixels); err != nil {
			return nil, err
		}
		out = append(out, report.Mistake{Picture: report.Picture{Pixels: pixels, Label: int(set.Labels[m.index]), Name: printable(m.Image)}, Answer: m.answer, Probs: m.probs})
	}
	return out, nil
}

// printable is a name as a page shows it: what cannot be seen is escaped.
func printable(name string) string {
	q := fmt.Sprintf("%q", name)
	if q = q[1 : len(q)-1]; strings.ReplaceAll(strings.ReplaceAll(q, `\"`, `"`), `\\`, `\`) == name {
		return name
	}
	return q
}
