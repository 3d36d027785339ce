package lab_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"inkling/internal/browser"
	"inkling/lab"
	"inkling/web"
)

// part is one of the lab's seven, with what a visitor has on it who has begun.
type part struct {
	name, address string
	ready         string // true when it shows what it has to show
	do            func(*browser.Visitor)
}

var parts = []part{
	{"way", "", `[...document.querySelectorAll(".stations div > .note")].length === 5`, func(v *browser.Visitor) {
		v.Click("#switch-centred")
		v.Until("a remark", `find("#remarks button")`)
	}},
	{"inside", "label=7", `find(".ends button") && document.querySelectorAll(".evidence canvas").length === 2`, func(v *browser.Visitor) {
		v.Click(".ends button:last-child")
		v.Until("a sum", `find(".unfold .sum")`)
		v.Click(`.layer[data-layer="3"] canvas`)
		v.Until("a unit", `/^(Loss by h|H)idden/.test(find(".unfold h3").textContent)`)
	}},
	{"train", "", `find(".charts canvas") && /After \d+ steps: /.test(find(".train .ribbon + .note")?.innerText)`, nil},
	{"time", "step=64", `find("#panel-time .confusion td > *")`, nil},
	{"mistakes", "", `find("#panel-mistakes .cards canvas")`, nil},
	{"bugs", "bug=no-shuffle", `find(".exhibit h2")?.innerText`, func(v *browser.Visitor) {
		if !strings.Contains(v.Text(".exhibit .said"), "without it") {
			v.Tap(".exhibit", "Switch it on")
			v.Until("both", `find(".exhibit .said").innerText.includes("without it")`)
		}
	}},
	{"experiments", "", `find("#panel-experiments b")?.innerText.endsWith(" of 10 answered") && find(".fool canvas")`, nil},
}

// open shows a part of the lab, asking a run, in a window where a seven is drawn.
func (p part) open(v *browser.Visitor, run string) {
	v.Helper()
	browser.Eval[bool](v, `inkling.pad.off.clear(); inkling.pad.again(); const all = new URLSearchParams(given); if (inkling.lab.address.get("drawing")) all.set("drawing", inkling.lab.address.get("drawing")); location.hash = "#" + all; return true`, "run="+run+"&tab="+p.name+"&"+p.address)
	v.Until(p.name+" itself", `!find("#panel-`+p.name+`").hidden`)
	v.Until(p.name, p.ready)
	if p.do != nil {
		p.do(v)
	}
}

// begun is a site with two runs, and a visitor there who has drawn a seven.
func begun(t *testing.T, width, height int64, scheme string) *browser.Visitor {
	t.Helper()
	s := learned(t, `{"epochs": 8}`)
	ended(t, s.lab, `{"epochs": 8, "lr": 0.02, "schedule": "constant"}`)
	v := visit(t, s, width, height, scheme, "#run=r2")
	v.Until("a net", `inkling.lab.net`)
	v.Trace(browser.Seven)
	v.Until("the answer", `find("#verdict b").textContent`)
	return v
}

var looks = struct {
	schemes []string
	sizes   [][2]int64
}{[]string{"light", "dark"}, [][2]int64{{360, 740}, {900, 1100}, {1600, 900}}}

// All text can be read, the page fits its window, and the keys alone lead everywhere: in
// every part, at three widths, by day and by night.
func TestThePageIsSound(t *testing.T) {
	t.Parallel()
	v := begun(t, 1600, 900, "light")
	every := os.Getenv("INKLING_ACCEPTANCE") != ""
	for i, p := range parts {
		p.open(v, "r2")
		for k, size := range looks.sizes {
			v.Resize(size[0], size[1])
			for j, scheme := range looks.schemes {
				if !every && k != i%3 { // each part at one of the widths, by day and by night
					continue
				}
				when := fmt.Sprintf("%s, %d pixels, %s", p.name, size[0], scheme)
				v.Scheme(scheme)
				v.Sound(when)
				if every && j == 0 || !every && j == i%2 {
					v.Reach(when)
				}
			}
		}
		for _, width := range []int64{320, 720, 900, 1000, 1280} { // where the page is at its tightest
			v.Resize(width, 900)
			when := fmt.Sprintf("%s, %d pixels", p.name, width)
			v.Sound(when)
			v.Until(when+": the open tab is in sight", `(r => r.left >= 0 && r.right <= innerWidth)(find("[role=tab][aria-selected=true]").getBoundingClientRect())`)
			if width == 1280 && browser.Eval[bool](v, `const f = find("#flow"); return f.querySelectorAll("canvas").length < 2 || f.scrollWidth > f.clientWidth`, nil) {
				t.Errorf("%s: the layers beside the pad are cut off", when)
			}
			if browser.Eval[bool](v, `const c = find("section:not([hidden]) .confusion"); return c !== null && c.offsetWidth > c.parentElement.clientWidth`, nil) {
				t.Errorf("%s: the confusion matrix is cut off", when)
			}
		}
		v.Resize(1600, 900)
	}
	// Between the tabs the arrows lead, and round.
	browser.Eval[bool](v, `find("#tab-way").focus(); return true`, nil)
	for _, x := range [][2]string{{"ArrowRight", "inside"}, {"ArrowRight", "train"}, {"ArrowLeft", "inside"}, {"Home", "way"}, {"ArrowLeft", "experiments"}, {"ArrowRight", "way"}, {"End", "experiments"}} {
		v.Key(x[0])
		if on := browser.Eval[string](v, `return document.activeElement.id + (find("#panel-" + given).hidden ? " without its panel" : "")`, x[1]); on != "tab-"+x[1] {
			t.Errorf("%s leads to %s, want %s", x[0], on, x[1])
		}
	}
	v.Quiet()
}

