package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"inkling/data"
	"inkling/explain"
)

// How much of a judgement a terminal shows; JSON and the page have more.
const (
	shownClasses  = 30 // in the table of classes; of more, the worst
	shownMistakes = 10
	matrixClasses = 12 // that a confusion matrix of 80 columns can have
)

func tellCalibrated(s *screen, c calibrated, on string) {
	s.sentence("", "Calibrated on %s: a temperature of %s, by which expected calibration error goes from %s to %s, and log loss from %s to %s.",
		on, s.accent(fmt.Sprintf("%.3g", c.Temperature)), percent(c.ErrorBefore), percent(c.Error), lossText(c.LossBefore), lossText(c.Loss))
	s.sentence("", "It is in %s, and the file as it was in %s.\n", s.accent(quote(display(c.Model))), quote(display(c.Previous)))
}

// tellJudged prints a judgement for a person.
func tellJudged(s *screen, j *judged) {
	s.sentence("", "%s on %s: %s", quote(display(j.Model)), quote(j.Data), j.From)
	for _, note := range j.Notes {
		s.sentence("", "%s %s", s.warn("note:"), note)
	}
	s.printf("\n")
	s.sentence("  ", "Accuracy on %s: %s", j.what, s.accent(percent(j.Accuracy)))
	s.sentence("  ", "  %s right, %s wrong; 95 %% interval %.2f to %.2f %% (Wilson)", data.Thousands(j.Right), data.Thousands(j.Images-j.Right), 100*j.Interval.Low, 100*j.Interval.High)
	tellClasses(s, j)
	tellConfusion(s, j)
	tellImages(s, "Worst mistakes: the right class got least", "answer", j.Mistakes)
	tellCalibration(s, j)
	if n := j.AllErrors; n > 0 {
		title := "Likely label errors, by confident learning: " + data.Thousands(n)
		if j.InSample {
			title += ", and more would show on images that the model did not learn from"
		}
		tellImages(s, title, "looks like", j.LabelErrors)
	}
}

// tellClasses prints precision, recall and F1 of the classes; of many, the worst.
func tellClasses(s *screen, j *judged) {
	var order []int
	for i := range j.Classes {
		if j.scores[i].Images > 0 || j.scores[i].Answered > 0 {
			order = append(order, i)
		}
	}
	title := "Class by class"
	if n := len(order); n > shownClasses {
		order = worstClasses(j.scores, order)[:shownMistakes]
		title = fmt.Sprintf("The %d of %d classes with the least F1", len(order), n)
	}
	width := nameWidth(s, 40, func(yield func(string) bool) {
		for _, i := range order {
			if !yield(quote(j.Classes[i])) {
				return
			}
		}
	})
	s.printf("\n%s\n\n", s.bold(title))
	s.printf("  %s  %8s  %9s  %8s  %8s\n", left("class", width), "images", "precision", "recall", "F1")
	for _, i := range order {
		c := j.scores[i]
		s.printf("  %s  %8s  %9s  %8s  %8s\n", left(quote(j.Classes[i]), width), data.Thousands(c.Images), part(c.Precision()), part(c.Recall()), part(c.F1()))
	}
	if len(j.Classes) > 1 {
		s.printf("  %s  %8s  %9s  %8s  %8s\n", left("mean", width), "", "", "", part(j.MeanF1, true))
	}
}

// worstClasses orders classes by F1, the least first.
func worstClasses(scores []explain.ClassScore, classes []int) []int {
	out := slices.Clone(classes)
	slices.SortStableFunc(out, func(a, b int) int {
		x, _ := scores[a].F1()
		y, _ := scores[b].F1()
		return cmp.Compare(x, y)
	})
	return out
}

