package browser

import (
	"fmt"
	"strings"
)

// watching runs before a page's own scripts: it keeps every move of the layout that no
// click and no key has caused within half a second.
const watching = `globalThis.moves = [];
	const called = n => { const e = n?.nodeType === 3 ? n.parentElement : n; return e?.tagName ? e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (typeof e.className === "string" && e.className ? "." + e.className.replaceAll(" ", ".") : "") + " in " + (e.parentElement?.id || e.parentElement?.className || e.parentElement?.tagName || "") : "what is gone" };
	const box = r => [r.x, r.y, r.width, r.height].map(Math.round).join(" ");
	new PerformanceObserver(l => { for (const e of l.getEntries()) if (!e.hadRecentInput)
		moves.push({value: e.value, what: e.sources.map(s => called(s.node) + " from " + box(s.previousRect) + " to " + box(s.currentRect)).join("; ")}) }).observe({type: "layout-shift", buffered: true});`

// Still fails the test if more of the layout has moved by itself than nobody sees: 0.01
// of the window's height and area. (0.1 passes as good: https://web.dev/articles/cls)
func (v *Visitor) Still(when string) {
	v.Helper()
	type move struct {
		Value float64
		What  string
	}
	sum, what := 0.0, []string{}
	for _, m := range Eval[[]move](v, `await new Promise(go => requestAnimationFrame(() => setTimeout(go, 50))); const all = moves; moves = []; return all`, nil) {
		sum += m.Value
		what = append(what, fmt.Sprintf("%.4f: %s", m.Value, m.What))
	}
	if sum > 0.01 {
		v.Errorf("%s: the layout moves by %.3f\n%s", when, sum, strings.Join(what, "\n"))
	}
}

// Sound fails the test if a text has too little contrast (WCAG 2.2, AA: 4.5, and 3 where
// it is large), a control no name, or the page is wider than its window.
func (v *Visitor) Sound(when string) {
	v.Helper()
	for _, fault := range Eval[[]string](v, soundness, v.width) {
		v.Errorf("%s: %s", when, fault)
	}
}

const soundness = `
	for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); // what follows the window's size has followed
	const rgb = c => { const m = c.match(/[\d.]+/g).map(Number), k = c.startsWith("color(") ? 255 : 1; return {r: k * m[0], g: k * m[1], b: k * m[2], a: m[3] ?? 1} };
	const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	const light = c => 0.2126 * part(c.r) + 0.7152 * part(c.g) + 0.0722 * part(c.b);
	const over = (c, d) => ({r: c.r * c.a + d.r * (1 - c.a), g: c.g * c.a + d.g * (1 - c.a), b: c.b * c.a + d.b * (1 - c.a), a: 1});
	const behind = e => { if (!e) return rgb("rgb(255,255,255)"); const c = rgb(getComputedStyle(e).backgroundColor); return c.a === 1 ? c : over(c, behind(e.parentElement)) };
	const opacity = e => e ? getComputedStyle(e).opacity * opacity(e.parentElement) : 1;
	const faults = [], seen = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.getBoundingClientRect().width > 0;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
		if (!text || !seen(e) || e.closest("noscript, option, :disabled, [aria-hidden=true]")) continue;
		const s = getComputedStyle(e), ground = behind(e), c = rgb(s.color), a = light(over({...c, a: c.a * opacity(e)}, ground)), b = light(ground), size = parseFloat(s.fontSize);
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), least = size >= 24 || size >= 18.66 && s.fontWeight >= 700 ? 3 : 4.5;
		if (contrast < least) faults.push(JSON.stringify(text.slice(0, 40)) + " has a contrast of " + contrast.toFixed(2));
	}
	for (const e of document.querySelectorAll("button, input, select, canvas[tabindex], a[href]")) {
		if (!seen(e) || e.disabled) continue;
		const name = e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent || e.title;
		if (!name.trim()) faults.push("a control without a name: " + e.outerHTML.slice(0, 80));
	}
	if (document.documentElement.scrollWidth > given) faults.push("the page is " + document.documentElement.scrollWidth + " pixels wide in a window of " + given);
	return faults`
