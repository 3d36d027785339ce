package cli

import (
	"fmt"

	"inkling/checkpoint"
	"inkling/data"
	"inkling/models"
	"inkling/recipe"
)

// What happens in a training, in order. The JSON is part of the program's interface.
type (
	trainBegins struct {
		Event    string        `json:"event"` // "train"
		Data     string        `json:"data"`
		From     string        `json:"from"`
		Train    int           `json:"train"` // images
		Valid    int           `json:"valid"`
		ValidOn  string        `json:"valid_on"` // "validation", "test" or "none"
		Classes  []string      `json:"classes"`
		Numbers  int           `json:"numbers"` // that training changes
		Batches  int           `json:"batches"` // in an epoch
		Settings recipe.Recipe `json:"settings"`
		Seed     uint64        `json:"seed"`
		Past     string        `json:"pretrained,omitempty"` // the file that it begins with
		HeadKept bool          `json:"head_kept,omitempty"`  // of that file
		// Resumed is where an earlier run stopped that this one goes on from.
		Resumed  *trainPosition `json:"resumed,omitempty"`
		sentence string
		past     string             // about the file that it begins with
		history  []checkpoint.Epoch // of the earlier run
	}
	trainPosition struct {
		Epochs int `json:"epochs"`  // that have ended
		Batch  int `json:"batches"` // of the one that has not
	}
	trainProgress struct {
		model      string
		batch, all int
	}
	trainEpoch struct {
		Event     string   `json:"event"` // "epoch"
		Model     string   `json:"model"`
		Loss      string   `json:"loss"`
		Epoch     int      `json:"epoch"` // from 0
		Epochs    int      `json:"epochs"`
		TrainLoss float64  `json:"train_loss"`
		ValidLoss *float64 `json:"valid_loss"` // null where nothing is set aside
		Accuracy  *float64 `json:"accuracy"`
		Rate      float64  `json:"lr"`   // of the last step
		Best      bool     `json:"best"` // so far, on the validation images; the model is kept
		Seconds   float64  `json:"seconds"`
		Left      float64  `json:"seconds_left"`
	}
	trainStops struct {
		Event  string `json:"event"`   // "stopped"
		Epochs int    `json:"epochs"`  // that have ended
		Batch  int    `json:"batches"` // of the one that has not
		Model  string `json:"model_file"`
		Kept   string `json:"kept"` // in words
		// Accuracy is that of the model that is kept; null where it has not been measured.
		Accuracy *float64 `json:"accuracy"`
		Previous string   `json:"previous_file,omitempty"` // the model file that was there before
		// Best is the model of the best epoch so far on the validation images, where there are some.
		Best         string   `json:"best_file,omitempty"`
		BestEpoch    *int     `json:"best_epoch,omitempty"` // from 0
		BestAccuracy *float64 `json:"best_accuracy,omitempty"`
		// Checkpoint is what --resume goes on from; none where nothing could be saved.
		Checkpoint string `json:"checkpoint_file,omitempty"`
	}
	// trainUnsaved is a file that could not be written; the training goes on.
	trainUnsaved struct {
		Event   string `json:"event"` // "unsaved"
		File    string `json:"file"`
		Problem string `json:"problem"`
	}
	trainEnds struct {
		Event    string   `json:"event"` // "done"
		Seconds  float64  `json:"seconds"`
		ValidOn  string   `json:"valid_on"`
		Accuracy *float64 `json:"accuracy"`
		Model    string   `json:"model_file"`
		Previous string   `json:"previous_file,omitempty"` // the model file that was there before
		// Summary is null where there was nothing to validate on.
		Summary *trainSummary `json:"summary"`
		Next    []string      `json:"next"`                  // commands that go on from here
		Ended   int           `json:"ended_after,omitempty"` // epochs, where --patience ended the training
		epochs  int           // that it was to have
		waited  int           // epochs of patience
		// Best is the model of the best epoch on the validation images, where there are some.
		Best         string   `json:"best_file,omitempty"`
		BestEpoch    *int     `json:"best_epoch,omitempty"` // from 0
		BestAccuracy *float64 `json:"best_accuracy,omitempty"`
		Checkpoint   string   `json:"checkpoint_file,omitempty"`
		// Already says that the training had ended before: nothing was left to do.
		Already bool `json:"already,omitempty"`
	}
)

