package lab_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"inkling/lab"
	"inkling/web"
)

// A visitor draws, takes back, and clears: the answer is there while the pen is down.
func TestDraw(t *testing.T) {
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 1280, 900, "light", "")
	v.until("a net", `inkling.lab.net`)
	if shown := eval[string](v, `return find("#invite").innerText + find("#verdict").innerText`, nil); !strings.Contains(shown, "Draw a digit here") || strings.ContainsAny(shown, "0123456789") {
		t.Errorf("an empty pad says %q", shown)
	}
	v.draw(seven)
	v.until("the answer", `find("#verdict b").textContent === "7" && find("#bars .first .name").textContent === "7"`)
	if sum := eval[float64](v, `return [...document.querySelectorAll("#bars output")].map(o => parseFloat(o.textContent.replace("< ", ""))).reduce((a, b) => a + b)`, nil); sum < 99 || sum > 101 {
		t.Errorf("the bars add up to %v %%", sum)
	}
	// The net is asked as the server asks it.
	var p lab.Prediction
	s.post("/api/predict", v.seen(), "application/octet-stream", &p)
	if got := eval[float64](v, `return inkling.pad.answer.probabilities[7]`, nil); got < p.Probabilities[7]-1e-4 || got > p.Probabilities[7]+1e-4 {
		t.Errorf("the page says %v, and the server %v", got, p.Probabilities[7])
	}
	// Each step of the way can be looked at, by the keys alone.
	if n := eval[int](v, `return document.querySelectorAll("#thumbs button").length`, nil); n != 5 {
		t.Errorf("%d steps", n)
	}
	eval[bool](v, `find("#thumbs [aria-checked=true]").focus(); return true`, nil)
	v.key("ArrowLeft")
	v.key("ArrowLeft")
	if said := eval[string](v, `return find("#step").textContent`, nil); said != "The longer side becomes 20 pixels." {
		t.Errorf("the step says %q", said)
	}
	// A second stroke is a second drawing; it is said, and taken back at a click.
	v.draw([][2]float64{{20, 20}, {20, 110}})
	v.until("a remark", `find("#remarks").innerText.includes("2 drawings stand on the pad")`)
	v.click("#remarks button")
	v.until("no remark", `find("#remarks").innerText === ""`)
	// A link to this page shows the same drawing.
	v.until("an address", `location.hash.includes("drawing=")`)
	before := v.seen()
	eval[bool](v, `setTimeout(() => location.reload(), 50); return true`, nil)
	time.Sleep(500 * time.Millisecond)
	v.until("the drawing again", `typeof inkling === "object" && find("#verdict b").textContent === "7"`)
	if !near(v.seen(), before, 40) {
		t.Error("the address holds another drawing")
	}
	v.click("#undo")
	v.until("an empty pad", `!find("#invite").hidden && find("#undo").disabled`)
	// The keys draw as well.
	eval[bool](v, `find("#pad").focus(); return true`, nil)
	for _, k := range []string{"ArrowUp", "ArrowUp", "ArrowUp", " ", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", " "} {
		v.key(k)
	}
	v.until("an answer to the keys", `find("#verdict b").textContent !== ""`)
	v.click("#clear")
	v.until("an empty pad", `!find("#invite").hidden`)
	v.quiet()
}

// Pictures are dropped, pasted or chosen; what is no picture is refused with a sentence.
func TestPicturesOnThePad(t *testing.T) {
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 1280, 900, "light", "")
	v.until("a net", `inkling.lab.net`)
	file := enlarged(t, small.Test, 4, 10)
	v.drop("digit.png", "image/png", file)
	v.until("the answer", `find("#verdict b").textContent !== ""`)
	var want lab.Prediction
	s.post("/api/predict", file, "image/png", &want)
	if got := eval[int](v, `return inkling.pad.answer.best`, nil); got != want.Answer || !near(v.seen(), want.Image, 1) {
		t.Errorf("the page reads %d, the server %d", got, want.Answer)
	}
	v.drop("notes.txt", "text/plain", []byte("no picture"))
	v.until("a refusal", `find("#remarks").innerText.includes("notes.txt is no picture that this browser can show.")`)
	v.drop("model.safetensors", "", []byte("no model"))
	v.until("a refusal", `find("#remarks").innerText.includes("model.safetensors")`)

	v.click("#test")
	v.until("test images", `document.querySelectorAll("#gallery .choices button").length === 20`)
	name := eval[string](v, `return find("#gallery .choices button").getAttribute("aria-label")`, nil)
	v.click("#gallery .choices button")
	v.until("the image on the pad", `inkling.pad.pad.shown && inkling.lab.label >= 0`)
	if label := eval[string](v, `return "Test image: " + inkling.lab.net.classes[inkling.lab.label]`, nil); label != name {
		t.Errorf("%q was chosen, and %q is on the pad", name, label)
	}
	// The refused model is one complaint of the browser's own.
	v.complaints = nil
}

