package lab_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"inkling/lab"
)

// Every number of a net is the sum of its terms, and every gradient too: operation by
// operation, at random places, in every net that there is.
func TestEveryNumberUnfolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, model := range []string{"linear", "network", "cnn", "resnet-small", "resnet-quick"} {
		for _, loss := range []string{"cross-entropy", "softmax-mse", "sigmoid-mse"} {
			if loss != "cross-entropy" && model != "network" {
				continue
			}
			l := newLab(t)
			r := ended(t, l, `{"model": "`+model+`", "loss": "`+loss+`", "epochs": 1, "images": 100, "batch": 20}`)
			n, err := l.Net(context.Background(), lab.Subject{Run: r.ID, Step: lab.Latest})
			if err != nil {
				t.Fatal(err)
			}
			g, err := n.Graph(small.Test.Image(3), int(small.Test.Labels[3]))
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]int{}
			for node, what := range g.Nodes {
				values := g.Values(node)
				if what.Name == "" && what.Op != "constant" {
					t.Errorf("%s: node %d, %s, has no name", model, node, what.Op)
				}
				if seen[what.Op]++; seen[what.Op] > 3 {
					continue
				}
				for range 2 {
					i := rng.IntN(len(values))
					u, err := g.Forward(node, i, 1000)
					if err != nil {
						t.Fatalf("%s: %s %s: %v", model, what.Op, what.Name, err)
					}
					agree(t, u, model+" forward "+what.Op+" "+what.Name, magnitude(u))
					b, err := g.Backward(node, i, 10)
					if err != nil {
						if what.Op == "constant" {
							continue
						}
						t.Fatalf("%s: gradient of %s %s: %v", model, what.Op, what.Name, err)
					}
					if g.Gradients(node) != nil {
						agree(t, b, model+" backward "+what.Op+" "+what.Name, magnitude(b))
					}
				}
			}
			if len(seen) < 5 {
				t.Errorf("%s consists of %v", model, seen)
			}
		}
	}
}

// magnitude is how large the terms are that cancel in a sum.
func magnitude(u *lab.Unfolding) float64 {
	m := math.Abs(u.Rest.Sum)
	for _, t := range u.Terms {
		m += math.Abs(t.Value)
	}
	return m
}

func agree(t *testing.T, u *lab.Unfolding, what string, magnitude float64) {
	t.Helper()
	if d := math.Abs(u.Result - u.Value); !(d <= 2e-5*max(magnitude, math.Abs(u.Value))+1e-9) {
		t.Errorf("%s at %v: its terms come to %g (%s of %g), and the net says %g", what, u.Of.Place, u.Result, u.Then, u.Sum, u.Value)
	}
	sum := u.Rest.Sum
	for _, term := range u.Terms {
		sum += term.Value
		if d := math.Abs(term.AValue*term.Factor - term.Value); u.Then == "" && !(d <= 1e-9*max(1, math.Abs(term.Value))) {
			t.Errorf("%s: a term says %g · %g = %g", what, term.AValue, term.Factor, term.Value)
		}
	}
	if u.Then != "max" && len(u.Terms) > 0 && math.Abs(sum-u.Sum) > 1e-9*max(1, magnitude) {
		t.Errorf("%s: terms and rest add up to %g, and the sum is said to be %g", what, sum, u.Sum)
	}
}

// What matters most comes first, and what is left out is counted.
func TestUnfoldingOfALogit(t *testing.T) {
	l := newLab(t)
	r := ended(t, l, `{"model": "network", "epochs": 1}`)
	n, err := l.Net(context.Background(), lab.Subject{Run: r.ID, Step: lab.Latest})
	if err != nil {
		t.Fatal(err)
	}
	g, err := n.Graph(small.Test.Image(0), -1)
	if err != nil {
		t.Fatal(err)
	}
	u, err := g.Forward(g.Logits, 4, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Terms) != 10 || u.Rest.Terms != 64+1-10 || u.Of.Name != "logits" || u.Of.Place[0] != 4 {
		t.Fatalf("logit 4 has %d terms and %d more, and is %+v", len(u.Terms), u.Rest.Terms, u.Of)
	}
	for i, term := range u.Terms {
		if i > 0 && math.Abs(term.Value) > math.Abs(u.Terms[i-1].Value) {
			t.Errorf("term %d is greater than the one before it", i)
		}
		if term.B != nil && (term.B.Name != "output.weight" || len(term.B.Place) != 2 || term.B.Place[1] != 4) {
			t.Errorf("term %d is a product with %+v", i, term.B)
		}
	}
	if _, err := g.Backward(g.Logits, 0, 10); err == nil {
		t.Error("there is a gradient without a label")
	}
	for _, wrong := range [][2]int{{-1, 0}, {len(g.Nodes), 0}, {g.Logits, 10}, {g.Logits, -1}} {
		if _, err := g.Forward(wrong[0], wrong[1], 10); err == nil {
			t.Errorf("there is a number %v", wrong)
		}
	}
	if _, err := n.Graph(small.Test.Image(0), 10); err == nil {
		t.Error("there is a class 10 of 10")
	}
	if _, err := n.Graph(nil, 0); err == nil {
		t.Error("no image goes through the net")
	}
}
