package lab_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"inkling/lab"
	"inkling/web"
)

// say is what the visitor reads in an element.
func (v *visitor) say(selector string) string {
	v.Helper()
	return eval[string](v, `return find(given)?.innerText ?? "there is no " + given`, selector)
}

// set fills a control in, as a visitor does who types or chooses.
func (v *visitor) set(selector, value string) {
	v.Helper()
	eval[bool](v, `const e = find(given[0]); e.focus(); e.value = given[1]; e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})); return true`,
		[]string{selector, value})
}

// tap presses the button with a text.
func (v *visitor) tap(within, text string) {
	v.Helper()
	v.until("a button "+text, `[...document.querySelectorAll("`+within+` button")].some(b => b.innerText === "`+text+`" && !b.disabled)`)
	eval[bool](v, `find("[data-press]")?.removeAttribute("data-press"); [...document.querySelectorAll(given[0] + " button")].find(b => b.innerText === given[1]).dataset.press = ""; return true`, []string{within, text})
	v.click("[data-press]")
}

// steady fails the test if anything moved that the visitor did not move.
func (v *visitor) steady() {
	v.Helper()
	shift := eval[float64](v, `return await new Promise(go => { new PerformanceObserver(l => go(l.getEntries().filter(e => !e.hadRecentInput).reduce((a, e) => a + e.value, 0))).observe({type: "layout-shift", buffered: true}); setTimeout(() => go(0), 300); })`, nil)
	if shift > 0.01 {
		v.Errorf("the layout shifts by %.3f", shift)
	}
}

// reachable fails the test if a control of the open tab has no name, or the keyboard
// does not get there.
func (v *visitor) reachable() {
	v.Helper()
	wrong := eval[[]string](v, `
		const panel = find("#panels > section:not([hidden])"), wrong = [];
		for (const e of panel.querySelectorAll("button, select, input, canvas[tabindex]")) {
			if (!e.checkVisibility() || e.disabled) continue;
			const name = e.ariaLabel || e.getAttribute("aria-label") || e.innerText || e.closest("label")?.innerText;
			if (!name?.trim()) wrong.push("no name: " + e.outerHTML.slice(0, 80));
			if (e.tabIndex < 0 && !e.closest(".confusion")) wrong.push("not in the tab order: " + name);
		}
		return wrong`, nil)
	for _, w := range wrong {
		v.Error(w)
	}
}

func TestTrainOnThePage(t *testing.T) {
	s := newSite(t, lab.ServerOptions{Page: web.Lab()})
	v := visit(t, s, 1600, 900, "light", "#tab=train")
	v.until("a form", `find(".settings [name=lr]")`)
	v.set(".settings [name=optimizer]", "sgd")
	if got := eval[string](v, `return find(".settings [name=lr]").value`, nil); got != "0.5" {
		t.Errorf("with SGD the rate is %s", got)
	}
	v.set(".settings [name=epochs]", "4")
	v.set(".settings [name=seed]", "5")
	v.draw(seven)
	v.tap(".side", "Start paused")
	v.until("a paused run", `find(".runs tbody tr td:nth-child(4)")?.innerText === "paused"`)
	v.tap(".main", "One step")
	v.until("one step", `inkling.lab.state.runs[0].step === 1 && inkling.lab.state.runs[0].state === "paused"`)
	v.tap(".main", "Resume")
	v.until("a trained run", `find(".runs tbody tr td:nth-child(4)").innerText === "trained"`)
	r, err := s.lab.Run("r1")
	if err != nil {
		t.Fatal(err)
	}
	sum := r.Summary()
	right := fmt.Sprintf("%.1f %%", 100**sum.Epochs[len(sum.Epochs)-1].Accuracy)
	v.until("its accuracy", `find(".runs tbody tr td:nth-child(7)").innerText === "`+right+`"`)
	v.until("its curves", `[...document.querySelectorAll(".charts .plot")].every(p => p.getAttribute("aria-label").includes("run 1"))`)
	v.until("its weights", `new Set(find(".train .filters canvas").getContext("2d").getImageData(0, 0, 28, 28).data).size > 20`)
	v.until("the drawing's answers", `/After \d+ steps: /.test(find(".train .ribbon + .note").innerText)`)
	v.steady()
	v.reachable()
	link := eval[string](v, `return location.hash`, nil)
	for _, want := range []string{"t.seed=5", "t.optimizer=sgd", "t.lr=0.5", "t.epochs=4", "t.model=network", "t.data=synth"} {
		if !strings.Contains(link, want) {
			t.Errorf("the address has no %s: %s", want, link)
		}
	}

	v.tap(".main", "Fork …")
	v.set(".fork [name=step]", "20")
	v.set(".fork [name=lr]", "0.1")
	v.tap(".fork", "Fork")
	v.until("where the fork parts", `find(".fork .said").innerText.includes("are the same bits up to step 20. After step 21")`)
	if said := v.say(".fork .said"); !strings.Contains(said, "hidden.weight[") {
		t.Errorf("the first weight that differs: %s", said)
	}
	v.until("two curves", `find(".charts .plot").getAttribute("aria-label").includes("run 2")`)

	// Somebody else opens the link, and gets the same training.
	v.quiet()
	other := visit(t, s, 360, 740, "dark", link)
	other.tap(".side", "Start")
	other.until("a third run", `inkling.lab.state.runs[2]?.state === "done"`)
	again, err := s.lab.Run("r3")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Losses(0), again.Losses(0)) {
		t.Error("the link gives another training")
	}
	other.set(".settings [name=batch]", "0")
	other.tap(".side", "Start")
	other.until("what is wrong", `find(".train .problem").innerText.startsWith("Batch size: ")`)
	other.quiet()
}

