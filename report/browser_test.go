package report

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser opens pages in one Chromium and keeps what they complain about.
type browser struct {
	context.Context
	mu         sync.Mutex
	complaints []string // errors on the console, exceptions, requests to the network
}

// patience is how long the browser may take for one thing: less than a second, where
// nothing else wants the machine.
const patience = 2 * time.Minute

func newBrowser(t *testing.T) *browser {
	t.Helper()
	const binary = "/usr/bin/chromium"
	if _, err := os.Stat(binary); err != nil {
		t.Skip("skipped: no Chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(binary), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	b := &browser{Context: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *browser) hear(event any) {
	complaint := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		complaint = "log: " + e.Entry.Text
	case *runtime.EventConsoleAPICalled:
		complaint = "console: " + string(e.Type)
	case *runtime.EventExceptionThrown:
		complaint = "exception: " + e.ExceptionDetails.Text
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "file:///") {
			complaint = "request: " + url
		}
	}
	if complaint != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.complaints = append(b.complaints, complaint)
	}
}

// open shows a file in a window of a size, by day or by night.
func (b *browser) open(t *testing.T, file string, width int64, scheme, media string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b, patience)
	defer cancel()
	_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file)); err != nil {
		t.Fatal(err)
	}
}

// eval runs JavaScript that a user's hands would cause.
func eval[T any](t *testing.T, b *browser, script string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return v
}

// fits checks that the page does not scroll sideways. (innerWidth is no help: on
// a phone it grows with what overflows.)
func (b *browser) fits(t *testing.T, width int64) {
	t.Helper()
	if got := eval[int64](t, b, `document.documentElement.scrollWidth`); got > width {
		wide := eval[string](t, b, fmt.Sprintf(`[...document.querySelectorAll("main *")].filter(e => !e.closest(".scroll, .chart") && e.getBoundingClientRect().right > %d).map(e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 30)).slice(0, 8).join("; ")`, width))
		t.Errorf("the page is %d px wide in a window of %d: %s", got, width, wide)
	}
}

func TestThePageInABrowser(t *testing.T) {
	b := newBrowser(t)
	file := filepath.Join(t.TempDir(), "index.html")
	if err := Save(file, synthetic()); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{320, 360, 1600} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%d %s", width, scheme), func(t *testing.T) {
				b.open(t, file, width, scheme, "screen")
				b.fits(t, width)
				paper := map[string]string{"light": "rgb(250, 247, 242)", "dark": "rgb(22, 21, 20)"}[scheme]
				if got := eval[string](t, b, `getComputedStyle(document.documentElement).backgroundColor`); got != paper {
					t.Errorf("the paper is %s, want %s", got, paper)
				}
				if n := eval[int](t, b, `[...document.images].filter(i => !i.complete || !i.naturalWidth).length`); n > 0 {
					t.Errorf("%d pictures cannot be shown", n)
				}
				blurred := `[...document.images].filter(i => i.offsetWidth % 28 || getComputedStyle(i).imageRendering != "pixelated").length`
				if n := eval[int](t, b, blurred); n > 0 {
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
		b.open(t, long, 360, "light", "screen")
		b.fits(t, 360)
		b.open(t, file, 1600, "light", "screen")
	})
	t.Run("colour", func(t *testing.T) {
		colour := filepath.Join(t.TempDir(), "colour.html")
		if err := Save(colour, recast(3, true)); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int64{320, 360, 1600} {
			b.open(t, colour, width, "dark", "screen")
			b.fits(t, width)
		}
		if got := eval[string](t, b, `getComputedStyle(document.querySelector("img.photo")).filter`); got != "none" {
			t.Errorf("by night a photograph is turned by %s", got)
		}
		press := `(() => { document.querySelector(".frame").dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowUp"})); return document.querySelector(".unfold .readout").textContent })()`
		if got := eval[string](t, b, press); !regexp.MustCompile(`^pixel \(9, 10\): red .* \+ green .* \+ blue .* = [+−][0-9.]+ for `).MatchString(got) {
			t.Errorf("a pixel in colour says %q", got)
		}
		b.open(t, file, 1600, "light", "screen")
	})
	t.Run("touch", func(t *testing.T) { touch(t, b) })
	t.Run("print", func(t *testing.T) {
		b.open(t, file, 800, "dark", "print")
		if n := eval[int](t, b, `[...document.querySelector(".stages").children].filter(s => s.offsetHeight).length`); n != 3 {
			t.Errorf("%d snapshots of the weights are printed, want 3", n)
		}
		if n := eval[int](t, b, `[...document.querySelectorAll(".controls")].filter(s => s.offsetHeight).length`); n != 0 {
			t.Error("controls are printed, which no finger can press on paper")
		}
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		t.Error(c)
	}
}

// touch steps through the snapshots and unfolds a pixel.
func touch(t *testing.T, b *browser) {
	const name = `document.querySelector(".stage.on .stage-name").textContent`
	if got := eval[string](t, b, name); !strings.HasPrefix(got, "after 41 epochs") {
		t.Errorf("the first snapshot shown is %q", got)
	}
	if err := chromedp.Do(b, chromedp.Click(chromedp.CSS(`.controls button`))); err != nil {
		t.Fatal(err)
	}
	if got := eval[string](t, b, name); !strings.HasPrefix(got, "after 10 epochs") {
		t.Errorf("one step back from the last snapshot is %q", got)
	}
	eval[bool](t, b, `(() => { const f = document.querySelector(".frame"); f.scrollIntoView({block: "center", behavior: "instant"}); return true })()`)
	const readout = `document.querySelector(".unfold .readout").textContent`
	if err := chromedp.Do(b, chromedp.Click(chromedp.CSS(`.frame`))); err != nil {
		t.Fatal(err)
	}
	var row, column, below int
	if n, err := fmt.Sscanf(eval[string](t, b, readout), "pixel (%d, %d): ", &row, &column); n != 2 || row < 13 || row > 14 || column < 13 || column > 14 {
		t.Errorf("a click in the middle says row %d, column %d (%v)", row, column, err)
	}
	if err := chromedp.Do(b, chromedp.KeyEvent(kb.ArrowDown)); err != nil {
		t.Fatal(err)
	}
	if n, err := fmt.Sscanf(eval[string](t, b, readout), "pixel (%d, ", &below); n != 1 || below != row+1 {
		t.Errorf("one pixel down from row %d it says row %d (%v)", row, below, err)
	}
	cell := `(() => { const c = document.querySelectorAll(".grid.all td")[28 * 10 + 12]; c.click(); return document.querySelector(".numbers .readout").textContent })()`
	if got := eval[string](t, b, cell); !strings.HasPrefix(got, "row 10, column 12: ") {
		t.Errorf("a click on a number says %q", got)
	}
}
