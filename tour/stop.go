package tour

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"inkling/train"
)

// rescue keeps what a training that ended early has come to: the model as it was,
// if anything was learned, and the chapter as far as it was told. save writes the
// model's file, with more in it about the training. It returns the error that ended
// the training.
func (g *guide) rescue(err error, w *watcher, file string, save func(more map[string]any) error) error {
	t := w.into
	e := Stopped{Run: t.Run, Epochs: len(t.Curve), Batches: w.batch}
	var diverged *train.Diverged
	if errors.As(err, &diverged) { // the model has gone back to the end of an epoch
		e.Batches = 0
	}
	switch {
	case e.Batches > 0:
		e.At = fmt.Sprintf("after %d of %d batches in epoch %d of %d", e.Batches, w.batches, e.Epochs+1, w.epochs)
	case e.Epochs > 0:
		e.At = fmt.Sprintf("after epoch %d of %d", e.Epochs, w.epochs)
	default:
		e.At = "before the end of its first epoch"
	}
	if e.Epochs+e.Batches > 0 {
		if failed := save(map[string]any{"stopped": e.At}); failed != nil {
			e.Problem = failed.Error()
		} else {
			e.Model = file
		}
		if e.Batches == 0 {
			e.Accuracy = &t.Curve[e.Epochs-1].Accuracy
		}
	}
	t.Stopped = e.At
	if e.Epochs > 0 {
		t.Worst = g.worst(t.Final)
	}
	if !w.start.IsZero() || errors.Is(err, context.Canceled) { // else it could not even begin
		g.story.Trained = append(g.story.Trained, t)
	}
	g.left = e
	return err
}

// stop writes the page of a tour that ends in a chapter, with all that came out
// before, and says what is left.
func (g *guide) stop(c chapter) {
	e := g.left
	e.Event, e.Chapter = "stopped", c.name
	page := filepath.Join(g.Out, "index.html")
	if err := g.save(page); err == nil {
		e.Report = page
	} else if e.Problem == "" {
		e.Problem = err.Error()
	} else {
		e.Problem += "; " + err.Error()
	}
	g.Tell(e)
}
