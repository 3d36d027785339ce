package cli

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strconv"

	"inkling/data"
)

// aside is what --valid asks for: by what share of the training images a model is
// judged while it learns, or by the test images.
type aside struct {
	usual bool // the data's own validation images, or a tenth
	test  bool
	share float64
}

func parseAside(text string) (aside, error) {
	switch text {
	case "":
		return aside{usual: true, share: 0.1}, nil
	case "test":
		return aside{test: true}, nil
	}
	share, err := strconv.ParseFloat(text, 64)
	if err != nil || !(share >= 0 && share < 1) {
		return aside{}, usagef("--valid %s: want a share of the training images, at least 0 and less than 1, or the word test", quote(text))
	}
	return aside{share: share}, nil
}

// split is a data set as a training uses it.
type split struct {
	train, valid *data.Set // valid is nil where nothing is set aside
	share        float64   // of the training images, that is in valid; 0 where valid comes from elsewhere
	called       string    // what the images are that valid holds: "validation", "test", or "none" where there are none
	sentence     string    // where they come from
}

// across counts the images to validate on that equal one to learn from: copies in the
// data that were dealt to both. Both sets are held in memory.
func (s *split) across() int {
	learned := map[[32]byte]bool{}
	for i := range s.train.Len() {
		learned[sha256.Sum256(s.train.Image(i))] = true
	}
	n := 0
	for i := range s.valid.Len() {
		if learned[sha256.Sum256(s.valid.Image(i))] {
			n++
		}
	}
	return n
}

// tooFewImages is the error of training images of which none can be set aside: no class
// has two.
func tooFewImages(name string, perClass []int) error {
	images := 0
	for _, n := range perClass {
		images += n
	}
	return fmt.Errorf("%s has too few training images to set some aside: %d; --valid 0 sets none aside", quote(name), images)
}

// divide sets images aside to validate on. The same seed sets the same ones aside.
func divide(ds *data.Dataset, a aside, seed uint64) (*split, error) {
	s := &split{train: ds.Train, called: "validation"}
	untouched := ""
	if ds.Test != nil && ds.Test.Len() > 0 {
		untouched = fmt.Sprintf(" The %s left alone.", have(ds.Test.Len(), "test image"))
	}
	switch {
	case a.test:
		if ds.Test == nil || ds.Test.Len() == 0 {
			return nil, fmt.Errorf("--valid test: %s has no test images", quote(ds.Name))
		}
		s.valid, s.called = ds.Test, "test"
		s.sentence = fmt.Sprintf("VALIDATED ON THE TEST IMAGES, all %s of them, as --valid test asks: once settings are chosen by this accuracy, it says too much of how new images will be read.", data.Thousands(ds.Test.Len()))
		return s, nil
	case a.usual && ds.Valid != nil && ds.Valid.Len() > 0:
		s.valid = ds.Valid
		s.sentence = fmt.Sprintf("%s to learn from, and the data's own %s to validate on.", count(ds.Train.Len(), "image"), data.Thousands(ds.Valid.Len())) + untouched
		return s, nil
	case a.share == 0:
		s.called = "none"
		s.sentence = fmt.Sprintf("%s to learn from, and none to validate on.", count(ds.Train.Len(), "image")) + untouched
		return s, nil
	}
	s.share = a.share
	s.train, s.valid = ds.Train.Split(a.share, rand.New(rand.NewPCG(seed, 2)))
	if s.train.Len() == 0 || s.valid.Len() == 0 {
		return nil, tooFewImages(ds.Name, ds.Train.Counts())
	}
	s.sentence = fmt.Sprintf("%s to learn from, and %s to validate on, set aside from each class alike (seed %d).", count(s.train.Len(), "image"), data.Thousands(s.valid.Len()), seed) + untouched
	return s, nil
}
