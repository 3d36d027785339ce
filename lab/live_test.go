package lab_test

import (
	"fmt"
	"strings"
	"testing"

	"inkling/internal/browser"
	"inkling/lab"
	"inkling/web"
)

// While the first training runs, whoever draws sees the answer form, and can look inside.
func TestTheAnswerFormsWhileItLearns(t *testing.T) {
	t.Parallel()
	s := newSite(t, lab.ServerOptions{Page: web.Lab()})
	v := visit(t, s, 1280, 720, "light", "#tab=inside")
	v.Draw(browser.Seven)
	v.Until("why nothing is there", `find("#panel-inside .said").innerText === "No net is there yet. Start a training, or open a model file."`)
	v.Click("#tab-time")
	v.Until("a sentence instead of axes", `find("#panel-time .said").innerText.startsWith("No run yet") && find("#panel-time .pair").hidden`)
	v.Tap("#panel-time", "Start a training")
	v.Until("the form", `find(".settings [name=epochs]") && find("#status").textContent === "Nothing has been trained yet."`)
	if said := v.Text("#panel-train .ribbon + .note"); !strings.HasPrefix(said, "Your drawing’s answer forms here") {
		t.Errorf("with a seven on the pad, and no net, the ribbon says %q", said)
	}
	v.Set(".settings [name=lr]", "-3")
	v.Tap(".side", "Start")
	v.Until("what is wrong", `find(".train .problem").innerText === "Learning rate: it has to be a positive number."`)

	// A run that is never paused, and lasts longer than the visit.
	if _, err := s.lab.Start(settings(t, s.lab, `{"epochs": 10000}`), false); err != nil {
		t.Fatal(err)
	}
	v.Until("a run that learns", `/^learning, [\d,]+ of [\d,]+ steps on synth$/.test(find("#status").textContent) && inkling.lab.net.subject.run === "r1" && find("#verdict b").textContent !== "" && find("#bars .first")`)
	step := browser.Eval[int](v, `return inkling.lab.net.subject.step`, nil)
	v.Until("newer weights", fmt.Sprintf(`inkling.lab.net.subject.step > %d`, step))
	v.Until("moments", `/^After [\d,]+ steps: /.test(find("#panel-train .ribbon + .note").innerText)`)
	v.Picture("train-live")
	v.Click("#tab-inside")
	v.Until("layers", `document.querySelectorAll(".layerlist .layer").length === 4`)
	v.Click(`.layer[data-layer="3"] canvas`)
	v.Until("a number of a net that learns", `find(".unfold .sum") && find(".unfold h3").textContent.startsWith("Hidden ")`)
	v.Until("its weights and evidence", `document.querySelectorAll(".evidence canvas").length === 2 && document.querySelectorAll(".weights canvas").length === 2`)
	v.Picture("inside-live")
	if said := v.Text("#status"); !strings.HasPrefix(said, "learning, ") {
		t.Errorf("meanwhile the run is %q", said)
	}
	v.Quiet()
}
