package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"inkling/recipe"
	"inkling/report"
)

// Between these marks the tables stand.
const (
	begin = "<!-- tables: go run ./docs/recipes table -->"
	end   = "<!-- end of the tables -->"
)

// ablated is the preset that the chapter beyond is about.
const ablated = "best"

// table writes what the rows say into the Markdown file and for the tour.
func table(rows, markdown, beyond string) error {
	all, err := load(rows)
	if err != nil {
		return err
	}
	text, used, err := tables(all)
	if err != nil {
		return err
	}
	old, err := os.ReadFile(markdown)
	if err != nil {
		return err
	}
	page, err := replace(string(old), text)
	if err != nil {
		return fmt.Errorf("%s: %w", markdown, err)
	}
	if err := os.WriteFile(markdown, []byte(page), 0o644); err != nil {
		return err
	}
	forTour, err := ablation(all)
	if err != nil {
		return err
	}
	if err := os.WriteFile(beyond, forTour, 0o644); err != nil {
		return err
	}
	fmt.Printf("%d of %d lines are in the tables; others were measured with other settings, or on other data\n", used, len(all))
	return nil
}

// replace puts text between the marks of a page.
func replace(page, text string) (string, error) {
	from, to := strings.Index(page, begin), strings.Index(page, end)
	if from < 0 || to < from {
		return "", fmt.Errorf("the marks %q and %q are not there, in this order", begin, end)
	}
	return page[:from+len(begin)] + "\n" + text + page[to:], nil
}

// group is the rows of one variant.
type group struct {
	variant
	rows []row
}

// groups sorts rows by variant, and each group by seed. Of a variant and a seed the
// last row counts. Variants without rows are left out, and so are rows of other data
// than MNIST and those with other settings than the variant has now.
func groups(list []variant, all []row) []group {
	var out []group
	for _, v := range list {
		g := group{variant: v}
		for _, r := range all {
			if r.Data != "mnist" || !r.of(v) {
				continue
			}
			if i := slices.IndexFunc(g.rows, func(have row) bool { return have.Seed == r.Seed }); i >= 0 {
				g.rows[i] = r
			} else {
				g.rows = append(g.rows, r)
			}
		}
		slices.SortFunc(g.rows, func(a, b row) int { return int(a.Seed) - int(b.Seed) })
		if len(g.rows) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// column takes one number of each row.
func (g group) column(of func(r row) float64) []float64 {
	var out []float64
	for _, r := range g.rows {
		out = append(out, of(r))
	}
	return out
}

func accuracy(r row) float64 { return r.Accuracy }
func took(r row) float64     { return r.Wall }
func speed(r row) float64    { return r.Speed }

// tables are the presets as they are, and one table for each preset of which
// something was left out.
func tables(all []row) (text string, used int, err error) {
	const head = "| %s | seeds | accuracy, %% | each seed | whole command, s | images/s | cores | measured |\n|---|---|---|---|---|---|---|---|\n"
	var presets, left strings.Builder
	for _, preset := range recipe.Names() {
		v, err := whole(preset)
		if err != nil {
			return "", 0, err
		}
		for _, g := range groups([]variant{v}, all) {
			line(&presets, preset, g)
			used += len(g.rows)
		}
		parts, err := variants(preset)
		if err != nil {
			return "", 0, err
		}
		list := groups(parts, all)
		if !slices.ContainsFunc(list, func(g group) bool { return g.leftOut != "" }) {
			continue
		}
		fmt.Fprintf(&left, "\n## What is left out of %s, in %d epochs\n\n"+head, preset, parts[0].settings.Epochs, "left out")
		for _, g := range list {
			line(&left, cmp.Or(g.leftOut, "nothing"), g)
			if g.settings != v.settings { // else it is counted already
				used += len(g.rows)
			}
		}
	}
	if presets.Len() > 0 {
		text = fmt.Sprintf("\n"+head+"%s", "recipe", presets.String())
	}
	return text + left.String() + "\n", used, nil
}

func line(b *strings.Builder, name string, g group) {
	mean, spread := report.MeanSpread(g.column(accuracy))
	figure := fmt.Sprintf("%.3f", 100*mean)
	if len(g.rows) > 1 {
		figure += fmt.Sprintf(" ± %.3f", 100*spread)
	}
	seconds, _ := report.MeanSpread(g.column(took))
	images, _ := report.MeanSpread(g.column(speed))
	var each []string
	for _, r := range g.rows {
		each = append(each, fmt.Sprintf("%.2f", 100*r.Accuracy))
	}
	fmt.Fprintf(b, "| %s | %d | %s | %s | %.0f | %.0f | %s | %s |\n", name, len(g.rows), figure, strings.Join(each, ", "), seconds, images,
		distinct(g.rows, func(r row) string { return fmt.Sprint(r.Cores) }), distinct(g.rows, func(r row) string { return r.Date }))
}

// distinct lists what rows have in common once.
func distinct(rows []row, of func(r row) string) string {
	var words []string
	for _, r := range rows {
		if word := of(r); !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// ablation is tour/beyond.json: no variants where nothing was left out of the recipe.
func ablation(all []row) ([]byte, error) {
	best, err := whole(ablated)
	if err != nil {
		return nil, err
	}
	parts, err := variants(ablated)
	if err != nil {
		return nil, err
	}
	list := groups(parts, all)
	out := struct {
		Settings *recipe.Recipe `json:"settings,omitempty"`
		report.Ablation
	}{Ablation: report.Ablation{Recipe: ablated, Variants: []report.Variant{}}}
	if len(list) > 1 && list[0].leftOut == "" {
		out.Settings, out.Epochs = &best.settings, parts[0].settings.Epochs
		var rows []row
		for _, g := range list {
			v := report.Variant{LeftOut: g.leftOut, Accuracies: g.column(accuracy), Seconds: g.column(took)}
			for _, r := range g.rows {
				v.Seeds = append(v.Seeds, r.Seed)
			}
			out.Variants, rows = append(out.Variants, v), append(rows, g.rows...)
		}
		cores := distinct(rows, func(r row) string { return fmt.Sprint(r.Cores) })
		if cores == "1" {
			cores += " core"
		} else {
			cores += " cores"
		}
		out.Machine = fmt.Sprintf("on %s, with %s", distinct(rows, func(r row) string { return r.Date }), cores)
	}
	text, err := json.MarshalIndent(out, "", " ")
	return append(text, '\n'), err
}
