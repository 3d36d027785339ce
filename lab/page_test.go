package lab_test

import (
	"testing"
)

func TestPictures(t *testing.T) {
	s := learned(t, `{"epochs": 8}`)
	shots(t, s, "empty", "", func(v *visitor) { v.until("a net", `inkling.lab.net`) })
	shots(t, s, "way", "", func(v *visitor) {
		v.until("a net", `inkling.lab.net`)
		v.draw(seven)
		v.until("an answer", `find("#verdict b").textContent`)
		eval[bool](v, `await new Promise(go => setTimeout(go, 700)); return true`, nil)
	})
	shots(t, s, "inside", "#tab=inside&label=7", func(v *visitor) {
		v.until("a net", `inkling.lab.net`)
		v.draw(seven)
		v.until("buttons", `find(".ends button")`)
		v.click(".ends button:last-child")
		v.until("a sum", `find(".unfold .sum")`)
		eval[bool](v, `window.scrollTo(0, 0); await new Promise(go => setTimeout(go, 1500)); return true`, nil)
	})
}
