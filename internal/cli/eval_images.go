package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"inkling/classifier"
	"inkling/data"
	"inkling/data/folder"
	"inkling/data/picture"
	"inkling/data/source"
)

// judgedOn is the images that a model is judged on, with what it learned from.
type judgedOn struct {
	set     *data.Set
	split   string    // "test", "valid", "train", or "all" where the data are not divided
	what    string    // "the 10,000 test images"
	learned *data.Set // the training images among the data, as far as they are known; nil where set holds them
}

// trainedBy is what a model file says of its training that the division of the
// images follows from.
type trainedBy struct {
	Seed    uint64  `json:"seed"`
	Images  int     `json:"images"` // that it learned from
	ValidOn string  `json:"validated_on"`
	Share   float64 `json:"valid_share"` // of the training images, that was set aside; 0 for none
	// Fingerprint tells the images that it learned from from others, where they were streamed.
	Fingerprint string `json:"fingerprint"`
}

// openFor opens a data set with images as a model wants them. Classes that the model
// does not know are refused before the images are prepared, which may take minutes.
func (e *evaluation) openFor(ctx context.Context, name string) (*source.Opened, error) {
	s := e.c.Spec
	colour := folder.Grey
	switch s.Channels {
	case 1:
	case 3:
		colour = folder.RGB
	default:
		return nil, fmt.Errorf("the model wants images with %d channels; there are images with 1, grey, and with 3, in colour", s.Channels)
	}
	opened, err := e.openOwn(ctx, name, source.Options{Folder: folder.Options{Height: s.Height, Width: s.Width, Color: colour, Judged: true}})
	if err != nil {
		return nil, err
	}
	if _, err := labels(e.c, likely(opened.Dataset, e.split), opened.Name); err != nil {
		return nil, err
	}
	for _, set := range []**data.Set{&opened.Train, &opened.Valid, &opened.Test} {
		if *set == nil {
			continue
		}
		if *set, err = brought(ctx, *set, s.Channels, s.Height, s.Width, e.progress("preparing")); err != nil {
			return nil, err
		}
	}
	return opened, nil
}

// likely is the split that choose takes, as far as that is known of images which are
// not prepared: one that they are set aside from has the same classes.
func likely(ds *data.Dataset, split string) *data.Set {
	has := func(s *data.Set) bool { return s != nil && s.Len() > 0 }
	switch {
	case split != "train" && split != "valid" && has(ds.Test):
		return ds.Test
	case split != "train" && has(ds.Valid):
		return ds.Valid
	case has(ds.Train):
		return ds.Train
	}
	return &data.Set{}
}

// brought brings images to a model's size and channels, as picture.To does, on all
// cores; folders have them already.
func brought(ctx context.Context, s *data.Set, channels, height, width int, progress func(done, all int)) (*data.Set, error) {
	if s.Channels == channels && s.Height == height && s.Width == width {
		return s, nil
	}
	const most = 4 << 30 // bytes
	if s.Len() > most/(channels*height*width) {
		return nil, fmt.Errorf("%s as the model wants them, %s, do not fit into %d GiB", count(s.Len(), "image"), data.Size(height, width), most>>30)
	}
	out := *s
	out.Channels, out.Height, out.Width, out.Source = channels, height, width, nil
	out.Images = make([]uint8, s.Len()*out.Pixels())
	const some = 64 // images between two looks at the context
	for from := 0; from < s.Len(); from += some {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := min(from+some, s.Len())
		err := onAllCores(from, to, func(i int) error {
			image := make([]uint8, s.Pixels())
			if err := s.Read(i, image); err != nil {
				return err
			}
			p := picture.Picture{Pix: image, Channels: s.Channels, Height: s.Height, Width: s.Width}
			p.Into(out.Image(i), channels, height, width)
			return nil
		})
		if err != nil {
			return nil, err
		}
		progress(to, s.Len())
	}
	return &out, nil
}

// choose picks the images of a split: "test", "valid", "train", or "" for the first
// of test, valid and all that there is.
func choose(c *classifier.Model, ds *data.Dataset, split string) (*judgedOn, error) {
	has := func(s *data.Set) bool { return s != nil && s.Len() > 0 }
	learned, aside := divided(c, ds)
	switch {
	case split == "test" && !has(ds.Test):
		return nil, fmt.Errorf("%s has no test images; --split valid or --split train takes others", quote(ds.Name))
	case split == "test" || split == "" && has(ds.Test):
		return &judgedOn{ds.Test, "test", fmt.Sprintf("the %s", count(ds.Test.Len(), "test image")), learned}, nil
	case split != "train" && has(ds.Valid):
		return &judgedOn{ds.Valid, "valid", fmt.Sprintf("the %s", count(ds.Valid.Len(), "validation image")), learned}, nil
	case split != "train" && aside != nil:
		return &judgedOn{aside, "valid", fmt.Sprintf("the %s that the training set aside to validate on", count(aside.Len(), "image")), learned}, nil
	case split == "valid":
		return nil, fmt.Errorf("%s has no validation images, and the model was not trained on the rest of it with some set aside; --split takes test or train", quote(ds.Name))
	case split == "" && has(ds.Train):
		what := "all " + count(ds.Train.Len(), "image")
		if ds.Train.Len() == 1 {
			what = "the only image"
		}
		return &judgedOn{ds.Train, "all", what, nil}, nil
	case has(learned):
		return &judgedOn{learned, "train", fmt.Sprintf("the %s that it learned from", count(learned.Len(), "image")), nil}, nil
	}
	return nil, fmt.Errorf("%s has no training images; --split takes test or valid", quote(ds.Name))
}

