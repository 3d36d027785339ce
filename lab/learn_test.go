package lab_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"inkling/internal/browser"
	"inkling/lab"
	"inkling/web"
)

func TestTrainOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, lab.ServerOptions{Page: web.Lab()})
	v := visit(t, s, 1600, 900, "light", "#tab=train")
	v.Until("a form", `find(".settings [name=lr]")`)
	v.Set(".settings [name=optimizer]", "sgd")
	if got := browser.Eval[string](v, `return find(".settings [name=lr]").value`, nil); got != "0.5" {
		t.Errorf("with SGD the rate is %s", got)
	}
	v.Set(".settings [name=epochs]", "4")
	v.Set(".settings [name=seed]", "5")
	v.Draw(browser.Seven)
	v.Tap(".side", "Start paused")
	v.Until("a paused run", `find(".runs tbody tr td:nth-child(4)")?.innerText === "paused"`)
	v.Tap(".main", "One step")
	v.Until("one step", `inkling.lab.state.runs[0].step === 1 && inkling.lab.state.runs[0].state === "paused"`)
	v.Tap(".main", "Resume")
	v.Until("a trained run", `find(".runs tbody tr td:nth-child(4)").innerText === "trained"`)
	r, err := s.lab.Run("r1")
	if err != nil {
		t.Fatal(err)
	}
	sum := r.Summary()
	right := fmt.Sprintf("%.1f %%", 100**sum.Epochs[len(sum.Epochs)-1].Accuracy)
	v.Until("its accuracy", `find(".runs tbody tr td:nth-child(7)").innerText === "`+right+`"`)
	v.Until("its curves", `[...document.querySelectorAll(".charts .plot")].every(p => p.getAttribute("aria-label").includes("run 1"))`)
	v.Until("its weights", `new Set(find(".train .filters canvas").getContext("2d").getImageData(0, 0, 28, 28).data).size > 20`)
	v.Until("the drawing's answers", `/After \d+ steps: /.test(find(".train .ribbon + .note").innerText)`)
	v.Still("train")
	v.Sound("train")
	link := browser.Eval[string](v, `return location.hash`, nil)
	for _, want := range []string{"t.seed=5", "t.optimizer=sgd", "t.lr=0.5", "t.epochs=4", "t.model=network", "t.data=synth"} {
		if !strings.Contains(link, want) {
			t.Errorf("the address has no %s: %s", want, link)
		}
	}

	v.Tap(".main", "Fork …")
	v.Set(".fork [name=step]", "20")
	v.Set(".fork [name=lr]", "0.1")
	v.Tap(".fork", "Fork")
	v.Until("where the fork parts", `find(".fork .said").innerText.includes("are the same bits up to step 20. After step 21")`)
	if said := v.Text(".fork .said"); !strings.Contains(said, "hidden.weight[") {
		t.Errorf("the first weight that differs: %s", said)
	}
	v.Until("two curves", `find(".charts .plot").getAttribute("aria-label").includes("run 2")`)

	// Somebody else opens the link, and gets the same training.
	v.Quiet()
	other := visit(t, s, 360, 740, "dark", link)
	other.Tap(".side", "Start")
	other.Until("a third run", `inkling.lab.state.runs[2]?.state === "done"`)
	again, err := s.lab.Run("r3")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Losses(0), again.Losses(0)) {
		t.Error("the link gives another training")
	}
	other.Set(".settings [name=batch]", "0")
	other.Tap(".side", "Start")
	other.Until("what is wrong", `find(".train .problem").innerText.startsWith("Batch size: ")`)
	other.Quiet()
}

