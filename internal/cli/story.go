package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"inkling/data"
	"inkling/tour"

	"github.com/guptarohit/asciigraph"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// story tells a tour to a person: text before each chapter, a line an epoch, a
// curve after it.
type story struct {
	*screen
	bars    *mpb.Progress // the live line, on a terminal only
	bar     *mpb.Bar
	text    io.Writer // where lines go while the live line stands below them
	chapter tour.ChapterBegins
	started bool // the head of the epochs' table has been printed
	models  bool // some chapter has left a model
}

func newStory(w io.Writer) *story {
	s := &story{screen: newScreen(w)}
	s.text = w
	return s
}

func (s *story) tell(event tour.Event) {
	switch e := event.(type) {
	case tour.DataOpened:
		s.data(e)
	case tour.ChapterBegins:
		s.chapter, s.started = e, false
		s.printf("\n%s\n\n", s.bold(wrap(e.Title, s.measure(), "")))
		s.paragraphs(e.Text)
	case tour.Baseline:
		s.models = true
		s.baseline(e)
	case tour.Doctor:
		if !e.Fine {
			s.doctor(e)
		}
	case tour.Progress:
		s.progress(e)
	case tour.EpochEnds:
		s.epoch(e)
	case tour.ChapterEnds:
		s.models = true
		s.end(e)
	case tour.Done:
		s.printf("\n%s\n", s.bold("The tour took "+total(e.Seconds)+"."))
		beside := "Beside it lies metrics.json."
		if s.models {
			beside = "Beside it lie the models and metrics.json."
		}
		s.sentence("", "The report is %s; open it in a browser. %s", s.accent(display(e.Report)), beside)
	}
}

func (s *story) data(e tour.DataOpened) {
	if e.BuiltIn {
		s.sentence("", "%s", s.warn("BUILT-IN DIGITS: the real MNIST is not here and could not be downloaded, so this tour learns from digits drawn by program. Get the real ones with: "+strings.ReplaceAll("inkling data get mnist", " ", glue)))
		s.sentence("", "%s training and %s test images of %s.", data.Thousands(e.Train), data.Thousands(e.Test), data.Size(e.Height, e.Width))
		return
	}
	s.sentence("", "Learning from %s: %s", quote(e.Name), e.From)
}

// doctor prints a complaint: before the training as a paragraph, after it as one
// that stands between the table and the curve.
func (s *story) doctor(e tour.Doctor) {
	s.endBar()
	text := fmt.Sprintf("%s %s", s.warn("doctor:"), wrap(e.Sentence, s.measure(), "        "))
	if s.started {
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

// progress moves the live line, which stands below the table while a chapter trains.
func (s *story) progress(e tour.Progress) {
	if s.terminal == nil {
		return
	}
	if s.bar == nil {
		s.bars = mpb.New(mpb.WithOutput(s.terminal), mpb.WithWidth(max(min(s.width-36, 40), 8)), mpb.WithRefreshRate(100*time.Millisecond))
		s.bar = s.bars.New(int64(e.Epochs*e.Batches), mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" "),
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(" "+e.Chapter)),
			mpb.AppendDecorators(decor.Percentage(), decor.Name("  "), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO), ""), decor.Name(" left")))
		s.text = s.bars
	}
	s.bar.SetCurrent(int64(e.Epoch*e.Batches + e.Batch))
}

// endBar removes the live line.
func (s *story) endBar() {
	if s.bar == nil {
		return
	}
	s.bar.SetCurrent(s.bar.Current() + 1<<40)
	s.bar.SetTotal(-1, true)
	s.bars.Wait()
	s.bars, s.bar, s.text = nil, nil, s.w
}

// epoch prints a line of the table. A narrow window goes without the test loss,
// a narrower one without the time.
func (s *story) epoch(e tour.EpochEnds) {
	row := func(epoch, train, test, accuracy, time string) {
		line := fmt.Sprintf("  %5s  %10s", epoch, train)
		if s.width >= 53 {
			line += fmt.Sprintf("  %10s", test)
		}
		line += "  " + accuracy
		if s.width >= 41 {
			line += fmt.Sprintf("  %8s", time)
		}
		fmt.Fprintf(s.text, "%s\n", line)
	}
	if !s.started {
		row("epoch", "train loss", "test loss", fmt.Sprintf("%10s", "accuracy"), "time")
		s.started = true
	}
	row(fmt.Sprint(e.Epoch+1), fmt.Sprintf("%.4f", e.TrainLoss), fmt.Sprintf("%.4f", e.TestLoss), s.accent(fmt.Sprintf("%10s", percent(e.Accuracy))), brief(e.Seconds))
}

func (s *story) end(e tour.ChapterEnds) {
	s.endBar()
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
	s.printf("Trained in %s.\n", brief(e.Seconds))
}

// curve draws accuracy in percent over the epochs, at most 12 rows. A column shows
// one epoch's value as it is, so that the ends and the scale are the data's own.
func (s *story) curve(accuracy []float64) string {
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
