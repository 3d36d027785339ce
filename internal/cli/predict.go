package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"inkling/classifier"
	"inkling/data/picture"

	"github.com/spf13/cobra"
)

// prediction is the command predict on its way.
type prediction struct {
	*app
	top     int
	topSet  bool
	explain string

	c      *classifier.Model
	tell   func(event any)
	draw   *evidence // nil where nothing is to be explained
	images int
	failed []failedImage
	strays int // files of folders that are no pictures
}

func (a *app) predictCommand() *cobra.Command {
	p := &prediction{app: a}
	c := &cobra.Command{
		Use:   "predict MODEL IMAGE...",
		Short: "Ask a model what it sees on images",
		Long: `Ask a model what it sees on images: one line an image.

MODEL is a file that inkling train wrote. An IMAGE is a PNG or a JPEG; a folder, of
which all files are taken, also those in folders below; a pattern such as "scans/*.png";
or -, for one image on standard input. An image that cannot be read is named and does
not stop the others; the exit status is 1 then. What else lies in a folder, such as
notes, is named and passed over.

Pictures are prepared as the model's training images were. Where these were
handwriting, such as MNIST's, a drawing or a photograph of digits on paper is read: light
and shadow are taken out, the ink is cut out and framed like the training's, and of several
digits each is read, from left to right. What is still unlike the training images is said.

--explain draws for each image what in it spoke for the answer, as an SVG.`,
		Example: `  inkling predict inkling-model.safetensors photo.jpg
  inkling predict inkling-model.safetensors scans --top 3 --explain why
  convert photo.webp png:- | inkling predict inkling-model.safetensors - --json`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef("%s wants a MODEL and at least one IMAGE, and got %s; %s --help shows the usage", below(c), count(len(args), "argument"), c.CommandPath())
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return []string{"safetensors"}, cobra.ShellCompDirectiveFilterFileExt
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	c.Flags().IntVar(&p.top, "top", 2, "how many classes to name, the likeliest first")
	c.Flags().StringVar(&p.explain, "explain", "", "where to draw what spoke for each answer: a folder, or for one image a file that ends in .svg")
	c.RunE = func(c *cobra.Command, args []string) error {
		p.topSet = c.Flags().Changed("top")
		if p.top < 1 {
			return usagef("--top %d: name one class at least", p.top)
		}
		if c.Flags().Changed("explain") && p.explain == "" {
			return usagef("--explain names no folder")
		}
		return p.run(c.Context(), args[0], args[1:])
	}
	return c
}

func (p *prediction) run(ctx context.Context, model string, args []string) (err error) {
	if p.c, err = loadModel(model); err != nil {
		if i := slices.IndexFunc(args, func(arg string) bool { return swapped(model, arg) }); i >= 0 {
			return usagef("%s is no model; the MODEL comes first: inkling predict %s %s", quote(model), quote(args[i]), quote(model))
		}
		return err
	}
	if p.explain != "" {
		if p.draw, err = newEvidence(p.explain, p.c); err != nil {
			return err
		}
	}
	text := &predictText{screen: newScreen(p.out), top: p.top, classes: p.c.Classes}
	p.tell = text.tell
	if p.json {
		p.tell = func(event any) { emit(p.out, event) }
	}
	l := newLister(ctx)
	for _, arg := range args {
		l.add(arg)
	}
	if p.draw != nil && p.draw.file != "" {
		n := 0
		l.walk(func(listed) bool { n++; return n < 2 })
		if n > 1 {
			return p.draw.tooMany("image")
		}
	}
	// Some images at a time: their number bounds the memory, and is enough for all cores.
	for group := range l.groups(64) {
		if err := p.group(group); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if p.json {
		emit(p.out, predictEnds{"done", p.images, len(p.failed), p.strays})
	}
	switch n := len(p.failed); {
	case n == 1 && p.images == 1:
		return errors.New(p.failed[0].Image + ": " + p.failed[0].Problem)
	case n > 0:
		return fmt.Errorf("%d of %s could not be read", n, count(p.images, "image"))
	case p.images == 0:
		return errors.New("there are no images in " + quote(strings.Join(args, " ")))
	}
	return nil
}

// swapped reports whether of two arguments, MODEL and another, only the other one has
// the name of a model file.
func swapped(model, other string) bool {
	return strings.HasSuffix(other, ".safetensors") && !strings.HasSuffix(model, ".safetensors")
}

// seen is an image of a group on its way.
type seen struct {
	listed
	prepared []classifier.Prepared
	answers  []classifier.Answer
	stray    bool
}

// group answers for some images and tells them in their order.
func (p *prediction) group(images []listed) error {
	all := make([]seen, len(images))
	work := make(chan *seen)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(images)) {
		workers.Go(func() {
			for s := range work {
				p.prepare(s)
			}
		})
	}
	for i := range images {
		all[i].listed = images[i]
		work <- &all[i]
	}
	close(work)
	workers.Wait()

	var prepared []classifier.Prepared
	for _, s := range all {
		prepared = append(prepared, s.prepared...)
	}
	if p.draw != nil && p.draw.file != "" && len(prepared) > 1 {
		return p.draw.tooMany("digit")
	}
	answers := p.c.Answers(prepared)
	for i := range all {
		n := len(all[i].prepared)
		all[i].answers, answers = answers[:n], answers[n:]
	}
	if !p.json {
		p.tell(all) // for the width of the names
	}
	for i := range all {
		if err := p.report(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

// prepare reads an image and brings it into the model's form, or says why not.
func (p *prediction) prepare(s *seen) {
	if s.problem != "" {
		return
	}
	var file []byte
	var err error
	if s.stdin {
		file, err = io.ReadAll(io.LimitReader(p.in, picture.FileBytes+1))
		if err == nil && len(file) > picture.FileBytes {
			err = fmt.Errorf("more than the %d bytes that are read at most", picture.FileBytes)
		}
	} else {
		var info os.FileInfo
		if info, err = os.Stat(s.path); err == nil && !info.Mode().IsRegular() {
			err = errors.New("not a file but a folder, a FIFO or a device") // not opened: a FIFO would block
		}
		if err == nil {
			file, _, err = picture.ReadFile(s.path, info.Size(), picture.FileBytes, nil)
		}
	}
	read := err == nil
	if read {
		s.prepared, err = p.c.Prepare(func(o picture.Options) (*picture.Picture, error) { return picture.Decode(file, o) })
	}
	if err != nil {
		s.problem = cause(err).Error()
		s.stray = read && s.listed.stray(file)
		return
	}
	if p.draw == nil && !p.json {
		for i := range s.prepared { // the steps of many photographs are not small
			if ink := s.prepared[i].Ink; ink != nil {
				short := *ink
				short.Grey, short.Ink = nil, nil
				s.prepared[i].Ink = &short
			}
		}
	}
}

// report tells what became of an image.
func (p *prediction) report(s *seen) error {
	if s.stray {
		p.strays++
		fmt.Fprintf(p.err, "inkling: %s is passed over: %s\n", quote(s.name()), oneLine(s.problem))
		return nil
	}
	p.images++
	if s.problem != "" {
		f := failedImage{"failed", s.name(), oneLine(s.problem)}
		if p.json {
			p.tell(f)
		}
		// Of a single image the command's own error says it.
		if p.failed = append(p.failed, f); !s.only {
			fmt.Fprintf(p.err, "inkling: %s: %s\n", quote(f.Image), f.Problem)
		}
		return nil
	}
	for i := range s.answers {
		answer := p.answered(s, &s.answers[i])
		if p.draw != nil {
			path, err := p.draw.write(s.name(), &s.answers[i])
			if err != nil {
				return err
			}
			answer.Explained = path
		}
		p.tell(answer)
	}
	return nil
}

// answered is an answer as an event.
func (p *prediction) answered(s *seen, a *classifier.Answer) predicted {
	e := predicted{
		Event: "prediction", Image: s.name(), Class: a.Class, Probability: a.Probability, Probabilities: map[string]float64{},
		Unlike: append([]string{}, a.Unlike...), answer: a,
	}
	if a.Ink != nil {
		e.Digit, e.Digits = a.Digit+1, a.Digits
	}
	best := a.Best()
	if p.topSet {
		best = best[:min(p.top, len(best))]
	}
	for _, k := range best {
		e.Probabilities[p.c.Classes[k]] = a.Probabilities[k]
	}
	e.Preparation = preparation{As: "size"}
	if ink := a.Ink; ink != nil && ink.Unchanged {
		e.Preparation.As = "none"
	} else if ink != nil {
		e.Preparation = preparation{"ink", &inkFound{ink.Light, box(ink.Place), ink.Width, ink.Change}}
	}
	return e
}
