package cli

import (
	"fmt"
	"os"
	"time"

	"inkling/safetensors"
)

// goOn puts the training to its checkpoint, if there is one, and starts the clock.
func (t *training) goOn() {
	k := &t.keep
	t.start, k.saved = time.Now(), time.Now()
	if k.from == nil {
		return
	}
	p := k.from.Position
	t.trainer.From = p
	t.ended, t.batch = p.Epoch, p.Batch
	t.before = p.Epoch*t.trainer.Train.Batches() + p.Batch
	if n := len(k.history); n > 0 {
		t.last.Accuracy = k.history[n-1].Accuracy
	}
	for _, e := range k.history {
		k.over = t.waiting.over(e.ValidLoss, t.patience) != nil
	}
	if k.from.Finished {
		t.trainer.Epochs = p.Epoch // --patience may have ended it before the last
	}
}

// ends writes the model file of a training that has come to its end, unless an
// earlier run has, and says what is where.
func (t *training) ends(name string) error {
	k := &t.keep
	e := trainEnds{
		Event: "done", ValidOn: t.split.called, Accuracy: t.last.Accuracy, Model: t.out, Checkpoint: t.checkpoint(),
		Summary: summary(t.judged, t.split.train.Classes), Next: next(t.out, name), epochs: t.recipe.Epochs, waited: t.patience,
	}
	var more map[string]any
	if k.over {
		e.Ended = t.ended
		more = map[string]any{"stopped": fmt.Sprintf("after epoch %d of %d, by --patience %d", t.ended, t.recipe.Epochs, t.patience)}
	}
	if e.Already = k.from != nil && k.from.Finished && t.already(); !e.Already {
		if err := t.save(more); err != nil {
			return err
		}
		e.Seconds, e.Previous = time.Since(t.start).Seconds(), t.previous
	}
	e.Best, e.BestEpoch, e.BestAccuracy = t.bestKept()
	if k.lost == nil && k.kept { // what it was kept for is over
		os.Remove(safetensors.Previous(k.path))
	}
	t.tell(e)
	return nil
}

// bestKept is the file with the model of the best epoch, and which that is; "" and nil
// where none is kept.
func (t *training) bestKept() (file string, epoch *int, accuracy *float64) {
	if at, accuracy := t.bestEpoch(); at >= 0 && t.holdsBest(at) {
		return t.keep.best, &at, &accuracy
	}
	return "", nil, nil
}

// checkpoint is the file that the training can be taken up from, or "".
func (t *training) checkpoint() string {
	if !t.keep.kept {
		return ""
	}
	return t.keep.path
}

// resumed says where a training goes on.
func (t *trainText) resumed(e trainBegins) {
	for _, h := range e.history {
		if h.Accuracy != nil {
			t.accuracy = append(t.accuracy, *h.Accuracy)
		}
	}
	where := fmt.Sprintf("after epoch %d of %d", e.Resumed.Epochs, e.Settings.Epochs)
	switch {
	case e.Resumed.Batch > 0:
		where = fmt.Sprintf("after %s of %d in epoch %d of %d", count(e.Resumed.Batch, "batch"), e.Batches, e.Resumed.Epochs+1, e.Settings.Epochs)
	case e.Resumed.Epochs == e.Settings.Epochs:
		return // nothing goes on
	}
	t.sentence("", "It goes on %s.\n", where)
}

// best says which epoch was the best one, and where its model is.
func (t *trainText) best(e trainEnds) {
	if *e.BestAccuracy == 0 {
		t.sentence("", "No epoch told a validation image right. The lowest loss was after epoch %d; that model is in %s.", *e.BestEpoch+1, t.accent(quote(display(e.Best))))
		return
	}
	t.sentence("", "Best of the epochs: %s after epoch %d; that model is in %s.", percent(*e.BestAccuracy), *e.BestEpoch+1, t.accent(quote(display(e.Best))))
}
