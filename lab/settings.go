package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"inkling/classifier"
	"inkling/data"
	"inkling/data/augment"
	"inkling/models"
	"inkling/recipe"
)

// Settings are all that a run follows from: the same ones make the same bits.
type Settings struct {
	Data   string        `json:"data"`
	Images int           `json:"images"` // to learn from, of each class alike; 0 for all
	Seed   uint64        `json:"seed"`
	Fault  string        `json:"fault"` // a name in Faults; "" for none
	Recipe recipe.Recipe `json:"recipe"`
}

// Usual returns the settings of a run of which nothing was said: the recipe plain
// with the small network, which learns in seconds.
func (l *Lab) Usual() Settings {
	r, err := recipe.ByName("plain")
	if err != nil {
		panic("lab: " + err.Error())
	}
	r.Model = "network"
	return Settings{Data: l.opt.Data[0], Recipe: r}
}

// With returns the settings changed by a JSON object, which may leave out whatever
// stays; the recipe's keys stand beside the others: {"seed": 2, "lr": 0.1}. Another
// optimizer brings what is usual for it, unless that is named too. An unknown
// key is an error.
func (s Settings) With(changes []byte) (Settings, error) {
	given := map[string]json.RawMessage{}
	dec := json.NewDecoder(bytes.NewReader(changes))
	if err := dec.Decode(&given); err != nil {
		return s, invalid("the settings are no JSON object: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return s, invalid("more than one JSON object")
	}
	if raw, ok := given["optimizer"]; ok {
		var name string
		if json.Unmarshal(raw, &name) == nil && name != s.Recipe.Optimizer && slices.Contains(recipe.Optimizers, name) {
			s.Recipe = s.Recipe.With(name)
		}
	}
	own := map[string]any{"data": &s.Data, "images": &s.Images, "seed": &s.Seed, "fault": &s.Fault}
	text, err := json.Marshal(s.Recipe)
	if err != nil {
		return s, err
	}
	of := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &of); err != nil {
		return s, err
	}
	known := []string{"momentum", "beta2", "eps"} // which the recipe leaves out where it does not use them
	for k := range of {
		known = append(known, k)
	}
	for k, raw := range given {
		if to, ok := own[k]; ok {
			if err := json.Unmarshal(raw, to); err != nil {
				return s, invalid("%s is %s: %v", k, clip(raw), err)
			}
		} else if slices.Contains(known, k) {
			of[k] = raw
		} else {
			return s, invalid("there is no setting %q; there are %q", k, slices.Sorted(slices.Values(slices.Concat(known, slices.Collect(maps.Keys(own))))))
		}
	}
	if text, err = json.Marshal(of); err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s.Recipe); err != nil {
		return s, invalid("%v", err)
	}
	return s, nil
}

// clip shortens what a visitor sent, for a message.
func clip(raw []byte) string {
	if len(raw) > 40 {
		return string(raw[:40]) + "..."
	}
	return string(raw)
}

func (s Settings) check() error {
	if err := s.Recipe.Check(); err != nil {
		return &Problem{Invalid, err.Error()}
	}
	if s.Images < 0 {
		return invalid("%d training images", s.Images)
	}
	if s.Fault != "" {
		if _, err := faultByName(s.Fault); err != nil {
			return err
		}
	}
	return nil
}

// Choices are what a page offers for a run, each setting's words with what they mean.
type Choices struct {
	Usual      Settings           `json:"usual"`
	Data       []string           `json:"data"`
	Models     []Word             `json:"models"`
	Losses     []string           `json:"losses"`
	Optimizers []string           `json:"optimizers"`
	Rates      map[string]float64 `json:"rates"` // usual with each of the optimizers
	Schedules  []Word             `json:"schedules"`
	Recipes    []Preset           `json:"recipes"`
	Fixed      []string           `json:"fixed"` // settings that a fork cannot change
}

// Word is a word that a setting can be, and what it means.
type Word struct {
	Name string `json:"name"`
	What string `json:"what"`
}

// Preset is a recipe by name.
type Preset struct {
	Word
	Recipe recipe.Recipe `json:"recipe"`
}

