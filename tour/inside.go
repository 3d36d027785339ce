package tour

import (
	"cmp"
	"slices"

	"inkling/explain"
	"inkling/report"
	"inkling/train"
)

// digit is the test image whose way through the convolutions is shown.
const digit = 0

// convolution takes one number of a feature map of a test image apart. It returns
// nil where there is no test image.
func (g *guide) convolution(c chapter) *report.Convolution {
	test := g.Data.Test
	if test.Len() == 0 {
		return nil
	}
	grey := make([]float64, test.Height*test.Width) // the mean of the channels
	for i, b := range test.Image(digit) {
		grey[i%len(grey)] += float64(b) / 255 / float64(test.Channels)
	}
	u := explain.Convolve(grey, test.Height, test.Width, explain.UpperEdges)
	pic := picture(test, digit, "test")
	seen := report.Story{Data: g.story.Data, Pixels: g.story.Pixels}
	if seen.Pixels == nil {
		seen.Pixels = &report.Pixels{One: pic}
	}
	g.Tell(Convolution{
		Event: "convolution", Chapter: c.name, Image: pic.Name, Class: test.Classes[pic.Label], Row: u.Row, Column: u.Column,
		Pixels: u.Pixels, Filter: u.Filter, Products: u.Products, Sum: u.Sum, Picture: pic, Ink: seen.Ink(), Height: test.Height, Width: test.Width, Map: u.Map,
	})
	return &report.Convolution{
		Picture: pic, Row: u.Row, Column: u.Column, Pixels: u.Pixels, Filter: u.Filter, Products: u.Products, Sum: u.Sum, Map: u.Map,
	}
}

// lookInside collects the first filters of a trained model, and the feature maps
// that it makes of a test image.
func (g *guide) lookInside(trainer *train.Trainer, t *report.Trained) {
	const shown = 16
	if w := explain.FirstFilters(trainer.Model); w != nil {
		s := w.Shape() // (out, in, h, w)
		// Summed over channels: what their weights make of grey.
		t.Filters = &report.Filters{Height: s[2], Width: s[3], Weights: rows(w.Sum(1).Float32s(), s[2]*s[3])}
	}
	if trainer.Valid.Set.Len() == 0 {
		return
	}
	pic := picture(g.Data.Test, digit, "test")
	e := Maps{Event: "maps", Chapter: t.Chapter, Run: t.Run, Image: pic.Name, Class: g.Data.Test.Classes[pic.Label], Picture: pic, Stages: []Stage{}}
	for x := range trainer.Valid.Of([]int32{digit}) {
		for _, m := range explain.FeatureMaps(trainer.Model, x) {
			s := Stage{Name: m.Name, Maps: len(m.Values), Height: m.Height, Width: m.Width}
			strong := slices.Clone(m.Values)
			slices.SortStableFunc(strong, func(a, b []float32) int { return cmp.Compare(strength(b), strength(a)) })
			for _, one := range strong[:min(shown, len(strong))] {
				s.Strong, s.Strength = append(s.Strong, one), append(s.Strength, strength(one))
			}
			e.Stages = append(e.Stages, s)
			t.Maps = append(t.Maps, report.Maps{Name: s.Name, Count: s.Maps, Height: s.Height, Width: s.Width, Shown: s.Strong})
		}
	}
	t.Looked = pic
	if len(e.Stages) > 0 {
		g.Tell(e)
	}
}

// strength is how much a feature map holds: the mean of its numbers.
func strength(m []float32) float64 {
	sum := 0.0
	for _, v := range m {
		sum += float64(v)
	}
	return sum / float64(len(m))
}