// Steps of the way in are left out one by one; what is off is named, and mended at a click.
func TestTheWayIn(t *testing.T) {
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 1280, 900, "dark", "")
	v.until("a net", `inkling.lab.net`)
	v.draw(seven)
	v.until("five steps", `document.querySelectorAll(".stations li").length === 5`)
	v.until("effects", `[...document.querySelectorAll(".stations div > .note")].every(e => /^Without it: \d at /.test(e.textContent))`)
	before := v.seen()
	for _, x := range []struct{ name, says, mend string }{
		{"centred", "centre of mass", "Centre it"}, {"scaled", "longer side", "Scale it"}, {"ink", "", "Make the ink light on dark"}, {"box", "", "Crop it"},
	} {
		v.click("#switch-" + x.name)
		v.until(x.name+" is off", `find("#remarks button")?.textContent === "`+x.mend+`"`)
		if said := eval[string](v, `return find("#remarks").innerText`, nil); !strings.Contains(said, x.says) {
			t.Errorf("without %s the page says %q", x.name, said)
		}
		if bytes.Equal(v.seen(), before) {
			t.Errorf("without %s the net sees the same", x.name)
		}
		v.click("#remarks button")
		v.until(x.name+" is on", `find("#switch-`+x.name+`").checked && find("#remarks").innerText === ""`)
		if !bytes.Equal(v.seen(), before) {
			t.Errorf("after %s the net sees something else", x.name)
		}
	}
	// Among the training images each measure has its line.
	if n := eval[int](v, `return document.querySelectorAll(".measure").length`, nil); n != 7 {
		t.Errorf("%d measures", n)
	}
	v.quiet()
}

// Any number unfolds into terms that add up, forward and backward.
func TestLookInside(t *testing.T) {
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 1440, 1080, "light", "#tab=inside")
	v.until("a net", `inkling.lab.net`)
	v.draw(seven)
	v.until("layers", `document.querySelectorAll(".layerlist .layer").length === 4`)
	// A hidden unit, by the mouse.
	v.click(`.layer[data-layer="3"] canvas`)
	v.until("its sum", `find(".unfold .sum")`)
	v.sums("sigmoid")
	if first := eval[string](v, `return find(".unfold .terms button").textContent + find(".unfold .grid").textContent`, nil); !strings.HasPrefix(first, "pixel in row ") || !strings.Contains(first, "All of its terms where they come from") {
		t.Errorf("a hidden unit's first term is %q", first)
	}
	head := eval[string](v, `return find(".unfold h3").textContent`, nil)
	if !strings.HasPrefix(head, "Hidden ") {
		t.Errorf("the number is called %q", head)
	}
	eval[bool](v, `scrollTo(0, 0); return true`, nil)
	v.picture("unfolded", false)
	// One of its terms, and the way back.
	v.click(".unfold .terms button")
	v.until("the term", `find(".unfold h3").textContent !== "`+head+`"`)
	v.click(`.unfold [data-key="back"]`)
	v.until("the way back", `find(".unfold h3").textContent === "`+head+`"`)
	// With a label there is a loss, and every gradient is a sum as well.
	eval[bool](v, `const l = find("#label"); l.value = "7"; l.dispatchEvent(new Event("change")); return true`, nil)
	v.until("the loss", `find(".ends button:last-child")?.textContent === "the loss"`)
	v.click(".ends button:last-child")
	v.until("the loss", `find(".unfold h3").textContent === "The loss"`)
	v.sums("log")
	v.click(`.unfold [data-key="a0"]`)
	v.until("a logit", `find(".unfold h3").textContent.startsWith("Logit of ")`)
	v.sums("")
	v.click(`.unfold [data-key="turn"]`)
	v.until("a gradient", `find(".unfold h3").textContent.startsWith("Loss by logit of ")`)
	eval[bool](v, `const l = find("#what"); l.value = "gradients"; l.dispatchEvent(new Event("change")); return true`, nil)
	v.click(`.layer[data-layer="3"] canvas`)
	v.until("a unit's gradient", `find(".unfold h3").textContent.startsWith("Loss by hidden")`)
	v.sums("")
	// Weights and evidence are there, and the keys reach each of them.
	v.until("weights", `document.querySelectorAll(".weights canvas").length === 2 && document.querySelectorAll(".evidence canvas").length === 2`)
	eval[bool](v, `find(".weights canvas").focus(); return true`, nil)
	v.key("ArrowRight")
	if said := eval[string](v, `return find(".weights .readout").textContent`, nil); !strings.HasPrefix(said, "hidden.weight 1, 0: ") {
		t.Errorf("the weight under the cursor is called %q", said)
	}
	v.key("Enter")
	v.until("a weight", `find(".unfold h3").textContent === "Loss by hidden.weight 1, 0"`)
	v.quiet()
}

