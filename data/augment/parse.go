package augment

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Form is one word of a recipe, for a help text.
type Form struct{ Name, Value, About string }

// Forms lists the words that a recipe is made of, in the order of String.
func Forms() []Form {
	var all []Form
	for _, w := range words {
		all = append(all, w.Form)
	}
	return all
}

// word is one word of a recipe as text: how it is read, and how it is written.
type word struct {
	Form
	set func(r *Recipe, value string) error
	get func(r *Recipe) (value string, used bool)
}

var words = []word{
	length("shift", "moved by up to so many whole pixels each way", func(r *Recipe) *Length { return &r.Shift }),
	window("crop", "a window with this side, scaled back to full size", func(r *Recipe) *Length { return &r.Crop }),
	window("centre", "the window in the middle, always", func(r *Recipe) *Length { return &r.Centre }),
	around("rotate", "turned by up to so many degrees", func(r *Recipe) *Range { return &r.Rotate }),
	between("scale", "made smaller or larger", func(r *Recipe) *Range { return &r.Scale }),
	around("shear", "leaning by up to so many degrees", func(r *Recipe) *Range { return &r.Shear }),
	length("elastic", "bent: the nodes of a grid move by up to so far", func(r *Recipe) *Length { return &r.Elastic }),
	{Form{"grid", "N", "nodes along a side of elastic's grid; 4 if not said"},
		func(r *Recipe, v string) (err error) {
			if r.Grid, err = strconv.Atoi(v); err == nil && r.Grid == 0 { // in a Recipe, 0 means that nothing was said
				err = fmt.Errorf("a grid has from 2 to %d nodes along a side", maxGrid)
			}
			return err
		},
		func(r *Recipe) (string, bool) { return strconv.Itoa(r.Grid), r.Grid != 0 }},
	{Form{"fill", "paper|edge", "what lies beyond the image; paper if not said"},
		func(r *Recipe, v string) error {
			if v != "paper" && v != "edge" {
				return fmt.Errorf("%q is neither", v)
			}
			r.Edge = v == "edge"
			return nil
		},
		func(r *Recipe) (string, bool) { return "edge", r.Edge }},
	{Form{"flip", "x|y|xy", "mirrored half of the time; wrong for digits"},
		func(r *Recipe, v string) error {
			if v != "x" && v != "y" && v != "xy" {
				return fmt.Errorf("%q is none of them", v)
			}
			r.FlipX, r.FlipY = v != "y", v != "x"
			return nil
		},
		func(r *Recipe) (string, bool) {
			v := ""
			if r.FlipX {
				v = "x"
			}
			if r.FlipY {
				v += "y"
			}
			return v, v != ""
		}},
	between("contrast", "more or less contrast", func(r *Recipe) *Range { return &r.Contrast }),
	around("brightness", "lighter or darker, of 1", func(r *Recipe) *Range { return &r.Brightness }),
	{Form{"erase", "SHARE", "a rectangle up to this share of the image is blanked"},
		func(r *Recipe, v string) (err error) {
			r.Erase, err = share(v)
			return err
		},
		func(r *Recipe) (string, bool) { return number(r.Erase), r.Erase != 0 }},
	length("cutout", "a square with this side is blanked", func(r *Recipe) *Length { return &r.Cutout }),
	flag("alternate", "every second epoch draws the opposite of the one before", func(r *Recipe) *bool { return &r.Alternate }),
	flag("standardize", "each image to mean 0 and standard deviation 1", func(r *Recipe) *bool { return &r.Standardize }),
	{Form{"normalize", "[MEAN/STD]", "all images by one mean and deviation; if not said, their own"},
		func(r *Recipe, v string) (err error) {
			r.Normalize, err = normal(v)
			return err
		},
		func(r *Recipe) (string, bool) { return r.Normalize.String(), r.Normalize != Normal{} }},
}