func TestTimeMachineOnThePage(t *testing.T) {
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 1000, 900, "dark", "#tab=time")
	v.until("a net", `inkling.lab.net`)
	v.draw(seven)
	v.until("a past", `!find("#moment").disabled`)
	total := func() int {
		return eval[int](v, `return [...document.querySelectorAll("#panel-time .confusion td > *")].reduce((a, b) => a + (Number(b.innerText) || 0), 0)`, nil)
	}
	v.set("#moment", "0")
	v.until("the beginning", `find("#panel-time .said").innerText.startsWith("Run 1 after 0 of ")`)
	v.until("its net", `inkling.lab.net.subject.step === 0`)
	v.until("its confusion", `find("#panel-time .confusion") && find("#panel-time figcaption b") && [...document.querySelectorAll("#panel-time figcaption b")].some(b => /Confusion on 300 test images/.test(b.innerText))`)
	if n := total(); n != 300 {
		t.Errorf("the matrix holds %d images", n)
	}
	before := eval[float64](v, `return parseFloat(find("#panel-time .ribbon + .note").innerText.split(", ")[1])`, nil)
	last := eval[string](v, `return find("#moment").max`, nil)
	v.set("#moment", last)
	v.until("the end", `inkling.lab.net.subject.step === inkling.lab.state.runs[0].steps`)
	v.until("the answer at the end", `find("#panel-time .ribbon + .note").innerText.includes(": 7, ")`)
	if after := eval[float64](v, `return parseFloat(find("#panel-time .ribbon + .note").innerText.split(", ")[1])`, nil); after < 60 || before > 40 {
		t.Errorf("a seven is read with %.1f %% at the beginning, and %.1f %% at the end", before, after)
	}
	v.until("the pad's answer then", `find("#verdict b").innerText === "7"`)
	v.set("#panel-time [name=step]", "13")
	v.until("step 13 itself", `inkling.lab.net.subject.step === 13 && location.hash.includes("step=13")`)
	v.tap("#panel-time", "Play")
	v.until("it plays", `inkling.lab.subject.step > 20`)
	v.tap("#panel-time", "Pause")
	v.tap("#panel-time", "Newest")
	v.until("the newest", `inkling.lab.subject.step === -1`)
	v.reachable()
	v.quiet()
}

