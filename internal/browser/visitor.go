package browser

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a visitor waits for what has to come: long, since a machine that
// tests may have much else to do.
const patience = 90 * time.Second

// Visitor is a person at a window that has nothing in common with other windows.
type Visitor struct {
	testing.TB
	ctx        context.Context
	width      int64
	mu         sync.Mutex
	home       string   // what the page's requests may begin with
	complaints []string // errors on the console, exceptions, requests to elsewhere
}

// Visit opens a window of so many pixels, by day (light) or by night (dark).
func Visit(t testing.TB, width, height int64, scheme string) *Visitor {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	v := &Visitor{TB: t, ctx: ctx}
	if err := chromedp.Listen(ctx, v.hear); err != nil {
		t.Fatalf("Chromium opens no window: %v", err)
	}
	call(v, network.Enable, network.EnableParams{})
	call(v, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watching})
	v.Resize(width, height)
	v.Scheme(scheme)
	return v
}

// Open goes to an address; the page may ask for what begins with home, and for nothing else.
func (v *Visitor) Open(home, address string) {
	v.Helper()
	v.mu.Lock()
	v.home = home
	v.mu.Unlock()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		v.Fatalf("%s: %v", address, err)
	}
}

// File opens a file.
func (v *Visitor) File(path string) {
	v.Helper()
	v.Open("file:///", "file://"+path)
}

func (v *Visitor) hear(event any) {
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
		url := e.Request.URL
		v.mu.Lock()
		home := v.home
		v.mu.Unlock()
		if !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:") && !strings.HasPrefix(url, home) {
			complaint = "request: " + url
		}
	}
	if complaint != "" {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.complaints = append(v.complaints, complaint)
	}
}

// Quiet fails the test if the page complained, or asked anyone else for anything.
func (v *Visitor) Quiet() {
	v.Helper()
	for _, c := range v.Complaints() {
		v.Error(c)
	}
}

// Complaints are what the page complained about since they were last asked for.
func (v *Visitor) Complaints() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := v.complaints
	v.complaints = nil
	return all
}

// call sends Chromium a command.
func call[P, R any](v *Visitor, command cdp.Command[P, R], p P) R {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, command, p)
	if err != nil {
		v.Fatal(err)
	}
	return r
}

// Resize makes the window so many pixels wide and high; a narrow one is a phone's.
func (v *Visitor) Resize(width, height int64) {
	v.Helper()
	v.width = width
	call(v, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 500})
}

// Scheme makes it day (light) or night (dark).
func (v *Visitor) Scheme(name string) {
	v.Helper()
	v.Media("", name)
}

// Media shows the page on a screen or on paper (print), by day or by night.
func (v *Visitor) Media(kind, scheme string) {
	v.Helper()
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// Eval runs JavaScript and waits for its promises; in it given is arg, by way of JSON,
// find is document.querySelector, bytes64 reads a []byte's base64 and base64 writes it.
func Eval[T any](v *Visitor, script string, arg any) T {
	v.Helper()
	out, err := eval[T](v, script, arg)
	if err != nil {
		v.Fatalf("%.200s: %v", script, err)
	}
	return out
}

func eval[T any](v *Visitor, script string, arg any) (T, error) {
	given, err := json.Marshal(arg)
	if err != nil {
		return *new(T), err
	}
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](`(async () => { const find = q => document.querySelector(q), given = `+string(given)+`;
		const bytes64 = s => Uint8Array.from(atob(s), c => c.charCodeAt(0)), base64 = a => btoa(Array.from(a, v => String.fromCharCode(v)).join(""));
		`+script+` })()`, chromedp.EvalAwaitPromise))
}

// Bytes runs JavaScript whose answer is bytes in base64.
func Bytes(v *Visitor, script string, arg any) []byte {
	v.Helper()
	out, err := base64.StdEncoding.DecodeString(Eval[string](v, script, arg))
	if err != nil {
		v.Fatal(err)
	}
	return out
}

// Until waits for an expression to be true.
func (v *Visitor) Until(what, expression string) {
	v.Helper()
	pause := 4 * time.Millisecond
	for begun := time.Now(); ; time.Sleep(pause) {
		is, err := eval[bool](v, `return !!(`+expression+`)`, nil)
		if is {
			return
		}
		if time.Since(begun) > patience { // until then another page may come in the place of this one
			v.Picture("never-" + what)
			v.Fatalf("%s: never, %v; the page says %q", what, err, Eval[string](v, `return document.body.innerText.slice(0, 1500)`, nil))
		}
		pause = min(2*pause, 64*time.Millisecond)
	}
}

// Shots is the folder for pictures of the pages, or "".
func Shots() string { return os.Getenv("INKLING_SHOTS") }

// Picture writes what the visitor sees into the folder that INKLING_SHOTS names.
func (v *Visitor) Picture(name string) {
	v.Helper()
	if Shots() == "" {
		return
	}
	shot := call(v, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err := os.WriteFile(filepath.Join(Shots(), name+".png"), shot.Data, 0o644); err != nil {
		v.Fatal(err)
	}
}
