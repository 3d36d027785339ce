package cli

import (
	"context"
	"fmt"

	"inkling/data"
	"inkling/explain"
)

// judged is what eval finds out. The JSON is part of the program's interface.
type judged struct {
	Event     string                 `json:"event"` // "eval"
	Model     string                 `json:"model"` // the file
	Data      string                 `json:"data"`
	From      string                 `json:"from"`
	Split     string                 `json:"split"` // "test", "valid", "train", or "all" where the data are not divided
	Images    int                    `json:"images"`
	Right     int                    `json:"right"`
	Accuracy  float64                `json:"accuracy"`
	Interval  interval               `json:"interval"` // of the accuracy
	MeanF1    float64                `json:"mean_f1"`  // over the classes that have images
	Classes   []string               `json:"classes"`
	PerClass  map[string]judgedClass `json:"per_class"`
	Confusion [][]int                `json:"confusion"` // [class][answer]
	// Learned says how many of the images the model has learned from, and InSample
	// that they are images that it learned from: such figures forecast nothing.
	Learned  leaks             `json:"learned_from"`
	InSample bool              `json:"in_sample"`
	Measured judgedCalibration `json:"calibration"`
	// Before is the calibration without the model's temperature; null where it has none.
	Before      *judgedCalibration `json:"calibration_before"`
	Mistakes    []judgedImage      `json:"mistakes"`         // the surest first; at most 100
	LabelErrors []judgedImage      `json:"label_errors"`     // the likeliest first; at most 100
	AllErrors   int                `json:"label_errors_all"` // how many there are
	Missing     []string           `json:"classes_unseen"`   // classes of the model without images
	Notes       []string           `json:"notes"`            // in words, what the figures have to be read with
	what        string             // the images, in words
	answers     *explain.Answers
	scores      []explain.ClassScore
	calibration *explain.Calibration
	set         *data.Set
}

type interval struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"`
	Method     string  `json:"method"`
}

// judgedClass is how a class does; null where there is nothing to divide by.
type judgedClass struct {
	Images    int      `json:"images"`
	Precision *float64 `json:"precision"`
	Recall    *float64 `json:"recall"`
	F1        *float64 `json:"f1"`
}

type judgedCalibration struct {
	Temperature float64     `json:"temperature"`
	Error       float64     `json:"expected_error"`
	LogLoss     float64     `json:"log_loss"`
	Bins        []judgedBin `json:"bins"`
}

type judgedBin struct {
	From       float64 `json:"from"`
	To         float64 `json:"to"`
	Images     int     `json:"images"`
	Confidence float64 `json:"confidence"`
	Accuracy   float64 `json:"accuracy"`
}

// judgedImage is an image whose answer or label is in doubt.
type judgedImage struct {
	Image       string  `json:"image"`
	Class       string  `json:"class"`                // its label
	Answer      string  `json:"answer"`               // the model's, or the class that it seems to belong to
	Probability float64 `json:"probability"`          // of that
	OfClass     float64 `json:"probability_of_class"` // of the label
	index       int     // in the set
	answer      int     // the class of Answer
	probs       []float64
}

// calibrated says what --calibrate did. The figures are those of the images that
// the temperature was fitted to.
type calibrated struct {
	Event       string  `json:"event"` // "calibrated"
	Temperature float64 `json:"temperature"`
	Images      int     `json:"images"`
	Split       string  `json:"split"` // "valid"
	ErrorBefore float64 `json:"expected_error_before"`
	Error       float64 `json:"expected_error"`
	LossBefore  float64 `json:"log_loss_before"`
	Loss        float64 `json:"log_loss"`
	Model       string  `json:"model_file"`
	Previous    string  `json:"previous_file"` // the model as it was
}

// judge asks the model and works everything out.
func (e *evaluation) judge(ctx context.Context) (*judged, error) {
	finder := newLeakFinder(ctx, e.c, e.on.learned)
	a, err := e.answers(ctx, e.set, finder)
	if err != nil {
		return nil, err
	}
	return e.judgement(a, finder.leaks, e.opened.Name, e.opened.From), nil
}

