package ink

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"inkling/data"
	"inkling/data/idx"
	"inkling/data/synth"
)

// digits are the digits drawn by program, which are framed as MNIST's.
var digits = synth.Generate(2000, 500, 3)

func learned(t *testing.T, set *data.Set) *Typical {
	t.Helper()
	typical, err := Learn(set.Len(), set.Height, set.Width, set.Image)
	if err != nil {
		t.Fatal(err)
	}
	return typical
}

func one(t *testing.T, typical *Typical, m *Image) *Prepared {
	t.Helper()
	all, err := typical.Prepare(m)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d digits, want 1", len(all))
	}
	return all[0]
}

// differ is the mean difference of two images, in grey levels.
func differ(a, b *Image) float64 {
	sum := 0
	for i, v := range a.Pixels {
		sum += max(int(v)-int(b.Pixels[i]), int(b.Pixels[i])-int(v))
	}
	return float64(sum) / float64(len(a.Pixels))
}

// What is known of MNIST comes out, and its test images pass as they are.
func TestMNIST(t *testing.T) {
	dir := "../../../shared/mnist"
	if root := os.Getenv("INKLING_DATA"); root != "" {
		dir = filepath.Join(root, "mnist")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("skipped: no MNIST")
	}
	ds, err := idx.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	typical, err := Learn(10_000, 28, 28, func(i int) []uint8 { return ds.Train.Image(6 * i) })
	if err != nil {
		t.Fatal(err)
	}
	if typical.Light || typical.Faint != 1 || typical.Side != (Range{20, 20, 20}) || typical.X.Low < 13.4 || typical.X.High > 14.6 || typical.Y.Low < 13.4 || typical.Y.High > 14.6 ||
		typical.Peak.Low < 250 || typical.Stroke.Median < 2 || typical.Stroke.Median > 3 || typical.Grey.Median < 0.6 || typical.Grey.Median > 0.7 {
		t.Errorf("measured %+v", typical)
	}
	changed, unlike, inverted := 0, 0, 0
	for i := range ds.Test.Len() {
		m := &Image{28, 28, ds.Test.Image(i)}
		p := one(t, typical, m)
		if !p.Unchanged || !slices.Equal(p.Result.Pixels, m.Pixels) {
			changed++
		}
		if len(typical.Unlike(m)) > 0 {
			unlike++
		}
		if i%10 > 0 {
			continue
		}
		if all, err := typical.Prepare(m.inverted()); err == nil && len(all) == 1 && differ(all[0].Result, m) < 5 {
			inverted++
		}
	}
	if changed > 0 {
		t.Errorf("%d test images were changed", changed)
	}
	if unlike > 50 {
		t.Errorf("%d of 10,000 test images are called unlike the training images", unlike)
	}
	if inverted < 960 {
		t.Errorf("of 1,000 digits in black on white only %d come out as they were", inverted)
	}
}

// However a digit was brought onto a picture, it comes out as it was.
func TestComesOutAsItWas(t *testing.T) {
	typical := learned(t, digits.Train)
	for name, on := range map[string]func(d *Image) *Image{
		"inverted": func(d *Image) *Image { return d.inverted() },
		"moved": func(d *Image) *Image {
			out := blank(90, 120)
			paste(out, d, 50, 7)
			return out
		},
		"pale, on grey paper": func(d *Image) *Image {
			out := blank(60, 40)
			for i := range out.Pixels {
				out.Pixels[i] = 200
			}
			for i, v := range d.Pixels {
				out.Pixels[(i/28+20)*40+i%28+3] = uint8(200 - int(v)/3)
			}
			return out
		},
		"enlarged": func(d *Image) *Image {
			out := blank(400, 300)
			paste(out, d.resized(280, 280), 5, 100)
			return out
		},
		"in a light that falls off": func(d *Image) *Image {
			out := blank(280, 400)
			big := blank(280, 400)
			paste(big, d.resized(280, 280), 60, 0)
			for i, v := range big.Pixels {
				light := 250 - 0.4*float64(i%400)
				out.Pixels[i] = uint8(light * (1 - 0.8*float64(v)/255))
			}
			return out
		},
		"half in a shadow": func(d *Image) *Image {
			out := blank(400, 300)
			paste(out, d.resized(280, 280), 5, 60)
			for i, v := range out.Pixels {
				light := 240 - min(max(20*float64(i/300-200), 0), 110) // no shadow has a hard edge
				out.Pixels[i] = uint8(light * (1 - 0.8*float64(v)/255))
			}
			return out
		},
	} {
		far := 0
		for i := range 40 {
			d := &Image{28, 28, digits.Test.Image(i)}
			all, err := typical.Prepare(on(d))
			if err != nil || len(all) != 1 || all[0].Unchanged || differ(all[0].Result, d) > 8 {
				far++
			}
		}
		if far > 2 {
			t.Errorf("%s: %d of 40 digits come out as something else", name, far)
		}
	}
}