// A convolutional net's feature maps unfold, too.
func TestLookInsideConvolutions(t *testing.T) {
	s := learned(t, `{"model": "cnn", "epochs": 1, "images": 600}`)
	v := visit(t, s, 1280, 1000, "light", "#tab=inside")
	v.until("a net", `inkling.lab.net`)
	v.draw(seven)
	v.until("layers", `document.querySelectorAll(".layerlist .layer").length > 5`)
	names := eval[[]string](v, `return [...document.querySelectorAll(".layerlist b")].map(b => b.textContent)`, nil)
	seen := 0
	for i, name := range names {
		if i == 0 {
			continue
		}
		at := eval[[]float64](v, `const c = document.querySelectorAll(".layerlist canvas")[given]; c.scrollIntoView({block: "center"}); const r = c.getBoundingClientRect(); return [r.left + 20, r.top + 20]`, i)
		v.press(at[0], at[1])
		v.until("the sum of "+name, `find(".unfold .number")`)
		time.Sleep(300 * time.Millisecond)
		if eval[bool](v, `return !!find(".unfold .sum")`, nil) {
			v.sums("")
			seen++
		}
	}
	if seen < len(names)/2 {
		t.Errorf("only %d of %q unfolded", seen, names)
	}
	v.quiet()
}

// sums reads the terms and the total that stand on the page, and fails unless they agree,
// to the digits that are shown; then is what follows the sum.
func (v *visitor) sums(then string) {
	v.Helper()
	type sum struct {
		Terms    []string
		Total    string
		Text     string
		Greatest bool
		Value    string
	}
	got := eval[sum](v, `
		const value = row => row.querySelector(".value").textContent, rows = [...document.querySelectorAll(".terms tr")], total = rows.find(r => r.className === "sum");
		return {Terms: rows.filter(r => r.className !== "sum").map(value), Total: value(total), Text: find(".terms").innerText, Greatest: total.innerText.includes("greatest"), Value: find(".unfold .number").textContent}`, nil)
	number := func(text string) (x float64) {
		return eval[float64](v, `return Number(given.replace("−", "-"))`, text)
	}
	all, room := 0.0, 1e-9
	for _, text := range got.Terms {
		x := number(text)
		all += x
		room += 0.006 * max(x, -x)
	}
	if d := all - number(got.Total); !got.Greatest && (d > room || d < -room) {
		v.Errorf("the terms add up to %v, and the total is %s:\n%s", all, got.Total, got.Text)
	}
	if !strings.Contains(got.Text, then) {
		v.Errorf("%q is not in\n%s", then, got.Text)
	}
}

// On a phone the page stays where it is under the finger, and the pad stays in sight.
func TestPhone(t *testing.T) {
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 360, 740, "dark", "#tab=inside")
	v.until("a net", `inkling.lab.net`)
	v.touch(seven)
	v.until("the answer", `find("#verdict b").textContent === "7"`)
	if y := eval[float64](v, `return scrollY`, nil); y != 0 {
		t.Errorf("the page has scrolled by %v under the finger", y)
	}
	if wide := eval[float64](v, `return document.documentElement.scrollWidth`, nil); wide > 360 {
		t.Errorf("the page is %v pixels wide", wide)
	}
	eval[bool](v, `scrollTo(0, 1600); return true`, nil)
	v.until("the pad at the lower edge", `(() => { const r = find("#pad").getBoundingClientRect(); return r.top > 500 && r.bottom <= 740 && find("#docked b").textContent === "7" && find("#docked").offsetHeight > 0 })()`)
	v.quiet()
}