// judgement works out what there is to say of the model's answers to e.set.
func (e *evaluation) judgement(a *explain.Answers, found leaks, name, from string) *judged {
	j := &judged{
		Event: "eval", Model: e.model, Data: name, From: from, Split: e.on.split, Images: a.Images, Accuracy: a.Accuracy,
		MeanF1: explain.MeanF1(a.Scores()), Classes: e.c.Classes, PerClass: map[string]judgedClass{}, Confusion: a.Confusion,
		Learned: found, Missing: []string{}, Notes: []string{}, Mistakes: []judgedImage{}, LabelErrors: []judgedImage{},
		what: e.on.what, answers: a, scores: a.Scores(), calibration: a.Calibration(), set: e.set,
	}
	for i, s := range j.scores {
		j.Right += s.Right
		c := judgedClass{Images: s.Images}
		for to, f := range map[**float64]func() (float64, bool){&c.Precision: s.Precision, &c.Recall: s.Recall, &c.F1: s.F1} {
			if v, ok := f(); ok {
				*to = &v
			}
		}
		j.PerClass[e.c.Classes[i]] = c
		if s.Images == 0 {
			j.Missing = append(j.Missing, e.c.Classes[i])
		}
	}
	low, high := explain.Wilson(j.Right, j.Images)
	j.Interval = interval{low, high, 0.95, "Wilson"}
	j.Measured = measured(j.calibration, e.c.Temperature)
	if e.c.Temperature != 0 {
		plain := *a
		plain.Temperature = 0
		before := measured(plain.Calibration(), 0)
		j.Before = &before
	}
	named := func(index, other int, probs []float64) judgedImage {
		label := e.set.Labels[index]
		return judgedImage{e.set.Name(index), e.c.Classes[label], e.c.Classes[other], probs[other], probs[label], index, other, probs}
	}
	for _, m := range a.Worst(kept) {
		j.Mistakes = append(j.Mistakes, named(m.Index, m.Answer, m.Probs))
	}
	suspects, all := a.LabelErrors(kept)
	for _, s := range suspects {
		j.LabelErrors = append(j.LabelErrors, named(s.Index, s.Likely, s.Probs))
	}
	j.AllErrors = all
	j.InSample = e.on.split == "train" || 2*j.Learned.Found >= j.Learned.Checked && j.Learned.Found > 0
	j.note(e)
	return j
}

// note collects what the figures have to be read with.
func (j *judged) note(e *evaluation) {
	l := j.Learned
	switch {
	case j.InSample:
		j.Notes = append(j.Notes, "THE MODEL LEARNED FROM THESE IMAGES: the figures say how well it remembers them, not how it will read new ones, and labels that it learned look right.")
	case l.Found > 0:
		j.Notes = append(j.Notes, fmt.Sprintf("The model learned from %d of the %s that could be looked up, such as %s: the figures say too much of how new images will be read.", l.Found, count(l.Checked, "image"), quote(l.Copies[0].Image)))
	case e.c.Seen == nil && j.Split == "all":
		j.Notes = append(j.Notes, "The model file does not say which images the model learned from. If it learned from these, the figures forecast nothing.")
	}
	if on, _ := e.c.Training["validated_on"].(string); on == "test" && j.Split == "test" {
		j.Notes = append(j.Notes, "The training was validated on test images; where settings were chosen by that, the figures say too much.")
	}
	if e.calibrate && j.Split == "valid" {
		j.Notes = append(j.Notes, "The temperature was fitted to these very images: their calibration says too much.")
	}
	if n := len(j.Missing); n > 0 {
		j.Notes = append(j.Notes, fmt.Sprintf("There are no images of %s that the model knows: %s.", count(n, "class"), some(quoted(j.Missing))))
	}
}

func measured(c *explain.Calibration, temperature float64) judgedCalibration {
	if temperature == 0 {
		temperature = 1
	}
	out := judgedCalibration{Temperature: temperature, Error: c.Error, LogLoss: c.LogLoss}
	for _, b := range c.Bins {
		out.Bins = append(out.Bins, judgedBin(b))
	}
	return out
}
