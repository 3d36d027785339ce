package report

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"inkling/internal/identity"
	"inkling/internal/replace"
	"inkling/train"
)

// SaveRates draws a search for a learning rate: the loss over the rate, whose
// axis is logarithmic, and the suggestions. The file is an SVG document that
// follows the reader's day or night.
func SaveRates(path, title string, c *train.RateCurve) error {
	text, err := ratesSVG(title, c)
	if err != nil {
		return err
	}
	return replace.WriteFile(path, []byte(text), 0o644)
}

func ratesSVG(title string, c *train.RateCurve) (string, error) {
	const width, height, margin = 680, 340, 16
	losses := c.Drawn()
	curve := make(plotter.XYs, len(c.Rates))
	for i, rate := range c.Rates {
		curve[i] = plotter.XY{X: math.Log10(rate), Y: losses[i]}
	}
	low, high := slices.Min(losses), slices.Max(losses)
	step := niceStep((high - low) / 4)
	low, high = math.Floor(low/step)*step, math.Ceil(high/step)*step
	digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	from, to := curve[0].X, curve[len(curve)-1].X
	var decades []plot.Tick
	for d := math.Ceil(from - 1e-9); d <= to+1e-9; d++ {
		decades = append(decades, plot.Tick{Value: d, Label: rateLabel(math.Pow(10, d))})
	}
	drawn := &chart{
		x:      axis{label: "learning rate", min: from, max: to, ticks: decades},
		y:      axis{min: low, max: high, ticks: ticks(low, high, step, decimals(digits))},
		lines:  []line{{label: "loss", kind: me, pts: curve}},
		gutter: 72,
	}
	alt := fmt.Sprintf("%s: the loss of a training whose learning rate rises from %s to %s.", title, rateLabel(c.Rates[0]), rateLabel(c.Rates[len(c.Rates)-1]))
	for _, m := range []struct {
		name string
		rate float64
	}{{"valley", c.Valley}, {"steepest", c.Steepest}} {
		if i := slices.Index(c.Rates, m.rate); i >= 0 {
			drawn.marks = append(drawn.marks, mark{m.name + " " + rateLabel(m.rate), curve[i]})
			alt += fmt.Sprintf(" The suggestion by %s is %s.", m.name, rateLabel(m.rate))
		}
	}
	inner, err := drawn.svg(width, height)
	if err != nil {
		return "", err
	}
	_, inner, _ = strings.Cut(inner, ">") // its own opening tag is one for a page
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="%d %d %d %d" width="%d" height="%d" role="img" aria-label="%s">`,
		-margin, -margin, width+2*margin, height+2*margin, width+2*margin, height+2*margin, html.EscapeString(alt))
	out.WriteString(`<style>` + identity.Palette + `svg{max-width:100%;height:auto}` +
		`text{font:13px var(--sans);paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}` +
		`.paper{fill:var(--paper)}.stroke-ink{stroke:var(--ink)}.fill-ink{fill:var(--ink)}` +
		`.stroke-mute,.stroke-rule{stroke:var(--mute)}.fill-mute{fill:var(--mute)}` +
		`.stroke-grid{stroke:var(--line)}.stroke-me{stroke:var(--accent)}.fill-me{fill:var(--accent)}</style>`)
	fmt.Fprintf(&out, `<rect class="paper" x="%d" y="%d" width="%d" height="%d"/>`, -margin, -margin, width+2*margin, height+2*margin)
	out.WriteString(inner + "\n")
	return out.String(), nil
}

// rateLabel writes a rate as people do: 0.03, and 1e−5 where that is shorter.
func rateLabel(rate float64) string {
	if rate >= 0.0009 {
		return fmt.Sprintf("%.2g", rate)
	}
	text := fmt.Sprintf("%.0e", rate) // 1e-05
	mantissa, exponent, _ := strings.Cut(text, "e-")
	return mantissa + "e" + minus + strings.TrimLeft(exponent, "0")
}
