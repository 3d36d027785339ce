package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"inkling/classifier"
	"inkling/internal/replace"
	"inkling/onnx"

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
	var state, graph, page exporter
	var body bool
	var o onnx.Options
	c := &cobra.Command{
		Use:   "export MODEL",
		Short: "Write a model down for other programs",
		Long: `Write a model down for other programs: one file for each flag that names one.

--html writes one page that works in any browser, offline: the net, a pad to draw on
where it was trained on handwriting, and what it makes of each picture.

--onnx writes the model for ONNX Runtime and other programs: float input (N, channels,
height, width), output logits (N, classes), for any number N of images. With
--preprocess the input is bytes, (N, height, width, channels), and what is done to them
stands in the graph. The file holds the class names and some sample answers; it is
asked them before it is written.

--safetensors writes the state of torchvision's resnet18, which PyTorch loads by its
own names. The model resnet18-torchvision has all of it; of resnet18, whose head is
another one, --body writes what comes before.`,
		Example: `  inkling export inkling-model.safetensors --html digits.html
  inkling export inkling-model.safetensors --onnx digits.onnx --preprocess --probabilities
  inkling export inkling-model.safetensors --safetensors resnet18.safetensors`,
		Args: oneArg("MODEL"),
	}
	c.Flags().StringVar(&page.path, "html", "", "a file for the page")
	c.Flags().StringVar(&graph.path, "onnx", "", "a file for the model as ONNX")
	c.Flags().IntVar(&o.Opset, "opset", 17, "with --onnx: the version of the operators, 17 to 21")
	c.Flags().BoolVar(&o.Preprocess, "preprocess", false, "with --onnx: take bytes, and do in the graph what is done to them")
	c.Flags().BoolVar(&o.Probabilities, "probabilities", false, "with --onnx: a second output, the probabilities")
	c.Flags().StringVar(&state.path, "safetensors", "", "a file for the weights under torchvision's names")
	c.Flags().BoolVar(&body, "body", false, "with --safetensors: all but the head")
	page.format, page.write = "html", writePage
	graph.format = "onnx"
	graph.write = func(w io.Writer, m *classifier.Model) (string, error) { return writeONNX(w, m, o) }
	state.format = "safetensors"
	state.write = func(w io.Writer, m *classifier.Model) (string, error) { return writeTorchvision(w, m, body) }
	c.RunE = func(c *cobra.Command, args []string) error {
		for _, f := range []struct {
			flag string
			of   exporter
		}{{"body", state}, {"opset", graph}, {"preprocess", graph}, {"probabilities", graph}} {
			if c.Flags().Changed(f.flag) && f.of.path == "" {
				return usagef("--%s belongs to --%s FILE", f.flag, f.of.format)
			}
		}
		if o.Opset < 17 || o.Opset > 21 {
			return usagef("--opset %d: from 17 to 21", o.Opset)
		}
		return a.export(c, args[0], &page, &graph, &state)
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
	for i, e := range asked {
		for _, other := range asked[:i] {
			if filepath.Clean(e.path) == filepath.Clean(other.path) {
				return usagef("--%s and --%s name the same file, %s", other.format, e.format, quote(e.path))
			}
		}
		if same(e.path, name) {
			return usagef("--%s %s is the model itself; name another file", e.format, quote(e.path))
		}
		if err := outFile(e.path); err != nil {
			return fmt.Errorf("--%s: %w", e.format, err)
		}
	}
	m, err := loadModel(name)
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
	f, err := replace.New(e.path, replace.Options{Perm: 0o666})
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

func writeONNX(w io.Writer, m *classifier.Model, o onnx.Options) (string, error) {
	made, err := onnx.Export(m, o)
	if err != nil {
		return "", err
	}
	about := fmt.Sprintf("ONNX, opset %d, %s", made.Opset, count(len(made.Graph.Nodes), "node"))
	for _, list := range []struct {
		what string
		of   []onnx.Value
	}{{"from", made.Graph.Inputs}, {"to", made.Graph.Outputs}} {
		for _, v := range list.of {
			about += fmt.Sprintf("; %s %s, %v %v", list.what, v.Name, v.Type, v.Dims)
		}
	}
	if !o.Preprocess {
		about += "; before it, " + m.Preprocessing() + ", which the graph does itself with --preprocess"
	}
	return about, made.Write(w)
}
