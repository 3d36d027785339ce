package report

import (
	"math"
	"strings"
	"testing"
)

// only keeps one trained chapter of a story.
func only(id string) *Story {
	s := synthetic()
	s.Pixels, s.Average, s.Data.BuiltIn = nil, nil, false
	for _, t := range s.Trained {
		if t.ID() == id {
			s.Trained = []*Trained{t}
		}
	}
	return s
}

func TestTheResNetChapter(t *testing.T) {
	s := only("resnet")
	says(t, s, []string{
		"nine weights", "middle lies on row 14, column 14", "answer where paper stands above ink", "y = x + f(x)",
		"A step with 64 images took 45\u202fms", "937 of them in each of 4 epochs", "one-cycle",
		"99.38\u202f% of the test images are answered right",
		"PyTorch’s runs of this very recipe end at 99.35\u202f% with seed 0 and 99.35\u202f% with seed 1; the post says 99.4\u202f% of its own run",
		"after epoch1234", "PyTorch, seed 186.3\u202f%96.4\u202f%98.9\u202f%99.35\u202f%",
		"The 8 filters of the first layer after training, 7 × 7", "stage 4: 64 maps of 1 × 1",
		"The last model reads 99.38\u202f% of the test images",
	}, []string{"was stopped", "What each ingredient bought", "in the run before", "The loss’s"})
	c := s.Trained[0].Convolution
	sum := 0.0
	for _, v := range c.Products {
		sum += v
	}
	if math.Abs(sum-c.Sum) > 1e-9 || strings.Count(c.Terms(), " + ")+strings.Count(c.Terms(), " − ") > 8 {
		t.Errorf("%s = %g", c.Terms(), c.Sum)
	}
}

func TestAChangedRun(t *testing.T) {
	says(t, only("resnet-smoothed"), []string{
		"ResNet, smoothed", "The labels are smoothed by 0.1. Everything else is as in the run before.", "was stopped after epoch 4 of 8", "The post says 99.4",
	}, []string{"PyTorch’s runs of", "nine weights"})
}

func TestWhatEachIngredientBought(t *testing.T) {
	says(t, only("beyond"), []string{
		"nothing99.72\u202f%±0.01", "augmentation99.52\u202f%±0.010.20", "elastic99.69\u202f%0.03", "99.51, 99.53", "on two cores",
	}, []string{"The post says"})
	s := only("beyond")
	s.Trained[0].Ablation = nil
	says(t, s, nil, []string{"What each ingredient bought"})
}

func TestMeanSpread(t *testing.T) {
	if mean, spread := MeanSpread([]float64{1, 2, 3, 4}); mean != 2.5 || math.Abs(spread-1.2909944) > 1e-6 {
		t.Errorf("mean %g, spread %g", mean, spread)
	}
	if mean, spread := MeanSpread([]float64{7}); mean != 7 || spread != 0 {
		t.Errorf("of one figure: %g, %g", mean, spread)
	}
	if mean, _ := MeanSpread(nil); !math.IsNaN(mean) {
		t.Errorf("of none: %g", mean)
	}
	if c := Chance(0.994, 10000); math.Abs(c-0.000772) > 1e-6 {
		t.Errorf("chance moves 99.4 %% of 10,000 by %g", c)
	}
}
