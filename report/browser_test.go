package report

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"inkling/internal/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Main{M: m}.Run()) }

// open shows a file in a window of a width, by day or by night, on a screen or in print.
func open(v *browser.Visitor, file string, width int64, scheme, media string) {
	v.Helper()
	v.Resize(width, 900)
	v.Media(media, scheme)
	v.File(file)
}

// fits checks that the page does not scroll sideways. (innerWidth is no help: on
// a phone it grows with what overflows.)
func fits(t *testing.T, v *browser.Visitor, width int64) {
	t.Helper()
	if got := browser.Eval[int64](v, `return document.documentElement.scrollWidth`, nil); got > width {
		wide := browser.Eval[string](v, `return `+fmt.Sprintf(`[...document.querySelectorAll("main *")].filter(e => !e.closest(".scroll, .chart") && e.getBoundingClientRect().right > %d).map(e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 30)).slice(0, 8).join("; ")`, width), nil)
		t.Errorf("the page is %d px wide in a window of %d: %s", got, width, wide)
	}
}

func TestThePageInABrowser(t *testing.T) {
	t.Parallel()
	v := browser.Visit(t, 1600, 900, "light")
	file := filepath.Join(t.TempDir(), "index.html")
	if err := Save(file, synthetic()); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{320, 360, 1600} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%d %s", width, scheme), func(t *testing.T) {
				open(v, file, width, scheme, "screen")
				fits(t, v, width)
				paper := map[string]string{"light": "rgb(250, 247, 242)", "dark": "rgb(22, 21, 20)"}[scheme]
				if got := browser.Eval[string](v, `return getComputedStyle(document.documentElement).backgroundColor`, nil); got != paper {
					t.Errorf("the paper is %s, want %s", got, paper)
				}
				if n := browser.Eval[int](v, `return [...document.images].filter(i => !i.complete || !i.naturalWidth).length`, nil); n > 0 {
					t.Errorf("%d pictures cannot be shown", n)
				}
				blurred := `[...document.images].filter(i => i.offsetWidth % 28 || getComputedStyle(i).imageRendering != "pixelated").length`
				if n := browser.Eval[int](v, `return `+blurred, nil); n > 0 {
					t.Errorf("%d pictures are not at a whole multiple of their pixels", n)
				}
			})
		}
	}
	t.Run("long names", func(t *testing.T) {
		s := synthetic()
		s.Data.Classes = []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot with laces"}
		s.Data.From = "/home/reader/" + strings.Repeat("a-very-long-folder-name", 8)
		long := filepath.Join(t.TempDir(), "long.html")
		if err := Save(long, s); err != nil {
			t.Fatal(err)
		}
		open(v, long, 360, "light", "screen")
		fits(t, v, 360)
		open(v, file, 1600, "light", "screen")
	})
	t.Run("colour", func(t *testing.T) {
		colour := filepath.Join(t.TempDir(), "colour.html")
		if err := Save(colour, recast(3, true)); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int64{320, 360, 1600} {
			open(v, colour, width, "dark", "screen")
			fits(t, v, width)
		}
		if got := browser.Eval[string](v, `return getComputedStyle(document.querySelector("img.photo")).filter`, nil); got != "none" {
			t.Errorf("by night a photograph is turned by %s", got)
		}
		press := `(() => { document.querySelector(".frame").dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowUp"})); return document.querySelector(".unfold .readout").textContent })()`
		if got := browser.Eval[string](v, `return `+press, nil); !regexp.MustCompile(`^pixel \(9, 10\): red .* \+ green .* \+ blue .* = [+−][0-9.]+ for `).MatchString(got) {
			t.Errorf("a pixel in colour says %q", got)
		}
		open(v, file, 1600, "light", "screen")
	})
	t.Run("touch", func(t *testing.T) { touch(t, v) })
	t.Run("print", func(t *testing.T) {
		open(v, file, 800, "dark", "print")
		if n := browser.Eval[int](v, `return [...document.querySelector(".stages").children].filter(s => s.offsetHeight).length`, nil); n != 3 {
			t.Errorf("%d snapshots of the weights are printed, want 3", n)
		}
		if n := browser.Eval[int](v, `return [...document.querySelectorAll(".controls")].filter(s => s.offsetHeight).length`, nil); n != 0 {
			t.Error("controls are printed, which no finger can press on paper")
		}
	})
	v.Quiet()
}

// touch steps through the snapshots and unfolds a pixel.
func touch(t *testing.T, v *browser.Visitor) {
	const name = `document.querySelector(".stage.on .stage-name").textContent`
	if got := browser.Eval[string](v, `return `+name, nil); !strings.HasPrefix(got, "after 41 epochs") {
		t.Errorf("the first snapshot shown is %q", got)
	}
	v.Click(`.controls button`)
	if got := browser.Eval[string](v, `return `+name, nil); !strings.HasPrefix(got, "after 10 epochs") {
		t.Errorf("one step back from the last snapshot is %q", got)
	}
	browser.Eval[bool](v, `return (() => { const f = document.querySelector(".frame"); f.scrollIntoView({block: "center", behavior: "instant"}); return true })()`, nil)
	const readout = `document.querySelector(".unfold .readout").textContent`
	v.Click(`.frame`)
	var row, column, below int
	if n, err := fmt.Sscanf(browser.Eval[string](v, `return `+readout, nil), "pixel (%d, %d): ", &row, &column); n != 2 || row < 13 || row > 14 || column < 13 || column > 14 {
		t.Errorf("a click in the middle says row %d, column %d (%v)", row, column, err)
	}
	v.Key("ArrowDown")
	if n, err := fmt.Sscanf(browser.Eval[string](v, `return `+readout, nil), "pixel (%d, ", &below); n != 1 || below != row+1 {
		t.Errorf("one pixel down from row %d it says row %d (%v)", row, below, err)
	}
	cell := `(() => { const c = document.querySelectorAll(".grid.all td")[28 * 10 + 12]; c.click(); return document.querySelector(".numbers .readout").textContent })()`
	if got := browser.Eval[string](v, `return `+cell, nil); !strings.HasPrefix(got, "row 10, column 12: ") {
		t.Errorf("a click on a number says %q", got)
	}
}
