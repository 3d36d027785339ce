package cli

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"inkling/data"
	"inkling/data/augment"
	"inkling/data/idx"
	"inkling/data/source"
	"inkling/data/synth"

	"github.com/spf13/cobra"
)

func (a *app) dataCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "data", Short: "List, fetch, make, check and show data sets", Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	c.AddCommand(a.dataList(), a.dataGet(), a.dataMake(), a.dataCheck(), a.dataShow())
	return c
}

func (a *app) dataList() *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List the data sets that have a name, and whether they are here", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			s := newScreen(a.out)
			for _, k := range source.Known(source.Options{}) {
				if a.json {
					if err := emit(a.out, map[string]any{"event": "dataset", "name": k.Name, "about": k.About, "train": k.Train, "test": k.Test, "classes": k.Classes,
						"built_in": k.Name == source.Synth, "download_bytes": k.Download, "path": k.Path, "problem": k.Problem}); err != nil {
						return err
					}
					continue
				}
				where := k.Path
				switch {
				case k.Problem != "":
					where = k.Problem
				case where == "" && k.Download > 0:
					where = fmt.Sprintf("not here; inkling data get %s downloads %.0f MB", k.Name, float64(k.Download)/1e6)
				case where == "":
					where = "built in"
				}
				name, indent := fmt.Sprintf("%-15s ", k.Name), strings.Repeat(" ", 16)
				if s.width < 60 { // the name gets a line of its own
					name, indent = k.Name+"\n    ", "    "
				}
				s.printf("%s", name)
				s.sentence(indent, "%s", k.About)
				s.printf("%s", indent)
				s.sentence(indent, "%s", where)
			}
			return nil
		},
	}
}

func (a *app) dataGet() *cobra.Command {
	return &cobra.Command{
		Use: "get NAME", Short: "Download a data set, checked and resumed", Args: oneArg("a NAME"), ValidArgsFunction: completeData,
		RunE: func(c *cobra.Command, args []string) error {
			live := newDownload(a.err)
			opt := source.Options{}
			opt.Fetch.Progress = live.progress
			path, downloaded, err := source.Get(c.Context(), args[0], opt)
			live.done()
			if err != nil {
				return err
			}
			if a.json {
				return emit(a.out, map[string]any{"event": "done", "name": args[0], "path": path, "downloaded": downloaded})
			}
			if downloaded {
				fmt.Fprintf(a.out, "%s is now in %s\n", quote(args[0]), quote(path))
			} else {
				fmt.Fprintf(a.out, "%s is already here, in %s\n", quote(args[0]), quote(path))
			}
			return nil
		},
	}
}

func (a *app) dataMake() *cobra.Command {
	var train, test int
	var seed uint64
	var format string
	c := &cobra.Command{
		Use: "make DIR", Short: "Draw digits by program into a folder, as IDX files or PNG images", Args: oneArg("a new folder"),
		RunE: func(c *cobra.Command, args []string) error {
			if train < 1 || test < 0 || train+test > 10_000_000 {
				return usagef("--train is at least 1, --test at least 0, and both together at most 10,000,000")
			}
			if format != "idx" && format != "png" {
				return usagef("--format %s: choose idx or png", quote(format))
			}
			dir := args[0]
			if dir == "" {
				return usagef("the folder has no name")
			}
			if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
				return fmt.Errorf("%s is not empty; name a new folder", quote(dir))
			}
			forget, err := outFolder(dir)
			if err != nil {
				return err
			}
			if err := makeDigits(c.Context(), dir, format, train, test, seed); err != nil {
				empty(dir)
				forget()
				return fmt.Errorf("%s: %w", quote(dir), cause(err))
			}
			if a.json {
				return emit(a.out, map[string]any{"event": "done", "path": dir, "train": train, "test": test, "format": format})
			}
			if test == 0 {
				newScreen(a.out).sentence("", "%s in %s", have(train, "training image"), quote(dir))
			} else {
				newScreen(a.out).sentence("", "%s training and %s in %s", data.Thousands(train), have(test, "test image"), quote(dir))
			}
			return nil
		},
	}
	c.Flags().IntVar(&train, "train", synth.Train, "training images")
	c.Flags().IntVar(&test, "test", synth.Test, "test images")
	c.Flags().Uint64Var(&seed, "seed", 0, "of the drawing (default 0)")
	c.Flags().StringVar(&format, "format", "idx", "idx or png")
	return c
}

// makeDigits draws digits into a folder.
func makeDigits(ctx context.Context, dir, format string, train, test int, seed uint64) error {
	ds, err := source.Draw(ctx, train, test, seed)
	if err != nil {
		return err
	}
	if format == "png" {
		return writeTree(ctx, dir, ds)
	}
	return idx.Write(ctx, dir, ds, true)
}

