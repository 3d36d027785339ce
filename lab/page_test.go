package lab_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"inkling/internal/browser"
	"inkling/lab"
)

// A visitor draws, takes back, and clears: the answer is there while the pen is down.
func TestDraw(t *testing.T) {
	t.Parallel()
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 1280, 900, "light", "")
	v.Until("a net", `inkling.lab.net`)
	if shown := browser.Eval[string](v, `return find("#invite").innerText + find("#verdict").innerText`, nil); !strings.Contains(shown, "Draw a digit here") || strings.ContainsAny(shown, "0123456789") {
		t.Errorf("an empty pad says %q", shown)
	}
	v.Draw(browser.Seven)
	v.Until("the answer", `find("#verdict b").textContent === "7" && find("#bars .first .name").textContent === "7"`)
	if sum := browser.Eval[float64](v, `return [...document.querySelectorAll("#bars output")].map(o => parseFloat(o.textContent.replace("< ", ""))).reduce((a, b) => a + b)`, nil); sum < 99 || sum > 101 {
		t.Errorf("the bars add up to %v %%", sum)
	}
	// The net is asked as the server asks it.
	var p lab.Prediction
	s.post("/api/predict", seen(v), "application/octet-stream", &p)
	if got := browser.Eval[float64](v, `return inkling.pad.answer.probabilities[7]`, nil); got < p.Probabilities[7]-1e-4 || got > p.Probabilities[7]+1e-4 {
		t.Errorf("the page says %v, and the server %v", got, p.Probabilities[7])
	}
	// Each step of the way can be looked at, by the keys alone.
	if n := browser.Eval[int](v, `return document.querySelectorAll("#thumbs button").length`, nil); n != 5 {
		t.Errorf("%d steps", n)
	}
	browser.Eval[bool](v, `find("#thumbs [aria-checked=true]").focus(); return true`, nil)
	v.Key("ArrowLeft")
	v.Key("ArrowLeft")
	if said := browser.Eval[string](v, `return find("#step").textContent`, nil); said != "The longer side becomes 20 pixels." {
		t.Errorf("the step says %q", said)
	}
	v.Until("an address", `location.hash.includes("drawing=")`)
	drawing := browser.Eval[string](v, `return inkling.lab.address.get("drawing")`, nil)
	// A second stroke is a second drawing; it is said, and taken back at a click.
	v.Draw(browser.Stroke{{20, 20}, {20, 110}})
	v.Until("a remark", `find("#remarks").innerText.includes("2 drawings stand on the pad")`)
	v.Click("#remarks button")
	v.Until("no remark", `find("#remarks").innerText === ""`)
	// A link to this page shows the same drawing.
	v.Until("its address", fmt.Sprintf(`inkling.lab.address.get("drawing") === %q`, drawing))
	before := seen(v)
	browser.Eval[bool](v, `globalThis.before = true; setTimeout(() => location.reload(), 50); return true`, nil)
	v.Until("the drawing again", `!globalThis.before && typeof inkling === "object" && find("#verdict b").textContent === "7"`)
	if !near(seen(v), before, 40) {
		t.Error("the address holds another drawing")
	}
	v.Click("#undo")
	v.Until("an empty pad", `!find("#invite").hidden && find("#undo").disabled`)
	// The keys draw as well.
	browser.Eval[bool](v, `find("#pad").focus(); return true`, nil)
	for _, k := range []string{"ArrowUp", "ArrowUp", "ArrowUp", " ", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", " "} {
		v.Key(k)
	}
	v.Until("an answer to the keys", `find("#verdict b").textContent !== ""`)
	v.Click("#clear")
	v.Until("an empty pad", `!find("#invite").hidden`)
	v.Quiet()
}

// Pictures are dropped, pasted or chosen; what is no picture is refused with a sentence.
func TestPicturesOnThePad(t *testing.T) {
	t.Parallel()
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 1280, 900, "light", "")
	v.Until("a net", `inkling.lab.net`)
	file := enlarged(t, small.Test, 4, 10)
	v.Drop("digit.png", "image/png", file)
	v.Until("the answer", `find("#verdict b").textContent !== ""`)
	var want lab.Prediction
	s.post("/api/predict", file, "image/png", &want)
	if got := browser.Eval[int](v, `return inkling.pad.answer.best`, nil); got != want.Answer || !near(seen(v), want.Image, 1) {
		t.Errorf("the page reads %d, the server %d", got, want.Answer)
	}
	v.Drop("notes.txt", "text/plain", []byte("no picture"))
	v.Until("a refusal", `find("#remarks").innerText.includes("notes.txt is no picture that this browser can show.")`)
	v.Drop("model.safetensors", "", []byte("no model"))
	v.Until("a refusal", `find("#remarks").innerText.includes("model.safetensors")`)

	v.Click("#test")
	v.Until("test images", `document.querySelectorAll("#gallery .choices button").length === 20`)
	name := browser.Eval[string](v, `return find("#gallery .choices button").getAttribute("aria-label")`, nil)
	v.Click("#gallery .choices button")
	v.Until("the image on the pad", `inkling.pad.pad.shown && inkling.lab.label >= 0`)
	if label := browser.Eval[string](v, `return "Test image: " + inkling.lab.net.classes[inkling.lab.label]`, nil); label != name {
		t.Errorf("%q was chosen, and %q is on the pad", name, label)
	}
	// The refused model is one complaint of the browser's own.
	v.Complaints()
}

