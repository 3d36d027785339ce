package lab_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"inkling/lab"
	"inkling/web"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// visitor is a person with a browser at the lab's page.
type visitor struct {
	ctx context.Context
	*testing.T
	*site
	mu         sync.Mutex
	complaints []string // errors on the console, exceptions, requests to elsewhere
}

// visit opens the lab's page in a window of so many pixels, by day or by night.
func visit(t *testing.T, s *site, width, height int64, scheme, path string) *visitor {
	t.Helper()
	const binary = "/usr/bin/chromium"
	if _, err := os.Stat(binary); err != nil {
		t.Skip("skipped: no Chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(binary), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() { // the connections end before the lab does
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log(err)
		}
		cancel()
		stop()
	})
	v := &visitor{ctx: ctx, T: t, site: s}
	if err := chromedp.Listen(ctx, v.hear); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	v.resize(width, height)
	v.scheme(scheme)
	within, done := context.WithTimeout(ctx, 60*time.Second)
	defer done()
	if err := chromedp.Do(within, chromedp.Navigate(s.URL+"/"+path)); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *visitor) resize(width, height int64) {
	v.Helper()
	_, err := chromedp.Call(v.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 500})
	if err != nil {
		v.Fatal(err)
	}
}

func (v *visitor) hear(event any) {
	complaint := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		complaint = "log: " + e.Entry.Text
	case *runtime.EventConsoleAPICalled:
		complaint = "console: " + string(e.Type)
	case *runtime.EventExceptionThrown:
		complaint = "exception: " + e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			complaint += " " + x.Description
		}
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:") && !strings.HasPrefix(url, v.URL) {
			complaint = "request: " + url
		}
	}
	if complaint != "" {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.complaints = append(v.complaints, complaint)
	}
}

// quiet fails the test if the page complained, or asked anyone else for anything.
func (v *visitor) quiet() {
	v.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.complaints {
		v.Error(c)
	}
	v.complaints = nil
}

// eval runs JavaScript and waits for its promises; in it given is arg, by way of JSON,
// and find is document.querySelector.
func eval[T any](v *visitor, script string, arg any) T {
	v.Helper()
	given, err := json.Marshal(arg)
	if err != nil {
		v.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(v.ctx, 60*time.Second)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](`(async () => { const find = q => document.querySelector(q), given = `+string(given)+`; `+script+` })()`, chromedp.EvalAwaitPromise))
	if err != nil {
		v.Fatalf("%.200s: %v", script, err)
	}
	return out
}

// until waits for an expression to be true.
func (v *visitor) until(what, expression string) {
	v.Helper()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if eval[bool](v, `return !!(`+expression+`)`, nil) {
			return
		}
		if time.Since(begun) > 20*time.Second {
			v.picture("never-"+what, false)
			v.Fatalf("%s: never; the page says %q", what, eval[string](v, `return [find("#remarks"), ...document.querySelectorAll("[role=tabpanel]")].map(e => e.innerText).join("\n").slice(0, 600)`, nil))
		}
	}
}

// click presses what a selector names, with the mouse.
func (v *visitor) click(selector string) {
	v.Helper()
	at := eval[[]float64](v, `const e = find(given); if (!e) return []; e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]`, selector)
	if len(at) == 0 {
		v.Fatalf("there is no %s", selector)
	}
	v.press(at[0], at[1])
}

func (v *visitor) mouse(kind input.DispatchMouseEventType, x, y float64) {
	v.Helper()
	p := input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: 1}
	if kind != input.DispatchMouseEventTypeMouseReleased {
		p.Buttons = 1
	}
	if _, err := chromedp.Call(v.ctx, input.DispatchMouseEvent, p); err != nil {
		v.Fatal(err)
	}
}

// press clicks a place of the window.
func (v *visitor) press(x, y float64) {
	v.Helper()
	v.mouse(input.DispatchMouseEventTypeMousePressed, x, y)
	v.mouse(input.DispatchMouseEventTypeMouseReleased, x, y)
}

// key presses a key where the focus is.
func (v *visitor) key(name string) {
	v.Helper()
	text := map[string]string{"Enter": "\r", " ": " "}[name]
	codes := map[string]int64{"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Enter": 13, " ": 32, "Tab": 9}
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: kind, Key: name, WindowsVirtualKeyCode: codes[name]}
		if kind == input.DispatchKeyEventTypeKeyDown {
			p.Text = text
		}
		if _, err := chromedp.Call(v.ctx, input.DispatchKeyEvent, p); err != nil {
			v.Fatal(err)
		}
	}
}

