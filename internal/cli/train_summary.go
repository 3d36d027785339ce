package cli

import (
	"errors"
	"fmt"
	"math"

	"inkling/explain"
	"inkling/train"
)

// trainSummary is what a training came to on the images that it was validated on.
type trainSummary struct {
	Images int     `json:"images"`
	Low    float64 `json:"low"` // Wilson's interval of the accuracy, 95 %
	High   float64 `json:"high"`
	// Weakest is the class that is told best the least often, Confused the pair of classes where
	// most go wrong; null where all are told.
	Weakest  *classResult `json:"weakest"`
	Confused *confusion   `json:"confused"`
	// Scarce is the class with the fewest of the images, where they are too few to judge it;
	// ScarceClasses is how many such classes there are.
	Scarce        *classResult `json:"scarce,omitempty"`
	ScarceClasses int          `json:"scarce_classes,omitempty"`
}

// scarce is how many images of a class can at least say something of it, scarceInAll how
// many can of a model.
const scarce, scarceInAll = 5, 20

type (
	classResult struct {
		Class string `json:"class"`
		Right int    `json:"right"`
		Of    int    `json:"of"`
	}
	confusion struct {
		Class  string `json:"class"`
		As     string `json:"as"`
		Images int    `json:"images"`
		Of     int    `json:"of"`
	}
)

// summary sums an evaluation up; nil of none.
func summary(e *train.Evaluation, classes []string) *trainSummary {
	if e == nil || e.Images == 0 {
		return nil
	}
	s := &trainSummary{Images: e.Images}
	s.Low, s.High = explain.Wilson(int(math.Round(e.Accuracy*float64(e.Images))), e.Images)
	for label, row := range e.Confusion {
		all := 0
		for _, n := range row {
			all += n
		}
		if r := (classResult{classes[label], row[label], all}); all > r.Right && (s.Weakest == nil || r.Right*s.Weakest.Of < s.Weakest.Right*all) {
			s.Weakest = &r
		}
		if all < scarce {
			s.ScarceClasses++
			if s.Scarce == nil || all < s.Scarce.Of {
				s.Scarce = &classResult{classes[label], row[label], all}
			}
		}
		for answer, n := range row {
			if answer != label && n > 0 && (s.Confused == nil || n > s.Confused.Images) {
				s.Confused = &confusion{classes[label], classes[answer], n, all}
			}
		}
	}
	return s
}

// summed prints what a training came to, and what to do next.
func (t *trainText) summed(e trainEnds) {
	if s := e.Summary; s != nil {
		t.sentence("    ", "  On other images like these: %.1f to %.1f %% (a 95 %% interval, from %s).", 100*s.Low, 100*s.High, count(s.Images, "image"))
		if w := s.Weakest; w != nil {
			t.sentence("    ", "  Weakest: %s, %d of %d right.", quote(w.Class), w.Right, w.Of)
		}
		switch w := s.Scarce; {
		case s.Images < scarceInAll:
			t.sentence("    ", "  %s to validate on judge little: one more told right or wrong is %.0f %% of them.", count(s.Images, "image"), 100/float64(s.Images))
		case s.ScarceClasses > 1:
			t.sentence("    ", "  Fewer than %d images to validate on in %s, such as %d of %s: this cannot judge them one by one.", scarce, count(s.ScarceClasses, "class"), w.Of, quote(w.Class))
		case w != nil:
			t.sentence("    ", "  %s of %s to validate on: this cannot judge that class.", count(w.Of, "image"), quote(w.Class))
		}
		if c := s.Confused; c != nil {
			class, as := quoteBoth(c.Class, c.As)
			t.sentence("    ", "  Most often confused: %s taken for %s, %d of %d.", class, as, c.Images, c.Of)
		}
	}
}

// next are the commands that a model file invites to.
func next(model, data string) []string {
	return []string{
		fmt.Sprintf("inkling eval %s %s", quote(display(model)), quote(data)),
		fmt.Sprintf("inkling predict %s IMAGE", quote(display(model))),
	}
}

// errPatience ends a training whose validation loss has not become better for as
// many epochs as it was given.
var errPatience = errors.New("no better validation loss")

// waiting counts the epochs since the best validation loss.
type waiting struct {
	best   float64
	epochs int
	begun  bool
}

// over returns errPatience where patience epochs have brought nothing; 0 waits for ever.
func (w *waiting) over(loss *float64, patience int) error {
	if patience == 0 || loss == nil {
		return nil
	}
	if !w.begun || *loss < w.best {
		*w = waiting{*loss, 0, true}
		return nil
	}
	if w.epochs++; w.epochs >= patience {
		return errPatience
	}
	return nil
}
