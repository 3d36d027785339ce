package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"inkling/data"
	"inkling/models"
)

// about is what a page says of its model.
type about struct {
	title    string
	sentence string
	one      string // what one drawing is called
	numbers  string
	rows     []row
}

type row struct{ Name, Value string }

func (p *Page) about() about {
	m := p.model
	a := about{numbers: data.Thousands(p.program.Floats), one: "drawing"}
	digits := len(m.Classes) > 1 && !slices.ContainsFunc(m.Classes, func(c string) bool { return len(c) != 1 || c[0] < '0' || c[0] > '9' })
	switch {
	case p.Draws() && digits:
		a.title, a.one = "Draw a digit", "digit"
	case p.Draws():
		a.title = "Draw something"
	default:
		a.title = "Show it a picture"
	}
	images := ""
	if n, ok := m.Training["images"].(float64); ok {
		images = fmt.Sprintf(", trained on %s images", data.Thousands(int(n)))
	}
	a.sentence = fmt.Sprintf("A neural network that tells %d classes apart: %s%s.", len(m.Classes), models.Describe(m.Architecture), images)
	add := func(name, value string) {
		if value != "" {
			a.rows = append(a.rows, row{name, value})
		}
	}
	add("model", m.Architecture)
	add("classes", list(m.Classes, 20))
	add("images", fmt.Sprintf("%d × %d pixels, %s", m.Spec.Height, m.Spec.Width, map[int]string{1: "grey", 3: "colour"}[m.Spec.Channels]))
	before := fmt.Sprintf("each byte times %v", m.Scale)
	if m.Scale == 1.0/255 {
		before = "each byte divided by 255"
	}
	if m.Input != "" {
		before += ", then " + m.Input
	}
	add("before the net", before)
	add("products for an answer", data.Thousands(p.program.products()))
	for _, k := range []string{"accuracy", "epochs", "loss", "optimizer", "lr", "schedule", "batch", "augment", "seed", "validated_on"} {
		value := setting(k, m.Training[k])
		if k == "epochs" {
			value = trained(m.Training, value)
		}
		add(strings.ReplaceAll(k, "_", " "), value)
	}
	return a
}

// trained says how far a model was trained: of the epochs that were asked for, those
// that it has seen.
func trained(training map[string]any, epochs string) string {
	if at, _ := training["best"].(string); at != "" {
		return at + ", the best until then"
	}
	if at, _ := training["stopped"].(string); at != "" {
		return "stopped " + at
	}
	return epochs
}

// setting writes a setting of the training; "" where there is nothing to say.
func setting(name string, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		if name == "accuracy" {
			return strconv.FormatFloat(100*v, 'f', 2, 64) + " % on the images that it was validated on"
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}

// list writes some names, and how many there are beyond.
func list(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}

// Describe says in a sentence what the page is.
func (p *Page) Describe() string {
	takes := "a place to drop pictures on"
	if p.Draws() {
		takes = "a pad to draw on"
	}
	said := fmt.Sprintf("a page that asks the model in a browser, offline: %s, and %s numbers of the net, which takes %s products for an answer",
		takes, data.Thousands(p.program.Floats), data.Thousands(p.program.products()))
	if p.model.Typical == nil {
		said += "; the model file does not know what its training images look like, so that there is no pad, and no word where a picture is unlike them: train again for these"
	}
	return said
}

// products is how many multiplications convolutions and dense layers take, padding
// counted as if it were there.
func (p *Program) products() int {
	n := 0
	for _, s := range p.Steps {
		switch s.Op {
		case "conv":
			n += s.Weights[0][1] * s.Shape[1] * s.Shape[2]
		case "dense":
			n += s.Weights[0][1]
		}
	}
	return n
}
