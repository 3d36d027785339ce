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
	worst := "Worst mistakes: the right class got least"
	if wrong := j.Images - j.Right; wrong > shownMistakes {
		worst = fmt.Sprintf("Worst mistakes, %d of %s: the right class got least", shownMistakes, data.Thousands(wrong))
	}
	tellImages(s, worst, "answer", j.Mistakes)
	tellCalibration(s, j)
	if n := j.AllErrors; n > 0 {
		title := "Likely label errors, by confident learning: " + data.Thousands(n)
		if n > shownMistakes {
			title = fmt.Sprintf("Likely label errors, by confident learning: %d of %s", shownMistakes, data.Thousands(n))
		}
		if j.InSample {
			title += ", and more would show on images that the model did not learn from"
		}
		tellImages(s, title, "looks like", j.LabelErrors)
		if both := j.both(); both > 0 {
			s.printf("\n")
			s.sentence("", "%d of these %s also among the worst mistakes above: look whether the model or the label is wrong.", both, map[bool]string{true: "is", false: "are"}[both == 1])
		}
	}
}

// both is how many of the likely label errors that a terminal shows it also shows among
// the worst mistakes.
func (j *judged) both() (n int) {
	above := j.Mistakes[:min(len(j.Mistakes), shownMistakes)]
	for _, l := range j.LabelErrors[:min(len(j.LabelErrors), shownMistakes)] {
		if slices.ContainsFunc(above, func(m judgedImage) bool { return m.index == l.index }) {
			n++
		}
	}
	return n
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
	s.printf("\n%s\n\n", s.bold(title))
	name, images := column{head: "class", left: true, least: 8}, column{head: "images", spare: 1}
	precision, recall, f1 := column{head: "precision", spare: 3}, column{head: "recall", spare: 2}, column{head: "F1"}
	for _, i := range order {
		c := j.scores[i]
		name.cells, images.cells = append(name.cells, unspaced(j.Classes[i])), append(images.cells, data.Thousands(c.Images))
		precision.cells, recall.cells, f1.cells = append(precision.cells, part(c.Precision())), append(recall.cells, part(c.Recall())), append(f1.cells, part(c.F1()))
	}
	if len(order) > 1 {
		name.cells, f1.cells = append(name.cells, "mean"), append(f1.cells, part(j.MeanF1, true))
		images.cells, precision.cells, recall.cells = append(images.cells, ""), append(precision.cells, ""), append(recall.cells, "")
	}
	s.grid(name, images, precision, recall, f1)
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
		longest := 0
		for _, c := range j.Classes {
			longest = max(longest, columns(unspaced(c)))
		}
		for cell < longest && 2+longest+n*(cell+3) <= s.width {
			cell++
		}
		if 2+5+n*(cell+2) <= s.width {
			s.printf("\n%s\n\n", s.bold("Confusion: a row for each class, a column for each answer"))
			class, all := column{left: true, least: 5}, []column{}
			for k, c := range j.Classes {
				one := column{head: left(unspaced(c), min(cell, columns(unspaced(c))))}
				for i, row := range j.Confusion {
					text := data.Thousands(row[k])
					switch {
					case i == k:
						text = s.accent(text)
					case row[k] == 0:
						text = s.faint("·")
					}
					one.cells = append(one.cells, strings.Repeat(" ", cell-columns(text))+text)
				}
				class.cells, all = append(class.cells, unspaced(c)), append(all, one)
			}
			s.grid(append([]column{class}, all...)...)
			return
		}
	}
	s.printf("\n%s\n\n", s.bold("The most frequent confusions"))
	class, answer := column{head: "class", left: true, least: 8}, column{head: "answer", left: true, least: 8}
	images, of := column{head: "images"}, column{head: "of", spare: 1}
	for _, p := range j.answers.Confusions(shownMistakes) {
		class.cells, answer.cells = append(class.cells, unspaced(j.Classes[p.Label])), append(answer.cells, unspaced(j.Classes[p.Answer]))
		images.cells, of.cells = append(images.cells, data.Thousands(p.Images)), append(of.cells, data.Thousands(j.scores[p.Label].Images))
	}
	s.grid(class, answer, images, of)
}

// tellImages lists images whose answer or label is in doubt.
func tellImages(s *screen, title, other string, all []judgedImage) {
	if len(all) == 0 {
		return
	}
	s.printf("\n")
	s.sentence("", "%s", s.bold(title))
	s.printf("\n")
	name := column{head: "image", left: true, least: 12, end: true}
	label, answer := column{head: "label", left: true, least: 8}, column{head: other, left: true, least: 8}
	its, sure := column{head: "probability", spare: 2}, column{head: "probability", spare: 1}
	for _, m := range all[:min(len(all), shownMistakes)] {
		name.cells = append(name.cells, unspaced(m.Image))
		label.cells, its.cells = append(label.cells, unspaced(m.Class)), append(its.cells, chance(m.OfClass))
		answer.cells, sure.cells = append(answer.cells, unspaced(m.Answer)), append(sure.cells, chance(m.Probability))
	}
	s.grid(name, label, its, answer, sure)
}

// tellCalibration prints how sure the model is beside how often it is right.
func tellCalibration(s *screen, j *judged) {
	c := j.Measured
	s.printf("\n%s\n\n", s.bold("How sure, and how often right"))
	bin, images := column{head: "sureness", left: true}, column{head: "images", spare: 1}
	mean, right := column{head: "mean", spare: 2}, column{head: "right"}
	for _, b := range c.Bins {
		if b.Images > 0 {
			bin.cells, images.cells = append(bin.cells, fmt.Sprintf("%5.1f to %5.1f %%", 100*b.From, 100*b.To)), append(images.cells, data.Thousands(b.Images))
			mean.cells, right.cells = append(mean.cells, part(b.Confidence, true)), append(right.cells, part(b.Accuracy, true))
		}
	}
	s.grid(bin, images, mean, right)
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
