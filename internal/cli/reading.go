package cli

import (
	"context"
	"fmt"
	"time"

	"inkling/data"
	"inkling/data/source"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// openOwn opens images that are somebody's own: files that cannot be read are left
// out and named, and a large folder says how far it has been read.
func (a *app) openOwn(ctx context.Context, name string, opt source.Options) (*source.Opened, error) {
	live := newReading(a.err)
	defer live.done()
	opt.Folder.SkipBroken, opt.Folder.Progress = true, live.progress
	return source.Open(ctx, name, opt)
}

// warnings prints what was odd about a data set that has been opened.
func (a *app) warnings(opened *source.Opened) {
	for _, w := range opened.Warnings {
		fmt.Fprintf(a.err, "inkling: %s\n", oneLine(w))
	}
}

// reading shows how many files of a folder have been read, and the time left: a live
// line on a terminal, a line now and then elsewhere; nothing where it is soon over.
type reading struct {
	*screen
	start, told time.Time
	bars        *mpb.Progress
	bar         *mpb.Bar
}

// How long a reading goes on without a word on a terminal; elsewhere, before the first
// line and between others.
const soonOver, notSoon, seldom = time.Second, 3 * time.Second, 20 * time.Second

func newReading(w interface{ Write([]byte) (int, error) }) *reading {
	return &reading{screen: newScreen(w), start: time.Now()}
}

// progress is a folder.Options.Progress.
func (r *reading) progress(done, total int) {
	now := time.Now()
	if r.bar == nil && done == 0 || done == total && r.bar == nil {
		return
	}
	left := span(now.Sub(r.start).Seconds() / float64(done) * float64(total-done))
	switch {
	case r.terminal == nil:
		if now.Sub(r.start) >= notSoon && now.Sub(r.told) >= seldom {
			r.told = now
			r.printf("inkling: %s of %s files read, %s left\n", data.Thousands(done), data.Thousands(total), left)
		}
	case r.bar != nil:
		r.bar.SetCurrent(int64(done))
	case now.Sub(r.start) >= soonOver:
		r.bars = mpb.New(mpb.WithOutput(r.terminal), mpb.WithWidth(min(r.width-4, 40)), mpb.WithRefreshRate(100*time.Millisecond))
		r.bar = r.bars.New(int64(total), mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" "), mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name("reading ")),
			mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string {
				left := ""
				if s.Current > 0 {
					left = ", " + span(time.Since(r.start).Seconds()/float64(s.Current)*float64(s.Total-s.Current)) + " left"
				}
				return fmt.Sprintf("%s of %s files%s", data.Thousands(int(s.Current)), data.Thousands(int(s.Total)), left)
			})))
		r.bar.SetCurrent(int64(done))
	}
}

// done takes the live line away.
func (r *reading) done() {
	if r.bar != nil {
		r.bar.Abort(true)
		r.bars.Wait()
	}
}
