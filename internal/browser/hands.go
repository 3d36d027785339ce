package browser

import (
	"fmt"

	"github.com/chromedp/cdproto/input"
)

// Click presses what a selector names, with the mouse.
func (v *Visitor) Click(selector string) {
	v.Helper()
	at := Eval[[]float64](v, `const e = find(given); if (!e) return []; e.scrollIntoView({block: "center", behavior: "instant"}); const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]`, selector)
	if len(at) == 0 {
		v.Fatalf("there is no %s", selector)
	}
	v.Press(at[0], at[1])
}

// Tap presses the button with a text, somewhere in what a selector names.
func (v *Visitor) Tap(within, text string) {
	v.Helper()
	v.Until("a button "+text, fmt.Sprintf(`[...document.querySelectorAll(%q)].some(b => b.innerText === %q && !b.disabled)`, within+" button", text))
	Eval[bool](v, `find("[data-press]")?.removeAttribute("data-press"); [...document.querySelectorAll(given[0] + " button")].find(b => b.innerText === given[1]).dataset.press = ""; return true`, []string{within, text})
	v.Click("[data-press]")
}

// Set fills a control in, as somebody does who types or chooses.
func (v *Visitor) Set(selector, value string) {
	v.Helper()
	Eval[bool](v, `const e = find(given[0]); e.focus(); e.value = given[1]; e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})); return true`,
		[]string{selector, value})
}

// Text is what stands in an element.
func (v *Visitor) Text(selector string) string {
	v.Helper()
	return Eval[string](v, `return find(given)?.innerText ?? "there is no " + given`, selector)
}

// Press clicks a place of the window.
func (v *Visitor) Press(x, y float64) {
	v.Helper()
	v.mouse(input.DispatchMouseEventTypeMousePressed, x, y)
	v.mouse(input.DispatchMouseEventTypeMouseReleased, x, y)
}

func (v *Visitor) mouse(kind input.DispatchMouseEventType, x, y float64) {
	v.Helper()
	p := input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: 1}
	if kind != input.DispatchMouseEventTypeMouseReleased {
		p.Buttons = 1
	}
	call(v, input.DispatchMouseEvent, p)
}

// Key presses a key where the focus is; "Shift+Tab" is Tab with shift.
func (v *Visitor) Key(name string) {
	v.Helper()
	p := input.DispatchKeyEventParams{Key: name}
	if name == "Shift+Tab" {
		p.Key, p.Modifiers = "Tab", 8
	}
	p.WindowsVirtualKeyCode = map[string]int64{"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35, "Enter": 13, " ": 32, "Tab": 9, "Escape": 27}[p.Key]
	if p.WindowsVirtualKeyCode == 0 {
		v.Fatalf("no key is called %q", name)
	}
	text := map[string]string{"Enter": "\r", " ": " "}[name]
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p.Type, p.Text = kind, ""
		if kind == input.DispatchKeyEventTypeKeyDown {
			p.Text = text
		}
		call(v, input.DispatchKeyEvent, p)
	}
}

// Drop drops a file onto the pad.
func (v *Visitor) Drop(name, kind string, content []byte) {
	v.Helper()
	Eval[bool](v, `const data = new DataTransfer();
		data.items.add(new File([bytes64(given.content)], given.name, {type: given.kind}));
		find("#pad").dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data})); return true`,
		map[string]any{"name": name, "kind": kind, "content": content})
}
