package web

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"inkling/classifier"
	"inkling/internal/browser"
	"inkling/models"
)

// The page says what Go says of pictures that are unlike the training images.
func TestUnlikeIsGos(t *testing.T) {
	t.Parallel()
	v := browser.Visit(t, 800, 900, "light")
	spec := models.Spec{Channels: 3, Height: 12, Width: 12, Classes: 10}
	m, _ := drawn(t, "linear", spec, 1)
	rng := rand.New(rand.NewPCG(7, 8))
	flat := func(r, g, b byte) []byte {
		return slices.Concat(slices.Repeat([]byte{r}, 144), slices.Repeat([]byte{g}, 144), slices.Repeat([]byte{b}, 144))
	}
	trained := func(int) ([]byte, error) {
		image := flat(byte(rng.IntN(90)), 80, byte(60+rng.IntN(90)))
		for i := range 60 {
			image[i] = 220
		}
		return image, nil
	}
	typical, err := classifier.NewTypical(spec, 300, trained)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Measure(typical); err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, spec.Pixels())
	for i := range noise {
		noise[i] = byte(rng.IntN(256))
	}
	grey := slices.Concat(noise[:144], noise[:144], noise[:144])
	like, _ := trained(0)
	show(t, v, m, 800, "light")
	said := 0
	for name, image := range map[string][]byte{"blank": flat(255, 255, 255), "noise": noise, "grey noise": grey, "like": like} {
		logits := m.Logits(image)
		want := m.Unlike(image, logits)
		for i, s := range want {
			want[i] = strings.ToUpper(s[:1]) + s[1:] + "."
		}
		said += len(want)
		got := browser.Eval[[]string](v, `return inkling.unlike(inkling.model.typical, inkling.model.program.input, bytes64(given.image), given.logits)`,
			map[string]any{"image": image, "logits": logits})
		if !slices.Equal(got, want) {
			t.Errorf("%s: the page says %q, Go %q", name, got, want)
		}
	}
	if said < 5 {
		t.Errorf("only %d sentences are compared", said)
	}
	for of, want := range map[[2]int]string{{1, 1}: "enlarged 12 times", {3, 2000}: "fills 0.15 %", {12, 12}: "", {20, 9}: ""} {
		got := browser.Eval[string](v, `return inkling.shape(inkling.model.program.input, given[0], given[1])`, of)
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", of, got, want)
		}
	}
	v.Quiet()
}
