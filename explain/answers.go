package explain

import (
	"cmp"
	"math"
	"slices"

	"inkling/train"
)

// Answers is what a model answered to labelled images, and how sure it was.
type Answers struct {
	*train.Evaluation
	Labels      []int32
	Temperature float64 // divides the logits before the softmax; 0 stands for 1
}

// Probabilities are those of the classes for image i.
func (a *Answers) Probabilities(i int) []float64 {
	return softmaxAt(a.logits(i), a.temperature())
}

func (a *Answers) logits(i int) []float32 { return a.Logits[i*a.Classes : (i+1)*a.Classes] }

func (a *Answers) temperature() float64 {
	if a.Temperature == 0 {
		return 1
	}
	return a.Temperature
}

// Worst returns up to n mistakes, the surest first: those whose right class got
// the least probability.
func (a *Answers) Worst(n int) []Mistake {
	type wrong struct {
		index int
		right float64
	}
	var all []wrong
	for i, answer := range a.Answers {
		if answer != a.Labels[i] {
			all = append(all, wrong{i, a.Probabilities(i)[a.Labels[i]]})
		}
	}
	slices.SortStableFunc(all, func(x, y wrong) int { return cmp.Compare(x.right, y.right) })
	var out []Mistake
	for _, w := range all[:min(n, len(all))] {
		out = append(out, Mistake{w.index, int(a.Labels[w.index]), int(a.Answers[w.index]), a.Probabilities(w.index)})
	}
	return out
}

// Wilson is an interval for a share of which right of n were observed: the values
// that such a count speaks against with a confidence of 95 %. It stays within 0
// and 1 and holds for small n and for shares near the ends, unlike the share plus
// or minus two standard errors. Of nothing, it is 0 to 1. Source: Wilson, Probable
// Inference, the Law of Succession, and Statistical Inference, 1927.
func Wilson(right, n int) (low, high float64) {
	const z = 1.959963984540054 // 97.5 % of a normal distribution lie below
	if n == 0 {
		return 0, 1
	}
	p, m := float64(right)/float64(n), float64(n)
	middle := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	low, high = max(middle-half, 0), min(middle+half, 1)
	if right == 0 {
		low = 0 // and not what rounding leaves
	}
	if right == n {
		high = 1
	}
	return low, high
}

// ClassScore counts what became of a class.
type ClassScore struct {
	Images   int // of the class
	Answered int // images that the model took for the class
	Right    int // images of the class that it took for the class
}

// Scores has one for each class.
func (a *Answers) Scores() []ClassScore {
	out := make([]ClassScore, a.Classes)
	for label, row := range a.Confusion {
		out[label].Right = row[label]
		for answer, n := range row {
			out[label].Images += n
			out[answer].Answered += n
		}
	}
	return out
}

// Recall is the share of the class's images that were recognised; there is none
// without images.
func (s ClassScore) Recall() (share float64, ok bool) { return ratio(s.Right, s.Images) }

// Precision is the share of the answers for the class that were right; there is
// none where the class was never answered.
func (s ClassScore) Precision() (share float64, ok bool) { return ratio(s.Right, s.Answered) }

// F1 is the harmonic mean of precision and recall; there is none where the class has
// no images and was never answered.
func (s ClassScore) F1() (score float64, ok bool) { return ratio(2*s.Right, s.Images+s.Answered) }

func ratio(part, whole int) (float64, bool) {
	if whole == 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}

// MeanF1 is the mean of the F1 of the classes that have images: each class counts
// the same, however rare ("macro" F1). Without images it is 0.
func MeanF1(scores []ClassScore) float64 {
	sum, n := 0.0, 0
	for _, s := range scores {
		if f, ok := s.F1(); ok && s.Images > 0 {
			sum += f
			n++
		}
	}
	return sum / float64(max(n, 1))
}

// Confused is a class that is taken for another.
type Confused struct {
	Label, Answer int
	Images        int
}

// Confusions returns up to n pairs of classes, the most frequent confusion first.
func (a *Answers) Confusions(n int) []Confused {
	var all []Confused
	for label, row := range a.Confusion {
		for answer, images := range row {
			if images > 0 && label != answer {
				all = append(all, Confused{label, answer, images})
			}
		}
	}
	slices.SortStableFunc(all, func(x, y Confused) int { return cmp.Compare(y.Images, x.Images) })
	return all[:min(n, len(all))]
}