// trainText tells a training to a person.
type trainText struct {
	*screen
	table    *table
	accuracy []float64
	chose    bool // a choice has been told
}

func (t *trainText) tell(event any) {
	switch e := event.(type) {
	case trainScan:
		t.scanned(e)
	case trainChoice:
		t.choice(e)
	case trainBegins:
		t.begin(e)
	case trainProgress:
		t.table.progress(e.model, e.batch, e.all)
	case trainEpoch:
		r := row{epoch: e.Epoch, train: e.TrainLoss, seconds: e.Seconds, left: e.Left, unseen: e.Accuracy == nil}
		if e.Accuracy != nil {
			r.loss, r.accuracy = *e.ValidLoss, *e.Accuracy
			t.accuracy = append(t.accuracy, *e.Accuracy)
		}
		t.table.epoch(r)
	case trainStops:
		t.table.endBar()
		t.printf("\n")
		t.sentence("", "Stopped: %s.", e.Kept)
		if e.BestEpoch != nil {
			t.sentence("", "Best so far: %s after epoch %d, in %s.", percent(*e.BestAccuracy), *e.BestEpoch+1, t.accent(quote(display(e.Best))))
		}
		if e.Checkpoint != "" {
			t.sentence("", "The same command with --resume goes on from %s.", t.accent(quote(display(e.Checkpoint))))
		}
	case trainUnsaved:
		fmt.Fprintf(t.table.text, "  not saved: %s; the training goes on\n", e.Problem)
	case trainEnds:
		t.end(e)
	}
}

func (t *trainText) begin(e trainBegins) {
	loss := "valid loss"
	if e.ValidOn == "test" {
		loss = "test loss"
		e.sentence = t.warn(e.sentence)
	}
	t.table = newTable(t.screen, loss, true)
	if t.chose {
		t.printf("\n")
	}
	t.sentence("", "Learning from %s: %s", quote(e.Data), e.From)
	t.sentence("", "%s", e.sentence)
	s := e.Settings
	s.Batch = min(s.Batch, e.Train)
	t.sentence("", "The model is %s: %s; %s numbers to learn.", s.Model, models.Describe(s.Model), data.Thousands(e.Numbers))
	if e.past != "" {
		t.sentence("", "%s", e.past)
	}
	t.sentence("", "%s\n", settings(s, e.Batches))
	if e.Resumed != nil {
		t.resumed(e)
	}
}

// settings says in a line how a recipe trains.
func settings(r recipe.Recipe, batches int) string {
	text := fmt.Sprintf("It learns by %s at a rate of %g (%s), %s, in %s of %s of %d.", r.Optimizer, r.Rate, r.Schedule, r.Loss, count(r.Epochs, "epoch"), count(batches, "batch"), r.Batch)
	if r.Augment != "" {
		text += " Images are changed: " + r.Augment + "."
	}
	return text
}

// worthDrawing is how many epochs a chart has at least: fewer are read off the table.
const worthDrawing = 4

func (t *trainText) end(e trainEnds) {
	t.table.endBar()
	if !e.Already {
		if len(t.accuracy) >= worthDrawing {
			t.printf("\n%s\n", t.curve(t.accuracy))
		}
		t.printf("\n")
	}
	if e.Accuracy != nil {
		t.sentence("  ", "Accuracy on the %s images: %s", e.ValidOn, t.accent(percent(*e.Accuracy)))
		t.summed(e)
	}
	if e.Ended > 0 {
		t.sentence("", "No better validation loss for %s: ended after %s of %s.", count(e.waited, "epoch"), data.Thousands(e.Ended), data.Thousands(e.epochs))
	}
	if e.Already {
		t.sentence("", "Nothing was left to do: this training had ended. The model is in %s.", t.accent(quote(display(e.Model))))
	} else {
		t.sentence("", "Trained in %s. The model is in %s%s.", span(e.Seconds), t.accent(quote(display(e.Model))), before(e.Previous))
	}
	if e.BestEpoch != nil {
		t.best(e)
	}
	t.printf("\n")
	for i, command := range e.Next {
		what := "Next: "
		if i > 0 {
			what = "  or: "
		}
		t.printf("%s%s\n", what, t.accent(command))
	}
}

// before says where the file that a model file replaces is kept.
func before(previous string) string {
	if previous == "" {
		return ""
	}
	return ", and the one that was there before in " + quote(display(previous))
}
