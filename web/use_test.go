package web

import (
	"testing"

	"inkling/classifier"
	"inkling/internal/browser"
)

// The page fits windows of all widths by day and by night, and can be used with
// the keyboard alone.
func TestThePageInUse(t *testing.T) {
	t.Parallel()
	v := browser.Visit(t, 800, 900, "light")
	m, _ := drawn(t, "cnn", digits, 1)
	m.Typical = &classifier.Typical{Images: 5000, Ink: handwriting()}
	for _, width := range []int64{360, 800, 1600} {
		scheme := map[bool]string{true: "light", false: "dark"}[width%400 == 0]
		show(t, v, m, width, scheme)
		if shown := browser.Eval[int](v, `return ["way", "why", "inside"].filter(id => document.getElementById(id).offsetHeight).length`, nil); shown != 0 {
			t.Errorf("%d px: with nothing drawn %d sections speak of it", width, shown)
		}
		browser.Eval[bool](v, `document.getElementById("pad").focus(); return true`, nil)
		for _, key := range []string{" ", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", " "} {
			v.Key(key)
		}
		got := browser.Eval[struct {
			Class         string
			Shown, Scroll int
			Blurred       string
			Paper, Touch  string
			Steps         int
		}](v, `for (let i = 0; i < 200 && document.querySelectorAll("#map canvas").length < 2; i++) await new Promise(f => setTimeout(f, 50));
			const blurred = Array.from(document.querySelectorAll("figure canvas:not(.smooth), .maps canvas")).filter(c => c.offsetWidth && (c.getBoundingClientRect().width % c.width || getComputedStyle(c).imageRendering !== "pixelated"));
			return { Class: document.querySelector("#verdict b").textContent, Scroll: document.documentElement.scrollWidth, Steps: document.querySelectorAll("#steps li").length,
				Shown: ["way", "why", "inside"].filter(id => document.getElementById(id).offsetHeight).length,
				Blurred: blurred.map(c => c.width + " at " + c.getBoundingClientRect().width).join("; "),
				Paper: getComputedStyle(document.documentElement).backgroundColor, Touch: getComputedStyle(document.getElementById("pad")).touchAction }`, nil)
		paper := map[string]string{"light": "rgb(250, 247, 242)", "dark": "rgb(22, 21, 20)"}[scheme]
		if got.Class == "" || got.Shown != 3 || got.Steps != 5 {
			t.Errorf("%d px: a line drawn with the keys is answered %q, %d sections, %d steps", width, got.Class, got.Shown, got.Steps)
		}
		if got.Scroll > int(width) || got.Blurred != "" || got.Paper != paper || got.Touch != "none" {
			t.Errorf("%d px, %s: the page is %d px wide; not whole multiples: %s; paper %s; touch-action %s", width, scheme, got.Scroll, got.Blurred, got.Paper, got.Touch)
		}
		if left := browser.Eval[string](v, `document.getElementById("undo").click(); for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
			return document.querySelector("#verdict b").textContent + document.getElementById("invite").hidden`, nil); left != "false" {
			t.Errorf("%d px: undone, the page says %q", width, left)
		}
	}
	unlabelled := browser.Eval[string](v, `return Array.from(document.querySelectorAll("button, input, select, canvas")).filter(e =>
		!e.textContent.trim() && !e.getAttribute("aria-label") && !(e.labels ?? []).length && !e.closest("[aria-hidden]")).map(e => e.outerHTML).join()`, nil)
	if unlabelled != "" {
		t.Errorf("without a label: %s", unlabelled)
	}
	v.Quiet()
}

// AA wants a contrast of 4.5 for text and of 3 for what shows where a control is.
func TestContrast(t *testing.T) {
	t.Parallel()
	v := browser.Visit(t, 800, 900, "light")
	m, _ := drawn(t, "linear", digits, 1)
	for _, scheme := range []string{"light", "dark"} {
		show(t, v, m, 800, scheme)
		for pair, least := range map[[2]string]float64{
			{"--ink", "--paper"}: 4.5, {"--mute", "--paper"}: 4.5, {"--accent", "--paper"}: 4.5, {"--accent", "--wash"}: 4.5, {"--mute", "--wash"}: 4.5, {"--edge", "--paper"}: 3, {"--ink", "--wash"}: 4.5,
		} {
			got := browser.Eval[float64](v, `const style = getComputedStyle(document.documentElement), light = name => {
				const hex = style.getPropertyValue(name).trim(), part = i => { const v = parseInt(hex.slice(i, i + 2), 16) / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 };
				return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5) };
				const [a, b] = given.map(light).sort((a, b) => b - a); return (a + 0.05) / (b + 0.05)`, pair)
			if !(got >= least) {
				t.Errorf("%s: %v have a contrast of %.2f, want %v", scheme, pair, got, least)
			}
		}
	}
}