// Steps of the way in are left out one by one; what is off is named, and mended at a click.
func TestTheWayIn(t *testing.T) {
	t.Parallel()
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 1280, 900, "dark", "")
	v.Until("a net", `inkling.lab.net`)
	v.Draw(browser.Seven)
	v.Until("five steps", `document.querySelectorAll(".stations li").length === 5`)
	v.Until("effects", `[...document.querySelectorAll(".stations div > .note")].every(e => /^Without it: \d at /.test(e.textContent))`)
	before := seen(v)
	for _, x := range []struct{ name, says, mend string }{
		{"centred", "centre of mass", "Centre it"}, {"scaled", "longer side", "Scale it"}, {"ink", "", "Make the ink light on dark"}, {"box", "", "Crop it"},
	} {
		v.Click("#switch-" + x.name)
		v.Until(x.name+" is off", `find("#remarks button")?.textContent === "`+x.mend+`"`)
		if said := browser.Eval[string](v, `return find("#remarks").innerText`, nil); !strings.Contains(said, x.says) {
			t.Errorf("without %s the page says %q", x.name, said)
		}
		if bytes.Equal(seen(v), before) {
			t.Errorf("without %s the net sees the same", x.name)
		}
		v.Until("the mend within reach", `(b => { b.scrollIntoView({block: "center"}); const r = b.getBoundingClientRect(); return document.elementFromPoint(r.left + r.width / 2, r.top + r.height / 2) === b })(find("#remarks button"))`)
		browser.Eval[bool](v, `find("#remarks button").click(); return true`, nil) // what is below may still take its place, and move it
		v.Until(x.name+" is on", `find("#switch-`+x.name+`").checked && find("#remarks").innerText === ""`)
		if !bytes.Equal(seen(v), before) {
			t.Errorf("after %s the net sees something else", x.name)
		}
	}
	// Among the training images each measure has its line.
	if n := browser.Eval[int](v, `return document.querySelectorAll(".measure").length`, nil); n != 7 {
		t.Errorf("%d measures", n)
	}
	v.Quiet()
}

// Any number unfolds into terms that add up, forward and backward.
func TestLookInside(t *testing.T) {
	t.Parallel()
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 1440, 1080, "light", "#tab=inside")
	v.Until("a net", `inkling.lab.net`)
	v.Draw(browser.Seven)
	v.Until("layers", `document.querySelectorAll(".layerlist .layer").length === 4`)
	// A hidden unit, by the mouse.
	v.Click(`.layer[data-layer="3"] canvas`)
	v.Until("its sum", `find(".unfold .sum")`)
	sums(v, "sigmoid")
	if first := browser.Eval[string](v, `return find(".unfold .terms button").textContent + find(".unfold .grid").textContent`, nil); !strings.HasPrefix(first, "pixel in row ") || !strings.Contains(first, "All of its terms where they come from") {
		t.Errorf("a hidden unit's first term is %q", first)
	}
	head := browser.Eval[string](v, `return find(".unfold h3").textContent`, nil)
	if !strings.HasPrefix(head, "Hidden ") {
		t.Errorf("the number is called %q", head)
	}
	browser.Eval[bool](v, `scrollTo(0, 0); return true`, nil)
	v.Picture("unfolded")
	// One of its terms, and the way back.
	v.Click(".unfold .terms button")
	v.Until("the term", `find(".unfold h3").textContent !== "`+head+`"`)
	v.Click(`.unfold [data-key="back"]`)
	v.Until("the way back", `find(".unfold h3").textContent === "`+head+`"`)
	// With a label there is a loss, and every gradient is a sum as well.
	browser.Eval[bool](v, `const l = find("#label"); l.value = "7"; l.dispatchEvent(new Event("change")); return true`, nil)
	v.Until("the loss", `find(".ends button:last-child")?.textContent === "the loss"`)
	v.Click(".ends button:last-child")
	v.Until("the loss", `find(".unfold h3").textContent === "The loss"`)
	sums(v, "log")
	v.Click(`.unfold [data-key="a0"]`)
	v.Until("a logit", `find(".unfold h3").textContent.startsWith("Logit of ")`)
	sums(v, "")
	v.Click(`.unfold [data-key="turn"]`)
	v.Until("a gradient", `find(".unfold h3").textContent.startsWith("Loss by logit of ")`)
	browser.Eval[bool](v, `const l = find("#what"); l.value = "gradients"; l.dispatchEvent(new Event("change")); return true`, nil)
	v.Click(`.layer[data-layer="3"] canvas`)
	v.Until("a unit's gradient", `find(".unfold h3").textContent.startsWith("Loss by hidden")`)
	sums(v, "")
	// Weights and evidence are there, and the keys reach each of them.
	v.Until("weights", `document.querySelectorAll(".weights canvas").length === 2 && document.querySelectorAll(".evidence canvas").length === 2`)
	browser.Eval[bool](v, `find(".weights canvas").focus(); return true`, nil)
	v.Key("ArrowRight")
	if said := browser.Eval[string](v, `return find(".weights .readout").textContent`, nil); !strings.HasPrefix(said, "hidden.weight 1, 0: ") {
		t.Errorf("the weight under the cursor is called %q", said)
	}
	v.Key("Enter")
	v.Until("a weight", `find(".unfold h3").textContent === "Loss by hidden.weight 1, 0"`)
	v.Quiet()
}

