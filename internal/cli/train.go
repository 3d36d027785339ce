package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"inkling/classifier"
	"inkling/data/augment"
	"inkling/data/source"
	"inkling/models"
	"inkling/recipe"
	"inkling/safetensors"
	"inkling/train"

	"github.com/spf13/cobra"
)

// training is the command train on its way.
type training struct {
	*app
	recipe recipe.Recipe
	seed   uint64
	valid  string // as it is given
	aside  aside
	out    string
	keep   checkpoints
	// previous is where the file that was at out before is kept; "" if there was none.
	previous string
	// pretrained is the file that the training begins with, past the net in it, bodyRate what
	// all but its head learn at, times the rate; kept says that the head is the file's, too.
	pretrained string
	past       *classifier.Pretrained
	bodyRate   float64
	kept       bool
	size       int // of the sides that images are brought to; 0 chooses
	patience   int // epochs without a better validation loss that end the training; 0 for none

	command  *cobra.Command
	tell     func(event any)
	trainer  *train.Trainer
	split    *split
	typical  *classifier.Typical // of the training images; nil until it is measured
	start    time.Time
	last     trainEpoch        // the last one that has ended
	judged   *train.Evaluation // of that one
	ended    int               // epochs that have
	waiting  waiting           // for a better validation loss
	batch    int               // batches of the one that has not
	measured bool              // what it takes has been held against the memory that is free
	before   int               // batches that an earlier run has learned from
}

func (a *app) trainCommand() *cobra.Command {
	t := &training{app: a}
	c := &cobra.Command{
		Use:   "train DATA",
		Short: "Train a model on images and keep it in a file",
		Long: `Train a model on images and keep it in a file.

DATA is a name (inkling data ls) or a path. A tenth of the training images, the
same share of each class, is set aside to validate on after each epoch, unless
DATA has images of its own for that. Test images are left alone.

What no flag sets is chosen for the images, and said; a recipe that is named sets
everything, and flags change single settings of it. Ctrl-C ends the training
after the batch at hand and keeps the model as it is then.

Beside the model file, which is written at the end, lie the model of the epoch
with the best accuracy on the validation images (model.best.safetensors) and a
checkpoint (model.checkpoint.safetensors), saved after each epoch and every half
minute. --resume goes on from there, whatever ended the training, and comes to
the same model, bit for bit.

Recipes:
` + described(recipe.Names(), recipe.Describe) + `
Schedules:
` + described(recipe.Schedules(), recipe.DescribeSchedule),
		Example: `  inkling train path/to/images
  inkling train path/to/images --pretrained resnet18.safetensors
  inkling train mnist --model network
  inkling train path/to/images --optimizer momentum --schedule cosine --epochs 20
  inkling train path/to/images --resume`,
		Args: oneArg("DATA"), ValidArgsFunction: completeData,
	}
	t.command = c
	settle := recipeFlags(c)
	c.Flags().Uint64Var(&t.seed, "seed", 0, "of the initial weights, the order of the images and what else is drawn (default 0)")
	c.Flags().StringVar(&t.valid, "valid", "", "what to validate on: a share of the training images, such as 0.1 (0 is none), or the word test, for the test images")
	c.Flags().StringVar(&t.pretrained, "pretrained", "", "begin with this net: a model file, or torchvision's ResNet-18 as safetensors; other classes get a new head")
	c.Flags().Float64Var(&t.bodyRate, "body-lr", usualBody, "learning rate of all but the head, times --lr; with --pretrained")
	c.Flags().IntVar(&t.size, "size", 0, "bring images to so many pixels a side; 0 chooses by those that there are (default 0)")
	c.Flags().IntVar(&t.patience, "patience", 0, "end after so many epochs without a better validation loss; 0 never does (default 0)")
	c.Flags().StringVar(&t.out, "out", "inkling-model.safetensors", "the model file to write")
	t.checkpointFlags(c)
	c.RunE = func(c *cobra.Command, args []string) (err error) {
		if t.recipe, err = settle(); err != nil {
			return err
		}
		if t.aside, err = parseAside(t.valid); err != nil {
			return err
		}
		return t.run(c.Context(), args[0])
	}
	return c
}