func TestMistakesOnThePage(t *testing.T) {
	s := learned(t, `{"epochs": 4}`)
	v := visit(t, s, 1600, 900, "light", "#tab=mistakes&run=r1")
	v.until("the worst mistakes", `document.querySelectorAll("#panel-mistakes .cards canvas").length > 0`)
	j, err := s.lab.Judge(context.Background(), lab.Subject{Run: "r1", Step: lab.Latest}, 0)
	if err != nil {
		t.Fatal(err)
	}
	label, answer := 0, 1
	for l, row := range j.Confusion {
		for a, n := range row {
			if l != a && n > j.Confusion[label][answer] {
				label, answer = l, a
			}
		}
	}
	v.click(fmt.Sprintf("#panel-mistakes .confusion tbody tr:nth-child(%d) td:nth-child(%d) button", label+1, answer+2))
	text := fmt.Sprintf("%d read as %d", label, answer)
	v.until("the images of the cell", fmt.Sprintf(`document.querySelectorAll("#panel-mistakes .pair > :last-child .cards canvas").length === %d`, min(24, j.Confusion[label][answer])))
	cards := eval[[]string](v, `return [...document.querySelectorAll("#panel-mistakes .pair > :last-child .cards li")].map(e => e.querySelector("canvas").getAttribute("aria-label"))`, nil)
	cell, err := j.Cell(label, answer, 24)
	if err != nil {
		t.Fatal(err)
	}
	for i, card := range cards {
		if !strings.HasPrefix(card, fmt.Sprintf("image %d: %s", cell[i].Index, text)) {
			t.Errorf("card %d of %s: %s", i, text, card)
		}
	}
	// The arrow keys lead from cell to cell.
	eval[bool](v, `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true})); return true`, nil)
	if got := eval[string](v, `return document.activeElement.getAttribute("aria-label")`, nil); !strings.HasPrefix(got, fmt.Sprintf("%d read as %d: ", label, (answer+1)%10)) {
		t.Errorf("to the right of %s is %s", text, got)
	}

	v.set("#panel-mistakes .pair > :last-child .cards select", strconv.Itoa(label))
	v.draw([][2]float64{{140, 40}, {140, 240}}) // a one
	v.set("#panel-mistakes .orders select", "1")
	v.tap("#panel-mistakes", "Add your drawing as a")
	v.reachable()
	v.tap("#panel-mistakes", "Learn them")
	v.until("what it learned", `/right; before it were/.test(find("#panel-mistakes .said").innerText)`)
	change, err := s.lab.Change(context.Background(), lab.Subject{Run: "r1", Step: lab.Latest}, lab.Subject{Run: "r2", Step: lab.Latest}, 0)
	if err != nil {
		t.Fatal(err)
	}
	said := eval[[]string](v, `return [...document.querySelectorAll("#panel-mistakes h3")].map(e => e.innerText)`, nil)
	for i, n := range []int{len(change.Better), len(change.Worse)} {
		if want := fmt.Sprintf("%s: %d image", []string{"Better", "Worse"}[i], n); !strings.HasPrefix(said[i+1], want) {
			t.Errorf("%s, want %s", said[i+1], want)
		}
	}
	if got := eval[string](v, `return inkling.lab.subject.run`, nil); got != "r1" {
		t.Errorf("while it learns the pad asks %s", got)
	}
	v.tap("#panel-mistakes", "Ask run 2 from now on")
	v.until("the corrected net", `inkling.lab.net.subject.run === "r2"`)
	image, err := j.Image(cell[0].Index)
	if err != nil {
		t.Fatal(err)
	}
	net, err := s.lab.Net(context.Background(), lab.Subject{Run: "r2", Step: lab.Latest})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := net.Predict(image); err != nil || p.Answer != label {
		t.Errorf("the image that was taught as %d: %+v, %v", label, p.Answer, err)
	}
	v.quiet()
}

func TestMuseumOnThePage(t *testing.T) {
	s := learned(t, `{"epochs": 2}`)
	v := visit(t, s, 1000, 900, "light", "#tab=bugs&run=r1")
	v.until("the shelf", `document.querySelectorAll(".exhibits button").length === 6`)
	for i, f := range lab.Faults {
		v.tap(".exhibits", f.Title)
		v.until(f.Name, `find(".exhibit h2").innerText === "`+f.Title+`"`)
		v.tap(".exhibit", "Switch it on")
		faulty, sound := fmt.Sprintf("run %d", 2*i+3), fmt.Sprintf("Run %d", 2*i+2)
		v.until(f.Name+": both have ended", `find(".exhibit .said").innerText.includes("`+sound+` without it: ")`)
		v.until(f.Name+": both curves", `find(".exhibit .plot").getAttribute("aria-label").includes("with the fault: ")`)
		r, err := s.lab.Run(strings.Replace(faulty, "run ", "r", 1))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, d := range r.Summary().Doctor {
			found = found || !d.Fine && strings.Contains(v.say(".exhibit dd[role=status]"), d.Sentence)
		}
		if !found {
			t.Errorf("%s: the doctor says %s", f.Name, v.say(".exhibit dd[role=status]"))
		}
		if said := v.say(".exhibit dl"); !strings.Contains(said, f.Symptom) || !strings.Contains(said, f.Cure) {
			t.Errorf("%s: %s", f.Name, said)
		}
	}
	if got := eval[string](v, `return inkling.lab.subject.run`, nil); got != "r1" {
		t.Errorf("the pad asks %s meanwhile", got)
	}
	v.steady()
	v.reachable()
	v.quiet()
}

