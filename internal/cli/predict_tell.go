package cli

import (
	"fmt"
	"strings"

	"inkling/classifier"
)

// What predict tells, in order. The JSON is part of the program's interface.
type (
	predicted struct {
		Event         string             `json:"event"` // "prediction"
		Image         string             `json:"image"`
		Class         string             `json:"class"`
		Probability   float64            `json:"probability"`
		Probabilities map[string]float64 `json:"probabilities"` // of all classes, or of as many as --top says
		Unlike        []string           `json:"unlike"`        // the training images; empty where it is like them
		Preparation   preparation        `json:"preparation"`
		Digit         int                `json:"digit,omitempty"` // of a model of handwriting: from 1, of Digits on the picture, left to right
		Digits        int                `json:"digits,omitempty"`
		Explained     string             `json:"explained,omitempty"` // the file that shows why
		answer        *classifier.Answer
	}
	preparation struct {
		As  string    `json:"as"` // "none", "ink": found and framed, or "size": brought to the model's
		Ink *inkFound `json:"ink,omitempty"`
	}
	inkFound struct {
		Light  bool    `json:"light"`  // lighter than its ground
		Box    box     `json:"box"`    // in the picture, or in its reduction to 480 pixels
		Stroke float64 `json:"stroke"` // its width in pixels of the training's frame
		Change float64 `json:"change"` // by which it was made thicker
	}
	box struct {
		Left   int `json:"left"`
		Top    int `json:"top"`
		Right  int `json:"right"` // just outside, as Bottom is
		Bottom int `json:"bottom"`
	}
	failedImage struct {
		Event   string `json:"event"` // "failed"
		Image   string `json:"image"`
		Problem string `json:"problem"`
	}
	predictEnds struct {
		Event  string `json:"event"` // "done"
		Images int    `json:"images"`
		Failed int    `json:"failed"`
		Passed int    `json:"passed_over"` // files in folders that are no pictures
	}
)

// predictText tells answers to a person, a line each.
type predictText struct {
	*screen
	top         int
	classes     []string
	name, class int // columns, of the widest so far
}

func (t *predictText) tell(event any) {
	switch e := event.(type) {
	case []seen:
		t.fit(e)
	case predicted:
		t.line(&e)
	}
}

// fit makes the columns wide enough for a group of images, within reason.
func (t *predictText) fit(group []seen) {
	for i := range group {
		for k := range group[i].answers {
			a := &group[i].answers[k]
			t.name = max(t.name, columns(title(group[i].name(), a)))
			t.class = max(t.class, columns(quote(a.Class)))
		}
	}
	t.name = min(t.name, max(t.width/2, 24))
	t.class = min(t.class, 24)
}

// title is an image's name, with the digit's number where there are several.
func title(name string, a *classifier.Answer) string {
	if a.Digits > 1 {
		return fmt.Sprintf("%s, digit %d of %d", quote(name), a.Digit+1, a.Digits)
	}
	return quote(name)
}

// line prints an answer: name, class, probability, the next classes, remarks.
func (t *predictText) line(e *predicted) {
	a := e.answer
	pad := func(s string, width int) string { return s + strings.Repeat(" ", max(0, width-columns(s))) }
	head := pad(title(e.Image, a), t.name) + "  "
	text := t.accent(pad(quote(a.Class), t.class)) + unbroken(fmt.Sprintf("  %9s", percent(a.Probability)))
	for _, k := range a.Best()[1:max(1, min(t.top, len(t.classes)))] {
		text += unbroken(fmt.Sprintf("  %s %s", quote(t.classes[k]), percent(a.Probabilities[k])))
	}
	if len(a.Unlike) > 0 {
		text += "  " + t.warn("unlike the training images:") + " " + oneLine(strings.Join(a.Unlike, "; "))
	}
	if e.Explained != "" {
		text += "  why: " + quote(display(e.Explained))
	}
	t.printf("%s", head)
	t.sentence(strings.Repeat(" ", min(columns(head), t.width/2)), "%s", text)
}

// unbroken keeps a text on one line, wherever the window ends.
func unbroken(s string) string { return strings.ReplaceAll(s, " ", glue) }
