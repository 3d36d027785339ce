package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/recipe"
	"inkling/report"
)

func TestEachIngredientIsLeftOutOnce(t *testing.T) {
	for _, preset := range recipe.Names() {
		all, err := variants(preset)
		if err != nil {
			t.Fatal(err)
		}
		whole, _ := recipe.ByName(preset)
		flags := 0
		if whole.Epochs > shorter {
			whole.Epochs, flags = shorter, 2
		}
		if all[0].leftOut != "" || all[0].settings != whole || len(all[0].flags) != flags {
			t.Errorf("%s begins with %+v", preset, all[0])
		}
		for i, v := range all[1:] {
			if v.settings == whole || v.leftOut == "" || len(v.flags) != flags+2 || v.settings.Check() != nil {
				t.Errorf("%s: %+v", preset, v)
			}
			for _, w := range all[i+2:] {
				if v.settings == w.settings || v.leftOut == w.leftOut {
					t.Errorf("%s: %q and %q are the same", preset, v.leftOut, w.leftOut)
				}
			}
		}
	}
	if _, err := chosen(nil, "story", []string{"magic"}); err == nil || !strings.Contains(err.Error(), "weight decay") {
		t.Errorf("leaving out magic gave %v", err)
	}
	if _, err := chosen(nil, "", nil); err == nil {
		t.Error("nothing to run: no error")
	}
	runs, err := chosen([]string{"fast"}, "story", []string{"weight decay"})
	if err != nil || len(runs) != 3 || runs[2].settings.Decay != 0 || runs[1].settings.Decay == 0 {
		t.Errorf("chosen are %+v, %v", runs, err)
	}
}

// printed is what inkling train --json prints of a variant's training.
func printed(v variant, accuracy float64) string {
	settings, _ := json.Marshal(v.settings)
	return fmt.Sprintf(`{"event":"train","train":60000,"valid":10000,"valid_on":"test","settings":%s}
{"event":"epoch","seconds":100,"accuracy":0.9}
{"event":"epoch","seconds":20,"accuracy":%g}
{"event":"done","seconds":130,"accuracy":%g}
`, settings, accuracy, accuracy)
}

func TestRead(t *testing.T) {
	all, err := variants("story")
	if err != nil {
		t.Fatal(err)
	}
	r, err := read(strings.NewReader(printed(all[1], 0.9941)), all[1])
	if err != nil {
		t.Fatal(err)
	}
	if r.Accuracy != 0.9941 || r.Seconds != 120 || r.Speed != 2000 || !r.of(all[1]) || r.of(all[0]) {
		t.Errorf("read %+v", r)
	}
	for name, text := range map[string]string{
		"other settings": printed(all[0], 0.99),
		"no end":         strings.SplitAfter(printed(all[1], 0.99), "\n")[0],
		"validation":     strings.Replace(printed(all[1], 0.99), `"valid_on":"test"`, `"valid_on":"validation"`, 1),
		"no JSON":        "oops",
	} {
		if r, err := read(strings.NewReader(text), all[1]); err == nil {
			t.Errorf("%s: read %+v", name, r)
		}
	}
}

func TestTables(t *testing.T) {
	all, err := variants("best")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 2 {
		t.Fatal("nothing can be left out of best")
	}
	dir := t.TempDir()
	rows, markdown, beyond := filepath.Join(dir, "rows"), filepath.Join(dir, "recipes.md"), filepath.Join(dir, "beyond.json")
	data := "mnist"
	at := func(v variant, seed uint64, accuracy float64) {
		if err := add(rows, &row{data, v.preset, v.leftOut, seed, accuracy, 590, 600, 1000, "2026-11-23", 2, v.settings}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile("../recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(markdown, page, 0o644); err != nil {
		t.Fatal(err)
	}
	read := func() (string, report.Ablation) {
		t.Helper()
		if err := table(rows, markdown, beyond); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(markdown)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(beyond)
		if err != nil {
			t.Fatal(err)
		}
		var a report.Ablation
		if err := json.Unmarshal(raw, &a); err != nil {
			t.Fatal(err)
		}
		return string(text), a
	}
	if text, a := read(); strings.Contains(text, "| best |") || len(a.Variants) != 0 {
		t.Errorf("without rows there are tables: %s", text)
	}
	full, err := whole("best")
	if err != nil {
		t.Fatal(err)
	}
	at(full, 1, 0.997)
	at(full, 0, 0.9974)
	at(full, 1, 0.9972) // again, and this one counts
	stale := full
	stale.settings.Rate *= 2
	at(stale, 2, 0.5)
	data = "fashion-mnist"
	at(full, 3, 0.5)
	data = "mnist"
	if text, a := read(); !strings.Contains(text, "| best | 2 | 99.730 ± 0.014 | 99.74, 99.72 | 600 | 1000 | 2 | 2026-11-23 |\n") || strings.Contains(text, "50.00") || len(a.Variants) != 0 {
		t.Errorf("%+v, and the tables are %s", a, text)
	}
	at(all[0], 0, 0.996)
	at(all[1], 0, 0.995)
	text, a := read()
	if !strings.Contains(text, "| "+all[1].leftOut+" | 1 | 99.500 | 99.50 |") || strings.Count(text, "## What is left out of best, in 4 epochs") != 1 {
		t.Errorf("the tables are %s", text)
	}
	if len(a.Variants) != 2 || a.Variants[0].LeftOut != "" || a.Epochs != 4 || !slices.Equal(a.Variants[0].Accuracies, []float64{0.996}) || !slices.Equal(a.Variants[1].Seeds, []uint64{0}) {
		t.Errorf("the tour gets %+v", a)
	}
	if again, _ := read(); again != text {
		t.Error("written twice, the tables differ")
	}
	if _, err := replace("no marks", ""); err == nil {
		t.Error("a page without marks was written into")
	}
}
