package inkling

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"inkling/internal/identity"
)

func TestTheMarkIsTheReports(t *testing.T) {
	got, err := os.ReadFile("docs/mark.svg")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != identity.MarkSVG() {
		t.Error("docs/mark.svg is not what identity.MarkSVG draws")
	}
}

// Each row of docs/faults.md names tests, and they are there; every fuzz target is in it.
func TestFaultsAreTested(t *testing.T) {
	text, err := os.ReadFile("docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{} // "data/folder.TestScan", "train.txtar"
	for _, pattern := range []string{"*", "*/*", "*/*/*"} {
		files, err := filepath.Glob(pattern + "/*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(source, -1) {
				there[filepath.ToSlash(filepath.Dir(path))+"."+string(m[1])] = true
			}
		}
	}
	scripts, err := filepath.Glob("internal/cli/testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range scripts {
		there[filepath.Base(path)] = true
	}
	reference, rows := regexp.MustCompile("`([a-z/]+\\.(?:(?:Test|Fuzz)\\w+|txtar))`"), 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|--") || strings.HasPrefix(line, "| what ") && strings.HasSuffix(line, " by |\n") {
			continue
		}
		rows++
		named := reference.FindAllStringSubmatch(line, -1)
		if len(named) == 0 {
			t.Errorf("no test is named in: %s", line)
		}
		for _, m := range named {
			if !there[m[1]] {
				t.Errorf("there is no %s, of which docs/faults.md speaks", m[1])
			}
		}
	}
	if rows < 50 {
		t.Errorf("%d rows were found", rows)
	}
	for name := range there {
		if strings.Contains(name, ".Fuzz") && !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/faults.md does not speak of %s", name)
		}
	}
}