// A convolutional net's feature maps unfold, too.
func TestLookInsideConvolutions(t *testing.T) {
	t.Parallel()
	s := learned(t, `{"model": "cnn", "epochs": 1, "images": 600}`)
	v := visit(t, s, 1280, 1000, "light", "#tab=inside")
	v.Until("a net", `inkling.lab.net`)
	v.Draw(browser.Seven)
	v.Until("layers", `document.querySelectorAll(".layerlist .layer").length > 5`)
	names := browser.Eval[[]string](v, `return [...document.querySelectorAll(".layerlist b")].map(b => b.textContent)`, nil)
	seen := 0
	for i, name := range names {
		if i == 0 {
			continue
		}
		at := browser.Eval[[]float64](v, `const c = document.querySelectorAll(".layerlist canvas")[given]; c.scrollIntoView({block: "center"}); const r = c.getBoundingClientRect(); return [r.left + 20, r.top + 20]`, i)
		v.Press(at[0], at[1])
		v.Until("the sum of "+name, `find(".unfold .number")`)
		time.Sleep(300 * time.Millisecond)
		if browser.Eval[bool](v, `return !!find(".unfold .sum")`, nil) {
			sums(v, "")
			seen++
		}
	}
	if seen < len(names)/2 {
		t.Errorf("only %d of %q unfolded", seen, names)
	}
	v.Quiet()
}

// sums reads the terms and the total that stand on the page, and fails unless they agree,
// to the digits that are shown; then is what follows the sum.
func sums(v *browser.Visitor, then string) {
	v.Helper()
	type sum struct {
		Terms    []string
		Total    string
		Text     string
		Greatest bool
		Value    string
	}
	got := browser.Eval[sum](v, `
		const value = row => row.querySelector(".value").textContent, rows = [...document.querySelectorAll(".terms tr")], total = rows.find(r => r.className === "sum");
		return {Terms: rows.filter(r => r.className !== "sum").map(value), Total: value(total), Text: find(".terms").innerText, Greatest: total.innerText.includes("greatest"), Value: find(".unfold .number").textContent}`, nil)
	number := func(text string) (x float64) {
		return browser.Eval[float64](v, `return Number(given.replace("−", "-"))`, text)
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
	t.Parallel()
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 360, 740, "dark", "#tab=inside")
	v.Until("a net", `inkling.lab.net`)
	v.Touch(browser.Seven)
	v.Until("the answer", `find("#verdict b").textContent === "7"`)
	if y := browser.Eval[float64](v, `return scrollY`, nil); y != 0 {
		t.Errorf("the page has scrolled by %v under the finger", y)
	}
	if wide := browser.Eval[float64](v, `return document.documentElement.scrollWidth`, nil); wide > 360 {
		t.Errorf("the page is %v pixels wide", wide)
	}
	browser.Eval[bool](v, `scrollTo(0, 1600); return true`, nil)
	v.Until("the pad at the lower edge", `(() => { const r = find("#pad").getBoundingClientRect(); return r.top > 500 && r.bottom <= 740 && find("#docked b").textContent === "7" && find("#docked").offsetHeight > 0 })()`)
	v.Quiet()
}

// seen is the image that the net gets.
func seen(v *browser.Visitor) []byte {
	v.Helper()
	return browser.Bytes(v, `return base64(inkling.lab.image ?? [])`, nil)
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