func paste(on, m *Image, left, top int) {
	for y := range m.Height {
		copy(on.Pixels[(top+y)*on.Width+left:], m.Pixels[y*m.Width:(y+1)*m.Width])
	}
}

// A model may have been trained on dark ink: that is what it gets.
func TestDarkInk(t *testing.T) {
	set := *digits.Train
	set.Images = slices.Clone(set.Images)
	for i, v := range set.Images {
		set.Images[i] = 255 - v
	}
	typical := learned(t, &set)
	if !typical.Light {
		t.Fatal("the ground is taken for dark")
	}
	d := &Image{28, 28, digits.Test.Image(0)}
	if p := one(t, typical, d.inverted()); !p.Unchanged {
		t.Error("a digit like the training's was changed")
	}
	if p := one(t, typical, d); differ(p.Result, d.inverted()) > 3 || !p.Light {
		t.Errorf("light ink differs by %.1f", differ(p.Result, d.inverted()))
	}
}

// Strokes that are far too thin or too thick come near the training's.
func TestStrokes(t *testing.T) {
	typical := learned(t, digits.Train)
	for _, c := range []struct{ pen, low, high float64 }{{2, 0.5, 3}, {66, -8, -1}, {110, -8, -1}} {
		m := blank(600, 600)
		for i := range m.Pixels { // a circle
			x, y := float64(i%600)-300, float64(i/600)-300
			if r := x*x + y*y; r < (70+c.pen/2)*(70+c.pen/2) && r > (70-c.pen/2)*(70-c.pen/2) {
				m.Pixels[i] = 255
			}
		}
		p := one(t, typical, m)
		if p.Change < c.low || p.Change > c.high {
			t.Errorf("a pen of %g pixels: strokes of %.1f pixels were changed by %.1f", c.pen, p.Width, p.Change)
		}
		if got := typical.Measure(p.Result); got.Stroke < 0.7*typical.Stroke.Median || got.Stroke > 0.8*typical.Stroke.High || got.Side != typical.Side.Median {
			t.Errorf("a pen of %g pixels became %+v; the training's is %+v", c.pen, got, typical.Stroke)
		}
	}
}

// Several digits come one by one, left to right; specks, a ruled line and an edge
// of the paper do not come.
func TestSeveralDigits(t *testing.T) {
	typical := learned(t, digits.Train)
	m := blank(100, 400)
	for k := range 3 {
		paste(m, (&Image{28, 28, digits.Test.Image(k)}).resized(84, 84), 20+100*k, 8)
	}
	m.Pixels[40*400+10] = 255                   // a speck
	paste(m, &Image{100, 3, full(300)}, 397, 0) // the edges of a table
	paste(m, &Image{2, 400, full(800)}, 0, 98)
	paste(m, &Image{1, 400, faint(400, 40)}, 0, 4) // a ruled line
	all, err := typical.Prepare(m.inverted())
	if err != nil || len(all) != 3 {
		t.Fatalf("%d digits, %v", len(all), err)
	}
	for k, p := range all {
		if d := differ(p.Result, &Image{28, 28, digits.Test.Image(k)}); d > 6 {
			t.Errorf("digit %d differs by %.1f", k, d)
		}
	}
}

