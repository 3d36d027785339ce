package web

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"inkling/classifier"
	"inkling/data/ink"
	"inkling/data/synth"
	"inkling/internal/browser"
)

// handwriting is what the model file of a training on MNIST says of its images.
func handwriting() *ink.Typical {
	return &ink.Typical{
		Height: 28, Width: 28, Faint: 1, Images: 5000,
		Side: ink.Range{Low: 20, Median: 20, High: 20}, X: ink.Range{Low: 13.5, Median: 14, High: 14.5}, Y: ink.Range{Low: 13.5, Median: 14, High: 14.5},
		Peak: ink.Range{Low: 221, Median: 254, High: 255}, Stroke: ink.Range{Low: 1.6, Median: 2.6, High: 4.1},
		Grey: ink.Range{Low: 0.35, Median: 0.6, High: 0.97}, Amount: ink.Range{Low: 0.03, Median: 0.13, High: 0.27},
	}
}

// pictureOf draws a grey picture: strokes of a pen, one or two drawings, on paper
// in uneven light, with noise; some light on dark.
func pictureOf(rng *rand.Rand) *ink.Image {
	height, width := 40+rng.IntN(500), 40+rng.IntN(500)
	m := &ink.Image{Height: height, Width: width, Pixels: make([]byte, height*width)}
	side := float64(min(height, width))
	pen := side * (0.01 + 0.12*rng.Float64())
	type point struct{ x, y float64 }
	var lines [][2]point
	for range 1 + rng.IntN(2) {
		left, top := rng.Float64()*float64(width)*0.5, rng.Float64()*float64(height)*0.4
		at := func() point {
			return point{left + (0.1+0.35*rng.Float64())*float64(width), top + (0.1+0.45*rng.Float64())*float64(height)}
		}
		last := at()
		for range 2 + rng.IntN(5) {
			next := at()
			lines = append(lines, [2]point{last, next})
			last = next
		}
	}
	dark, light, grain := 20+90*rng.Float64(), 150+100*rng.Float64(), 12*rng.Float64()*float64(rng.IntN(2))
	slope := (rng.Float64() - 0.5) * 60 / float64(width)
	inverse := rng.IntN(4) == 0
	for y := range height {
		for x := range width {
			away := math.Inf(1)
			for _, l := range lines {
				dx, dy := l[1].x-l[0].x, l[1].y-l[0].y
				t := max(0, min(1, ((float64(x)-l[0].x)*dx+(float64(y)-l[0].y)*dy)/max(dx*dx+dy*dy, 1e-9)))
				away = min(away, math.Hypot(float64(x)-l[0].x-t*dx, float64(y)-l[0].y-t*dy))
			}
			covered := max(0, min(1, pen/2-away+0.5))
			v := light + slope*float64(x) + grain*(rng.Float64()-0.5)
			v += covered * (dark - v)
			if inverse {
				v = 255 - v
			}
			m.Pixels[y*width+x] = byte(max(0, min(255, v)))
		}
	}
	return m
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	out, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A picture's way into the net is Go's, step by step and byte by byte.
func TestPreparationIsGos(t *testing.T) {
	t.Parallel()
	v := browser.Visit(t, 800, 900, "light")
	m, _ := drawn(t, "linear", digits, 1)
	typical := handwriting()
	m.Typical = &classifier.Typical{Images: 5000, Ink: typical}
	show(t, v, m, 800, "light")
	rng := rand.New(rand.NewPCG(5, 6))
	cases := map[string]*ink.Image{
		"blank":    {Height: 50, Width: 60, Pixels: slices.Repeat([]byte{200}, 3000)},
		"tiny":     {Height: 2, Width: 60, Pixels: make([]byte, 120)},
		"one dot":  {Height: 5, Width: 5, Pixels: []byte{9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 255, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}},
		"gravel":   {Height: 300, Width: 300, Pixels: make([]byte, 90000)},
		"full ink": {Height: 28, Width: 28, Pixels: slices.Repeat([]byte{255}, 784)},
	}
	for i := range cases["gravel"].Pixels {
		cases["gravel"].Pixels[i] = byte(255 * (1 - i/300/6%2*(i%300/6%2)))
	}
	set := synth.Generate(12, 0, 1).Train
	for i := range 12 {
		cases[fmt.Sprint("digit ", i)] = &ink.Image{Height: 28, Width: 28, Pixels: set.Image(i)}
	}
	for i := range 30 {
		cases[fmt.Sprint("picture ", i)] = pictureOf(rng)
	}
	type prepared struct {
		Unchanged, Light        bool
		Ink, Box, Scaled        string
		Width, Change           float64
		Result                  string
		Left, Top, Right, Below int
	}
	refused, several, unchanged, changed, light := 0, 0, 0, 0, 0
	for name, c := range cases {
		want, err := typical.Prepare(c)
		got := browser.Eval[struct {
			Error string
			All   []prepared
		}](v, `const all = inkling.prepare(inkling.model.typical.ink, new inkling.Grey(given.h, given.w, bytes64(given.pixels)));
			if (typeof all === "string") return { Error: all, All: [] };
			return { Error: "", All: all.map(p => ({ Unchanged: p.unchanged, Light: p.light, Result: base64(p.result.pixels), ...(p.steps ? {
				Ink: base64(p.steps.ink.pixels), Box: base64(p.steps.box.pixels), Scaled: base64(p.steps.scaled.pixels), Width: p.steps.width, Change: p.steps.change,
				Left: p.steps.place.left, Top: p.steps.place.top, Right: p.steps.place.right, Below: p.steps.place.bottom } : {}) })) }`,
			map[string]any{"h": c.Height, "w": c.Width, "pixels": c.Pixels})
		if err != nil || got.Error != "" {
			if refused++; (err != nil) != (got.Error != "") {
				t.Errorf("%s: the script says %q, Go %v", name, got.Error, err)
			}
			continue
		}
		if len(got.All) != len(want) {
			t.Errorf("%s: %d digits, in Go %d", name, len(got.All), len(want))
			continue
		}
		if len(want) > 1 {
			several++
		}
		for i, w := range want {
			g := got.All[i]
			if g.Unchanged != w.Unchanged || g.Light != w.Light || !near(decode(t, g.Result), w.Result.Pixels, 1) {
				t.Errorf("%s, digit %d: other than in Go: unchanged %v and %v, light %v and %v", name, i, g.Unchanged, w.Unchanged, g.Light, w.Light)
			}
			if w.Light {
				light++
			}
			if w.Unchanged {
				unchanged++
				continue
			}
			if w.Change != 0 {
				changed++
			}
			if !near(decode(t, g.Ink), w.Ink.Pixels, 0) || !near(decode(t, g.Box), w.Box.Pixels, 0) || !near(decode(t, g.Scaled), w.Scaled.Pixels, 1) ||
				math.Abs(g.Width-w.Width) > 1e-9 || g.Change != w.Change || w.Place != (ink.Box{Left: g.Left, Top: g.Top, Right: g.Right, Bottom: g.Below}) {
				t.Errorf("%s, digit %d: a step is other than in Go: width %v and %v, change %v and %v", name, i, g.Width, w.Width, g.Change, w.Change)
			}
		}
	}
	// The cases are such that every way is gone.
	if refused < 3 || several < 3 || unchanged < 3 || changed < 5 || light < 5 {
		t.Errorf("of %d cases %d were refused, %d had several digits, %d were left unchanged, %d got other strokes, %d were light", len(cases), refused, several, unchanged, changed, light)
	}
	v.Quiet()
}
