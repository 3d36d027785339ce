package synth

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestEveryFormIsDrawn(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for class, forms := range glyphs {
		if len(forms) < 2 {
			t.Errorf("digit %d has %d forms, want several", class, len(forms))
		}
		drawn := make([]int, len(forms))
		const n = 5000
		for range n {
			drawn[choose(rng, forms)]++
		}
		var sum float64
		for _, g := range forms {
			sum += g.weight
		}
		for k, g := range forms {
			if want := n * g.weight / sum; math.Abs(float64(drawn[k])-want) > 5*math.Sqrt(want)+1 {
				t.Errorf("form %d of digit %d came %d times in %d, want about %.0f", k, class, drawn[k], n, want)
			}
		}
	}
}

// TestMastersHaveTheSameKnots: what is written lies between two masters, knot by knot.
func TestMastersHaveTheSameKnots(t *testing.T) {
	for class, forms := range glyphs {
		for f, g := range forms {
			for m, master := range g.masters {
				if len(master) != len(g.masters[0]) {
					t.Fatalf("digit %d, form %d: master %d has %d strokes, the first has %d", class, f, m, len(master), len(g.masters[0]))
				}
				for s, stroke := range master {
					first := g.masters[0][s]
					if len(stroke) != len(first) {
						t.Fatalf("digit %d, form %d, stroke %d: master %d has %d knots, the first has %d", class, f, s, m, len(stroke), len(first))
					}
					for k := range stroke {
						if stroke[k].corner != first[k].corner {
							t.Errorf("digit %d, form %d, stroke %d: knot %d is a corner in one master only", class, f, s, k)
						}
					}
				}
			}
		}
	}
}

func TestSplinePassesItsKnots(t *testing.T) {
	p := newPen(Side)
	knots := parseStrokes("10 20, 50 0!, 90 40, 30 100")[0]
	p.spline(knots)
	for i, k := range knots {
		q := p.path[i*stepsPerSpan]
		if math.Abs(q.x-k.x)+math.Abs(q.y-k.y) > 1e-12 {
			t.Errorf("the curve is at (%g, %g) where knot %d is (%g, %g)", q.x, q.y, i, k.x, k.y)
		}
	}
	// Before the corner, and nowhere else, the pen moves straight at it.
	if a, b := p.path[stepsPerSpan-1], p.path[stepsPerSpan]; math.Abs((b.y-a.y)/(b.x-a.x)+.5) > .01 {
		t.Errorf("the curve reaches the corner with slope %g, want -0.5", (b.y-a.y)/(b.x-a.x))
	}
}

func TestSmoothKeepsEndsAndStraightLines(t *testing.T) {
	stroke := []point{{x: 0}, {x: 1}, {x: 2}, {x: 3, y: 4}, {x: 4}}
	smooth(stroke)
	want := []point{{x: 0}, {x: 1}, {x: 2, y: 1}, {x: 3, y: 2}, {x: 4}}
	if !slices.Equal(stroke, want) {
		t.Errorf("got %v, want %v", stroke, want)
	}
}

func TestParseStrokesNamesTheKnot(t *testing.T) {
	defer func() {
		want := `[synth] knot "20" in "10 20, 20": want x and y in percent`
		if got := recover(); got != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}()
	parseStrokes("10 20, 20")
}