// While a net learns before the visitor's eyes nothing on the page moves; text can be read
// and everything is reached by the keys, at three widths and in both themes.
func TestThePageIsSound(t *testing.T) {
	s := newSite(t, lab.ServerOptions{Page: web.Lab(), Welcome: true})
	v := visit(t, s, 1600, 900, "light", "")
	eval[bool](v, `globalThis.shifts = []; new PerformanceObserver(l => { for (const e of l.getEntries()) if (!e.hadRecentInput) shifts.push(e.value) }).observe({type: "layout-shift"}); return true`, nil)
	v.draw(seven)
	v.until("a net that has learned", `find("#status").textContent.startsWith("trained")`)
	v.until("its answer", `find("#verdict b").textContent !== ""`)
	if sum := eval[float64](v, `return shifts.reduce((a, b) => a + b, 0)`, nil); sum > 0.01 {
		t.Errorf("the page has moved by %v while the net learned", sum)
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 900, 1600} {
			v.resize(width, 900)
			v.scheme(scheme)
			for _, tab := range []string{"way", "inside", "train", "time", "mistakes", "bugs", "experiments"} {
				v.click("#tab-" + tab)
				time.Sleep(200 * time.Millisecond)
				for _, fault := range eval[[]string](v, soundness, nil) {
					t.Errorf("%s, %d pixels, %s: %s", scheme, width, tab, fault)
				}
			}
		}
	}
	v.quiet()
}

// soundness lists texts whose contrast is below 4.5 (3 where they are large), controls
// without a name, controls that the keys do not reach, and a page that is too wide.
const soundness = `
	const rgb = c => { const m = c.match(/[\d.]+/g).map(Number), k = c.startsWith("color(") ? 255 : 1; return {r: k * m[0], g: k * m[1], b: k * m[2], a: m[3] ?? 1} };
	const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
	const light = c => 0.2126 * part(c.r) + 0.7152 * part(c.g) + 0.0722 * part(c.b);
	const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.a === 1) return c } return rgb("rgb(255,255,255)") };
	const faults = [], seen = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.getBoundingClientRect().width > 0;
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
		if (!text || !seen(e) || e.closest("noscript, option, :disabled, [aria-hidden=true]")) continue;
		const s = getComputedStyle(e), a = light(rgb(s.color)), b = light(behind(e)), size = parseFloat(s.fontSize);
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), least = size >= 24 || size >= 18.66 && s.fontWeight >= 700 ? 3 : 4.5;
		if (contrast < least) faults.push(JSON.stringify(text.slice(0, 40)) + " has a contrast of " + contrast.toFixed(2));
	}
	for (const e of document.querySelectorAll("button, input, select, canvas[tabindex], a[href]")) {
		if (!seen(e) || e.disabled) continue;
		const name = e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent || e.title;
		if (!name.trim()) faults.push("a control without a name: " + e.outerHTML.slice(0, 80));
		if (e.tabIndex < 0 && !["tab", "radio"].includes(e.getAttribute("role")) && !e.closest(".confusion")) faults.push("the keys do not reach " + e.outerHTML.slice(0, 80));
	}
	if (document.documentElement.scrollWidth > innerWidth) faults.push("the page is " + document.documentElement.scrollWidth + " pixels wide");
	return faults`

// seen is the image that the net gets.
func (v *visitor) seen() []byte {
	v.Helper()
	text := eval[string](v, `return btoa(String.fromCharCode(...inkling.lab.image ?? []))`, nil)
	out, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		v.Fatal(err)
	}
	return out
}

// near reports whether two images agree within so much at every pixel.
func near(a, b []byte, within int) bool {
	for i := range a {
		if d := int(a[i]) - int(b[i]); len(a) != len(b) || d > within || d < -within {
			return false
		}
	}
	return len(a) == len(b)
}

// The page as it looks, for a person to look at.
func TestLooks(t *testing.T) {
	s := learned(t, `{"epochs": 8}`)
	shots(t, s, "empty", "", func(v *visitor) { v.until("a net", `inkling.lab.net`) })
	shots(t, s, "way", "#off=centred", func(v *visitor) {
		v.until("a net", `inkling.lab.net`)
		v.draw(seven)
		v.until("an answer", `find("#verdict b").textContent`)
		time.Sleep(time.Second)
	})
	shots(t, s, "inside", "#tab=inside&label=7", func(v *visitor) {
		v.until("a net", `inkling.lab.net`)
		v.draw(seven)
		v.until("buttons", `find(".ends button")`)
		v.click(".ends button:last-child")
		v.until("a sum", `find(".unfold .sum")`)
		v.click(`.layer[data-layer="3"] canvas`)
		time.Sleep(2 * time.Second)
	})
}
