package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"inkling/data"
	"inkling/data/folder"
	"inkling/data/source"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

func (a *app) dataCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check DATA", Short: "Count images, sizes and classes; name broken files, copies and leaks", Args: oneArg("DATA"), ValidArgsFunction: completeData,
		RunE: func(c *cobra.Command, args []string) error {
			live := newReading(a.err)
			checked, err := source.Check(c.Context(), args[0], source.Options{Folder: folder.Options{Progress: live.progress}})
			live.done()
			if err != nil {
				return err
			}
			faults := faultsOf(args[0], checked)
			if a.json {
				err = emit(a.out, map[string]any{
					"event": "check", "name": checked.Name, "kind": checked.Kind, "path": checked.Path, "images": checked.Images, "classes": all(checked.Classes),
					"splits": all(checked.Splits), "sizes": all(checked.Sizes), "modes": all(checked.Modes), "offenders": all(checked.Offenders),
					"problems": all(faults), "warnings": all(checked.Warnings), "copies": all(checked.Copies),
					"prepared": map[string]any{"channels": checked.Channels, "height": checked.Height, "width": checked.Width, "streamed": checked.Streamed},
				})
			} else {
				printReport(newScreen(a.out), checked, faults)
			}
			if err == nil && len(faults) > 0 { // the report says which
				err = fmt.Errorf("%s has %s", quote(args[0]), count(len(faults), "problem"))
			}
			if err == nil && len(checked.Offenders) > 0 {
				err = fmt.Errorf("%s: %s cannot be read; a training leaves out what cannot", quote(args[0]), count(len(checked.Offenders), "file"))
			}
			return err
		},
	}
}

// faultsOf are the problems of a data set: what keeps a training from beginning, and
// the copies that make what it comes to untrue.
func faultsOf(name string, r *source.Checked) []string {
	faults := all(r.Problems)
	if len(faults) == 0 && !r.CanSetAside() {
		faults = append(faults, tooFewImages(name, r.Splits[0].PerClass).Error())
	}
	if n := len(r.Leaks()); n > 0 {
		faults = append(faults, fmt.Sprintf("%s: %s equal to one in another split: a model is judged too well by what it has learned from; keep each in one split", quote(name), have(n, "image")))
	}
	if n := len(r.Contradictions()); n > 0 {
		faults = append(faults, quote(name)+": "+contradicted(n))
	}
	return faults
}

// contradicted says of images that each equals one in another class.
func contradicted(n int) string {
	return have(n, "image") + " equal to one in another class: one of the two labels is wrong"
}

// all is a list that JSON writes as [] where there is nothing in it.
func all[T any](list []T) []T { return append([]T{}, list...) }

// few is how many sizes or copies are printed; JSON has all.
const few = 10

func printReport(s *screen, r *source.Checked, faults []string) {
	empty := 0
	for i := range r.Classes {
		if !slices.ContainsFunc(r.Splits, func(split folder.SplitCount) bool { return split.PerClass[i] > 0 }) {
			empty++
		}
	}
	classes := count(len(r.Classes), "class")
	if empty > 0 {
		classes += fmt.Sprintf(" (%d of them empty)", empty)
	}
	s.sentence("", "%s: %s in %s, %s", quote(r.Name), count(r.Images, "image"), classes, r.Kind)
	for _, split := range r.Splits {
		total := 0
		for _, n := range split.PerClass {
			total += n
		}
		s.printf("\n%s: %s\n", split.Split, count(total, "image"))
		for i, n := range split.PerClass {
			if more := len(split.PerClass) - i; i == 3*few && more > 1 {
				s.printf("  and %s more classes\n", data.Thousands(more))
				break
			}
			s.printf("  %-16s %8s\n", quote(r.Classes[i]), data.Thousands(n))
		}
	}
	s.printf("\n")
	for i, z := range r.Sizes {
		if more := len(r.Sizes) - i; i == few && more > 1 {
			s.printf("and %s more sizes\n", data.Thousands(more))
			break
		}
		s.sentence("", "%s of %s, such as %s", count(z.Images, "image"), data.Size(z.Height, z.Width), quote(z.Example))
	}
	if len(r.Sizes) > 1 {
		s.sentence("", "Their sides go %s.", folder.Sides(r.Sizes))
	}
	for _, m := range r.Modes {
		s.sentence("", "%s %s", have(m.Images, "image"), m.Mode)
	}
	if r.Images > 0 && r.Mixed() {
		s.sentence("", "All are brought to %s, whole and in their proportions, for training and prediction.", data.Size(r.Height, r.Width))
	}
	if r.Streamed {
		s.sentence("", "Their pixels are too many to be held in memory; they are read from the files while a model learns.")
	}
	printAll(s, "file", "that cannot be read", r.Offenders, func(o folder.Offender) string { return quote(o.Name) + ": " + oneLine(o.Problem) })
	printSome(s, "copy", "between two splits: the test would be too easy", r.Leaks(), func(c folder.Copy) string {
		return fmt.Sprintf("%s (%s) is %s (%s)", quote(c.Name), c.Split, quote(c.Of), c.OfSplit)
	})
	printSome(s, "copy", "of another class than the original", r.Contradictions(), func(c folder.Copy) string {
		return fmt.Sprintf("%s is in class %s, %s in class %s", quote(c.Name), quote(c.Class), quote(c.Of), quote(c.OfClass))
	})
	switch n := len(r.Copies); {
	case n == 1:
		s.printf("1 image is a copy of another\n")
	case n > 1:
		s.printf("%s images are copies of others\n", data.Thousands(n))
	}
	for _, w := range r.Warnings {
		s.sentence("", "%s %s", s.warn("note:"), oneLine(w))
	}
	for _, p := range faults {
		s.sentence("", "%s %s", s.warn("problem:"), oneLine(p))
	}
	if len(faults) == 0 && len(r.Offenders) == 0 {
		s.printf("No problems found.\n")
	}
}

// printAll prints a list in full.
func printAll[T any](s *screen, one, what string, list []T, line func(T) string) {
	if len(list) == 0 {
		return
	}
	s.printf("\n")
	s.sentence("", "%s %s", count(len(list), one), what)
	for _, v := range list {
		s.printf("  ")
		s.sentence("  ", "%s", strings.TrimSpace(line(v)))
	}
}

func printSome[T any](s *screen, one, what string, list []T, line func(T) string) {
	if len(list) == 0 {
		return
	}
	s.printf("\n")
	s.sentence("", "%s %s", count(len(list), one), what)
	for i, v := range list {
		if more := len(list) - i; i == few && more > 1 {
			s.printf("  and %s more\n", data.Thousands(more))
			break
		}
		s.printf("  ")
		s.sentence("  ", "%s", strings.TrimSpace(line(v)))
	}
}

// download shows how far a download is: a live line on a terminal, nothing in a pipe.
type download struct {
	*screen
	bars *mpb.Progress
	bar  *mpb.Bar
}

func newDownload(w interface{ Write([]byte) (int, error) }) *download {
	return &download{screen: newScreen(w)}
}

func (d *download) progress(done, total int64) {
	if d.terminal == nil {
		return
	}
	if d.bar == nil {
		d.bars = mpb.New(mpb.WithOutput(d.terminal), mpb.WithWidth(min(d.width-4, 40)), mpb.WithRefreshRate(100*time.Millisecond))
		d.bar = d.bars.New(total, mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" "),
			mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f")))
	}
	d.bar.SetCurrent(done)
}

func (d *download) done() {
	if d.bar != nil {
		d.bar.Abort(false)
		d.bars.Wait()
	}
}
