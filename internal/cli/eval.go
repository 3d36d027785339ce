package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"inkling/classifier"
	"inkling/data"
	"inkling/data/source"
	"inkling/explain"
	"inkling/safetensors"
	"inkling/train"

	"github.com/spf13/cobra"
)

// evaluation is the command eval on its way.
type evaluation struct {
	*app
	model, split, page string
	calibrate          bool

	c      *classifier.Model
	opened *source.Opened
	on     *judgedOn
	set    *data.Set // on.set, with the labels of the model's classes
	live   *table
}

func (a *app) evalCommand() *cobra.Command {
	e := &evaluation{app: a}
	c := &cobra.Command{
		Use:   "eval MODEL DATA",
		Short: "Judge a model: accuracy, confusion, worst mistakes, calibration, likely label errors",
		Long: `Judge a model on images that it has not learned from: how often it is right and
how sure that figure is, class by class and class against class, its worst
mistakes, whether it is as sure as it is right, and which labels look wrong.

MODEL is a file that inkling train wrote. DATA is a name (inkling data ls) or a
path; its classes are matched with the model's by name. Its test images are
taken, else its validation images, else the images that the training set aside,
else all; --split takes others. Images that the model learned from are told.

--calibrate fits a temperature to the validation images, never to test images,
and writes it into the model file: probabilities then say how often the model is
right. Which class is likeliest never changes. The file as it was is kept beside.`,
		Example: `  inkling eval inkling-model.safetensors mnist
  inkling eval inkling-model.safetensors path/to/images --html judged.html
  inkling eval inkling-model.safetensors mnist --calibrate`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("%s wants two arguments, MODEL and DATA, and got %d; %s --help shows the usage", below(c), len(args), c.CommandPath())
			}
			return nil
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return []string{"safetensors"}, cobra.ShellCompDirectiveFilterFileExt
			}
			return completeData(c, args, word)
		},
	}
	c.Flags().StringVar(&e.split, "split", "", "the images to judge it on: test, valid or train")
	c.Flags().StringVar(&e.page, "html", "", "an HTML page to write, with pictures")
	c.Flags().BoolVar(&e.calibrate, "calibrate", false, "fit a temperature to the validation images and write it into MODEL")
	c.RunE = func(c *cobra.Command, args []string) error {
		if e.split != "" && e.split != "test" && e.split != "valid" && e.split != "train" {
			return usagef("--split %s: choose test, valid or train", quote(e.split))
		}
		if c.Flags().Changed("html") {
			if ext := strings.ToLower(filepath.Ext(e.page)); ext != ".html" && ext != ".htm" {
				return usagef("--html %s: the name of a page ends in .html", quote(e.page))
			}
			if err := outFile(e.page); err != nil {
				return fmt.Errorf("--html: %w", err)
			}
		}
		e.model = args[0]
		return e.run(c.Context(), args[1])
	}
	return c
}

func (e *evaluation) run(ctx context.Context, name string) (err error) {
	if e.c, err = loadModel(e.model); err != nil {
		if swapped(e.model, name) {
			return usagef("%s is no model; the MODEL comes first: inkling eval %s %s", quote(e.model), quote(name), quote(e.model))
		}
		return err
	}
	if e.calibrate {
		if err := outFile(e.model); err != nil {
			return fmt.Errorf("--calibrate: %w", err)
		}
	}
	e.live = newTable(newScreen(e.out), "", false)
	defer func() { e.live.endBar() }()
	if e.opened, err = e.openFor(ctx, name); err != nil {
		return err
	}
	e.live.endBar()
	for _, w := range e.opened.Warnings {
		fmt.Fprintf(e.err, "inkling: %s\n", oneLine(w))
	}
	if e.on, err = choose(e.c, e.opened.Dataset, e.split); err != nil {
		return err
	}
	if e.set, err = byName(e.c, e.on.set, e.opened.Name); err != nil {
		return err
	}
	var unfit error // of the temperature; the judgement is wanted all the same
	if e.calibrate {
		if err := e.fit(ctx); errors.Is(err, explain.ErrTemperature) {
			unfit = fmt.Errorf("--calibrate: %w; %s is as it was", err, quote(display(e.model)))
		} else if err != nil {
			return fmt.Errorf("--calibrate: %w", err)
		}
	}
	j, err := e.judge(ctx)
	if err != nil {
		return err
	}
	e.live.endBar()
	if e.page != "" {
		if err := e.write(j); err != nil {
			return err
		}
	}
	if e.json {
		emit(e.out, j)
		emit(e.out, evalEnds{"done", e.page})
		return unfit
	}
	s := newScreen(e.out)
	tellJudged(s, j)
	s.printf("\n")
	if e.page != "" {
		s.sentence("", "The page is %s; open it in a browser.", s.accent(quote(display(e.page))))
	} else if max(j.Images-j.Right, j.AllErrors) > shownMistakes {
		s.sentence("", "With --html FILE it is a page, with pictures of up to %d of each list; --json names up to %d.", pictured, kept)
	} else {
		s.sentence("", "With --html FILE it is a page, with pictures of the images.")
	}
	return unfit
}

// evalEnds is the last event.
type evalEnds struct {
	Event string `json:"event"` // "done"
	Page  string `json:"html"`  // the file; "" where none was asked for
}

// progress moves the live line of what is being done.
func (e *evaluation) progress(name string) func(done, all int) {
	return func(done, all int) {
		if !e.json {
			e.live.progress(name, done, all)
		}
		if done == all {
			e.live.endBar()
		}
	}
}

// answers asks the model about the images of a set, and looks them up.
func (e *evaluation) answers(ctx context.Context, set *data.Set, finder *leakFinder) (*explain.Answers, error) {
	logits, err := ask(ctx, e.c, set, finder.look, e.progress("judging"))
	if err != nil {
		return nil, err
	}
	return &explain.Answers{Evaluation: train.Tally(logits, set.Labels, len(e.c.Classes)), Labels: set.Labels, Temperature: e.c.Temperature}, nil
}

// fit fits the temperature to the validation images and saves the model.
func (e *evaluation) fit(ctx context.Context) error {
	valid, err := choose(e.c, e.opened.Dataset, "valid")
	if err != nil {
		return fmt.Errorf("%w; a temperature is fitted to validation images: train with --valid 0.1, or give the data a folder valid", err)
	}
	set, err := byName(e.c, valid.set, e.opened.Name)
	if err != nil {
		return err
	}
	l := newLeakFinder(ctx, e.c, valid.learned)
	a, err := e.answers(ctx, set, l)
	if err != nil {
		return err
	}
	if 10*l.Found >= l.Checked && l.Found > 0 {
		return fmt.Errorf("the model learned from %d of the %s that could be looked up; a temperature fitted to training images would be too low", l.Found, count(l.Checked, "validation image"))
	}
	temperature, err := explain.FitTemperature(a.Evaluation, set.Labels)
	if err != nil {
		return err
	}
	before := a.Calibration()
	a.Temperature, e.c.Temperature = temperature, temperature
	var samples [][]byte
	for _, s := range e.c.Samples {
		samples = append(samples, s.Image)
	}
	if err := e.c.Save(e.model, samples); err != nil {
		return fmt.Errorf("%s: %w", quote(e.model), cause(err))
	}
	after := a.Calibration()
	e.live.endBar()
	done := calibrated{"calibrated", temperature, set.Len(), valid.split, before.Error, after.Error, before.LogLoss, after.LogLoss, e.model, safetensors.Previous(e.model)}
	if e.json {
		return emit(e.out, done)
	}
	tellCalibrated(newScreen(e.out), done, valid.what)
	return nil
}
