// Package tour tells the story: it trains the models of every chapter on the
// reader's data, reports what happens as events, and leaves models, metrics and
// a page behind.
package tour

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"inkling/classifier"
	"inkling/data"
	"inkling/internal/replace"
	"inkling/models"
	"inkling/report"
	"inkling/tensor"
)

// Options say which tour to take.
type Options struct {
	Data     *data.Dataset
	From     string   // one line, to stand after the data's name: how many images, and where they came from
	BuiltIn  bool     // the data were drawn by program
	StandIn  bool     // and nobody asked for them: the real ones could not be had
	Chapters []string // names; empty for all but those that have to be named
	Quick    bool     // without the chapters that take minutes; where Chapters is empty
	Seed     uint64
	Out      string // folder for models, metrics and page
	Command  string // as typed, for the page
	Version  string
	Tell     func(Event) // called for everything that happens
}

// guide is a tour on its way.
type guide struct {
	Options
	post    *post
	story   *report.Story
	spec    models.Spec
	train   *data.Loader
	test    *data.Loader
	epoch   []EpochEnds // everything that was measured, for metrics.json
	base    []Baseline
	typical *classifier.Typical // of the training images; nil until a model is saved
	left    Stopped             // what a training that ended early has left behind
}

// batch and rate are the story's, for every chapter that trains: see post.json.
const (
	batch  = 256
	rate   = 1.0
	epochs = 41
)

// Run takes the tour. It returns when every chapter is told and the page is
// written, or with the first error.
func Run(ctx context.Context, opt Options) error {
	start := time.Now()
	chosen, err := choose(opt.Chapters)
	if err != nil {
		return err
	}
	ds := opt.Data
	if ds.Train == nil || ds.Test == nil {
		return fmt.Errorf("%s has no test images; the tour wants training and test images (folders training/ and testing/)", ds.Name)
	}
	for _, set := range []*data.Set{ds.Train, ds.Test} {
		if set.Streamed() { // the average and the pictures take all images at once
			return fmt.Errorf("%s is too large for the tour, which holds all images in memory: %s of %s; train on it with inkling train", ds.Name, data.Thousands(set.Len()), data.Size(set.Height, set.Width))
		}
	}
	if err := os.MkdirAll(opt.Out, 0o755); err != nil {
		return named(opt.Out, err)
	}
	g := &guide{
		Options: opt,
		epoch:   []EpochEnds{}, base: []Baseline{}, // [] in JSON where there are none
		post:  postFor(ds),
		spec:  models.Spec{Channels: ds.Train.Channels, Height: ds.Train.Height, Width: ds.Train.Width, Classes: len(ds.Train.Classes)},
		train: data.NewLoader(tensor.CPU, ds.Train, batch),
		test:  data.NewLoader(tensor.CPU, ds.Test, 1000),
	}
	g.story = &report.Story{
		Version: opt.Version, Date: start.Format("2006-01-02"), Command: opt.Command, Seed: opt.Seed,
		Device: tensor.CPU.Backend().Describe(),
		Data: report.Data{
			Name: ds.Name, From: opt.From, BuiltIn: opt.StandIn, Train: ds.Train.Len(), Test: ds.Test.Len(),
			Channels: ds.Train.Channels, Height: ds.Train.Height, Width: ds.Train.Width, Classes: ds.Train.Classes,
		},
	}
	d := g.story.Data
	g.Tell(DataOpened{"data", d.Name, d.From, opt.BuiltIn, opt.StandIn, d.Train, d.Test, d.Height, d.Width, d.Classes})
	for _, c := range chosen {
		if why, how := g.skips(c); why != "" {
			g.Tell(ChapterSkipped{"skipped", c.name, why, how})
			continue
		}
		g.Tell(ChapterBegins{"chapter", c.name, c.title, g.fill(c.text)})
		var err error
		switch {
		case c.name == "pixels":
			g.pixels()
			err = ctx.Err()
		case c.name == "average":
			err = g.average(ctx)
		case c.runs != nil:
			err = g.follow(ctx, c)
		default:
			err = g.learn(ctx, c)
		}
		if err != nil {
			g.stop(c)
			return fmt.Errorf("chapter %s: %w", c.name, err)
		}
	}
	page := filepath.Join(opt.Out, "index.html")
	if err := g.save(page); err != nil {
		return err
	}
	g.Tell(Done{"done", time.Since(start).Seconds(), page, opt.Out})
	return nil
}

// skips says why a chapter that nobody named is left out, and what to type for
// it; nothing where it is told. Those that take minutes are left out where the
// reader has to do without data of their own, and where the data will not do.
func (g *guide) skips(c chapter) (why, how string) {
	if len(g.Chapters) > 0 || c.runs == nil {
		return "", ""
	}
	r, n := c.runs[0].recipe, g.Data.Train.Len()
	switch {
	case g.StandIn:
		return "It takes some minutes, and is kept for real digits.", "inkling data get mnist"
	case g.Quick:
		return "It takes some minutes.", "inkling tour --chapters " + c.name
	case r.DropLast && n < r.Batch:
		return fmt.Sprintf("It learns from batches of %d images, and there are only %d.", r.Batch, n), ""
	case g.spec.Classes < 2:
		return "There is only one class, and nothing to tell apart.", ""
	}
	return "", ""
}

// fill puts the data's own numbers into a text.
func (g *guide) fill(text string) string {
	d, pixels := g.story.Data, strconv.Itoa(g.spec.Pixels())
	grid, rank := "a grid of "+pixels+" numbers", "3"
	shape := fmt.Sprintf("(%d, %d, %d)", d.Train, d.Height, d.Width)
	if g.spec.Channels > 1 {
		grid, rank = "three grids, red, green and blue, "+pixels+" numbers in all", "4"
		shape = fmt.Sprintf("(%d, %d, %d, %d)", d.Train, g.spec.Channels, d.Height, d.Width)
	}
	return strings.NewReplacer(
		"{train}", data.Thousands(d.Train), "{size}", data.Size(d.Height, d.Width),
		"{pixels}", pixels, "{grid}", grid, "{shape}", shape, "{rank}", rank,
	).Replace(strings.TrimSpace(text))
}

// rng is the random generator for one purpose; the same seed gives the same
// tour, whichever chapters are chosen.
func (g *guide) rng(purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(g.Seed, purpose)) }

func (g *guide) save(page string) error {
	metrics, err := json.MarshalIndent(map[string]any{
		"data": g.story.Data.Name, "seed": g.Seed, "device": g.story.Device, "version": g.Version,
		"baseline": g.base, "epochs": g.epoch,
	}, "", " ")
	if err != nil {
		return err
	}
	file := filepath.Join(g.Out, "metrics.json")
	if err := replace.WriteFile(file, append(metrics, '\n'), 0o644); err != nil {
		return named(file, err)
	}
	return named(page, report.Save(page, g.story))
}

// named says which file an error is about: that of the file system names one with
// which a new version was to appear whole.
func named(path string, err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		return fmt.Errorf("%s: %w", path, at.Err)
	case errors.As(err, &link):
		return fmt.Errorf("%s: %w", path, link.Err)
	}
	return err
}

// picture is an image of a set, for the page.
func picture(s *data.Set, i int, of string) report.Picture {
	name := s.Name(i)
	if s.Names == nil {
		name = fmt.Sprintf("%s image %d", of, i)
	}
	return report.Picture{Pixels: s.Image(i), Label: int(s.Labels[i]), Name: name}
}
