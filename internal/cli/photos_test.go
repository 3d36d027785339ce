package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"inkling/internal/scenes"
)

// A folder of 300 colour photographs in five classes, JPEG and PNG, of some 290 sizes,
// three of them broken: with no flag at all it is trained on, the broken files are named,
// and pictures that were never seen are told apart.
func TestAcceptancePhotographs(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("skipped: an acceptance run; set INKLING_ACCEPTANCE=1")
	}
	dir := t.TempDir()
	inkling := func(args ...string) []map[string]any {
		t.Helper()
		c := exec.Command("inkling", append(args, "--json")...)
		c.Dir = dir
		c.Env = append(os.Environ(), "INKLING_CACHE="+filepath.Join(dir, ".cache"))
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
		var events []map[string]any
		for line := range strings.Lines(string(out)) {
			var e map[string]any
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%v: %q: %v", args, line, err)
			}
			events = append(events, e)
		}
		return events
	}
	if err := scenes.Folder(filepath.Join(dir, "photos"), 60, 1); err != nil {
		t.Fatal(err)
	}
	broken, err := scenes.Broken(filepath.Join(dir, "photos"))
	if err != nil {
		t.Fatal(err)
	}
	if err := scenes.Folder(filepath.Join(dir, "fresh"), 100, 2); err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	var seconds float64
	for _, e := range inkling("train", "photos") {
		switch e["event"] {
		case "scan":
			for _, o := range e["left_out"].([]any) {
				named[o.(map[string]any)["name"].(string)] = true
			}
		case "done":
			seconds = e["seconds"].(float64)
		}
	}
	for _, name := range broken {
		if !named[name] {
			t.Errorf("%s is broken, and was not named: %v", name, named)
		}
	}
	if len(named) != len(broken) {
		t.Errorf("%d files are broken, and %d were named: %v", len(broken), len(named), named)
	}
	var accuracy float64
	for _, e := range inkling("eval", "inkling-model.safetensors", "fresh") {
		if a, ok := e["accuracy"].(float64); ok {
			accuracy = a
		}
	}
	t.Logf("trained in %.0f s; %.1f %% of 500 new pictures are told apart", seconds, 100*accuracy)
	if accuracy < 0.9 {
		t.Errorf("%.1f %% of new pictures are told apart, want 90 %%", 100*accuracy)
	}
	for _, kind := range scenes.Kinds {
		files, err := filepath.Glob(filepath.Join(dir, "fresh", kind, "*"))
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for _, e := range inkling(append([]string{"predict", "inkling-model.safetensors"}, files[:20]...)...) {
			if e["class"] == kind {
				right++
			}
		}
		if right < 15 {
			t.Errorf("predict reads %d of 20 pictures of %s", right, kind)
		}
	}
}
