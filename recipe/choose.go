package recipe

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"inkling/data"
	"inkling/data/augment"
	"inkling/train"
)

// Choice is a setting that was chosen for some images, and why.
type Choice struct {
	Setting string `json:"setting"` // the flag that sets it
	Value   string `json:"value"`
	Reason  string `json:"reason"`
}

// Choose sets what is not given, by its flag's name, to what suits images with these
// traits, all but the learning rate, and says what and why. The same traits give the
// same choices. r holds what is given; the rest of it is a preset's.
func (r Recipe) Choose(t Traits, given func(setting string) bool) (Recipe, []Choice) {
	var all []Choice
	choose := func(setting string, set func() (value, reason string)) {
		if !given(setting) {
			value, reason := set()
			all = append(all, Choice{setting, value, reason})
		}
	}
	choose("model", func() (string, string) {
		var reason string
		r.Model, reason = t.model()
		return r.Model, reason
	})
	choose("augment", func() (string, string) {
		var reason string
		r.Augment, reason = t.augment(r.Model, r.BodyRate > 0)
		if r.Augment == "" {
			return "none", reason
		}
		return r.Augment, reason
	})
	choose("batch", func() (string, string) {
		r.Batch = batchFor(t.Images)
		steps := (t.Images + r.Batch - 1) / r.Batch
		if steps == 1 {
			return strconv.Itoa(r.Batch), "one step in an epoch: there are no more images"
		}
		return strconv.Itoa(r.Batch), fmt.Sprintf("%s steps in an epoch", data.Thousands(steps))
	})
	choose("epochs", func() (string, string) {
		r.Epochs = epochsFor(t.Images)
		if r.BodyRate > 0 {
			r.Epochs = max(r.Epochs/3, 3)
			return strconv.Itoa(r.Epochs), "a third of what a net without a past would get"
		}
		why := fmt.Sprintf("for %s images: the fewer there are, the more often each is seen", data.Thousands(t.Images))
		if r.Epochs >= long {
			why += "; --patience 10 ends sooner where nothing becomes better"
		}
		return strconv.Itoa(r.Epochs), why
	})
	return r, all
}

// long is how many epochs make it worth to say how a training ends sooner.
const long = 20

// Costs in multiply-adds for each pixel of an image in colour, forward; and what a
// training may cost at most for the larger model to be chosen, in floating-point
// operations: some half an hour on two cores.
const (
	costResNet18 = 42_000
	affordable   = 2.5e14
	deepImages   = 2000 // fewer do not fill eleven million weights
)

// model chooses what to train. Measured on folders of 60 to 2,000 photographs and
// digits, resnet-quick was ahead of cnn and resnet-small on each.
func (t Traits) model() (name, why string) {
	side := min(t.Height, t.Width)
	if side < 12 {
		return "cnn", fmt.Sprintf("images of %d pixels are too small to be halved three times", side)
	}
	cost := 6 * costResNet18 * float64(t.Height*t.Width) * float64(t.Images) * float64(epochsFor(t.Images))
	if !t.Plain && side >= 32 && t.Images >= deepImages {
		if cost <= affordable {
			return "resnet18", fmt.Sprintf("%s pictures of %d pixels are enough for a deep net, and can be afforded", data.Thousands(t.Images), side)
		}
		return "resnet-quick", "so many pictures take a deep net hours; --model resnet18 takes them"
	}
	return "resnet-quick", fmt.Sprintf("convolutions with few weights, which %s images can settle", data.Thousands(t.Images))
}

// batchFor is small where there are few images, so that an epoch has steps enough.
func batchFor(images int) int {
	switch {
	case images < 1000:
		return 16
	case images < 10_000:
		return 32
	case images < 50_000:
		return 64
	}
	return 128
}

// epochsFor falls with the root of the number of images: 100 for a hundred or fewer,
// 61 for 270, 10 for 10,000, 4 for 60,000, never below 3.
func epochsFor(images int) int {
	return min(max(int(math.Round(1000/math.Sqrt(float64(max(images, 1))))), 3), 100)
}

// augment chooses changes that leave an image what it is, and the normalisation, unless
// it is settled: a net with a past has its own.
func (t Traits) augment(model string, settled bool) (recipe, why string) {
	var a augment.Recipe
	side := min(t.Height, t.Width)
	switch {
	case model == "linear" || model == "network":
		why = "weights that belong to single pixels gain little from moved images"
	case t.Plain:
		a.Shift = augment.Length{Value: max(1, math.Round(0.07*float64(side)))}
		a.Edge = t.Ground > 0.06
		if side >= 16 {
			a.Rotate, a.Scale = augment.Range{Low: -10, High: 10}, augment.Range{Low: 0.9, High: 1.1}
		}
		why = "a plain ground, as drawings and signs have: moved and turned a little, never mirrored"
	default:
		a.Shift = augment.Length{Value: 8, Percent: true}
		a.Scale = augment.Range{Low: 0.95, High: 1.2}
		a.Edge = true
		why = "pictures that fill their frame: moved and scaled"
		switch name := t.sided(); {
		case t.characters():
			why += ", but not mirrored, since the classes are letters or digits"
		case name != "":
			why += fmt.Sprintf(", but not mirrored, since a class is called %q", name)
		default:
			a.FlipX = true
			why += ", and mirrored left to right"
		}
	}
	// Ink on black is near 0 as it is.
	if dark := t.Plain && t.Channels == 1 && t.Ground <= 0.06; !dark && !settled {
		a.Standardize = true
		why += "; each brought to mean 0 and deviation 1, whatever the light"
	}
	if a == (augment.Recipe{}) {
		return "", why
	}
	return a.String(), why
}

// ChooseRate sets the learning rate to what the rate finder suggests for the
// recipe's own trainer, rounded to two figures, within a factor of ten of what is
// usual for the optimiser. Where it suggests nothing the usual rate stays, and the
// reason says so. The trainer is left as it was.
func (r Recipe) ChooseRate(ctx context.Context, t *train.Trainer, progress func(step, steps int)) (Recipe, Choice, error) {
	c := Choice{Setting: "lr"}
	found, err := train.FindRate(ctx, t, progress)
	if found == nil { // something else than the search went wrong
		return r, c, err
	}
	if err != nil {
		found.Valley = 0
	}
	r.Rate, c.Reason, _ = r.Suggested(found)
	c.Value = fmt.Sprintf("%g", r.Rate)
	return r, c, nil
}

// Suggested is the rate that ChooseRate makes of what was found, and why. It is
// doubtful where it is not the finder's own.
func (r Recipe) Suggested(found *train.RateCurve) (rate float64, reason string, doubtful bool) {
	usual := r.With(r.Optimizer).Rate
	switch {
	case found.Valley == 0:
		return usual, "usual for " + r.Optimizer + "; the rate finder saw the loss fall nowhere", true
	case found.Valley < usual/10:
		return twoFigures(usual / 10), fmt.Sprintf("a tenth of what is usual; the rate finder suggests even less, %.2g", found.Valley), true
	case found.Valley > usual*10:
		return twoFigures(usual * 10), fmt.Sprintf("ten times what is usual; the rate finder suggests even more, %.2g", found.Valley), true
	}
	return twoFigures(found.Valley), "the rate finder's suggestion", false
}

// twoFigures rounds, so that a rate reads the same everywhere.
func twoFigures(rate float64) float64 {
	rate, err := strconv.ParseFloat(fmt.Sprintf("%.2g", rate), 64)
	if err != nil {
		panic(err) // it was a number
	}
	return rate
}