func TestTimeMachineOnThePage(t *testing.T) {
	t.Parallel()
	s := learned(t, `{"epochs": 8}`)
	v := visit(t, s, 1000, 900, "dark", "#tab=time")
	v.Until("a net", `inkling.lab.net`)
	v.Draw(browser.Seven)
	v.Until("a past", `!find("#moment").disabled`)
	total := func() int {
		return browser.Eval[int](v, `return [...document.querySelectorAll("#panel-time .confusion td > *")].reduce((a, b) => a + (Number(b.innerText) || 0), 0)`, nil)
	}
	v.Set("#moment", "0")
	v.Until("the beginning", `find("#panel-time .said").innerText.startsWith("Run 1 after 0 of ")`)
	v.Until("its net", `inkling.lab.net.subject.step === 0`)
	v.Until("its confusion", `find("#panel-time .confusion") && find("#panel-time figcaption b") && [...document.querySelectorAll("#panel-time figcaption b")].some(b => /Confusion on 300 test images/.test(b.innerText))`)
	if n := total(); n != 300 {
		t.Errorf("the matrix holds %d images", n)
	}
	before := browser.Eval[float64](v, `return parseFloat(find("#panel-time .ribbon + .note").innerText.split(", ")[1])`, nil)
	last := browser.Eval[string](v, `return find("#moment").max`, nil)
	v.Set("#moment", last)
	v.Until("the end", `inkling.lab.net.subject.step === inkling.lab.state.runs[0].steps`)
	v.Until("the answer at the end", `find("#panel-time .ribbon + .note").innerText.includes(": 7, ")`)
	if after := browser.Eval[float64](v, `return parseFloat(find("#panel-time .ribbon + .note").innerText.split(", ")[1])`, nil); after < 60 || before > 40 {
		t.Errorf("a seven is read with %.1f %% at the beginning, and %.1f %% at the end", before, after)
	}
	v.Until("the pad's answer then", `find("#verdict b").innerText === "7"`)
	v.Set("#panel-time [name=step]", "13")
	v.Until("step 13 itself", `inkling.lab.net.subject.step === 13 && location.hash.includes("step=13")`)
	v.Tap("#panel-time", "Play")
	v.Until("it plays", `inkling.lab.subject.step > 20`)
	v.Tap("#panel-time", "Pause")
	v.Tap("#panel-time", "Newest")
	v.Until("the newest", `inkling.lab.subject.step === -1`)
	v.Still("time")
	v.Sound("time")
	v.Quiet()
}

func TestMistakesOnThePage(t *testing.T) {
	t.Parallel()
	s := learned(t, `{"epochs": 4}`)
	v := visit(t, s, 1600, 900, "light", "#tab=mistakes&run=r1")
	v.Until("the worst mistakes", `document.querySelectorAll("#panel-mistakes .cards canvas").length > 0`)
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
	v.Click(fmt.Sprintf("#panel-mistakes .confusion tbody tr:nth-child(%d) td:nth-child(%d) button", label+1, answer+2))
	text := fmt.Sprintf("%d read as %d", label, answer)
	v.Until("the images of the cell", fmt.Sprintf(`document.querySelectorAll("#panel-mistakes .pair > :last-child .cards canvas").length === %d`, min(24, j.Confusion[label][answer])))
	if head := v.Text("#panel-mistakes .pair > :last-child h3"); !strings.HasSuffix(head, "the surest first") {
		t.Errorf("the images of a cell are called %q", head)
	}
	cards := browser.Eval[[]string](v, `return [...document.querySelectorAll("#panel-mistakes .pair > :last-child .cards li")].map(e => e.querySelector("canvas").getAttribute("aria-label"))`, nil)
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
	browser.Eval[bool](v, `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true})); return true`, nil)
	if got := browser.Eval[string](v, `return document.activeElement.getAttribute("aria-label")`, nil); !strings.HasPrefix(got, fmt.Sprintf("%d read as %d: ", label, (answer+1)%10)) {
		t.Errorf("to the right of %s is %s", text, got)
	}

	v.Set("#panel-mistakes .pair > :last-child .cards select", strconv.Itoa(label))
	v.Draw(browser.Stroke{{140, 40}, {140, 240}}) // a one
	v.Set("#panel-mistakes .orders select", "1")
	v.Tap("#panel-mistakes", "Add your drawing as a")
	v.Still("mistakes")
	v.Sound("mistakes")
	v.Tap("#panel-mistakes", "Learn them")
	v.Until("what it learned", `/right; before it were/.test(find("#panel-mistakes .said").innerText)`)
	change, err := s.lab.Change(context.Background(), lab.Subject{Run: "r1", Step: lab.Latest}, lab.Subject{Run: "r2", Step: lab.Latest}, 0)
	if err != nil {
		t.Fatal(err)
	}
	said := browser.Eval[[]string](v, `return [...document.querySelectorAll("#panel-mistakes h3")].map(e => e.innerText)`, nil)
	for i, n := range []int{len(change.Better), len(change.Worse)} {
		if want := fmt.Sprintf("%s: %d image", []string{"Better", "Worse"}[i], n); !strings.HasPrefix(said[i+1], want) {
			t.Errorf("%s, want %s", said[i+1], want)
		}
	}
	if got := browser.Eval[string](v, `return inkling.lab.subject.run`, nil); got != "r1" {
		t.Errorf("while it learns the pad asks %s", got)
	}
	v.Tap("#panel-mistakes", "Ask run 2 from now on")
	v.Until("the corrected net", `inkling.lab.net.subject.run === "r2"`)
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
	v.Quiet()
}

