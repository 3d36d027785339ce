package browser

import (
	"github.com/chromedp/cdproto/input"
)

// Stroke is where a pen goes while it is down, in places of a sheet of 280 x 280.
type Stroke [][2]float64

// Seven is a digit that everybody reads.
var Seven = Stroke{{80, 60}, {140, 60}, {200, 60}, {180, 110}, {150, 170}, {130, 230}}

// onto tells where places of the sheet are in the window.
func (v *Visitor) onto() func([2]float64) (x, y float64) {
	v.Helper()
	r := Eval[[]float64](v, `const e = find("#pad"), inside = () => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight };
		if (!inside()) e.scrollIntoView({block: "center", behavior: "instant"});
		const r = e.getBoundingClientRect(); return [r.left, r.top, r.width]`, nil)
	return func(p [2]float64) (x, y float64) { return r[0] + p[0]/280*r[2], r[1] + p[1]/280*r[2] }
}

// Draw draws with the mouse. Chromium holds each of its moves back for a frame.
func (v *Visitor) Draw(strokes ...Stroke) {
	v.Helper()
	at := v.onto()
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

// Touch draws a stroke with a finger.
func (v *Visitor) Touch(points Stroke) {
	v.Helper()
	at := v.onto()
	send := func(kind input.DispatchTouchEventType, at ...*input.TouchPoint) {
		call(v, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: at})
	}
	kind := input.DispatchTouchEventTypeTouchStart
	for _, p := range points {
		x, y := at(p)
		send(kind, &input.TouchPoint{X: x, Y: y})
		kind = input.DispatchTouchEventTypeTouchMove
	}
	send(input.DispatchTouchEventTypeTouchEnd)
}

// Trace draws with the same pointer events as Draw, all at once and without their
// frames; it returns when the page has shown what came of them.
func (v *Visitor) Trace(strokes ...Stroke) {
	v.Helper()
	v.onto()
	Eval[bool](v, `const pad = find("#pad"), r = pad.getBoundingClientRect();
		const send = (kind, [x, y]) => pad.dispatchEvent(new PointerEvent(kind, {pointerId: 1, pointerType: "mouse", isPrimary: true, buttons: kind === "pointerup" ? 0 : 1,
			clientX: r.left + x / 280 * r.width, clientY: r.top + y / 280 * r.height, bubbles: true, cancelable: true}));
		for (const points of given) {
			send("pointerdown", points[0]);
			for (const p of points.slice(1)) send("pointermove", p);
			send("pointerup", points.at(-1));
		}
		for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
		return true`, strokes)
}
