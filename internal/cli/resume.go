package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"inkling/autograd"
	"inkling/checkpoint"
	"inkling/classifier"
	"inkling/internal/kernel"
	"inkling/nn"
	"inkling/recipe"
	"inkling/safetensors"
	"inkling/train"

	"github.com/spf13/cobra"
)

// checkpoints is what a training keeps beside its model file: the checkpoint, and
// the best model so far.
type checkpoints struct {
	resume bool
	every  time.Duration // --checkpoint-every; 0 where it is not given

	path, best string
	lock       *checkpoint.Lock
	from       *checkpoint.Checkpoint // what it goes on from; nil for the beginning
	old        *checkpoint.Checkpoint // what a new training finds in its place
	begun      bool                   // something of this run has been written
	history    []checkpoint.Epoch
	over       bool // --patience has ended it
	images     map[string]checkpoint.Images

	saved time.Time     // when the last save had ended, or the run begun
	cost  time.Duration // what it took
	lost  error         // of the last save; nil if it succeeded
	kept  bool          // there is a checkpoint of this training
}

// checkpointFlags are the flags of checkpoints.
func (t *training) checkpointFlags(c *cobra.Command) {
	c.Flags().BoolVar(&t.keep.resume, "resume", false, "go on with the training whose checkpoint lies beside --out, with its settings")
	c.Flags().DurationVar(&t.keep.every, "checkpoint-every", 0, "how often to save within an epoch, such as 10m (default 30s, or less often: saving takes half a percent of the time)")
}

// hold locks the training's files, tidies up after killed runs, and finds the
// checkpoint to go on from. release gives the files back.
func (t *training) hold() (release func(), err error) {
	k := &t.keep
	if k.every < 0 {
		return nil, usagef("--checkpoint-every %s: want a positive time", k.every)
	}
	k.path, k.best = checkpoint.Path(t.out), checkpoint.BestPath(t.out)
	if k.lock, err = checkpoint.Acquire(t.out); err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	for _, path := range []string{t.out, k.path, k.best} {
		if err := safetensors.Tidy(path); err != nil {
			k.lock.Release()
			return nil, fmt.Errorf("what a killed training left beside %s cannot be removed: %w", quote(path), cause(err))
		}
	}
	if k.resume {
		err = t.takeUp()
	} else if c, problem := checkpoint.Open(k.path); problem == nil && !c.Finished {
		k.old = c
	}
	if err != nil {
		k.lock.Release()
		return nil, err
	}
	return k.lock.Release, nil
}

// replaces says which training that has not ended this one takes the place of; nothing
// keeps it from beginning any more.
func (t *training) replaces() {
	k := &t.keep
	if k.old == nil {
		return
	}
	fmt.Fprintf(t.err, "inkling: %s holds a training that has not ended, %s; --resume goes on with it; this one begins anew, and keeps that one as %s\n",
		quote(display(k.path)), reached(k.old), quote(display(unfinished(k.path))))
}

// unfinished is where the checkpoint goes of a training that another one replaces.
func unfinished(path string) string { return path + ".unfinished" }

// reached says how far a training had come.
func reached(c *checkpoint.Checkpoint) string {
	if c.Position.Batch > 0 {
		return fmt.Sprintf("%s into epoch %d", count(c.Position.Batch, "batch"), c.Position.Epoch+1)
	}
	return "after epoch " + fmt.Sprint(c.Position.Epoch)
}

// takeUp reads the checkpoint to go on from, or the one before it, and takes over its
// settings. A setting that is given and differs is refused.
func (t *training) takeUp() error {
	k := &t.keep
	c, err := checkpoint.Open(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		more := ""
		if _, err := os.Stat(unfinished(k.path)); err == nil {
			more = fmt.Sprintf(" (%s is an earlier one that another training replaced)", quote(display(unfinished(k.path))))
		}
		return fmt.Errorf("--resume: there is no checkpoint %s%s; without --resume the training begins", quote(display(k.path)), more)
	} else if err != nil {
		damaged := err
		if c, err = checkpoint.Open(safetensors.Previous(k.path)); err != nil {
			return fmt.Errorf("--resume: %w", damaged)
		}
		fmt.Fprintf(t.err, "inkling: %s; going on from the one before it, %s\n", oneLine(damaged.Error()), reached(c))
	}
	if arithmetic() != c.Arithmetic {
		fmt.Fprintf(t.err, "inkling: %s was made with %s arithmetic, and this is %s: the training goes on, but not bit for bit\n", quote(display(k.path)), c.Arithmetic, arithmetic())
	}
	k.from, k.history, k.kept = c, c.History, true
	t.saved.Store(&k.path)
	return t.takeSettings(c.Settings)
}