// described lists words, each with what it stands for.
func described(words []string, what func(string) string) string {
	var text string
	for _, word := range words {
		text += fmt.Sprintf("  %-12s %s\n", word, wrap(what(word), 78, "               "))
	}
	return text
}

func (t *training) run(ctx context.Context, name string) error {
	if t.out == "" {
		return usagef("--out names no file")
	}
	if !strings.HasSuffix(t.out, ".safetensors") {
		return usagef("--out %s: a model file's name ends in .safetensors", quote(t.out))
	}
	for _, kept := range []string{".best.safetensors", ".checkpoint.safetensors"} {
		if strings.HasSuffix(t.out, kept) {
			return usagef("--out %s: a training keeps its own files under names that end in %s; choose another", quote(t.out), kept)
		}
	}
	if err := outFile(t.out); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	release, err := t.hold()
	if err != nil {
		return err
	}
	defer release()
	if err := t.openPast(); err != nil {
		return err
	}
	opened, err := t.openOwn(ctx, name, t.options())
	if err != nil {
		return err
	}
	warnings := opened.Warnings
	found := scan(name, opened)
	if found != nil && len(found.LeftOut) > 0 {
		warnings = warnings[:len(warnings)-1] // the report names them
	}
	for _, w := range warnings {
		fmt.Fprintf(t.err, "inkling: %s\n", oneLine(w))
	}
	if t.split, err = divide(opened.Dataset, t.aside, t.seed); err != nil {
		return err
	}
	if found != nil && found.Copies > 0 && t.split.share > 0 {
		found.Across = t.split.across()
	}
	if err := t.sameImages(); err != nil {
		return err
	}
	t.tell = (&trainText{screen: newScreen(t.app.out)}).tell
	if t.json {
		t.tell = func(event any) {
			if _, live := event.(trainProgress); !live {
				emit(t.app.out, event)
			}
		}
	}
	if found != nil {
		t.tell(*found)
	}
	if t.keep.from == nil {
		if err := t.choose(ctx); err != nil {
			return err
		}
	}
	if doubt := t.recipe.Mirrored(t.split.train.Classes); doubt != "" {
		fmt.Fprintf(t.err, "inkling: %s\n", oneLine(doubt))
	}
	if t.trainer, err = t.makeTrainer(); err != nil {
		return err
	}
	if n := t.split.train.Len(); t.recipe.Batch > n {
		fmt.Fprintf(t.err, "inkling: a batch of %d is more than the %s: each step takes all of them\n", t.recipe.Batch, count(n, "training image"))
	}
	t.trainer.Hooks = []any{t}
	t.replaces()
	t.goOn()
	t.tell(t.begins(name, opened))
	if err := t.trainer.Run(ctx); err != nil && !errors.Is(err, errPatience) {
		return t.rescue(err)
	}
	return t.ends(name)
}

// begins says what is trained on what.
func (t *training) begins(name string, opened *source.Opened) trainBegins {
	e := trainBegins{
		Event: "train", Data: name, From: opened.From, Train: t.split.train.Len(), ValidOn: t.split.called, sentence: t.split.sentence,
		Classes: t.split.train.Classes, Settings: t.recipe, Seed: t.seed, Batches: t.trainer.Train.Batches(), Past: t.pretrained, HeadKept: t.kept, past: t.pastSentence(),
	}
	if t.split.valid != nil {
		e.Valid = t.split.valid.Len()
	}
	for _, p := range t.trainer.Model.Params() {
		e.Numbers += p.Value.Len()
	}
	if t.keep.from != nil {
		e.Resumed = &trainPosition{t.ended, t.batch}
		e.history = t.keep.history
	}
	return e
}

// Step implements train.StepHook.
func (t *training) Step(s *train.Step) error {
	t.batch = s.Batch + 1
	t.tell(trainProgress{t.recipe.Model, s.Epoch*t.trainer.Train.Batches() + t.batch, t.recipe.Epochs * t.trainer.Train.Batches()})
	return nil
}