// While nets learn nothing moves on the page, whichever part is open and however wide
// the window is.
func TestNothingMoves(t *testing.T) {
	t.Parallel()
	s := newSite(t, lab.ServerOptions{Page: web.Lab(), Welcome: true})
	v := visit(t, s, 1600, 900, "light", "")
	v.Trace(browser.Seven)
	v.Until("a net that has learned", `find("#status").textContent.startsWith("trained")`)
	v.Until("its answer", `find("#verdict b").textContent !== ""`)
	v.Still("the first net learns")
	widths := looks.sizes[2:]
	if os.Getenv("INKLING_ACCEPTANCE") != "" {
		widths = looks.sizes
	}
	for _, size := range widths {
		v.Resize(size[0], size[1])
		for _, p := range parts {
			browser.Eval[bool](v, `location.hash = given; return true`, "#tab="+p.name)
			v.Until(p.name, `!find("#panel-`+p.name+`").hidden`)
			v.Until("a net", `inkling.lab.net`)
			browser.Eval[bool](v, `await new Promise(go => setTimeout(go, 600)); moves = []; return true`, nil) // what opens takes its place
			ended(t, s.lab, `{"epochs": 6, "batch": 32}`)
			v.Until("the run's end", `inkling.lab.state.runs.at(-1).state === "done" && inkling.lab.net.subject.step === inkling.lab.state.runs.at(-1).steps`)
			v.Still(fmt.Sprintf("%s, %d pixels, while a net learns", p.name, size[0]))
		}
	}
	v.Quiet()
}

// The parts as they look, for a person to look at; whole is the page to its end:
//
//	INKLING_SHOTS=/tmp go test ./lab -run Shots
func TestShots(t *testing.T) {
	if browser.Shots() == "" {
		t.Skip("INKLING_SHOTS names no folder")
	}
	v := begun(t, 1600, 900, "light")
	for _, p := range parts {
		p.open(v, "r2")
		for _, size := range looks.sizes {
			for _, scheme := range looks.schemes {
				v.Resize(size[0], size[1])
				v.Scheme(scheme)
				name := fmt.Sprintf("%s-%d-%s", p.name, size[0], scheme)
				browser.Eval[bool](v, `scrollTo(0, given < 1000 ? find("#tabs").getBoundingClientRect().top + scrollY - 8 : 0); await new Promise(go => setTimeout(go, 300)); return true`, size[0])
				v.Picture(name)
				v.Resize(size[0], 2600)
				browser.Eval[bool](v, `scrollTo(0, 0); await new Promise(go => setTimeout(go, 300)); return true`, nil)
				v.Picture(name + "-whole")
			}
		}
		v.Resize(1600, 900)
	}
	v.Quiet()
}

// The pictures of the README, of a training on MNIST:
//
//	INKLING_SHOTS=../docs go test ./lab -run ReadmePictures
func TestReadmePictures(t *testing.T) {
	if browser.Shots() == "" {
		t.Skip("INKLING_SHOTS names no folder")
	}
	l, _ := mnist(t)
	s := siteOf(t, l, lab.ServerOptions{Page: web.Lab()})
	ended(t, s.lab, `{}`)
	v := visit(t, s, 1600, 1360, "light", "#tab=time&run=r1&step=384")
	v.Until("a net", `inkling.lab.net`)
	v.Trace(browser.Seven)
	v.Until("the moment", `find("#panel-time .confusion td > *") && /^After 384 steps: /.test(find("#panel-time .ribbon + .note").innerText)`)
	browser.Eval[bool](v, `document.activeElement.blur(); await new Promise(go => setTimeout(go, 600)); return true`, nil)
	v.Picture("lab")
	v.Resize(1440, 1080)
	parts[1].open(v, "r1")
	browser.Eval[bool](v, `scrollTo(0, 0); document.activeElement.blur(); await new Promise(go => setTimeout(go, 600)); return true`, nil)
	v.Picture("unfold")
	v.Quiet()
}
