package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

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
	ill     int  // what the doctor found
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
		s.printf("\n%s\n\n", s.bold(e.Title))
		s.paragraphs(e.Text)
	case tour.Baseline:
		s.baseline(e)
	case tour.Doctor:
		if !e.Fine {
			s.ill++
			s.printf("%s %s\n\n", s.warn("doctor:"), wrap(e.Sentence, min(s.width, 76), "        "))
		}
	case tour.Progress:
		s.progress(e)
	case tour.EpochEnds:
		s.epoch(e)
	case tour.ChapterEnds:
		s.end(e)
	case tour.Done:
		s.printf("\n%s\n", s.bold(fmt.Sprintf("The tour took %.0f s.", e.Seconds)))
		s.printf("The report is %s; open it in a browser. Beside it lie the models and metrics.json.\n", s.accent(display(e.Report)))
	}
}

func (s *story) data(e tour.DataOpened) {
	if e.BuiltIn {
		s.printf("%s\n", s.warn("BUILT-IN DIGITS: the real MNIST is not here, so this tour learns from digits drawn by program. Get the real ones with: inkling data get mnist"))
		s.printf("%s training and %s test images of %d x %d pixels.\n", thousands(e.Train), thousands(e.Test), e.Height, e.Width)
		return
	}
	s.printf("Learning from %s\n", e.From)
}

func (s *story) baseline(e tour.Baseline) {
	name := map[string]string{"mae": "nearest by mean absolute error", "mse": "nearest by mean squared error"}[e.Distance]
	s.printf("%s: %s of the test images", name, s.accent(percent(e.Accuracy)))
	if e.Post != nil {
		s.printf(" %s", s.faint("(the post: "+percent(e.Post.Accuracy)+")"))
	}
	s.printf("\n  class    ")
	for c := range e.PerClass {
		s.printf("%7d", c)
	}
	s.printf("   mean\n  yours    ")
	for _, p := range e.PerClass {
		s.printf("%s", s.accent(fmt.Sprintf("%7.4f", p)))
	}
	s.printf("%s\n", s.accent(fmt.Sprintf("%7.4f", e.MeanOfClasses)))
	if e.Post != nil {
		line := "  the post "
		for _, p := range e.Post.PerClass {
			line += fmt.Sprintf("%7.4f", p)
		}
		s.printf("%s\n", s.faint(line+fmt.Sprintf("%7.4f", e.Post.MeanOfClasses)))
	}
	s.printf("\n")
}

func percent(p float64) string { return fmt.Sprintf("%.2f %%", 100*p) }

// progress moves the live line, which stands below the table while a chapter trains.
func (s *story) progress(e tour.Progress) {
	if !s.terminal {
		return
	}
	if s.bar == nil {
		s.bars = mpb.New(mpb.WithOutput(s.w), mpb.WithWidth(min(s.width-4, 40)), mpb.WithRefreshRate(100*time.Millisecond))
		s.bar = s.bars.New(int64(e.Epochs*e.Batches), mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" "),
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(" "+e.Chapter)),
			mpb.AppendDecorators(decor.Percentage(), decor.Name("  "), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO), ""), decor.Name(" left")))
		s.text = s.bars
	}
	s.bar.SetCurrent(int64(e.Epoch*e.Batches + e.Batch))
}

func (s *story) epoch(e tour.EpochEnds) {
	if !s.started {
		fmt.Fprintf(s.text, "  epoch  train loss   test loss    accuracy      time\n")
		s.started = true
	}
	fmt.Fprintf(s.text, "  %5d  %10.4f  %10.4f  %s  %6.3f s\n", e.Epoch+1, e.TrainLoss, e.TestLoss, s.accent(fmt.Sprintf("%10s", percent(e.Accuracy))), e.Seconds)
}

func (s *story) end(e tour.ChapterEnds) {
	if s.bar != nil {
		s.bar.SetCurrent(s.bar.Current() + 1<<40)
		s.bar.SetTotal(-1, true)
		s.bars.Wait()
		s.bars, s.bar, s.text = nil, nil, s.w
	}
	s.printf("\n%s\n\n", s.curve(e.Curve))
	line := fmt.Sprintf("Accuracy on the test images: %s", s.accent(percent(e.Accuracy)))
	if e.Post != nil {
		line += s.faint(fmt.Sprintf("  (the post's recipe in PyTorch, ten seeds: %s to %s)", percent(e.Post.Last.Min), percent(e.Post.Last.Max)))
	}
	s.printf("%s\nTrained in %.2f s.\n", line, e.Seconds)
}

// curve draws accuracy in percent over the epochs, at most 12 rows.
func (s *story) curve(accuracy []float64) string {
	if len(accuracy) < 2 {
		return ""
	}
	values := make([]float64, len(accuracy))
	for i, a := range accuracy {
		values[i] = 100 * a
	}
	graph := asciigraph.Plot(values, asciigraph.Height(9), asciigraph.Width(max(min(s.width, 72)-12, 20)),
		asciigraph.Precision(1), asciigraph.Offset(3), asciigraph.Caption(fmt.Sprintf("accuracy in %%, epochs 1 to %d", len(values))))
	return strings.TrimRight(graph, "\n")
}