// arithmetic is what numbers are computed by.
func arithmetic() string { return runtime.GOARCH + "/" + kernel.Level() }

// settings are all that sets the training, each under the name of its flag.
func (t *training) settings() (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	text, err := json.Marshal(t.recipe)
	if err != nil {
		return nil, err
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	for name, value := range fields {
		all[flagOf(name)] = value
	}
	for name, value := range t.others() {
		if all[name], err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// others are the settings that are not the recipe's, as they are given.
func (t *training) others() map[string]any {
	return map[string]any{"seed": t.seed, "valid": t.valid, "size": t.size, "patience": t.patience, "pretrained": t.pretrained}
}

// rates are the recipe's settings whose flags are not called as they are.
var rates = map[string]string{"bias_rate": "bias-lr", "body_rate": "body-lr"}

// flagOf is the flag that sets a setting of a recipe.
func flagOf(setting string) string {
	if flag, ok := rates[setting]; ok {
		return flag
	}
	return strings.ReplaceAll(setting, "_", "-")
}

// settingOf is the setting of a recipe that a flag sets.
func settingOf(flag string) string {
	for setting, name := range rates {
		if name == flag {
			return setting
		}
	}
	return strings.ReplaceAll(flag, "-", "_")
}

// takeSettings takes over a checkpoint's settings, and refuses those that are given
// as another. A recipe that is given gives all of its settings.
func (t *training) takeSettings(then map[string]json.RawMessage) error {
	if t.command.Flags().Changed("body-lr") {
		t.recipe.BodyRate = t.bodyRate
	}
	here, err := t.settings()
	if err != nil {
		return err
	}
	given, others := t.command.Flags().Changed, t.others()
	var differ []string
	for flag, value := range here {
		_, other := others[flag]
		if !given(flag) && !(given("recipe") && !other) || string(value) == string(then[flag]) {
			continue
		}
		differ = append(differ, fmt.Sprintf("--%s is %s here and %s in the checkpoint", flag, plain(value), plain(then[flag])))
	}
	if len(differ) > 0 {
		slices.Sort(differ)
		mend := "leave it out to go on as before, or train anew without --resume"
		if strings.HasPrefix(differ[0], "--epochs ") {
			mend += fmt.Sprintf("; --pretrained %s begins with what has been learned", quote(display(t.out)))
		}
		return fmt.Errorf("--resume: %s; %s", strings.Join(differ, ", "), mend)
	}
	fields := map[string]json.RawMessage{}
	for flag, value := range then {
		fields[settingOf(flag)] = value
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	var r recipe.Recipe
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("%s: its settings: %w", quote(display(t.keep.path)), err)
	}
	if err := r.Check(); err != nil {
		return fmt.Errorf("%s: its settings: %w", quote(display(t.keep.path)), err)
	}
	t.recipe = r
	for name, to := range map[string]any{"seed": &t.seed, "valid": &t.valid, "size": &t.size, "patience": &t.patience, "pretrained": &t.pretrained} {
		if err := json.Unmarshal(then[name], to); err != nil {
			return fmt.Errorf("%s: its setting %s: %w", quote(display(t.keep.path)), name, err)
		}
	}
	t.aside, err = parseAside(t.valid)
	return err
}

// plain is a setting as a person writes it.
func plain(value json.RawMessage) string {
	var text string
	switch err := json.Unmarshal(value, &text); {
	case value == nil || err == nil && text == "":
		return "not set"
	case err == nil:
		return quote(text)
	}
	return string(value)
}

// sameImages takes the fingerprint of the images, and refuses others than those of
// the checkpoint that the training goes on from.
func (t *training) sameImages() error {
	k := &t.keep
	k.images = map[string]checkpoint.Images{"training": checkpoint.Fingerprint(t.split.train)}
	if t.split.valid != nil {
		k.images["validation"] = checkpoint.Fingerprint(t.split.valid)
	}
	if k.from == nil {
		return nil
	}
	for _, part := range []string{"training", "validation"} {
		then, was := k.from.Images[part]
		now, is := k.images[part]
		switch {
		case was && !is:
			return fmt.Errorf("--resume: there are no %s images here, and there are in the checkpoint", part)
		case is && !was:
			return fmt.Errorf("--resume: there are %s images here, and none in the checkpoint", part)
		}
		if change := then.Change(now); change != "" {
			return fmt.Errorf("--resume: the %s images are not those of the checkpoint: %s; bring them back, or train anew without --resume", part, change)
		}
	}
	return nil
}

// Due implements train.SaveHook. An epoch's end is saved unless that would take more
// than a twentieth of the time; within an epoch, saving takes half a percent at most.
func (t *training) Due(ended bool) bool {
	k, since := &t.keep, time.Since(t.keep.saved)
	switch {
	case ended:
		return since >= 20*k.cost
	case k.every > 0:
		return since >= k.every
	}
	return since >= max(30*time.Second, 200*k.cost)
}

// Save implements train.SaveHook. A checkpoint that cannot be written does not end the
// training: it is said, and tried again with the next one.
func (t *training) Save(p *train.Position) error {
	k, start := &t.keep, time.Now()
	settings, err := t.settings()
	if err == nil {
		err = k.makeRoom()
	}
	if err == nil {
		c := &checkpoint.Checkpoint{Position: p, Info: checkpoint.Info{
			Settings: settings, Images: k.images, Arithmetic: arithmetic(), History: k.history, Finished: p.Epoch == t.trainer.Epochs || k.over,
		}}
		err = c.Save(k.path)
	}
	if err == nil {
		t.saved.Store(&k.path)
	}
	k.saved = time.Now()
	k.cost, k.lost, k.kept = k.saved.Sub(start), err, k.kept || err == nil
	if err != nil {
		t.unsaved(k.path, err)
	}
	return nil
}

// unsaved says that a file could not be written, without the temporary file's name.
func (t *training) unsaved(path string, err error) {
	problem := oneLine(err.Error())
	if why := cause(err); why != err {
		problem = quote(display(path)) + ": " + why.Error()
	}
	t.tell(trainUnsaved{"unsaved", path, problem})
}

// makeRoom sets what an earlier training left aside, before the first file is written:
// its best model, and its checkpoint where it has not ended.
func (k *checkpoints) makeRoom() error {
	if k.begun || k.from != nil {
		return nil
	}
	if k.old != nil {
		if err := os.Rename(k.path, unfinished(k.path)); err != nil {
			return err
		}
	}
	if err := os.Rename(k.best, safetensors.Previous(k.best)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	k.begun = true
	return nil
}

// remember adds an epoch to the history, and keeps the model if it is the best so far.
// Which is best is not asked of test images, nor where nothing is evaluated.
func (t *training) remember(e *train.Epoch) (best bool) {
	k := &t.keep
	epoch := checkpoint.Epoch{TrainLoss: e.TrainLoss, Rate: e.Rate}
	if e.Valid != nil {
		loss, accuracy := e.Valid.Loss, e.Valid.Accuracy
		epoch.ValidLoss, epoch.Accuracy = &loss, &accuracy
	}
	k.history = append(slices.Clip(k.history), epoch)
	if at, _ := t.bestEpoch(); at != len(k.history)-1 {
		return false
	}
	err := k.makeRoom()
	if err == nil {
		err = t.write((*classifier.Model).Replace, k.best, map[string]any{"best": t.bestAfter(len(k.history) - 1)})
	}
	if err != nil {
		t.unsaved(k.best, err)
	}
	return err == nil
}

// bestAfter is what the file of the best model says of itself.
func (t *training) bestAfter(epoch int) string {
	return fmt.Sprintf("after epoch %d of %d", epoch+1, t.recipe.Epochs)
}

// holdsBest reports whether the file of the best model holds that of an epoch: it may
// have been impossible to write.
func (t *training) holdsBest(epoch int) bool {
	c, err := classifier.Load(t.keep.best)
	return err == nil && c.Training["best"] == t.bestAfter(epoch)
}

// bestEpoch is the epoch of the highest accuracy on the validation images, and of those
// with the same the one of the lowest loss, the first; -1 if none is asked for.
func (t *training) bestEpoch() (at int, accuracy float64) {
	at = -1
	loss := math.Inf(1)
	if t.split.called != "validation" {
		return at, 0
	}
	for i, e := range t.keep.history {
		if e.Accuracy != nil && (at < 0 || *e.Accuracy > accuracy || *e.Accuracy == accuracy && *e.ValidLoss < loss) {
			at, accuracy, loss = i, *e.Accuracy, *e.ValidLoss
		}
	}
	return at, accuracy
}

// already reports whether the model file holds the training's model.
func (t *training) already() bool {
	c, err := classifier.Load(t.out)
	if err != nil {
		return false
	}
	return slices.EqualFunc(nn.State(c.Net), nn.State(t.trainer.Model), func(a, b *autograd.Param) bool {
		return a.Name == b.Name && slices.Equal(a.Value.Float32s(), b.Value.Float32s())
	})
}
