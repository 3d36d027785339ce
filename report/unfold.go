package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// unfolding is one prediction taken apart, ready to be shown.
type unfolding struct {
	*Unfolded
	Trained         *Trained
	Chosen          UnfoldedClass // the class that the model answers
	Sums            []sum         // one for each class
	Up              []term        // the greatest terms of the chosen class
	Down            []term        // its least
	Scale           float64       // of the pictures of products
	Weights         []float64     // of the chosen class, where they can be known
	Reach           float64       // scale of the weights
	TopLogit, Total float64       // of the softmax
}

// sum is how one class's logit comes about.
type sum struct {
	UnfoldedClass
	Positive, Negative float64
	Exp                float64 // of the logit less the greatest logit
	Right, Answer      bool
}

// term is pixel times weight.
type term struct {
	Row, Column            int
	Channel                string // of a colour image
	Pixel, Weight, Product float64
}

// Unfold takes the last prediction of a linear model that the story has apart.
func (p *page) Unfold() *unfolding {
	for _, t := range slices.Backward(p.Trained) {
		u := t.Unfolded
		if u == nil || len(u.Picture.Pixels) != p.Data.values() {
			continue
		}
		if i := slices.IndexFunc(u.Classes, func(c UnfoldedClass) bool { return c.Class == u.Answer }); i >= 0 {
			return p.unfold(t, u, u.Classes[i])
		}
	}
	return nil
}

func (p *page) unfold(t *Trained, u *Unfolded, chosen UnfoldedClass) *unfolding {
	out := &unfolding{Unfolded: u, Trained: t, Chosen: chosen}
	top, total := math.Inf(-1), 0.0
	for _, c := range u.Classes {
		top = max(top, c.Logit)
		out.Scale = max(out.Scale, reach(sumChannels(p, c.Products)))
	}
	for _, c := range u.Classes {
		s := sum{UnfoldedClass: c, Exp: math.Exp(c.Logit - top), Right: c.Class == u.Picture.Label, Answer: c.Class == u.Answer}
		if t.Loss == "sigmoid-mse" { // each class by itself, whatever the others say
			s.Probability = 1 / (1 + math.Exp(-c.Logit))
		}
		for _, v := range c.Products {
			if v > 0 {
				s.Positive += v
			} else {
				s.Negative += v
			}
		}
		total += s.Exp
		out.Sums = append(out.Sums, s)
	}
	out.TopLogit, out.Total = top, total
	terms := p.terms(u.Picture, chosen)
	slices.SortStableFunc(terms, func(a, b term) int { return cmp.Compare(b.Product, a.Product) })
	const shown = 6
	for _, one := range terms[:min(shown, len(terms))] {
		if one.Product > 0 {
			out.Up = append(out.Up, one)
		}
	}
	for _, one := range slices.Backward(terms[max(0, len(terms)-shown):]) {
		if one.Product < 0 {
			out.Down = append(out.Down, one)
		}
	}
	out.weights(p, chosen, terms)
	return out
}

// terms lists the products of the pixels that are not paper.
func (p *page) terms(pic Picture, c UnfoldedClass) []term {
	var out []term
	for i, v := range pic.Pixels {
		if v > 0 && i < len(c.Products) {
			x := float64(v) / 255
			at := i % p.Data.area()
			out = append(out, term{at / p.Data.Width, at % p.Data.Width, p.channel(i / p.Data.area()), x, c.Products[i] / x, c.Products[i]})
		}
	}
	return out
}

// weights takes the chosen class's weights from the last snapshot, summed over
// channels; failing that, from the products, which leave out those under paper.
func (u *unfolding) weights(p *page, chosen UnfoldedClass, terms []term) {
	u.Weights = make([]float64, p.Data.area())
	shots := u.Trained.Snapshots
	if n := len(shots); n > 0 && chosen.Class < len(shots[n-1].Weights) && len(shots[n-1].Weights[chosen.Class]) == p.Data.values() {
		for i, w := range sumChannels(p, shots[n-1].Weights[chosen.Class]) {
			u.Weights[i] = float64(w)
		}
	} else {
		for _, one := range terms {
			u.Weights[one.Row*p.Data.Width+one.Column] += one.Weight
		}
	}
	u.Reach = reach(u.Weights)
}

// Product is the picture of one class's products.
func (p *page) Product(u *unfolding, c UnfoldedClass, class string) template.HTML {
	return signed(p, sumChannels(p, c.Products), u.Scale, class, "pixel times weight for class "+p.class(c.Class))
}

// Touchable is Product with what a click on it says in a data attribute: the
// products, those of paper left empty.
func (p *page) Touchable(u *unfolding, c UnfoldedClass, class string) template.HTML {
	var values strings.Builder
	for i, v := range c.Products {
		if i > 0 {
			values.WriteByte(',')
		}
		if i < len(u.Picture.Pixels) && u.Picture.Pixels[i] > 0 {
			fmt.Fprintf(&values, "%.4g", known(v))
		}
	}
	data := fmt.Sprintf(`<img data-class="%s" data-products="%s" `, template.HTMLEscapeString(p.class(c.Class)), values.String())
	return template.HTML(strings.Replace(string(p.Product(u, c, class+" touch")), "<img ", data, 1))
}

// Bytes lists an image's bytes for the page's script.
func (u *unfolding) Bytes() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(u.Picture.Pixels), " ", ","), "[]")
}

// Sigmoid reports whether each class judges for itself.
func (p *page) Sigmoid(u *unfolding) bool { return u.Trained.Loss == "sigmoid-mse" }

// power formats e to a power: small numbers keep digits that say something.
func power(v float64) template.HTML {
	if v >= 0.00005 || v == 0 || !finite(v) {
		return template.HTML(fixed(v, 4))
	}
	exponent := int(math.Floor(math.Log10(v)))
	return template.HTML(fmt.Sprintf("%s·10<sup>%s</sup>", fixed(v/math.Pow(10, float64(exponent)), 1), fixed(float64(exponent), 0)))
}
