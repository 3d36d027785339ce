package augment_test

import (
	"strings"
	"testing"

	"inkling/data/augment"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"":      "none",
		"none":  "none",
		"  ":    "none",
		" none": "none",
		"shift=2,rotate=10,scale=0.9..1.1,elastic=1.5,erase=0.1": "shift=2,rotate=10,scale=0.9..1.1,elastic=1.5,erase=0.1",
		"erase = 10%, shift=7% ,crop=25":                         "shift=7%,crop=25,erase=0.1",
		"rotate=-5..20,shear=5..5,brightness=0.1":                "rotate=-5..20,shear=5..5,brightness=0.1",
		"rotate=-10..10":                                "rotate=10",
		"rotate=0,shift=0%,erase=0,elastic=-0":          "none",
		"flip=x,alternate,fill=edge,shear=2,cutout=1e1": "shear=2,fill=edge,flip=x,cutout=10,alternate",
		"rotate=0..0,brightness=0..0":                   "none",
		"flip=xy,fill=paper":                            "flip=xy",
		"normalize=0.1307/.3081":                        "normalize=0.1307/0.3081",
		"normalize=.5:.4:.3/1:1:1":                      "normalize=0.5:0.4:0.3/1:1:1",
		"normalize":                                     "normalize",
		"standardize,elastic=2,grid=3":                  "elastic=2,grid=3,standardize",
	} {
		r, err := augment.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if r.String() != want {
			t.Errorf("%q is %q, want %q", text, r, want)
		}
	}
	if r := (augment.Recipe{}); r.String() != "none" || r.Random() || !r.WholePixels() {
		t.Error("the zero recipe is not none")
	}
}

// An error says which word is wrong, and what would be right.
func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"shift=2,spin=3":        `there is no "spin=3"; there are shift=PIXELS|N%, crop=PIXELS|N%, centre=PIXELS|N%, rotate=N|LOW..HIGH, scale=LOW..HIGH, `,
		"shift":                 `"shift": wanted shift=PIXELS|N%`,
		"shift=":                `"shift=": wanted shift=PIXELS|N%`,
		"shift=2,,rotate=3":     `there is no ""; there are shift`,
		"shift=two":             `"shift=two": "two" is no number; wanted shift=PIXELS|N%`,
		"shift=NaN":             `"shift=NaN": "NaN" is no number; wanted shift=PIXELS|N%`,
		"shift=1e999":           `"shift=1e999": "1e999" is no number; wanted shift=PIXELS|N%`,
		"shift=-1":              "shift=-1: wanted pixels from 0 to 10000, or 0% to 100% of the side",
		"shift=101%":            "shift=101%: wanted pixels from 0 to 10000, or 0% to 100% of the side",
		"shift=1.5":             "shift=1.5: wanted whole pixels",
		"scale=1.1":             `"scale=1.1": "1.1" is no range; wanted scale=LOW..HIGH`,
		"scale=0..0":            `"scale=0..0": times 0 leaves nothing of the image; wanted scale=LOW..HIGH`,
		"scale=1.1..0.9":        "scale=1.1..0.9: wanted a lower and an upper end between 0.1 and 10",
		"rotate=181":            "rotate=-181..181: wanted a lower and an upper end between -180 and 180",
		"rotate=-10":            "rotate=10..-10: wanted a lower and an upper end between -180 and 180",
		"rotate=1..":            `"rotate=1..": "" is no number; wanted rotate=N|LOW..HIGH`,
		"alternate=yes":         `"alternate=yes": wanted alternate`,
		"flip=h":                `"flip=h": "h" is none of them; wanted flip=x|y|xy`,
		"fill=mirror":           `"fill=mirror": "mirror" is neither; wanted fill=paper|edge`,
		"erase=1.2":             "erase=1.2: wanted a share of the image from 0 to 1",
		"grid=4":                "grid=4 without elastic: it is the elastic distortion's grid",
		"elastic=1,grid=0":      `"grid=0": a grid has from 2 to 64 nodes along a side; wanted grid=N`,
		"elastic=1,grid=-1":     "grid=-1: wanted from 2 to 64 nodes along a side",
		"crop=0":                `"crop=0": nothing is left of the image; wanted crop=PIXELS|N%`,
		"centre=0%":             `"centre=0%": nothing is left of the image; wanted centre=PIXELS|N%`,
		"fill=edge":             "fill=edge without shift, rotate, scale, shear or elastic",
		"fill=edge,flip=x":      "fill=edge without shift, rotate, scale, shear or elastic",
		"alternate":             "alternate without anything that is drawn at random",
		"alternate,centre=20":   "alternate without anything that is drawn at random",
		"elastic=1,grid=9e9":    `"grid=9e9": "9e9" is no number; wanted grid=N`,
		"shift=2, shift=3":      `"shift=3": shift is given twice`,
		"crop=20,centre=20":     "crop=20 and centre=20: choose one",
		"standardize,normalize": "standardize and normalize: choose one",
		"normalize=1/2/3":       `"normalize=1/2/3": "2/3" is no number; wanted normalize[=MEAN/STD]`,
		"normalize=1:2/3":       `"normalize=1:2/3": one mean and one standard deviation for each of up to 4 channels; wanted normalize[=MEAN/STD]`,
		"normalize=0/0":         "normalize=0/0: wanted means, and standard deviations above 0",
	} {
		if r, err := augment.Parse(text); err == nil {
			t.Errorf("%q passed as %v", text, r)
		} else if !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v\nwant %s", text, err, want)
		}
	}
}

// Whatever is read is written so that it is read again as the same, and applies
// to an image or says why not.
func FuzzParse(f *testing.F) {
	f.Add("shift=2,rotate=10,scale=0.9..1.1,elastic=1.5,erase=0.1")
	f.Add("crop=25,centre=7%,normalize=0.1:0.2/1:2")
	f.Add("flip=xy,fill=edge,alternate,standardize,cutout=3,grid=5")
	f.Add("shear=-5..20,contrast=0.5..1.5,brightness=.1,erase=10%,elastic=3%")
	f.Add("none")
	f.Add("normalize,shift=1e1, rotate = 0 ,grid=0,flip=z,=,scale=..")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := augment.Parse(text)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error without words")
			}
			return
		}
		again, err := augment.Parse(r.String())
		if err != nil || again != r {
			t.Fatalf("%q is %+v; written as %q it is %+v, %v", text, r, r, again, err)
		}
		a, err := augment.New(r, 1, 6, 5)
		if err != nil {
			return
		}
		dst := make([]float32, 30)
		a.Floats(dst, []uint8("thirty bytes of grey and black"), augment.Key{Seed: 1})
		for _, v := range dst {
			if v != v || v-v != 0 {
				t.Fatalf("%q makes %v", text, dst)
			}
		}
	})
}
