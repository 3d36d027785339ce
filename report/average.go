package report

import (
	"html/template"
	"math"
)

// distanceRow is how both distances do on one class.
type distanceRow struct {
	Class            string
	Mean             template.HTML
	MAE, MSE         float64
	PostMAE, PostMSE string
	BarMAE, BarMSE   template.HTML
}

// Distances has one row for each class.
func (p *page) Distances() []distanceRow {
	a := p.Average
	var rows []distanceRow
	for c := range a.Means {
		r := distanceRow{Class: p.class(c), Mean: p.mean(a.Means[c], "x1", "average image of "+p.class(c))}
		r.MAE, r.PostMAE, r.BarMAE = distance(a.MAE, c)
		r.MSE, r.PostMSE, r.BarMSE = distance(a.MSE, c)
		rows = append(rows, r)
	}
	return rows
}

func distance(b Baseline, c int) (yours float64, post string, drawn template.HTML) {
	yours = math.NaN()
	if c < len(b.PerClass) {
		yours = b.PerClass[c]
	}
	var mark *float64
	if b.Post != nil && c < len(b.Post.PerClass) {
		mark = &b.Post.PerClass[c]
		post = share(*mark)
	}
	return yours, post, bar(yours, "", mark)
}

// misled is an image with the averages that the distances choose.
type misled struct {
	Nearest
	ByMAE, ByMSE int // the nearest averages
}

// MAERight and MSERight say whether the distance answers right.
func (c misled) MAERight() bool { return c.ByMAE == c.Picture.Label }

// MSERight is MAERight for the mean squared error.
func (c misled) MSERight() bool { return c.ByMSE == c.Picture.Label }

// Cases shows up to n images.
func (p *page) Cases(all []Nearest, n int) []misled {
	var out []misled
	for _, near := range all[:min(n, len(all))] {
		if len(near.MAE) == len(p.Average.Means) && len(near.MSE) == len(p.Average.Means) && near.Picture.Label < len(near.MAE) {
			out = append(out, misled{near, least(near.MAE), least(near.MSE)})
		}
	}
	return out
}

func least(v []float64) int {
	best := 0
	for i := range v {
		if v[i] < v[best] {
			best = i
		}
	}
	return best
}

// fine says how much of the distance to an average comes from pixels that
// differ by less than a half, by both measures: the reason why the two
// disagree, in numbers.
type fine struct {
	Class          string
	Pixels         float64 // share of the pixels that differ at all
	OfMAE, OfMSE   float64
	SumMAE, SumMSE float64
}

// Small takes the distance between an image and an average apart.
func (p *page) Small(pic Picture, class int) *fine {
	if class >= len(p.Average.Means) || len(p.Average.Means[class]) != len(pic.Pixels) {
		return nil
	}
	s := &fine{Class: p.class(class)}
	small, differ := 0.0, 0.0
	for i, m := range p.Average.Means[class] {
		d := math.Abs(float64(pic.Pixels[i])/255 - float64(m))
		if d == 0 {
			continue
		}
		differ++
		s.SumMAE += d
		s.SumMSE += d * d
		if d < 0.5 {
			small++
			s.OfMAE += d
			s.OfMSE += d * d
		}
	}
	if differ == 0 {
		return nil
	}
	s.Pixels, s.OfMAE, s.OfMSE = small/differ, s.OfMAE/s.SumMAE, s.OfMSE/s.SumMSE
	return s
}