// divided returns the data's training images without those that the model's
// training set aside, and these; aside is nil where none were, or where the model was
// trained on other images. The model's sketch of its training images decides.
func divided(c *classifier.Model, ds *data.Dataset) (learned, aside *data.Set) {
	var by trainedBy
	text, err := json.Marshal(c.Training)
	if err != nil || json.Unmarshal(text, &by) != nil || ds.Train == nil || by.ValidOn != "validation" || !(by.Share > 0 && by.Share < 1) {
		return ds.Train, nil
	}
	learned, aside = ds.Train.Split(by.Share, rand.New(rand.NewPCG(by.Seed, 2)))
	if learned.Len() != by.Images || aside.Len() == 0 {
		return ds.Train, nil
	}
	if learned.Streamed() {
		if by.Fingerprint != learned.Fingerprint() {
			return ds.Train, nil
		}
		return learned, aside
	}
	if c.Seen == nil {
		return ds.Train, nil
	}
	for i := range learned.Len() {
		if in, known := c.Seen.Holds(learned.Image(i)); known && !in {
			return ds.Train, nil
		}
	}
	return learned, aside
}

// byName gives images the labels of the model's classes of the same names. Classes
// of the data that the model does not know are an error where there are images of them.
func byName(c *classifier.Model, set *data.Set, name string) (*data.Set, error) {
	to, err := labels(c, set, name)
	if err != nil {
		return nil, err
	}
	out := *set
	out.Classes = c.Classes
	out.Labels = make([]int32, set.Len())
	for i, l := range set.Labels {
		out.Labels[i] = to[l]
	}
	return &out, nil
}

// labels are the model's labels of a set's classes, for byName.
func labels(c *classifier.Model, set *data.Set, name string) ([]int32, error) {
	index := map[string]int32{}
	for i, class := range c.Classes {
		if _, twice := index[class]; twice {
			return nil, fmt.Errorf("the model has two classes called %s, which names cannot tell apart", quote(class))
		}
		index[class] = int32(i)
	}
	var unknown []string
	to := make([]int32, len(set.Classes))
	for i, n := range set.Counts() {
		label, ok := index[classifier.ClassName(set.Classes[i])]
		if !ok && n > 0 {
			unknown = append(unknown, quote(set.Classes[i]))
		}
		to[i] = label
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%s has images of %s that the model does not know: %s; it knows %s", quote(name), count(len(unknown), "class"), some(unknown), some(quoted(c.Classes)))
	}
	return to, nil
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = quote(name)
	}
	return out
}

// some lists the first few of many words.
func some(words []string) string {
	if more := len(words) - few; more > 1 {
		return strings.Join(words[:few], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(words, ", ")
}

// ask runs the model on all images, some at a time, and shows each one to look.
// Logits that are no numbers are an error.
func ask(ctx context.Context, c *classifier.Model, set *data.Set, look func(name string, image []uint8), progress func(done, all int)) ([]float32, error) {
	const most = 1 << 21 // pixels at a time, of which a model makes many times as many numbers
	pixels, classes := set.Pixels(), len(c.Classes)
	step := min(max(most/pixels, 1), 256)
	logits := make([]float32, 0, set.Len()*classes)
	images := make([]uint8, min(step, set.Len())*pixels)
	for from := 0; from < set.Len(); from += step {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := min(from+step, set.Len())
		if err := read(set, from, to, images); err != nil {
			return nil, err
		}
		for i := from; i < to; i++ {
			look(set.Name(i), images[(i-from)*pixels:(i-from+1)*pixels])
		}
		batch := c.Logits(images[:(to-from)*pixels])
		if k := slices.IndexFunc(batch, func(v float32) bool { return v-v != 0 }); k >= 0 { // NaN or infinite
			return nil, fmt.Errorf("the model answers %v for class %s of %s: its numbers are too large to be asked", batch[k], quote(c.Classes[k%classes]), unspaced(set.Name(from+k/classes)))
		}
		logits = append(logits, batch...)
		progress(to, set.Len())
	}
	return logits, nil
}

// read reads some images, one after another, on all cores.
func read(set *data.Set, from, to int, images []uint8) error {
	pixels := set.Pixels()
	return onAllCores(from, to, func(i int) error { return set.Read(i, images[(i-from)*pixels:(i-from+1)*pixels]) })
}

// onAllCores calls f for the numbers from from to below to. A core's first error ends
// its share; one of them is returned.
func onAllCores(from, to int, f func(i int) error) error {
	workers := runtime.GOMAXPROCS(0)
	failed := make([]error, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := from + w; i < to && failed[w] == nil; i += workers {
				failed[w] = f(i)
			}
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}