// touch draws a stroke with a finger.
func (v *visitor) touch(points [][2]float64) {
	v.Helper()
	r := eval[[]float64](v, `const r = find("#pad").getBoundingClientRect(); return [r.left, r.top, r.width]`, nil)
	send := func(kind input.DispatchTouchEventType, at ...*input.TouchPoint) {
		if _, err := chromedp.Call(v.ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: at}); err != nil {
			v.Fatal(err)
		}
	}
	kind := input.DispatchTouchEventTypeTouchStart
	for _, p := range points {
		send(kind, &input.TouchPoint{X: r[0] + p[0]/280*r[2], Y: r[1] + p[1]/280*r[2]})
		kind = input.DispatchTouchEventTypeTouchMove
	}
	send(input.DispatchTouchEventTypeTouchEnd)
}

// drop drops a file onto the page.
func (v *visitor) drop(name, kind string, content []byte) {
	v.Helper()
	eval[bool](v, `const bytes = Uint8Array.from(atob(given.content), c => c.charCodeAt(0)), data = new DataTransfer();
		data.items.add(new File([bytes], given.name, {type: given.kind}));
		find("#pad").dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data})); return true`,
		map[string]any{"name": name, "kind": kind, "content": content})
}

// scheme is day (light) or night (dark).
func (v *visitor) scheme(name string) {
	v.Helper()
	_, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	if err != nil {
		v.Fatal(err)
	}
}

// draw draws strokes on the pad with the mouse, in places of a sheet of 280 x 280.
func (v *visitor) draw(strokes ...[][2]float64) {
	v.Helper()
	r := eval[[]float64](v, `const e = find("#pad"); if (e.getBoundingClientRect().top < 0) e.scrollIntoView(); const r = e.getBoundingClientRect(); return [r.left, r.top, r.width]`, nil)
	at := func(p [2]float64) (float64, float64) { return r[0] + p[0]/280*r[2], r[1] + p[1]/280*r[2] }
	for _, points := range strokes {
		x, y := at(points[0])
		v.mouse(input.DispatchMouseEventTypeMousePressed, x, y)
		for _, p := range points[1:] {
			x, y = at(p)
			v.mouse(input.DispatchMouseEventTypeMouseMoved, x, y)
		}
		v.mouse(input.DispatchMouseEventTypeMouseReleased, x, y)
	}
}

// seven is a digit that everybody reads.
var seven = [][2]float64{{80, 60}, {140, 60}, {200, 60}, {180, 110}, {150, 170}, {130, 230}}

// picture writes what the visitor sees into the folder that INKLING_SHOTS names.
func (v *visitor) picture(name string, whole bool) {
	v.Helper()
	folder := os.Getenv("INKLING_SHOTS")
	if folder == "" {
		return
	}
	shot, err := chromedp.Call(v.ctx, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{CaptureBeyondViewport: &whole})
	if err != nil {
		v.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), shot.Data, 0o644); err != nil {
		v.Fatal(err)
	}
}

// shots visits the page at three widths in both themes, after prepare has brought it
// into the state to be seen.
func shots(t *testing.T, s *site, name, path string, prepare func(*visitor)) {
	if os.Getenv("INKLING_SHOTS") == "" {
		t.Skip("INKLING_SHOTS names no folder")
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, size := range [][2]int64{{360, 740}, {900, 1100}, {1600, 900}} {
			v := visit(t, s, size[0], size[1], scheme, path)
			prepare(v)
			v.picture(fmt.Sprintf("%s-%d-%s", name, size[0], scheme), false)
			v.resize(size[0], 2600)
			time.Sleep(500 * time.Millisecond)
			v.picture(fmt.Sprintf("%s-%d-%s-whole", name, size[0], scheme), false)
			v.quiet()
		}
	}
}

// learned is a site whose first run has ended.
func learned(t *testing.T, changes string) *site {
	t.Helper()
	s := newSite(t, lab.ServerOptions{Page: web.Lab()})
	ended(t, s.lab, changes)
	return s
}
