package lab_test

import (
	"testing"
)

func TestPictures(t *testing.T) {
	s := learned(t, `{"epochs": 8}`)
	shots(t, s, "way", "", func(v *visitor) {
		v.until("a net", `inkling.lab.net`)
		v.draw(seven)
		v.until("an answer", `find("#verdict b").textContent`)
		eval[bool](v, `await new Promise(go => setTimeout(go, 700)); return true`, nil)
	})
}
