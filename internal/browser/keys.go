package browser

// Reach fails the test unless the Tab key leads to every control that can be seen and
// used, and each that has the focus shows it and is not covered. Of what the arrow keys
// lead through (tabs, radio buttons, a grid) Tab has to reach one.
func (v *Visitor) Reach(when string) {
	v.Helper()
	controls := Eval[int](v, `
		const seen = e => e.checkVisibility({visibilityProperty: true}) && e.getBoundingClientRect().width > 0;
		globalThis.controls = new Set([...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter(e => seen(e) && !e.disabled));
		globalThis.led = new Set();
		getSelection().removeAllRanges();
		document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute("tabindex");
		return controls.size`, nil)
	for range 2*controls + 5 {
		v.Key("Tab")
		said := Eval[string](v, `
			const e = document.activeElement;
			if (!e || e === document.body || e === document.documentElement) return ""; // the end, or what had the focus was made anew
			if (led.has(e)) return "end";
			led.add(e);
			const shown = [e, e.closest(".file")].some(x => x && getComputedStyle(x).outlineStyle !== "none" && parseFloat(getComputedStyle(x).outlineWidth) >= 2);
			if (!shown) return "the focus does not show at " + e.outerHTML.slice(0, 100);
			const r = e.getBoundingClientRect(), hit = (x, y) => { const h = document.elementFromPoint(x, y); return h && (h === e || e.contains(h) || h.contains(e) && h.closest("label, .file, .place, button")) };
			const inside = [1, 2, 3].flatMap(i => [1, 2, 3].map(k => [r.left + r.width * i / 4, r.top + r.height * k / 4])).filter(([x, y]) => hit(x, y));
			if (inside.length < 1) return "with the focus, covered or out of the window: " + e.outerHTML.slice(0, 100) + " at " + [r.left, r.top, r.width, r.height].map(Math.round) + " in " + innerWidth + " x " + innerHeight + ", scrolled to " + scrollY;
			return ""`, nil)
		if said == "end" {
			break
		}
		if said != "" {
			v.Errorf("%s: %s", when, said)
		}
	}
	for _, missed := range Eval[[]string](v, `
		const group = e => e.closest("[role=tablist], [role=radiogroup], [role=grid], .confusion");
		return [...controls].filter(e => e.isConnected && !led.has(e) && !(e.tabIndex < 0 && group(e) && [...led].some(x => group(x) === group(e)))
			&& !(e.tabIndex < 0 && !e.matches("a[href], button, input, select, textarea, summary, canvas"))
			&& !(e.type === "radio" && [...led].some(x => x.name === e.name && x.form === e.form))).map(e => e.outerHTML.slice(0, 120))`, nil) {
		v.Errorf("%s: Tab does not lead to %s", when, missed)
	}
}
