package explain

import (
	"cmp"
	"slices"
)

// Suspect is an image whose label is likely to be wrong.
type Suspect struct {
	Index      int // of the image
	Label      int
	Likely     int // the class that it seems to belong to
	Probs      []float64
	Difference float64 // the probability of Likely less that of Label
}

// sure is the probability that reaches any class's threshold.
const sure = 0.9

// LabelErrors returns images that are likely to carry a wrong label, the likeliest
// first, and how many there are in all; at most n are returned.
//
// The method is confident learning. A class's threshold is the mean probability that
// the model gives it on the images that carry its label, so that classes which
// the model is shy of are not wronged. An image is suspected if the likeliest of the
// classes that reach their thresholds is likelier than its label; suspects are ranked
// by how much. It holds for images that the model did not
// learn from: labels that were learned look right. No threshold is above 0.9, unlike in
// the paper: a good model's mean is 0.99, and few of its mistakes are that sure. Source: Northcutt, Jiang and
// Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels, 2021
// (arXiv:1911.00068).
func (a *Answers) LabelErrors(n int) (worst []Suspect, all int) {
	thresholds, images := make([]float64, a.Classes), make([]int, a.Classes)
	for i, label := range a.Labels {
		thresholds[label] += a.Probabilities(i)[label]
		images[label]++
	}
	for c := range thresholds {
		thresholds[c] = min(thresholds[c]/float64(max(images[c], 1)), sure)
	}
	var found []Suspect
	for i, label := range a.Labels {
		p, likely := a.Probabilities(i), -1
		for c, v := range p {
			if images[c] > 0 && v >= thresholds[c] && (likely < 0 || v > p[likely]) {
				likely = c
			}
		}
		if likely >= 0 && p[likely] > p[label] {
			found = append(found, Suspect{Index: i, Label: int(label), Likely: likely, Difference: p[likely] - p[label]})
		}
	}
	slices.SortStableFunc(found, func(x, y Suspect) int { return cmp.Compare(y.Difference, x.Difference) })
	worst = found[:min(n, len(found))]
	for i := range worst {
		worst[i].Probs = a.Probabilities(worst[i].Index)
	}
	return worst, len(found)
}
