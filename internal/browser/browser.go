// Package browser is a visitor with Chromium at a page, for tests: what the hands do, what
// the eyes see, and what no page may do. Debian's chromium runs without a screen, and
// without a network beyond the loopback.
package browser

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

const binary = "/usr/bin/chromium"

// one is the Chromium of this process: to start it takes longer than most tests do.
var one struct {
	sync.Mutex
	begun   bool
	context context.Context
	err     error
	stop    func()
}

// Main is a testing.M whose end is Chromium's end too:
//
//	func TestMain(m *testing.M) { os.Exit(browser.Main{M: m}.Run()) }
type Main struct{ *testing.M }

func (m Main) Run() int {
	defer func() {
		one.Lock()
		defer one.Unlock()
		if one.stop != nil {
			one.stop()
		}
	}()
	return m.M.Run()
}

// chromium is the browser, started when it is first asked for.
func chromium(t testing.TB) context.Context {
	t.Helper()
	if _, err := os.Stat(binary); err != nil {
		t.Skip("skipped: no Chromium")
	}
	one.Lock()
	defer one.Unlock()
	if !one.begun {
		one.begun = true
		options := append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(binary), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
			chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
			chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true),
			chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"), chromedp.Flag("proxy-server", "127.0.0.1:1"))
		allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, cancel := chromedp.NewContext(allocator)
		one.stop = func() { cancel(); stop() }
		one.context, one.err = ctx, chromedp.Do(ctx)
	}
	if one.err != nil {
		t.Fatalf("Chromium does not start: %v", one.err)
	}
	return one.context
}