func full(n int) []uint8 { return faint(n, 255) }

func faint(n int, v uint8) []uint8 { return slices.Repeat([]uint8{v}, n) }

func TestNothingToRead(t *testing.T) {
	typical := learned(t, digits.Train)
	rng := rand.New(rand.NewPCG(1, 1))
	grain := blank(200, 200)
	for i := range grain.Pixels {
		grain.Pixels[i] = uint8(220 + 3*rng.NormFloat64())
	}
	for name, m := range map[string]*Image{"white": {50, 50, full(2500)}, "black": blank(28, 28), "grain": grain, "tiny": {2, 9, full(18)}} {
		if all, err := typical.Prepare(m); err == nil {
			t.Errorf("%s: %d digits", name, len(all))
		} else if !strings.Contains(err.Error(), "no ink") && !strings.Contains(err.Error(), "too small") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever a picture holds, what comes out has the model's size or there is an error.
func TestAnyPicture(t *testing.T) {
	typical := learned(t, digits.Train)
	rng := rand.New(rand.NewPCG(2, 2))
	for range 40 {
		m := blank(1+rng.IntN(60), 1+rng.IntN(60))
		for i := range m.Pixels {
			if m.Pixels[i] = uint8(rng.UintN(256)); rng.IntN(3) > 0 {
				m.Pixels[i] = m.Pixels[0]
			}
		}
		all, err := typical.Prepare(m)
		for _, p := range all {
			if len(p.Result.Pixels) != 784 || len(p.Scaled.Pixels) == 0 {
				t.Fatalf("%d x %d: a result of %d pixels", m.Height, m.Width, len(p.Result.Pixels))
			}
		}
		if err == nil && len(all) == 0 {
			t.Fatal("neither a digit nor an error")
		}
	}
}

func TestUnlike(t *testing.T) {
	typical := learned(t, digits.Train)
	d := &Image{28, 28, digits.Test.Image(1)}
	if said := typical.Unlike(d); len(said) > 0 {
		t.Errorf("a digit like the training's: %q", said)
	}
	thick := blank(28, 28)
	for i := range thick.Pixels {
		if x, y := i%28, i/28; y >= 4 && y < 24 && x >= 9 && x < 19 {
			thick.Pixels[i] = 255
		}
	}
	if said := strings.Join(typical.Unlike(thick), "\n"); !strings.Contains(said, "pixels wide; the training images have") || !strings.Contains(said, "use a thinner pen") {
		t.Errorf("a bar of 10 pixels: %q", said)
	}
	moved := blank(28, 28)
	for i, v := range d.Pixels {
		if i%28 >= 5 {
			moved.Pixels[i-5] = v
		}
	}
	if said := strings.Join(typical.Unlike(moved), "\n"); !strings.Contains(said, "pixels from the left") {
		t.Errorf("a digit at the left: %q", said)
	}
	if said := typical.Unlike(blank(28, 28)); len(said) != 1 || said[0] != "there is no ink on it" {
		t.Errorf("an empty image: %q", said)
	}
}

// Photographs, shirts and noise are no ink, and the error says why.
func TestLearnRefuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for want, draw := range map[string]func(y, x int) uint8{
		"ground":        func(y, x int) uint8 { return uint8(rng.UintN(256)) },
		"no ink":        func(y, x int) uint8 { return 0 },
		"too wide":      func(y, x int) uint8 { return 255 * b(y > 4 && y < 24 && x > 4 && x < 24) },
		"in one place":  nil,
		"of many sizes": nil,
	} {
		set := make([][]uint8, 50)
		for i := range set {
			set[i] = make([]uint8, 784)
			switch want {
			case "in one place": // a small ring anywhere
				ring(set[i], 6+rng.Float64()*15, 6+rng.Float64()*15, 4)
			case "of many sizes":
				ring(set[i], 14, 14, 2+rng.Float64()*10)
			default:
				for k := range set[i] {
					set[i][k] = draw(k/28, k%28)
				}
			}
		}
		if _, err := Learn(len(set), 28, 28, func(i int) []uint8 { return set[i] }); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := Learn(0, 28, 28, nil); err == nil {
		t.Error("no images were measured")
	}
}

func b(v bool) uint8 {
	if v {
		return 1
	}
	return 0
}

func ring(m []uint8, cx, cy, r float64) {
	for i := range m {
		x, y := float64(i%28)-cx, float64(i/28)-cy
		if d := x*x + y*y; d < (r+1)*(r+1) && d > (r-0.5)*(r-0.5) {
			m[i] = 255
		}
	}
}

// Areas are averaged: to four times the size and then to the size is the
// same, but for the rounding in between.
func TestResized(t *testing.T) {
	m := &Image{1, 3, []uint8{0, 90, 255}}
	if got := m.resized(1, 2).Pixels; got[0] != 30 || got[1] != 200 {
		t.Errorf("three pixels become %v, want 30 and 200", got)
	}
	if got := m.resized(2, 6).Pixels; !slices.Equal(got, []uint8{0, 0, 90, 90, 255, 255, 0, 0, 90, 90, 255, 255}) {
		t.Errorf("twice the size: %v", got)
	}
	rng := rand.New(rand.NewPCG(4, 4))
	for range 100 {
		m := blank(1+rng.IntN(50), 1+rng.IntN(50))
		for i := range m.Pixels {
			m.Pixels[i] = uint8(rng.UintN(256))
		}
		h, w := 1+rng.IntN(30), 1+rng.IntN(30)
		once, twice := m.resized(h, w), m.resized(4*h, 4*w).resized(h, w)
		for i, v := range once.Pixels {
			if abs(int(v)-int(twice.Pixels[i])) > 1 {
				t.Fatalf("%d x %d to %d x %d: pixel %d is %d in one step and %d in two", m.Height, m.Width, h, w, i, v, twice.Pixels[i])
			}
		}
	}
}

// A window's extreme is what a plain search finds.
func TestExtreme(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 50 {
		m := blank(1+rng.IntN(20), 1+rng.IntN(20))
		for i := range m.Pixels {
			m.Pixels[i] = uint8(rng.UintN(9))
		}
		r := rng.IntN(8)
		for _, smallest := range []bool{false, true} {
			got := m.extreme(r, smallest)
			for i := range m.Pixels {
				best := m.Pixels[i]
				for k, v := range m.Pixels {
					if max(abs(k%m.Width-i%m.Width), abs(k/m.Width-i/m.Width)) <= r {
						if smallest {
							best = min(best, v)
						} else {
							best = max(best, v)
						}
					}
				}
				if got.Pixels[i] != best {
					t.Fatalf("%d x %d, reach %d: %d at %d, want %d", m.Height, m.Width, r, got.Pixels[i], i, best)
				}
			}
		}
	}
}

func abs(v int) int { return max(v, -v) }

// Otsu's threshold is where a search over the definition finds it.
func TestOtsu(t *testing.T) {
	var counts [256]int
	counts[10], counts[12], counts[200], counts[210] = 5, 5, 1, 2
	if got := otsu(counts[:]); got <= 12 || got > 200 {
		t.Errorf("threshold %d", got)
	}
	counts = [256]int{7: 3}
	if got := otsu(counts[:]); got != 7 {
		t.Errorf("of one value: %d", got)
	}
	if otsu(make([]int, 256)) != 0 {
		t.Error("of nothing")
	}
}

func TestCheckTypical(t *testing.T) {
	typical := learned(t, digits.Train)
	if err := typical.Check(); err != nil {
		t.Fatal(err)
	}
	for _, spoil := range []func(*Typical){
		func(t *Typical) { t.Height = 0 },
		func(t *Typical) { t.Side.Median = 1000; t.Side.High = 1000 },
		func(t *Typical) { t.X.Low = 20 },
		func(t *Typical) { t.Stroke = Range{} },
		func(t *Typical) { t.Faint = 0 },
	} {
		bad := *typical
		spoil(&bad)
		if bad.Check() == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}