// Parse reads a recipe such as "shift=2,rotate=10,scale=0.9..1.1,elastic=1.5":
// words in any order, separated by commas. "" and "none" change nothing. An
// error names the word, and lists those that there are where it is unknown.
func Parse(text string) (Recipe, error) {
	var r Recipe
	if text = strings.TrimSpace(text); text == "" || text == "none" {
		return r, nil
	}
	seen := map[string]bool{}
	for _, token := range strings.Split(text, ",") {
		token = strings.TrimSpace(token)
		name, value, given := strings.Cut(token, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		w := find(name)
		switch {
		case w == nil:
			return Recipe{}, fmt.Errorf("there is no %q; there are %s", token, list())
		case seen[name]:
			return Recipe{}, fmt.Errorf("%q: %s is given twice", token, name)
		case given != (value != "") || !given && w.Value != "" && w.Value[0] != '[' || given && w.Value == "":
			return Recipe{}, fmt.Errorf("%q: wanted %s", token, w.Usage())
		}
		seen[name] = true
		if err := w.set(&r, value); err != nil {
			if number, ok := err.(*strconv.NumError); ok {
				err = fmt.Errorf("%q is no number", number.Num)
			}
			return Recipe{}, fmt.Errorf("%q: %w; wanted %s", token, err, w.Usage())
		}
	}
	if err := r.Check(); err != nil {
		return Recipe{}, err
	}
	if err := r.idle(); err != nil {
		return Recipe{}, err
	}
	return r, nil
}

// String writes the recipe as Parse reads it.
func (r Recipe) String() string {
	var parts []string
	for _, w := range words {
		switch value, used := w.get(&r); {
		case used && value == "":
			parts = append(parts, w.Name)
		case used:
			parts = append(parts, w.Name+"="+value)
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ",")
}

func find(name string) *word {
	for i := range words {
		if words[i].Name == name {
			return &words[i]
		}
	}
	return nil
}

// list names all words with their values.
func list() string {
	var all []string
	for _, w := range words {
		all = append(all, w.Usage())
	}
	return strings.Join(all, ", ")
}

// Usage is how the word is written: shift=PIXELS|N%.
func (f Form) Usage() string {
	switch {
	case f.Value == "":
		return f.Name
	case f.Value[0] == '[':
		return f.Name + "[=" + f.Value[1:]
	}
	return f.Name + "=" + f.Value
}

func length(name, about string, of func(*Recipe) *Length) word {
	return word{Form{name, "PIXELS|N%", about},
		func(r *Recipe, v string) (err error) {
			l := of(r)
			v, l.Percent = strings.CutSuffix(v, "%")
			l.Value, err = finite(v)
			if l.Value == 0 {
				*l = Length{}
			}
			return err
		},
		func(r *Recipe) (string, bool) { return of(r).String(), *of(r) != Length{} }}
}

// window is a length that must leave something of the image.
func window(name, about string, of func(*Recipe) *Length) word {
	w := length(name, about, of)
	read := w.set
	w.set = func(r *Recipe, v string) error {
		err := read(r, v)
		if err == nil && of(r).Value == 0 {
			err = fmt.Errorf("nothing is left of the image")
		}
		return err
	}
	return w
}

// around is a word whose single number x means -x..x.
func around(name, about string, of func(*Recipe) *Range) word {
	w := between(name, about, of)
	w.Value = "N|LOW..HIGH"
	ends := w.set
	w.set = func(r *Recipe, v string) error {
		if strings.Contains(v, "..") {
			if err := ends(r, v); err != nil && err != errZeroFactor {
				return err
			}
			return nil
		}
		x, err := finite(v)
		*of(r) = Range{0 - x, x}
		return err
	}
	w.get = func(r *Recipe) (string, bool) {
		x := *of(r)
		if x.Low == -x.High {
			return number(x.High), x.used()
		}
		return x.String(), x.used()
	}
	return w
}

func between(name, about string, of func(*Recipe) *Range) word {
	return word{Form{name, "LOW..HIGH", about},
		func(r *Recipe, v string) (err error) {
			low, high, ok := strings.Cut(v, "..")
			if !ok {
				return fmt.Errorf("%q is no range", v)
			}
			x := of(r)
			if x.Low, err = finite(low); err != nil {
				return err
			}
			if x.High, err = finite(high); err == nil && !x.used() {
				err = errZeroFactor
			}
			return err
		},
		func(r *Recipe) (string, bool) { return of(r).String(), of(r).used() }}
}

// errZeroFactor is what is wrong with scale=0..0; of degrees, 0..0 changes nothing.
var errZeroFactor = errors.New("times 0 leaves nothing of the image")

func flag(name, about string, of func(*Recipe) *bool) word {
	return word{Form{name, "", about},
		func(r *Recipe, _ string) error { *of(r) = true; return nil },
		func(r *Recipe) (string, bool) { return "", *of(r) }}
}

// normal reads "MEAN/STD", or "M:M:M/S:S:S" with one of each for every channel.
func normal(text string) (n Normal, err error) {
	if text == "" {
		return Normal{Measure: true}, nil
	}
	m, s, ok := strings.Cut(text, "/")
	means, stds := strings.Split(m, ":"), strings.Split(s, ":")
	if !ok || len(means) != len(stds) || len(means) > MaxChannels {
		return n, fmt.Errorf("one mean and one standard deviation for each of up to %d channels", MaxChannels)
	}
	n.Channels = len(means)
	for c := range means {
		if n.Mean[c], err = finite(means[c]); err != nil {
			return n, err
		}
		if n.Std[c], err = finite(stds[c]); err != nil {
			return n, err
		}
	}
	return n, nil
}

// String writes the numbers as Parse reads them.
func (n Normal) String() string {
	if n.Channels < 1 || n.Channels > MaxChannels {
		return ""
	}
	var means, stds []string
	for c := range n.Channels {
		means, stds = append(means, number(n.Mean[c])), append(stds, number(n.Std[c]))
	}
	return strings.Join(means, ":") + "/" + strings.Join(stds, ":")
}

func (l Length) String() string {
	if l.Percent {
		return number(l.Value) + "%"
	}
	return number(l.Value)
}

func (r Range) String() string { return number(r.Low) + ".." + number(r.High) }

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// share reads "10%" or "0.1".
func share(text string) (float64, error) {
	digits, percent := strings.CutSuffix(text, "%")
	v, err := finite(digits)
	if percent {
		v /= 100
	}
	return v, err
}

// finite reads a number that is neither infinite nor NaN. There is one zero.
func finite(text string) (float64, error) {
	text = strings.TrimSpace(text)
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, &strconv.NumError{Func: "ParseFloat", Num: text, Err: strconv.ErrSyntax}
	}
	return v + 0, nil
}