func TestExperimentsOnThePage(t *testing.T) {
	s := learned(t, `{"epochs": 6}`)
	v := visit(t, s, 1600, 900, "dark", "#tab=experiments&run=r1")
	v.until("the questions", `find("#panel-experiments b").innerText.endsWith(" of 10 answered")`)
	ended(t, s.lab, `{"epochs": 6}`)
	v.until("the same bits", `find("[data-experiment=same-bits]").classList.contains("answered")`)
	if said := v.say("[data-experiment=same-bits] .note"); !strings.Contains(said, "runs r1 and r2 are the same, bit for bit") {
		t.Error(said)
	}

	// A seven with other pixels: those that take most from the right answer, one by one.
	v.until("an image", `/Test image \d+/.test(find(".fool canvas").getAttribute("aria-label"))`)
	pixels := eval[[]int](v, `
		const { lab } = inkling, index = Number(find(".fool canvas").getAttribute("aria-label").match(/image (\d+)/)[1]);
		const { images, labels } = await lab.images([index], lab.net.subject), m = images[0].slice(), pressed = [];
		while (pressed.length < 40 && lab.answer(m, lab.net).best === labels[0]) {
			let least = 2, at = -1;
			for (let i = 0; i < m.length; i++) {
				if (pressed.includes(i)) continue;
				const was = m[i];
				m[i] = was < 128 ? 255 : 0;
				const p = lab.answer(m, lab.net).probabilities[labels[0]];
				if (p < least) { least = p; at = i; }
				m[i] = was;
			}
			m[at] = m[at] < 128 ? 255 : 0;
			pressed.push(at);
		}
		return pressed`, nil)
	corner := eval[[]float64](v, `const e = find(".fool canvas"); e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.left + 1, r.top + 1, (r.width - 2) / 28]`, nil)
	for _, p := range pixels {
		x, y := corner[0]+(float64(p%28)+0.5)*corner[2], corner[1]+(float64(p/28)+0.5)*corner[2]
		v.mouse("mousePressed", x, y)
		v.mouse("mouseReleased", x, y)
	}
	want := fmt.Sprintf("%d pixel", len(pixels))
	if said := v.say(".fool .said"); !strings.Contains(said, want) {
		t.Errorf("after %s: %s", want, said)
	}
	v.tap(".fool", "Hand it in")
	v.until("a fooled net", `find("[data-experiment=fool]").classList.contains("answered") && find("[data-experiment=fool] .mark").innerText === "✓"`)
	v.reachable()

	v.tap("[data-experiment=few-images]", "Set it up")
	v.until("the form", `find(".settings [name=images]")?.value === "500" && location.hash.includes("tab=train")`)
	v.quiet()
}

// Pictures of the five tabs, where a folder is named for them.
func TestLearnPictures(t *testing.T) {
	s := learned(t, `{"epochs": 8}`)
	ended(t, s.lab, `{"epochs": 8, "lr": 0.02, "schedule": "constant"}`)
	rest := `await new Promise(go => setTimeout(go, 1200)); return true`
	for tab, ready := range map[string]string{
		"train": `find(".charts canvas")`, "time&step=64": `find("#panel-time .confusion td > *")`, "mistakes": `find("#panel-mistakes .cards canvas")`,
		"bugs&bug=no-shuffle": `find(".exhibit h2")?.innerText`, "experiments": `find("#panel-experiments b")?.innerText`,
	} {
		name, _, _ := strings.Cut(tab, "&")
		shots(t, s, name, "#run=r2&tab="+tab, func(v *visitor) {
			v.until("a net", `inkling.lab.net`)
			v.draw(seven)
			v.until(name, ready)
			if name == "bugs" && !strings.Contains(v.say(".exhibit .said"), "without it") {
				v.tap(".exhibit", "Switch it on")
				v.until("both", `find(".exhibit .said").innerText.includes("without it")`)
			}
			eval[bool](v, `window.scrollTo(0, innerWidth < 1000 ? find("#tabs").getBoundingClientRect().top + scrollY - 8 : 0); `+rest, nil)
		})
	}
}
