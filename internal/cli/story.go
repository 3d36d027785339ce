package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"inkling/data"
	"inkling/tour"

	"github.com/guptarohit/asciigraph"
)

// story tells a tour to a person: text before each chapter, a line an epoch, a
// curve after it.
type story struct {
	*screen
	table   *table
	chapter tour.ChapterBegins
	models  bool // some chapter has left a model
}

func newStory(w io.Writer) *story {
	s := newScreen(w)
	return &story{screen: s, table: newTable(s, "test loss", false)}
}

func (s *story) tell(event tour.Event) {
	switch e := event.(type) {
	case tour.DataOpened:
		s.data(e)
	case tour.ChapterBegins:
		s.chapter, s.table = e, newTable(s.screen, "test loss", false)
		s.printf("\n%s\n\n", s.bold(wrap(e.Title, s.measure(), "")))
		s.paragraphs(e.Text)
	case tour.ChapterSkipped:
		s.printf("\n")
		how := ""
		if e.How != "" {
			how = " For it: " + strings.ReplaceAll(e.How, " ", glue)
		}
		s.sentence("", "The chapter %s is left out. %s%s", e.Chapter, e.Why, how)
	case tour.Convolution:
		s.convolution(e)
	case tour.Ablation:
		s.ablation(e)
	case tour.RunBegins:
		s.run(e)
	case tour.Maps:
		s.maps(e)
	case tour.Stopped:
		s.stopped(e)
	case tour.Baseline:
		s.models = true
		s.baseline(e)
	case tour.Doctor:
		if !e.Fine {
			s.doctor(e)
		}
	case tour.Progress:
		s.table.progress(e.Chapter, e.Epoch*e.Batches+e.Batch, e.Epochs*e.Batches)
	case tour.EpochEnds:
		s.table.epoch(row{epoch: e.Epoch, train: e.TrainLoss, loss: e.TestLoss, accuracy: e.Accuracy, seconds: e.Seconds, left: e.Left})
	case tour.ChapterEnds:
		s.models = true
		s.end(e)
	case tour.Done:
		s.printf("\n%s\n", s.bold("The tour took "+span(e.Seconds)+"."))
		beside := "Beside it lies metrics.json."
		if s.models {
			beside = "Beside it lie the models and metrics.json."
		}
		s.sentence("", "The report is %s; open it in a browser. %s", s.accent(display(e.Report)), beside)
	}
}

func (s *story) data(e tour.DataOpened) {
	if e.StandIn {
		s.sentence("", "%s", s.warn("BUILT-IN DIGITS: the real MNIST is not here and could not be downloaded, so this tour learns from digits drawn by program. Get the real ones with: "+strings.ReplaceAll("inkling data get mnist", " ", glue)))
		s.sentence("", "%s training and %s test images of %s.", data.Thousands(e.Train), data.Thousands(e.Test), data.Size(e.Height, e.Width))
		return
	}
	s.sentence("", "Learning from %s: %s", quote(e.Name), e.From)
}

// doctor prints a complaint: before the training as a paragraph, after it as one
// that stands between the table and the curve.
func (s *story) doctor(e tour.Doctor) {
	s.table.endBar()
	text := fmt.Sprintf("%s %s", s.warn("doctor:"), wrap(e.Sentence, s.measure(), "        "))
	if s.table.started {
		s.printf("\n%s\n", text)
	} else {
		s.printf("%s\n\n", text)
	}
}

// The table of classes has a column for the rows' names, and for each class one
// that is as wide as a figure, or as its name if that is not too long.
const (
	rowName   = 11
	narrowest = 6
	widest    = 12
	mostNames = 40
)

