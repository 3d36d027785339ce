// Command watch looks at a folder and says of every image that arrives what is on
// it, a line each. It asks the folder twice a second, which needs no library and
// works on network drives too.
//
//	go run ./examples/watch inkling-model.safetensors path/to/inbox
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"inkling/classifier"
	"inkling/data/picture"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: watch MODEL.safetensors FOLDER")
	}
	model, err := classifier.Load(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := watch(ctx, os.Stdout, model, os.Args[2], 500*time.Millisecond); !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

// state tells whether a file is still being written: it is read when it has been the
// same twice, and again when it changes.
type state struct {
	size     int64
	modified time.Time
	told     bool
}

// watch writes a line for each image in the folder, those that are there first, until
// the context ends. Files whose names begin with a dot are somebody's on the way.
func watch(ctx context.Context, w io.Writer, model *classifier.Model, folder string, every time.Duration) error {
	known := map[string]state{}
	for {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		there := map[string]state{}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(e.Name(), ".") {
				continue // gone again, or no file
			}
			now, before := state{info.Size(), info.ModTime(), false}, known[e.Name()]
			if now.size == before.size && now.modified.Equal(before.modified) {
				if now.told = true; !before.told {
					fmt.Fprintln(w, say(model, filepath.Join(folder, e.Name())))
				}
			}
			there[e.Name()] = now
		}
		known = there
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
	}
}

// say is what is on an image, or why that cannot be told.
func say(model *classifier.Model, path string) string {
	found, err := model.Read(func(o picture.Options) (*picture.Picture, error) { return picture.Open(path, o) })
	if err != nil {
		return err.Error()
	}
	var said []string // several digits may stand on it
	for _, a := range found {
		said = append(said, fmt.Sprintf("%s (%.0f %%)", a.Class, 100*a.Probability))
	}
	return fmt.Sprintf("%q: %s", filepath.Base(path), strings.Join(said, ", "))
}
