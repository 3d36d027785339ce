package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"inkling/data/source"
	"inkling/tour"

	"github.com/spf13/cobra"
)

func (a *app) tourCommand() *cobra.Command {
	var dataName, out string
	var chapters []string
	var seed uint64
	var quick bool
	c := &cobra.Command{
		Use:   "tour",
		Short: "Train every model of the story and tell it with your own numbers",
		Long: `Train every model of the story, from the average image to a residual network,
and tell it with your own numbers. A report with pictures is left in the output
folder. The chapter resnet takes some minutes, all before it some seconds;
Ctrl-C keeps what has come out. The chapter beyond has to be named.

It learns from MNIST, which is downloaded where it is not on this machine; where
it cannot be, from digits drawn by program.

Chapters: ` + strings.Join(tour.Chapters(), ", "),
		Example: `  inkling tour
  inkling tour --quick
  inkling tour --chapters pixels,average,linear
  inkling tour --data path/to/digits --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := tour.CheckChapters(chapters); err != nil {
				return usagef("--chapters: %w", err)
			}
			if c.Flags().Changed("chapters") && len(chapters) == 0 {
				return usagef("--chapters names none; there are %s", strings.Join(tour.Chapters(), ", "))
			}
			if quick && len(chapters) > 0 {
				return usagef("--quick leaves out what takes minutes, and --chapters says what to tell; give one of them")
			}
			if out == "" {
				return usagef("--out names no folder")
			}
			forget, err := outFolder(out)
			if err != nil {
				return fmt.Errorf("--out: %w", err)
			}
			defer forget()
			opened, standIn, err := a.tourData(c.Context(), dataName, c.Flags().Changed("data"), seed)
			if err != nil {
				return err
			}
			a.warnings(opened)
			opt := tour.Options{
				Data: opened.Dataset, From: opened.From, BuiltIn: standIn || opened.Name == source.Synth, StandIn: standIn, Chapters: chapters, Quick: quick, Seed: seed, Out: out,
				Command: "inkling " + strings.Join(a.args, " "), Version: version(), Tell: a.teller(),
			}
			return tour.Run(c.Context(), opt)
		},
	}
	c.Flags().StringVar(&dataName, "data", "mnist", "what to learn from: a name (inkling data ls) or a path")
	c.Flags().StringSliceVar(&chapters, "chapters", nil, "only these chapters, separated by commas")
	c.Flags().BoolVar(&quick, "quick", false, "leave out the chapters that take minutes (default false)")
	c.Flags().StringVar(&out, "out", "inkling-tour", "folder for the models, the metrics and the report")
	c.Flags().Uint64Var(&seed, "seed", 0, "of the initial weights and the order of the images (default 0)")
	c.RegisterFlagCompletionFunc("chapters", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return tour.Chapters(), cobra.ShellCompDirectiveNoFileComp
	})
	c.RegisterFlagCompletionFunc("data", completeData)
	return c
}

// tourData opens what the tour learns from. Where the reader named the data,
// there is no falling back; else the built-in digits stand in for MNIST.
func (a *app) tourData(ctx context.Context, name string, named bool, seed uint64) (*source.Opened, bool, error) {
	opt := source.Options{Seed: seed}
	opened, err := a.openOwn(ctx, name, opt)
	if err == nil {
		return opened, false, nil
	}
	if named || !errors.Is(err, source.ErrUnavailable) {
		return nil, false, err
	}
	reason := err
	if opened, err = source.Open(ctx, source.Synth, opt); err == nil {
		opened.Warnings = append(opened.Warnings, reason.Error())
	}
	return opened, true, err
}

func completeData(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, k := range source.Known(source.Options{}) {
		names = append(names, k.Name+"\t"+k.About)
	}
	return names, cobra.ShellCompDirectiveDefault
}

// teller returns what prints the tour's events: JSON lines, or the story.
func (a *app) teller() func(tour.Event) {
	if a.json {
		return func(e tour.Event) {
			if _, live := e.(tour.Progress); !live {
				emit(a.out, e)
			}
		}
	}
	return newStory(a.out).tell
}

// display shortens a path for a person: relative where it lies below here.
func display(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}
