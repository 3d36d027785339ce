package cli

import (
	"fmt"
	"io"
	"os"

	"inkling/classifier"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
)

// exported is what export prints as JSON for each file that it wrote; a line with
// the event "done" closes.
type exported struct {
	Event  string `json:"event"` // "export"
	Format string `json:"format"`
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	// What the file is, in words.
	About string `json:"about"`
}

// exporter makes one kind of file of a model.
type exporter struct {
	format string // as in its flag
	path   string // "" where it was not asked for
	// write writes the whole file and says in a sentence what it is.
	write func(w io.Writer, m *classifier.Model) (about string, err error)
}

func (a *app) exportCommand() *cobra.Command {
	var state exporter
	var body bool
	c := &cobra.Command{
		Use:   "export MODEL",
		Short: "Write a model down for other programs",
		Long: `Write a model down for other programs: one file for each flag that names one.

--safetensors writes the state of torchvision's resnet18, which PyTorch loads by its
own names. The model resnet18-torchvision has all of it; of resnet18, whose head is
another one, --body writes what comes before.`,
		Example: `  inkling export inkling-model.safetensors --safetensors resnet18.safetensors`,
		Args:    oneArg("MODEL"),
	}
	c.Flags().StringVar(&state.path, "safetensors", "", "a file for the weights under torchvision's names")
	c.Flags().BoolVar(&body, "body", false, "with --safetensors: all but the head")
	state.format = "safetensors"
	state.write = func(w io.Writer, m *classifier.Model) (string, error) { return writeTorchvision(w, m, body) }
	c.RunE = func(c *cobra.Command, args []string) error {
		if body && state.path == "" {
			return usagef("--body belongs to --safetensors FILE")
		}
		return a.export(c, args[0], &state)
	}
	return c
}

func (a *app) export(c *cobra.Command, name string, all ...*exporter) error {
	var asked []*exporter
	for _, e := range all {
		switch {
		case e.path == "" && c.Flags().Changed(e.format):
			return usagef("--%s names no file", e.format)
		case e.path != "":
			asked = append(asked, e)
		}
	}
	if len(asked) == 0 {
		return usagef("export wants to know what to write; %s --help lists the formats", c.CommandPath())
	}
	for _, e := range asked {
		if same(e.path, name) {
			return usagef("--%s %s is the model itself; name another file", e.format, quote(e.path))
		}
		if err := outFile(e.path); err != nil {
			return fmt.Errorf("--%s: %w", e.format, err)
		}
	}
	m, err := classifier.Load(name)
	if err != nil {
		return err
	}
	s := newScreen(a.out)
	for _, e := range asked {
		if err := c.Context().Err(); err != nil {
			return err
		}
		told := exported{Event: "export", Format: e.format, File: e.path}
		if told.About, told.Bytes, err = e.save(m); err != nil {
			return fmt.Errorf("%s: %w", quote(e.path), cause(err))
		}
		if a.json {
			emit(a.out, told)
			continue
		}
		s.sentence("", "%s (%s): %s", s.accent(quote(display(e.path))), size(told.Bytes), told.About)
	}
	if a.json {
		return emit(a.out, map[string]any{"event": "done", "model_file": name})
	}
	return nil
}

// save writes the file whole or not at all.
func (e *exporter) save(m *classifier.Model) (about string, bytes int64, err error) {
	f, err := renameio.NewPendingFile(e.path, renameio.WithPermissions(0o666))
	if err != nil {
		return "", 0, err
	}
	defer f.Cleanup()
	if about, err = e.write(f, m); err != nil {
		return "", 0, err
	}
	if bytes, err = f.Seek(0, io.SeekCurrent); err != nil {
		return "", 0, err
	}
	return about, bytes, f.CloseAtomicallyReplace()
}

// same reports whether two paths lead to one file.
func same(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// size writes a number of bytes: 12.3 KB, in thousands.
func size(bytes int64) string {
	n, unit := float64(bytes), "bytes"
	for _, larger := range []string{"KB", "MB", "GB"} {
		if n < 1000 {
			break
		}
		n, unit = n/1000, larger
	}
	if unit == "bytes" {
		return count(int(bytes), "byte")
	}
	return fmt.Sprintf("%.3g %s", n, unit)
}

func writeTorchvision(w io.Writer, m *classifier.Model, body bool) (string, error) {
	f, err := m.Torchvision(body)
	if err != nil {
		return "", err
	}
	about := fmt.Sprintf("the state of torchvision's resnet18(num_classes=%d)", m.Spec.Classes)
	if body {
		about = "the state of torchvision's resnet18 without its head fc"
	}
	if m.Spec.Channels == 1 {
		about += "; the model was trained on grey images, seen as three equal channels"
	}
	return about + "; before it, " + m.Preprocessing(), f.Write(w)
}
