package recipe_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"inkling/data"
	"inkling/data/synth"
	"inkling/internal/scenes"
	"inkling/models"
	"inkling/optim"
	"inkling/recipe"
	"inkling/tensor"
)

// nothing is what is given where no flag is.
func nothing(string) bool { return false }

// photographs are scenes of all kinds, in colour.
func photographs(each, side int) *data.Set {
	s := &data.Set{Channels: 3, Height: side, Width: side, Classes: scenes.Kinds}
	for i := range each * len(scenes.Kinds) {
		class := i % len(scenes.Kinds)
		img := scenes.Draw(scenes.Kinds[class], side, side, uint64(i))
		for c := range 3 {
			for k := range side * side {
				s.Images = append(s.Images, img.Pix[4*k+c])
			}
		}
		s.Labels = append(s.Labels, int32(class))
	}
	return s
}

// inverted is a set of dark ink on white.
func inverted(s *data.Set) *data.Set {
	out := *s
	out.Images = slices.Clone(s.Images)
	for i := range out.Images {
		out.Images[i] = 255 - out.Images[i]
	}
	return &out
}

// zeros are initial values that take no memory.
func zeros(_ int, shape ...int) *tensor.Tensor { return tensor.CPU.Scalar(0).BroadcastTo(shape...) }

func value(t *testing.T, all []recipe.Choice, setting string) recipe.Choice {
	t.Helper()
	for _, c := range all {
		if c.Setting == setting {
			if c.Value == "" || c.Reason == "" {
				t.Errorf("%+v says too little", c)
			}
			return c
		}
	}
	t.Fatalf("%s was not chosen: %v", setting, all)
	return recipe.Choice{}
}

