package cli

import (
	"fmt"

	"inkling/classifier"
	"inkling/data"
	"inkling/data/augment"
	"inkling/data/folder"
	"inkling/data/source"
	"inkling/train"
)

// leastSize and mostSize are what --size takes.
const leastSize, mostSize = 8, 512

// usualBody is how much slower than its head a net with a past learns, if --body-lr does not say.
const usualBody = 0.1

// openPast opens the net that the training is to begin with, if there is one, and makes
// the recipe its own.
func (t *training) openPast() (err error) {
	given := t.command.Flags().Changed
	switch {
	case t.size != 0 && (t.size < leastSize || t.size > mostSize):
		return usagef("--size %d: from %d to %d pixels a side", t.size, leastSize, mostSize)
	case t.patience < 0:
		return usagef("--patience %d: want 1 epoch or more, or 0 for none", t.patience)
	case t.patience > 0 && t.aside == (aside{}):
		return usagef("--patience %d wants images to validate on, and --valid 0 sets none aside", t.patience)
	case t.pretrained == "" && given("pretrained"):
		return usagef("--pretrained names no file")
	case t.pretrained == "" && given("body-lr"):
		return usagef("--body-lr belongs to --pretrained FILE")
	case t.pretrained == "" || t.keep.from != nil: // what goes on has its numbers in its checkpoint
		return nil
	case !(t.bodyRate > 0 && t.bodyRate <= 1):
		return usagef("--body-lr %g: want more than 0 and at most 1", t.bodyRate)
	}
	if t.past, err = classifier.OpenPretrained(t.pretrained); err != nil {
		return fmt.Errorf("--pretrained: %w", err)
	}
	if model := t.recipe.Model; given("model") && model != t.past.Architecture && !(t.past.Torchvision() && model == "resnet18") {
		return usagef("--model %s: %s holds a net of the kind %s; leave --model out", model, quote(t.pretrained), t.past.Architecture)
	} else if !given("model") {
		t.recipe.Model = t.past.Architecture
	}
	if h, w := t.past.Height, t.past.Width; t.size != 0 && h > 0 && (h != t.size || w != t.size) {
		return usagef("--size %d: the net in %s is for images of %s; leave --size out", t.size, quote(t.pretrained), data.Size(h, w))
	}
	t.recipe.BodyRate = t.bodyRate
	return nil
}

// options says how images are read: in the channels and the size that a net with a
// past knows, where it does.
func (t *training) options() source.Options {
	o := source.Options{Folder: folder.Options{SkipBroken: true, Height: t.size, Width: t.size}}
	if t.keep.from != nil && t.pretrained != "" {
		images := t.keep.from.Images["training"]
		o.Folder.Height, o.Folder.Width, o.Folder.Color = images.Height, images.Width, folder.Grey
		if images.Channels == 3 {
			o.Folder.Color = folder.RGB
		}
	}
	if t.past != nil {
		if t.past.Height > 0 {
			o.Folder.Height, o.Folder.Width = t.past.Height, t.past.Width
		}
		o.Folder.Color = folder.Grey
		if t.past.Channels == 3 {
			o.Folder.Color = folder.RGB
		}
	}
	return o
}

// prepare adds to what happens to images what the net with a past expects of them. An
// augmentation that was given, and that says how to normalise, stays as it is.
func (t *training) prepare() error {
	if t.past == nil {
		return nil
	}
	changes, err := augment.Parse(t.recipe.Augment)
	if err != nil {
		return err
	}
	input, err := augment.Parse(t.past.Input)
	if err != nil {
		return err
	}
	if own := changes.Standardize || changes.Normalize != (augment.Normal{}); !own || !t.command.Flags().Changed("augment") {
		changes.Standardize, changes.Normalize = input.Standardize, input.Normalize
	}
	if changes.Crop == (augment.Length{}) && changes.Centre == (augment.Length{}) {
		changes.Centre = input.Centre
	}
	if t.recipe.Augment = changes.String(); t.recipe.Augment == "none" {
		t.recipe.Augment = ""
	}
	return nil
}

// started gives a trainer's model the numbers of the net with a past.
func (t *training) started(trainer *train.Trainer) (*train.Trainer, error) {
	if t.past == nil {
		return trainer, nil
	}
	head, err := t.past.Start(trainer.Model, t.split.train.Classes)
	if err != nil {
		return nil, fmt.Errorf("--pretrained: %w", err)
	}
	t.kept = head
	if trainer.EMA != nil {
		trainer.EMA.Reset()
	}
	return trainer, nil
}

// makeTrainer returns the recipe's trainer on the training images, if there is memory for it.
func (t *training) makeTrainer() (*train.Trainer, error) {
	if err := t.modelFits(); err != nil {
		return nil, err
	}
	trainer, err := t.recipe.Trainer(t.split.train, t.split.valid, t.seed)
	if err != nil {
		return nil, tooSmall(t.command, t.recipe.Augment, err)
	}
	if err := trainer.Check(); err != nil {
		return nil, err
	}
	if err := t.fits(trainer); err != nil {
		return nil, err
	}
	return t.started(trainer)
}

// pastSentence says what a training begins with.
func (t *training) pastSentence() string {
	if t.past == nil {
		return ""
	}
	what := "a " + t.past.Architecture
	if t.past.Torchvision() {
		what = "torchvision's ResNet-18"
	}
	head := fmt.Sprintf("a new head for %s", count(len(t.split.train.Classes), "class"))
	if t.kept {
		head = "its head, since the classes are the same"
	}
	return fmt.Sprintf("It begins with %s, %s, and %s; all but the head learns at %g times the rate.", quote(display(t.pretrained)), what, head, t.bodyRate)
}