// Epoch implements train.EpochHook.
func (t *training) Epoch(e *train.Epoch) error {
	t.ended, t.batch = t.ended+1, 0
	batches := t.trainer.Train.Batches()
	left := time.Since(t.start).Seconds() / float64(t.ended*batches-t.before) * float64((t.recipe.Epochs-t.ended)*batches)
	best := t.remember(e)
	t.last = trainEpoch{"epoch", t.recipe.Model, t.recipe.Loss, e.Epoch, t.recipe.Epochs, e.TrainLoss, nil, nil, e.Rate, best, e.Seconds, left}
	if e.Valid != nil {
		t.last.ValidLoss, t.last.Accuracy = &e.Valid.Loss, &e.Valid.Accuracy
		t.judged = e.Valid
	}
	t.tell(t.last)
	err := t.waiting.over(t.last.ValidLoss, t.patience)
	t.keep.over = err != nil
	return err
}

// rescue keeps the model of a training that has ended early, and says so. It
// returns the error that has ended it.
func (t *training) rescue(err error) error {
	var position *train.PositionError
	if errors.As(err, &position) {
		return fmt.Errorf("%s: %w", quote(display(t.keep.path)), err)
	}
	var diverged *train.Diverged
	stopped, accuracy := fmt.Sprintf("after epoch %d of %d", t.ended, t.recipe.Epochs), t.last.Accuracy
	if t.batch > 0 && !errors.As(err, &diverged) { // a model that diverged has gone back to the end of an epoch
		stopped = fmt.Sprintf("after %s of %d in epoch %d of %d", count(t.batch, "batch"), t.trainer.Train.Batches(), t.ended+1, t.recipe.Epochs)
		accuracy = nil // the last one is that of an earlier model
	} else if t.ended == 0 {
		t.tell(trainStops{Event: "stopped", Kept: "nothing was learned that could be kept"})
		return err
	}
	if failed := t.save(map[string]any{"stopped": stopped}); failed != nil {
		t.tell(trainStops{Event: "stopped", Epochs: t.ended, Batch: t.batch, Kept: failed.Error(), Checkpoint: t.checkpoint()})
		return err
	}
	kept := "the model as it was " + stopped + " is in " + quote(display(t.out)) + before(t.previous)
	if accuracy != nil {
		kept += fmt.Sprintf("; its accuracy on the %s images is %s", t.split.called, percent(*accuracy))
	} else {
		kept += "; its accuracy has not been measured"
	}
	e := trainStops{Event: "stopped", Epochs: t.ended, Batch: t.batch, Model: t.out, Kept: kept, Accuracy: accuracy, Previous: t.previous, Checkpoint: t.checkpoint()}
	e.Best, e.BestEpoch, e.BestAccuracy = t.bestKept()
	t.tell(e)
	return err
}

// save writes the model file; more is said of the training in it.
func (t *training) save(more map[string]any) error {
	if _, err := os.Lstat(t.out); err == nil {
		t.previous = safetensors.Previous(t.out)
	}
	return t.write((*classifier.Model).Save, t.out, more)
}

// write writes the model as it is now to a file.
func (t *training) write(save func(*classifier.Model, string, [][]byte) error, to string, more map[string]any) error {
	set := t.split.train
	settings, err := asMap(t.recipe)
	if err != nil {
		return err
	}
	maps.Copy(settings, map[string]any{"seed": t.seed, "images": set.Len(), "validated_on": t.split.called, "valid_share": t.split.share})
	if set.Streamed() { // there is no sketch of the images
		settings["fingerprint"] = set.Fingerprint()
	}
	if t.pretrained != "" {
		settings["pretrained"] = filepath.Base(t.pretrained)
	}
	maps.Copy(settings, more)
	c := &classifier.Model{
		Info: classifier.Info{
			Architecture: t.recipe.Model, Classes: set.Classes, Scale: 1.0 / 255, Training: settings, Seen: sketchOf(set),
			Spec: models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)},
		},
		Net: t.trainer.Model,
	}
	if before := t.trainer.Train.Augment.Test(); before != (augment.Recipe{}) {
		c.Input = before.String()
	}
	if err := t.measure(c); err != nil {
		return err
	}
	samples, err := samples(set)
	if err != nil {
		return err
	}
	err = save(c, to, samples)
	var path *fs.PathError
	var link *os.LinkError
	if errors.As(err, &path) || errors.As(err, &link) { // these name the new file, which is to take the old one's place
		return fmt.Errorf("%s: %w", quote(to), cause(err))
	}
	return err
}

// asMap is a value as its JSON reads.
func asMap(v any) (map[string]any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	return m, json.Unmarshal(text, &m)
}
