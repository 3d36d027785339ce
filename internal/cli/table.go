package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// table prints a training as it goes: a line an epoch, and on a terminal a live
// line below them.
type table struct {
	*screen
	second  string // what the second loss is called
	left    bool   // the last column is the time left
	started bool   // the head has been printed
	bars    *mpb.Progress
	bar     *mpb.Bar
	text    io.Writer // where lines go while the live line stands below them
}

// row is one epoch.
type row struct {
	epoch                 int // from 0
	train, loss, accuracy float64
	seconds, left         float64
	unseen                bool // there were no images to evaluate: no loss, no accuracy
}

func newTable(s *screen, second string, left bool) *table {
	return &table{screen: s, second: second, left: left, text: s.w}
}

// progress moves the live line to so many steps of all.
func (t *table) progress(name string, done, all int) {
	if t.terminal == nil {
		return
	}
	if t.bar == nil {
		t.bars = mpb.New(mpb.WithOutput(t.terminal), mpb.WithWidth(max(min(t.width-36, 40), 8)), mpb.WithRefreshRate(100*time.Millisecond))
		t.bar = t.bars.New(int64(all), mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" "),
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(" "+name)),
			mpb.AppendDecorators(decor.Percentage(), decor.Name("  "), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO), ""), decor.Name(" left")))
		t.text = t.bars
	}
	t.bar.SetCurrent(int64(done))
}

// endBar removes the live line, as far as it has come.
func (t *table) endBar() {
	if t.bar == nil {
		return
	}
	t.bar.Abort(true)
	t.bars.Wait()
	t.bars, t.bar, t.text = nil, nil, t.w
}

// epoch prints a line of the table. A narrow window goes without the time left
// and the second loss, a narrower one without the time.
func (t *table) epoch(r row) {
	line := func(epoch, train, loss, accuracy, time, left string) {
		line := fmt.Sprintf("  %5s  %10s", epoch, train)
		if t.width >= 53 {
			line += fmt.Sprintf("  %10s", loss)
		}
		line += "  " + accuracy
		if t.width >= 41 {
			line += fmt.Sprintf("  %8s", time)
		}
		if t.left && t.width >= 63 {
			line += fmt.Sprintf("  %8s", left)
		}
		fmt.Fprintf(t.text, "%s\n", line)
	}
	if !t.started {
		line("epoch", "train loss", t.second, fmt.Sprintf("%10s", "accuracy"), "time", "left")
		t.started = true
	}
	loss, accuracy := lossText(r.loss), percent(r.accuracy)
	if r.unseen {
		loss, accuracy = "-", "-"
	}
	line(fmt.Sprint(r.epoch+1), lossText(r.train), loss, t.accent(fmt.Sprintf("%10s", accuracy)), brief(r.seconds), span(r.left))
}

// lossText writes a loss in ten columns, whatever has become of it.
func lossText(v float64) string {
	if v < 1000 {
		return fmt.Sprintf("%.4f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// span is a time that may be long: 9.4 s, 57 s, 12 min, 3.2 h.
func span(seconds float64) string {
	switch {
	case seconds < 100:
		return total(seconds)
	case seconds < 100*60:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.1f h", seconds/3600)
}