// tellConfusion prints the whole matrix where it fits, else the most frequent confusions.
func tellConfusion(s *screen, j *judged) {
	if j.Right == j.Images {
		return
	}
	if n := len(j.Classes); n <= matrixClasses {
		cell := 5
		for _, row := range j.Confusion {
			for _, v := range row {
				cell = max(cell, len(data.Thousands(v)))
			}
		}
		room := s.width - 2 - n*(cell+1)
		width := 0
		for _, c := range j.Classes {
			width = max(width, columns(quote(c)))
		}
		if width = min(width, room); width >= 1 {
			s.printf("\n%s\n\n", s.bold("Confusion: a row for each class, a column for each answer"))
			head := "  " + strings.Repeat(" ", width)
			for _, c := range j.Classes {
				head += " " + fit(quote(c), cell)
			}
			s.printf("%s\n", head)
			for i, row := range j.Confusion {
				line := "  " + left(quote(j.Classes[i]), width)
				for k, v := range row {
					text := fit(data.Thousands(v), cell)
					switch {
					case i == k:
						text = s.accent(text)
					case v == 0:
						text = s.faint(fit("·", cell))
					}
					line += " " + text
				}
				s.printf("%s\n", line)
			}
			return
		}
	}
	pairs := j.answers.Confusions(shownMistakes)
	width := nameWidth(s, 36, func(yield func(string) bool) {
		for _, p := range pairs {
			if !yield(quote(j.Classes[p.Label])) || !yield(quote(j.Classes[p.Answer])) {
				return
			}
		}
	})
	width = min(width, (s.width-24)/2)
	s.printf("\n%s\n\n", s.bold("The most frequent confusions"))
	s.printf("  %s  %s  %8s  %8s\n", left("class", width), left("answered", width), "images", "of")
	for _, p := range pairs {
		s.printf("  %s  %s  %8s  %8s\n", left(quote(j.Classes[p.Label]), width), left(quote(j.Classes[p.Answer]), width), data.Thousands(p.Images), data.Thousands(j.scores[p.Label].Images))
	}
}

// likely heads the columns of probabilities.
const likely = "probability"

// tellImages lists images whose answer or label is in doubt.
func tellImages(s *screen, title, other string, all []judgedImage) {
	if len(all) == 0 {
		return
	}
	all = all[:min(len(all), shownMistakes)]
	class := nameWidth(s, 16, func(yield func(string) bool) {
		for _, m := range all {
			if !yield(quote(m.Class)) || !yield(quote(m.Answer)) {
				return
			}
		}
	})
	class = max(class, len(other))
	name := 0
	for _, m := range all {
		name = max(name, columns(unspaced(m.Image)))
	}
	name = max(min(name, s.width-2-2*(class+2)-2*(2+len(likely))), 12)
	s.printf("\n")
	s.sentence("", "%s", s.bold(title))
	s.printf("\n  %s  %s  %s  %s  %s\n", left("image", name), left("label", class), likely, left(other, class), likely)
	for _, m := range all {
		s.printf("  %s  %s  %11s  %s  %11s\n", clipped(unspaced(m.Image), name), left(quote(m.Class), class), chance(m.OfClass), left(quote(m.Answer), class), chance(m.Probability))
	}
}

// tellCalibration prints how sure the model is beside how often it is right.
func tellCalibration(s *screen, j *judged) {
	c := j.Measured
	s.printf("\n%s\n\n", s.bold("How sure, and how often right"))
	s.printf("  %-14s  %8s  %9s  %8s\n", "sureness", "images", "mean", "right")
	for _, b := range c.Bins {
		if b.Images > 0 {
			s.printf("  %5.1f to %5.1f %%  %7s  %9s  %8s\n", 100*b.From, 100*b.To, data.Thousands(b.Images), part(b.Confidence, true), part(b.Accuracy, true))
		}
	}
	s.printf("\n")
	text := fmt.Sprintf("Expected calibration error %s, log loss %s", percent(c.Error), lossText(c.LogLoss))
	if j.Before != nil {
		text += fmt.Sprintf(", at the model's temperature of %.3g; without it %s and %s", c.Temperature, percent(j.Before.Error), lossText(j.Before.LogLoss))
	}
	s.sentence("", "%s.", text)
}

// part is a share in a column, or a dash where there is none.
func part(v float64, ok bool) string {
	if !ok {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}

// chance is a probability: one that is not certain is not called so.
func chance(p float64) string {
	switch {
	case p > 0 && p < 0.0005:
		return "< 0.1 %"
	case p < 1 && p > 0.9995:
		return "> 99.9 %"
	}
	return fmt.Sprintf("%.1f %%", 100*p)
}

// unspaced is quote for a name in a column of its own, which may have spaces.
func unspaced(name string) string {
	if q := quote(name); q != `"`+name+`"` {
		return q
	}
	return name
}

// nameWidth is the columns that the widest of some names takes, up to a bound.
func nameWidth(s *screen, most int, names func(yield func(string) bool)) int {
	width := 5
	for name := range names {
		width = max(width, columns(name))
	}
	return min(width, most, max(s.width/3, 5))
}

// left sets a text at the left end of some columns, and shortens it to them.
func left(text string, width int) string {
	text = strings.TrimLeft(fit(text, width), " ")
	return text + strings.Repeat(" ", max(width-columns(text), 0))
}

// clipped is left for the names of files, whose ends tell them apart.
func clipped(name string, width int) string {
	if columns(name) > width {
		runes := []rune(name)
		for columns(string(runes)) > width-1 {
			runes = runes[1:]
		}
		name = "…" + string(runes)
	}
	return left(name, width)
}