// Choices lists what a run can be set to.
func (l *Lab) Choices() Choices {
	c := Choices{Usual: l.Usual(), Data: l.opt.Data, Losses: recipe.Losses(), Optimizers: recipe.Optimizers, Fixed: fixed}
	c.Rates = map[string]float64{c.Usual.Recipe.Optimizer: c.Usual.Recipe.Rate}
	for _, o := range recipe.Optimizers {
		if o != c.Usual.Recipe.Optimizer {
			c.Rates[o] = c.Usual.Recipe.With(o).Rate
		}
	}
	for _, m := range recipe.Models() {
		c.Models = append(c.Models, Word{m, models.Describe(m)})
	}
	for _, s := range recipe.Schedules() {
		c.Schedules = append(c.Schedules, Word{s, recipe.DescribeSchedule(s)})
	}
	for _, n := range recipe.Names() {
		r, _ := recipe.ByName(n)
		c.Recipes = append(c.Recipes, Preset{Word{n, recipe.Describe(n)}, r})
	}
	return c
}

// division is a data set divided as a run uses it: as inkling train does it, so that a
// run of the lab gives the same bits as the command with the same settings.
type division struct {
	data         string
	seed         uint64
	images       int
	train, valid *data.Set

	once    sync.Once
	typical *classifier.Typical
	err     error
}

// looks is what the training images look like, measured once.
func (d *division) looks(spec models.Spec) (*classifier.Typical, error) {
	d.once.Do(func() {
		d.typical, d.err = classifier.NewTypical(spec, d.train.Len(), func(i int) ([]byte, error) {
			image := make([]byte, d.train.Pixels())
			return image, d.train.Read(i, image)
		})
	})
	return d.typical, d.err
}

// keptDivisions is how many are kept for the next run; each copies its images.
const keptDivisions = 2

// divide sets a tenth of the training images aside, of each class alike, unless the
// data have validation images of their own.
func (l *Lab) divide(ds *data.Dataset, s Settings) (*division, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.splits {
		if d.data == s.Data && d.seed == s.Seed && d.images == s.Images {
			return d, nil
		}
	}
	d := &division{data: s.Data, seed: s.Seed, images: s.Images, train: ds.Train, valid: ds.Valid}
	if d.valid == nil || d.valid.Len() == 0 {
		d.train, d.valid = ds.Train.Split(0.1, rand.New(rand.NewPCG(s.Seed, 2)))
	}
	if d.train.Len() == 0 || d.valid.Len() == 0 {
		return nil, invalid("%s has too few training images to set some aside: %d", s.Data, ds.Train.Len())
	}
	if s.Images > 0 {
		if s.Images > d.train.Len() {
			return nil, invalid("%d images to learn from, and %s has %d", s.Images, s.Data, d.train.Len())
		}
		d.train = d.train.Subset(alike(d.train, s.Images))
	}
	l.splits = slices.Insert(l.splits, 0, d)
	l.splits = l.splits[:min(len(l.splits), keptDivisions)]
	return d, nil
}

// alike chooses n images, one of each class in turn, in the set's order.
func alike(s *data.Set, n int) []int {
	of := make([][]int, len(s.Classes))
	for i, label := range s.Labels {
		of[label] = append(of[label], i)
	}
	var chosen []int
	for round := 0; len(chosen) < n; round++ {
		for _, images := range of {
			if round < len(images) && len(chosen) < n {
				chosen = append(chosen, images[round])
			}
		}
	}
	slices.Sort(chosen)
	return chosen
}

// inputOf is what a trained model's file says is done to images: the part of the
// augmentation that is no chance.
func inputOf(r recipe.Recipe, set *data.Set) (string, error) {
	if r.Augment == "" {
		return "", nil
	}
	changes, err := augment.Parse(r.Augment)
	if err != nil {
		return "", fmt.Errorf("augment: %w", err)
	}
	if changes, err = set.Measure(changes); err != nil {
		return "", err
	}
	if before := changes.Test(); before != (augment.Recipe{}) {
		return before.String(), nil
	}
	return "", nil
}