// What is chosen suits the images: photographs may be mirrored, digits and letters
// not; ink on black needs no normalisation.
func TestChooseByTheImages(t *testing.T) {
	digits := synth.Generate(200, 0, 1).Train
	photos := photographs(6, 48)
	named := func(s *data.Set, names ...string) *data.Set {
		out := *s
		out.Classes = names
		return &out
	}
	for name, c := range map[string]struct {
		set           *data.Set
		plain         bool
		with, without []string
	}{
		"digits":            {digits, true, []string{"shift=2", "rotate=10"}, []string{"flip", "standardize", "fill=edge"}},
		"digits on white":   {inverted(digits), true, []string{"shift=2", "fill=edge", "standardize"}, []string{"flip"}},
		"photographs":       {photos, false, []string{"flip=x", "shift=8%", "standardize"}, []string{"rotate"}},
		"photographed left": {named(photos, "turn left", "straight", "turn right", "stop", "go"), false, []string{"shift"}, []string{"flip"}},
		"house numbers":     {named(photos, "1", "2", "3", "4", "5"), false, []string{"shift"}, []string{"flip"}},
	} {
		traits, err := recipe.Examine(c.set)
		if err != nil {
			t.Fatal(err)
		}
		if traits.Plain != c.plain {
			t.Errorf("%s: on a plain ground: %v", name, traits.Plain)
		}
		r, all := plain(t).Choose(traits, nothing)
		if err := r.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := value(t, all, "augment").Value
		for _, w := range c.with {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %s lacks %s", name, got, w)
			}
		}
		for _, w := range c.without {
			if strings.Contains(got, w) {
				t.Errorf("%s: %s has %s", name, got, w)
			}
		}
		if again, _ := plain(t).Choose(traits, nothing); again != r {
			t.Errorf("%s: another choice the second time", name)
		}
		if _, err := r.Trainer(c.set, nil, 0); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Few images get many epochs of small batches, many images few of large ones; large
// pictures get a deep net only where that ends the same day.
func TestChooseByTheNumbers(t *testing.T) {
	for _, c := range []struct {
		images, side          int
		plain                 bool
		model                 string
		batch, epochs, atMost int
	}{
		{12, 64, false, "resnet-quick", 16, 100, 100},
		{270, 96, false, "resnet-quick", 16, 50, 70},
		{60_000, 28, true, "resnet-quick", 128, 4, 5},
		{5_000, 64, false, "resnet18", 32, 10, 20},
		{200_000, 128, false, "resnet-quick", 128, 3, 3},
		{1_000_000, 64, false, "resnet-quick", 128, 3, 3},
		{500, 8, true, "cnn", 16, 30, 60},
	} {
		traits := recipe.Traits{Images: c.images, Channels: 3, Height: c.side, Width: c.side, Plain: c.plain, Classes: []string{"cat", "dog"}}
		r, all := plain(t).Choose(traits, nothing)
		if r.Model != c.model || r.Batch != c.batch || r.Epochs < c.epochs || r.Epochs > c.atMost {
			t.Errorf("%d images of %d pixels: %s, batches of %d, %d epochs: %v", c.images, c.side, r.Model, r.Batch, r.Epochs, all)
		}
		if _, err := models.New(r.Model, models.Spec{Channels: 3, Height: c.side, Width: c.side, Classes: 2}, zeros); err != nil {
			t.Error(err)
		}
	}
}

// What a flag gave is not chosen.
func TestChooseLeavesWhatIsGiven(t *testing.T) {
	traits := recipe.Traits{Images: 300, Channels: 3, Height: 64, Width: 64, Classes: []string{"cat", "dog"}}
	r := plain(t)
	r.Model, r.Epochs = "linear", 7
	got, all := r.Choose(traits, func(setting string) bool { return setting == "model" || setting == "epochs" })
	if got.Model != "linear" || got.Epochs != 7 || len(all) != 2 {
		t.Errorf("%+v: %v", got, all)
	}
	if strings.Contains(got.Augment, "shift") {
		t.Errorf("a linear model learns from %s", got.Augment)
	}
	r.BodyRate = 0.1
	if fine, _ := r.Choose(traits, func(setting string) bool { return setting == "model" }); fine.Epochs >= 58 {
		t.Errorf("%d epochs for a net with a past", fine.Epochs)
	}
}

// The rate comes from the finder, the same each time, and the model is as it was.
func TestChooseRate(t *testing.T) {
	set := photographs(8, 24)
	r := plain(t)
	r.Model, r.Batch = "resnet-quick", 8
	var rates []float64
	for range 2 {
		trainer, err := r.Trainer(set, nil, 3)
		if err != nil {
			t.Fatal(err)
		}
		before := trainer.Model.Params()[0].Value.Float32s()
		steps := 0
		got, c, err := r.ChooseRate(context.Background(), trainer, func(int, int) { steps++ })
		if err != nil {
			t.Fatal(err)
		}
		if c.Value != fmt.Sprint(got.Rate) || c.Reason == "" || steps == 0 || got.Rate < 3e-4 || got.Rate > 0.03 {
			t.Errorf("%+v after %d steps: %+v", got, steps, c)
		}
		if !slices.Equal(before, trainer.Model.Params()[0].Value.Float32s()) {
			t.Error("the search has changed the model")
		}
		rates = append(rates, got.Rate)
	}
	if rates[0] != rates[1] {
		t.Errorf("rates %v from one seed", rates)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	trainer, err := r.Trainer(set, nil, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.ChooseRate(ctx, trainer, nil); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// The head of a net with a past learns at the rate, its body at a part of it.
func TestBodyLearnsSlower(t *testing.T) {
	r := plain(t)
	r.Model, r.BodyRate, r.Decay = "resnet-quick", 0.1, 0.01
	trainer, err := r.Trainer(photographs(4, 16), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	body, head := 0, 0
	for _, g := range trainer.Optimizer.(*optim.Adam).Groups {
		for _, p := range g.Params {
			switch inHead := strings.HasPrefix(p.Name, "linear."); {
			case inHead && g.Rate == 1:
				head++
			case !inHead && g.Rate == 0.1:
				body++
			default:
				t.Errorf("%s learns at %v times the rate", p.Name, g.Rate)
			}
		}
	}
	if all := len(trainer.Model.Params()); head != 2 || body != all-2 {
		t.Errorf("%d parameters of the head and %d of the body, of %d", head, body, all)
	}
	r.BodyRate = -1
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), "the body at -1 times the rate") {
		t.Errorf("said %v", err)
	}
}

// A mirrored digit is another sign: whoever asks for it is told.
func TestMirrored(t *testing.T) {
	for _, c := range []struct{ augment, classes, want string }{
		{"flip=x", "0 1 2 3", "letters or digits"},
		{"shift=2,flip=y", "a b c", "letters or digits"},
		{"flip=x", "left straight", `a class is called "left"`},
		{"flip=x", "cat dog", ""},
		{"rotate=10", "0 1 2 3", ""},
		{"", "0 1", ""},
	} {
		got := recipe.Recipe{Augment: c.augment}.Mirrored(strings.Fields(c.classes))
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%q on %s: %q, want %q", c.augment, c.classes, got, c.want)
		}
	}
}