// baseline prints the accuracy of each class, in as many blocks as the window asks for.
func (s *story) baseline(e tour.Baseline) {
	name := map[string]string{"mae": "nearest by mean absolute error", "mse": "nearest by mean squared error"}[e.Distance]
	line := fmt.Sprintf("%s: %s of the test images", name, s.accent(percent(e.Accuracy)))
	if e.Post != nil {
		line += " " + s.faint("(the post: "+percent(e.Post.Accuracy)+")")
	}
	s.sentence("  ", "%s", line)
	shown := len(e.PerClass)
	if shown > mostNames {
		shown = mostNames
	}
	heads, yours, posts := make([]string, shown), make([]string, shown), make([]string, shown)
	width := narrowest
	for c := range shown {
		heads[c], yours[c] = quote(e.Classes[c]), fmt.Sprintf("%.4f", e.PerClass[c])
		width = min(max(width, columns(heads[c])), widest)
		if e.Post != nil {
			posts[c] = fmt.Sprintf("%.4f", e.Post.PerClass[c])
		}
	}
	heads, yours = append(heads, "mean"), append(yours, fmt.Sprintf("%.4f", e.MeanOfClasses))
	if e.Post != nil {
		posts = append(posts, fmt.Sprintf("%.4f", e.Post.MeanOfClasses))
	}
	fits := max((s.width-rowName)/(width+1), 1)
	blocks := (len(heads) + fits - 1) / fits
	each := (len(heads) + blocks - 1) / blocks // blocks of one length, but for the last
	for at := 0; at < len(heads); at += each {
		if at > 0 {
			s.printf("\n")
		}
		row := func(name string, cells []string, style func(string) string) {
			line := fmt.Sprintf("%-*s", rowName, name)
			for _, cell := range cells[at:min(at+each, len(cells))] {
				line += " " + fit(cell, width)
			}
			s.printf("%s\n", style(line))
		}
		row("  class", heads, func(line string) string { return line })
		row("  yours", yours, func(line string) string { return line[:rowName] + s.accent(line[rowName:]) })
		if e.Post != nil {
			row("  the post", posts, s.faint)
		}
	}
	if more := len(e.PerClass) - shown; more > 0 {
		s.printf("  and %s more, in metrics.json\n", count(more, "class"))
	}
	s.printf("\n")
}

func percent(p float64) string { return fmt.Sprintf("%.2f %%", 100*p) }

// total is how long a tour took.
func total(seconds float64) string {
	if seconds < 10 {
		return fmt.Sprintf("%.1f s", seconds)
	}
	return fmt.Sprintf("%.0f s", seconds)
}

// brief is the time of an epoch or of a chapter.
func brief(seconds float64) string {
	if seconds < 0.1 {
		return fmt.Sprintf("%.1f ms", 1000*seconds)
	}
	return fmt.Sprintf("%.2f s", seconds)
}

// lasting is brief for what may take hours.
func lasting(seconds float64) string {
	if seconds < 100 {
		return brief(seconds)
	}
	return span(seconds)
}

func (s *story) end(e tour.ChapterEnds) {
	s.table.endBar()
	if curve := s.curve(e.Curve); curve != "" {
		s.printf("\n%s\n", curve)
	}
	s.printf("\n")
	line := fmt.Sprintf("Accuracy on the test images: %s", s.accent(percent(e.Accuracy)))
	if e.Post != nil {
		line += " " + s.faint(fmt.Sprintf("(the post's recipe in PyTorch, ten seeds: %s to %s)", percent(e.Post.Last.Min), percent(e.Post.Last.Max)))
		if e.Accuracy < e.Post.Last.Min || e.Accuracy > e.Post.Last.Max {
			line += "; outside those ten: another start ends elsewhere"
		}
	}
	s.sentence("  ", "%s", line)
	s.others(e)
	s.printf("Trained in %s.\n", lasting(e.Seconds))
}

// curve draws accuracy in percent over the epochs, at most 12 rows. A column shows
// one epoch's value as it is, so that the ends and the scale are the data's own.
func (s *screen) curve(accuracy []float64) string {
	if len(accuracy) < 2 {
		return ""
	}
	values := stretch(accuracy, max(min(s.width, 72)-12, 20))
	for i := range values {
		values[i] *= 100
	}
	precision := uint(1)
	if slices.Max(values)-slices.Min(values) < 1 {
		precision = 2
	}
	caption := fmt.Sprintf("accuracy in %%, epochs 1 to %d", len(accuracy))
	graph := asciigraph.Plot(values, asciigraph.Height(9), asciigraph.LowerBound(100*slices.Min(accuracy)), asciigraph.UpperBound(100*slices.Max(accuracy)),
		asciigraph.Precision(precision), asciigraph.Offset(3), asciigraph.Caption(caption))
	return strings.TrimRight(graph, "\n")
}

// stretch shows values in at most so many columns: each as often as there is room
// for all, or, where there are more values than columns, some of them, with the
// first and the last.
func stretch(values []float64, columns int) []float64 {
	var out []float64
	if each := columns / len(values); each > 0 {
		for _, v := range values {
			out = append(out, slices.Repeat([]float64{v}, each)...)
		}
		return out
	}
	for i := range columns {
		out = append(out, values[i*(len(values)-1)/(columns-1)])
	}
	return out
}