func TestMuseumOnThePage(t *testing.T) {
	t.Parallel()
	s := learned(t, `{"epochs": 2}`)
	v := visit(t, s, 1000, 900, "light", "#tab=bugs&run=r1")
	v.Until("the shelf", `document.querySelectorAll(".exhibits button").length === 6`)
	for i, f := range lab.Faults {
		v.Tap(".exhibits", f.Title)
		v.Until(f.Name, `find(".exhibit h2").innerText === "`+f.Title+`"`)
		v.Tap(".exhibit", "Switch it on")
		faulty, sound := fmt.Sprintf("run %d", 2*i+3), fmt.Sprintf("Run %d", 2*i+2)
		v.Until(f.Name+": both have ended", `find(".exhibit .said").innerText.includes("`+sound+` without it: ")`)
		v.Until(f.Name+": both curves", `find(".exhibit .plot").getAttribute("aria-label").includes("with the fault: ")`)
		r, err := s.lab.Run(strings.Replace(faulty, "run ", "r", 1))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, d := range r.Summary().Doctor {
			found = found || !d.Fine && strings.Contains(v.Text(".exhibit dd[role=status]"), d.Sentence)
		}
		if !found {
			t.Errorf("%s: the doctor says %s", f.Name, v.Text(".exhibit dd[role=status]"))
		}
		if said := v.Text(".exhibit dl"); !strings.Contains(said, f.Symptom) || !strings.Contains(said, f.Cure) {
			t.Errorf("%s: %s", f.Name, said)
		}
	}
	if got := browser.Eval[string](v, `return inkling.lab.subject.run`, nil); got != "r1" {
		t.Errorf("the pad asks %s meanwhile", got)
	}
	v.Still("bugs")
	v.Sound("bugs")
	v.Quiet()
}

func TestExperimentsOnThePage(t *testing.T) {
	t.Parallel()
	s := learned(t, `{"epochs": 6}`)
	v := visit(t, s, 1600, 900, "dark", "#tab=experiments&run=r1")
	v.Until("the questions", `find("#panel-experiments b").innerText.endsWith(" of 10 answered")`)
	ended(t, s.lab, `{"epochs": 6}`)
	v.Until("the same bits", `find("[data-experiment=same-bits]").classList.contains("answered")`)
	if said := v.Text("[data-experiment=same-bits] .note"); !strings.Contains(said, "runs r1 and r2 are the same, bit for bit") {
		t.Error(said)
	}

	// A seven with other pixels: those that take most from the right answer, one by one.
	v.Until("an image", `/Test image \d+/.test(find(".fool canvas").getAttribute("aria-label"))`)
	pixels := browser.Eval[[]int](v, `
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
	corner := browser.Eval[[]float64](v, `const e = find(".fool canvas"); e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.left + 1, r.top + 1, (r.width - 2) / 28]`, nil)
	for _, p := range pixels {
		x, y := corner[0]+(float64(p%28)+0.5)*corner[2], corner[1]+(float64(p/28)+0.5)*corner[2]
		v.Press(x, y)
	}
	want := fmt.Sprintf("%d pixel", len(pixels))
	if said := v.Text(".fool .said"); !strings.Contains(said, want) {
		t.Errorf("after %s: %s", want, said)
	}
	v.Tap(".fool", "Hand it in")
	v.Until("a fooled net", `find("[data-experiment=fool]").classList.contains("answered") && find("[data-experiment=fool] .mark").innerText === "✓"`)
	v.Still("experiments")
	v.Sound("experiments")

	v.Tap("[data-experiment=few-images]", "Set it up")
	v.Until("the form", `find(".settings [name=images]")?.value === "500" && location.hash.includes("tab=train")`)
	v.Until("what it is for", `/^How few images reach 80 %\?.* Set for a beginning: Images 500; .* Press Start\.$/.test(find(".train .task").innerText)`)
	v.Set(".settings [name=epochs]", "1")
	v.Tap(".side", "Start")
	v.Until("nothing to do", `inkling.lab.state.runs.length === 3 && find(".train .task").hidden`)
	v.Until("its end", `inkling.lab.state.runs[2].state === "done"`)
	v.Quiet()
}