// empty removes what makeDigits began in a folder that held nothing.
func empty(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if name := e.Name(); idx.Usual(name) || name == "training" || name == "testing" {
			os.RemoveAll(filepath.Join(dir, name))
		}
	}
}

// have says that there are so many of something.
func have(n int, one string) string {
	if n == 1 {
		return count(n, one) + " is"
	}
	return count(n, one) + " are"
}

// writeTree writes a data set as folders of PNG files: training/3/17.png.
func writeTree(ctx context.Context, dir string, ds *data.Dataset) error {
	for split, set := range map[string]*data.Set{"training": ds.Train, "testing": ds.Test} {
		if set == nil || set.Len() == 0 {
			continue
		}
		for _, class := range set.Classes {
			if err := os.MkdirAll(filepath.Join(dir, split, class), 0o755); err != nil {
				return err
			}
		}
		for i := range set.Len() {
			if err := ctx.Err(); err != nil {
				return err
			}
			f, err := os.Create(filepath.Join(dir, split, set.Classes[set.Labels[i]], fmt.Sprintf("%d.png", i)))
			if err != nil {
				return err
			}
			err = png.Encode(f, &image.Gray{Pix: set.Image(i), Stride: set.Width, Rect: image.Rect(0, 0, set.Width, set.Height)})
			if closing := f.Close(); err == nil {
				err = closing
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) dataShow() *cobra.Command {
	var file, recipe string
	var each int
	var seed uint64
	c := &cobra.Command{
		Use: "show DATA", Short: "Draw some images of each class into one PNG, or their augmented versions", Args: oneArg("DATA"), ValidArgsFunction: completeData,
		Long: `Draw some images of each class into one PNG. With --augment, draw images beside
what the recipe makes of them: a few in the terminal, and into a PNG with --out.
A recipe is a list such as shift=2,rotate=10,elastic=1 made of:

` + recipeHelp(),
		RunE: func(c *cobra.Command, args []string) error {
			if each < 1 || each > 1000 {
				return usagef("--each is between 1 and 1000")
			}
			augmented := c.Flags().Changed("augment")
			if augmented {
				if !c.Flags().Changed("each") {
					each = 1
				}
				if !c.Flags().Changed("out") {
					file = ""
				}
				if _, err := augment.Parse(recipe); err != nil { // before the data are looked for
					return usagef("--augment: %w", err)
				}
			} else if c.Flags().Changed("seed") {
				return usagef("--seed is that of --augment, which is not given")
			}
			if file == "" && (!augmented || c.Flags().Changed("out")) {
				return usagef("--out names no file")
			}
			if file != "" {
				if err := outFile(file); err != nil {
					return fmt.Errorf("--out: %w", err)
				}
				if !strings.EqualFold(filepath.Ext(file), ".png") {
					return usagef("--out %s: the picture is a PNG, and its name ends in .png", quote(file))
				}
			}
			opened, err := a.openOwn(c.Context(), args[0], source.Options{})
			if err != nil {
				return err
			}
			a.warnings(opened)
			if augmented {
				return a.showAugmented(opened.Train, opened.Name, recipe, seed, each, file)
			}
			drawn, numbered := sheet(opened.Train, each)
			if err := savePNG(file, drawn); err != nil {
				return fmt.Errorf("%s: %w", quote(file), cause(err))
			}
			if a.json {
				return emit(a.out, map[string]any{"event": "done", "path": file})
			}
			s := newScreen(a.out)
			s.sentence("", "%s: %s", quote(opened.Name), opened.From)
			first := fmt.Sprintf("The first %d images of each class are", each)
			if each == 1 {
				first = "The first image of each class is"
			}
			s.sentence("", "%s in %s", first, quote(file))
			for _, k := range numbered {
				s.sentence("", "Class #%d in it is %s.", k+1, quote(opened.Train.Classes[k]))
			}
			return nil
		},
	}
	c.Flags().StringVar(&file, "out", "inkling-data.png", "the picture to write; with --augment, none if not given")
	c.Flags().IntVar(&each, "each", 20, "images of each class; with --augment 1 if not given")
	c.Flags().StringVar(&recipe, "augment", "", "what may happen to an image, such as shift=2,rotate=10")
	c.Flags().Uint64Var(&seed, "seed", 0, "of the augmentation (default 0)")
	return c
}

// recipeHelp lists what a recipe is made of, a line each.
func recipeHelp() string {
	var b strings.Builder
	for _, f := range augment.Forms() {
		fmt.Fprintf(&b, "  %-24s %s\n", f.Usage(), f.About)
	}
	return strings.TrimRight(b.String(), "\n")
}
