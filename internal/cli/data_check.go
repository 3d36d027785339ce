package cli

import (
	"fmt"
	"strings"
	"time"

	"inkling/data/folder"
	"inkling/data/source"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

func (a *app) dataCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check DATA", Short: "Count images, sizes and classes; name broken files, copies and leaks", Args: cobra.ExactArgs(1), ValidArgsFunction: completeData,
		RunE: func(c *cobra.Command, args []string) error {
			checked, err := source.Check(c.Context(), args[0], source.Options{})
			if err != nil {
				return err
			}
			if a.json {
				err = emit(a.out, map[string]any{
					"event": "check", "name": checked.Name, "path": checked.Path, "images": checked.Images, "classes": checked.Classes, "splits": checked.Splits,
					"sizes": checked.Sizes, "modes": checked.Modes, "offenders": checked.Offenders, "problems": checked.Problems, "copies": checked.Copies,
				})
			} else {
				printReport(newScreen(a.out), checked)
			}
			if err == nil && len(checked.Problems) > 0 {
				err = fmt.Errorf("%s is not ready to be trained on: %s", args[0], checked.Problems[0])
			}
			return err
		},
	}
}

// few is how many offenders or copies are printed; JSON has all.
const few = 10

func printReport(s *screen, r *source.Checked) {
	s.printf("%s: %s images in %d classes, %s\n", quote(r.Name), thousands(r.Images), len(r.Classes), r.Kind)
	for _, split := range r.Splits {
		total := 0
		for _, n := range split.PerClass {
			total += n
		}
		s.printf("\n%s: %s images\n", split.Split, thousands(total))
		for i, n := range split.PerClass {
			if i == 3*few {
				s.printf("  and %d more classes\n", len(split.PerClass)-i)
				break
			}
			s.printf("  %-16s %8s\n", quote(r.Classes[i]), thousands(n))
		}
	}
	s.printf("\n")
	for i, z := range r.Sizes {
		if i == few {
			s.printf("and %d more sizes\n", len(r.Sizes)-i)
			break
		}
		s.printf("%s images of %d x %d pixels, such as %s\n", thousands(z.Images), z.Height, z.Width, quote(z.Example))
	}
	for _, m := range r.Modes {
		s.printf("%s images are %s\n", thousands(m.Images), m.Mode)
	}
	printSome(s, "files that cannot be read", r.Offenders, func(o folder.Offender) string { return quote(o.Name) + ": " + oneLine(o.Problem) })
	printSome(s, "images that stand in two splits: the test would be too easy", r.Leaks(), func(c folder.Copy) string {
		return fmt.Sprintf("%s (%s) is %s (%s)", quote(c.Name), c.Split, quote(c.Of), c.OfSplit)
	})
	printSome(s, "copies with another class than the original", r.Contradictions(), func(c folder.Copy) string {
		return fmt.Sprintf("%s is a %s, %s is a %s", quote(c.Name), quote(c.Class), quote(c.Of), quote(c.OfClass))
	})
	if len(r.Copies) > 0 {
		s.printf("%s images are copies of others\n", thousands(len(r.Copies)))
	}
	for _, w := range r.Warnings {
		s.printf("%s %s\n", s.warn("note:"), oneLine(w))
	}
	for _, p := range r.Problems {
		s.printf("%s %s\n", s.warn("problem:"), oneLine(p))
	}
	if len(r.Problems) == 0 && len(r.Offenders) == 0 {
		s.printf("No problems found.\n")
	}
}

func printSome[T any](s *screen, what string, list []T, line func(T) string) {
	if len(list) == 0 {
		return
	}
	s.printf("\n%s %s\n", thousands(len(list)), what)
	for i, v := range list {
		if i == few {
			s.printf("  and %s more\n", thousands(len(list)-i))
			break
		}
		s.printf("  %s\n", strings.TrimSpace(line(v)))
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
	if !d.terminal {
		return
	}
	if d.bar == nil {
		d.bars = mpb.New(mpb.WithOutput(d.w), mpb.WithWidth(min(d.width-4, 40)), mpb.WithRefreshRate(100*time.Millisecond))
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
